"""Rows of channels and listings."""

import csv
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.listings import Channel, Listing
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.listing import ChannelKind, ListingState

ONLINE = (ChannelKind.ECOMMERCE, ChannelKind.SOCIAL, ChannelKind.WEBSITE)
"""Kinds that sell online; a shop or display point does not (plan 230/KH-UBND, I.2)."""

_ID = SortKey(Listing.__table__.c.id, UUID)
_SORTS = Sorts(
    by_name={
        "-updated_at": [
            SortKey(Listing.__table__.c.updated_at, datetime, descending=True),
            SortKey(Listing.__table__.c.id, UUID, descending=True),
        ],
        "id": [_ID],
    },
    default="id",
)


def channel_rows() -> list[dict[str, str]]:
    """The channels' reference data: code, name, kind, host."""
    text = files("ocop_api.listings").joinpath("channels.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


class ListingRepository:
    """Reads and writes of the listings' tables."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def load_channels(self) -> int:
        """Bring the channels' reference data into the table; returns how many there are."""
        rows = [{**row, "host": row["host"] or None} for row in channel_rows()]
        statement = insert(Channel).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["code"],
                set_={name: statement.excluded[name] for name in ("name", "kind", "host")},
            )
        )
        return len(rows)

    async def channels(self) -> list[Channel]:
        """All channels by code."""
        return list(await self._session.scalars(select(Channel).order_by(Channel.code)))

    async def channel(self, code: str) -> Channel | None:
        """One channel, or None."""
        return await self._session.get(Channel, code)

    def visible_to(self, actor: Actor) -> ColumnElement[bool]:
        """Live listings are public; others belong to the producer's people and the area's officers."""
        conditions: list[ColumnElement[bool]] = [Listing.state == ListingState.LIVE.value]
        for permission in (Permission.LISTING_EDIT, Permission.LISTING_VERIFY):
            scope = actor.scope(permission)
            conditions.append(true() if scope.everywhere else false())
            if scope.place_ids:
                conditions.append(Listing.area_path.overlap(sorted(scope.place_ids)))
            if scope.producer_ids:
                conditions.append(Listing.producer_id.in_(scope.producer_ids))
        return or_(*conditions)

    async def find(self, listing_id: UUID, actor: Actor, *, lock: bool = False) -> Any:
        """One visible listing with its channel's kind, or None."""
        statement: Select[*tuple[Any, ...]] = (
            select(Listing, Channel.kind)
            .join(Channel, Channel.code == Listing.channel_code)
            .where(Listing.id == listing_id, self.visible_to(actor))
        )
        if lock:
            statement = statement.with_for_update(of=Listing)
        return (await self._session.execute(statement)).one_or_none()

    async def on_channel(self, product_id: UUID, channel: str) -> Listing | None:
        """The locked listing of a product on a channel."""
        statement = select(Listing).where(Listing.product_id == product_id, Listing.channel_code == channel)
        return (await self._session.scalars(statement.with_for_update())).one_or_none()

    async def known_as(
        self, channel: str, external_ids: Collection[str], urls: Collection[str]
    ) -> Sequence[Listing]:
        """Listings of a channel with one of these identifiers or addresses."""
        statement = select(Listing).where(
            Listing.channel_code == channel,
            Listing.external_id.in_(external_ids) | Listing.url.in_(urls),
        )
        return (await self._session.scalars(statement.order_by(Listing.id))).all()

    async def page(
        self,
        actor: Actor,
        wanted: Slice,
        *,
        product_id: UUID | None,
        producer_id: UUID | None,
        channel: str | None,
        state: ListingState | None,
    ) -> Rows:
        """One page of visible listings as (listing, channel kind) rows."""
        statement = (
            select(Listing, Channel.kind)
            .join(Channel, Channel.code == Listing.channel_code)
            .where(self.visible_to(actor))
        )
        equal: Mapping[Any, object] = {
            Listing.product_id: product_id,
            Listing.producer_id: producer_id,
            Listing.channel_code: channel,
            Listing.state: state.value if state else None,
        }
        for column, value in equal.items():
            if value is not None:
                statement = statement.where(column == value)
        return await fetch_page(self._session, statement, _SORTS, wanted, scalars=False)

    @staticmethod
    def _recognised(on: date, place_ids: list[str], *, include_reported: bool) -> ColumnElement[bool]:
        counts = and_(Product.recognition_status == "valid", Product.stars_valid_until >= on)
        if include_reported:
            counts = or_(counts, Product.recognition_status == "reported")
        return and_(counts, Product.area_path.overlap(place_ids)) if place_ids else counts

    @staticmethod
    def _live(kinds: Collection[ChannelKind]) -> ColumnElement[bool]:
        return exists().where(
            Listing.product_id == Product.id,
            Listing.state == ListingState.LIVE.value,
            Channel.code == Listing.channel_code,
            Channel.kind.in_([kind.value for kind in kinds]),
        )

    async def coverage(self, on: date, place_ids: list[str], *, include_reported: bool) -> Any:
        """Counts of recognised products, on e-commerce, online, and on any channel, in one row."""
        return (
            await self._session.execute(
                select(
                    func.count().label("recognised"),
                    func.count().filter(self._live([ChannelKind.ECOMMERCE])).label("on_ecommerce"),
                    func.count().filter(self._live(ONLINE)).label("on_online_channel"),
                    func.count().filter(self._live(tuple(ChannelKind))).label("on_any_channel"),
                )
                .select_from(Product)
                .where(self._recognised(on, place_ids, include_reported=include_reported))
            )
        ).one()

    async def by_channel(self, on: date, place_ids: list[str], *, include_reported: bool) -> dict[str, int]:
        """Recognised products with a live listing, by channel."""
        rows = await self._session.execute(
            select(Listing.channel_code, func.count())
            .join(Product, Product.id == Listing.product_id)
            .where(
                Listing.state == ListingState.LIVE.value,
                self._recognised(on, place_ids, include_reported=include_reported),
            )
            .group_by(Listing.channel_code)
            .order_by(Listing.channel_code)
        )
        return {code: count for code, count in rows}  # noqa: C416 - rows are no pairs to the type checker

    async def missing(
        self,
        on: date,
        place_ids: list[str],
        *,
        include_reported: bool,
        kinds: Collection[ChannelKind] = (ChannelKind.ECOMMERCE,),
        limit: int = 100,
    ) -> list[Any]:
        """Recognised products without a live listing on channels of these kinds, in Vietnamese order."""
        rows = await self._session.execute(
            select(Product.id, Product.name, Producer.name.label("producer"))
            .join(Producer, Producer.id == Product.producer_id)
            .where(
                self._recognised(on, place_ids, include_reported=include_reported),
                ~self._live(kinds),
            )
            .order_by(Product.sort_key, Product.id)
            .limit(limit)
        )
        return list(rows)
