"""The list of products with their producers and the recognitions they hold."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ocop_api.bulk.findings import Finding
from ocop_api.bulk.kinds.kind import Batch, ImportKind, ReadRow, RowResult
from ocop_api.bulk.kinds.product_columns import PRODUCT_LIST_COLUMNS
from ocop_api.bulk.kinds.product_facts import ProductRow, read_product_row
from ocop_api.bulk.kinds.product_storing import ProductBatch, product_keys
from ocop_api.bulk.placing import found_places


class ProductKind(ImportKind[ProductRow]):
    """Products, each row with its producer and what was decided about it."""

    name = "products"
    title_vi = "Sản phẩm, chủ thể và kết quả công nhận"
    title_en = "Products with producers and recognitions"
    natural_key_vi = "Sản phẩm nhận biết bằng chủ thể và tên; chủ thể bằng tên trong tỉnh."
    natural_key_en = "A product is recognised by producer and name, a producer by its name in the province."
    urls = {"product": "/v1/products/{id}", "producer": "/v1/producers/{id}"}  # noqa: RUF012 - never changed
    columns = PRODUCT_LIST_COLUMNS

    def prepare(self, row: ReadRow, *, today: date) -> ProductRow:
        """As ``read_product_row``."""
        return read_product_row(row, today=today)

    def explained(self, finding: Finding, values: Mapping[str, Any]) -> Finding:
        """A row without a producer is told why that cannot be."""
        if (finding.column, finding.code) == ("producer", "bulk.required_missing"):
            data = {"product_name": values.get("product_name") or "—"}
            return Finding("producer", "bulk.producer_missing", data)
        return finding

    async def keys(self, batch: Batch[ProductRow]) -> list[Sequence[str]]:
        """Product within its producer, and producer within its province."""
        places = await found_places(
            batch.session, batch.today, batch.memory, [r.facts.place for r in batch.rows]
        )
        return [product_keys(row.facts, places[row.facts.place]) for row in batch.rows]

    async def store(self, batch: Batch[ProductRow]) -> list[RowResult]:
        """Producers, then products, then recognitions, each in one call."""
        places = await found_places(
            batch.session, batch.today, batch.memory, [r.facts.place for r in batch.rows]
        )
        return await ProductBatch(batch, places).store()
