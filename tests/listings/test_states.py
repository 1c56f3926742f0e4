"""The table of states over the API: every pair, whose actions they are, reasons and verification."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update

from ocop_api.db.session import Database
from ocop_api.db.tables.listings import Listing
from ocop_api.domain.listing import TRANSITIONS, ListingAction, ListingState

from .conftest import Declare, Headers

S, A = ListingState, ListingAction
# Written out once more by hand, so that a slip in the table shows.
EXPECTED = {
    S.DRAFT: {A.SUBMIT: S.SUBMITTED, A.PUBLISH: S.LIVE},
    S.SUBMITTED: {A.REVIEW: S.UNDER_REVIEW, A.PUBLISH: S.LIVE, A.REJECT: S.REJECTED},
    S.UNDER_REVIEW: {A.PUBLISH: S.LIVE, A.REJECT: S.REJECTED},
    S.LIVE: {A.DELIST: S.DELISTED},
    S.REJECTED: {A.REDRAFT: S.DRAFT},
    S.DELISTED: {A.PUBLISH: S.LIVE, A.REDRAFT: S.DRAFT},
}


@pytest.fixture
def in_state(declare: Declare, database: Database) -> Callable[..., Any]:
    """A listing of the coffee put into a state; gives its path."""

    async def make(state: ListingState) -> str:
        path: str = (await declare()).headers["location"]
        async with database.transaction() as session:
            await session.execute(
                update(Listing).where(Listing.id == UUID(path[-36:])).values(state=state.value)
            )
        return path

    return make


def test_the_table_is_the_one_agreed() -> None:
    assert {(s, a): t for s, row in EXPECTED.items() for a, t in row.items()} == TRANSITIONS


@pytest.mark.parametrize("state", list(ListingState))
async def test_every_action_in_every_state(
    client: httpx.AsyncClient,
    in_state: Callable[..., Any],
    officer: Headers,
    database: Database,
    state: ListingState,
) -> None:
    path = await in_state(state)
    offered = (await client.get(path, headers=officer)).json()["allowed_actions"]
    assert offered == sorted(EXPECTED[state])
    for action in ListingAction:
        answer = await client.post(
            f"{path}/act", json={"action": action, "reason": "hết hàng"}, headers=officer
        )
        if action in EXPECTED[state]:
            assert answer.status_code == 200, answer.text
            assert answer.json()["state"] == EXPECTED[state][action]
            assert answer.json()["reason"] == "hết hàng"
            async with database.transaction() as session:
                kind = await session.scalar(
                    text("select kind from ledger_event where subject_id = :id order by id desc limit 1"),
                    {"id": path[-36:]},
                )
                assert kind == f"listing.{EXPECTED[state][action]}"
                await session.execute(update(Listing).values(state=state.value))
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "listings.action_not_allowed")
            assert answer.json()["data"]["allowed"] == sorted(EXPECTED[state])


@pytest.mark.parametrize("action", [ListingAction.REVIEW, ListingAction.REJECT])
async def test_reviewing_and_rejecting_are_the_officers(
    client: httpx.AsyncClient, in_state: Callable[..., Any], own: Headers, action: ListingAction
) -> None:
    path = await in_state(ListingState.SUBMITTED)
    assert (await client.get(path, headers=own)).json()["allowed_actions"] == ["publish"]
    answer = await client.post(f"{path}/act", json={"action": action, "reason": "sai"}, headers=own)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.not_permitted")


@pytest.mark.parametrize(
    ("state", "action"),
    [(ListingState.SUBMITTED, ListingAction.REJECT), (ListingState.LIVE, ListingAction.DELIST)],
)
async def test_rejecting_and_delisting_need_a_reason(
    client: httpx.AsyncClient,
    in_state: Callable[..., Any],
    officer: Headers,
    state: ListingState,
    action: ListingAction,
) -> None:
    path = await in_state(state)
    answer = await client.post(f"{path}/act", json={"action": action}, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (409, "listings.reason_required")
    blank = await client.post(f"{path}/act", json={"action": action, "reason": "  "}, headers=officer)
    assert blank.status_code == 422
    assert (await client.get(path, headers=officer)).json()["state"] == state


async def test_an_action_decided_on_a_stale_copy_is_refused(
    client: httpx.AsyncClient, declare: Declare, own: Headers
) -> None:
    answer = await declare()
    path, tag = answer.headers["location"], answer.headers["etag"]
    headers = {**own, "If-Match": tag}
    answers = await asyncio.gather(
        *(client.post(f"{path}/act", json={"action": a}, headers=headers) for a in ("submit", "publish"))
    )
    assert sorted(a.status_code for a in answers) == [200, 412]


async def test_only_officers_verify_and_only_live_listings(
    client: httpx.AsyncClient,
    declare: Declare,
    own: Headers,
    officer: Headers,
    foreign_officer: Headers,
    clock: Any,
) -> None:
    path = (await declare(live=True)).headers["location"]
    for by in (own, foreign_officer):
        answer = await client.post(f"{path}/verify", headers=by)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.not_permitted")
    assert (await client.post(f"{path}/verify")).status_code == 401
    clock.move(hours=1)
    seen = await client.post(f"{path}/verify", headers=officer)
    assert (seen.status_code, seen.json()["last_verified_at"]) == (200, "2026-06-15T03:00:00Z")
    # What was seen was the page before the change.
    changed = await client.patch(path, json={"price_vnd": "1"}, headers={**own, "If-Match": "*"})
    assert changed.json()["last_verified_at"] is None


@pytest.mark.parametrize("state", [state for state in ListingState if state is not ListingState.LIVE])
async def test_what_is_not_live_cannot_be_verified(
    client: httpx.AsyncClient, in_state: Callable[..., Any], officer: Headers, state: ListingState
) -> None:
    answer = await client.post(f"{await in_state(state)}/verify", headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (409, "listings.not_live")
