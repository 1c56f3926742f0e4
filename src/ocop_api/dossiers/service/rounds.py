"""The rating rounds of a year: of the decision, of a plan, and those that a province or the ministry adds."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.tables.dossiers import AddedRound
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier_clock import PLAN_ROUNDS
from ocop_api.domain.errors import Forbidden, Invalid, NotFound
from ocop_api.domain.regimes import REGIMES
from ocop_api.dossiers.repository import DossierRepository
from ocop_api.dossiers.work_schemas import RatingRoundOrder, RatingRoundQuery, RatingRoundRead
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.office_days.service import RECOUNT
from ocop_api.places.service import PlaceService

_WITH_ROUNDS = (Level.PROVINCE, Level.CENTRAL)


class RatingRoundService:
    """Rounds for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._rows = DossierRepository(session)
        self._actor = actor
        self._now = now

    async def listed(self, wanted: RatingRoundQuery) -> list[RatingRoundRead]:
        """The rounds for requests of a year."""
        year = wanted.year or vietnam_date(self._now).year
        added = await self._rows.rounds_of_year(year, wanted.place)
        found = [
            *_of_decisions(year),
            *_of_plans(year, wanted.place),
            *map(RatingRoundRead.model_validate, added),
        ]
        kept = [one for one in found if wanted.level in {None, one.level}]
        return sorted(kept, key=lambda one: (one.requested_before, one.done_before, one.level))

    async def get(self, round_id: UUID) -> RatingRoundRead:
        """An added round; ``NotFound`` ``dossier.unknown_round``."""
        row = await self._rows.added_round(round_id, lock=False)
        if row is None:
            raise NotFound("dossier.unknown_round", round_id=round_id)
        return RatingRoundRead.model_validate(row)

    async def add(self, order: RatingRoundOrder) -> RatingRoundRead:
        """Add a round; the terms of open dossiers are reckoned anew.

        Raises:
            Invalid: ``dossier.round_level``, ``dossier.round_place``, ``dossier.round_days``.
            NotFound: ``places.unknown``.
            Forbidden: ``auth.not_permitted`` outside of the actor's area or at another level.
            Conflict: ``dossier.round_exists``.
        """
        if order.level not in _WITH_ROUNDS:
            raise Invalid("dossier.round_level", levels=[level.value for level in _WITH_ROUNDS])
        if order.requested_before > order.done_before:
            raise Invalid("dossier.round_days", first=order.requested_before, last=order.done_before)
        await self._require_right(order.level, order.place_id)
        row = AddedRound(
            id=uuid7(),
            **order.model_dump(),
            created_by=self._actor.user_id,
            created_at=self._now,
            updated_at=self._now,
            version=1,
        )
        self._session.add(row)
        # A round that is there already shows here.
        await self._session.flush()
        await self._tell("rating_round.added", row)
        return RatingRoundRead.model_validate(row)

    async def remove(self, round_id: UUID, check: Callable[[int], None]) -> None:
        """Take an added round away.

        Raises:
            NotFound: ``dossier.unknown_round``.
            Forbidden: as ``add``.
            StaleVersion: of ``check``.
        """
        row = await self._rows.added_round(round_id, lock=True)
        if row is None:
            raise NotFound("dossier.unknown_round", round_id=round_id)
        await self._require_right(Level(row.level), row.place_id)
        check(row.version)
        await self._session.delete(row)
        await self._session.flush()
        await self._tell("rating_round.removed", row)

    async def _require_right(self, level: Level, place_id: str | None) -> None:
        if (place_id is None) != (level is Level.CENTRAL):
            raise Invalid("dossier.round_place", level=level)
        area_path: list[str] = []
        if place_id is not None:
            place = await PlaceService(self._session).get(place_id)
            if place.level is not Level.PROVINCE:
                raise Invalid("dossier.round_place", level=level)
            area_path = await PlaceService(self._session).area_path(place_id)
        if not self._actor.scope(Permission.COUNCIL_MANAGE, levels={level}).covers(area_path=area_path):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)

    async def _tell(self, kind: str, row: AddedRound) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="rating_round",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data={
                "level": row.level,
                "place_id": row.place_id,
                "requested_before": row.requested_before.isoformat(),
                "done_before": row.done_before.isoformat(),
                "source": row.source,
            },
            area_path=[] if row.place_id is None else [row.place_id],
        )
        await enqueue(self._session, RECOUNT, {})


def _of_decisions(year: int) -> Iterator[RatingRoundRead]:
    for law in REGIMES:
        for item in law.rounds:
            requested_before = date(year, *item.requested_before)
            if not law.covers(requested_before):
                continue
            done_before = date(year, *item.done_before)
            yield RatingRoundRead(
                id=None,
                level=item.level,
                place_id=None,
                requested_before=requested_before,
                done_before=done_before,
                source=item.source.text,
                version=None,
            )


def _of_plans(year: int, place: str | None) -> Iterator[RatingRoundRead]:
    for place_id, dates, source in PLAN_ROUNDS:
        if dates.requested_before.year == year and place in {None, place_id}:
            yield RatingRoundRead(
                id=None,
                level=dates.level,
                place_id=place_id,
                requested_before=dates.requested_before,
                done_before=dates.done_before,
                source=source.text,
                version=None,
            )
