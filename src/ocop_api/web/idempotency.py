"""Idempotency-Key: the key, the effect, its ledger event and the stored answer share one transaction.

The key counts per caller and operation for 48 hours. A repeat gives the stored answer with
``Idempotent-Replayed: true``; while the first is being worked on, 409; with another body, 422.
A refusal is not stored: the same key may be tried again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from ocop_api.db.tables.web import IdempotentAnswer
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Conflict, Invalid
from ocop_api.web.problems import HTTPProblem

LIFETIME = timedelta(hours=48)
HEADER = "idempotency-key"


@dataclass(slots=True)
class Claim:
    """A key on its way through one request; ``scope`` is set once the caller is known."""

    key: str
    body_hash: str
    scope: str = ""


class Replay(Exception):  # noqa: N818 - an answer, not an error
    """Leaves the request before its handler runs; nothing is done twice."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


_KEPT_HEADERS = ("content-type", "location", "etag", "content-language")


def key_of(request: Request) -> str | None:
    """The key of a request, quoted (as the IETF draft has it) or bare; None without one."""
    raw = request.headers.get(HEADER)
    if raw is None:
        return None
    key = raw.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':  # noqa: PLR2004
        key = key[1:-1]
    if not 1 <= len(key) <= 255 or not (key.isascii() and key.isprintable()):  # noqa: PLR2004
        raise HTTPProblem(422, "idempotency.key_malformed")
    return key


async def claim(session: AsyncSession, request: Request, actor: Actor) -> None:
    """Claim the request's key, if it has one, for this transaction.

    Raises:
        Replay: with the stored answer when the key has been used with the same body.
        Conflict: ``idempotency.in_flight`` while another transaction works on the key.
        Invalid: ``idempotency.other_payload`` when the key belongs to another body.
    """
    wanted: Claim | None = request.scope.get("ocop.idempotency")
    if wanted is None:
        return
    who = str(actor.user_id or "public")
    material = "\n".join((who, request.method, request.url.path, request.url.query, wanted.key))
    wanted.scope = hashlib.sha256(material.encode()).hexdigest()
    # The lock is taken without waiting and freed by commit or rollback, so a key never stays claimed.
    lock = int.from_bytes(bytes.fromhex(wanted.scope)[:8], signed=True)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise Conflict("idempotency.in_flight")
    row = await session.get(IdempotentAnswer, wanted.scope)
    if row is None:
        return
    if row.expires_at < request.app.state.clock():
        await session.delete(row)
        await session.flush()  # the key is free again, and the new answer will take its place
        return
    if row.body_hash != wanted.body_hash:
        raise Invalid("idempotency.other_payload")
    raise Replay(Response(row.body, row.status, headers={**row.headers, "Idempotent-Replayed": "true"}))


async def store_answer(session: AsyncSession, request: Request, response: Response) -> None:
    """Keep the answer of a claimed key in the caller's transaction."""
    claimed: Claim = request.scope["ocop.idempotency"]
    now = request.app.state.clock()
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    await session.execute(
        insert(IdempotentAnswer).values(
            scope=claimed.scope,
            body_hash=claimed.body_hash,
            status=response.status_code,
            headers=kept,
            body=bytes(response.body),
            expires_at=now + LIFETIME,
        )
    )
    # A handful of outdated keys is cleared with each new one, so no separate job is needed.
    outdated = (
        select(IdempotentAnswer.scope)
        .where(IdempotentAnswer.expires_at < now)
        .limit(10)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.scope.in_(outdated)))
