"""Growing areas, lots and their steps; EPCIS documents; the Digital Link with the public passport."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ocop_api.adapters.qr import qr_png, qr_svg
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.traceability.negotiation import best_media_type
from ocop_api.traceability.presentation import (
    HTML,
    JSON,
    LINKSET,
    OFFERED,
    UNIT_NAMES,
    linkset_of,
    plain,
    requested_link,
    wants_linkset,
)
from ocop_api.traceability.schemas import (
    EpcisDocument,
    EpcisQueryDocument,
    ErrorDeclare,
    GrowingAreaCreate,
    GrowingAreaFilter,
    GrowingAreaRead,
    LotCreate,
    LotFilter,
    LotRead,
    LotStepRead,
    PassportRead,
    StepCreate,
    TraceRead,
)
from ocop_api.traceability.service.growing_areas import GrowingAreaService
from ocop_api.traceability.service.lots import LotService
from ocop_api.traceability.service.passports import PassportService
from ocop_api.traceability.service.steps import StepService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import tag_response
from ocop_api.web.pages.rendering import choose_language, render
from ocop_api.web.problems import PROBLEM_MEDIA_TYPE, HTTPProblem
from ocop_api.web.routing import OPEN_QUERY, feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import FastPool, ReadSession, WriteSession
from ocop_api.web.texts import Language, text_of

growing_areas = feature_router("/v1/growing-areas", "traceability")
lots = feature_router("/v1/lots", "traceability")
epcis = feature_router("/epcis", "traceability")
links = feature_router("/01", "digital link")


def _public_url(request: Request) -> str:
    url: str = request.app.state.settings.web.public_url
    return url


PublicUrl = Annotated[str, Depends(_public_url)]
"""This system's own Digital Link domain."""


@growing_areas.get("")
async def list_growing_areas(
    wanted: Annotated[GrowingAreaFilter, Query()], session: ReadSession, caller: Caller, now: Now
) -> Page[GrowingAreaRead]:
    """Growing areas and plots the caller may read."""
    return await GrowingAreaService(session, caller, now()).page(wanted)


@growing_areas.post("", status_code=201)
async def create_growing_area(
    body: GrowingAreaCreate, response: Response, session: WriteSession, caller: Caller, now: Now
) -> GrowingAreaRead:
    """Register a growing area (vùng trồng) of a producer."""
    row = await GrowingAreaService(session, caller, now()).create(body)
    response.headers["Location"] = f"/v1/growing-areas/{row.id}"
    return GrowingAreaRead.model_validate(row)


@growing_areas.get("/{growing_area_id}")
async def read_growing_area(
    growing_area_id: UUID, session: ReadSession, caller: Caller, now: Now
) -> GrowingAreaRead:
    """One growing area."""
    return GrowingAreaRead.model_validate(
        await GrowingAreaService(session, caller, now()).get(growing_area_id)
    )


def _reading(session: ReadSession, caller: Caller, now: Now, public_url: PublicUrl) -> LotService:
    return LotService(session, caller, now(), public_url)


def _writing(session: WriteSession, caller: Caller, now: Now, public_url: PublicUrl) -> StepService:
    return StepService(session, caller, now(), public_url)


Lots = Annotated[LotService, Depends(_reading)]
Steps = Annotated[StepService, Depends(_writing)]


@lots.get("")
async def list_lots(wanted: Annotated[LotFilter, Query()], service: Lots) -> Page[LotRead]:
    """Lots the caller may read, newest first."""
    return await service.page(wanted)


@lots.post("", status_code=201)
async def create_lot(
    body: LotCreate,
    response: Response,
    session: WriteSession,
    caller: Caller,
    now: Now,
    public_url: PublicUrl,
) -> LotRead:
    """Register a lot (lô) of a product or of a material; its symbol works at once."""
    lot = await LotService(session, caller, now(), public_url).create(body)
    response.headers["Location"] = f"/v1/lots/{lot.id}"
    return lot


@lots.get("/{lot_id}")
async def read_lot(lot_id: UUID, service: Lots) -> LotRead:
    """One lot with what was made, used and is left."""
    return await service.read(lot_id)


@lots.post("/{lot_id}/steps", status_code=201)
async def record_step(lot_id: UUID, body: StepCreate, response: Response, service: Steps) -> LotStepRead:
    """Record a step of the lot; it becomes an EPCIS 2.0 event and is never changed afterwards.

    More than a lot holds cannot be taken from it, and no more can come out than went in.
    """
    step = await service.record(lot_id, body)
    response.headers["Location"] = f"/epcis/events/{step.event_id}"
    return step


@lots.get("/{lot_id}/events")
async def read_lot_events(lot_id: UUID, service: Lots) -> EpcisDocument:
    """All events of the lot as an EPCIS 2.0 document, declarations of error included."""
    return await service.document(lot_id)


@lots.post("/{lot_id}/events/{event_id}/declare-error", status_code=201)
async def declare_event_error(
    lot_id: UUID, event_id: str, body: ErrorDeclare, response: Response, service: Steps
) -> LotStepRead:
    """Withdraw a wrong event: it stays readable, its amounts and its part in traces are undone."""
    step = await service.declare_error(lot_id, event_id, body)
    response.headers["Location"] = f"/epcis/events/{step.event_id}"
    return step


@lots.get("/{lot_id}/trace")
async def trace_lot(
    lot_id: UUID,
    service: Lots,
    direction: Annotated[
        Literal["back", "forward"], Query(description="to what it came from, or to what it went into")
    ] = "back",
    max_depth: Annotated[int, Query(ge=1, le=50, description="steps to follow; 1 is the legal minimum")] = 20,
) -> TraceRead:
    """Where the lot came from, or where it went, nearest first (Circular 02/2024/TT-BKHCN)."""
    return await service.trace(lot_id, direction, max_depth)


