"""How rows name the administrative unit of a thing: province, and commune where it is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ReadRow
from ocop_api.domain.actor import Level
from ocop_api.domain.administration import LAST_DAY_OF_DISTRICTS
from ocop_api.domain.errors import DomainError
from ocop_api.places.service import Lookup, Place, PlaceService

_REMEMBERED = 2_000
_MEMORY = "units"

UNIT_COLUMNS = (
    Column(
        name="province",
        title_vi="Tỉnh, thành phố",
        title_en="Province",
        synonyms=("tỉnh", "tỉnh/thành phố"),
        type=ColumnType.PLACE,
        example="Lâm Đồng",
        help_vi="Tỉnh hiện nay; tên tỉnh trước 01/07/2025 cũng được.",
        help_en="Today's province; names until June 2025 are understood.",
    ),
    Column(
        name="commune",
        title_vi="Xã, phường",
        title_en="Commune",
        synonyms=("xã", "phường", "xã/phường"),
        type=ColumnType.PLACE,
        example="Xã Đắk Mil",
        help_vi="Xã, phường, đặc khu trong tỉnh đó; danh sách chọn là đơn vị hiện nay.",
        help_en="Commune or ward of the province; the list offers today's.",
    ),
)
"""Columns of a unit: the commune is read within the province."""


@dataclass(frozen=True, slots=True)
class UnitReference:
    """A unit as a row names it."""

    province: str
    commune: str | None

    @classmethod
    def of(cls, row: ReadRow) -> "UnitReference | None":
        """What the row says; None when it names no unit.

        Raises:
            RowRejectedError: ``bulk.province_needed``, a commune without its province.
        """
        province, commune = row.values.get("province"), row.values.get("commune")
        if province is None and commune is None:
            return None
        if province is None:
            raise RowRejectedError(Finding("province", "bulk.province_needed", {"commune": commune}))
        return cls(province, commune)


class UnitFinder:
    """Finds the units of a batch in few queries; today's first, then those until June 2025."""

    def __init__(self, batch: Batch[Any]) -> None:
        self._places = PlaceService(batch.session)
        self._days = (batch.today, LAST_DAY_OF_DISTRICTS)
        self._known: dict[UnitReference, Place | Finding] = batch.memory.setdefault(_MEMORY, {})

    async def find_all(self, references: Iterable[UnitReference | None]) -> None:
        """Look up what is not known yet."""
        new = [r for r in dict.fromkeys(references) if r is not None and r not in self._known]
        if new and len(self._known) > _REMEMBERED:
            self._known.clear()
        for reference in new:
            self._known[reference] = Finding("province", "bulk.unit_unknown", {"value": reference.province})
        for day in self._days:
            asked = [reference for reference in new if isinstance(self._known[reference], Finding)]
            if asked:
                await self._look(asked, day)

    async def _look(self, asked: list[UnitReference], day: date) -> None:
        provinces = await self._places.resolve_many(
            [Lookup(reference.province, day, Level.PROVINCE) for reference in asked]
        )
        communes: list[tuple[UnitReference, Lookup]] = []
        for reference, province in zip(asked, provinces, strict=True):
            if not isinstance(province, Place):
                if day == self._days[0]:
                    self._known[reference] = _told("province", reference.province, province)
            elif reference.commune is None:
                self._known[reference] = await self._today("province", province)
            else:
                communes.append((reference, Lookup(reference.commune, day, Level.COMMUNE, province.id)))
        if not communes:
            return
        found = await self._places.resolve_many([lookup for _, lookup in communes])
        for (reference, lookup), place in zip(communes, found, strict=True):
            if isinstance(place, Place):
                self._known[reference] = await self._today("commune", place)
            elif day == self._days[0] or self._at_province(reference):
                self._known[reference] = _told("commune", lookup.text, place)

    async def _today(self, column: str, place: Place) -> Place | Finding:
        """The unit in which a former one lies today."""
        now = await self._places.as_of(place.id, self._days[0])
        if now.in_force(self._days[0]):
            return now
        became = [step.place.full_name for step in await self._places.successors(place.id)]
        data = {"value": place.full_name, "suggestions": became}
        return Finding(column, "bulk.unit_divided", data, "; ".join(became) or None)

    def _at_province(self, reference: UnitReference) -> bool:
        known = self._known[reference]
        return isinstance(known, Finding) and known.column == "province"

    def one(self, reference: UnitReference) -> Place:
        """The unit a reference means, after ``find_all``.

        Raises:
            RowRejectedError: ``bulk.unit_unknown``, ``bulk.unit_ambiguous``, with what may be meant.
        """
        found = self._known[reference]
        if isinstance(found, Finding):
            raise RowRejectedError(found)
        return found


def _told(column: str, text: str, error: DomainError) -> Finding:
    offered = error.data.get("candidates") or error.data.get("suggestions") or []
    names = [str(unit["full_name"]) for unit in offered] if isinstance(offered, list) else []
    code = "bulk.unit_ambiguous" if error.code == "places.ambiguous" else "bulk.unit_unknown"
    return Finding(column, code, {"value": text, "suggestions": names}, "; ".join(names) or None)
