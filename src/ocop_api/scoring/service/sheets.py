"""A member's own sheet: writing, handing in, reading. Nobody else's is ever touched here."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.tables.scoring import ScoreSheet, ScoringRound, SheetDraft
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import scoring_right
from ocop_api.domain.council_session import SessionState
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.rubric.criteria import CriteriaSet, Language
from ocop_api.domain.rubric.faults import SheetFault, SheetInvalid
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.scoring.interest_repository import InterestRepository
from ocop_api.scoring.policy import VersionCheck
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.evaluation import (
    ChoiceRead,
    EvaluationRecord,
    RecordedGateRead,
    SheetContent,
    evaluation_record,
    stored_choices,
)
from ocop_api.scoring.schemas.sheets import SheetDraftInput, SheetRead
from ocop_api.scoring.service.recomputing import digest_of_sheet
from ocop_api.scoring.service.rubric import sheet_of
from ocop_api.scoring.service.sittings import (
    Sitting,
    agenda_item,
    load_sitting,
    recusal_of,
    require_open,
)


class SheetService:
    """The actor's own sheets."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._sessions = SessionRepository(session)
        self._actor = actor
        self._now = now
        # Whether the member may score is decided by the seat; the file's criteria are then read as such.
        self._dossiers = DossierService(session, replace(actor, system=True), now)

    async def read(
        self, session_id: UUID, dossier_id: UUID, language: Language, *, number: int | None = None
    ) -> SheetRead:
        """The actor's sheet in the latest round they wrote in, or in round ``number``.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``, ``scoring.no_sheet``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        await agenda_item(self._sessions, sitting, dossier_id)
        member = self.member()
        for scoring_round in reversed(await self._sessions.rounds(session_id, dossier_id)):
            if number not in {None, scoring_round.number}:
                continue
            sheet = await self._sessions.sheet(scoring_round.id, member)
            if sheet is not None:
                return _submitted(sheet, language)
            draft = await self._sessions.draft(scoring_round.id, member)
            if draft is not None:
                return await self._drafted(draft, scoring_round, language)
        raise NotFound("scoring.no_sheet")

    async def save(
        self,
        session_id: UUID,
        dossier_id: UUID,
        content: SheetDraftInput,
        check_version: VersionCheck,
        language: Language,
    ) -> SheetRead:
        """Write the actor's draft, in whole; ``check_version`` is called when there is one already.

        Raises:
            SheetInvalid: with every fault of the choices.
            Forbidden: ``scoring.may_not_score`` with the ``bar``.
            RuleViolation: ``scoring.session_not_open``, ``scoring.round_closed``.
            Conflict: ``scoring.sheet_exists`` once it is handed in.
        """
        scoring_round, member, _ = await self._scoring(session_id, dossier_id)
        edition, set_number = await self._criteria(dossier_id)
        sheet = sheet_of(edition, set_number, content)
        _require_criteria(sheet.criteria_set, content.criterion_remarks)
        draft = await self._sessions.draft(scoring_round.id, member, lock=True)
        if draft is None:
            draft = SheetDraft(round_id=scoring_round.id, member_id=member, version=0, created_at=self._now)
            self._session.add(draft)
        else:
            check_version(draft.version)
        draft.choices = stored_choices(sheet.choices)
        draft.gates = [{"gate": found.gate, "reason": found.reason} for found in sheet.gates]
        draft.remarks = content.remarks
        draft.criterion_remarks = content.criterion_remarks
        draft.updated_at = self._now
        draft.touch()
        await self._sessions.flush()
        return await self._drafted(draft, scoring_round, language)

    async def submit(
        self, session_id: UUID, dossier_id: UUID, check_version: VersionCheck, language: Language
    ) -> SheetRead:
        """Hand in the draft: it becomes a record that nobody can change.

        Raises:
            NotFound: ``scoring.no_sheet`` without a draft.
            RuleViolation: ``scoring.sheet_unfinished`` with the missing criteria, and as ``save``.
            Conflict: ``scoring.sheet_exists``.
        """
        scoring_round, member, sitting = await self._scoring(session_id, dossier_id)
        item = await agenda_item(self._sessions, sitting, dossier_id)
        draft = await self._sessions.draft(scoring_round.id, member, lock=True)
        if draft is None:
            # A second request of the same member may have handed it in while this one waited.
            if await self._sessions.sheet(scoring_round.id, member) is not None:
                raise Conflict("scoring.sheet_exists")
            raise NotFound("scoring.no_sheet")
        check_version(draft.version)
        edition, set_number = await self._criteria(dossier_id)
        content = SheetContent.model_validate({"choices": draft.choices, "gates": draft.gates})
        evaluation = evaluate(sheet_of(edition, set_number, content))
        if evaluation.outcome is Outcome.INCOMPLETE:
            raise RuleViolation("scoring.sheet_unfinished", missing=list(evaluation.missing))
        kept = evaluation_record(evaluation).model_dump(mode="json")
        sheet = ScoreSheet(
            id=uuid7(),
            round_id=scoring_round.id,
            member_id=member,
            session_id=session_id,
            dossier_id=dossier_id,
            round_number=scoring_round.number,
            edition=edition,
            set_number=set_number,
            choices=draft.choices,
            gates=draft.gates,
            remarks=draft.remarks,
            criterion_remarks=draft.criterion_remarks,
            version_number=item.version_number,
            evaluation=kept,
            submitted_at=self._now,
        )
        sheet.sha256 = digest_of_sheet(sheet)
        await self._sessions.add(sheet)
        await self._sessions.discard(draft)
        # Neither points nor a digest: with few choices a digest could be guessed back before the seal opens.
        await record(
            self._session,
            kind="sheet.submitted",
            subject_type="dossier",
            subject_id=dossier_id,
            actor=self._actor,
            at=self._now,
            data={
                "session_id": str(session_id),
                "dossier_id": str(dossier_id),
                "member_id": str(member),
                "round": scoring_round.number,
            },
            area_path=sitting.council.area_path,
        )
        return _submitted(sheet, language)

    async def entitled(self, session_id: UUID, dossier_id: UUID) -> Sitting:
        """The session, when the actor may score this dossier in it; ``Forbidden`` as ``save``."""
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        await self._require_right(sitting, dossier_id, self.member())
        await self._criteria(dossier_id)
        return sitting

    def member(self) -> UUID:
        """The actor as a person; ``Forbidden`` ``scoring.may_not_score``."""
        if self._actor.user_id is None:
            raise Forbidden("scoring.may_not_score", bar="not_seated")
        return self._actor.user_id

    async def _scoring(self, session_id: UUID, dossier_id: UUID) -> tuple[ScoringRound, UUID, Sitting]:
        """The open round and the member, once it is certain that they may score."""
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        await agenda_item(self._sessions, sitting, dossier_id)
        member = self.member()
        await self._require_right(sitting, dossier_id, member)
        require_open(sitting)
        # A member's own requests take turns, so that none meets a draft or sheet half-written by another.
        await self._sessions.lock_seat(session_id, member)
        scoring_round = await self._sessions.open_round(session_id, dossier_id, closing=False)
        # Read again under the lock: the dossier may have left the agenda while this request waited.
        item = await agenda_item(self._sessions, sitting, dossier_id)
        await self._session.refresh(item)
        if scoring_round is None or item.state != "scoring":
            raise RuleViolation("scoring.round_closed")
        if await self._sessions.sheet(scoring_round.id, member) is not None:
            raise Conflict("scoring.sheet_exists")
        return scoring_round, member, sitting

    async def _require_right(self, sitting: Sitting, dossier_id: UUID, member: UUID) -> None:
        if sitting.row.state in {SessionState.PLANNED, SessionState.OPEN}:
            require_open(sitting)
        recusals = [recusal_of(r) for r in await self._sessions.recusals(sitting.row.id, dossier_id)]
        right = scoring_right(member, sitting.seats, recusals, sitting.rules)
        if not right.allowed:
            raise Forbidden("scoring.may_not_score", bar=right.bar)
        if member not in sitting.present:
            raise Forbidden("scoring.may_not_score", bar="absent")
        if not self._actor.scope(Permission.SHEET_SUBMIT).covers(council_id=sitting.council.id):
            raise Forbidden("auth.not_permitted", permission=Permission.SHEET_SUBMIT)

    async def _criteria(self, dossier_id: UUID) -> tuple[str, int]:
        dossier = await self._dossiers.get(dossier_id)
        if await self._is_tied_to(dossier.producer_id):
            # A tie that arose after the session opened keeps the member out all the same.
            raise Forbidden("scoring.may_not_score", bar="recused")
        if dossier.edition is None:
            raise RuleViolation("scoring.no_criteria", dossiers=[str(dossier_id)])
        return dossier.edition, dossier.set_number

    async def _is_tied_to(self, producer_id: UUID) -> bool:
        if any(grant.producer_id == producer_id for grant in self._actor.grants):
            return True
        member, today = self.member(), vietnam_date(self._now)
        registered = await InterestRepository(self._session).of_users([member])
        return any(
            one.producer_id == producer_id and one.holds_on(today) for one in registered.get(member, ())
        )

    async def _drafted(self, draft: SheetDraft, scoring_round: ScoringRound, language: Language) -> SheetRead:
        dossier = await self._dossiers.get(scoring_round.dossier_id)
        item = await self._sessions.agenda_item(scoring_round.session_id, scoring_round.dossier_id)
        if dossier.edition is None:
            raise RuleViolation("scoring.no_criteria", dossiers=[str(dossier.id)])
        content = SheetContent.model_validate({"choices": draft.choices, "gates": draft.gates})
        evaluation = evaluate(sheet_of(dossier.edition, dossier.set_number, content))
        return SheetRead.model_construct(
            session_id=scoring_round.session_id,
            dossier_id=scoring_round.dossier_id,
            round=scoring_round.number,
            state="draft",
            edition=dossier.edition,
            set_number=dossier.set_number,
            choices={code: ChoiceRead(**chosen) for code, chosen in draft.choices.items()},
            gates=[RecordedGateRead(**found) for found in draft.gates],
            remarks=draft.remarks,
            criterion_remarks=draft.criterion_remarks,
            version_number=None if item is None else item.version_number,
            evaluation=evaluation_record(evaluation).read(language),
            sha256=None,
            submitted_at=None,
            version=draft.version,
        )


def _require_criteria(criteria_set: CriteriaSet, codes: Iterable[str]) -> None:
    faults = [
        SheetFault(
            "/body/criterion_remarks/" + code.replace("~", "~0").replace("/", "~1"),
            Invalid("rubric.unknown_criterion", criterion=code),
        )
        for code in codes
        if code not in criteria_set.criteria
    ]
    if faults:
        raise SheetInvalid(faults)


def _submitted(sheet: ScoreSheet, language: Language) -> SheetRead:
    return SheetRead.model_construct(
        session_id=sheet.session_id,
        dossier_id=sheet.dossier_id,
        round=sheet.round_number,
        state="submitted",
        edition=sheet.edition,
        set_number=sheet.set_number,
        choices={code: ChoiceRead(**chosen) for code, chosen in sheet.choices.items()},
        gates=[RecordedGateRead(**found) for found in sheet.gates],
        remarks=sheet.remarks,
        criterion_remarks=sheet.criterion_remarks,
        version_number=sheet.version_number,
        evaluation=EvaluationRecord.model_validate(sheet.evaluation).read(language),
        sha256=sheet.sha256,
        submitted_at=sheet.submitted_at,
        version=1,
    )
