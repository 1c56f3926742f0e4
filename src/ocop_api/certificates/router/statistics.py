"""The register in numbers, for everybody."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from ocop_api.certificates.router.presentation import title_of
from ocop_api.certificates.service import StatisticsService
from ocop_api.certificates.standing import Standing
from ocop_api.certificates.statistics_schemas import (
    CertificateCohorts,
    CertificateStatistics,
    StatisticsFilter,
)
from ocop_api.domain.clock import vietnam_date
from ocop_api.web.caller import Now
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/certificates", "certificates")
_SHORTLY = "public, max-age=60, stale-while-revalidate=300"


def _statistics(session: ReadSession, now: Now) -> StatisticsService:
    return StatisticsService(session, vietnam_date(now()))


Counting = Annotated[StatisticsService, Depends(_statistics, scope="function")]


@router.get("/statistics")
async def count_certificates(
    wanted: Annotated[StatisticsFilter, Query()], service: Counting, request: Request, response: Response
) -> CertificateStatistics:
    """The register in numbers on a day: by stars, standing, set, place, legal form and year of decision.

    As of a day that is over, the counts are those of that day: what was decided, withdrawn or replaced
    later does not count. As of a day to come, they show what will have run out if nothing else happens.
    """
    language = language_of(request)
    response.headers.update(
        {"Cache-Control": _SHORTLY, "Content-Language": language, "Vary": "Accept-Language"}
    )
    labels = {standing: title_of(standing, language) for standing in Standing}
    return await service.statistics(wanted, language, labels)


@router.get("/cohorts")
async def follow_certificate_cohorts(
    wanted: Annotated[StatisticsFilter, Query()], service: Counting, response: Response
) -> CertificateCohorts:
    """What became, by a day, of the certificates of each year of issue: renewed, upgraded, lapsed and so on.

    Recognitions that are only reported have no year of issue and are not in it.
    """
    response.headers["Cache-Control"] = _SHORTLY
    return await service.cohorts(wanted)
