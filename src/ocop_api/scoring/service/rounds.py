"""Closing a round: the seal opens, the sheets come together, and there is a result or a new round."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.scoring import CouncilResult, ScoreSheet, ScoringRound, SessionDossier, SheetDraft
from ocop_api.domain.actor import Actor, Level, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import MeetingForm
from ocop_api.domain.dossier import Acting, Action, Guard, Party
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation
from ocop_api.domain.rubric.consolidation import Consolidation
from ocop_api.domain.rubric.criteria import Language
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.scoring.policy import OPINIONS_DIFFER, chairs_or_keeps_minutes, problem_of
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.results import ComparisonRecord, ResultRead, comparison_record
from ocop_api.scoring.service.recomputing import (
    brought_together,
    counted_sheets,
    digest_of_result,
    notes_of,
)
from ocop_api.scoring.service.sessions import close_when_done
from ocop_api.scoring.service.sittings import Sitting, agenda_item, load_sitting, require_open

POINT_PLACES = 6
"""Decimals of the mean that is passed on; cut, never rounded, so that it stays in its band."""


class RoundService:
    """Closing rounds and reading what they gave."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._actor = actor
        self._now = now
        # The council proposes through whoever closes its round; the seat has been checked before.
        self._dossiers = DossierService(session, replace(actor, system=True), now)

    async def close(
        self, session_id: UUID, dossier_id: UUID, language: Language, *, without_missing: bool
    ) -> ResultRead:
        """Close the open round of a dossier and give what its sheets come to.

        Totals too far apart, or sheets that stopped at a gate the others do not share, lead to a new
        round in which every member starts from the own sheet; written opinions that differ so lead to a
        meeting (Decision 26/2026, Art. 7.6): the dossier leaves the agenda and can be put on that of a
        meeting. Otherwise the council has its result, and the dossier goes to whoever decides.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``scoring.may_not_close`` to others than the chair, who presides, and the secretary.
            RuleViolation: ``scoring.session_not_open``, ``scoring.round_closed``,
                ``scoring.sheets_missing`` with the members still awaited, ``scoring.opinions_awaited`` before
                the last day for written opinions is over, ``scoring.no_quorum`` when too few remain without
                them.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor, lock=True)
        item = await agenda_item(self._sessions, sitting, dossier_id)
        recused = [one.user_id for one in await self._sessions.recusals(session_id, dossier_id)]
        self._require_presiding(sitting, recused)
        require_open(sitting)
        current = await self._sessions.open_round(session_id, dossier_id, closing=True)
        if current is None or item.state != "scoring":
            raise RuleViolation("scoring.round_closed")
        handed_in = await self._sessions.sheets(current.id)
        sheets = counted_sheets(handed_in, recused)
        _require_sheets(
            sitting,
            dossier_id,
            recused,
            sheets,
            without_missing=without_missing,
            today=vietnam_date(self._now),
        )
        await EditionShelf(self._session).need(one.edition for one in sheets)
        result = brought_together(sheets, sitting.rules)
        set_aside = {one.member_id for one in handed_in} & set(recused)
        comparison = comparison_record(result, sitting.rules, notes_of(sheets), set_aside)
        current.state, current.closed_at, current.closed_by = "closed", self._now, self._actor.user_id
        current.comparison = comparison.model_dump(mode="json")
        await self._sessions.flush()
        await self._record_closing(sitting, current, sheets, result)
        if result.new_round_needed and sitting.row.form == MeetingForm.WRITTEN_OPINIONS:
            await self._to_a_meeting(sitting, item)
        elif result.new_round_needed:
            await self._again(current, sheets, _reason(result))
        else:
            result_id = await self._conclude(item, current, result, comparison)
            await self._propose(sitting, dossier_id, result, result_id)
        await close_when_done(self._sessions, sitting, self._now)
        return await self.result(session_id, dossier_id, language)

    async def result(
        self, session_id: UUID, dossier_id: UUID, language: Language, number: int | None = None
    ) -> ResultRead:
        """A closed round in full, the latest one unless ``number`` says which.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``, ``scoring.no_closed_round``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        await agenda_item(self._sessions, sitting, dossier_id)
        rounds = await self._sessions.rounds(session_id, dossier_id)
        closed = [
            (one, one.closed_at)
            for one in rounds
            if one.closed_at is not None and number in {None, one.number}
        ]
        if not closed:
            raise NotFound("scoring.no_closed_round")
        chosen, closed_at = closed[-1]
        following = next((one for one in rounds if one.number == chosen.number + 1), None)
        return ComparisonRecord.model_validate(chosen.comparison).read(
            language,
            session_id=session_id,
            dossier_id=dossier_id,
            round_number=chosen.number,
            rounds=len(rounds),
            next_reason=None if following is None else following.reason,
            closed_at=closed_at,
        )

    def _require_presiding(self, sitting: Sitting, recused: Sequence[UUID]) -> None:
        presiding = sitting.quorum(sitting.present, recused).presiding
        if not chairs_or_keeps_minutes(self._actor.user_id, sitting.seats, presiding):
            raise Forbidden("scoring.may_not_close")
        # A seat whose role has been taken back since does not count any more.
        held = (Permission.SHEET_SUBMIT, Permission.COUNCIL_MANAGE)
        if not any(self._actor.scope(one).covers(council_id=sitting.council.id) for one in held):
            raise Forbidden("scoring.may_not_close")

    async def _again(self, closed: ScoringRound, sheets: Sequence[ScoreSheet], reason: str) -> None:
        following = ScoringRound(
            id=uuid7(),
            session_id=closed.session_id,
            dossier_id=closed.dossier_id,
            number=closed.number + 1,
            state="open",
            reason=reason,
            opened_at=self._now,
            closed_at=None,
            closed_by=None,
            comparison=None,
        )
        await self._sessions.add(following)
        await self._sessions.add(
            *(
                SheetDraft(
                    round_id=following.id,
                    member_id=sheet.member_id,
                    choices=sheet.choices,
                    gates=sheet.gates,
                    remarks=sheet.remarks,
                    criterion_remarks=sheet.criterion_remarks,
                    version=1,
                    created_at=self._now,
                    updated_at=self._now,
                )
                for sheet in sheets
            )
        )

    async def _to_a_meeting(self, sitting: Sitting, item: SessionDossier) -> None:
        item.state, item.dropped_reason = "dropped", OPINIONS_DIFFER
        await record(
            self._session,
            kind="session.dossier_dropped",
            subject_type="council_session",
            subject_id=sitting.row.id,
            actor=self._actor,
            at=self._now,
            data={
                "council_id": str(sitting.council.id),
                "dossier_id": str(item.dossier_id),
                "reason": OPINIONS_DIFFER,
            },
            area_path=sitting.council.area_path,
        )

    async def _conclude(
        self,
        item: SessionDossier,
        closed: ScoringRound,
        result: Consolidation,
        comparison: ComparisonRecord,
    ) -> UUID:
        result_id = uuid7()
        kept: dict[str, Any] = comparison.model_dump(mode="json")
        digest = digest_of_result(item.session_id, item.dossier_id, kept)
        explanation = kept.pop("explanation")
        await self._sessions.add(
            CouncilResult(
                id=result_id,
                session_id=item.session_id,
                dossier_id=item.dossier_id,
                round_id=closed.id,
                outcome=result.outcome,
                mean=None if result.mean is None else str(result.mean),
                displayed_mean=result.displayed_mean,
                star=result.star,
                consolidation=kept,
                explanation=explanation,
                sha256=digest,
                concluded_at=self._now,
                concluded_by=self._actor.user_id,
            )
        )
        item.state = "concluded"
        return result_id

    async def _propose(
        self, sitting: Sitting, dossier_id: UUID, result: Consolidation, result_id: UUID
    ) -> None:
        dossier = await self._dossiers.get(dossier_id, lock=True)
        points = Decimal(0) if result.mean is None else cut(result.mean)
        await self._dossiers.record_result(
            dossier, points=points, star=result.star, source=f"council_result:{result_id}"
        )
        await self._dossiers.advance(
            dossier,
            Action.PROPOSE,
            acting=Acting(Party.COUNCIL, Level(sitting.council.level)),
            satisfied={Guard.ROUND_CLOSED},
        )

    async def _record_closing(
        self, sitting: Sitting, closed: ScoringRound, sheets: Sequence[ScoreSheet], result: Consolidation
    ) -> None:
        await record(
            self._session,
            kind="round.closed",
            subject_type="dossier",
            subject_id=closed.dossier_id,
            actor=self._actor,
            at=self._now,
            data={
                "session_id": str(closed.session_id),
                "round": closed.number,
                "outcome": result.outcome.value,
                "mean": None if result.mean is None else str(result.mean),
                "star": result.star,
                "sheets": {str(one.member_id): one.sha256 for one in sheets},
            },
            area_path=sitting.council.area_path,
        )


