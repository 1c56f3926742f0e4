"""A member's own sheet."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ocop_api.scoring.schemas.evaluation import ChoiceRead, EvaluationRead, RecordedGateRead, SheetContent
from ocop_api.web.schemas import Instant, LongText, Output


class SheetDraftInput(SheetContent):
    """The member's choices so far, in whole."""

    remarks: Annotated[LongText, Field(examples=["Bao bì đẹp, cần bổ sung truy xuất nguồn gốc."])] = ""


class SheetRead(Output):
    """The caller's own sheet in the latest round they took part in."""

    session_id: UUID
    dossier_id: UUID
    round: int = Field(examples=[1])
    state: Literal["draft", "submitted"]
    edition: str = Field(examples=["qd26-2026"])
    set_number: int = Field(examples=[13])
    choices: dict[str, ChoiceRead]
    gates: list[RecordedGateRead]
    remarks: str = Field(examples=["Bao bì đẹp, câu chuyện sản phẩm rõ."])
    evaluation: EvaluationRead
    sha256: str | None = Field(description="digest of the submitted record (RFC 8785 canonical JSON)")
    submitted_at: Instant | None
    version: int
