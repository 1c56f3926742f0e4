"""The checklist of a file: what it needs by regime, kind and set, and what may go wrong. Pure decisions.

Blocking findings are those of ``checklist``. Advisory ones follow from the criteria (points claimed without
evidence, gates that speak of a certificate) and from the days of the documents: what expires before the
decision that is to be expected will not hold when the council looks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.regimes import Regime
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evidence_of import evidence_for, kinds_of_gate
from ocop_api.dossiers.checklist import Finding
from ocop_api.dossiers.checklist_schemas import (
    ChecklistFinding,
    FilePart,
    KindCheck,
    Need,
    PartCheck,
    Severity,
)
from ocop_api.dossiers.schemas import DossierContents

_TEXTS: Final = {
    "criterion_without_evidence": (
        "Tiêu chí nhận điểm nhưng chưa có minh chứng.",
        "The criterion claims points but no evidence is cited for it.",
    ),
    "gate_evidence_missing": (
        "Chưa có loại minh chứng này; nếu pháp luật chuyên ngành yêu cầu mà thiếu, hồ sơ có thể bị loại.",
        "There is no evidence of this kind; if the rules of the trade ask for it, the evaluation may end.",
    ),
    "evidence_expires_before_decision": (
        "Minh chứng sẽ hết hiệu lực trước khi dự kiến có quyết định.",
        "The evidence will have expired by the time a decision is to be expected.",
    ),
    "evidence_without_file": (
        "Minh chứng chưa có tệp kèm theo.",
        "The evidence has no file attached.",
    ),
    "evidence_replaced": (
        "Minh chứng đã có bản mới thay thế.",
        "A newer version has taken the place of this evidence.",
    ),
    "evidence_withdrawn": ("Minh chứng đã bị rút.", "The evidence has been withdrawn."),
    "samples_missing": (
        "Chưa bàn giao đủ sản phẩm mẫu.",
        "Not all sample units have been handed in yet.",
    ),
}


@dataclass(frozen=True, slots=True)
class CitedFile:
    """What of a document matters to a file that cites it."""

    current: bool
    withdrawn: bool
    expires_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file and what is known around it.

    ``until``: the day the evidence should hold to, None where no decision can be expected on a day.
    """

    law: Regime
    edition: str | None
    kind: DossierKind
    set_number: int
    contents: DossierContents
    documents: Mapping[UUID, CitedFile]
    samples: tuple[int, int]
    """Units handed in, and needed."""
    today: date
    until: date | None


def told(found: list[Finding]) -> list[ChecklistFinding]:
    """Blocking findings as the checklist tells them."""
    return [
        ChecklistFinding(
            code=one.code,
            severity=Severity.BLOCKING,
            pointer=one.pointer,
            vi=one.vi,
            en=one.en,
            on=None,
            kinds=[],
        )
        for one in found
    ]


def advisories(facts: FileFacts) -> list[ChecklistFinding]:
    """Everything that does not keep a file from being lodged, in the order of the forms."""
    found = [*_claims(facts), *_gates(facts), *_pieces(facts)]
    handed_in, needed = facts.samples
    if handed_in < needed:
        found.append(_advice("samples_missing", ""))
    return found


def parts(facts: FileFacts, blocking: list[Finding]) -> list[PartCheck]:
    """The parts of a file in the order of the forms, and whether each is complete."""
    blocked = {one.pointer.split("/")[1] for one in blocking}
    handed_in, needed = facts.samples
    compulsory = {
        FilePart.REGISTRATION: True,
        FilePart.REPORT: True,
        FilePart.SELF_ASSESSMENT: facts.edition is not None,
        FilePart.EVIDENCE: True,
        FilePart.CHANGES: facts.kind is DossierKind.UPGRADE,
        FilePart.UPDATES: facts.kind is DossierKind.RERATING,
        FilePart.SAMPLES: needed > 0,
    }
    return [
        PartCheck(
            part=part,
            compulsory=needs,
            complete=handed_in >= needed if part is FilePart.SAMPLES else part.value not in blocked,
        )
        for part, needs in compulsory.items()
    ]


