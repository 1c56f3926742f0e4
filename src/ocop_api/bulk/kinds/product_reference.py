"""How rows about a registered product name it: by id, product code, GTIN, or name and producer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError, nearest
from ocop_api.bulk.kinds.kind import Batch, ReadRow
from ocop_api.bulk.parsing import Parsed, UnreadableError
from ocop_api.domain.actor import Scope
from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.domain.product_code import ProductCode
from ocop_api.domain.vietnamese import fold
from ocop_api.places.service import PlaceService
from ocop_api.products.service import KnownProduct, ProductService

_REMEMBERED = 2_000
_MEMORY = "products"


def _read_id(cell: str) -> Parsed:
    try:
        return Parsed(UUID(cell.strip()))
    except ValueError as error:
        raise UnreadableError("bulk.id_invalid", {"value": cell[:60]}) from error


def _read_product_code(cell: str) -> Parsed:
    try:
        return Parsed(str(ProductCode.parse(cell)))
    except Invalid as error:
        raise UnreadableError("bulk.product_code_unreadable", {"value": cell[:60]}) from error


PRODUCT_COLUMNS = (
    Column(
        name="product_name",
        title_vi="Tên sản phẩm",
        title_en="Product name",
        example="Cà phê bột Đắk Mil",
        help_vi="Tên sản phẩm đã có trên hệ thống. Không cần phân biệt dấu, chữ hoa. Bỏ trống nếu đã ghi "
        "mã sản phẩm hoặc GTIN.",
        help_en="Name of a registered product; accents and case do not matter. May be empty beside a code.",
    ),
    Column(
        name="producer",
        title_vi="Tên chủ thể",
        title_en="Producer",
        synonyms=("chủ thể",),
        example="HTX Nông nghiệp Đắk Mil",
        help_vi="Chủ thể của sản phẩm; cần ghi khi nhiều chủ thể có sản phẩm cùng tên.",
        help_en="Producer of the product; needed when several have a product of this name.",
    ),
    Column(
        name="product_code",
        title_vi="Mã sản phẩm OCOP",
        title_en="OCOP product code",
        synonyms=("mã sản phẩm",),
        limit=64,
        example="68-24611-3-2026",
        parser=_read_product_code,
        help_vi="Mã sản phẩm ghi trên phiếu đánh giá; tìm sản phẩm chắc chắn hơn tên.",
        help_en="Code given at the rating; finds the product more surely than its name.",
    ),
    Column(
        name="gtin",
        title_vi="Mã GTIN",
        title_en="GTIN",
        synonyms=("mã vạch", "barcode"),
        type=ColumnType.GTIN,
        limit=64,
        example="8936012340011",
        help_vi="Số dưới mã vạch, 8 đến 14 chữ số, giữ cả số 0 ở đầu.",
        help_en="The number under the barcode, 8 to 14 digits, with leading zeros.",
    ),
    Column(
        name="product_id",
        title_vi="Mã định danh sản phẩm",
        title_en="Product id",
        limit=64,
        parser=_read_id,
        example="0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a",
        help_vi="Mã của hệ thống (có trong tệp xuất ra); bỏ trống nếu không biết.",
        help_en="Id in this system (exports have it); leave it empty if unknown.",
    ),
)
"""Columns by which a row names a registered product; at least one key or the name is needed."""


@dataclass(frozen=True, slots=True)
class ProductReference:
    """A product as a row names it; the first of id, code, GTIN and name that is given finds it."""

    product_id: UUID | None
    product_code: str | None
    gtin: str | None
    name: str | None
    producer: str | None

    @property
    def column(self) -> str:
        """The column that finds the product."""
        if self.product_id is not None:
            return "product_id"
        if self.product_code is not None:
            return "product_code"
        return "gtin" if self.gtin is not None else "product_name"

    @property
    def shown(self) -> str:
        """The product in a sentence."""
        found = self.product_id or self.product_code or self.gtin
        return str(found) if found else " — ".join(part for part in (self.name, self.producer) if part)


def reference_of(row: ReadRow) -> ProductReference:
    """What the row says of its product.

    Raises:
        RowRejectedError: ``bulk.product_not_named``.
    """
    values = row.values
    gtin = values.get("gtin")
    found = ProductReference(
        values.get("product_id"),
        values.get("product_code"),
        None if gtin is None else str(gtin).zfill(14),
        values.get("product_name"),
        values.get("producer"),
    )
    if found.column == "product_name" and not fold(found.name or ""):
        raise RowRejectedError(Finding("product_name", "bulk.product_not_named"))
    return found


class ProductFinder:
    """Finds the products of a batch in one query and remembers them for the batches to come."""

    def __init__(self, batch: Batch[Any], scope: Scope) -> None:
        self._products = ProductService(batch.session, batch.actor, batch.now)
        self._places = PlaceService(batch.session)
        self._scope = scope
        self._known: dict[ProductReference, list[KnownProduct]] = batch.memory.setdefault(_MEMORY, {})

    async def find_all(self, references: Iterable[ProductReference]) -> None:
        """Look up what is not known yet."""
        new = [reference for reference in dict.fromkeys(references) if reference not in self._known]
        if not new:
            return
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        by = {name: [r for r in new if r.column == name] for name in {r.column for r in new}}
        found = await self._products.meant(
            ids=[r.product_id for r in by.get("product_id", ()) if r.product_id is not None],
            product_codes=[r.product_code for r in by.get("product_code", ()) if r.product_code is not None],
            gtins=[r.gtin for r in by.get("gtin", ()) if r.gtin is not None],
            names=[r.name for r in by.get("product_name", ()) if r.name is not None],
            producers=[r.producer for r in by.get("product_name", ()) if r.producer is not None],
        )
        for reference in new:
            self._known[reference] = [known for known in found if _concerns(reference, known)]

    def key(self, reference: ProductReference) -> str:
        """A natural key of the product within the file."""
        meant = self._meant(reference)
        return str(meant[0].id) if len(meant) == 1 else f"{reference}"

    async def one(self, reference: ProductReference) -> tuple[KnownProduct, tuple[Finding, ...]]:
        """The product a reference means, inside the actor's area, and remarks on it.

        Raises:
            RowRejectedError: ``bulk.product_unknown``, ``bulk.product_ambiguous``,
                ``bulk.outside_your_area``.
        """
        await self.find_all([reference])
        meant = self._meant(reference)
        if not meant:
            raise RowRejectedError(self._unknown(reference))
        if len(meant) > 1:
            owners = [known.producer_name for known in meant[:5]]
            data = {"product": reference.shown, "count": len(meant), "producers": owners}
            raise RowRejectedError(Finding("producer", "bulk.product_ambiguous", data, "; ".join(owners)))
        (known,) = meant
        if not self._inside(known):
            data = {"place": await self._place(known.place_id)}
            raise RowRejectedError(Finding(reference.column, "bulk.outside_your_area", data))
        if reference.name and fold(reference.name) != known.name_folded:
            data = {"given": reference.name, "registered": known.name}
            return known, (Finding("product_name", "bulk.product_name_differs", data, known.name),)
        return known, ()

    def _meant(self, reference: ProductReference) -> list[KnownProduct]:
        meant = [known for known in self._known[reference] if _is(reference, known)]
        return [known for known in meant if self._inside(known)] or meant

    def _inside(self, known: KnownProduct) -> bool:
        return self._scope.covers(area_path=known.area_path, producer_id=known.producer_id)

    def _unknown(self, reference: ProductReference) -> Finding:
        near: str | None = None
        if reference.column == "product_name" and reference.name is not None:
            found = self._known[reference]
            same = [k for k in found if k.name_folded == fold(reference.name or "")]
            if same:
                near = "; ".join(f"{k.name} — {k.producer_name}" for k in same[:3])
            else:
                near = nearest(reference.name, [k.name for k in found])
        return Finding(reference.column, "bulk.product_unknown", {"product": reference.shown}, near)

    async def _place(self, place_id: str | None) -> str:
        if place_id is None:
            return "—"
        try:
            return await self._places.full_name(place_id)
        except NotFound:
            return place_id


def _is(reference: ProductReference, known: KnownProduct) -> bool:
    if reference.column != "product_name":
        return bool(getattr(known, reference.column.replace("product_id", "id")) == _key(reference))
    if known.name_folded != fold(reference.name or ""):
        return False
    return not reference.producer or known.producer_folded == fold(reference.producer)


def _key(reference: ProductReference) -> UUID | str | None:
    return reference.product_id or reference.product_code or reference.gtin


def _concerns(reference: ProductReference, known: KnownProduct) -> bool:
    if _is(reference, known):
        return True
    if reference.column != "product_name":
        return False
    same_name = known.name_folded == fold(reference.name or "")
    return same_name or known.producer_folded == fold(reference.producer or "")