def cut(mean: Fraction) -> Decimal:
    """A mean with ``POINT_PLACES`` decimals, cut downwards."""
    return Decimal(floor(mean * 10**POINT_PLACES)).scaleb(-POINT_PLACES)


def _reason(result: Consolidation) -> str:
    return "spread_exceeded" if result.spread_exceeded else "sheets_unfinished"


def _require_sheets(
    sitting: Sitting,
    dossier_id: UUID,
    recused: Sequence[UUID],
    sheets: Sequence[ScoreSheet],
    *,
    without_missing: bool,
    today: date,
) -> None:
    handed_in = {one.member_id for one in sheets}
    missing = [member for member in sitting.expected(recused) if member not in handed_in]
    if missing and not without_missing:
        raise RuleViolation("scoring.sheets_missing", members=[str(one) for one in missing])
    due_on = sitting.row.opinions_due_on
    if missing and due_on is not None and today <= due_on:
        # Whoever is asked for an opinion has the time that was given for it.
        raise RuleViolation(
            "scoring.opinions_awaited", members=[str(one) for one in missing], due_on=due_on.isoformat()
        )
    decided = sitting.quorum(handed_in, recused)
    if not decided.met:
        raise RuleViolation("scoring.no_quorum", dossiers=[problem_of(decided, dossier_id)])