@lots.get(
    "/{lot_id}/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "QR symbol"}},
)
async def read_lot_qr_svg(lot_id: UUID, service: Lots) -> Response:
    """The QR symbol of the lot's Digital Link, for labels."""
    svg = await run_in_threadpool(qr_svg, await service.digital_link(lot_id))
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=3600"})


@lots.get(
    "/{lot_id}/qr.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "QR symbol"}},
)
async def read_lot_qr_png(lot_id: UUID, service: Lots) -> Response:
    """The QR symbol of the lot's Digital Link, as a picture."""
    png = await run_in_threadpool(qr_png, await service.digital_link(lot_id))
    return Response(png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@epcis.get("/events/{event_id}")
async def read_epcis_event(event_id: str, service: Lots) -> EpcisQueryDocument:
    """One event as an EPCIS 2.0 query document, for those who may read one of its lots."""
    return await service.query_document(event_id)


def _path(name: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "maxLength": 60},
        "example": example,
    }


_GTIN, _LOT, _SERIAL = _path("gtin", "02990000000012"), _path("lot", "L2026-06-001"), _path("serial", "17")
_QUERY: dict[str, Any] = {
    "name": "linkType",
    "in": "query",
    "required": False,
    "description": "a GS1 link type; `linkset` gives all links. Foreign parameters are let through.",
    "schema": {"type": "string", "maxLength": 100},
}
_PROBLEM: dict[str, Any] = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {HTML: {}, LINKSET: {}}, "description": "Passport as page, data or link set"},
    404: {
        "content": {HTML: {}, **_PROBLEM},
        "description": "Not in the register (a page also for what cannot be read)",
    },
    406: {"content": _PROBLEM, "description": "None of the offered representations is accepted"},
}


def _contract(*parameters: dict[str, Any]) -> dict[str, Any]:
    return {OPEN_QUERY: True, "parameters": [*parameters, _QUERY]}


@links.get("/{gtin}", response_model=PassportRead, responses=_ANSWERS, openapi_extra=_contract(_GTIN))
async def resolve_product(request: Request, pool: FastPool, now: Now) -> Response:
    """What the symbol of a product opens: page, data or link set, by `Accept` and `linkType`."""
    return await _resolve(request, pool, now)


@links.get(
    "/{gtin}/10/{lot}",
    response_model=PassportRead,
    responses=_ANSWERS,
    openapi_extra=_contract(_GTIN, _LOT),
)
async def resolve_lot(request: Request, pool: FastPool, now: Now) -> Response:
    """What the symbol of a lot opens: page, data or link set, by `Accept` and `linkType`."""
    return await _resolve(request, pool, now)


@links.get(
    "/{gtin}/10/{lot}/21/{serial}",
    response_model=PassportRead,
    responses=_ANSWERS,
    openapi_extra=_contract(_GTIN, _LOT, _SERIAL),
)
async def resolve_item(request: Request, pool: FastPool, now: Now) -> Response:
    """What the symbol of one bag opens: the passport of its lot."""
    return await _resolve(request, pool, now)


@links.get("/{rest:path}", response_model=PassportRead, include_in_schema=False, openapi_extra=_contract())
async def resolve_other(request: Request, pool: FastPool, now: Now) -> Response:
    """Links whose encoded slashes or other qualifiers do not fit the templates above."""
    return await _resolve(request, pool, now)


async def _resolve(request: Request, pool: FastPool, now: Now) -> Response:
    kind = best_media_type(request.headers.get("accept", ""), OFFERED)
    language = _language(request)
    try:
        if wants_linkset(request.query_params.get("linkType")):
            kind = LINKSET
        if kind is None:
            raise HTTPProblem(406, "request.not_acceptable", offered=list(OFFERED))
        public_url = _public_url(request)
        raw_path, query = request.scope["raw_path"], request.scope["query_string"]
        link = requested_link(public_url, raw_path, query)
        # A page loads its pictures from where it was opened, whatever name the server goes by there.
        base_url = "" if kind == HTML else public_url
        passport = await PassportService(pool, vietnam_date(now()), base_url=base_url).read(link)
    except (NotFound, Invalid) as error:
        if kind != HTML:
            raise
        # To a person a label that cannot be read and one that is not known are the same: not found.
        reason = text_of(error.code, language, error.data)
        return render("traceability/unknown.html", language, status_code=404, reason=reason)
    headers = {
        "Vary": "Accept, Accept-Language",
        "Cache-Control": "no-cache",
        "Link": f'<{passport.digital_link}>; rel="canonical", '
        f'<{passport.digital_link}?linkType=linkset>; rel="linkset"; type="{LINKSET}"',
    }
    if kind == HTML:
        page = render(
            "traceability/passport.html",
            language,
            headers=headers,
            passport=passport,
            units=UNIT_NAMES,
            plain=plain,
        )
        return tag_response(request, page, None)
    if kind == LINKSET:
        tail = f"?{query.decode('latin-1')}" if query else ""
        anchor = f"{public_url.rstrip('/')}{raw_path.decode('latin-1')}{tail}"
        return Response(orjson.dumps(linkset_of(passport, anchor)), media_type=LINKSET, headers=headers)
    return Response(passport.model_dump_json(), media_type=JSON, headers=headers)


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    known: Language | None = "vi" if asked == "vi" else "en" if asked == "en" else None
    return choose_language(known, request.headers.get("accept-language", ""))


routers = (growing_areas, lots, epcis, links)
