"""The administrative places over HTTP: public, cacheable, read only."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ocop_api.domain.actor import Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import DomainError
from ocop_api.places.schemas import (
    CodeQuery,
    PlaceDetail,
    PlaceFilter,
    PlaceLevel,
    PlaceName,
    PlaceRead,
    ResolveItem,
    ResolveProblem,
    ResolveRequest,
    ResolveResponse,
    ResolveResult,
    SuccessionRead,
    Successors,
)
from ocop_api.places.service import Lookup, Place, PlaceService, Succession
from ocop_api.settings import Clock
from ocop_api.web.caller import Now
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession
from ocop_api.web.texts import Language, text_of

router = feature_router("/v1/places", "places")
routers: tuple[APIRouter, ...] = (router,)

# The data changes with a new version of the package only; an hour keeps "today" from growing stale.
_CACHE = "public, max-age=3600"


@router.get("")
async def list_places(
    query: Annotated[PlaceFilter, Query()], session: ReadSession, now: Now, response: Response
) -> Page[PlaceRead]:
    """List the units that exist on a day, by name.

    With `q` the order is `match`: the exact name, names that begin so, the rest;
    provinces before districts and communes. Other sorts: `name`,
    `-name`, `code`.
    """
    rows = await PlaceService(session).find(
        query.slice(), on=_day(query.on, now), text=query.q, level=_level(query.level), within=query.within
    )
    response.headers["Cache-Control"] = _CACHE
    return Page[PlaceRead].of(rows, [_read(place) for place in rows.items])


@router.get("/{code}")
async def read_place(
    code: str, query: Annotated[CodeQuery, Query()], session: ReadSession, now: Now, response: Response
) -> PlaceDetail:
    """Give the unit that a code stands for on a day, or the unit with an id such as `63:24611`.

    A code that is out of use on that day is 404; its `data.suggestions` name what the unit became.
    """
    places = PlaceService(session)
    place = await places.by_code(code, on=_day(query.on, now))
    response.headers["Cache-Control"] = _CACHE
    return PlaceDetail(
        **_read(place).model_dump(),
        ancestors=[_read(above) for above in await places.ancestors(place)],
        successors=_successions(await places.successors(place.id)),
        predecessors=_successions(await places.predecessors(place.id)),
        area_path=await places.area_path(place.id),
    )


@router.get("/{code}/successors")
async def list_place_successors(
    code: str, query: Annotated[CodeQuery, Query()], session: ReadSession, now: Now, response: Response
) -> Successors:
    """Give what a unit became. Name an old unit by its id (`63:67`), or by its code and a day it existed.

    Districts that were abolished have no successor of their own; ask for their communes.
    """
    places = PlaceService(session)
    place = await places.by_code(code, on=_day(query.on, now))
    response.headers["Cache-Control"] = _CACHE
    return Successors(place=_read(place), successors=_successions(await places.successors(place.id)))


@router.post("/resolve")
async def resolve_places(
    body: ResolveRequest, session: ReadSession, now: Now, request: Request, response: Response
) -> ResolveResponse:
    """Resolve up to 100 written places, for import scripts. Changes nothing.

    Each item gets a place or a problem (`places.unknown`, `places.ambiguous`, `places.not_in_force`);
    one that fails does not harm the others.
    """
    answers = await PlaceService(session).resolve_many([_lookup(item, now) for item in body.items])
    language = language_of(request)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return ResolveResponse(results=[_result(answer, language) for answer in answers])


def _day(given: date | None, now: Clock) -> date:
    return vietnam_date(now()) if given is None else given


def _level(given: PlaceLevel | None) -> Level | None:
    return None if given is None else Level(given)


def _read(place: Place) -> PlaceRead:
    return PlaceRead.model_validate(place)


def _successions(links: list[Succession]) -> list[SuccessionRead]:
    return [SuccessionRead.model_validate(link) for link in links]


def _lookup(item: ResolveItem, now: Clock) -> Lookup:
    return Lookup(item.text, _day(item.on, now), _level(item.level), item.within)


def _result(answer: Place | DomainError, language: Language) -> ResolveResult:
    if isinstance(answer, Place):
        return ResolveResult(place=_read(answer), problem=None)
    problem = ResolveProblem(
        code=answer.code,
        detail=text_of(answer.code, language, answer.data),
        candidates=_names(answer, "candidates"),
        suggestions=_names(answer, "suggestions"),
    )
    return ResolveResult(place=None, problem=problem)


def _names(error: DomainError, field: str) -> list[PlaceName]:
    told = error.data.get(field, [])
    return [PlaceName.model_validate(item) for item in told] if isinstance(told, list) else []
