"""Keys of machines: making, showing, rotating and revoking them, and noting their use."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.credential_schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyRead
from ocop_api.accounts.grants import standing_of, standing_of_place, stored_grant
from ocop_api.accounts.key_repository import ApiKeyRepository
from ocop_api.accounts.key_tokens import MARK, NewKey, new_key
from ocop_api.accounts.policy import Standing, may_administer, narrowed
from ocop_api.accounts.repository import UserRepository
from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.account_keys import ApiKey
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import PERSONAL, Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation, Unauthenticated
from ocop_api.ledger.recording import record

LONGEST_LIFE = timedelta(days=366)
MOST_KEYS = 25
"""Keys of one user that are neither revoked nor past their end."""
_USE_NOTED_EVERY = timedelta(minutes=1)

log = structlog.get_logger()


class ApiKeyService:
    """Keys of the caller, and of users the caller administers."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._keys = ApiKeyRepository(session)
        self._users = UserRepository(session)
        self._actor = actor
        self._now = now

    async def create(self, wanted: ApiKeyCreate) -> ApiKeyCreated:
        """Make a key of the caller's.

        Raises:
            Invalid: ``accounts.key_life`` for an end in the past or more than a year away,
                ``accounts.scope_needs_person`` for a permission no key may have.
            Forbidden: ``accounts.scope_not_held`` for a permission the caller does not hold (there).
            NotFound: ``places.unknown``.
            RuleViolation: ``accounts.too_many_keys``.
        """
        scopes = sorted(set(wanted.scopes))
        if not self._now < wanted.expires_at <= self._now + LONGEST_LIFE:
            raise Invalid("accounts.key_life", days=LONGEST_LIFE.days)
        personal = sorted(PERSONAL & set(scopes))
        if personal:
            raise Invalid("accounts.scope_needs_person", scopes=personal)
        place = Standing()
        if wanted.place_id is not None:
            place = await standing_of_place(self._session, wanted.place_id)
        owner = await self._hold_owner()
        grants = [grant for grant in await self._users.grants_of(owner.id) if grant.valid_from <= self._now]
        missing = _missing(scopes, grants, wanted.place_id, place)
        if missing:
            raise Forbidden("accounts.scope_not_held", scopes=missing)
        await self._make_room(owner.id)
        made = new_key()
        row = self._add(
            made,
            owner,
            wanted.name,
            scopes,
            place_id=wanted.place_id,
            place=place,
            expires_at=wanted.expires_at,
        )
        await self._record("user.key_created", owner, row, _facts(row))
        await self._session.flush()  # a refusal by the database belongs to this use case
        return _shown_once(row, made)

    async def get_own(self, key_id: UUID) -> ApiKeyRead:
        """One of the caller's keys.

        Raises:
            NotFound: ``accounts.unknown_key``.
        """
        if self._actor.user_id is None:
            raise Unauthenticated("auth.required")
        return await self._get(self._actor.user_id, key_id)

    async def get_of(self, user_id: UUID, key_id: UUID) -> ApiKeyRead:
        """One key of a visible user.

        Raises:
            NotFound: ``accounts.unknown_user`` or ``accounts.unknown_key``.
        """
        if await self._users.find(user_id, self._actor) is None:
            raise NotFound("accounts.unknown_user")
        return await self._get(user_id, key_id)

    async def _get(self, user_id: UUID, key_id: UUID) -> ApiKeyRead:
        row = await self._keys.find(user_id, key_id)
        if row is None:
            raise NotFound("accounts.unknown_key")
        return key_read(row)

    async def own(self) -> list[ApiKeyRead]:
        """The caller's keys that are not revoked, newest first."""
        if self._actor.user_id is None:
            raise Unauthenticated("auth.required")
        return [key_read(row) for row in await self._keys.of_user(self._actor.user_id)]

    async def of_user(self, user_id: UUID) -> list[ApiKeyRead]:
        """The keys of a visible user that are not revoked, newest first.

        Raises:
            NotFound: ``accounts.unknown_user``.
        """
        if await self._users.find(user_id, self._actor) is None:
            raise NotFound("accounts.unknown_user")
        return [key_read(row) for row in await self._keys.of_user(user_id)]

    async def rotate(self, key_id: UUID, overlap: timedelta) -> ApiKeyCreated:
        """Put a new key of the same kind and life in the place of one of the caller's.

        The old one goes on until the overlap has passed, or its own end if that comes first.

        Raises:
            NotFound: ``accounts.unknown_key``.
            RuleViolation: ``accounts.key_not_in_use`` for one that is revoked, has run out or has been
                replaced; ``accounts.too_many_keys``.
        """
        owner = await self._hold_owner()
        old = await self._keys.find(owner.id, key_id, lock=True)
        if old is None:
            raise NotFound("accounts.unknown_key")
        if old.revoked_at is not None or old.replaced_by is not None or old.expires_at <= self._now:
            raise RuleViolation("accounts.key_not_in_use")
        await self._make_room(owner.id)
        made = new_key()
        new = self._add(
            made,
            owner,
            old.name,
            old.scopes,
            place_id=old.place_id,
            place=standing_of(old.area_path, old.level),
            expires_at=self._now + min(old.expires_at - old.created_at, LONGEST_LIFE),
        )
        await self._session.flush()  # the old key refers to the new one
        old.replaced_by = new.id
        old.expires_at = min(old.expires_at, self._now + overlap)
        self._changed(old)
        await self._record("user.key_rotated", owner, old, {"key_id": str(old.id), "new": _facts(new)})
        await self._session.flush()  # a refusal by the database belongs to this use case
        return _shown_once(new, made)

    async def revoke_own(self, key_id: UUID, check_version: Callable[[int], None]) -> None:
        """End one of the caller's keys at once. Repeating it changes nothing.

        Raises:
            NotFound: ``accounts.unknown_key``.
        """
        await self._revoke(await self._hold_owner(), key_id, check_version)

    async def revoke_of(self, user_id: UUID, key_id: UUID, check_version: Callable[[int], None]) -> None:
        """End a key of a user at once, as an administrator who might disable that user.

        Raises:
            NotFound: ``accounts.unknown_user`` or ``accounts.unknown_key``.
            Forbidden: ``auth.not_permitted`` unless the account and all it holds are within reach.
        """
        user = await self._users.find(user_id, self._actor, lock=True)
        if user is None:
            raise NotFound("accounts.unknown_user")
        held = await self._users.grants_of(user_id)
        reach = [standing_of(grant.area_path, grant.level) for grant in held]
        is_own = user_id == self._actor.user_id and not self._actor.by_key
        if not is_own and not may_administer(self._actor, standing_of(user.area_path, user.level), reach):
            raise Forbidden("auth.not_permitted", permission=Permission.USER_CREATE)
        await self._revoke(user, key_id, check_version)

    async def _revoke(self, owner: AccountUser, key_id: UUID, check_version: Callable[[int], None]) -> None:
        row = await self._keys.find(owner.id, key_id, lock=True)
        if row is None:
            raise NotFound("accounts.unknown_key")
        check_version(row.version)
        if row.revoked_at is not None:
            return
        row.revoked_at = self._now
        row.revoked_by = self._actor.user_id
        self._changed(row)
        await self._record("user.key_revoked", owner, row, {"key_id": str(row.id)})
        await self._session.flush()  # a refusal by the database belongs to this use case

    async def _hold_owner(self) -> AccountUser:
        owner = None
        if self._actor.user_id is not None:
            owner = await self._keys.hold_user(self._actor.user_id)
        if owner is None:
            raise Unauthenticated("auth.invalid_token")
        return owner

    async def _make_room(self, user_id: UUID) -> None:
        live = [row for row in await self._keys.of_user(user_id) if row.expires_at > self._now]
        if len(live) >= MOST_KEYS:
            raise RuleViolation("accounts.too_many_keys", most=MOST_KEYS)

    def _add(
        self,
        made: NewKey,
        owner: AccountUser,
        name: str,
        scopes: Iterable[str],
        *,
        place_id: str | None,
        place: Standing,
        expires_at: datetime,
    ) -> ApiKey:
        row = ApiKey(
            id=uuid7(),
            user_id=owner.id,
            name=name,
            prefix=made.prefix,
            digest=made.digest,
            scopes=[str(scope) for scope in scopes],
            place_id=place_id,
            level=place.level,
            area_path=list(place.area_path),
            expires_at=expires_at,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        self._session.add(row)
        return row

    def _changed(self, row: ApiKey) -> None:
        row.updated_at = self._now
        row.touch()

    async def _record(self, kind: str, owner: AccountUser, row: ApiKey, data: dict[str, object]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=row.user_id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=owner.area_path,
        )


def _missing(
    scopes: Iterable[Permission], grants: Collection[RoleGrant], place_id: str | None, place: Standing
) -> list[Permission]:
    """Scopes that none of the grants carries, in the place if there is one."""
    held = []
    for row in grants:
        grant = stored_grant(row)
        left = grant if place_id is None else narrowed(grant, row.area_path, place_id, place)
        if left is not None:
            held.append(left)
    return [scope for scope in scopes if not any(grant.permits(scope) for grant in held)]


def _facts(row: ApiKey) -> dict[str, object]:
    return {
        "key_id": str(row.id),
        "scopes": list(row.scopes),
        "place_id": row.place_id,
        "expires_on": vietnam_date(row.expires_at).isoformat(),
    }


def key_read(row: ApiKey) -> ApiKeyRead:
    """A stored key as the API shows it."""
    known = set(Permission)
    return ApiKeyRead(
        id=row.id,
        name=row.name,
        prefix=MARK + row.prefix,
        scopes=[Permission(scope) for scope in row.scopes if scope in known],
        place_id=row.place_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        replaced_by=row.replaced_by,
        revoked_at=row.revoked_at,
        version=row.version,
    )


def _shown_once(row: ApiKey, made: NewKey) -> ApiKeyCreated:
    return ApiKeyCreated(**dict(key_read(row)), key=made.text)


class KeyUses:
    """Notes when keys are used, beside the requests that use them.

    A request only starts the writing; it neither waits for it nor fails with it. A use within a minute
    of the one that is known is not written, so a busy key costs one small update a minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing: dict[UUID, asyncio.Task[None]] = {}

    def note(self, key_id: UUID, known: datetime | None, now: datetime) -> None:
        """Write soon that the key was used ``now``, unless ``known`` is recent enough."""
        if known is not None and now - known < _USE_NOTED_EVERY:
            return
        if key_id in self._writing:
            return
        task = asyncio.create_task(self._write(key_id, now))
        self._writing[key_id] = task
        task.add_done_callback(lambda _done: self._writing.pop(key_id, None))

    async def settle(self) -> None:
        """Wait for what is being written; before the pools close."""
        await asyncio.gather(*self._writing.values())

    async def _write(self, key_id: UUID, now: datetime) -> None:
        try:
            async with self._database.transaction() as session:
                await ApiKeyRepository(session).note_use(key_id, now, now - _USE_NOTED_EVERY)
        except Exception as error:  # noqa: BLE001 - a lost note must disturb nobody
            log.warning("use of a key not noted", error=type(error).__name__)
