"""Gathering what the papers of a session are filled in from. Open rounds give nothing of their sheets."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import (
    ClearedTie,
    Council,
    LateSheet,
    ScoreSheet,
    ScoringRound,
    SessionDossier,
    SessionRecusal,
    SheetDraft,
)
from ocop_api.domain.actor import Actor
from ocop_api.domain.council import MeetingForm, Office, RecusalOrigin, RecusalReason, votes
from ocop_api.domain.errors import NotFound
from ocop_api.domain.forwarding import Outcome, forwarding
from ocop_api.domain.regimes import Level, regime
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.domain.vietnamese import strip_unit_prefix
from ocop_api.dossiers.schemas import Registration
from ocop_api.dossiers.service import DossierService
from ocop_api.places.service import PlaceService
from ocop_api.producers.service import ProducerService
from ocop_api.products.service import ProductService
from ocop_api.scoring.papers.council_facts import (
    FileFacts,
    LateFacts,
    Letterhead,
    RecusalFacts,
    RoundFacts,
    SeatFacts,
    SessionFacts,
    SheetFacts,
)
from ocop_api.scoring.papers.council_words import MINISTRY, begun_small
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.evaluation import EvaluationRecord, SheetContent, evaluation_record
from ocop_api.scoring.schemas.results import ComparisonRecord
from ocop_api.scoring.service.rounds import cut
from ocop_api.scoring.service.rubric import sheet_of
from ocop_api.scoring.service.sittings import Sitting


class FactsService:
    """Facts of sessions that the caller has been found to see."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        # Whoever sees the session sees its results; names of files and people are then read as such.
        system = replace(actor, system=True)
        self._dossiers = DossierService(session, system, now)
        self._products = ProductService(session, system, now)
        self._producers = ProducerService(session, system, now)

    async def gathered(self, sitting: Sitting, only: Collection[UUID] | None = None) -> SessionFacts:
        """The session with the dossiers of its agenda, or with ``only`` some of them."""
        session_id, row = sitting.row.id, sitting.row
        seats = [
            SeatFacts(
                one.user_id,
                one.name,
                Office(one.office),
                # Whoever left before the end had come.
                one.present or one.left_at is not None,
                arrived_at=one.arrived_at,
                left_at=None if one.present else one.left_at,
                scores=votes(Office(one.office), sitting.rules),
            )
            for one in sitting.seat_rows
        ]
        by_person = {seat.person: seat for seat in seats}
        agenda = [
            item
            for item in await self._sessions.agenda(session_id)
            if only is None or item.dossier_id in only
        ]
        recusals = await self._sessions.recusals(session_id)
        rounds = await self._sessions.rounds(session_id)
        late = await self._sessions.late(session_id)
        cleared = await self._sessions.cleared(session_id)
        decided = sitting.quorum(sitting.present, ())
        files = []
        for item in agenda:
            kept_out = [one for one in recusals if one.dossier_id == item.dossier_id]
            presiding = sitting.quorum(sitting.present, [one.user_id for one in kept_out]).presiding
            files.append(
                await self._file(
                    sitting,
                    item,
                    kept_out,
                    [one for one in rounds if one.dossier_id == item.dossier_id],
                    [one for one in late if one.dossier_id == item.dossier_id],
                    [one for one in cleared if one.dossier_id == item.dossier_id],
                    by_person,
                    presiding=by_person[presiding] if isinstance(presiding, UUID) else None,
                )
            )
        chair = decided.presiding
        return SessionFacts(
            head=await self._letterhead(sitting.council),
            form=MeetingForm(row.form),
            meeting_reason=row.meeting_reason,
            held_on=row.held_on,
            venue=row.venue,
            short_notice_reason=row.short_notice_reason,
            opinions_due_on=row.opinions_due_on,
            opened_at=row.opened_at or row.created_at,
            closed_at=row.closed_at,
            seats=seats,
            quorum=decided,
            presiding=by_person[chair] if isinstance(chair, UUID) else None,
            files=files,
        )

    async def sheet(self, facts: SessionFacts, row: ScoreSheet) -> SheetFacts:
        """A handed-in sheet."""
        await EditionShelf(self._session).need([row.edition])
        return SheetFacts(
            member=_seat_of(facts, row.member_id),
            round=row.round_number,
            version=row.version_number,
            criteria_set=load_edition(row.edition).criteria_set(row.set_number),
            choices={code: chosen["level"] for code, chosen in row.choices.items()},
            gates={found["gate"]: found["reason"] for found in row.gates},
            remarks=row.remarks,
            criterion_remarks=row.criterion_remarks,
            evaluation=EvaluationRecord.model_validate(row.evaluation),
            sha256=row.sha256,
            submitted_at=row.submitted_at,
            written_at=row.submitted_at,
        )

    async def draft(self, facts: SessionFacts, file: FileFacts, number: int, row: SheetDraft) -> SheetFacts:
        """A sheet in the making; ``NotFound`` ``scoring.no_sheet`` of a file without criteria."""
        dossier = await self._dossiers.get(file.dossier_id)
        if dossier.edition is None:
            raise NotFound("scoring.no_sheet")
        content = SheetContent.model_validate({"choices": row.choices, "gates": row.gates})
        evaluation = evaluate(sheet_of(dossier.edition, dossier.set_number, content))
        return SheetFacts(
            member=_seat_of(facts, row.member_id),
            round=number,
            version=file.version,
            criteria_set=load_edition(dossier.edition).criteria_set(dossier.set_number),
            choices={code: chosen["level"] for code, chosen in row.choices.items()},
            gates={found["gate"]: found["reason"] for found in row.gates},
            remarks=row.remarks,
            criterion_remarks=row.criterion_remarks,
            evaluation=evaluation_record(evaluation),
            sha256=None,
            submitted_at=None,
            written_at=row.updated_at,
        )

    async def _letterhead(self, council: Council) -> Letterhead:
        authority, lines, where = MINISTRY, MINISTRY, "Hà Nội"
        if council.place_id is not None:
            place = await PlaceService(self._session).get(council.place_id)
            authority = f"Ủy ban nhân dân {begun_small(place.name)}"
            lines = f"Ủy ban nhân dân\n{place.name}"
            where = strip_unit_prefix(place.name)
        return Letterhead(
            council=council.name,
            level=Level(council.level),
            authority=authority,
            authority_lines=lines.upper(),
            place=where,
            decision_number=council.decision_number,
            decision_date=council.decision_date,
        )

    async def _file(
        self,
        sitting: Sitting,
        item: SessionDossier,
        recusals: Sequence[SessionRecusal],
        rounds: Sequence[ScoringRound],
        late: Sequence[LateSheet],
        cleared: Sequence[ClearedTie],
        seats: dict[UUID, SeatFacts],
        *,
        presiding: SeatFacts | None,
    ) -> FileFacts:
        dossier = await self._dossiers.get(item.dossier_id)
        slip = await self._registration(dossier, item.version_number)
        product = await self._products.get(dossier.product_id)
        producer = await self._producers.get(dossier.producer_id)
        numbers = {one.id: one.number for one in rounds}
        closed = [_round(one) for one in rounds]
        found = closed[-1].comparison if item.state == "concluded" and closed else None
        return FileFacts(
            dossier_id=dossier.id,
            product=slip.product_name or product.name,
            producer=slip.organisation or producer.name,
            address=slip.address or producer.address or "",
            product_code=dossier.product_code or "",
            kind=dossier.kind,
            regime=regime(dossier.regime),
            version=item.version_number,
            state=item.state,
            dropped_reason=item.dropped_reason,
            presiding=presiding,
            recusals=[
                RecusalFacts(
                    seats[one.user_id].name,
                    RecusalReason(one.reason),
                    RecusalOrigin(one.origin),
                    one.declared_by == one.user_id,
                    one.note,
                )
                for one in sorted(recusals, key=lambda one: (one.declared_at, one.user_id))
                if one.user_id in seats
            ],
            cleared=[
                (seats[one.user_id].name, one.reason)
                for one in sorted(cleared, key=lambda one: (one.cleared_at, one.user_id))
                if one.user_id in seats
            ],
            rounds=closed,
            late=[
                LateFacts(seats[one.member_id].name, numbers[one.round_id], one.received_at)
                for one in late
                if one.member_id in seats
            ],
            outcome=None if found is None else _proposed(dossier, Level(sitting.council.level), found),
        )

    async def _registration(self, dossier: Dossier, number: int | None) -> Registration:
        """The registration slip of the version that is scored, of the file as it is where none was fixed."""
        contents: dict[str, Any] = dossier.contents
        if number is not None:
            versions = await self._dossiers.versions(dossier.id)
            contents = next((one.contents for one in versions if one.number == number), contents)
        return Registration.model_validate(contents.get("registration") or {})


def _round(row: ScoringRound) -> RoundFacts:
    comparison = None if row.comparison is None else ComparisonRecord.model_validate(row.comparison)
    return RoundFacts(row.number, row.reason, row.opened_at, row.closed_at, comparison)


def _proposed(dossier: Dossier, level: Level, found: ComparisonRecord) -> Outcome:
    """What followed when the round closed: the file may have gone on since, its result has not changed."""
    points = Decimal(0) if found.mean is None else cut(Fraction(found.mean.exact))
    return forwarding(regime(dossier.regime), level, points, found.star or 1)


def _seat_of(facts: SessionFacts, person: UUID) -> SeatFacts:
    return next(seat for seat in facts.seats if seat.person == person)
