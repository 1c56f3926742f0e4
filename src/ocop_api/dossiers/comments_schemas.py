"""Shapes of comments on dossiers (*ý kiến*)."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.domain.dossier import Party
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output, PageQuery

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_VERSIONS = 32_767
"""Largest number a frozen version can have."""
CommentText = Annotated[LongText, StringConstraints(min_length=1, max_length=5000)]
Pointer = Annotated[str, StringConstraints(max_length=300, pattern=r"^(/([^/~]|~[01])*)+$")]
"""A JSON Pointer (RFC 6901) that points below something."""
VersionNumber = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]


class CommentSection(StrEnum):
    """What of a file a comment is about."""

    REGISTRATION = "registration"
    REPORT = "report"
    SELF_ASSESSMENT = "self_assessment"
    EVIDENCE = "evidence"
    CHANGES = "changes"
    UPDATES = "updates"
    FORM_03 = "form_03"
    """The commune's report."""
    GENERAL = "general"
    """The file as a whole."""


class CommentCreate(Input):
    """A new comment; it can be resolved later, and never changed."""

    section: CommentSection = Field(examples=["self_assessment"])
    pointer: Pointer | None = Field(None, description="JSON Pointer below the section", examples=["/1.1"])
    criterion: Code | None = Field(
        None, description="code of a criterion in the dossier's set", examples=["1.1"]
    )
    text: CommentText = Field(examples=["Chưa thấy hợp đồng thu mua của năm 2025."])
    internal: bool = Field(False, description="for officials and councils alone; not from the producer")
    version_number: VersionNumber | None = Field(
        None, description="frozen version it is about; left out: the latest, or the draft", examples=[1]
    )
    reply_to: UUID | None = Field(
        None, description="comment it answers, for the same readers or, from officials, for fewer"
    )


class CommentFilter(PageQuery):
    """Filters of the list. Sorts: `created_at` (default), `-created_at`."""

    section: CommentSection | None = None
    unresolved: bool | None = Field(None, description="true: only open ones, false: only resolved ones")
    version_number: VersionNumber | None = Field(None, description="about this frozen version")


class CommentRead(Output):
    """One comment."""

    id: UUID = Field(examples=[_ID])
    dossier_id: UUID
    version_number: int | None = Field(description="frozen version it is about; null: the draft")
    section: CommentSection
    pointer: str | None = Field(examples=["/1.1"])
    criterion: str | None = Field(examples=["1.1"])
    text: str = Field(examples=["Chưa thấy hợp đồng thu mua của năm 2025."])
    internal: bool = Field(description="hidden from the producer")
    author_id: UUID | None
    author_name: str = Field(examples=["Nguyễn Văn Sơn"])
    author_party: Party = Field(description="capacity in which it was written", examples=["office"])
    created_at: Instant
    resolved_at: Instant | None = Field(description="null while open")
    resolved_by: UUID | None
    reply_to: UUID | None
