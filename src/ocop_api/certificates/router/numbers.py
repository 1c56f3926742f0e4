"""The numbers of certificates and their gaps over HTTP, for offices."""

from typing import Annotated

from fastapi import Depends, Query, Request

from ocop_api.certificates.numbers_schemas import NumberQuery, NumberRead, NumberSeries, SeriesQuery
from ocop_api.certificates.service import NumberService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession

router = feature_router("/v1/certificates", "certificates")


def _reading(session: ReadSession, actor: Caller, now: Now) -> NumberService:
    return NumberService(session, actor, now())


Reading = Annotated[NumberService, Depends(_reading, scope="function")]


@router.get("/number-series")
async def list_number_series(wanted: Annotated[SeriesQuery, Query()], service: Reading) -> Page[NumberSeries]:
    """The prefixes and years in which certificates of the office's area are numbered.

    Sorts: `-year` (default), `prefix`.
    """
    rows, items = await service.series(wanted)
    return Page[NumberSeries].of(rows, items)


@router.get("/numbers")
async def list_certificate_numbers(
    wanted: Annotated[NumberQuery, Query()], service: Reading, request: Request
) -> Page[NumberRead]:
    """Every serial of a prefix and year from 1 to the last: its certificate, or why there is none.

    For offices of the area; nothing where no certificate of theirs is numbered so.
    Sorts: `serial` (default), `-serial`.
    """
    rows, items = await service.numbers(wanted, language_of(request))
    return Page[NumberRead].of(rows, items)
