"""Questions asked on the hot pool before a request has a transaction: whose token, whose password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from ocop_api.accounts.key_tokens import MARK, digest_of_key
from ocop_api.accounts.policy import Standing, narrowed
from ocop_api.accounts.tokens import TokenKind, digest_of
from ocop_api.domain.actor import PERSONAL, Actor, Bound, Grant, Level, Permission, Role
from ocop_api.domain.errors import Unauthenticated

# One statement: token, session, user and live grants together, so a revoked session, a disabled user
# or a withdrawn role counts from the very next request.
_HOLDER = """
select s.id as session_id, u.id as user_id, u.display_name,
       g.role, g.bound, g.level, g.place_id, g.council_id, g.producer_id
from account_token t
join account_session s on s.id = t.session_id
join account_user u on u.id = s.user_id
left join role_grant g on g.user_id = u.id and g.revoked_at is null and g.valid_from <= $2
where t.digest = $1 and t.kind = 'access' and t.expires_at > $2
  and s.revoked_at is null and u.disabled_at is null
order by g.id
"""

_KEY_HOLDER = """
select k.id as key_id, k.scopes, k.place_id as key_place, k.level as key_level, k.area_path as key_area,
       k.last_used_at, u.id as user_id, u.display_name,
       g.role, g.bound, g.level, g.place_id, g.council_id, g.producer_id, g.area_path
from api_key k
join account_user u on u.id = k.user_id
left join role_grant g on g.user_id = u.id and g.revoked_at is null and g.valid_from <= $2
where k.digest = $1 and k.expires_at > $2 and k.revoked_at is null and u.disabled_at is null
order by g.id
"""

_RESET_IS_OPEN = """
select true from password_reset r join account_user u on u.id = r.user_id
where r.digest = $1 and r.used_at is null and r.expires_at > $2 and u.disabled_at is null
"""

_INVITATION_IS_OPEN = """
select true from invitation
where digest = $1 and accepted_at is null and withdrawn_at is null and expires_at > $2
"""

_BY_EMAIL = """
select id, password_hash from account_user where email_folded = $1 and disabled_at is null
"""

_BY_ID = """
select id, password_hash from account_user where id = $1 and disabled_at is null
"""


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """Whose password hash this is."""

    user_id: UUID
    password_hash: str


NoteUse = Callable[[UUID, datetime | None, datetime], None]
"""Told of a key that is used: its id, when its last use was written, and the present."""


async def authenticate(
    pool: "asyncpg.Pool[asyncpg.Record]", token: str, now: datetime, note_use: NoteUse | None = None
) -> Actor:
    """The actor behind an access token or a key, with the grants that hold at ``now`` (aware).

    Raises:
        Unauthenticated: ``auth.invalid_token`` for an unknown or expired token, a revoked session or
            key or a disabled user; the answer does not tell which.
    """
    if token.startswith(MARK):
        return await _by_key(pool, token, now, note_use)
    digest = digest_of(token, TokenKind.ACCESS)
    if digest is None:
        raise Unauthenticated("auth.invalid_token")
    rows = await pool.fetch(_HOLDER, digest, now)
    if not rows:
        raise Unauthenticated("auth.invalid_token")
    return Actor(
        user_id=rows[0]["user_id"],
        name=rows[0]["display_name"],
        grants=tuple(_grant(row) for row in rows if row["role"] is not None),
        session_id=rows[0]["session_id"],
    )


async def _by_key(
    pool: "asyncpg.Pool[asyncpg.Record]", token: str, now: datetime, note_use: NoteUse | None
) -> Actor:
    digest = digest_of_key(token)
    rows = [] if digest is None else await pool.fetch(_KEY_HOLDER, digest, now)
    if not rows:
        raise Unauthenticated("auth.invalid_token")
    key = rows[0]
    if note_use is not None:
        note_use(key["key_id"], key["last_used_at"], now)
    place = Standing(tuple(key["key_area"]), None if key["key_level"] is None else Level(key["key_level"]))
    grants = []
    for row in rows:
        grant = None if row["role"] is None else _grant(row)
        if grant is not None and key["key_place"] is not None:
            grant = narrowed(grant, row["area_path"], key["key_place"], place)
        if grant is not None:
            grants.append(grant)
    known = {str(permission): permission for permission in Permission}
    return Actor(
        user_id=key["user_id"],
        name=key["display_name"],
        grants=tuple(grants),
        # A permission that this version does not know, or keys may not have any more, allows nothing.
        scopes=frozenset(known[name] for name in key["scopes"] if name in known) - PERSONAL,
    )


def _grant(row: asyncpg.Record) -> Grant:
    level = row["level"]
    return Grant(
        role=Role(row["role"]),
        bound=Bound(row["bound"]),
        level=None if level is None else Level(level),
        place_id=row["place_id"],
        council_id=row["council_id"],
        producer_id=row["producer_id"],
    )


async def reset_is_open(pool: "asyncpg.Pool[asyncpg.Record]", digest: bytes, now: datetime) -> bool:
    """Whether this password reset still waits; asked before the slow hashing of the new password."""
    return await pool.fetchval(_RESET_IS_OPEN, digest, now) is not None


async def invitation_is_open(pool: "asyncpg.Pool[asyncpg.Record]", digest: bytes, now: datetime) -> bool:
    """Whether this invitation still waits; asked as in ``reset_is_open``."""
    return await pool.fetchval(_INVITATION_IS_OPEN, digest, now) is not None


async def password_by_email(pool: "asyncpg.Pool[asyncpg.Record]", email_folded: str) -> StoredPassword | None:
    """The password hash behind a folded e-mail; None when nobody who may sign in has it.

    It is read on the hot pool, which gives its connection back at once: the slow verification that
    follows must not hold a connection, or a burst of sign-ins would starve every other request.
    """
    return _stored(await pool.fetchrow(_BY_EMAIL, email_folded))


async def password_of(pool: "asyncpg.Pool[asyncpg.Record]", user_id: UUID) -> StoredPassword | None:
    """The password hash of a user who is not disabled, read as in ``password_by_email``."""
    return _stored(await pool.fetchrow(_BY_ID, user_id))


def _stored(row: asyncpg.Record | None) -> StoredPassword | None:
    return None if row is None else StoredPassword(row["id"], row["password_hash"])
