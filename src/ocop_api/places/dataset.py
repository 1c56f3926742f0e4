"""The administrative reference data that ships with the package.

Two structures follow one another: 63 provinces with districts and communes until 2025-06-30, and 34
provinces with communes only since 2025-07-01 (Decision 19/2025/QĐ-TTg). Codes live on with another
extent, so a unit is identified by ``(structure, code)``, never by the code alone: commune ``24611``
is Phường Nghĩa Đức in the first and Phường Bắc Gia Nghĩa in the second. Within one structure the
length of a code tells its level: 2 digits province, 3 district, 5 commune.

The structure of 63 provinces is the one of its last day; communes merged away before (in 2019-2021
or 2023-2025) are not in it. Source and licence: ``data/NOTICE``.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Final


class Structure(StrEnum):
    """An organisation of the country into administrative units."""

    PROVINCES_63 = "63"
    PROVINCES_34 = "34"


class Level(StrEnum):
    """Level of government of a unit, highest first: tỉnh, huyện, xã."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class Extent(StrEnum):
    """How much of the old unit went to the new one."""

    WHOLE = "whole"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Validity:
    """Calendar days (Asia/Ho_Chi_Minh) a structure is in force, both inclusive; ``None`` is open."""

    valid_from: date | None
    valid_to: date | None

    def contains(self, day: date) -> bool:
        """Whether the structure is in force on ``day``."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


# In order of time, without gap or overlap. The first day of the 63-province structure stays open: its
# units changed over the years and the data knows only how it ended.
READY_STRUCTURES: Final[dict[Structure, Validity]] = {
    Structure.PROVINCES_63: Validity(None, date(2025, 6, 30)),
    Structure.PROVINCES_34: Validity(date(2025, 7, 1), None),
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One administrative unit (đơn vị hành chính) of one structure.

    ``kind`` is the unit type (Tỉnh, Thành phố, Huyện, Quận, Thị xã, Xã, Phường, Thị trấn, Đặc khu) and
    ``name`` the official name with it, e.g. "Xã Đắk Gằn". ``parent_code`` is the code of the unit above
    in the same structure, ``None`` for a province. ``lat`` and ``lon`` are the centroid in WGS84
    degrees: known for the 34-province structure but for nine communes, never for the other one.
    """

    structure: Structure
    level: Level
    code: str
    kind: str
    name: str
    parent_code: str | None
    lat: float | None
    lon: float | None

    @property
    def valid_from(self) -> date | None:
        """First day the unit exists in this form; ``None`` when not known."""
        return READY_STRUCTURES[self.structure].valid_from

    @property
    def valid_to(self) -> date | None:
        """Last day the unit exists in this form; ``None`` while it is in force."""
        return READY_STRUCTURES[self.structure].valid_to


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """One link from a unit of the 63-province structure to its successor of the 34-province one.

    Provinces lead to provinces and communes to communes. Five island districts without communes
    (Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, Lý Sơn, Côn Đảo) lead with their district code to a commune-level
    special zone; other districts have no row. ``extent`` is ``PART`` on every row of an old unit that
    was divided and ``WHOLE`` on the single row of one that was not.
    """

    old_code: str
    new_code: str
    extent: Extent


def structure_on(day: date) -> Structure:
    """Structure in force on the calendar day ``day`` (Asia/Ho_Chi_Minh)."""
    last_day = READY_STRUCTURES[Structure.PROVINCES_63].valid_to
    if last_day is not None and day <= last_day:
        return Structure.PROVINCES_63
    return Structure.PROVINCES_34


def read_units() -> Iterator[UnitRow]:
    """Every unit of both structures; parents come before their children.

    Ordered by time, level and code, so that the rows can be inserted as they come.
    """
    structures = {str(structure): structure for structure in Structure}
    levels = {str(level): level for level in Level}
    for structure, level, code, kind, name, parent, lat, lon in _lines("units.csv"):
        yield UnitRow(
            structure=structures[structure],
            level=levels[level],
            code=code,
            kind=kind,
            name=name,
            parent_code=parent or None,
            lat=float(lat) if lat else None,
            lon=float(lon) if lon else None,
        )


def read_crosswalk() -> Iterator[CrosswalkRow]:
    """Every link between the structures: provinces, island districts, then communes, by code."""
    extents = {str(extent): extent for extent in Extent}
    for old_code, new_code, extent in _lines("crosswalk.csv"):
        yield CrosswalkRow(old_code, new_code, extents[extent])


def _lines(name: str) -> Iterator[list[str]]:
    resource = files("ocop_api.places") / "data" / name
    with resource.open("r", encoding="utf-8") as text:
        lines = csv.reader(text)
        next(lines)
        yield from lines
