"""A forgotten password, and which new ones are refused."""

import asyncio
import re

import httpx
import pytest
from sqlalchemy import text

from ocop_api.accounts.password_rules import check_new_password, is_common
from ocop_api.adapters.mail import MemoryMailer, Message
from ocop_api.db.session import Database
from ocop_api.domain.errors import Invalid, Unavailable
from ocop_api.settings import Settings
from ocop_api.worker import drain

from .conftest import EVERYWHERE, OFFICER, PASSWORD, Enter, MovingClock, Provision

NEW_PASSWORD = "một câu khác cũng dài"
ASK, CONFIRM = "/v1/auth/password-reset", "/v1/auth/password-reset/confirm"


class Post:
    """Asks for letters and reads what has been sent."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, settings: Settings, clock: MovingClock
    ) -> None:
        self.mailer = MemoryMailer()
        self._client = client
        self._rest = (database, settings, clock)

    async def deliver(self) -> list[Message]:
        self.mailer.sent.clear()
        await drain(*self._rest, {"mailer": self.mailer})
        return list(self.mailer.sent)

    async def ask(self, email: str) -> list[Message]:
        answer = await self._client.post(ASK, json={"email": email})
        assert (answer.status_code, answer.json()) == (202, {"valid_minutes": 30})
        return await self.deliver()


def token_in(message: Message) -> str:
    found = re.search(r"#token=(ocop_\w\w_\S+)", message.text)
    assert found
    return found[1]


@pytest.fixture
def post(client: httpx.AsyncClient, database: Database, settings: Settings, clock: MovingClock) -> Post:
    return Post(client, database, settings, clock)


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def test_a_letter_sets_a_new_password_once_and_ends_every_session(
    client: httpx.AsyncClient, enter: Enter, post: Post, database: Database
) -> None:
    lan = await enter("lan", OFFICER)
    (letter,) = await post.ask(" LAN@example.vn ")
    assert letter.to == "lan@example.vn"
    assert "đặt lại mật khẩu" in letter.text
    assert "within 30 minutes" in letter.text
    assert "http://localhost:8000/password-reset#token=" in letter.text
    token = token_in(letter)
    weak = {"token": token, "new_password": "Password2026!"}
    assert outcome(await client.post(CONFIRM, json=weak)) == (422, "accounts.password_too_common")
    body = {"token": token, "new_password": NEW_PASSWORD}
    answers = await asyncio.gather(*(client.post(CONFIRM, json=body) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [204, 401, 401]
    assert outcome(await client.post(CONFIRM, json=body)) == (401, "accounts.invalid_reset_token")
    assert (await client.get("/v1/me", headers=lan.headers)).status_code == 401
    assert (
        await client.post("/v1/auth/refresh", json={"refresh_token": lan.refresh_token})
    ).status_code == 401
    for password, status in ((PASSWORD, 401), (NEW_PASSWORD, 200)):
        signed = await client.post("/v1/auth/sign-in", json={"email": lan.email, "password": password})
        assert signed.status_code == status
    (told,) = await post.deliver()
    assert "vừa được đặt lại" in told.text
    async with database.read() as session:
        kept = (await session.execute(text("select kind, l::text from ledger_event l"))).all()
        rows = str((await session.execute(text("select r::text from password_reset r"))).all())
    assert {"user.password_reset_requested", "user.password_reset"} <= {row[0] for row in kept}
    assert "lan@" not in str(kept)
    assert token[8:] not in rows + str(kept)


async def test_letters_are_few_and_none_goes_to_who_has_no_account(
    enter: Enter, post: Post, provision: Provision, clock: MovingClock, database: Database
) -> None:
    await provision("lan", [])
    await provision("off", [])
    async with database.transaction() as session:
        await session.execute(
            text("update account_user set disabled_at = now() where email_folded like 'off%'")
        )
    assert await post.ask("nobody@example.vn") == await post.ask("off@example.vn") == []
    assert [len(await post.ask("lan@example.vn")) for _ in range(4)] == [1, 1, 1, 0]
    clock.move(minutes=61)
    assert len(await post.ask("lan@example.vn")) == 1


async def test_a_token_ends_after_half_an_hour_or_with_another_reset_or_the_account(
    client: httpx.AsyncClient, enter: Enter, post: Post, clock: MovingClock
) -> None:
    lan = await enter("lan")
    admin = await enter("admin", EVERYWHERE)
    first, second = [token_in((await post.ask(lan.email))[0]) for _ in range(2)]
    body = {"token": second, "new_password": NEW_PASSWORD}
    late = await client.post(CONFIRM, json=body, headers=lan.headers)
    assert outcome(late) == (400, "accounts.credential_in_body_only")
    assert (await client.post(CONFIRM, json=body)).status_code == 204
    for token in (first, "ocop_pr_" + "0" * 43, lan.refresh_token, "x"):
        answer = await client.post(CONFIRM, json={**body, "token": token})
        assert outcome(answer) == (401, "accounts.invalid_reset_token")
    await post.deliver()
    token = token_in((await post.ask(lan.email))[0])
    clock.move(minutes=30)
    assert (await client.post(CONFIRM, json={**body, "token": token})).status_code == 401
    clock.move(minutes=60)
    token = token_in((await post.ask(lan.email))[0])
    admin = await enter("admin", EVERYWHERE)
    headers = {**admin.headers, "If-Match": "*"}
    await client.patch(f"/v1/users/{lan.id}", json={"disabled": True}, headers=headers)
    assert (await client.post(CONFIRM, json={**body, "token": token})).status_code == 401


async def test_a_letter_that_cannot_be_handed_over_does_not_count(
    post: Post, provision: Provision, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    await provision("lan", [])

    async def away(self: MemoryMailer, message: Message) -> None:
        raise Unavailable("request.mail_unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryMailer, "send", away)
        await post.ask("lan@example.vn")
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from password_reset")) == 0
    assert len(await post.ask("lan@example.vn")) >= 1


@pytest.mark.parametrize(
    "password",
    [
        "Password2026!",
        "matkhau123456",
        "Mật Khẩu 2026",
        "aaaaaaaaaaaa",
        "1234567890",
        "9876543210",
        "qwertyuiop",
        "admin-admin-1",
        "1212121212",
        "abcdefghijkl",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, NEW_PASSWORD, "0912 345 877", "tr0ub4dor&3xyz", "adminton là trò gì"]
)
def test_what_is_long_and_own_is_taken(password: str) -> None:
    check_new_password(password, "lan@example.vn")


@pytest.mark.parametrize("password", ["Lan.Nguyen@Example.vn", "lan.nguyen"])
def test_the_email_is_no_password(password: str) -> None:
    with pytest.raises(Invalid, match="password_is_email"):
        check_new_password(password, "lan.nguyen@example.vn")


async def test_the_rules_hold_wherever_a_password_is_chosen(client: httpx.AsyncClient, enter: Enter) -> None:
    admin = await enter("admin", EVERYWHERE)
    change = {"current_password": PASSWORD, "new_password": "Mật-khẩu 123456"}
    refused = await client.post("/v1/me/password", json=change, headers=admin.headers)
    assert outcome(refused) == (422, "accounts.password_too_common")
    made = {"email": "moi.nguyen@example.vn", "display_name": "Mới", "password": "moi.nguyen"}
    refused = await client.post("/v1/users", json=made, headers=admin.headers)
    assert outcome(refused) == (422, "accounts.password_is_email")
