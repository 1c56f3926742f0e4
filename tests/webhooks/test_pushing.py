"""Messages pushed to other systems: who is told what, signed how, sent again when, never twice by mistake."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tests.conftest import MovableClock, settle

from ocop_api import worker
from ocop_api.adapters.webhook_posting import MemoryPoster, Posted, SentMessage
from ocop_api.db.session import Database
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Level, Role
from ocop_api.jobs.queue import JobContext
from ocop_api.ledger.jobs import seal_pending
from ocop_api.ledger.recording import record
from ocop_api.settings import Settings
from ocop_api.webhooks.jobs import JOBS
from ocop_api.webhooks.policy import RETRIES

Headers = dict[str, str]
SignUp = Callable[..., Awaitable[tuple[UUID, Headers]]]
Happen = Callable[..., Awaitable[None]]
Run = Callable[[], Awaitable[None]]
Register = Callable[..., Awaitable[dict[str, Any]]]

HERE = ("63:24611", "63:67", "34:24611", "34:68")
URL = "https://receiver.example.vn/ocop"
PRODUCER = uuid4()


@pytest.fixture
def poster() -> MemoryPoster:
    return MemoryPoster()


@pytest.fixture
def sign_up(database: Database, clock: MovableClock, as_actor: Callable[[Actor], Headers]) -> SignUp:
    """A stored user with one grant, and headers to act as that user."""

    async def signing_up(grant: Grant) -> tuple[UUID, Headers]:
        user_id = uuid4()
        async with database.transaction() as session:
            session.add(
                AccountUser(
                    id=user_id,
                    email=f"{user_id}@example.vn",
                    email_folded=f"{user_id}@example.vn",
                    display_name="An",
                    name_sort="an",
                    search="an",
                    password_hash="x",
                    area_path=[],
                    created_at=clock(),
                    updated_at=clock(),
                )
            )
            await session.flush()  # the grant refers to the user
            session.add(
                RoleGrant(
                    user_id=user_id,
                    role=grant.role,
                    bound=grant.bound,
                    level=grant.level,
                    place_id=grant.place_id,
                    producer_id=grant.producer_id,
                    area_path=[],
                    valid_from=clock() - timedelta(days=1),
                    granted_at=clock(),
                )
            )
        return user_id, as_actor(Actor(user_id=user_id, grants=(grant,)))

    return signing_up


@pytest.fixture
def happen(database: Database, settings: Settings, clock: MovableClock) -> Happen:
    async def happening(kind: str, *, area: tuple[str, ...] = (), **data: Any) -> None:
        async with database.transaction() as session:
            await record(
                session,
                kind=kind,
                subject_type=kind.partition(".")[0],
                subject_id="s1",
                actor=SYSTEM,
                at=clock(),
                data=data,
                area_path=area,
            )
        await settle(database)
        await seal_pending(database, settings, clock)

    return happening


@pytest.fixture
def run(database: Database, settings: Settings, clock: MovableClock, poster: MemoryPoster) -> Run:
    """The minute's job, and every delivery it asks for."""

    async def running() -> None:
        context = JobContext(database, settings, clock, {"poster": poster})
        await JOBS["webhooks.push"](context, {})
        await worker.drain(database, settings, clock, {"poster": poster})

    return running


@pytest.fixture
def register(client: httpx.AsyncClient) -> Register:
    async def registering(headers: Headers, *kinds: str, url: str = URL) -> dict[str, Any]:
        answer = await client.post("/v1/webhooks", json={"url": url, "kinds": list(kinds)}, headers=headers)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return registering


@pytest.fixture
async def officer(sign_up: SignUp) -> Headers:
    return (await sign_up(Grant(Role.OFFICER, Bound.AREA, level=Level.PROVINCE, place_id="34:68")))[1]


@pytest.fixture
async def producer(sign_up: SignUp) -> Headers:
    return (await sign_up(Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=PRODUCER)))[1]


def kinds_of(poster: MemoryPoster) -> list[str]:
    return [json.loads(message.body)["type"] for message in poster.sent]


def in_turn(*statuses: int | str) -> Callable[[SentMessage], Posted]:
    """Answers one after the other; a text is a failure without an answer. The last one stays."""
    left = list(statuses)

    def answer(_message: SentMessage) -> Posted:
        given = left.pop(0) if len(left) > 1 else left[0]
        return Posted(given, None, 3) if isinstance(given, int) else Posted(None, given, 3)

    return answer


