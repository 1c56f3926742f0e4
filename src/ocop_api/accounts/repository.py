"""Rows of users, grants, sessions and tokens."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Text,
    and_,
    cast,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.schemas import UserFilter
from ocop_api.accounts.tokens import TokenKind
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.account_sign_in import AccountChallenge
from ocop_api.db.tables.accounts import AccountSession, AccountToken, AccountUser, RoleGrant
from ocop_api.db.tables.ledger import LedgerEvent
from ocop_api.domain.actor import Actor, Bound, Level, Permission, Role
from ocop_api.domain.vietnamese import fold

_ADMINISTRATORS_LOCK = 7_033_301

_ID = SortKey(AccountUser.id.expression, UUID)
_ID_DOWN = SortKey(AccountUser.id.expression, UUID, descending=True)
_NAME = AccountUser.name_sort.expression
_CREATED = AccountUser.created_at.expression
_SORTS = Sorts(
    {
        "name": (SortKey(_NAME, str), _ID),
        "-name": (SortKey(_NAME, str, descending=True), _ID_DOWN),
        "created": (SortKey(_CREATED, datetime), _ID),
        "-created": (SortKey(_CREATED, datetime, descending=True), _ID_DOWN),
    },
    default="name",
)


def _meets(column: ColumnElement[list[str]], place_ids: frozenset[str]) -> ColumnElement[bool]:
    return column.bool_op("&&")(cast(sorted(place_ids), ARRAY(Text)))


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The accounts an actor may see: at home or with a role in an administered area, and the own one."""
    scope = actor.scope(Permission.USER_READ)
    if scope.everywhere:
        return true()
    own = AccountUser.id == actor.user_id
    if not scope.place_ids:
        return own
    holds_role_there = exists().where(
        RoleGrant.user_id == AccountUser.id,
        RoleGrant.revoked_at.is_(None),
        _meets(RoleGrant.area_path.expression, scope.place_ids),
    )
    return or_(own, _meets(AccountUser.area_path.expression, scope.place_ids), holds_role_there)


