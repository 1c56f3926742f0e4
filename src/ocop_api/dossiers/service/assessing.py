"""What an advisory group finds by criterion, and which council's group it is."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation
from ocop_api.domain.rubric.faults import SheetInvalid, located
from ocop_api.domain.rubric.scoresheet import Scoresheet, find_faults
from ocop_api.domain.rubric.stars import evaluate
from ocop_api.dossiers.assessing_repository import AdvisoryRepository
from ocop_api.dossiers.report_schemas import AssessmentFound, AssessmentOrder, FoundCriterion, NoticedGateRead


class AdvisoryService:
    """Advisory groups and what they report, for callers who have checked who may act."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows = AdvisoryRepository(session)

    async def check_council(self, dossier: Dossier, council_id: UUID) -> None:
        """Hold a council to be one whose advisory group may assess the dossier where it lies.

        Raises:
            NotFound: ``dossier.council_unknown``, also for one of another area.
            RuleViolation: ``dossier.council_of_other_level``, ``dossier.council_without_advisers``.
        """
        found = await self._rows.council(council_id)
        # One answer for what does not exist and what is elsewhere, so nothing is learnt from it.
        if found is None or found[0].place_id not in {None, *dossier.area_path}:
            raise NotFound("dossier.council_unknown", council_id=council_id)
        council, has_group = found
        if council.level != dossier.level:
            raise RuleViolation(
                "dossier.council_of_other_level", council_level=council.level, level=dossier.level
            )
        if not has_group:
            raise RuleViolation("dossier.council_without_advisers", council_id=council_id)

    async def assessed(self, dossier: Dossier, order: AssessmentOrder) -> AssessmentFound:
        """What the group's findings come to under the dossier's own criteria.

        Raises:
            SheetInvalid: with every fault and its place in the body of ``submit-report``.
            Invalid: ``dossier.no_criteria`` for a file of a regime whose criteria are not held.
        """
        if dossier.edition is None:
            raise Invalid("dossier.no_criteria", regime=dossier.regime)
        await EditionShelf(self._session).need([dossier.edition])
        choices, gates = order.choices(), order.recorded_gates()
        faults = find_faults(dossier.edition, dossier.set_number, choices, gates)
        if faults:
            places = located(faults, gates, choices.keys(), root="/body/assessment", choices="criteria")
            raise SheetInvalid(places)
        sheet = Scoresheet(dossier.edition, dossier.set_number, choices, gates)
        evaluation = evaluate(sheet)
        points = {score.code: score.points for score in evaluation.criteria}
        return AssessmentFound(
            edition=dossier.edition,
            set_number=dossier.set_number,
            criteria={
                code: FoundCriterion(
                    level=chosen.level,
                    case=chosen.case,
                    points=points[code],
                    remark=order.criteria[code].remark,
                )
                for code, chosen in sheet.choices.items()
            },
            gates=[NoticedGateRead(gate=found.gate, reason=found.reason) for found in sheet.gates],
            outcome=evaluation.outcome,
            complete=evaluation.complete,
            missing=list(evaluation.missing),
            total=evaluation.total,
            maximum=evaluation.maximum,
            star=evaluation.star,
        )