async def test_a_reminder_is_pushed_to_the_producer_with_its_facts_and_a_signature_others_can_check(
    producer: Headers,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
) -> None:
    made = await register(producer, "dossier.*")
    await happen(
        "dossier.supplement_overdue", producer_id=str(PRODUCER), tell="producer", due_on="2026-06-20"
    )
    await happen("dossier.supplement_overdue", producer_id=str(uuid4()), tell="producer", due_on="2026-06-20")
    await run()
    (message,) = poster.sent
    assert message.url == URL
    body = json.loads(message.body)
    assert body["type"] == "dossier.supplement_overdue"
    assert body["data"]["notice"]["due_on"] == "2026-06-20"
    judge = Webhook(made["secret"])
    # The library refuses stamps far from its own clock, so it is shown the signature for the present.
    stamp = datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
    signature = judge.sign(message.headers["webhook-id"], stamp, message.body.decode())
    assert message.headers["webhook-signature"] == signature
    assert signature != Webhook("whsec_" + "A" * 32).sign(
        message.headers["webhook-id"], stamp, message.body.decode()
    )


async def test_a_message_of_this_minute_verifies_as_receivers_do_and_not_after_one_changed_byte(
    producer: Headers,
    client: httpx.AsyncClient,
    register: Register,
    run: Run,
    poster: MemoryPoster,
    clock: MovableClock,
) -> None:
    clock.at = datetime.now(UTC)
    made = await register(producer, "*")
    sent = await client.post(f"/v1/webhooks/{made['id']}/test", headers=producer)
    assert sent.status_code == 201
    await run()
    (message,) = poster.sent
    judge = Webhook(made["secret"])
    judge.verify(message.body.decode(), dict(message.headers))
    with pytest.raises(WebhookVerificationError):
        judge.verify(message.body.decode().replace("webhook", "Webhook"), dict(message.headers))
    delivery = (await client.get(sent.headers["location"], headers=producer)).json()
    assert (delivery["state"], delivery["tries"][0]["status"]) == ("delivered", 204)
    assert delivery["body"] == message.body.decode()


async def test_readers_of_the_ledger_are_told_what_happens_in_their_area_and_nothing_of_others(
    sign_up: SignUp, register: Register, happen: Happen, run: Run, poster: MemoryPoster
) -> None:
    _, here = await sign_up(Grant(Role.INSPECTOR, Bound.AREA, level=Level.PROVINCE, place_id="34:68"))
    _, elsewhere = await sign_up(Grant(Role.INSPECTOR, Bound.AREA, level=Level.PROVINCE, place_id="34:66"))
    await register(here, "*", url=f"{URL}/here")
    await register(elsewhere, "*", url=f"{URL}/there")
    await happen("dossier.withdrawn", area=HERE)
    await happen("product.updated", area=HERE)
    await run()
    told = [(message.url.rpartition("/")[2], json.loads(message.body)["type"]) for message in poster.sent]
    assert sorted(told) == [
        ("here", "dossier.withdrawn"),
        ("here", "product.updated"),
        ("there", "product.updated"),
    ]
    assert all(json.loads(message.body)["data"]["notice"] is None for message in poster.sent)


async def test_only_kinds_asked_for_are_told_and_only_what_happens_after_registering(
    officer: Headers, register: Register, happen: Happen, run: Run, poster: MemoryPoster
) -> None:
    await happen("product.created", area=HERE)
    await register(officer, "product.updated", "certificate.*")
    await happen("product.updated", area=HERE)
    await happen("product.created", area=HERE)
    await happen("certificate.issued", area=HERE)
    await run()
    await run()
    assert kinds_of(poster) == ["product.updated", "certificate.issued"]


async def test_rights_taken_away_end_the_messages(
    sign_up: SignUp,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
    database: Database,
    clock: MovableClock,
) -> None:
    user_id, headers = await sign_up(
        Grant(Role.INSPECTOR, Bound.AREA, level=Level.PROVINCE, place_id="34:68")
    )
    await register(headers, "*")
    async with database.transaction() as session:
        await session.execute(
            text("update role_grant set revoked_at = :now where user_id = :user"),
            {"now": clock(), "user": user_id},
        )
    await happen("dossier.withdrawn", area=HERE)
    await happen("product.updated", area=HERE)
    await run()
    assert kinds_of(poster) == ["product.updated"]
    async with database.transaction() as session:
        await session.execute(
            text("update account_user set disabled_at = :now where id = :user"),
            {"now": clock(), "user": user_id},
        )
    await happen("product.created", area=HERE)
    await run()
    assert kinds_of(poster) == ["product.updated"]


