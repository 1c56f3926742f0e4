"""Until when a dossier's step is due: what is stored, brought to the pure rules of ``dossier_clock``."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.dossiers import AddedRound, Dossier
from ocop_api.domain.calendar import OfficeCalendar, Stop
from ocop_api.domain.dossier import DossierKind, Level, Position, State
from ocop_api.domain.dossier_clock import Due, Progress, due, expected_decision, plan_rounds
from ocop_api.domain.regimes import Regime, RoundDates, regime
from ocop_api.dossiers.repository import DossierRepository
from ocop_api.office_days.service import calendar_from


class TermService:
    """Terms of dossiers in one session."""

    def __init__(self, session: AsyncSession, today: date) -> None:
        self._session = session
        self._today = today
        self._rows = DossierRepository(session)

    async def due(
        self, dossier: Dossier, *, asked_until: date | None = None, answered_on: date | None = None
    ) -> Due | None:
        """The last day of the step at which a row stands, from the rest of what the row says.

        Args:
            dossier: the row, already at its new position.
            asked_until: day by which the producer is to answer, when a supplement is being asked for.
            answered_on: day of the answer that is being handed in and has not been written yet.
        """
        if State(dossier.state).is_final or dossier.lodged_on is None:
            return None
        stops = (await self._rows.stops([dossier.id], answered_on)).get(dossier.id, ())
        rounds = await self._rows.added_rounds(dossier.area_path, dossier.requested_on or dossier.lodged_on)
        calendar = await self._calendar([dossier])
        return self._reckon(dossier, calendar, stops, rounds, asked_until)

    async def due_of_all(self, dossiers: Sequence[Dossier]) -> dict[UUID, Due | None]:
        """As ``due`` for lodged rows, with three queries for all of them."""
        if not dossiers:
            return {}
        stops = await self._rows.stops([one.id for one in dossiers])
        paths = {place for one in dossiers for place in one.area_path}
        rounds = await self._rows.added_rounds(paths, min(_start(one) for one in dossiers))
        calendar = await self._calendar(dossiers)
        return {
            one.id: self._reckon(one, calendar, stops.get(one.id, ()), rounds, one.due_on) for one in dossiers
        }

    async def expected_decision(
        self, law: Regime, kind: DossierKind, lodged_on: date, area_path: Iterable[str]
    ) -> date | None:
        """The day by which the province will have decided on a file lodged on a day."""
        places = list(area_path)
        rounds = _rounds(await self._rows.added_rounds(places, lodged_on), places)
        return expected_decision(law, kind, lodged_on, await calendar_from(self._session, lodged_on), rounds)

    def _reckon(
        self,
        dossier: Dossier,
        calendar: OfficeCalendar,
        stops: Sequence[Stop],
        rounds: Iterable[AddedRound],
        asked_until: date | None,
    ) -> Due | None:
        progress = Progress(
            kind=DossierKind(dossier.kind),
            position=Position(State(dossier.state), Level(dossier.level)),
            lodged_on=dossier.lodged_on,
            received_on=dossier.received_on,
            requested_on=dossier.requested_on,
            asked_until=asked_until,
            stops=stops,
        )
        further = _rounds(rounds, dossier.area_path)
        return due(regime(dossier.regime), progress, calendar, further, today=self._today)

    async def _calendar(self, dossiers: Sequence[Dossier]) -> OfficeCalendar:
        starts = [_start(one) for one in dossiers]
        return await calendar_from(self._session, min(starts), max(starts))


def _rounds(added: Iterable[AddedRound], area_path: Iterable[str]) -> list[RoundDates]:
    places = set(area_path)
    found = [
        RoundDates(Level(one.level), 0, one.requested_before, one.done_before)
        for one in added
        if one.place_id is None or one.place_id in places
    ]
    return [*plan_rounds(places), *found]


def _start(dossier: Dossier) -> date:
    days = [day for day in (dossier.lodged_on, dossier.received_on, dossier.requested_on) if day is not None]
    return min(days)
