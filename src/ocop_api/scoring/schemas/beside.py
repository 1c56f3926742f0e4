"""What stands beside each criterion while a council scores: everybody's findings but the members' sheets."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.regimes import CommuneTopic
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.dossiers.examinations_schemas import Conclusion, ExaminationKind
from ocop_api.dossiers.report_schemas import NoticedGateRead, OpenExamination
from ocop_api.scoring.schemas.editions import CaseRead, OptionRead
from ocop_api.scoring.schemas.texts import TextRead
from ocop_api.web.schemas import Exact, Output

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class Difference(StrEnum):
    """Two findings on one criterion that do not agree."""

    PRODUCER_AND_ADVISERS = "producer_and_advisers"
    """The producer chose another option than the advisory group."""
    COMMUNE_DOES_NOT_CONFIRM = "commune_does_not_confirm"
    """Points are claimed or given for what the commune does not confirm."""
    EXAMINATION_NOT_MET = "examination_not_met"
    """Points are claimed or given for what a survey or test did not find."""


class ChosenBeside(Output):
    """An option somebody chose."""

    level: int = Field(examples=[2])
    case: int | None
    points: Exact | None = Field(
        description="null for a level that the criterion does not have", examples=["3"]
    )


class AdvisedBeside(ChosenBeside):
    """The option that the advisory group found, and why."""

    remark: str | None = Field(examples=["Hợp đồng thu mua chỉ chứng minh 60% nguyên liệu."])


class CommuneBeside(Output):
    """What the commune found on a topic (Form 03)."""

    topic: CommuneTopic
    finding: str = Field(examples=["Toàn bộ cà phê nhân thu mua của 35 hộ trong xã."])
    supported: bool = Field(description="the commune confirms what the file says")


class EvidenceBeside(Output):
    """A piece of evidence that the producer cites for the criterion."""

    kind: EvidenceKind
    document_id: UUID | None = Field(description="null for a piece without a file", examples=[_ID])
    title: str | None = Field(examples=["Phiếu kiểm nghiệm cà phê bột"])
    number: str | None
    expires_on: date | None
    expired: bool = Field(description="on the day of the session")


class ExaminationBeside(Output):
    """What a survey or test found about the criterion."""

    examination_id: UUID = Field(examples=[_ID])
    kind: ExaminationKind
    done_on: date
    conclusion: Conclusion
    finding: str = Field(
        description="about the criterion, or of the whole where it says nothing of its own",
        examples=["35 hộ trong xã cung cấp toàn bộ cà phê nhân."],
    )
    document_ids: list[UUID]


class CriterionBeside(Output):
    """One criterion with all that is known about it."""

    code: str = Field(examples=["1.1"])
    text: TextRead
    max: Exact
    cases: list[CaseRead]
    options: list[OptionRead]
    producer: ChosenBeside | None = Field(description="what the producer chose (Form 02)")
    advisers: AdvisedBeside | None = Field(description="what the advisory group found")
    commune: list[CommuneBeside] = Field(description="what the commune found on its topics")
    evidence: list[EvidenceBeside]
    examinations: list[ExaminationBeside]
    differs: bool = Field(description="whether any two of these do not agree")
    differences: list[Difference]


class AdvisersInAll(Output):
    """What the advisory group's findings come to."""

    outcome: Outcome
    complete: bool
    total: Exact = Field(examples=["72"])
    star: int | None
    gates: list[NoticedGateRead]


class AssessmentsRead(Output):
    """A dossier of the agenda, criterion by criterion in the order of the form."""

    session_id: UUID
    dossier_id: UUID
    version_number: int | None = Field(description="version of the file that is scored", examples=[1])
    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    on: date = Field(description="day of the session, by which evidence is judged")
    criteria: list[CriterionBeside]
    advisers: AdvisersInAll | None = Field(description="null where no findings by criterion were reported")
    commune: list[CommuneBeside] = Field(
        description="findings on topics without a criterion in this set, as in tourism services"
    )
    open_examinations: list[OpenExamination]
    differing: list[str] = Field(description="criteria in which findings do not agree", examples=[["1.1"]])
