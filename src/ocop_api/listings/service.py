"""Listings of products on channels, and how much of the catalogue they cover."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows
from ocop_api.db.tables.listings import Channel, Listing
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.listing import ListingAction, ListingSource, ListingState, apply
from ocop_api.ledger.recording import record
from ocop_api.listings import policy
from ocop_api.listings.repository import ONLINE, ListingRepository, channel_rows
from ocop_api.listings.schemas import ListingCreate, ListingFilter, ListingUpdate
from ocop_api.places.service import PlaceService
from ocop_api.producers.schemas import Outcome
from ocop_api.products.service import ProductService
from ocop_api.web.conditional import ExpectedVersion


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts over the recognised products of a place on a day; shares in percent with two places."""

    recognised: int
    on_ecommerce: int
    on_online_channel: int
    on_any_channel: int
    ecommerce_share: Decimal | None
    by_channel: dict[str, int]
    missing: list[Any]


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A listing with its channel's kind and what the caller may do with it."""

    listing: Listing
    channel_kind: str
    allowed_actions: list[ListingAction]


def shipped_channels() -> tuple[tuple[str, str], ...]:
    """Code and name of every channel that ships with the package, in the order of the codes."""
    return tuple((row["code"], row["name"]) for row in channel_rows())


class ListingService:
    """Everything about listings, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._rows = ListingRepository(session)

    async def channels(self) -> list[Channel]:
        """All channels."""
        return await self._rows.channels()

    async def load_channels(self) -> int:
        """Bring the channels' reference data into the database; repeating changes nothing."""
        return await self._rows.load_channels()

    async def declare(
        self, wanted: ListingCreate, source: ListingSource = ListingSource.DECLARED
    ) -> ListedProduct:
        """Put a product on a channel.

        Raises:
            NotFound: no such product.
            Forbidden: ``auth.not_permitted`` for anybody but the producer's people and the area's officers.
            Invalid: ``listings.unknown_channel``, ``listings.address_elsewhere``.
            Conflict: ``listings.duplicate`` when the product is on the channel already.
        """
        product = await ProductService(self._session, self._actor, self._now).get(wanted.product_id)
        if not policy.may_edit(self._actor, product.producer_id, product.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.LISTING_EDIT.value)
        channel = await self._rows.channel(wanted.channel)
        if channel is None:
            raise Invalid(
                "listings.unknown_channel",
                channel=wanted.channel,
                known=[known.code for known in await self._rows.channels()],
            )
        url = str(wanted.url) if wanted.url else None
        _check_host(channel, url)
        listing = Listing(
            product_id=product.id,
            producer_id=product.producer_id,
            channel_code=channel.code,
            area_path=list(product.area_path),
            url=url,
            external_id=wanted.external_id,
            price_vnd=wanted.price_vnd,
            state=(ListingState.LIVE if wanted.live else ListingState.DRAFT).value,
            source=source.value,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(listing)
        await self._session.flush()  # a duplicate shows here, before anything is recorded about it
        await self._record("listing.declared", listing, {"state": listing.state})
        return self._present(listing, channel.kind)

    async def known_as(
        self, channel: str, *, external_ids: Collection[str] = (), urls: Collection[str] = ()
    ) -> Sequence[Listing]:
        """Listings that lists of a channel may mean, by identifier or address; nothing of them is public."""
        return await self._rows.known_as(channel, external_ids, urls)

    async def put(
        self, wanted: ListingCreate, *, state: ListingState | None = None
    ) -> tuple[Listing, Outcome]:
        """Declare a listing from a list, or complete the one that stands; safe to repeat.

        It is recognised by product and channel. A fact that is not given (None) never erases a known one.

        Args:
            wanted: product, channel and facts; ``live`` is not looked at.
            state: live, draft or delisted as the list claims; None leaves a listing that stands as it is.

        Raises:
            NotFound, Forbidden, Invalid, Conflict: as ``declare``.
            RuleViolation: ``listings.action_not_allowed`` when the state cannot follow the stored one.
        """
        live = state is ListingState.LIVE
        product = await ProductService(self._session, self._actor, self._now).get(wanted.product_id)
        if not policy.may_edit(self._actor, product.producer_id, product.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.LISTING_EDIT.value)
        listing = await self._rows.on_channel(product.id, wanted.channel)
        if listing is None:
            declared = await self.declare(wanted.model_copy(update={"live": live}), ListingSource.IMPORT)
            return declared.listing, Outcome.CREATED
        url = str(wanted.url) if wanted.url else None
        given = {"url": url, "external_id": wanted.external_id, "price_vnd": wanted.price_vnd}
        changes = {
            name: value
            for name, value in given.items()
            if value is not None and getattr(listing, name) != value
        }
        if "url" in changes and (channel := await self._rows.channel(listing.channel_code)) is not None:
            _check_host(channel, url)
        old = ListingState(listing.state)
        if changes:
            for name, value in changes.items():
                setattr(listing, name, value)
            # What an officer saw on sale was the page before the change.
            listing.last_verified_at = listing.last_verified_by = None
            await self._changed(listing, "listing.updated", {"fields": sorted(changes)})
        if state is None or state is old:
            return listing, Outcome.UPDATED if changes else Outcome.UNCHANGED
        action = {
            ListingState.LIVE: ListingAction.PUBLISH,
            ListingState.DELISTED: ListingAction.DELIST,
        }.get(state, ListingAction.REDRAFT)
        listing.state = apply(old, action).value
        listing.reason = None
        await self._changed(listing, f"listing.{listing.state}", {"from": old.value, "reason": None})
        return listing, Outcome.UPDATED

    async def read(self, listing_id: UUID) -> ListedProduct:
        """One visible listing, or NotFound ``listings.not_found``."""
        return self._present(*await self._get(listing_id))

    async def page(self, wanted: ListingFilter) -> tuple[Rows, list[ListedProduct]]:
        """One page of visible listings."""
        rows = await self._rows.page(
            self._actor,
            wanted.slice(),
            product_id=wanted.product_id,
            producer_id=wanted.producer_id,
            channel=wanted.channel,
            state=wanted.state,
        )
        return rows, [self._present(listing, kind) for listing, kind in rows.items]

    async def update(
        self, listing_id: UUID, wanted: ListingUpdate, expected: ExpectedVersion
    ) -> ListedProduct:
        """Change address, identifier or price; the state has its own actions."""
        listing, kind = await self._get(listing_id, lock=True)
        self._require_edit(listing)
        expected.check(listing.version)
        changes = wanted.model_dump(exclude_unset=True)
        if "url" in changes:
            changes["url"] = str(changes["url"]) if changes["url"] else None
            channel = await self._rows.channel(listing.channel_code)
            if channel is not None:
                _check_host(channel, changes["url"])
        for name, value in changes.items():
            setattr(listing, name, value)
        # What an officer saw on sale was the page before the change.
        listing.last_verified_at = listing.last_verified_by = None
        await self._changed(listing, "listing.updated", {"fields": sorted(changes)})
        return self._present(listing, kind)

    async def act(
        self, listing_id: UUID, action: ListingAction, reason: str | None, expected: ExpectedVersion
    ) -> ListedProduct:
        """Take a listing to its next state.

        Raises:
            RuleViolation: ``listings.action_not_allowed``, or ``listings.reason_required`` for a
                rejection or delisting without one.
            Forbidden: the action is an officer's.
        """
        listing, kind = await self._get(listing_id, lock=True)
        self._require_edit(listing)
        expected.check(listing.version)
        state = ListingState(listing.state)
        target = apply(state, action)
        if action not in policy.actions_for(self._actor, state, listing.producer_id, listing.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.LISTING_VERIFY.value)
        if action in {ListingAction.REJECT, ListingAction.DELIST} and not reason:
            raise RuleViolation("listings.reason_required", action=action.value)
        listing.state = target.value
        listing.reason = reason
        await self._changed(listing, f"listing.{target.value}", {"from": state.value, "reason": reason})
        return self._present(listing, kind)

    async def verify(self, listing_id: UUID) -> ListedProduct:
        """Record that an officer saw the live listing on sale."""
        listing, kind = await self._get(listing_id, lock=True)
        if not policy.may_verify(self._actor, listing.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.LISTING_VERIFY.value)
        if listing.state != ListingState.LIVE.value:
            raise RuleViolation("listings.not_live", state=listing.state)
        listing.last_verified_at = self._now
        listing.last_verified_by = self._actor.user_id
        await self._changed(listing, "listing.verified", {})
        return self._present(listing, kind)

    async def coverage(self, place: str | None, *, include_reported: bool) -> Coverage:
        """How many of the recognised products of a place are on sale today (plan 230/KH-UBND, I.2)."""
        today = vietnam_date(self._now)
        place_ids: list[str] = []
        if place:
            place_ids = [(await PlaceService(self._session).resolve(place, on=today)).id]
        return await self.coverage_of(place_ids, include_reported=include_reported)

    async def coverage_of(self, place_ids: list[str], *, include_reported: bool) -> Coverage:
        """The same over places known by id; no id means everywhere."""
        today = vietnam_date(self._now)
        counts = await self._rows.coverage(today, place_ids, include_reported=include_reported)
        share = None
        if counts.recognised:
            # Cut, not rounded: 99.999 % must never read as the target reached.
            hundredths = counts.on_ecommerce * 10_000 // counts.recognised
            share = (Decimal(hundredths) / 100).quantize(Decimal("0.01"))
        return Coverage(
            recognised=counts.recognised,
            on_ecommerce=counts.on_ecommerce,
            on_online_channel=counts.on_online_channel,
            on_any_channel=counts.on_any_channel,
            ecommerce_share=share,
            by_channel=await self._rows.by_channel(today, place_ids, include_reported=include_reported),
            missing=await self._rows.missing(today, place_ids, include_reported=include_reported),
        )

    async def not_online(self, place_ids: list[str]) -> list[Any]:
        """The first hundred recognised products of the places that nothing sells online, by name."""
        today = vietnam_date(self._now)
        return await self._rows.missing(today, place_ids, include_reported=False, kinds=ONLINE)

    async def _get(self, listing_id: UUID, *, lock: bool = False) -> tuple[Listing, str]:
        found = await self._rows.find(listing_id, self._actor, lock=lock)
        if found is None:
            raise NotFound("listings.not_found")
        return found[0], found[1]

    def _require_edit(self, listing: Listing) -> None:
        if not policy.may_edit(self._actor, listing.producer_id, listing.area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.LISTING_EDIT.value)

    def _present(self, listing: Listing, kind: str) -> ListedProduct:
        actions = policy.actions_for(
            self._actor, ListingState(listing.state), listing.producer_id, listing.area_path
        )
        return ListedProduct(listing, kind, actions)

    async def _changed(self, listing: Listing, kind: str, data: dict[str, Any]) -> None:
        listing.updated_at = self._now
        listing.touch()
        await self._record(kind, listing, data)
        await self._session.flush()  # constraints speak before the answer is built

    async def _record(self, kind: str, listing: Listing, data: dict[str, Any]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="listing",
            subject_id=listing.id,
            actor=self._actor,
            at=self._now,
            data={
                "product_id": str(listing.product_id),
                "producer_id": str(listing.producer_id),
                "channel": listing.channel_code,
                **data,
            },
            area_path=listing.area_path,
        )


def _check_host(channel: Channel, url: str | None) -> None:
    if url is None or channel.host is None:
        return
    host = (urlsplit(url).hostname or "").lower()
    if host != channel.host and not host.endswith(f".{channel.host}"):
        raise Invalid("listings.address_elsewhere", channel=channel.name, expected=channel.host, given=host)
