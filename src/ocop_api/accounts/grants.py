"""Granting and revoking roles."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.policy import Standing, Target, check_bound, reaches
from ocop_api.accounts.repository import UserRepository, granted, holders, people_of_area
from ocop_api.accounts.schemas import GrantCreate, GrantRead
from ocop_api.db.base import uuid7
from ocop_api.db.tables.accounts import AccountUser, RoleGrant
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Permission, Role
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService


def standing_of(area_path: Iterable[str], level: str | None) -> Standing:
    """Where a stored account or grant is administered."""
    return Standing(tuple(area_path), None if level is None else Level(level))


def stored_grant(row: RoleGrant) -> Grant:
    """A stored grant as actors carry it."""
    return Grant(
        role=Role(row.role),
        bound=Bound(row.bound),
        level=None if row.level is None else Level(row.level),
        place_id=row.place_id,
        council_id=row.council_id,
        producer_id=row.producer_id,
    )


def stored_identity(row: RoleGrant) -> tuple[Role, Bound, Target]:
    """What makes two grants of one user the same."""
    return Role(row.role), Bound(row.bound), Target(row.place_id, row.council_id, row.producer_id)


async def describe(session: AsyncSession, grants: Iterable[RoleGrant]) -> list[GrantRead]:
    """Stored grants as the API gives them, with the names of their places."""
    rows = list(grants)
    place_ids = {row.place_id for row in rows if row.place_id is not None}
    places = await PlaceService(session).get_many(place_ids) if place_ids else {}
    return [
        GrantRead(
            id=row.id,
            user_id=row.user_id,
            role=Role(row.role),
            bound=Bound(row.bound),
            level=None if row.level is None else Level(row.level),
            place_id=row.place_id,
            place_name=None if row.place_id is None else places[row.place_id].full_name,
            council_id=row.council_id,
            producer_id=row.producer_id,
            valid_from=row.valid_from,
            granted_at=row.granted_at,
            granted_by=row.granted_by,
            revoked_at=row.revoked_at,
            version=row.version,
        )
        for row in rows
    ]


def grant_facts(
    grant_id: UUID, role: str, bound: str, target: UUID | str | None, valid_from: datetime
) -> dict[str, str | None]:
    """What the ledger keeps of a grant: which role, bound to what, from which day in Vietnam."""
    return {
        "grant_id": str(grant_id),
        "role": str(role),
        "bound": str(bound),
        "target": None if target is None else str(target),
        "valid_from": vietnam_date(valid_from).isoformat(),
    }


async def standing_of_place(session: AsyncSession, place_id: str) -> Standing:
    """Area and level of an administrative unit.

    Raises:
        NotFound: ``places.unknown``.
    """
    places = PlaceService(session)
    place = await places.get(place_id)
    return Standing(tuple(await places.area_path(place_id)), place.level)


class GrantService:
    """Roles of users, as the actor may see and change them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._users = UserRepository(session)
        self._actor = actor
        self._now = now

    async def get(self, user_id: UUID, grant_id: UUID) -> GrantRead:
        """One grant of a visible user, revoked or not.

        Raises:
            NotFound: ``accounts.unknown_user`` or ``accounts.unknown_grant``.
        """
        await self._visible_user(user_id)
        row = await self._users.find_grant(user_id, grant_id)
        if row is None:
            raise NotFound("accounts.unknown_grant")
        return (await describe(self._session, [row]))[0]

    async def assign(self, user_id: UUID, wanted: GrantCreate) -> GrantRead:
        """Grant a role inside the actor's own area and not above its level.

        Raises:
            NotFound: ``accounts.unknown_user``, ``places.unknown``, or ``accounts.unknown_target`` for a
                producer or council nobody has heard of.
            Invalid: a bound that does not fit (see ``policy.check_bound``), or
                ``accounts.valid_from_in_past``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area or above its level.
            Conflict: ``accounts.grant_exists`` when the user holds this very grant.
        """
        user = await self._visible_user(user_id)
        target, standing = await self.check(wanted)
        row = await self._add(
            user, wanted.role, wanted.bound, target, standing=standing, valid_from=wanted.valid_from
        )
        return (await describe(self._session, [row]))[0]

    async def check(self, wanted: GrantCreate) -> tuple[Target, Standing]:
        """What a wanted grant names and where that lies, if the actor may grant it.

        Raises:
            NotFound, Invalid, Forbidden: as ``assign`` does.
        """
        target = Target(wanted.place_id, wanted.council_id, wanted.producer_id)
        check_bound(wanted.role, wanted.bound, target)
        if wanted.valid_from is not None and wanted.valid_from < self._now:
            raise Invalid("accounts.valid_from_in_past")
        standing = await self._standing(wanted.bound, target)
        self._require(standing)
        return target, standing

    async def fulfil(self, user: AccountUser, wanted: Iterable[GrantCreate]) -> None:
        """Grant what the actor has promised an account, wherever it is at home; what it holds stays.

        The caller holds the account locked.

        Raises:
            NotFound, Invalid, Forbidden: as ``assign`` does, if the actor may not grant it (any more).
        """
        held = {stored_identity(row) for row in await self._users.grants_of(user.id)}
        for one in wanted:
            target, standing = await self.check(one)
            identity = (one.role, one.bound, target)
            if identity not in held:
                held.add(identity)
                await self._add(user, one.role, one.bound, target, standing=standing)

    async def appoint(self, user_id: UUID, role: Role, target: Target, *, area_path: Iterable[str]) -> UUID:
        """Grant a council's or producer's role on behalf of the feature that has decided the actor may.

        A council's secretary names members and a producer links its people without being an
        administrator; those features check their own rules and call this.

        Raises:
            NotFound: ``accounts.unknown_user`` when there is no such account (visibility does not count).
            Invalid: a role that is not bound to a council or producer.
            Conflict: ``accounts.grant_exists``.
        """
        bound = Bound.COUNCIL if target.council_id is not None else Bound.PRODUCER
        check_bound(role, bound, target)
        user = await self._users.find_any(user_id)
        if user is None:
            raise NotFound("accounts.unknown_user")
        row = await self._add(user, role, bound, target, standing=Standing(tuple(area_path)))
        return row.id

    async def revoke(self, user_id: UUID, grant_id: UUID, check_version: Callable[[int], None]) -> None:
        """Take a role back; it stops counting with the next request. The row stays.

        ``check_version`` is called with the stored version once the row is locked.

        Raises:
            NotFound: ``accounts.unknown_user`` or ``accounts.unknown_grant``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area or above its level.
            RuleViolation: ``accounts.grant_revoked`` if that has been done, ``accounts.last_admin`` when
                nobody else would administer everything.
        """
        await self._users.hold_administrators()
        user = await self._visible_user(user_id)
        row = await self._users.find_grant(user_id, grant_id, lock=True)
        if row is None:
            raise NotFound("accounts.unknown_grant")
        self._require(standing_of(row.area_path, row.level))
        check_version(row.version)
        if row.revoked_at is not None:
            raise RuleViolation("accounts.grant_revoked")
        if row.role == Role.ADMIN and row.bound == Bound.EVERYWHERE:
            others = await self._users.administrators_beside(self._now, grant=row.id, user=None)
            if others == 0:
                raise RuleViolation("accounts.last_admin")
        row.revoked_at = self._now
        row.revoked_by = self._actor.user_id
        row.touch()
        await self._record("user.grant_revoked", user, row)
        await self._session.flush()  # a refusal by the database belongs to this use case

    async def _visible_user(self, user_id: UUID) -> AccountUser:
        user = await self._users.find(user_id, self._actor)
        if user is None:
            raise NotFound("accounts.unknown_user")
        return user

    async def _standing(self, bound: Bound, target: Target) -> Standing:
        if target.place_id is not None:
            return await standing_of_place(self._session, target.place_id)
        subject_id = target.council_id or target.producer_id
        if subject_id is None:
            return Standing()
        area_path = await self._users.last_known_area(str(bound), subject_id)
        if area_path is None:
            raise NotFound("accounts.unknown_target", bound=bound)
        return Standing(tuple(area_path))

    def _require(self, standing: Standing) -> None:
        if not reaches(self._actor, Permission.GRANT_ASSIGN, standing):
            raise Forbidden("auth.not_permitted", permission=Permission.GRANT_ASSIGN)

    async def _add(
        self,
        user: AccountUser,
        role: Role,
        bound: Bound,
        target: Target,
        *,
        standing: Standing,
        valid_from: datetime | None = None,
    ) -> RoleGrant:
        row = RoleGrant(
            id=uuid7(),
            user_id=user.id,
            role=role,
            bound=bound,
            level=standing.level,
            place_id=target.place_id,
            council_id=target.council_id,
            producer_id=target.producer_id,
            area_path=list(standing.area_path),
            valid_from=valid_from or self._now,
            granted_at=self._now,
            granted_by=self._actor.user_id,
            version=1,
        )
        self._session.add(row)
        await self._session.flush()  # the same grant twice is refused here, by its unique index
        await self._record("user.grant_assigned", user, row)
        return row

    async def _record(self, kind: str, user: AccountUser, row: RoleGrant) -> None:
        target = row.place_id or row.council_id or row.producer_id
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=user.id,
            actor=self._actor,
            at=self._now,
            data=grant_facts(row.id, row.role, row.bound, target, row.valid_from),
            area_path=row.area_path or user.area_path,
        )


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who holds a role in an area or everywhere."""

    user_id: UUID
    display_name: str
    grants: tuple[Grant, ...]


async def colleagues(
    session: AsyncSession, now: datetime, *, place_ids: Sequence[str], council_id: UUID | None = None
) -> list[Colleague]:
    """Users in use with a role in one of these units, in a council or everywhere, with those roles, by name.

    Args:
        session: any session.
        now: grants that hold then count (aware).
        place_ids: administrative units, such as the area path of a file.
        council_id: the council that a file has been given to.
    """
    found: dict[UUID, tuple[str, list[Grant]]] = {}
    for user_id, name, row in await people_of_area(session, now, place_ids, council_id):
        found.setdefault(user_id, (name, []))[1].append(stored_grant(row))
    return [Colleague(user_id, name, tuple(grants)) for user_id, (name, grants) in found.items()]


async def people_concerned(
    session: AsyncSession,
    now: datetime,
    *,
    producer_id: UUID | None = None,
    place_ids: Sequence[str] = (),
    level: Level | None = None,
    user_ids: Sequence[UUID] = (),
    roles: Collection[Role] = (Role.OFFICER,),
) -> list[UUID]:
    """Ids of the users to be told of something: who acts for a producer, and an area's officers.

    Args:
        session: any session.
        now: grants that hold then count (aware).
        producer_id: those who act for this producer.
        place_ids: those with one of ``roles`` in these units, at ``level`` if one is given.
        level: of their grants; None for every level.
        user_ids: these users, as long as they hold any role.
        roles: whom of an area it concerns.
    """
    return await holders(
        session,
        now,
        producer_id=producer_id,
        place_ids=place_ids,
        level=level,
        user_ids=user_ids,
        roles=roles,
    )


async def actors_of(session: AsyncSession, now: datetime, user_ids: Sequence[UUID]) -> dict[UUID, Actor]:
    """These users as they may act at ``now`` (aware); users out of use are left out."""
    actors: dict[UUID, Actor] = {}
    for user_id, name, grant in await granted(session, now, user_ids):
        held = actors.setdefault(user_id, Actor(user_id=user_id, name=name))
        if grant is not None:
            actors[user_id] = replace(held, grants=(*held.grants, stored_grant(grant)))
    return actors
