"""The periods of OCOP law, for everybody."""

from datetime import date
from typing import Annotated

from fastapi import Query

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.regimes import REGIMES, regime, regime_on
from ocop_api.dossiers.regime_schemas import RegimeList, RegimeRead, RegimeSummary, shown
from ocop_api.web.caller import Now
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Input

router = feature_router("/v1/regimes", "regimes")


class InForceQuery(Input):
    """The day asked about."""

    on: date | None = None


@router.get("")
async def list_regimes() -> RegimeList:
    """All regimes, oldest first: which decisions, from when until when, by which criteria."""
    return RegimeList(items=[RegimeSummary.model_validate(law) for law in REGIMES])


# This address stands before the next one, or "in-force" would be read as a code.
@router.get("/in-force", responses=refusal(409, "The day lies before the first regime"))
async def read_regime_in_force(wanted: Annotated[InForceQuery, Query()], now: Now) -> RegimeRead:
    """The regime that a file lodged on a day follows; today if no day is given."""
    return shown(regime_on(wanted.on or vietnam_date(now())))


@router.get("/{regime_code}")
async def read_regime(regime_code: str) -> RegimeRead:
    """One regime: levels, star bands, windows, terms, and the table of what may be done to a dossier."""
    return shown(regime(regime_code))
