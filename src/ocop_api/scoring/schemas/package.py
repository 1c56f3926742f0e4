"""What a member takes along to score without network."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from ocop_api.db.tables.documents import Document
from ocop_api.domain.dossier import DossierKind
from ocop_api.dossiers.examinations_schemas import ExaminationRecord
from ocop_api.dossiers.report_schemas import CouncilReport
from ocop_api.dossiers.schemas import Evidence, Form03, SelfAssessmentChoice
from ocop_api.scoring.schemas.editions import SetRead
from ocop_api.scoring.schemas.sessions import SessionRead
from ocop_api.scoring.schemas.sheets import SheetRead
from ocop_api.web.schemas import Instant, Output


class PackedDocument(Output):
    """A document that the evidence names, as `/v1/documents/{id}` has it."""

    id: UUID
    title: str = Field(examples=["Phiếu kiểm nghiệm cà phê bột"])
    pages: int | None = Field(examples=[3])
    sha256: str = Field(description="digest of the file, by which a client knows what it has already")


class PackedFile(Output):
    """A dossier of the agenda in the version that is scored."""

    dossier_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_name: str = Field(examples=["Hợp tác xã Cà phê Đắk Mil"])
    kind: DossierKind
    edition: str | None = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    version_number: int | None = Field(examples=[1])
    round: int | None = Field(description="the open round; null while there is none", examples=[1])
    self_assessment: dict[str, SelfAssessmentChoice] = Field(description="what the producer chose (Form 02)")
    evidence: list[Evidence]
    documents: list[PackedDocument]
    commune_report: Form03 | None = Field(description="the commune's findings (Form 03)")
    assessment_report: CouncilReport | None = Field(description="the report of the advisory group or office")
    examinations: list[ExaminationRecord] = Field(description="surveys and tests with their results")
    sheet: SheetRead | None = Field(description="the caller's own; its `version` is the next `base_version`")


class SessionPackage(Output):
    """A session for working without network; what was filled in comes back by `sync`."""

    taken_at: Instant
    session: SessionRead
    criteria_sets: list[SetRead] = Field(description="each set that a dossier of the agenda is scored by")
    dossiers: list[PackedFile] = Field(description="those still to be scored, in the order of the agenda")

    @classmethod
    def of(
        cls, at: datetime, session: SessionRead, sets: list[SetRead], dossiers: list[PackedFile]
    ) -> "SessionPackage":
        """The package at an instant."""
        return cls.model_construct(taken_at=at, session=session, criteria_sets=sets, dossiers=dossiers)


def packed_document(row: Document) -> PackedDocument:
    """A document as the package names it."""
    return PackedDocument(id=row.id, title=row.title, pages=row.pages, sha256=row.sha256)
