"""Papers of a session: which there are, and which are signed."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.scoring.papers.council_facts import CouncilPaper
from ocop_api.web.schemas import CleanText, Code, Input, Instant, Output, PageQuery, ShortText

SessionPaper = Literal[CouncilPaper.MINUTES, CouncilPaper.SUBMISSION, CouncilPaper.DECISION]
"""Papers of a whole session."""
DossierPaper = Literal[CouncilPaper.SCORE_SHEET, CouncilPaper.SCORE_SHEETS, CouncilPaper.CONSOLIDATED]
"""Papers of one dossier of a session."""
SignedForm = Literal["pdf", "cms"]


class PaperChoice(Output):
    """Which paper of a session."""

    paper: CouncilPaper = Field(examples=["minutes"])
    dossier_id: UUID | None = Field(None, description="of papers of one dossier")
    round: int | None = Field(None, description="of papers of one dossier", examples=[1])
    member: UUID | None = Field(None, description="of a single score sheet")
    proposal: OutcomeKind | None = Field(None, description="of a submission", examples=["recognise"])


class CouncilPaperRead(PaperChoice):
    """A paper that the caller may have."""

    pdf: str = Field(description="its address", examples=["/v1/sessions/…/papers/minutes.pdf"])
    docx: str = Field(description="its address", examples=["/v1/sessions/…/papers/minutes.docx"])
    signed: bool
    signed_paper_id: UUID | None = Field(description="the signed paper that counts")

    @classmethod
    def of(cls, session_id: UUID, choice: PaperChoice, signed_id: UUID | None) -> "CouncilPaperRead":
        """A paper with its addresses."""
        path = f"/v1/sessions/{session_id}"
        if choice.dossier_id is not None:
            path += f"/dossiers/{choice.dossier_id}"
        given = (("round", choice.round), ("member", choice.member), ("proposal", choice.proposal))
        query = "&".join(f"{name}={value}" for name, value in given if value is not None)
        ending = f"?{query}" if query else ""
        return cls(
            **choice.model_dump(),
            pdf=f"{path}/papers/{choice.paper.value}.pdf{ending}",
            docx=f"{path}/papers/{choice.paper.value}.docx{ending}",
            signed=signed_id is not None,
            signed_paper_id=signed_id,
        )


class SessionPapersRead(Output):
    """The papers of a session that the caller may have now."""

    papers: list[CouncilPaperRead]


class SignedPaperFacts(Input):
    """What a signed paper is, and what it says of itself."""

    paper: Literal[
        CouncilPaper.MINUTES,
        CouncilPaper.SUBMISSION,
        CouncilPaper.DECISION,
        CouncilPaper.CONSOLIDATED,
        CouncilPaper.SCORE_SHEETS,
    ] = Field(examples=["minutes"])
    dossier_id: UUID | None = Field(None, description="of `consolidated` and `score_sheets`")
    round: int | None = Field(None, ge=1, le=99, description="of those; the latest closed one if left out")
    proposal: OutcomeKind | None = Field(None, description="of `submission`")
    signed_on: date = Field(description="day of signing in Vietnam", examples=["2026-06-26"])
    document_number: Code = Field(description="number it was given", examples=["12/BB-HĐ"])
    signatories: ShortText = Field(
        description="who signed, in the order of the paper", examples=["H’Loan Niê; Nguyễn Văn Bình"]
    )
    signs_sha256: Annotated[CleanText, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="SHA-256 of the generated PDF that a signature file (.p7s) signs"
    )
    replaces_id: UUID | None = Field(None, description="the wrong upload that this one replaces")
    reason: ShortText | None = Field(
        None, description="why it is replaced", examples=["Bản tải lên trước thiếu trang 3."]
    )


class SignedPaperQuery(PageQuery):
    """Which signed papers to list. Sorts: `-uploaded_at` (default), `uploaded_at`."""


class SignedPaperRead(Output):
    """A signed paper."""

    id: UUID
    session_id: UUID
    paper: CouncilPaper = Field(examples=["minutes"])
    dossier_id: UUID | None
    round_number: int | None = Field(examples=[1])
    proposal: OutcomeKind | None
    form: SignedForm = Field(description="a signed PDF, or a detached signature (CMS)", examples=["pdf"])
    sha256: str = Field(description="of what was uploaded")
    size: int = Field(examples=[184320])
    generated_sha256: str = Field(description="of the PDF as the system gave it then; it is kept too")
    signed_on: date = Field(examples=["2026-06-26"])
    document_number: str = Field(examples=["12/BB-HĐ"])
    signatories: str = Field(examples=["H’Loan Niê; Nguyễn Văn Bình"])
    current: bool = Field(description="whether it counts: no later one replaces it")
    replaces_id: UUID | None
    reason: str | None = Field(description="why the earlier upload was replaced")
    uploaded_by: UUID | None
    uploaded_at: Instant = Field(examples=["2026-06-26T03:00:00Z"])
