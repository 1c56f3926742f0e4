"""Papers of a session as files: who may have which, and the same bytes from the same data."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.scoring import ScoringRound
from ocop_api.db.tables.signed_papers import SignedPaper
from ocop_api.domain.actor import Actor
from ocop_api.domain.council_session import ENDED
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation
from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.papers.blocks import Form
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.dossiers.papers.word import form_docx
from ocop_api.scoring.paper_repository import PaperRepository
from ocop_api.scoring.papers.council_consolidated import consolidated
from ocop_api.scoring.papers.council_decision import recognition_decision
from ocop_api.scoring.papers.council_facts import (
    CouncilPaper,
    FileFacts,
    RoundFacts,
    SessionFacts,
    SheetFacts,
)
from ocop_api.scoring.papers.council_minutes import minutes
from ocop_api.scoring.papers.council_sheet import score_sheet, score_sheets
from ocop_api.scoring.papers.council_submission import submission
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.papers import CouncilPaperRead, PaperChoice, SessionPapersRead
from ocop_api.scoring.schemas.results import ComparisonRecord
from ocop_api.scoring.service.paper_facts import FactsService
from ocop_api.scoring.service.sittings import Sitting, agenda_item, load_sitting

SESSION_PAPERS = frozenset({CouncilPaper.MINUTES, CouncilPaper.SUBMISSION, CouncilPaper.DECISION})
"""Papers of the whole session; the others are of one dossier."""


class PaperForm(StrEnum):
    """What a paper is written as."""

    PDF = "pdf"
    DOCX = "docx"


@dataclass(frozen=True, slots=True)
class PaperFile:
    """A paper as a file, and the name to save it by, without extension."""

    content: bytes
    stem: str


@dataclass(frozen=True, slots=True)
class Written:
    """A paper before it is set: what it says, when it is dated, its name."""

    form: Form
    at: datetime
    stem: str


class CouncilPaperService:
    """Papers for whoever sees the session."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._papers = PaperRepository(session)
        self._facts = FactsService(session, actor, now)
        self._actor = actor

    async def file(self, session_id: UUID, choice: PaperChoice, form: PaperForm) -> PaperFile:
        """A paper, set in a thread; raises as ``written``."""
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        paper = await self.written(sitting, choice)
        make = form_pdf if form is PaperForm.PDF else form_docx
        return PaperFile(await asyncio.to_thread(make, paper.form, paper.at), paper.stem)

    async def written(self, sitting: Sitting, choice: PaperChoice) -> Written:
        """What a paper says.

        Raises:
            NotFound: ``scoring.not_on_agenda``; ``scoring.no_closed_round`` as the round's result;
                ``scoring.no_sheet`` where the caller may see none: a sealed sheet is as one that is not
                there; ``scoring.nothing_proposed``.
            Invalid: ``scoring.paper_parameter_missing``, ``scoring.paper_parameter_foreign``.
            RuleViolation: ``scoring.session_not_closed`` of papers of the whole session,
                ``scoring.session_not_held`` of one that closed without having been opened.
        """
        _check_parameters(choice)
        if choice.dossier_id is None:
            return await self._of_session(sitting, choice)
        item = await agenda_item(self._sessions, sitting, choice.dossier_id)
        if choice.paper is CouncilPaper.SCORE_SHEET:
            return await self._sheet(sitting, choice.dossier_id, choice)
        # Before a round has closed there is nothing to tell, not even that the session has no seats yet.
        scored = await self._closed_round(sitting, item.dossier_id, choice.round)
        facts = await self._facts.gathered(sitting, [choice.dossier_id])
        file = facts.files[0]
        told = next(one for one in file.rounds if one.number == scored.number)
        stem = f"{choice.paper.value}-{file.product_code or file.dossier_id}-{scored.number}"
        if told.comparison is None or told.closed_at is None:
            raise NotFound("scoring.no_closed_round")
        if choice.paper is CouncilPaper.CONSOLIDATED:
            return Written(await self._consolidated(facts, file, told, told.comparison), told.closed_at, stem)
        sheets = await self._counted(facts, scored.id, told.comparison)
        names = facts.names
        aside = [names.get(one, str(one)) for one in told.comparison.set_aside]
        return Written(score_sheets(facts, file, sheets, aside), told.closed_at, stem)

    async def available(self, session_id: UUID) -> SessionPapersRead:
        """The papers that the caller may have now; ``NotFound`` ``scoring.unknown_session``."""
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        choices: list[PaperChoice] = []
        rounds = await self._sessions.rounds(session_id)
        own = await self._papers.own_sheets(session_id, self._actor.user_id)
        for item in await self._sessions.agenda(session_id):
            for scored in (one for one in rounds if one.dossier_id == item.dossier_id):
                members = {self._actor.user_id} if scored.id in own else set()
                if scored.comparison is not None:
                    found = ComparisonRecord.model_validate(scored.comparison)
                    members |= {sheet.member for sheet in found.sheets}
                    choices += [
                        PaperChoice(paper=paper, dossier_id=item.dossier_id, round=scored.number)
                        for paper in (CouncilPaper.CONSOLIDATED, CouncilPaper.SCORE_SHEETS)
                    ]
                choices += [
                    PaperChoice(
                        paper=CouncilPaper.SCORE_SHEET,
                        dossier_id=item.dossier_id,
                        round=scored.number,
                        member=member,
                    )
                    for member in sorted(one for one in members if one is not None)
                ]
        if sitting.row.state in ENDED and sitting.row.opened_at is not None:
            facts = await self._facts.gathered(sitting)
            choices.append(PaperChoice(paper=CouncilPaper.MINUTES))
            kinds = [kind for kind in OutcomeKind if facts.proposed(kind)]
            choices += [PaperChoice(paper=CouncilPaper.SUBMISSION, proposal=kind) for kind in kinds]
            if OutcomeKind.RECOGNISE in kinds:
                choices.append(PaperChoice(paper=CouncilPaper.DECISION))
        signed = {choice_of(row): row.id for row in await self._papers.newest(session_id)}
        return SessionPapersRead(
            papers=[CouncilPaperRead.of(session_id, one, signed.get(one)) for one in choices]
        )

    async def _of_session(self, sitting: Sitting, choice: PaperChoice) -> Written:
        row = sitting.row
        if row.state not in ENDED or row.closed_at is None:
            raise RuleViolation("scoring.session_not_closed", state=row.state)
        if row.opened_at is None:
            raise RuleViolation("scoring.session_not_held")
        facts = await self._facts.gathered(sitting)
        stem = f"{choice.paper.value}-{row.held_on.isoformat()}"
        if choice.paper is CouncilPaper.MINUTES:
            return Written(minutes(facts), row.closed_at, stem)
        proposal = choice.proposal or OutcomeKind.RECOGNISE
        if not facts.proposed(proposal):
            raise NotFound("scoring.nothing_proposed", proposal=proposal.value)
        if choice.paper is CouncilPaper.DECISION:
            return Written(recognition_decision(facts), row.closed_at, stem)
        return Written(submission(facts, proposal), row.closed_at, f"{stem}-{proposal.value}")

    async def _closed_round(self, sitting: Sitting, dossier_id: UUID, number: int | None) -> ScoringRound:
        rounds = await self._sessions.rounds(sitting.row.id, dossier_id)
        closed = [one for one in rounds if one.closed_at is not None and number in {None, one.number}]
        if not closed:
            raise NotFound("scoring.no_closed_round")
        return closed[-1]

    async def _sheet(self, sitting: Sitting, dossier_id: UUID, choice: PaperChoice) -> Written:
        member = choice.member or self._actor.user_id
        if member is None:
            raise NotFound("scoring.no_sheet")
        own = member == self._actor.user_id
        for scored in reversed(await self._sessions.rounds(sitting.row.id, dossier_id)):
            if choice.round not in {None, scored.number}:
                continue
            if not own:
                # What the round's result shows to everybody is all that others get.
                if scored.comparison is None:
                    continue
                found = ComparisonRecord.model_validate(scored.comparison)
                if member not in {sheet.member for sheet in found.sheets}:
                    continue
            row = await self._sessions.sheet(scored.id, member)
            draft = await self._sessions.draft(scored.id, member) if own and row is None else None
            if row is None and draft is None:
                continue
            facts = await self._facts.gathered(sitting, [dossier_id])
            file = facts.files[0]
            if row is not None:
                sheet = await self._facts.sheet(facts, row)
            elif draft is not None:
                sheet = await self._facts.draft(facts, file, scored.number, draft)
            stem = f"{choice.paper.value}-{file.product_code or file.dossier_id}-{scored.number}"
            return Written(score_sheet(facts, file, sheet), sheet.written_at, stem)
        raise NotFound("scoring.no_sheet")

    async def _counted(
        self, facts: SessionFacts, round_id: UUID, found: ComparisonRecord
    ) -> list[SheetFacts]:
        by_member = {row.member_id: row for row in await self._papers.sheets_of_closed(round_id)}
        return [
            await self._facts.sheet(facts, by_member[one.member]) for one in facts.in_order_of_seats(found)
        ]

    async def _consolidated(
        self, facts: SessionFacts, file: FileFacts, scored: RoundFacts, found: ComparisonRecord
    ) -> Form:
        await EditionShelf(self._session).need([found.edition])
        criteria_set = load_edition(found.edition).criteria_set(found.set_number)
        return consolidated(facts, file, scored, found, criteria_set)


