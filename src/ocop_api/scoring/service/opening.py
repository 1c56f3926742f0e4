"""Opening a session, who is there, and the beginning of the scoring."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from ocop_api.db.base import uuid7
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilMember, ScoringRound, SessionDossier, SessionSeat
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import MeetingForm, Office, Seat, quorum
from ocop_api.domain.council_session import SessionAction, notice_given, required_notice
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import regime
from ocop_api.office_days.service import calendar_from
from ocop_api.scoring.policy import problem_of
from ocop_api.scoring.schemas.sessions import AttendanceChange, SessionOpening, SessionRead
from ocop_api.scoring.service.conflicts import ConflictService, Recusals
from ocop_api.scoring.service.sittings import Sitting, require_seated


class OpeningService(ConflictService):
    """Sessions from their opening until the rounds."""

    async def open(self, session_id: UUID, opening: SessionOpening) -> SessionRead:
        """Open a session: who is there, who does not take part, and, unless told otherwise, the rounds.

        A member whose tie to a dossier's producer is certain is recused even if nobody declares it; a tie
        that rests on a name alone has to be answered first.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``scoring.not_seated`` for people without a seat.
            RuleViolation: ``scoring.session_not_planned``, ``scoring.dossiers_not_ready``,
                ``scoring.conflicts_unsettled``, ``scoring.secretary_rated_before``,
                ``scoring.notice_too_short`` without a reason for it,
                ``scoring.no_quorum`` with the dossiers on which the council may not act.
        """
        sitting = (await self.locked(session_id))[0]
        members = await self.councils.members(sitting.council.id)
        seats = [Seat(member.user_id, Office(member.office)) for member in members]
        self.require_business(sitting, seats)
        step = self.step(sitting, SessionAction.OPEN)
        present = opening.present
        if sitting.row.form == MeetingForm.WRITTEN_OPINIONS:
            # Nobody comes together: those asked count as there, and the quorum is that of opinions given.
            present = present or [seat.person for seat in seats if isinstance(seat.person, UUID)]
        require_seated(seats, [*present, *(one.user_id for one in opening.recusals)])
        agenda = [one for one in await self.sessions.agenda(session_id) if one.state == "waiting"]
        dossiers = await self.ready(sitting.council, [item.dossier_id for item in agenda])
        recusals = await self.settled(sitting, seats, dossiers, opening.recusals, opening.cleared)
        _require_quorum(sitting, seats, present, recusals)
        await self._give_notice(sitting, dossiers.values(), opening.short_notice_reason)
        await self._seat(sitting, members, frozenset(present), recusals)
        row = sitting.row
        row.rules = sitting.council.rules
        row.state, row.opened_at = step.target.value, self.now
        self.changed(row)
        # What is scored stands from now on, even if a supplement came in before the rounds begin.
        versions = await self.dossiers.newest_versions([item.dossier_id for item in agenda])
        for item in agenda:
            item.version_number = versions.get(item.dossier_id)
        await self.record(
            row,
            sitting.council,
            "session.opened",
            {
                "present": sorted(str(one) for one in present),
                "recused": {str(d): sorted(str(m) for m in by) for d, by in recusals.items() if by},
                **({} if row.short_notice_reason is None else {"short_notice": True}),
            },
        )
        await self.sessions.flush()
        if opening.begin_scoring:
            await self._begin(sitting)
        return await self.get(session_id)

    async def begin_scoring(self, session_id: UUID) -> SessionRead:
        """Open the first round on every dossier of the agenda, if the quorum still holds on each.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.session_not_open``, ``scoring.no_quorum``.
        """
        sitting, seats = await self.locked(session_id)
        self.require_business(sitting, seats)
        self.step(sitting, SessionAction.BEGIN_SCORING)
        recusals: Recusals = {
            one.dossier_id: {} for one in await self.sessions.agenda(session_id) if one.state == "waiting"
        }
        for row in await self.sessions.recusals(session_id):
            if row.dossier_id in recusals:
                recusals[row.dossier_id][row.user_id] = row
        _require_quorum(sitting, seats, sitting.present, recusals)
        await self._begin(sitting)
        return await self.get(session_id)

    async def correct_attendance(self, session_id: UUID, change: AttendanceChange) -> SessionRead:
        """Note who came later and who left before the end.

        Whoever came may score what is still open. The sheets of whoever left count; no further one is
        waited for.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``scoring.not_seated``.
            RuleViolation: ``scoring.session_not_open``.
        """
        sitting, seats = await self.locked(session_id)
        self.require_business(sitting, seats)
        self.step(sitting, SessionAction.CORRECT_ATTENDANCE)
        require_seated(seats, [*change.arrived, *change.left])
        arrived, left = set(change.arrived), set(change.left) - set(change.arrived)
        changed: dict[str, list[str]] = {"arrived": [], "left": []}
        for seat in sitting.seat_rows:
            if seat.user_id in arrived and not seat.present:
                seat.present, seat.arrived_at = True, seat.arrived_at or self.now
                changed["arrived"].append(str(seat.user_id))
            elif seat.user_id in left and seat.present:
                seat.present, seat.left_at = False, self.now
                changed["left"].append(str(seat.user_id))
        if any(changed.values()):
            self.changed(sitting.row)
            await self.record(
                sitting.row,
                sitting.council,
                "session.attendance_changed",
                {name: sorted(people) for name, people in changed.items()},
            )
            await self.sessions.flush()
        return await self.get(session_id)

    async def _begin(self, sitting: Sitting) -> None:
        step = self.step(sitting, SessionAction.BEGIN_SCORING)
        agenda = [one for one in await self.sessions.agenda(sitting.row.id) if one.state == "waiting"]
        await self.sessions.add(*(first_round(item, self.now) for item in agenda))
        for item in agenda:
            item.state = "scoring"
        sitting.row.state = step.target.value
        self.changed(sitting.row)
        await self.record(
            sitting.row,
            sitting.council,
            "session.scoring_begun",
            {"dossier_ids": [str(item.dossier_id) for item in agenda]},
        )
        await self.sessions.flush()

    async def _give_notice(self, sitting: Sitting, dossiers: Iterable[Dossier], reason: str | None) -> None:
        row, rules = sitting.row, sitting.rules
        invited_on = None if row.invited_at is None else vietnam_date(row.invited_at)
        first_day = min(self.today, invited_on or self.today)
        calendar = await calendar_from(self.session, first_day, self.today)
        if row.form == MeetingForm.WRITTEN_OPINIONS:
            row.opinions_due_on = row.opinions_due_on or calendar.add(self.today, rules.opinion_working_days)
            return
        required = required_notice(rules.notice_working_days, (regime(one.regime) for one in dossiers))
        given = notice_given(invited_on, row.held_on, self.today, calendar)
        if given >= required:
            return
        if reason is None:
            raise RuleViolation("scoring.notice_too_short", required=required, given=given)
        row.short_notice_reason = reason

    async def _seat(
        self,
        sitting: Sitting,
        members: Sequence[CouncilMember],
        present: Collection[UUID],
        recusals: Recusals,
    ) -> None:
        await self.sessions.add(
            *(
                SessionSeat(
                    session_id=sitting.row.id,
                    user_id=member.user_id,
                    office=member.office,
                    name=member.name,
                    position=member.position,
                    present=member.user_id in present,
                    arrived_at=None,
                    left_at=None,
                )
                for member in members
            ),
            *(recusal for by_member in recusals.values() for recusal in by_member.values()),
        )


def first_round(item: SessionDossier, now: datetime) -> ScoringRound:
    """The round with which the scoring of a dossier begins."""
    return ScoringRound(
        id=uuid7(),
        session_id=item.session_id,
        dossier_id=item.dossier_id,
        number=1,
        state="open",
        reason=None,
        opened_at=now,
        closed_at=None,
        closed_by=None,
        comparison=None,
    )


def _require_quorum(
    sitting: Sitting, seats: Sequence[Seat], present: Iterable[UUID], recusals: Recusals
) -> None:
    here = frozenset(present)
    problems = [
        problem_of(decided, dossier_id)
        for dossier_id, recused in recusals.items()
        if not (decided := quorum(seats, here, recused.keys(), sitting.rules)).met
    ]
    if problems:
        raise RuleViolation("scoring.no_quorum", dossiers=problems)
