"""Lodging an appeal: whose outcome, in time, about what and with which evidence."""

from collections.abc import Collection
from uuid import UUID

from ocop_api.certificates.appeals_schemas import AppealCreate
from ocop_api.certificates.service.appeals import AppealService
from ocop_api.db.base import uuid7
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.appeals import Appeal, AppealEvidence
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService
from ocop_api.domain.appeal import AppealParty, AppealState, check_lodging, last_day
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import DEFAULT_COUNCIL_RULES
from ocop_api.domain.dossier import Acting, Party, State
from ocop_api.domain.errors import Conflict, Forbidden, Invalid
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.service import DossierService
from ocop_api.office_days.service import calendar_from


class AppealLodging(AppealService):
    """What a producer does to begin an appeal."""

    async def lodge(self, dossier_id: UUID, order: AppealCreate) -> UUID:
        """Appeal against the outcome of a dossier; gives the id of the appeal.

        Raises:
            NotFound: ``dossier.unknown``; ``documents.not_of_producer``.
            Forbidden: ``appeal.not_the_acting_party`` to all but the dossier's producer.
            RuleViolation: as ``domain.appeal.check_lodging``; ``appeal.certificate_ended`` when the
                certificate was withdrawn or replaced.
            Invalid: ``appeal.stars_not_more``, ``appeal.criterion_unknown``; ``documents.cited_withdrawn``.
            Conflict: ``appeal.already_open``, ``appeal.already_decided``.
        """
        dossiers = DossierService(self.session, self.actor, self.now)
        # The row lock keeps the outcome as it is until the appeal stands.
        dossier = await dossiers.get(dossier_id, lock=True)
        if Acting(Party.PRODUCER) not in dossiers.capacities(dossier):
            raise Forbidden("appeal.not_the_acting_party", action="lodge", party=AppealParty.PRODUCER.value)
        if await self.rows.is_decided(dossier.id):
            raise Conflict("appeal.already_decided")
        latest = await self.ratings.latest(dossier.id)
        rules = DEFAULT_COUNCIL_RULES if latest is None else latest.rules
        brought = await self.dossiers.last_step(dossier.id)
        told_on = self.today if brought is None else vietnam_date(brought.at)
        last_on = last_day(told_on, rules.appeal_days, await calendar_from(self.session, told_on))
        check_lodging(
            State(dossier.state),
            rated=dossier.points is not None,
            star=dossier.star,
            last_on=last_on,
            today=self.today,
            wanted=order.requested_star,
        )
        certificate = None
        if dossier.state == State.RECOGNISED:
            certificate = await self.require_certificate(dossier)
        await self._check_criteria(dossier, [one.code for one in order.criteria])
        await CitationService(self.session).check(dossier.producer_id, order.evidence)
        letter = {} if brought is None else brought.data.get("letter") or {}
        appeal = Appeal(
            id=uuid7(),
            dossier_id=dossier.id,
            level=dossier.level,
            state=AppealState.LODGED.value,
            grounds=order.grounds,
            requested_star=order.requested_star,
            criteria=[one.model_dump(mode="json") for one in order.criteria],
            outcome=dossier.state,
            star=dossier.star,
            points=dossier.points,
            outcome_decision=letter.get("number")
            if certificate is None
            else certificate.certificate.decision_number,
            council_result_id=None if latest is None else latest.result_id,
            told_on=told_on,
            last_day=last_on,
            lodged_by=self.actor.user_id,
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        await self.rows.add(appeal)
        cited = dict.fromkeys(order.evidence)
        await self.rows.add(*(AppealEvidence(appeal_id=appeal.id, document_id=one) for one in cited))
        await self.note(
            appeal, "lodge", None, AppealParty.PRODUCER, data={"evidence": [str(one) for one in cited]}
        )
        await self.tell(appeal, dossier, "appeal.lodged", requested_star=appeal.requested_star)
        return appeal.id

    async def _check_criteria(self, dossier: Dossier, codes: Collection[str]) -> None:
        if not codes:
            return
        known: Collection[str] = ()
        if dossier.edition is not None:
            await EditionShelf(self.session).need([dossier.edition])
            known = load_edition(dossier.edition).criteria_set(dossier.set_number).criteria
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise Invalid("appeal.criterion_unknown", criteria=unknown, set_number=dossier.set_number)
