"""Shapes of notices."""

from typing import Any
from uuid import UUID

from pydantic import Field

from ocop_api.web.schemas import Instant, Output, PageQuery


class NotificationFilter(PageQuery):
    """Which notices to list; sorts are `-created` (newest first) and `created`."""

    unread: bool | None = Field(None, description="true: only unread, false: only read")


class NotificationRead(Output):
    """One notice to the caller."""

    id: UUID
    kind: str = Field(description="what happened", examples=["dossier.lodged"])
    subject_type: str = Field(examples=["dossier"])
    subject_id: str = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    text: str = Field(description="for a person, in the answer's language", examples=["Hồ sơ đã được nộp."])
    data: dict[str, Any] = Field(description="facts of the event, by kind")
    created_at: Instant
    read_at: Instant | None = Field(description="null while unread")
