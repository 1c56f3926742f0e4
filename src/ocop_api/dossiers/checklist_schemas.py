"""Shapes of the checklist of a file."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.dossiers.report_schemas import OpenExamination
from ocop_api.web.schemas import Input, Output

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class Severity(StrEnum):
    """What a finding means for lodging."""

    BLOCKING = "blocking"
    """The file cannot be lodged, or go on, like this."""
    ADVISORY = "advisory"
    """It can, but the council will ask, or points and time may be lost."""


class FilePart(StrEnum):
    """A part of the file."""

    REGISTRATION = "registration"
    REPORT = "report"
    SELF_ASSESSMENT = "self_assessment"
    EVIDENCE = "evidence"
    CHANGES = "changes"
    UPDATES = "updates"
    SAMPLES = "samples"


class Need(StrEnum):
    """How much a kind of evidence is needed for this regime and set."""

    COMPULSORY = "compulsory"
    """Without it the file is not complete."""
    GATE = "gate"
    """Without it, where the rules of its trade ask for it, a gate of the set ends the evaluation."""
    CRITERIA = "criteria"
    """Criteria of the set are proven by it."""
    OPTIONAL = "optional"


class PartCheck(Output):
    """A part of the file."""

    part: FilePart
    compulsory: bool = Field(description="for this kind of dossier under this regime", examples=[True])
    complete: bool


class KindCheck(Output):
    """A kind of evidence, in the order of Form 02."""

    kind: EvidenceKind
    item: int = Field(description="place among the fifteen of Form 02", examples=[1])
    vi: str = Field(examples=["Giấy đăng ký kinh doanh"])
    en: str
    need: Need
    gates: list[str] = Field(description="gates of the set that speak of it")
    criteria: list[str] = Field(description="criteria of the set that it proves", examples=[["1.1"]])
    pieces: int = Field(description="pieces of this kind in the file", examples=[1])


class ChecklistFinding(Output):
    """One thing to put right."""

    code: str = Field(examples=["evidence_expires_before_decision"])
    severity: Severity
    pointer: str = Field(description="where in the contents", examples=["/evidence/3"])
    vi: str
    en: str
    on: date | None = Field(description="day it turns on, such as the last day of validity")
    kinds: list[EvidenceKind] = Field(description="kinds of evidence that would settle it")


class ChecklistRead(Output):
    """What the file needs, what it lacks, and what may go wrong on its way."""

    regime: str = Field(examples=["qd26-2026"])
    edition: str | None = Field(examples=["qd26-2026"])
    kind: DossierKind
    set_number: int
    on: date = Field(description="day by which it is judged: of lodging; today for a draft")
    decision_expected_by: date | None = Field(description="by which the province will have decided")
    ready: bool = Field(description="nothing is blocking")
    blocking: int
    advisory: int
    parts: list[PartCheck]
    evidence_kinds: list[KindCheck]
    findings: list[ChecklistFinding] = Field(description="blocking ones first")
    open_examinations: list[OpenExamination] = Field(
        description="surveys and tests whose results are awaited; they hold nothing up"
    )


class ReuseOrder(Input):
    """Which earlier file to take evidence from."""

    from_dossier_id: UUID | None = Field(
        None, description="the product's latest earlier dossier if left out", examples=[_ID]
    )


class SkippedEvidence(Output):
    """Evidence that was not taken over."""

    document_id: UUID = Field(examples=[_ID])
    reason: str = Field(description="`withdrawn` or `expired`", examples=["expired"])
    expires_on: date | None


class ReuseRead(Output):
    """What was taken over; the draft has it now."""

    dossier_id: UUID = Field(description="the draft", examples=[_ID])
    from_dossier_id: UUID
    taken: int = Field(description="pieces added to the draft", examples=[9])
    newer: int = Field(description="of these, as a newer version of the document than the earlier file had")
    joined: int = Field(description="pieces that were there already and are cited for further criteria now")
    skipped: list[SkippedEvidence]
    version: int = Field(description="of the draft")
