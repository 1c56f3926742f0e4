"""What stands beside each criterion while a council scores. Nobody's sheet is ever touched here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, RuleViolation
from ocop_api.domain.regimes import CommuneTopic
from ocop_api.domain.rubric.commune_topics import criteria_of_topics
from ocop_api.domain.rubric.criteria import Criterion
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.examinations_schemas import Conclusion, ExaminationState
from ocop_api.dossiers.report_schemas import AssessmentFound, OpenExamination
from ocop_api.dossiers.schemas import Form03
from ocop_api.dossiers.service import ExaminedFile, ExaminingService
from ocop_api.scoring.policy import may_manage
from ocop_api.scoring.repository import CouncilRepository, SessionRepository
from ocop_api.scoring.schemas.beside import (
    AdvisedBeside,
    AdvisersInAll,
    AssessmentsRead,
    ChosenBeside,
    CommuneBeside,
    CriterionBeside,
    Difference,
    EvidenceBeside,
    ExaminationBeside,
)
from ocop_api.scoring.schemas.editions import CaseRead, OptionRead
from ocop_api.scoring.schemas.texts import TextRead
from ocop_api.scoring.service.sittings import Sitting, agenda_item, load_sitting


class BesideService:
    """Findings on the dossiers of a session, for those around its council."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._sessions = SessionRepository(session)
        self._councils = CouncilRepository(session)
        self._actor = actor
        # A place around the council gives its files, whatever else the person may read.
        self._files = ExaminingService(session, replace(actor, system=True), now)

    async def assessments(self, session_id: UUID, dossier_id: UUID) -> AssessmentsRead:
        """Everybody's findings by criterion, for the version of the file that is scored.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``scoring.not_on_council`` for those who neither sit on the council, run its business
                nor advise it; ``scoring.kept_from_dossier`` for those recused from the file.
            RuleViolation: ``scoring.no_criteria``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        item = await agenda_item(self._sessions, sitting, dossier_id)
        await self._require_place(sitting)
        found = await self._files.examined(dossier_id, item.version_number)
        await self._require_no_tie(sitting, found)
        edition = found.dossier.edition
        if edition is None:
            raise RuleViolation("scoring.no_criteria", dossiers=[str(dossier_id)])
        criteria_set = load_edition(edition).criteria_set(found.dossier.set_number)
        topics = criteria_of_topics(criteria_set)
        told = _commune(found)
        advised = None if found.assessment_report is None else found.assessment_report.assessment
        on = sitting.row.held_on
        criteria = [
            _criterion(
                criterion, found, advised, [told[topic] for topic in told if code in topics[topic]], on
            )
            for code, criterion in criteria_set.criteria.items()
        ]
        return AssessmentsRead(
            session_id=session_id,
            dossier_id=dossier_id,
            version_number=found.version_number,
            edition=edition,
            set_number=found.dossier.set_number,
            on=on,
            criteria=criteria,
            advisers=None if advised is None else AdvisersInAll.model_validate(advised),
            commune=[one for topic, one in told.items() if not topics[topic]],
            open_examinations=[
                OpenExamination.model_validate(one)
                for one in found.examinations
                if one.state is ExaminationState.REQUESTED
            ],
            differing=[one.code for one in criteria if one.differs],
        )

    async def _require_place(self, sitting: Sitting) -> None:
        council, person = sitting.council, self._actor.user_id
        if may_manage(self._actor, council.level, council.area_path, council.id):
            return
        seated = {seat.person for seat in sitting.seats} or set(await self._sessions.seated(council.id))
        advising = {one.user_id for one in await self._councils.advisers(council.id)}
        places = ((Permission.SHEET_SUBMIT, seated), (Permission.DOSSIER_ASSESS, advising))
        # A place whose role has been taken back since does not count any more.
        for permission, people in places:
            if person in people and council.id in self._actor.scope(permission).council_ids:
                return
        raise Forbidden("scoring.not_on_council")

    async def _require_no_tie(self, sitting: Sitting, found: ExaminedFile) -> None:
        recused = await self._sessions.recusals(sitting.row.id, found.dossier.id)
        kept_from = any(one.user_id == self._actor.user_id for one in recused)
        # A tie that arose after the session opened keeps a person out all the same.
        acts_for = any(grant.producer_id == found.dossier.producer_id for grant in self._actor.grants)
        if kept_from or acts_for:
            raise Forbidden("scoring.kept_from_dossier")


def _commune(found: ExaminedFile) -> Mapping[CommuneTopic, CommuneBeside]:
    if found.commune_report is None:
        return {}
    form = Form03.model_validate(found.commune_report)
    return {
        topic: CommuneBeside(topic=topic, finding=said.finding, supported=said.supported)
        for topic in CommuneTopic
        if (said := getattr(form, topic.value)) is not None
    }


def _criterion(
    criterion: Criterion,
    found: ExaminedFile,
    advised: AssessmentFound | None,
    commune: list[CommuneBeside],
    on: date,
) -> CriterionBeside:
    claimed = found.contents.self_assessment.get(criterion.code)
    producer = None
    if claimed is not None:
        points = _points(criterion, claimed.level)
        producer = ChosenBeside(level=claimed.level, case=claimed.case, points=points)
    given = None if advised is None else advised.criteria.get(criterion.code)
    advisers = None if given is None else AdvisedBeside.model_validate(given)
    examinations = list(_examined(criterion.code, found))
    differences = list(_differences(producer, advisers, commune, examinations))
    return CriterionBeside(
        code=criterion.code,
        text=TextRead.model_validate(criterion.text),
        max=criterion.max,
        cases=[CaseRead.model_validate(case) for case in criterion.cases],
        options=[OptionRead.model_validate(option) for option in criterion.options],
        producer=producer,
        advisers=advisers,
        commune=commune,
        evidence=list(_evidence(criterion.code, found, on)),
        examinations=examinations,
        differs=bool(differences),
        differences=differences,
    )


def _points(criterion: Criterion, level: int) -> Decimal | None:
    if level not in criterion.levels():
        # A draft keeps choices of an earlier edition, and a file lodged before choices were checked may too.
        return None
    option = criterion.by_level.get(level)
    return Decimal(0) if option is None else option.points


def _evidence(code: str, found: ExaminedFile, on: date) -> Iterator[EvidenceBeside]:
    documents = {row.id: row for row in found.documents}
    for piece in found.contents.evidence:
        if code not in piece.criteria:
            continue
        row = None if piece.document_id is None else documents.get(piece.document_id)
        expires_on = piece.expires_on if row is None else row.expires_on
        yield EvidenceBeside(
            kind=piece.kind,
            document_id=piece.document_id,
            title=None if row is None else row.title,
            number=piece.number if row is None else row.number,
            expires_on=expires_on,
            expired=expires_on is not None and expires_on < on,
        )


def _examined(code: str, found: ExaminedFile) -> Iterator[ExaminationBeside]:
    for one in found.examinations:
        if one.result is None or code not in {*one.criteria, *one.result.criteria}:
            continue
        own = one.result.criteria.get(code)
        yield ExaminationBeside(
            examination_id=one.id,
            kind=one.kind,
            done_on=one.result.done_on,
            conclusion=one.result.conclusion if own is None else own.conclusion,
            finding=one.result.findings if own is None else own.finding,
            document_ids=one.result.document_ids,
        )


def _differences(
    producer: ChosenBeside | None,
    advisers: AdvisedBeside | None,
    commune: list[CommuneBeside],
    examinations: list[ExaminationBeside],
) -> Iterator[Difference]:
    if producer is not None and advisers is not None:
        cases = {producer.case, advisers.case} - {None}
        if producer.level != advisers.level or len(cases) > 1:
            yield Difference.PRODUCER_AND_ADVISERS
    earning = any(chosen is not None and chosen.points for chosen in (producer, advisers))
    if earning and any(not one.supported for one in commune):
        yield Difference.COMMUNE_DOES_NOT_CONFIRM
    if earning and any(one.conclusion is Conclusion.NOT_MET for one in examinations):
        yield Difference.EXAMINATION_NOT_MET
