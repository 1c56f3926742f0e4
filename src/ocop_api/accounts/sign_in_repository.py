"""Rows of half-finished sign-ins, second factors, outside identities, and the own sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.tables.account_sign_in import (
    AccountChallenge,
    AccountIdentity,
    AccountRecoveryCode,
    AccountSecondFactor,
    KnownNetwork,
    OidcState,
    SignInCounter,
)
from ocop_api.db.tables.accounts import AccountSession, AccountUser, RoleGrant
from ocop_api.domain.actor import Role

_OFFICES = (Role.ADMIN, Role.LEADER, Role.OFFICER)
"""Roles whose holders an installation may ask for a second factor."""

_PERSON = "select email_folded, password_hash from account_user where id = $1 and disabled_at is null"
_CHALLENGED = """
select u.email_folded from account_challenge c join account_user u on u.id = c.user_id
where c.digest = $1 and c.purpose = 'answer' and c.expires_at > $2
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What checking a password again needs."""

    email_folded: str
    password_hash: str


async def person_of(pool: "asyncpg.Pool[asyncpg.Record]", user_id: UUID) -> Person | None:
    """A user in use; read on the hot pool, which is not held while the password is checked."""
    row = await pool.fetchrow(_PERSON, user_id)
    return None if row is None else Person(row["email_folded"], row["password_hash"])


async def email_of_challenge(
    pool: "asyncpg.Pool[asyncpg.Record]", digest: bytes, now: datetime
) -> str | None:
    """The folded e-mail whose second factor a challenge waits for; None for an unknown or old one."""
    found: str | None = await pool.fetchval(_CHALLENGED, digest, now)
    return found


class SignInRepository:
    """What a sign-in leaves and looks for."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold_user(self, user_id: UUID) -> AccountUser | None:
        """The user, locked, if the account is in use; the lock orders everything below."""
        statement = select(AccountUser).where(AccountUser.id == user_id, AccountUser.disabled_at.is_(None))
        return (await self._session.scalars(statement.with_for_update())).one_or_none()

    async def hold_user_by_email(self, email_folded: str) -> AccountUser | None:
        """The same by folded e-mail."""
        statement = select(AccountUser).where(
            AccountUser.email_folded == email_folded, AccountUser.disabled_at.is_(None)
        )
        return (await self._session.scalars(statement.with_for_update())).one_or_none()

    async def holds_office(self, user_id: UUID, now: datetime) -> bool:
        """Whether a role of an officer, leader or administrator is in force."""
        held = exists().where(
            RoleGrant.user_id == user_id,
            RoleGrant.role.in_(_OFFICES),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.valid_from <= now,
        )
        return bool(await self._session.scalar(select(held)))

    async def factor_of(self, user_id: UUID) -> AccountSecondFactor | None:
        """The user's second factor, confirmed or not."""
        return await self._session.get(AccountSecondFactor, user_id, populate_existing=True)

    async def drop_factor(self, user_id: UUID) -> None:
        """Forget the second factor with its recovery codes."""
        await self._session.execute(delete(AccountSecondFactor).where(AccountSecondFactor.user_id == user_id))

    async def replace_recovery_codes(self, user_id: UUID, digests: Sequence[bytes]) -> None:
        """Put these codes in the place of all earlier ones."""
        await self._session.execute(delete(AccountRecoveryCode).where(AccountRecoveryCode.user_id == user_id))
        self._session.add_all(
            AccountRecoveryCode(id=uuid7(), user_id=user_id, digest=digest, used_at=None)
            for digest in digests
        )

    async def use_recovery_code(self, user_id: UUID, digest: bytes, now: datetime) -> bool:
        """Use a code up; False when there is no such unused one."""
        used = await self._session.scalar(
            update(AccountRecoveryCode)
            .where(
                AccountRecoveryCode.user_id == user_id,
                AccountRecoveryCode.digest == digest,
                AccountRecoveryCode.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(AccountRecoveryCode.id)
        )
        return used is not None

    async def recovery_codes_left(self, user_id: UUID) -> int:
        """How many codes are unused."""
        statement = select(func.count()).where(
            AccountRecoveryCode.user_id == user_id, AccountRecoveryCode.used_at.is_(None)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def challenge(
        self, digest: bytes, purpose: str, now: datetime, *, lock: bool = False
    ) -> AccountChallenge | None:
        """A live challenge of this purpose."""
        statement = select(AccountChallenge).where(
            AccountChallenge.digest == digest,
            AccountChallenge.purpose == purpose,
            AccountChallenge.expires_at > now,
        )
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def count_answer(self, digest: bytes, now: datetime, most: int) -> bool:
        """Count an answer to a challenge; False when it has had its number, or has ended."""
        counted = await self._session.scalar(
            update(AccountChallenge)
            .where(
                AccountChallenge.digest == digest,
                AccountChallenge.attempts < most,
                AccountChallenge.expires_at > now,
            )
            .values(attempts=AccountChallenge.attempts + 1)
            .returning(AccountChallenge.attempts)
        )
        return counted is not None

    async def take_state(self, digest: bytes, provider: str, now: datetime) -> str | None:
        """Use a state up; gives its redirect URI. None for an unknown, used or expired one."""
        return await self._session.scalar(
            delete(OidcState)
            .where(OidcState.digest == digest, OidcState.provider == provider, OidcState.expires_at > now)
            .returning(OidcState.redirect_uri)
        )

    async def identity(self, issuer: str, subject: str) -> AccountIdentity | None:
        """The linked identity, removed or not."""
        statement = select(AccountIdentity).where(
            AccountIdentity.issuer == issuer, AccountIdentity.subject == subject
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def link_once(self, user_id: UUID, provider: str, issuer: str, subject: str, at: datetime) -> bool:
        """Link an identity unless it is linked; True when written."""
        statement = insert(AccountIdentity).values(
            id=uuid7(),
            user_id=user_id,
            provider=provider,
            issuer=issuer,
            subject=subject,
            linked_at=at,
            last_used_at=at,
            version=1,
        )
        linked = statement.on_conflict_do_nothing().returning(AccountIdentity.id)
        return await self._session.scalar(linked) is not None

    async def identities_of(self, user_id: UUID) -> Sequence[AccountIdentity]:
        """All identities of a user in the order of linking."""
        statement = select(AccountIdentity).where(AccountIdentity.user_id == user_id)
        return (await self._session.scalars(statement.order_by(AccountIdentity.id))).all()

    async def hold_identity(self, user_id: UUID, identity_id: UUID) -> AccountIdentity | None:
        """One identity of the user, locked."""
        statement = select(AccountIdentity).where(
            AccountIdentity.id == identity_id, AccountIdentity.user_id == user_id
        )
        return (await self._session.scalars(statement.with_for_update())).one_or_none()

    async def live_sessions(self, user_id: UUID, now: datetime) -> Sequence[AccountSession]:
        """Sessions of a user that can go on, the one last used first."""
        statement = select(AccountSession).where(
            AccountSession.user_id == user_id,
            AccountSession.revoked_at.is_(None),
            AccountSession.expires_at > now,
        )
        ordered = statement.order_by(AccountSession.rotated_at.desc(), AccountSession.id.desc())
        return (await self._session.scalars(ordered)).all()

    async def end_session(self, user_id: UUID, session_id: UUID, now: datetime, reason: str) -> bool:
        """End one live session of the user; False when there is none."""
        ended = await self._session.scalar(
            update(AccountSession)
            .where(
                AccountSession.id == session_id,
                AccountSession.user_id == user_id,
                AccountSession.revoked_at.is_(None),
                AccountSession.expires_at > now,
            )
            .values(revoked_at=now, revoked_for=reason)
            .returning(AccountSession.id)
        )
        return ended is not None

    async def forget_outdated(self, now: datetime) -> int:
        """Drop counters, known networks, challenges and states that have run out; gives their number."""
        total = 0
        for table in (SignInCounter, KnownNetwork, AccountChallenge, OidcState):
            gone = await self._session.execute(delete(table).where(table.expires_at < now))
            total += int(getattr(gone, "rowcount", 0))
        return total
