"""Which unit a written code or name means, among candidates. Pure decisions, no data access."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.vietnamese import fold, place_key, sort_key, strip_unit_prefix

_PROVINCE, _DISTRICT, _COMMUNE = (
    frozenset({level}) for level in (Level.PROVINCE, Level.DISTRICT, Level.COMMUNE)
)
_ANY: Final = _PROVINCE | _DISTRICT | _COMMUNE

# Folded unit types and their abbreviations, with the levels they can stand for.
_TYPES: Final = {
    "tinh": _PROVINCE,
    "thu do": _PROVINCE,
    "thanh pho": _PROVINCE | _DISTRICT,
    "tp": _PROVINCE | _DISTRICT,
    "t p": _PROVINCE | _DISTRICT,
    "huyen": _DISTRICT,
    "h": _DISTRICT,
    "quan": _DISTRICT,
    "q": _DISTRICT,
    "thi xa": _DISTRICT,
    "tx": _DISTRICT,
    "t x": _DISTRICT,
    "xa": _COMMUNE,
    "x": _COMMUNE,
    "phuong": _COMMUNE,
    "p": _COMMUNE,
    "thi tran": _COMMUNE,
    "tt": _COMMUNE,
    "t t": _COMMUNE,
    "dac khu": _COMMUNE,
}
# Types that begin names too when written without accents ("Quan Hoa", "Xa Ly").
_UNACCENTED_TYPES: Final = ("tinh", "huyen", "quan", "xa", "phuong")
_PLACE_ID: Final = re.compile(r"\d{2}:\d{2,5}")
_CODE: Final = re.compile(r"\d{2}|\d{3}|\d{5}")


@dataclass(frozen=True, slots=True)
class Place:
    """One administrative unit (đơn vị hành chính) as it was during one period.

    Attributes:
        id: ``<structure>:<code>``, such as ``34:24611``; what other records store.
        structure: ``63`` (until 2025-06-30) or ``34`` (since 2025-07-01).
        code: official code; 2 digits province, 3 district, 5 commune.
        level: province, district or commune.
        kind: Tỉnh, Thành phố, Huyện, Quận, Thị xã, Xã, Phường, Thị trấn or Đặc khu.
        name: official name with the kind.
        full_name: the name and those of the units above, lowest first.
        place_key: where the spellings of the name meet.
        parent_id: the unit above, None for a province.
        path: ids from the province down to the unit itself.
        valid_from: first day in this form, None when not known.
        valid_to: last day in this form, None while in force.
        lat: latitude of the centroid, WGS84 degrees, None when not known.
        lon: longitude of the centroid.
    """

    id: str
    structure: str
    code: str
    level: Level
    kind: str
    name: str
    full_name: str
    place_key: str
    parent_id: str | None
    path: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    lat: float | None
    lon: float | None

    def in_force(self, on: date) -> bool:
        """Whether the unit exists in this form on ``on``."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )

    def lies_within(self, place_id: str) -> bool:
        """Whether the unit is below the one with this id, in the same structure."""
        return place_id in self.path[:-1]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a written name: its key, and the levels the written type allows."""

    key: str
    levels: frozenset[Level]


@dataclass(frozen=True, slots=True)
class Written:
    """A code or name as somebody wrote it, with what has to be looked up for it."""

    text: str
    place_id: str | None
    code: str | None
    readings: tuple[Reading, ...]


def read_text(text: str) -> Written:
    """What ``text`` may mean: an id (``63:24611``), a code (``24611``), or a name with or without type.

    The written type limits the level, so that "Huyện Đắk Mil" never means Xã Đắk Mil. It does not limit
    the kind: communes become wards and townships, and old papers keep the old type.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    name = strip_unit_prefix(text)
    written_type = fold(text[: len(text) - len(name)]) if text.endswith(name) else ""
    readings = [Reading(place_key(text), _TYPES.get(written_type, _ANY))]
    folded = fold(text)
    first, _, rest = folded.partition(" ")
    # Only a text without accents is read this second way; with accents the type would have been known.
    if not written_type and rest and first in _UNACCENTED_TYPES and text.isascii():
        readings.append(Reading(place_key(rest), _TYPES[first]))
    return Written(
        text=text,
        place_id=text if _PLACE_ID.fullmatch(text) and text.isascii() else None,
        code=text if _CODE.fullmatch(text) and text.isascii() else None,
        readings=tuple(reading for reading in readings if reading.key),
    )


def choose(written: Written, candidates: Iterable[Place]) -> Sequence[Place]:
    """The places meant: one, none, or the several between which the text does not decide.

    An id or code comes before a name. Of names the nearest spelling wins: the official name, the name
    without its type, the same without accents, and last the place key.
    """
    pool = list(candidates)
    by_id = [place for place in pool if written.place_id is not None and place.id == written.place_id]
    by_code = [place for place in pool if written.code is not None and place.code == written.code]
    if by_id or by_code:
        return by_id or by_code
    for reading in written.readings:
        named = [p for p in pool if p.place_key == reading.key and p.level in reading.levels]
        if not named:
            continue
        for same in _TIERS:
            nearest = [place for place in named if same(written.text, place.name)]
            if nearest:
                return nearest
        return named
    return []


@lru_cache(maxsize=4096)
def _spelt(name: str) -> tuple[str, str, str, str]:
    """Spellings to compare: letters and tones with the type and without it, then without accents.

    The sort key ignores case, punctuation and the place of the tone mark, and nothing else.
    """
    bare = strip_unit_prefix(name)
    return sort_key(name), sort_key(bare), fold(name), fold(bare)


def _same(form: int) -> Callable[[str, str], bool]:
    return lambda one, other: _spelt(one)[form] == _spelt(other)[form]


_TIERS: Final = tuple(_same(form) for form in range(4))