def choice_of(row: SignedPaper) -> PaperChoice:
    """Which paper a signed one is of."""
    return PaperChoice(
        paper=CouncilPaper(row.paper),
        dossier_id=row.dossier_id,
        round=row.round_number,
        proposal=None if row.proposal is None else OutcomeKind(row.proposal),
    )


def _check_parameters(choice: PaperChoice) -> None:
    """Whether a paper is named by what names papers of its kind, no more and no less."""
    of_session = choice.paper in SESSION_PAPERS
    needs_proposal = choice.paper is CouncilPaper.SUBMISSION
    if not of_session and choice.dossier_id is None:
        raise Invalid("scoring.paper_parameter_missing", paper=choice.paper.value, parameter="dossier_id")
    if needs_proposal and choice.proposal is None:
        raise Invalid("scoring.paper_parameter_missing", paper=choice.paper.value, parameter="proposal")
    foreign = [
        name
        for name, given, fits in (
            ("dossier_id", choice.dossier_id, not of_session),
            ("round", choice.round, not of_session),
            ("member", choice.member, choice.paper is CouncilPaper.SCORE_SHEET),
            ("proposal", choice.proposal, needs_proposal),
        )
        if given is not None and not fits
    ]
    if foreign:
        raise Invalid("scoring.paper_parameter_foreign", paper=choice.paper.value, parameters=foreign)
