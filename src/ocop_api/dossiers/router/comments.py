"""Comments of reviewers and the producer on a dossier."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.dossiers.comments_schemas import CommentCreate, CommentFilter, CommentRead
from ocop_api.dossiers.service import CommentService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import OptionalIfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/dossiers/{dossier_id}/comments", "dossiers")


@router.get("")
async def list_dossier_comments(
    *,
    dossier_id: UUID,
    wanted: Annotated[CommentFilter, Query()],
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[CommentRead]:
    """Comments the caller may read, oldest first.

    Internal ones are for officials and councils, those on the draft for its producer.
    """
    rows = await CommentService(session, caller, now()).comments(dossier_id, wanted)
    return Page.of(rows, [CommentRead.model_validate(row) for row in rows.items])


@router.post("", status_code=201)
async def create_dossier_comment(
    *,
    dossier_id: UUID,
    body: CommentCreate,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> CommentRead:
    """Comment on a section of the file (ý kiến), until the dossier is closed.

    For the producer, and for offices, advisory groups, authorities and councils the dossier lies within. A
    comment is never changed or removed, only resolved.
    """
    row = await CommentService(session, caller, now()).add(dossier_id, body, expected.check)
    response.headers["Location"] = f"/v1/dossiers/{dossier_id}/comments/{row.id}"
    return CommentRead.model_validate(row)


@router.get("/{comment_id}")
async def read_dossier_comment(
    *, dossier_id: UUID, comment_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> CommentRead:
    """One comment the caller may read."""
    row = await CommentService(session, caller, now()).comment(dossier_id, comment_id)
    return CommentRead.model_validate(row)


@router.post("/{comment_id}/resolve")
async def resolve_dossier_comment(
    *,
    dossier_id: UUID,
    comment_id: UUID,
    expected: OptionalIfMatch,
    session: WriteSession,
    caller: Caller,
    now: Now,
) -> CommentRead:
    """Mark a comment as dealt with; again changes nothing. The producer resolves the producer's own."""
    row = await CommentService(session, caller, now()).resolve(dossier_id, comment_id, expected.check)
    return CommentRead.model_validate(row)
