"""Accounts: making, finding, changing them, and who the caller is."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.addresses import fold_email
from ocop_api.accounts.grants import describe, standing_of, standing_of_place, stored_grant
from ocop_api.accounts.policy import Standing, may_administer, reaches
from ocop_api.accounts.repository import SessionRepository, UserRepository
from ocop_api.accounts.schemas import (
    ExplainedPermission,
    Me,
    PermissionOrigin,
    PermissionRead,
    Permissions,
    UserDetail,
    UserFilter,
    UserRead,
)
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import ROLE_PERMISSIONS, Actor, Bound, Permission, Role
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation, Unauthenticated
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.ledger.recording import record


def search_text(display_name: str, email_folded: str) -> str:
    """What the search for accounts looks in: both without case and accents."""
    return fold(f"{display_name} {email_folded}")


class AccountService:
    """Accounts, as the actor may see and keep them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._users = UserRepository(session)
        self._actor = actor
        self._now = now

    async def create(
        self, *, email: str, display_name: str, password_hash: str, place_id: str | None
    ) -> UserRead:
        """Make an account that holds no role yet, at home in an area the actor administers.

        Raises:
            NotFound: ``places.unknown``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area, or without an area.
            Conflict: ``accounts.email_taken``.
        """
        home = Standing()
        if place_id is not None and self._actor.may(Permission.USER_CREATE):
            home = await standing_of_place(self._session, place_id)
        if not reaches(self._actor, Permission.USER_CREATE, home):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
        email_folded = fold_email(email)
        row = AccountUser(
            id=uuid7(),
            email=email,
            email_folded=email_folded,
            display_name=display_name,
            name_sort=sort_key(display_name),
            search=search_text(display_name, email_folded),
            password_hash=password_hash,
            place_id=place_id,
            level=home.level,
            area_path=list(home.area_path),
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(row)
        await self._session.flush()  # a taken e-mail is refused here, by its unique index
        await self._record("user.created", row, {"place_id": place_id})
        return UserRead.model_validate(row)

    async def page(self, wanted: UserFilter) -> tuple[Rows, list[UserRead]]:
        """One page of the accounts the actor administers.

        Raises:
            Forbidden: ``auth.not_permitted`` for an actor who administers nothing.
        """
        if not self._actor.may(Permission.USER_READ):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_READ)
        rows = await self._users.page(wanted, self._actor)
        return rows, [UserRead.model_validate(row) for row in rows.items]

    async def get(self, user_id: UUID) -> UserDetail:
        """One visible account with its grants.

        Raises:
            NotFound: ``accounts.unknown_user``.
        """
        row = await self._users.find(user_id, self._actor)
        if row is None:
            raise NotFound("accounts.unknown_user")
        return await self._detail(row)

    async def change(
        self,
        user_id: UUID,
        *,
        display_name: str | None,
        disabled: bool | None,
        check_version: Callable[[int], None],
    ) -> UserDetail:
        """Rename an account, disable it (ending its sessions at once) or put it back to use.

        ``check_version`` is called with the stored version once the row is locked.

        Raises:
            NotFound: ``accounts.unknown_user``.
            Forbidden: ``auth.not_permitted`` unless the account and all it holds are within reach.
            RuleViolation: ``accounts.last_admin`` when nobody else would administer everything.
        """
        if disabled:
            await self._users.hold_administrators()
        row = await self._users.find(user_id, self._actor, lock=True)
        if row is None:
            raise NotFound("accounts.unknown_user")
        held = await self._users.grants_of(user_id)
        reach = [standing_of(grant.area_path, grant.level) for grant in held]
        if not may_administer(self._actor, standing_of(row.area_path, row.level), reach):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
        check_version(row.version)
        if display_name is not None and display_name != row.display_name:
            await self._rename(row, display_name)
        if disabled is True and row.disabled_at is None:
            if any(grant.role == Role.ADMIN and grant.bound == Bound.EVERYWHERE for grant in held):
                await self._refuse_last_administrator(user_id)
            row.disabled_at = self._now
            await SessionRepository(self._session).revoke_all(user_id, self._now, "user_disabled")
            await self._changed(row, "user.disabled")
        elif disabled is False and row.disabled_at is not None:
            row.disabled_at = None
            await self._changed(row, "user.enabled")
        await self._session.flush()  # a refusal by the database belongs to this use case
        return await self._detail(row)

    async def rename_self(self, display_name: str, check_version: Callable[[int], None]) -> Me:
        """Change the caller's own name.

        ``check_version`` is called with the stored version once the row is locked.

        Raises:
            Unauthenticated: ``auth.invalid_token`` when the account is gone.
        """
        row = await self._self(lock=True)
        check_version(row.version)
        if display_name != row.display_name:
            await self._rename(row, display_name)
            await self._session.flush()  # a refusal by the database belongs to this use case
        return await self._me(row)

    async def whoami(self) -> Me:
        """The caller's account, grants, and what they may do now and from which grants.

        Raises:
            Unauthenticated: ``auth.invalid_token`` when the account is gone.
        """
        return await self._me(await self._self())

    async def own_permissions(self) -> Permissions:
        """What the caller may do now and how they came by it; of a key, what the key may do.

        Raises:
            Unauthenticated: ``auth.invalid_token`` when the account is gone.
        """
        row = await self._self()
        return Permissions(items=explained_permissions(self._actor, await self._in_force(row.id)))

    async def permissions_of(self, user_id: UUID) -> Permissions:
        """What a visible account may do now and how it came by it.

        Raises:
            NotFound: ``accounts.unknown_user``.
        """
        if await self._users.find(user_id, self._actor) is None:
            raise NotFound("accounts.unknown_user")
        rows = await self._in_force(user_id)
        holder = Actor(user_id=user_id, grants=tuple(stored_grant(row) for row in rows))
        return Permissions(items=explained_permissions(holder, rows))

    async def _self(self, *, lock: bool = False) -> AccountUser:
        row = None
        if self._actor.user_id is not None:
            row = await self._users.find(self._actor.user_id, self._actor, lock=lock)
        if row is None:
            raise Unauthenticated("auth.invalid_token")
        return row

    async def _me(self, row: AccountUser) -> Me:
        held = await self._users.grants_of(row.id)
        in_force = [grant for grant in held if grant.valid_from <= self._now]
        permissions = [
            PermissionRead.model_validate(one) for one in explained_permissions(self._actor, in_force)
        ]
        grants = await describe(self._session, held)
        return Me(**dict(UserRead.model_validate(row)), grants=grants, permissions=permissions)

    async def _in_force(self, user_id: UUID) -> list[RoleGrant]:
        return [row for row in await self._users.grants_of(user_id) if row.valid_from <= self._now]

    async def _rename(self, row: AccountUser, display_name: str) -> None:
        row.display_name = display_name
        row.name_sort = sort_key(display_name)
        row.search = search_text(display_name, row.email_folded)
        await self._changed(row, "user.renamed")

    async def _refuse_last_administrator(self, user_id: UUID) -> None:
        others = await self._users.administrators_beside(self._now, grant=None, user=user_id)
        if others == 0:
            raise RuleViolation("accounts.last_admin")

    async def _detail(self, row: AccountUser) -> UserDetail:
        grants = await describe(self._session, await self._users.grants_of(row.id))
        return UserDetail(**dict(UserRead.model_validate(row)), grants=grants)

    async def _changed(self, row: AccountUser, kind: str) -> None:
        row.updated_at = self._now
        row.touch()
        await self._record(kind, row, {})

    async def _record(self, kind: str, row: AccountUser, data: dict[str, str | None]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=row.area_path,
        )


def explained_permissions(holder: Actor, grants: Sequence[RoleGrant]) -> list[ExplainedPermission]:
    """What ``holder`` may do with these stored grants, each permission with its bounds and origins.

    The bounds are the actor's own answer, the one that every use case asks, so nothing is told that would
    not hold.
    """
    found = []
    for permission in sorted(Permission):
        scope = holder.scope(permission)
        if scope.empty:
            continue
        origins = [row for row in grants if permission in ROLE_PERMISSIONS[Role(row.role)]]
        found.append(
            ExplainedPermission(
                permission=permission,
                everywhere=scope.everywhere,
                place_ids=sorted(scope.place_ids),
                council_ids=sorted(scope.council_ids),
                producer_ids=sorted(scope.producer_ids),
                grant_ids=[row.id for row in origins],
                origins=[
                    PermissionOrigin(
                        grant_id=row.id,
                        role=Role(row.role),
                        bound=Bound(row.bound),
                        place_id=row.place_id,
                        council_id=row.council_id,
                        producer_id=row.producer_id,
                        granted_at=row.granted_at,
                        granted_by=row.granted_by,
                    )
                    for row in origins
                ],
            )
        )
    return found
