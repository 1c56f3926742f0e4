"""Letters of accounts, and forgetting what has ended."""

from typing import Any
from uuid import UUID

from ocop_api.accounts.invitations import INVITATION_LIFE, AcceptanceService
from ocop_api.accounts.letters import letter
from ocop_api.accounts.recovery import RESET_LIFE, RecoveryService, address_of, forget_ended
from ocop_api.adapters.mail import Mailer
from ocop_api.jobs.queue import Handler, JobContext


def _link(template: str, context: JobContext, token: str) -> str:
    base = context.settings.web.public_url.rstrip("/")
    return template.replace("{public_url}", base).replace("{token}", token)


async def _send_password_reset(context: JobContext, payload: dict[str, Any]) -> None:
    mailer: Mailer = context.resources["mailer"]
    async with context.database.transaction() as session:
        wanted = await RecoveryService(session, context.clock()).prepare(payload["email"])
    if wanted is None:
        return
    link = _link(context.settings.web.password_reset_url, context, wanted.token)
    minutes = str(int(RESET_LIFE.total_seconds() // 60))
    try:
        await mailer.send(letter("password_reset", wanted.email, link=link, minutes=minutes))
    except Exception:
        # The next attempt writes its own token; this one must not count against the hour's letters.
        async with context.database.transaction() as session:
            await RecoveryService(session, context.clock()).take_back(wanted.reset_id)
        raise


async def _tell_password_reset(context: JobContext, payload: dict[str, Any]) -> None:
    mailer: Mailer = context.resources["mailer"]
    async with context.database.read() as session:
        address = await address_of(session, UUID(payload["user_id"]))
    if address is not None:
        await mailer.send(letter("password_changed", address))


async def _send_invitation(context: JobContext, payload: dict[str, Any]) -> None:
    mailer: Mailer = context.resources["mailer"]
    async with context.database.transaction() as session:
        service = AcceptanceService(session, context.clock())
        wanted = await service.prepare(UUID(payload["invitation_id"]))
    if wanted is None:
        return
    link = _link(context.settings.web.invitation_url, context, wanted.token)
    await mailer.send(letter("invitation", wanted.email, link=link, days=str(INVITATION_LIFE.days)))


async def _forget_ended(context: JobContext, _payload: dict[str, Any]) -> None:
    async with context.database.transaction() as session:
        await forget_ended(session, context.clock())


JOBS: dict[str, Handler] = {
    "accounts.send_password_reset": _send_password_reset,
    "accounts.tell_password_reset": _tell_password_reset,
    "accounts.send_invitation": _send_invitation,
    "accounts.forget_ended": _forget_ended,
}
"""Handlers of this feature by name."""

SCHEDULES: dict[str, str] = {"accounts.forget_ended": "17 3 * * *"}
"""Jobs that run by the clock: name to cron expression."""