async def test_a_message_that_is_not_taken_is_sent_again_on_schedule_with_the_same_id_then_given_up(
    officer: Headers,
    client: httpx.AsyncClient,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
    clock: MovableClock,
) -> None:
    poster.answer = in_turn(500)
    made = await register(officer, "product.updated")
    await happen("product.updated", area=HERE)
    await run()
    for number, pause in enumerate(RETRIES[1:], 2):
        clock.at += pause - timedelta(seconds=1)
        await run()
        assert len(poster.sent) == number - 1
        clock.at += timedelta(seconds=1)
        await run()
        assert len(poster.sent) == number
    assert len({message.headers["webhook-id"] for message in poster.sent}) == 1
    assert len({message.body for message in poster.sent}) == 1
    clock.at += timedelta(days=2)
    await run()
    assert len(poster.sent) == len(RETRIES)
    page = f"/v1/webhooks/{made['id']}/deliveries"
    (failed,) = (await client.get(page, params={"state": "failed"}, headers=officer)).json()["items"]
    assert failed["attempts"] == len(RETRIES)

    poster.answer = in_turn(200)
    answer = await client.post(f"{page}/{failed['id']}/replay", headers=officer)
    assert answer.status_code == 200, answer.text
    await run()
    found = (await client.get(f"{page}/{failed['id']}", headers=officer)).json()
    assert (found["state"], len(found["tries"])) == ("delivered", len(RETRIES) + 1)


async def test_a_silent_address_is_left_alone_and_everything_arrives_in_order_when_it_is_back(
    officer: Headers,
    client: httpx.AsyncClient,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
    clock: MovableClock,
) -> None:
    poster.answer = in_turn("timeout", "connection", 204)
    made = await register(officer, "product.*")
    for kind in ("product.created", "product.updated", "product.merged"):
        await happen(kind, area=HERE)
    await run()
    assert kinds_of(poster) == ["product.created"]
    shown = (await client.get(f"/v1/webhooks/{made['id']}", headers=officer)).json()
    assert shown["paused_until"] is not None
    await run()
    assert len(poster.sent) == 1
    clock.at += timedelta(minutes=1)
    await run()
    assert len(poster.sent) == 2
    clock.at += timedelta(minutes=6)
    await run()
    assert sorted(kinds_of(poster)[2:]) == ["product.created", "product.merged", "product.updated"]
    shown = (await client.get(f"/v1/webhooks/{made['id']}", headers=officer)).json()
    assert (shown["paused_until"], shown["failing_since"]) == (None, None)


async def test_an_address_that_is_gone_or_fails_for_days_is_switched_off_and_its_owner_told(
    officer: Headers,
    client: httpx.AsyncClient,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
    clock: MovableClock,
    database: Database,
    settings: Settings,
) -> None:
    made = await register(officer, "product.*")
    poster.answer = in_turn(410)
    await happen("product.updated", area=HERE)
    await run()
    shown = (await client.get(f"/v1/webhooks/{made['id']}", headers=officer)).json()
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    refused = await client.post(f"/v1/webhooks/{made['id']}/test", headers=officer)
    assert (refused.status_code, refused.json()["code"]) == (409, "webhooks.disabled")

    on = await client.patch(
        f"/v1/webhooks/{made['id']}", json={"enabled": True}, headers={**officer, "If-Match": "*"}
    )
    assert on.json()["enabled"] is True
    poster.answer = in_turn(503)
    for _ in range(7):
        await happen("product.updated", area=HERE)
        await run()
        clock.at += timedelta(days=1)
    shown = (await client.get(f"/v1/webhooks/{made['id']}", headers=officer)).json()
    assert shown["disabled_reason"] == "failing"
    sent = len(poster.sent)
    await happen("product.updated", area=HERE)
    await run()
    assert len(poster.sent) == sent
    await settle(database)
    await seal_pending(database, settings, clock)
    await worker.drain(database, settings, clock, {"poster": poster})
    context = JobContext(database, settings, clock, {})
    await worker.JOBS["notifications.fan_out"](context, {})
    notices = (await client.get("/v1/notifications", headers=officer)).json()["items"]
    assert [notice["data"]["reason"] for notice in notices if notice["kind"] == "webhook.switched_off"] == [
        "failing",
        "gone",
    ]


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    officer: Headers,
    client: httpx.AsyncClient,
    register: Register,
    happen: Happen,
    run: Run,
    poster: MemoryPoster,
    clock: MovableClock,
) -> None:
    made = await register(officer, "product.*")
    answer = await client.post(f"/v1/webhooks/{made['id']}/rotate-secret", headers=officer)
    assert answer.headers["cache-control"] == "no-store"
    secrets = [made["secret"], answer.json()["secret"]]
    assert secrets[0] != secrets[1]
    await happen("product.updated", area=HERE)
    await run()
    clock.at += timedelta(hours=24)
    await happen("product.updated", area=HERE)
    await run()

    def signed_by(message: SentMessage) -> list[bool]:
        stamp = datetime.fromtimestamp(int(message.headers["webhook-timestamp"]), UTC)
        given = message.headers["webhook-signature"].split(" ")
        return [
            Webhook(secret).sign(message.headers["webhook-id"], stamp, message.body.decode()) in given
            for secret in secrets
        ]

    assert [signed_by(message) for message in poster.sent] == [[True, True], [False, True]]


