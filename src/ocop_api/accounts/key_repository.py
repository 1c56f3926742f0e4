"""Rows of keys of machines, password resets and invitations."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from ocop_api.accounts.credential_schemas import InvitationFilter, InvitationState
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.account_keys import ApiKey, Invitation, PasswordReset
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.domain.actor import Actor, Permission

_INVITATION_SORTS = Sorts(
    {
        "created": (
            SortKey(Invitation.created_at.expression, datetime),
            SortKey(Invitation.id.expression, UUID),
        ),
        "-created": (
            SortKey(Invitation.created_at.expression, datetime, descending=True),
            SortKey(Invitation.id.expression, UUID, descending=True),
        ),
    },
    default="-created",
)


class ApiKeyRepository:
    """Keys of machines."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold_user(self, user_id: UUID) -> AccountUser | None:
        """The user, locked, so that two keys made at once count each other."""
        statement = select(AccountUser).where(AccountUser.id == user_id).with_for_update()
        return (await self._session.scalars(statement)).one_or_none()

    async def of_user(self, user_id: UUID) -> Sequence[ApiKey]:
        """All keys of a user that are not revoked, newest first; those that have run out too."""
        statement = (
            select(ApiKey)
            .where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
            .order_by(ApiKey.id.desc())
        )
        return (await self._session.scalars(statement)).all()

    async def find(self, user_id: UUID, key_id: UUID, *, lock: bool = False) -> ApiKey | None:
        """One key of a user, revoked or not."""
        statement = select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def note_use(self, key_id: UUID, at: datetime, unless_since: datetime) -> None:
        """Write when a key was used, unless a use after ``unless_since`` is known."""
        await self._session.execute(
            update(ApiKey)
            .where(ApiKey.id == key_id)
            .where(or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= unless_since))
            .values(last_used_at=at)
        )


class PasswordResetRepository:
    """Requests for a new password."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold_account(self, email_folded: str) -> AccountUser | None:
        """The account in use with this e-mail, locked, so that requests at once count each other."""
        statement = (
            select(AccountUser)
            .where(AccountUser.email_folded == email_folded, AccountUser.disabled_at.is_(None))
            .with_for_update()
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def requests_since(self, user_id: UUID, since: datetime) -> int:
        """How many letters the account has been sent."""
        statement = (
            select(func.count())
            .select_from(PasswordReset)
            .where(PasswordReset.user_id == user_id, PasswordReset.requested_at > since)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def take_back(self, reset_id: UUID) -> None:
        """Forget a request whose letter could not be handed over."""
        await self._session.execute(delete(PasswordReset).where(PasswordReset.id == reset_id))

    async def hold(self, digest: bytes, now: datetime) -> tuple[PasswordReset, AccountUser] | None:
        """An open request with its account in use, both locked."""
        # The account first, as everybody else locks it first.
        owner = select(PasswordReset.user_id).where(PasswordReset.digest == digest).scalar_subquery()
        user = (
            await self._session.scalars(
                select(AccountUser)
                .where(AccountUser.id == owner, AccountUser.disabled_at.is_(None))
                .with_for_update()
            )
        ).one_or_none()
        reset = (
            await self._session.scalars(
                select(PasswordReset)
                .where(
                    PasswordReset.digest == digest,
                    PasswordReset.used_at.is_(None),
                    PasswordReset.expires_at > now,
                )
                .with_for_update()
            )
        ).one_or_none()
        return None if user is None or reset is None else (reset, user)

    async def forget_outdated(self, before: datetime) -> None:
        """Drop requests that ran out before."""
        await self._session.execute(delete(PasswordReset).where(PasswordReset.expires_at < before))

    async def close_all(self, user_id: UUID, now: datetime) -> None:
        """No open request of the account is good any more."""
        await self._session.execute(
            update(PasswordReset)
            .where(PasswordReset.user_id == user_id, PasswordReset.used_at.is_(None))
            .values(used_at=now)
        )


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    """Invitations into an area the actor administers."""
    scope = actor.scope(Permission.USER_READ)
    if scope.everywhere:
        return true()
    return Invitation.area_path.bool_op("&&")(cast(sorted(scope.place_ids), ARRAY(Text)))


def _in_state(state: InvitationState, now: datetime) -> ColumnElement[bool]:
    if state is InvitationState.ACCEPTED:
        return Invitation.accepted_at.is_not(None)
    if state is InvitationState.WITHDRAWN:
        return Invitation.withdrawn_at.is_not(None)
    still_good = Invitation.expires_at > now
    unanswered = Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)
    return unanswered & (still_good if state is InvitationState.OPEN else ~still_good)


class InvitationRepository:
    """Invitations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, wanted: InvitationFilter, actor: Actor, now: datetime) -> Rows:
        """One page of visible invitations."""
        statement = select(Invitation).where(_visible_to(actor))
        if wanted.state is not None:
            statement = statement.where(_in_state(wanted.state, now))
        return await fetch_page(self._session, statement, _INVITATION_SORTS, wanted.slice())

    async def find(self, invitation_id: UUID, actor: Actor, *, lock: bool = False) -> Invitation | None:
        """The invitation if the actor may see it."""
        statement = select(Invitation).where(Invitation.id == invitation_id, _visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def hold(self, **column: Any) -> Invitation | None:
        """The invitation with this id or digest, whoever asks, locked."""
        statement = select(Invitation).filter_by(**column).with_for_update()
        statement = statement.execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def withdraw_outdated(self, email_folded: str, now: datetime) -> None:
        """End invitations of this address that have run out, so that a new one may be written."""
        await self._session.execute(
            update(Invitation)
            .where(
                Invitation.email_folded == email_folded,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.expires_at <= now,
            )
            .values(withdrawn_at=now)
        )

    async def forget_ended(self, before: datetime) -> None:
        """Drop invitations that ended before: they hold addresses of people who may have no account."""
        ended = func.coalesce(Invitation.accepted_at, Invitation.withdrawn_at, Invitation.expires_at)
        await self._session.execute(delete(Invitation).where(ended < before))
