"""Words and values of products that both registering and the catalogue speak."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ocop_api.web.schemas import Exact


class Recognition(StrEnum):
    """What is on record about a product's recognition."""

    NONE = "none"
    VALID = "valid"
    """Granted by a dated decision; whether it still runs is a matter of the day."""
    REPORTED = "reported"
    """Known from the press or without a dated decision; never counts."""
    WITHDRAWN = "withdrawn"


class RecognitionToday(StrEnum):
    """What the recognition is worth on a given day."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    REPORTED = "reported"
    WITHDRAWN = "withdrawn"


Industry = Literal["I", "II", "III", "IV", "V", "VI"]
SetNumber = Annotated[int, Field(ge=1, le=26)]
Stars = Annotated[int, Field(ge=3, le=5)]


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1))


Price = Annotated[Exact, Field(ge=0, max_digits=14, decimal_places=0), AfterValidator(_whole)]
"""Whole đồng, as text in JSON."""
