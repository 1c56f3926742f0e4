"""Setting up councils and changing who sits on them and who is of their advisory groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.grants import GrantService
from ocop_api.accounts.policy import Target
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.scoring import Council, CouncilAdviser, CouncilMember
from ocop_api.domain.actor import Actor, Level, Permission, Role
from ocop_api.domain.council import (
    Adviser,
    AdviserOffice,
    Office,
    Seat,
    check_advisory_group,
    check_composition,
)
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.scoring.policy import VersionCheck, may_manage
from ocop_api.scoring.repository import CouncilRepository
from ocop_api.scoring.schemas.councils import (
    AdviserInput,
    AdviserRead,
    CouncilChange,
    CouncilCreate,
    CouncilFilter,
    CouncilRead,
    CouncilSummary,
    MemberInput,
    MemberRead,
    RulesInput,
    RulesRead,
)


class CouncilService:
    """Councils as the actor may see and change them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._councils = CouncilRepository(session)
        self._actor = actor
        self._now = now

    async def set_up(self, wanted: CouncilCreate) -> CouncilRead:
        """Set up a council; each seat and each place in its advisory group brings its role in this council.

        Raises:
            Invalid: ``scoring.place_not_of_level``, ``council.rules_invalid``, a list of seats that is no
                council (``council.one_chair_needed`` and the like), or advisers who are no group
                (``council.one_leader_needed`` and the like).
            Forbidden: ``auth.not_permitted`` outside of the actor's area or at another level.
            NotFound: ``places.unknown``, ``accounts.unknown_user``.
            Conflict: ``scoring.council_exists`` for a decision number used at this place.
        """
        wanted.rules.rules()
        _check(wanted.members)
        check_advisory_group(_advising(wanted.advisers), _seats(wanted.members))
        level = Level(wanted.level)
        area_path = await self._area_path(level, wanted.place_id)
        scope = self._actor.scope(Permission.COUNCIL_MANAGE, levels={level})
        if not scope.covers(area_path=area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)
        council = Council(
            id=uuid7(),
            name=wanted.name,
            level=level,
            place_id=wanted.place_id,
            area_path=area_path,
            decision_number=wanted.decision_number,
            decision_date=wanted.decision_date,
            rules=wanted.rules.model_dump(mode="json"),
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        await self._councils.add(council)
        await self._seat(council, wanted.members, start=0)
        await self._appoint_advisers(council, wanted.advisers, {})
        await self._record(council, "council.set_up", {"decision_number": council.decision_number})
        return await self._read(council)

    async def page(self, wanted: CouncilFilter) -> tuple[Rows, list[CouncilSummary]]:
        """One page of the councils the actor may see."""
        rows = await self._councils.page(wanted, self._actor)
        return rows, [CouncilSummary.model_validate(row) for row in rows.items]

    async def get(self, council_id: UUID) -> CouncilRead:
        """One council; ``NotFound`` ``scoring.unknown_council``."""
        return await self._read(await self._visible(council_id))

    async def change(
        self, council_id: UUID, wanted: CouncilChange, check_version: VersionCheck
    ) -> CouncilRead:
        """Give the council new seats, a new advisory group or new rules.

        Who leaves loses the role, who comes gets it. Sessions that have opened keep their seats and rules.

        Raises:
            NotFound: ``scoring.unknown_council``, ``accounts.unknown_user``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.session_under_way`` for new seats while a session is open.
            Invalid: ``council.rules_invalid``, a list of seats that is no council, or advisers who are no
                group beside the seats there are then.
        """
        if wanted.rules is not None:
            wanted.rules.rules()
        if wanted.members is not None:
            _check(wanted.members)
        council = await self._visible(council_id, lock=True)
        if not may_manage(self._actor, council.level, council.area_path, council.id):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)
        check_version(council.version)
        await self._check_advisers(council, wanted)
        if wanted.members is not None:
            await self._reseat(council, wanted.members)
        if wanted.advisers is not None:
            await self._regroup(council, wanted.advisers)
        if wanted.rules is not None:
            await self._regulate(council, wanted.rules)
        council.touch()
        council.updated_at = self._now
        await self._session.flush()  # a refusal by the database belongs to this use case
        return await self._read(council)

    async def _regulate(self, council: Council, rules: RulesInput) -> None:
        before, council.rules = council.rules, rules.model_dump(mode="json")
        changed = {
            name: {"before": before.get(name), "after": value}
            for name, value in council.rules.items()
            if before.get(name) != value
        }
        await self._record(council, "council.rules_changed", {"rules": changed})

    async def _reseat(self, council: Council, members: Sequence[MemberInput]) -> None:
        if await self._councils.has_open_session(council.id):
            raise RuleViolation("scoring.session_under_way")
        before = {row.user_id: row for row in await self._councils.members(council.id)}
        # The order and names may all change, so every seat is written anew; only changed roles are touched.
        kept: dict[UUID, UUID] = {}
        wanted = {member.user_id: _role(member.office) for member in members}
        for user_id, row in before.items():
            if wanted.get(user_id) is _role(Office(row.office)):
                kept[user_id] = row.grant_id
            else:
                await self._dismiss(user_id, row.grant_id)
        await self._councils.remove_members(council.id, list(before))
        for row in before.values():
            self._session.expunge(row)
        await self._seat(council, members, start=0, kept=kept)
        await self._record(
            council,
            "council.members_changed",
            {
                "left": sorted(str(u) for u in before if u not in wanted),
                "joined": sorted(str(u) for u in wanted if u not in before),
            },
        )

    async def _check_advisers(self, council: Council, wanted: CouncilChange) -> None:
        """Judge advisers and seats as they will be beside each other."""
        if wanted.members is None and wanted.advisers is None:
            return
        seats: Sequence[MemberInput | CouncilMember] | None = wanted.members
        if seats is None:
            seats = await self._councils.members(council.id)
        advisers: Sequence[AdviserInput | CouncilAdviser] | None = wanted.advisers
        if advisers is None:
            advisers = await self._councils.advisers(council.id)
        check_advisory_group(_advising(advisers), _seats(seats))

    async def _regroup(self, council: Council, advisers: Sequence[AdviserInput]) -> None:
        """Write the advisory group anew; it may change while a session is open, since nobody of it scores."""
        before = {row.user_id: row for row in await self._councils.advisers(council.id)}
        wanted = {adviser.user_id for adviser in advisers}
        for user_id, row in before.items():
            if user_id not in wanted:
                await self._dismiss(user_id, row.grant_id)
        await self._councils.remove_advisers(council.id)
        kept = {user_id: row.grant_id for user_id, row in before.items() if user_id in wanted}
        for row in before.values():
            self._session.expunge(row)
        await self._appoint_advisers(council, advisers, kept)
        await self._record(
            council,
            "council.advisers_changed",
            {
                "left": sorted(str(u) for u in before if u not in wanted),
                "joined": sorted(str(u) for u in wanted if u not in before),
            },
        )

    async def _appoint_advisers(
        self, council: Council, advisers: Sequence[AdviserInput], kept: Mapping[UUID, UUID]
    ) -> None:
        grants = GrantService(self._session, self._actor, self._now)
        places: list[CouncilAdviser] = []
        for position, adviser in enumerate(advisers):
            grant_id = kept.get(adviser.user_id) or await grants.appoint(
                adviser.user_id,
                Role.COUNCIL_ADVISER,
                Target(council_id=council.id),
                area_path=council.area_path,
            )
            places.append(
                CouncilAdviser(
                    council_id=council.id,
                    user_id=adviser.user_id,
                    office=adviser.office,
                    name=adviser.name,
                    position=position,
                    grant_id=grant_id,
                )
            )
        await self._councils.add(*places)

    async def _area_path(self, level: Level, place_id: str | None) -> list[str]:
        if (level is Level.CENTRAL) != (place_id is None):
            raise Invalid("scoring.place_not_of_level", level=level)
        if place_id is None:
            return []
        places = PlaceService(self._session)
        if (await places.get(place_id)).level != level:
            raise Invalid("scoring.place_not_of_level", level=level)
        return list(await places.area_path(place_id))

    async def _seat(
        self,
        council: Council,
        members: Sequence[MemberInput],
        *,
        start: int,
        kept: dict[UUID, UUID] | None = None,
    ) -> None:
        grants = GrantService(self._session, self._actor, self._now)
        seats: list[CouncilMember] = []
        for position, member in enumerate(members, start):
            grant_id = (kept or {}).get(member.user_id) or await grants.appoint(
                member.user_id,
                _role(member.office),
                Target(council_id=council.id),
                area_path=council.area_path,
            )
            seats.append(
                CouncilMember(
                    council_id=council.id,
                    user_id=member.user_id,
                    office=member.office,
                    name=member.name,
                    position=position,
                    grant_id=grant_id,
                )
            )
        await self._councils.add(*seats)

    async def _dismiss(self, user_id: UUID, grant_id: UUID) -> None:
        # The right to change the seats has been checked; the role that came with a seat goes with it,
        # although the actor administers no accounts. The ledger still names the actor.
        acting = replace(self._actor, system=True)
        await GrantService(self._session, acting, self._now).revoke(user_id, grant_id, _any_version)

    async def _visible(self, council_id: UUID, *, lock: bool = False) -> Council:
        council = await self._councils.find(council_id, self._actor, lock=lock)
        if council is None:
            raise NotFound("scoring.unknown_council")
        return council

    async def _read(self, council: Council) -> CouncilRead:
        members = await self._councils.members(council.id)
        advisers = await self._councils.advisers(council.id)
        return CouncilRead(
            **CouncilSummary.model_validate(council).model_dump(),
            members=[MemberRead.model_validate(member) for member in members],
            advisers=[AdviserRead.model_validate(adviser) for adviser in advisers],
            rules=RulesRead.model_validate(council.rules),
        )

    async def _record(self, council: Council, kind: str, data: dict[str, object]) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="council",
            subject_id=council.id,
            actor=self._actor,
            at=self._now,
            data=data,
            area_path=council.area_path,
        )


def _check(members: Sequence[MemberInput]) -> None:
    check_composition(_seats(members))


def _seats(members: Iterable[MemberInput | CouncilMember]) -> list[Seat]:
    return [Seat(member.user_id, Office(member.office)) for member in members]


def _advising(advisers: Iterable[AdviserInput | CouncilAdviser]) -> list[Adviser]:
    return [Adviser(adviser.user_id, AdviserOffice(adviser.office)) for adviser in advisers]


def _role(office: Office) -> Role:
    return Role.COUNCIL_SECRETARY if office is Office.SECRETARY else Role.COUNCIL_MEMBER


def _any_version(_stored: int) -> None:
    """The seat's row is locked by its council, so there is no other writer to notice."""