class UserRepository:
    """Users and their grants."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, user_id: UUID, actor: Actor, *, lock: bool = False) -> AccountUser | None:
        """The user if the actor may see it; ``lock`` keeps others from changing it until the commit."""
        statement = select(AccountUser).where(AccountUser.id == user_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def find_any(self, user_id: UUID) -> AccountUser | None:
        """The user, whoever asks; for features that have decided themselves."""
        return await self._session.get(AccountUser, user_id)

    async def find_by_email(self, email_folded: str) -> AccountUser | None:
        """The user with this folded e-mail, whoever asks."""
        statement = select(AccountUser).where(AccountUser.email_folded == email_folded)
        return (await self._session.scalars(statement)).one_or_none()

    async def add_user_once(self, values: dict[str, Any]) -> bool:
        """Write a user unless the e-mail has an account; True when written."""
        statement = insert(AccountUser).values(values).on_conflict_do_nothing().returning(AccountUser.id)
        return await self._session.scalar(statement) is not None

    async def add_grant_once(self, values: dict[str, Any]) -> bool:
        """Write a grant unless the user holds it; True when written."""
        statement = insert(RoleGrant).values(values).on_conflict_do_nothing().returning(RoleGrant.id)
        return await self._session.scalar(statement) is not None

    async def page(self, wanted: UserFilter, actor: Actor) -> Rows:
        """One page of visible users."""
        statement = select(AccountUser).where(visible_to(actor))
        words = fold(wanted.q or "").split()
        if wanted.q and not words:
            statement = statement.where(false())  # signs alone are part of no name
        for word in words:
            statement = statement.where(AccountUser.search.contains(word, autoescape=True))
        if wanted.disabled is not None:
            is_set = AccountUser.disabled_at.is_not(None)
            statement = statement.where(is_set if wanted.disabled else ~is_set)
        if wanted.role is not None:
            statement = statement.where(
                exists().where(
                    RoleGrant.user_id == AccountUser.id,
                    RoleGrant.role == wanted.role,
                    RoleGrant.revoked_at.is_(None),
                )
            )
        if wanted.place_id is not None:
            area = frozenset({wanted.place_id})
            statement = statement.where(_meets(AccountUser.area_path.expression, area))
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def grants_of(self, user_id: UUID) -> Sequence[RoleGrant]:
        """Grants of a user that are not revoked, oldest first."""
        statement = (
            select(RoleGrant)
            .where(RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None))
            .order_by(RoleGrant.id)
        )
        return (await self._session.scalars(statement)).all()

    async def find_grant(self, user_id: UUID, grant_id: UUID, *, lock: bool = False) -> RoleGrant | None:
        """One grant of a user, revoked or not."""
        statement = select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.user_id == user_id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def last_known_area(self, subject_type: str, subject_id: UUID) -> list[str] | None:
        """Where a producer or council lies, by the newest ledger event about it; None if there is none.

        Those features stand above this one and cannot be asked; what they announce can be read.
        """
        statement = (
            select(LedgerEvent.area_path)
            .where(LedgerEvent.subject_type == subject_type, LedgerEvent.subject_id == str(subject_id))
            .order_by((func.cardinality(LedgerEvent.area_path) > 0).desc(), LedgerEvent.ordinal.desc())
            .limit(1)
        )
        return await self._session.scalar(statement)

    async def hold_administrators(self) -> None:
        """Let nobody else take an administrator away until the commit.

        Taken before any row lock. Row locks alone would not do: two transactions that each remove
        another one of two administrators lock different rows and both see one left.
        """
        await self._session.execute(select(func.pg_advisory_xact_lock(_ADMINISTRATORS_LOCK)))

    async def administrators_beside(self, now: datetime, *, grant: UUID | None, user: UUID | None) -> int:
        """How many usable grants administer everything, not counting this grant or this user."""
        statement = (
            select(func.count())
            .select_from(RoleGrant)
            .join(AccountUser, AccountUser.id == RoleGrant.user_id)
            .where(
                RoleGrant.role == Role.ADMIN,
                RoleGrant.bound == Bound.EVERYWHERE,
                RoleGrant.revoked_at.is_(None),
                RoleGrant.valid_from <= now,
                AccountUser.disabled_at.is_(None),
            )
        )
        if grant is not None:
            statement = statement.where(RoleGrant.id != grant)
        if user is not None:
            statement = statement.where(RoleGrant.user_id != user)
        return (await self._session.execute(statement)).scalar_one()


async def holders(
    session: AsyncSession,
    now: datetime,
    *,
    producer_id: UUID | None,
    place_ids: Sequence[str],
    level: Level | None,
    user_ids: Sequence[UUID] = (),
    roles: Collection[Role] = (Role.OFFICER,),
) -> list[UUID]:
    """Users in use who act for the producer, hold one of the roles in one of the places, or are named."""
    choices: list[ColumnElement[bool]] = [false()]
    if producer_id is not None:
        choices.append(and_(RoleGrant.role == Role.PRODUCER, RoleGrant.producer_id == producer_id))
    if user_ids:
        choices.append(RoleGrant.user_id.in_(user_ids))
    if place_ids:
        choices.append(
            and_(
                RoleGrant.role.in_(roles),
                RoleGrant.place_id.in_(place_ids),
                true() if level is None else RoleGrant.level == level,
            )
        )
        if level is Level.CENTRAL:
            # The ministry's people have no area: every one is theirs.
            choices.append(and_(RoleGrant.role.in_(roles), RoleGrant.bound == Bound.EVERYWHERE))
    rows = await session.scalars(
        select(RoleGrant.user_id)
        .join(AccountUser, AccountUser.id == RoleGrant.user_id)
        .where(
            or_(*choices),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.valid_from <= now,
            AccountUser.disabled_at.is_(None),
        )
        .distinct()
        .order_by(RoleGrant.user_id)
    )
    return list(rows)


async def granted(
    session: AsyncSession, now: datetime, user_ids: Sequence[UUID]
) -> Sequence[Row[UUID, str, RoleGrant | None]]:
    """These users, as far as they are in use, once for each grant they hold, or once without any."""
    held = and_(
        RoleGrant.user_id == AccountUser.id, RoleGrant.revoked_at.is_(None), RoleGrant.valid_from <= now
    )
    rows = await session.execute(
        select(AccountUser.id, AccountUser.display_name, RoleGrant)
        .outerjoin(RoleGrant, held)
        .where(AccountUser.id.in_(user_ids), AccountUser.disabled_at.is_(None))
        .order_by(RoleGrant.id)
    )
    return rows.all()


async def people_of_area(
    session: AsyncSession, now: datetime, place_ids: Sequence[str], council_id: UUID | None
) -> Sequence[Row[UUID, str, RoleGrant]]:
    """Users in use with their grants in one of the units, in the council if one is named, or everywhere."""
    within = [RoleGrant.place_id.in_(place_ids), RoleGrant.bound == Bound.EVERYWHERE]
    if council_id is not None:
        within.append(RoleGrant.council_id == council_id)
    rows = await session.execute(
        select(AccountUser.id, AccountUser.display_name, RoleGrant)
        .join(RoleGrant, RoleGrant.user_id == AccountUser.id)
        .where(
            or_(*within),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.valid_from <= now,
            AccountUser.disabled_at.is_(None),
        )
        .order_by(AccountUser.name_sort, AccountUser.id, RoleGrant.id)
    )
    return rows.all()


class SessionRepository:
    """Sign-in sessions and their tokens."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold_user(self, user_id: UUID, password_hash: str) -> AccountUser | None:
        """The user, locked, if the account is in use and the password is still the one that was checked."""
        statement = (
            select(AccountUser)
            .where(
                AccountUser.id == user_id,
                AccountUser.password_hash == password_hash,
                AccountUser.disabled_at.is_(None),
            )
            .with_for_update()
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def by_refresh_token(
        self, digest: bytes
    ) -> tuple[AccountToken, AccountSession, AccountUser] | None:
        """A refresh token with its session, locked, and its user."""
        statement = (
            select(AccountToken, AccountSession, AccountUser)
            .join(AccountSession, AccountSession.id == AccountToken.session_id)
            .join(AccountUser, AccountUser.id == AccountSession.user_id)
            .where(AccountToken.digest == digest, AccountToken.kind == TokenKind.REFRESH)
            .with_for_update(of=AccountSession)
        )
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    async def revoke_all(
        self, user_id: UUID, now: datetime, reason: str, *, keep: UUID | None = None
    ) -> None:
        """End every live session of a user, except the one to keep, and every half-finished sign-in."""
        await self._session.execute(delete(AccountChallenge).where(AccountChallenge.user_id == user_id))
        await self._session.execute(
            update(AccountSession)
            .where(
                AccountSession.user_id == user_id,
                AccountSession.revoked_at.is_(None),
                true() if keep is None else AccountSession.id != keep,
            )
            .values(revoked_at=now, revoked_for=reason)
        )

    async def revoke_one(self, session_id: UUID, now: datetime, reason: str) -> None:
        """End one session if it is live."""
        await self._session.execute(
            update(AccountSession)
            .where(AccountSession.id == session_id, AccountSession.revoked_at.is_(None))
            .values(revoked_at=now, revoked_for=reason)
        )

    async def forget_outdated(self, user_id: UUID, now: datetime) -> None:
        """Drop the user's sessions that have run out, with their tokens."""
        await self._session.execute(
            delete(AccountSession).where(AccountSession.user_id == user_id, AccountSession.expires_at < now)
        )

    async def forget_outdated_tokens(self, session_id: UUID, now: datetime) -> None:
        """Drop tokens of a session that have run out; used ones stay until then, to be recognised."""
        await self._session.execute(
            delete(AccountToken).where(AccountToken.session_id == session_id, AccountToken.expires_at < now)
        )
