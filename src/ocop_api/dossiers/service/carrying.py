"""Taking a saved self-assessment over into the Form 02 of a draft."""

from collections.abc import Mapping
from uuid import UUID

from ocop_api.assessments.schemas import AssessmentState
from ocop_api.assessments.service import AssessmentService, Carried
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService, Document
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.dossiers.schemas import (
    MOST_CRITERIA,
    MOST_EVIDENCE,
    DossierContents,
    Evidence,
    SelfAssessmentChoice,
    SelfAssessmentOrigin,
)
from ocop_api.dossiers.service.drafting import DraftingService
from ocop_api.dossiers.service.files import contents_of


class CarryingService(DraftingService):
    """What a producer takes over into a draft."""

    async def carry(self, dossier: Dossier, assessment_id: UUID) -> Dossier:
        """Replace part III of a locked draft by a saved self-assessment, and add its evidence.

        Choices are replaced as a whole; evidence that is there stays, and a document that is there already
        is cited for the further criteria. Recorded gates stay behind: Form 02 has no place for them.

        Raises:
            Forbidden: ``auth.not_permitted``, not for this producer.
            NotFound: ``assessments.unknown``; also when it is not visible.
            RuleViolation: ``dossier.not_editable``; ``dossier.self_assessment_of_other_product``,
                ``dossier.self_assessment_other_edition``, ``dossier.self_assessment_other_set``,
                ``dossier.self_assessment_empty``.
            Invalid: ``documents.not_of_producer`` with documents that were withdrawn since;
                ``dossier.too_much_evidence``.
        """
        self.require_edit(dossier.producer_id)
        if dossier.state != State.DRAFT:
            raise RuleViolation("dossier.not_editable", state=dossier.state, level=dossier.level)
        carried = await AssessmentService(self.session, self.actor, self.now).carried(assessment_id)
        await self.follow_regime(dossier)
        _check_same(dossier, carried)
        citations = CitationService(self.session)
        await citations.check(dossier.producer_id, carried.evidence)
        known = await citations.known(carried.evidence, self.actor)
        documents = {document_id: row for document_id, (row, _) in known.items()}
        stored = contents_of(dossier)
        evidence = _evidence(stored.evidence, carried.evidence, documents)
        if len(evidence) > MOST_EVIDENCE:
            raise Invalid("dossier.too_much_evidence", count=len(evidence), limit=MOST_EVIDENCE)
        origin = SelfAssessmentOrigin(
            assessment_id=carried.id,
            version=carried.version,
            finished=carried.state is AssessmentState.FINISHED,
            carried_at=self.now,
        )
        parts: dict[str, object] = {
            "self_assessment": {
                code: SelfAssessmentChoice(level=choice.level, case=choice.case)
                for code, choice in carried.choices.items()
            },
            "self_assessment_origin": origin,
            "evidence": evidence,
        }
        dossier.contents = DossierContents.model_validate(dict(stored) | parts).model_dump(mode="json")
        await self.written(
            dossier,
            ["evidence", "self_assessment"],
            self_assessment_id=str(carried.id),
            self_assessment_version=carried.version,
        )
        return dossier


def _check_same(dossier: Dossier, carried: Carried) -> None:
    if carried.product_id != dossier.product_id:
        raise RuleViolation("dossier.self_assessment_of_other_product", product_id=carried.product_id)
    if carried.edition != dossier.edition:
        raise RuleViolation(
            "dossier.self_assessment_other_edition", edition=carried.edition, of_dossier=dossier.edition
        )
    if carried.set_number != dossier.set_number:
        raise RuleViolation(
            "dossier.self_assessment_other_set",
            set_number=carried.set_number,
            of_dossier=dossier.set_number,
        )
    if not carried.choices:
        raise RuleViolation("dossier.self_assessment_empty")


def _evidence(
    stored: list[Evidence], carried: Mapping[UUID, list[str]], documents: Mapping[UUID, Document]
) -> list[Evidence]:
    """The evidence that is there, cited for further criteria, then what is new."""
    there = {item.document_id for item in stored}
    kept = []
    for item in stored:
        further = [] if item.document_id is None else carried.get(item.document_id, [])
        # Codes that no set knows may fill the list already; those of the set come first then.
        criteria = list(dict.fromkeys([*further, *item.criteria]))[:MOST_CRITERIA]
        kept.append(item.model_copy(update={"criteria": criteria}))
    new = [
        Evidence(
            kind=EvidenceKind(documents[document_id].kind),
            number=documents[document_id].number,
            issuer=documents[document_id].issuer,
            issued_on=documents[document_id].issued_on,
            expires_on=documents[document_id].expires_on,
            document_id=document_id,
            criteria=criteria,
        )
        for document_id, criteria in carried.items()
        if document_id not in there
    ]
    return kept + new
