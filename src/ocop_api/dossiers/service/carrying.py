"""Taking a saved self-assessment over into the Form 02 of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ocop_api.assessments.schemas import AssessmentState
from ocop_api.assessments.service import AssessmentService, Carried
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service import CitationService, Document
from ocop_api.domain.dossier import State
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.checklist_schemas import ReuseRead, SkippedEvidence
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of evidence of an earlier file, and the newest version of its document."""

    item: Evidence
    newest: Document | None


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
            Invalid: ``documents.cited_withdrawn`` with documents that were withdrawn since;
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

    async def reuse(self, dossier: Dossier, from_id: UUID | None) -> ReuseRead:
        """Take over the evidence of an earlier dossier of the same producer into a locked draft.

        Raises:
            Forbidden: ``auth.not_permitted``, not for this producer.
            NotFound: ``dossier.unknown`` for another producer's; ``dossier.no_earlier_dossier``.
            RuleViolation: ``dossier.not_editable``.
            Invalid: ``dossier.too_much_evidence``.
        """
        self.require_edit(dossier.producer_id)
        if dossier.state != State.DRAFT:
            raise RuleViolation("dossier.not_editable", state=dossier.state, level=dossier.level)
        earlier = await self._earlier(dossier, from_id)
        await self.follow_regime(dossier)
        stored = contents_of(dossier)
        pieces = await self._newest(earlier)
        taken = _reusable(pieces, self._criteria_of(dossier), earlier.id, self.today)
        merged, joined = _joined(stored.evidence, taken.pieces)
        if len(merged) > MOST_EVIDENCE:
            raise Invalid("dossier.too_much_evidence", count=len(merged), limit=MOST_EVIDENCE)
        contents = DossierContents.model_validate(dict(stored) | {"evidence": merged})
        await self._take_facts(dossier, contents)
        dossier.contents = contents.model_dump(mode="json")
        await self.written(dossier, ["evidence"], reused_from=str(earlier.id))
        return ReuseRead(
            dossier_id=dossier.id,
            from_dossier_id=earlier.id,
            taken=len(merged) - len(stored.evidence),
            newer=taken.newer,
            joined=joined,
            skipped=taken.skipped,
            version=dossier.version,
        )

    async def _earlier(self, dossier: Dossier, from_id: UUID | None) -> Dossier:
        if from_id is None:
            found = await self.rows.latest_lodged(dossier.product_id, before=dossier.id)
            if found is None:
                raise NotFound("dossier.no_earlier_dossier", product_id=dossier.product_id)
            return found
        earlier = await self.get(from_id)
        if earlier.producer_id != dossier.producer_id or earlier.id == dossier.id:
            raise NotFound("dossier.unknown", dossier_id=from_id)
        return earlier

    async def _newest(self, earlier: Dossier) -> list[_Piece]:
        """The evidence of a file with the newest version of each document."""
        evidence = contents_of(earlier).evidence
        wanted = {item.document_id for item in evidence if item.document_id is not None}
        newest = await CitationService(self.session).newest(wanted)
        return [
            _Piece(item, None if item.document_id is None else newest.get(item.document_id))
            for item in evidence
        ]

    @staticmethod
    def _criteria_of(dossier: Dossier) -> frozenset[str]:
        if dossier.edition is None:
            return frozenset()
        return frozenset(load_edition(dossier.edition).criteria_set(dossier.set_number).criteria)


@dataclass(frozen=True, slots=True)
class _Reusable:
    pieces: list[Evidence]
    newer: int
    skipped: list[SkippedEvidence]


def _reusable(pieces: list[_Piece], criteria: frozenset[str], from_id: UUID, today: date) -> _Reusable:
    """What of the pieces still holds today, as the draft will have it."""
    kept: list[Evidence] = []
    skipped: list[SkippedEvidence] = []
    newer = 0
    for piece in pieces:
        item, row = piece.item, piece.newest
        ends = item.expires_on if row is None else row.expires_on
        gone = item.document_id is not None and row is None
        if gone or (ends is not None and ends < today):
            if item.document_id is not None:
                reason = "withdrawn" if gone else "expired"
                skipped.append(SkippedEvidence(document_id=item.document_id, reason=reason, expires_on=ends))
            continue
        newer += row is not None and row.id != item.document_id
        changes = {
            "document_id": item.document_id if row is None else row.id,
            "criteria": [code for code in item.criteria if code in criteria],
            "reused_from": from_id,
        }
        if row is not None:
            changes |= {"number": None, "issuer": None, "issued_on": None, "expires_on": None}
        kept.append(item.model_copy(update=changes))
    return _Reusable(kept, newer, skipped)


def _joined(stored: list[Evidence], taken: list[Evidence]) -> tuple[list[Evidence], int]:
    """The evidence that is there, cited for further criteria, then what is new; and how many were joined."""
    merged = list(stored)
    joined = 0
    for piece in taken:
        place = next((at for at, item in enumerate(merged) if _same(item, piece)), None)
        if place is None:
            merged.append(piece)
            continue
        criteria = list(dict.fromkeys([*merged[place].criteria, *piece.criteria]))[:MOST_CRITERIA]
        joined += criteria != merged[place].criteria
        merged[place] = merged[place].model_copy(update={"criteria": criteria})
    return merged, joined


def _same(one: Evidence, other: Evidence) -> bool:
    if one.document_id is not None or other.document_id is not None:
        return one.document_id == other.document_id
    return (one.kind, one.number) == (other.kind, other.number)


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
