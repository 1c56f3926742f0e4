"""Finding the criteria set of a product: no sign-in, cacheable."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from ocop_api.scoring.router.addressing import AS_NAMED, EditionCode, cached
from ocop_api.scoring.schemas.classification import ProductClassification
from ocop_api.scoring.service.classification import classified
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Input

router = feature_router("/v1/editions", "criteria", [AS_NAMED])


class ClassificationQuery(Input):
    """What the product is called, in Vietnamese with or without accents, or in English."""

    q: str = Field(min_length=1, max_length=200, examples=["mắc ca sấy"])
    limit: int = Field(3, ge=1, le=10)


@router.get("/{edition_code}/classification", responses=refusal(404, "No such edition"))
async def classify_product(
    edition_code: EditionCode, wanted: Annotated[ClassificationQuery, Query()], response: Response
) -> ProductClassification:
    """Which set a product belongs to, by its name: the likely sets with the words that tell.

    Names are read as Vietnamese is: what the product is comes first, then what it is made of and how
    (`chuối` is fresh fruit, `chuối sấy` is processed). Brands and places do not count. Nothing known
    gives an empty list; the choice stays with the producer.
    """
    response.headers.update(cached(edition_code))
    return classified(edition_code, wanted.q, wanted.limit)
