"""Files to fill in: templates of the kinds, and the rejected rows of an import to correct."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse

from ocop_api.adapters.spreadsheet.workbook import MEDIA_TYPE
from ocop_api.bulk.corrections import CorrectionService
from ocop_api.bulk.router.imports import visible_import
from ocop_api.bulk.spooling import temporary_file
from ocop_api.bulk.templates import TemplateService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession, database_of

router = feature_router("/v1/imports", "imports")

_PIECE = 256 * 1024


@router.get(
    "/templates/{kind}.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The workbook to fill in"}},
)
async def download_import_template(
    kind: str, request: Request, session: ReadSession, caller: Caller, now: Now
) -> Response:
    """The workbook of a kind: drop-downs, checks while typing, and a guide in both languages.

    Headings follow `Accept-Language`; either language is taken back. Places to choose from are today's
    of the provinces in which the caller may import the kind.
    """
    content = await TemplateService(session, caller, now()).workbook(kind, language_of(request))
    return _file(request, content, MEDIA_TYPE, f"{kind}.xlsx")


@router.get(
    "/templates/{kind}.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "The heading alone"}},
)
async def download_import_heading(
    kind: str, request: Request, session: ReadSession, caller: Caller, now: Now
) -> Response:
    """The heading of a kind as CSV: titles in Vietnamese, names of the columns in English."""
    content = TemplateService(session, caller, now()).heading(kind, language_of(request))
    return _file(request, content, "text/csv; charset=utf-8", f"{kind}.csv")


@router.get(
    "/{import_id}/rejected.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "The rejected rows to correct"}},
)
async def download_rejected_workbook(
    import_id: Annotated[UUID, Depends(visible_import)], request: Request, caller: Caller, now: Now
) -> Response:
    """The rejected rows as they were sent, wrong cells red with what to do: to correct and send again.

    The columns of reasons in front are ignored when the file comes back.
    """
    lift_deadline(request.scope)
    language = language_of(request)

    async def pieces() -> AsyncIterator[bytes]:
        with temporary_file() as path:
            async with database_of(request).read() as session:
                await CorrectionService(session, caller, now()).write(import_id, path, language)
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece

    name = f"rejected-{import_id}.xlsx"
    return StreamingResponse(pieces(), media_type=MEDIA_TYPE, headers=_attached(name))


def _file(request: Request, content: bytes, media_type: str, name: str) -> Response:
    """The file with an ETag, so that a client which has it is told so."""
    return tag_response(request, Response(content, media_type=media_type, headers=_attached(name)), None)


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
