"""Who issues a certificate: the committee of the province or district, or the ministry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ocop_api.domain.actor import Level
from ocop_api.domain.administration import LAST_DAY_OF_DISTRICTS
from ocop_api.domain.errors import RuleViolation
from ocop_api.places.service import PlaceService

_MINISTRIES = (
    (date(2025, 3, 1), "Bộ Nông nghiệp và Môi trường"),
    (date.min, "Bộ Nông nghiệp và Phát triển nông thôn"),
)
"""The ministry in charge of the programme and the day it took over, latest first."""
_DIGITS = {Level.PROVINCE: 2, Level.DISTRICT: 3}
_KINDS = ("Thành phố ", "Tỉnh ", "Thị xã ", "Huyện ", "Quận ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The issuing authority as it is printed; ``place_id`` is None for the ministry."""

    level: Level
    place_id: str | None
    code: str
    """``TW``, ``68`` or ``67-660``."""
    authority: str
    place: str


def issuing_unit(level: Level, area_path: Sequence[str], on: date) -> str | None:
    """The province or district that issues for a dossier of this area on a day; None for the ministry.

    Districts exist in the structure until 30/06/2025 only; a district that finishes a pending dossier
    later is still the old unit.

    Raises:
        RuleViolation: ``certificate.issuer_unknown``, the area names no unit of that level.
    """
    if level is Level.CENTRAL:
        return None
    old = level is Level.DISTRICT or on <= LAST_DAY_OF_DISTRICTS
    for place_id in area_path:
        structure, _, code = place_id.partition(":")
        if structure == ("63" if old else "34") and len(code) == _DIGITS.get(level):
            return place_id
    raise RuleViolation("certificate.issuer_unknown", level=level.value)


async def issuer_of(places: PlaceService, level: Level, unit_id: str | None, on: date) -> Issuer:
    """The issuer behind ``issuing_unit`` with its names on a day."""
    if unit_id is None:
        authority = next(name for since, name in _MINISTRIES if since <= on)
        return Issuer(level=level, place_id=None, code="TW", authority=authority, place="Hà Nội")
    unit = await places.get(unit_id)
    name = unit.name
    kind = next((kind for kind in _KINDS if name.startswith(kind)), "")
    return Issuer(
        level=level,
        place_id=unit_id,
        code="-".join(above.partition(":")[2] for above in unit.path),
        authority=f"Ủy ban nhân dân {kind.lower()}{name.removeprefix(kind)}",
        place=name.removeprefix(kind),
    )
