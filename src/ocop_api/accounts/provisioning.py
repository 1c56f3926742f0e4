"""Accounts made by the system itself: seeding and the command line."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.grants import grant_facts, standing_of_place
from ocop_api.accounts.passwords import passwords_for
from ocop_api.accounts.policy import Standing, Target, check_bound
from ocop_api.accounts.repository import UserRepository
from ocop_api.accounts.service import search_text
from ocop_api.db.base import uuid7
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.domain.actor import SYSTEM, Bound, Grant, Role
from ocop_api.domain.errors import NotFound
from ocop_api.domain.vietnamese import sort_key
from ocop_api.ledger.recording import record
from ocop_api.settings import SecuritySettings


async def ensure_user(
    session: AsyncSession,
    *,
    email: str,
    display_name: str,
    password: str | None,
    grants: Iterable[Grant],
    now: datetime,
    security: SecuritySettings | None = None,
) -> UUID:
    """Make sure there is an account with this e-mail holding these grants; give its id.

    Running it again changes nothing. An account that exists keeps its name, password and other grants,
    and stays disabled if it is. The home of a new account is the place of its first area grant.

    Args:
        session: a transaction of the caller's.
        email: the name to sign in with, in any case.
        display_name: of a new account.
        password: of a new account, of any length; None makes an account nobody can sign in to.
        grants: roles to hold; the level of an area grant is taken from its place, not from the grant.
        now: when new rows count from (aware).
        security: cost of the password hash; the settings' defaults without it.

    Raises:
        NotFound: ``places.unknown``.
        Invalid: a grant whose bound does not fit (see ``policy.check_bound``).
    """
    wanted = list(grants)
    users = UserRepository(session)
    email_folded = fold_email(email)
    row = await users.find_by_email(email_folded)
    if row is None:
        home = next((grant.place_id for grant in wanted if grant.place_id is not None), None)
        hashed = await passwords_for(security or SecuritySettings()).hash(password)
        await _create(
            session,
            users,
            email=email,
            display_name=display_name,
            password_hash=hashed,
            place_id=home,
            now=now,
        )
        row = await users.find_by_email(email_folded)
    if row is None:
        # Only rolled-back concurrent writers can lead here; the caller's retry makes the account.
        raise NotFound("accounts.unknown_user")
    for grant in wanted:
        await _hold(session, users, row, grant, now)
    return row.id


async def account_with(session: AsyncSession, email: str) -> UUID | None:
    """The id of the account that signs in with this e-mail in any case, whoever asks; None without one."""
    row = await UserRepository(session).find_by_email(fold_email(email))
    return None if row is None else row.id


async def ensure_first_administrator(
    session: AsyncSession, *, email: str, password: str, now: datetime, security: SecuritySettings
) -> bool:
    """Make an administrator of everything unless this e-mail has had its account; True when one was made.

    Running it again changes nothing: neither a changed password nor a role that was revoked comes back.
    The one exception is a system without any administrator, which nobody could mend otherwise; then the
    account gets the role again, though neither its password nor its being disabled is touched.
    """
    users = UserRepository(session)
    await users.hold_administrators()
    known = await users.find_by_email(fold_email(email)) is not None
    if known and await users.administrators_beside(now, grant=None, user=None):
        return False
    await ensure_user(
        session,
        email=email,
        display_name="Quản trị viên",
        password=password,
        grants=[Grant(role=Role.ADMIN, bound=Bound.EVERYWHERE)],
        now=now,
        security=security,
    )
    return not known


async def _create(
    session: AsyncSession,
    users: UserRepository,
    *,
    email: str,
    display_name: str,
    password_hash: str,
    place_id: str | None,
    now: datetime,
) -> None:
    standing = Standing() if place_id is None else await standing_of_place(session, place_id)
    user_id = uuid7()
    email_folded = fold_email(email)
    written = await users.add_user_once(
        {
            "id": user_id,
            "email": email.strip(),
            "email_folded": email_folded,
            "display_name": display_name,
            "name_sort": sort_key(display_name),
            "search": search_text(display_name, email_folded),
            "password_hash": password_hash,
            "place_id": place_id,
            "level": standing.level,
            "area_path": list(standing.area_path),
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
    )
    if written:
        await record(
            session,
            kind="user.created",
            subject_type="user",
            subject_id=user_id,
            actor=SYSTEM,
            at=now,
            data={"place_id": place_id},
            area_path=standing.area_path,
        )


async def _hold(
    session: AsyncSession, users: UserRepository, user: AccountUser, grant: Grant, now: datetime
) -> None:
    check_bound(grant.role, grant.bound, Target(grant.place_id, grant.council_id, grant.producer_id))
    subject_id = grant.council_id or grant.producer_id
    standing = Standing()
    if grant.place_id is not None:
        standing = await standing_of_place(session, grant.place_id)
    elif subject_id is not None:
        # The system may seed a role before the thing it is bound to has been announced.
        standing = Standing(tuple(await users.last_known_area(grant.bound, subject_id) or ()))
    grant_id = uuid7()
    written = await users.add_grant_once(
        {
            "id": grant_id,
            "user_id": user.id,
            "role": grant.role,
            "bound": grant.bound,
            "level": standing.level,
            "place_id": grant.place_id,
            "council_id": grant.council_id,
            "producer_id": grant.producer_id,
            "area_path": list(standing.area_path),
            "valid_from": now,
            "granted_at": now,
            "granted_by": None,
            "version": 1,
        }
    )
    if written:
        await record(
            session,
            kind="user.grant_assigned",
            subject_type="user",
            subject_id=user.id,
            actor=SYSTEM,
            at=now,
            data=grant_facts(grant_id, grant.role, grant.bound, grant.place_id or subject_id, now),
            area_path=standing.area_path or user.area_path,
        )
