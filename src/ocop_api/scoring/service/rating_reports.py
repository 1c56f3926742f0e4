"""The report of a council's finding to the producer: what was found, and what would bring more."""

import asyncio
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor
from ocop_api.domain.council import CouncilRules
from ocop_api.domain.dossier import Party, State
from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.advice import Advice, advise
from ocop_api.domain.rubric.consolidation import Consolidation
from ocop_api.domain.rubric.criteria import CriteriaSet, Language
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.representative import representative
from ocop_api.domain.rubric.scoresheet import Scoresheet
from ocop_api.dossiers.service import DossierService
from ocop_api.scoring.result_repository import FoundResult, ResultRepository
from ocop_api.scoring.schemas.advice import advice_read
from ocop_api.scoring.schemas.councils import RulesRead
from ocop_api.scoring.schemas.editions import BandRead
from ocop_api.scoring.schemas.rating_report import (
    CarriedGate,
    MissedMinimum,
    RatingReport,
    ReportedCriterion,
    ReportedPart,
)
from ocop_api.scoring.schemas.results import MeanRead
from ocop_api.scoring.schemas.texts import StatementRecord, TextRead, told
from ocop_api.scoring.service.recomputing import counted_sheets, domain_sheet

_UNDECIDED = frozenset({State.IN_COUNCIL, State.AWAITING_DECISION})


class RatingReportService:
    """Reports on the dossiers that the actor may read."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._results = ResultRepository(session)
        self._dossiers = DossierService(session, actor, now)

    async def report(self, dossier_id: UUID, language: Language) -> RatingReport:
        """What the last council found; for the producer once it has been decided upon.

        Raises:
            NotFound: ``dossier.unknown``; ``scoring.no_rating_report`` while there is none to tell.
        """
        dossier = await self._dossiers.get(dossier_id)
        found = None if self._is_too_early(dossier) else await self._results.latest_with_sheets(dossier_id)
        if found is None or dossier.points is None:
            raise NotFound("scoring.no_rating_report")
        sheet, result, rules = await self._representative(found)
        # The search may take longer than anything else should wait for.
        advice = await asyncio.to_thread(_advice, sheet, result, rules)
        names = await self._dossiers.product_names([dossier_id])
        return _read(names[dossier_id], found, sheet, result, rules, advice, language)

    async def reached(self, dossier_id: UUID) -> list[ReportedPart]:
        """What the last council found by criterion, for a feature that has seen that it was decided upon.

        Empty when no council scored the dossier here.
        """
        found = await self._results.latest_with_sheets(dossier_id)
        if found is None or not counted_sheets(found.sheets, found.recused):
            return []
        sheet, result, rules = await self._representative(found)
        return _parts(sheet.criteria_set, sheet, result, rules)

    async def _representative(self, found: FoundResult) -> tuple[Scoresheet, Consolidation, CouncilRules]:
        """The sheet that stands for the council's, what it comes to, and by which rules."""
        await EditionShelf(self._session).need({one.edition for one in found.sheets})
        rules = RulesRead.model_validate(found.session.rules).rules()
        counted = counted_sheets(found.sheets, found.recused)
        sheet, result = representative({str(one.member_id): domain_sheet(one) for one in counted}, rules)
        return sheet, result, rules

    def _is_too_early(self, dossier: Dossier) -> bool:
        parties = {one.party for one in self._dossiers.capacities(dossier)}
        return parties <= {Party.PRODUCER} and bool(parties) and State(dossier.state) in _UNDECIDED


def _advice(sheet: Scoresheet, result: Consolidation, rules: CouncilRules) -> Advice | None:
    ladder = load_edition(sheet.edition).ladder
    above = [star for star in ladder if star > (result.star or 0)]
    return advise(sheet, above[0], rules=rules.stars) if above else None


def _read(
    product_name: str,
    found: FoundResult,
    sheet: Scoresheet,
    result: Consolidation,
    rules: CouncilRules,
    advice: Advice | None,
    language: Language,
) -> RatingReport:
    return RatingReport(
        dossier_id=found.result.dossier_id,
        product_name=product_name,
        council_name=found.council.name,
        held_on=found.session.held_on,
        edition=result.edition,
        set_number=result.set_number,
        outcome=result.outcome,
        mean=None if result.mean is None else _mean(result.mean, rules),
        band=None if result.band is None else BandRead.model_validate(result.band),
        star=result.star,
        recognisable=result.recognisable,
        parts=_parts(sheet.criteria_set, sheet, result, rules),
        missed=_missed(result),
        gates=[
            CarriedGate(
                gate=vote.gate.id,
                text=TextRead.model_validate(vote.gate.text),
                # Without the names: who found it is nothing to the producer.
                reason="; ".join(sorted(set(vote.reasons.values()))),
            )
            for vote in result.gates
            if vote.carried
        ],
        explanation=told([StatementRecord.model_validate(one) for one in found.result.explanation], language),
        advice=None if advice is None else advice_read(advice, language),
    )


def _parts(
    criteria_set: CriteriaSet, sheet: Scoresheet, result: Consolidation, rules: CouncilRules
) -> list[ReportedPart]:
    means = {one.code: one.mean for one in result.criteria}
    of_parts = {one.code: one.mean for one in result.parts}
    parts: list[ReportedPart] = []
    for part in criteria_set.parts:
        criteria = [one for group in part.groups for one in group.criteria if one.code in means]
        if part.code not in of_parts:
            continue
        rows: list[ReportedCriterion] = []
        for criterion in criteria:
            choice = sheet.choices.get(criterion.code)
            option = None if choice is None else criterion.by_level.get(choice.level)
            rows.append(
                ReportedCriterion(
                    code=criterion.code,
                    text=TextRead.model_validate(criterion.text),
                    max=criterion.max,
                    mean=_mean(means[criterion.code], rules),
                    level_text=None if option is None else TextRead.model_validate(option.text),
                )
            )
        parts.append(
            ReportedPart(
                code=part.code,
                text=TextRead.model_validate(part.text),
                max=part.max,
                mean=_mean(of_parts[part.code], rules),
                criteria=rows,
            )
        )
    return parts


def _missed(result: Consolidation) -> list[MissedMinimum]:
    return [
        MissedMinimum(
            star=star.star,
            criterion=vote.criterion,
            criterion_text=TextRead.model_validate(vote.criterion_text),
            required_text=TextRead.model_validate(vote.required_text),
        )
        for star in result.stars
        if star.band_met
        for vote in star.missed
    ]


def _mean(exact: Fraction, rules: CouncilRules) -> MeanRead:
    return MeanRead(exact=str(exact), shown=rules.displayed(exact))