def kinds(facts: FileFacts, *, registration_compulsory: bool) -> list[KindCheck]:
    """The fifteen kinds of evidence and what each is needed for in this set."""
    criteria_set = _set(facts)
    by_gate = _kinds_by_gate(criteria_set)
    checked = []
    for kind, known in KINDS.items():
        codes = [
            code
            for code, criterion in ({} if criteria_set is None else criteria_set.criteria).items()
            if kind in evidence_for(criterion)
        ]
        gates = by_gate.get(kind, [])
        checked.append(
            KindCheck(
                kind=kind,
                item=known.item,
                vi=known.vi,
                en=known.en,
                need=_need(kind, gates, codes, registration_compulsory=registration_compulsory),
                gates=gates,
                criteria=codes,
                pieces=sum(item.kind is kind for item in facts.contents.evidence),
            )
        )
    return checked


def _need(kind: EvidenceKind, gates: list[str], codes: list[str], *, registration_compulsory: bool) -> Need:
    if kind is EvidenceKind.BUSINESS_REGISTRATION and registration_compulsory:
        return Need.COMPULSORY
    if gates:
        return Need.GATE
    return Need.CRITERIA if codes else Need.OPTIONAL


def _set(facts: FileFacts) -> CriteriaSet | None:
    return None if facts.edition is None else load_edition(facts.edition).criteria_set(facts.set_number)


def _kinds_by_gate(criteria_set: CriteriaSet | None) -> dict[EvidenceKind, list[str]]:
    found: dict[EvidenceKind, list[str]] = {}
    for gate in () if criteria_set is None else criteria_set.gates:
        for kind in kinds_of_gate(gate):
            found.setdefault(kind, []).append(gate)
    return found


def _claims(facts: FileFacts) -> Iterator[ChecklistFinding]:
    criteria_set = _set(facts)
    if criteria_set is None:
        return
    cited = {code for item in facts.contents.evidence for code in item.criteria}
    there = {item.kind for item in facts.contents.evidence}
    for code, criterion in criteria_set.criteria.items():
        choice = facts.contents.self_assessment.get(code)
        option = None if choice is None else criterion.by_level.get(choice.level)
        wanted = evidence_for(criterion)
        if option is None or option.points == 0 or code in cited or not wanted:
            continue
        # A piece that names no criteria still speaks for those of its kind.
        if there.isdisjoint(wanted):
            yield _advice("criterion_without_evidence", f"/self_assessment/{code}", wanted=wanted)


def _gates(facts: FileFacts) -> Iterator[ChecklistFinding]:
    there = {item.kind for item in facts.contents.evidence}
    for kind in _kinds_by_gate(_set(facts)):
        if kind not in there:
            yield _advice("gate_evidence_missing", "/evidence", wanted=(kind,))


def _pieces(facts: FileFacts) -> Iterator[ChecklistFinding]:
    for position, item in enumerate(facts.contents.evidence):
        pointer = f"/evidence/{position}"
        if item.document_id is None:
            yield _advice("evidence_without_file", pointer)
        document = None if item.document_id is None else facts.documents.get(item.document_id)
        if document is not None and document.withdrawn:
            yield _advice("evidence_withdrawn", pointer)
        elif document is not None and not document.current:
            yield _advice("evidence_replaced", pointer)
        ends = item.expires_on if document is None else document.expires_on or item.expires_on
        until = facts.today if facts.until is None else max(facts.today, facts.until)
        if ends is not None and facts.today <= ends < until:
            yield _advice("evidence_expires_before_decision", pointer, on=ends)


def _advice(
    code: str, pointer: str, *, wanted: tuple[EvidenceKind, ...] = (), on: date | None = None
) -> ChecklistFinding:
    vi, en = _TEXTS[code]
    return ChecklistFinding(
        code=code,
        severity=Severity.ADVISORY,
        pointer=pointer,
        vi=vi,
        en=en,
        on=on,
        kinds=list(wanted),
    )