async def test_neither_the_secret_nor_the_address_stands_in_the_database_or_ledger_in_clear(
    officer: Headers, register: Register, database: Database
) -> None:
    made = await register(officer, "*", url=f"{URL}?token=t0ken-of-theirs")
    async with database.read() as session:
        stored = await session.scalar(text("select secret from webhook_endpoint"))
        said = await session.scalar(
            text("select data::text from ledger_event where kind = 'webhook.registered'")
        )
    assert made["secret"].encode() not in bytes(stored)
    assert "t0ken" not in str(said)


async def test_webhooks_belong_to_one_person_and_are_closed_to_keys(
    officer: Headers, producer: Headers, client: httpx.AsyncClient, register: Register
) -> None:
    made = await register(officer, "*")
    path = f"/v1/webhooks/{made['id']}"
    assert (await client.get(path, headers=producer)).status_code == 404
    assert (await client.delete(path, headers={**producer, "If-Match": "*"})).status_code == 404
    assert (await client.get("/v1/webhooks", headers=producer)).json()["items"] == []
    (shown,) = (await client.get("/v1/webhooks", headers=officer)).json()["items"]
    assert "secret" not in shown
    stale = await client.patch(path, json={"description": "x"}, headers={**officer, "If-Match": '"9.x"'})
    assert stale.status_code == 412
    gone = await client.delete(path, headers={**officer, "If-Match": "*"})
    assert gone.status_code == 204
    assert (await client.get(path, headers=officer)).json()["code"] == "webhooks.unknown"


async def test_ten_at_once_leave_ten_and_no_more(
    officer: Headers, client: httpx.AsyncClient, register: Register
) -> None:
    for number in range(8):
        await register(officer, "*", url=f"{URL}/{number}")
    body = {"url": URL, "kinds": ["*"]}
    answers = await asyncio.gather(
        *(client.post("/v1/webhooks", json=body, headers=officer) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://receiver.example.vn/", "scheme"),
        ("ftp://receiver.example.vn/", "scheme"),
        ("https://user:word@receiver.example.vn/", "credentials"),
        ("https://receiver.example.vn/#part", "fragment"),
        ("https:///path", "malformed"),
        ("https://receiver.example.vn:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://receiver.example.vn/a b", "malformed"),
        ("https://127.0.0.1/", "internal_address"),
        ("https://10.1.2.3/", "internal_address"),
        ("https://169.254.169.254/latest", "internal_address"),
        ("https://[::1]/", "internal_address"),
        ("https://[::ffff:127.0.0.1]/", "internal_address"),
        ("https://[64:ff9b::7f00:1]/", "internal_address"),
        ("https://[2002:7f00:1::]/", "internal_address"),
        ("https://224.0.0.1/", "internal_address"),
    ],
)
async def test_an_address_that_must_not_be_written_to_is_refused_with_the_reason(
    officer: Headers, client: httpx.AsyncClient, url: str, reason: str
) -> None:
    answer = await client.post("/v1/webhooks", json={"url": url, "kinds": ["*"]}, headers=officer)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "webhooks.url_refused"
    assert answer.json()["data"]["reason"] == reason
