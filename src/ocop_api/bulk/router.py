"""Imports over HTTP: send a file, follow the job, read what became of every row."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from ocop_api.bulk.presentation import import_of, rejected_csv, row_of
from ocop_api.bulk.reading import MAX_BYTES
from ocop_api.bulk.schemas import ImportFilter, ImportOrder, ImportRead, RowFilter, RowRead
from ocop_api.bulk.service import ImportService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.problems import HTTPProblem, language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/imports", "imports")

_MEDIA_TYPE = "text/csv"
_CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "CSV in UTF-8 (with or without byte order mark), comma or semicolon, a header row",
        "content": {
            _MEDIA_TYPE: {
                "schema": {"type": "string"},
                "example": "product_name,producer,producer_type,province,commune\n"
                "Cà phê bột Đắk Mil,HTX Nông nghiệp Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil\n",
            }
        },
    }
}


@router.post("", status_code=202, max_body_size=MAX_BYTES, openapi_extra=_CSV_BODY)
async def create_import(
    order: Annotated[ImportOrder, Query()],
    request: Request,
    session: WriteSession,
    caller: Caller,
    now: Now,
    response: Response,
) -> ImportRead:
    """Hand in a product list to import in the background, at most 5 MB and 20,000 rows.

    Columns: `product_name`, `producer`, `province` must be there; `producer_type`, `commune`,
    `district`, `old_province_code`, `product_group`, `stars`, `status`, `decision_no`, `decision_date`,
    `issuing_authority`, `expiry_date`, `certificate_no`, `product_code`, `price_vnd`, `pack`,
    `confidence`, `source` are taken over where given; `row_id`, `score`, `year`, `source_licence` and
    `notes` may stand there. Products are recognised by producer and name, so the same file twice
    changes nothing. The rows are stored with the caller's rights of this moment.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != _MEDIA_TYPE:
        raise HTTPProblem(415, "request.unsupported_media_type", offered=[_MEDIA_TYPE], given=given)
    job = await ImportService(session, caller, now()).take_in(await request.body(), order)
    response.headers["Location"] = f"/v1/imports/{job.id}"
    return import_of(job)


@router.get("")
async def list_imports(
    wanted: Annotated[ImportFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[ImportRead]:
    """The caller's imports, the latest first; all imports for those who may import everywhere."""
    rows = await ImportService(session, caller, now()).page(wanted)
    return Page.of(rows, [import_of(job) for job in rows.items])


@router.get("/{import_id}")
async def read_import(import_id: UUID, session: ReadSession, caller: Caller, now: Now) -> ImportRead:
    """How far an import has come."""
    return import_of(await ImportService(session, caller, now()).get(import_id))


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
    rows = await ImportService(session, caller, now()).results(import_id, wanted)
    return Page.of(rows, [row_of(row, language_of(request)) for row in rows.items])


@router.get(
    "/{import_id}/rejected.csv",
    response_class=Response,
    responses={200: {"content": {_MEDIA_TYPE: {}}, "description": "The rejected rows with reasons"}},
)
async def download_rejected_rows(
    import_id: UUID, request: Request, session: ReadSession, caller: Caller, now: Now
) -> Response:
    """The rejected rows as they were sent, with the reasons beside them: to correct and send again."""
    job, rows = await ImportService(session, caller, now()).rejected(import_id)
    return Response(
        rejected_csv(job, rows, language_of(request)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejected-{job.id}.csv"'},
    )


@router.post("/{import_id}/abort")
async def abort_import(import_id: UUID, session: WriteSession, caller: Caller, now: Now) -> ImportRead:
    """Stop an import after the rows in hand; what is stored stays stored."""
    return import_of(await ImportService(session, caller, now()).abort(import_id))


routers = (router,)
