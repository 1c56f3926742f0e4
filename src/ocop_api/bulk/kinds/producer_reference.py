"""How rows about a registered producer name it: by tax code, or by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ReadRow
from ocop_api.domain.actor import Scope
from ocop_api.domain.vietnamese import fold
from ocop_api.places.service import PlaceService
from ocop_api.producers.service import ProducerService

_REMEMBERED = 2_000
_MEMORY = "producers"

PRODUCER_COLUMNS = (
    Column(
        name="producer",
        title_vi="Tên chủ thể",
        title_en="Producer",
        synonyms=("chủ thể",),
        example="HTX Nông nghiệp Đắk Mil",
        help_vi="Tên chủ thể đã có trên hệ thống; bỏ trống nếu đã ghi mã số thuế.",
        help_en="Name of a registered producer; may be empty beside the tax code.",
    ),
    Column(
        name="tax_code",
        title_vi="Mã số thuế chủ thể",
        title_en="Producer's tax code",
        synonyms=("mã số thuế", "mst"),
        type=ColumnType.TAX_CODE,
        limit=64,
        example="6400123456",
        help_vi="Tìm chủ thể chắc chắn hơn tên.",
        help_en="Finds the producer more surely than its name.",
    ),
)
"""Columns by which a row names a registered producer; one of them is needed."""


@dataclass(frozen=True, slots=True)
class ProducerReference:
    """A producer as a row names it; the tax code goes before the name."""

    name: str | None
    tax_code: str | None

    @classmethod
    def of(cls, row: ReadRow) -> "ProducerReference":
        """What the row says.

        Raises:
            RowRejectedError: ``bulk.producer_not_named``.
        """
        found = cls(row.values.get("producer"), row.values.get("tax_code"))
        if found.tax_code is None and not fold(found.name or ""):
            raise RowRejectedError(Finding("producer", "bulk.producer_not_named"))
        return found

    @property
    def column(self) -> str:
        """The column that finds the producer."""
        return "producer" if self.tax_code is None else "tax_code"

    @property
    def shown(self) -> str:
        """The producer in a sentence."""
        return self.tax_code or self.name or "—"


@dataclass(frozen=True, slots=True)
class KnownProducer:
    """A registered producer; plain values, which outlive a rolled back savepoint."""

    id: UUID
    name_folded: str
    tax_code: str | None
    place_id: str | None
    area_path: tuple[str, ...]


class ProducerFinder:
    """Finds the producers of a batch in one query and remembers them for the batches to come."""

    def __init__(self, batch: Batch[Any], scope: Scope) -> None:
        self._producers = ProducerService(batch.session, batch.actor, batch.now)
        self._places = PlaceService(batch.session)
        self._scope = scope
        self._known: dict[ProducerReference, list[KnownProducer]] = batch.memory.setdefault(_MEMORY, {})

    async def find_all(self, references: Iterable[ProducerReference | None]) -> None:
        """Look up what is not known yet."""
        new = [r for r in dict.fromkeys(references) if r is not None and r not in self._known]
        if not new:
            return
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        rows = await self._producers.meant(
            names={r.name for r in new if r.name}, tax_codes={r.tax_code for r in new if r.tax_code}
        )
        found = [
            KnownProducer(row.id, row.name_folded, row.tax_code, row.place_id, tuple(row.area_path))
            for row in rows
        ]
        for reference in new:
            self._known[reference] = [row for row in found if _is(reference, row)]

    def key(self, reference: ProducerReference) -> str:
        """A natural key of the producer within the file."""
        meant = self._meant(reference)
        return str(meant[0].id) if len(meant) == 1 else f"{reference}"

    async def one(self, reference: ProducerReference) -> KnownProducer:
        """The producer a reference means, inside the actor's area.

        Raises:
            RowRejectedError: ``bulk.producer_unknown``, ``bulk.producer_ambiguous``,
                ``bulk.outside_your_area``.
        """
        await self.find_all([reference])
        meant = self._meant(reference)
        if not meant:
            unknown = {"producer": reference.shown}
            raise RowRejectedError(Finding(reference.column, "bulk.producer_unknown", unknown))
        if len(meant) > 1:
            data = {"producer": reference.shown, "count": len(meant)}
            raise RowRejectedError(Finding("tax_code", "bulk.producer_ambiguous", data))
        (row,) = meant
        if not self._inside(row):
            place = "—" if row.place_id is None else await self._places.full_name(row.place_id)
            raise RowRejectedError(Finding(reference.column, "bulk.outside_your_area", {"place": place}))
        return row

    def _meant(self, reference: ProducerReference) -> list[KnownProducer]:
        meant = self._known[reference]
        return [row for row in meant if self._inside(row)] or meant

    def _inside(self, row: KnownProducer) -> bool:
        return self._scope.covers(area_path=row.area_path, producer_id=row.id)


def _is(reference: ProducerReference, row: KnownProducer) -> bool:
    if reference.tax_code is not None:
        return row.tax_code == reference.tax_code
    return row.name_folded == fold(reference.name or "")
