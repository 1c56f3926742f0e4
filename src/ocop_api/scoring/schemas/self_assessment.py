"""What may be asked about a saved self-assessment."""

from pydantic import Field

from ocop_api.domain.rubric.advice import DEFAULT_ALTERNATIVES
from ocop_api.scoring.schemas.advice import MOST_ALTERNATIVES
from ocop_api.web.schemas import Input


class SavedAdviceQuery(Input):
    """The star to advise on."""

    target_star: int | None = Field(
        None, ge=1, le=99, description="a recognised star; the one the self-assessment wants if left out"
    )
    limit: int = Field(
        DEFAULT_ALTERNATIVES, ge=1, le=MOST_ALTERNATIVES, description="most alternatives to return"
    )
