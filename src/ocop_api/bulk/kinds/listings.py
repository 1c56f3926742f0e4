"""Where registered products are sold: one product on one channel per row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from ocop_api.bulk.columns import Choice, Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ImportKind, Prepared, ReadRow, RowOutcome, RowResult
from ocop_api.bulk.kinds.product_reference import (
    PRODUCT_COLUMNS,
    ProductFinder,
    ProductReference,
    reference_of,
)
from ocop_api.bulk.kinds.refusing import before_writing, refused_at
from ocop_api.domain.actor import Permission
from ocop_api.domain.listing import ListingState
from ocop_api.listings.schemas import ListingCreate
from ocop_api.listings.service import ListingService, shipped_channels

_AT = {
    "listings.unknown_channel": "channel",
    "listings.address_elsewhere": "url",
    "listings.action_not_allowed": "status",
    "listings.duplicate": "channel",
}
_STATES = (
    Choice("live", "Đang bán", "Live", ("đang hoạt động", "có", "on sale")),
    Choice("draft", "Chưa đăng", "Draft", ("nháp", "chưa bán")),
    Choice("delisted", "Đã gỡ", "Delisted", ("ngừng bán", "đã gỡ xuống", "removed")),
)


@dataclass(frozen=True, slots=True)
class ListingFacts:
    """A listing as a row claims it; ``body`` lacks the product, which only the register knows."""

    product: ProductReference
    channel: str
    body: ListingCreate
    state: ListingState | None


class ListingKind(ImportKind[ListingFacts]):
    """Listings (*sản phẩm trên kênh bán hàng*)."""

    name = "listings"
    title_vi = "Kênh bán hàng của sản phẩm"
    title_en = "Listings on channels"
    natural_key_vi = (
        "Nhận biết bằng sản phẩm và kênh bán; mã sản phẩm và đường dẫn trên một kênh là duy nhất."
    )
    natural_key_en = (
        "A row is recognised by product and channel; id and address on a channel belong to one product."
    )
    permission = Permission.LISTING_VERIFY
    urls = {"listing": "/v1/listings/{id}", "product": "/v1/products/{id}"}  # noqa: RUF012 - never changed
    columns = (
        *PRODUCT_COLUMNS,
        Column(
            name="channel",
            title_vi="Kênh bán",
            title_en="Channel",
            synonyms=("sàn", "sàn thương mại điện tử", "marketplace"),
            type=ColumnType.CHOICE,
            choices=tuple(Choice(code, name, name) for code, name in shipped_channels()),
            required=True,
            example="Shopee",
            help_vi="Sàn thương mại điện tử, mạng xã hội, website hoặc điểm bán.",
            help_en="Platform, social network, website or shop.",
        ),
        Column(
            name="url",
            title_vi="Đường dẫn",
            title_en="Address",
            synonyms=("link", "url sản phẩm", "liên kết"),
            type=ColumnType.URL,
            limit=2000,
            example="https://shopee.vn/ca-phe-bot-i.123.456",
            help_vi="Trang của sản phẩm trên kênh, bắt đầu bằng https:// và thuộc đúng kênh đó.",
            help_en="Page of the product on the channel; https, and on the channel's own site.",
        ),
        Column(
            name="external_id",
            title_vi="Mã trên kênh",
            title_en="Id on the channel",
            synonyms=("sku", "item id"),
            limit=64,
            example="123.456",
            help_vi="Mã của sản phẩm trên kênh bán.",
            help_en="Identifier of the product there.",
        ),
        Column(
            name="price_vnd",
            title_vi="Giá bán (đồng)",
            title_en="Price (VND)",
            type=ColumnType.MONEY,
            minimum=0,
            maximum=99_999_999_999_999,
            limit=64,
            example="85000",
            help_vi="Giá trên kênh, số đồng nguyên: 85000.",
            help_en="Price there, in whole đồng: 85000.",
        ),
        Column(
            name="status",
            title_vi="Tình trạng",
            title_en="Status",
            type=ColumnType.CHOICE,
            choices=_STATES,
            example="Đang bán",
            help_vi="Bỏ trống: dòng mới là chưa đăng, dòng đã có giữ nguyên.",
            help_en="Empty: a new one is a draft, one that stands is left as it is.",
        ),
    )

    def prepare(self, row: ReadRow, *, today: date) -> ListingFacts:  # noqa: ARG002 - the same for all kinds
        """What a row claims of a listing; an address that is not https is refused here."""
        values = row.values
        reference = reference_of(row)
        given = {name: values.get(name) for name in ("channel", "url", "external_id", "price_vnd")}
        try:
            # The product's id follows when the register is asked.
            body = ListingCreate.model_validate({"product_id": "0" * 32, **given})
        except ValidationError as error:
            column = str(error.errors()[0]["loc"][0])
            data = {"value": str(values.get(column))[:60]}
            code = "bulk.url_not_secure" if column == "url" else "bulk.value_invalid"
            raise RowRejectedError(Finding(column, code, data)) from error
        state = None if values.get("status") is None else ListingState(values["status"])
        return ListingFacts(reference, values["channel"], body, state)

    async def keys(self, batch: Batch[ListingFacts]) -> list[Sequence[str]]:
        """Product and channel; identifier and address on the channel."""
        finder = ProductFinder(batch, batch.actor.scope(self.permission))
        await finder.find_all(row.facts.product for row in batch.rows)
        return [_keys(finder, row.facts) for row in batch.rows]

    async def store(self, batch: Batch[ListingFacts]) -> list[RowResult]:
        """Declare or complete the listings; a row that cannot be told from an earlier one is rejected."""
        finder = ProductFinder(batch, batch.actor.scope(self.permission))
        await finder.find_all(row.facts.product for row in batch.rows)
        service = ListingService(batch.session, batch.actor, batch.now)
        results = []
        for row in batch.rows:
            try:
                results.append(await self._one(batch, finder, service, row))
            except RowRejectedError as rejection:
                if not before_writing(rejection):
                    raise
                results.append(RowResult(row.number, RowOutcome.REJECTED, rejection.findings))
        return results

    async def _one(
        self,
        batch: Batch[ListingFacts],
        finder: ProductFinder,
        service: ListingService,
        row: Prepared[ListingFacts],
    ) -> RowResult:
        facts = row.facts
        keys = _keys(finder, facts)
        repeated = next((batch.earlier[key] for key in keys if key in batch.earlier), None)
        if repeated is not None:
            # Two rows that speak of one listing would overwrite each other in turn.
            raise RowRejectedError(Finding("channel", "bulk.repeated_row", {"row": repeated.row_number}))
        product, remarks = await finder.one(facts.product)
        await _refuse_taken(service, facts, product.id)
        with refused_at(_AT):
            body = facts.body.model_copy(update={"product_id": product.id})
            listing, outcome = await service.put(body, state=facts.state)
        return RowResult(
            row.number,
            RowOutcome(outcome.value),
            (*row.remarks, *remarks),
            {"listing": listing.id, "product": product.id},
            dict.fromkeys(keys, listing.id),
        )


def _keys(finder: ProductFinder, facts: ListingFacts) -> list[str]:
    keys = [f"{facts.channel}|product|{finder.key(facts.product)}"]
    if facts.body.external_id is not None:
        keys.append(f"{facts.channel}|id|{facts.body.external_id}")
    if facts.body.url is not None:
        keys.append(f"{facts.channel}|url|{facts.body.url}")
    return keys


async def _refuse_taken(service: ListingService, facts: ListingFacts, product_id: object) -> None:
    """Refuse an identifier or address that stands for another product on the channel.

    Raises:
        RowRejectedError: ``bulk.listing_of_other_product``.
    """
    external_id, url = facts.body.external_id, facts.body.url
    if external_id is None and url is None:
        return
    known = await service.known_as(
        facts.channel,
        external_ids=[] if external_id is None else [external_id],
        urls=[] if url is None else [str(url)],
    )
    for listing in known:
        if listing.product_id != product_id:
            column = "external_id" if listing.external_id == external_id else "url"
            value = external_id if column == "external_id" else str(url)
            raise RowRejectedError(Finding(column, "bulk.listing_of_other_product", {"value": value}))
