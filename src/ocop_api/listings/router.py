"""Channels, listings and coverage."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.listings.schemas import (
    ChannelRead,
    CoverageQuery,
    CoverageRead,
    ListingActionInput,
    ListingCreate,
    ListingFilter,
    ListingRead,
    ListingUpdate,
    ProductMissing,
)
from ocop_api.listings.service import ListedProduct, ListingService
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.conditional import IfMatch, OptionalIfMatch
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

channels = feature_router("/v1/channels", "listings")
listings = feature_router("/v1/listings", "listings")


def _shape(listed: ListedProduct) -> ListingRead:
    row = listed.listing
    return ListingRead.model_validate(
        {
            **{name: getattr(row, name) for name in ListingRead.model_fields if hasattr(row, name)},
            "channel": row.channel_code,
            "channel_kind": listed.channel_kind,
            "allowed_actions": listed.allowed_actions,
        }
    )


@channels.get("")
async def list_channels(session: ReadSession, actor: Visitor, now: Now) -> list[ChannelRead]:
    """The places where products can be listed."""
    rows = await ListingService(session, actor, now()).channels()
    return [ChannelRead.model_validate(row) for row in rows]


@listings.get("")
async def list_listings(
    wanted: Annotated[ListingFilter, Query()], session: ReadSession, actor: Visitor, now: Now
) -> Page[ListingRead]:
    """Listings: the public sees live ones, producers their own, officers those of their area."""
    rows, found = await ListingService(session, actor, now()).page(wanted)
    return Page.of(rows, [_shape(item) for item in found])


@listings.get("/coverage", responses=refusal(404, "The place is not known"))
async def read_coverage(
    wanted: Annotated[CoverageQuery, Query()], session: ReadSession, actor: Visitor, now: Now
) -> CoverageRead:
    """How many of the products with valid stars are on sale online today; the plan wants all of them."""
    service = ListingService(session, actor, now())
    found = await service.coverage(wanted.place, include_reported=wanted.include_reported)
    return CoverageRead(
        recognised=found.recognised,
        on_ecommerce=found.on_ecommerce,
        on_online_channel=found.on_online_channel,
        on_any_channel=found.on_any_channel,
        ecommerce_share=found.ecommerce_share,
        by_channel=found.by_channel,
        missing=[ProductMissing.model_validate(row) for row in found.missing],
    )


@listings.post("", status_code=201)
async def declare_listing(
    body: ListingCreate, session: WriteSession, caller: Caller, now: Now, response: Response
) -> ListingRead:
    """Declare that a product is, or shall be, on a channel."""
    found = await ListingService(session, caller, now()).declare(body)
    response.headers["Location"] = f"/v1/listings/{found.listing.id}"
    return _shape(found)


@listings.get("/{listing_id}")
async def read_listing(listing_id: UUID, session: ReadSession, actor: Visitor, now: Now) -> ListingRead:
    """One listing."""
    return _shape(await ListingService(session, actor, now()).read(listing_id))


@listings.patch("/{listing_id}")
async def update_listing(
    listing_id: UUID,
    body: ListingUpdate,
    expected: IfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ListingRead:
    """Change address, identifier or price of a listing."""
    return _shape(await ListingService(session, caller, now()).update(listing_id, body, expected))


@listings.post("/{listing_id}/act")
async def act_on_listing(
    listing_id: UUID,
    body: ListingActionInput,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> ListingRead:
    """Take a listing to its next state; `allowed_actions` says which."""
    service = ListingService(session, caller, now())
    return _shape(await service.act(listing_id, body.action, body.reason, expected))


@listings.post("/{listing_id}/verify")
async def verify_listing(listing_id: UUID, session: WriteSession, caller: Caller, now: Now) -> ListingRead:
    """Record that an officer saw the product on sale there."""
    return _shape(await ListingService(session, caller, now()).verify(listing_id))


routers = (channels, listings)
