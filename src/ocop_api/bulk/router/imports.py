"""Imports over HTTP: send a file, follow the job, read what became of every row."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from ocop_api.bulk.kinds.registry import KINDS
from ocop_api.bulk.presentation import import_of, kind_of, rejected_csv, report_of, row_of
from ocop_api.bulk.schemas import (
    ImportFilter,
    ImportKindList,
    ImportOrder,
    ImportRead,
    ImportReport,
    ImportState,
    RowFilter,
    RowRead,
)
from ocop_api.bulk.service import ImportService
from ocop_api.bulk.spooling import MAX_BYTES, spool, temporary_file
from ocop_api.web.caller import Caller, Now
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import HTTPProblem, language_of
from ocop_api.web.routing import NO_IDEMPOTENCY, feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession, database_of

router = feature_router("/v1/imports", "imports")

_CSV = "text/csv"
_MEDIA_TYPES = (
    _CSV,
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.ms-excel",
    "application/octet-stream",
)
_EXAMPLE = (
    "product_name,producer,producer_type,province,commune\n"
    "Cà phê bột Đắk Mil,HTX Nông nghiệp Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil\n"
)
_BODY = {
    # The body is read piece by piece; the client-chosen id makes the request safe to repeat.
    NO_IDEMPOTENCY: True,
    "requestBody": {
        "required": True,
        "description": "CSV (comma, semicolon, tab or bar; UTF-8, UTF-16, Windows-1258), NDJSON, XLSX or ODS",
        "content": {
            media_type: {
                "schema": {"type": "string"}
                if media_type in _MEDIA_TYPES[:3]
                else {"type": "string", "format": "binary"},
                **({"example": _EXAMPLE} if media_type == _CSV else {}),
            }
            for media_type in _MEDIA_TYPES
        },
    },
}
_POLL_SECONDS = 0.5


@router.post("", status_code=202, max_body_size=MAX_BYTES, openapi_extra=_BODY)
async def create_import(
    order: Annotated[ImportOrder, Query()],
    request: Request,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> ImportRead:
    """Hand in a list to import in the background: at most 512 MB and 2,000,000 rows.

    The format is told by the bytes. Headings may be the English names or the Vietnamese titles of the
    kind's columns (`GET /v1/imports/kinds`), in any case and accents; the header may stand below titles,
    within the first ten rows. Unknown headings are ignored and told in `remarks`. Rows are recognised
    by their natural keys, so the same file twice changes nothing. The rows are stored with those rights
    of the caller's that still hold at that time. With the same `import_id` the same file is the same
    import, and one that failed continues.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in _MEDIA_TYPES:
        raise HTTPProblem(415, "request.unsupported_media_type", offered=list(_MEDIA_TYPES), given=given)
    service = ImportService(session, caller, now())
    service.check_order(order)
    # A large file over a slow line takes longer than other requests may.
    lift_deadline(request.scope)
    with temporary_file() as path:
        job = await service.take_in(await spool(request.stream(), path), order)
    response.headers["Location"] = f"/v1/imports/{job.id}"
    return import_of(job, language_of(request))


@router.get("")
async def list_imports(
    wanted: Annotated[ImportFilter, Query()],
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[ImportRead]:
    """The caller's imports, the latest first; all imports for those who may import everywhere."""
    rows = await ImportService(session, caller, now()).page(wanted)
    return Page.of(rows, [import_of(job, language_of(request)) for job in rows.items])


@router.get("/kinds")
async def list_import_kinds(caller: Caller) -> ImportKindList:
    """What can be imported, with the columns of each kind and the files to fill in."""
    return ImportKindList(items=[kind_of(kind, caller) for kind in KINDS.values()])


@router.get("/{import_id}")
async def read_import(
    import_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now
) -> ImportRead:
    """How far an import has come."""
    return import_of(await ImportService(session, caller, now()).get(import_id), language_of(request))


@router.get("/{import_id}/rows")
async def list_import_rows(
    import_id: UUID,
    wanted: Annotated[RowFilter, Query()],
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
) -> Page[RowRead]:
    """What became of the rows, in the order of the file, with reasons and suggestions."""
    service = ImportService(session, caller, now())
    job = await service.get(import_id)
    rows = await service.results(import_id, wanted)
    return Page.of(rows, [row_of(row, job.kind, language_of(request)) for row in rows.items])


@router.get("/{import_id}/report")
async def read_import_report(
    import_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now
) -> ImportReport:
    """The summary: counts, what was said how often with the first rows of each, and the time it took."""
    service = ImportService(session, caller, now())
    job = await service.get(import_id)
    return report_of(job, await service.said(import_id), language_of(request), now())


async def visible_import(import_id: UUID, session: ReadSession, caller: Caller, now: Now) -> UUID:
    """The id, if the caller may see the import; for answers that stream after the session is closed."""
    return (await ImportService(session, caller, now()).get(import_id)).id


@router.get(
    "/{import_id}/events",
    response_class=EventSourceResponse,
    responses={200: {"description": "`progress` events, then one `end`; each holds the import"}},
)
async def follow_import(
    import_id: Annotated[UUID, Depends(visible_import)],
    request: Request,
    caller: Caller,
    now: Now,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Progress as server-sent events until the end; comments keep the line open in between.

    The id of an event is the import's version: with `Last-Event-ID` nothing older is told again.
    """
    lift_deadline(request.scope)
    language = language_of(request)
    seen = last_event_id
    while True:
        async with database_of(request).read() as session:
            job = await ImportService(session, caller, now()).get(import_id)
        ended = job.state not in {ImportState.OPEN.value, ImportState.RUNNING.value}
        version = str(job.version)
        if version != seen or ended:
            seen = version
            shown = import_of(job, language).model_dump(mode="json")
            yield ServerSentEvent(data=shown, event="end" if ended else "progress", id=version)
        if ended:
            return
        await asyncio.sleep(_POLL_SECONDS)


@router.get(
    "/{import_id}/rejected.csv",
    response_class=Response,
    responses={200: {"content": {_CSV: {}}, "description": "The rejected rows with reasons"}},
)
async def download_rejected_rows(
    import_id: Annotated[UUID, Depends(visible_import)], request: Request, caller: Caller, now: Now
) -> Response:
    """The rejected rows as they were sent, with the reasons beside them: to correct and send again."""
    lift_deadline(request.scope)
    language = language_of(request)

    async def pieces() -> AsyncIterator[bytes]:
        async with database_of(request).read() as session:
            service = ImportService(session, caller, now())
            job = await service.get(import_id)
            async for piece in rejected_csv(job.header, service.rejected(import_id), language):
                yield piece

    return StreamingResponse(
        pieces(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejected-{import_id}.csv"'},
    )


@router.post("/{import_id}/abort")
async def abort_import(
    import_id: UUID, request: Request, session: WriteSession, caller: Caller, now: Now
) -> ImportRead:
    """Stop an import after the rows in hand; what is stored stays stored."""
    return import_of(await ImportService(session, caller, now()).abort(import_id), language_of(request))
