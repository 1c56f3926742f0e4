"""Shapes of places in the API."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ocop_api.web.schemas import Code, Input, Output, PageQuery, ShortText

PlaceLevel = Literal["province", "district", "commune"]
"""Tỉnh, huyện (until 2025-06-30), xã."""

OnDate = Annotated[
    date | None,
    Field(description="calendar day in Vietnam; today when left out", examples=["2025-06-30"]),
]


class PlaceFilter(PageQuery):
    """Filters of the list of places."""

    q: ShortText | None = Field(
        None, description="part of a name in any spelling, or the beginning of a code", examples=["dak mil"]
    )
    level: PlaceLevel | None = None
    on: OnDate = None
    within: Code | None = Field(
        None, description="id of a unit in force on that day; only units below it", examples=["34:68"]
    )


class CodeQuery(Input):
    """On which day a code is read."""

    on: OnDate = None


class PlaceName(Output):
    """A unit in short."""

    id: str = Field(examples=["34:24611"])
    full_name: str = Field(examples=["Phường Bắc Gia Nghĩa, Tỉnh Lâm Đồng"])


class PlaceRead(Output):
    """One administrative unit during one period."""

    id: str = Field(description="`<structure>:<code>`; what other resources refer to", examples=["34:24611"])
    structure: str = Field(description="number of provinces of the period: `63` or `34`", examples=["34"])
    code: str = Field(
        description="official code; another unit may have it in another period", examples=["24611"]
    )
    level: PlaceLevel
    kind: str = Field(description="type of the unit", examples=["Phường"])
    name: str = Field(examples=["Phường Bắc Gia Nghĩa"])
    full_name: str = Field(examples=["Phường Bắc Gia Nghĩa, Tỉnh Lâm Đồng"])
    parent_id: str | None = Field(examples=["34:68"])
    valid_from: date | None = Field(description="first day; null when not known", examples=["2025-07-01"])
    valid_to: date | None = Field(description="last day; null while in force", examples=[None])
    lat: float | None = Field(description="latitude of the centroid, WGS84", examples=[12.01])
    lon: float | None = Field(description="longitude of the centroid, WGS84", examples=[107.69])


class SuccessionRead(Output):
    """A unit on the other side of a reorganisation."""

    extent: Literal["whole", "part"] = Field(
        description="how much of the old unit went to the new one", examples=["whole"]
    )
    place: PlaceRead


class PlaceDetail(PlaceRead):
    """One unit with its surroundings in space and time."""

    ancestors: list[PlaceRead] = Field(description="the units above, the province first")
    successors: list[SuccessionRead] = Field(description="what it became")
    predecessors: list[SuccessionRead] = Field(description="what it was made of")
    area_path: list[str] = Field(
        description="ids of all units whose officers are concerned by a record of this place",
        examples=[["63:67", "63:660", "63:24611", "34:68", "34:24611"]],
    )


class Successors(Output):
    """What a unit became."""

    place: PlaceRead
    successors: list[SuccessionRead]


class ResolveItem(Input):
    """One place as somebody wrote it."""

    text: ShortText = Field(description="code, id or name", examples=["Xã Đắk Gằn"])
    on: OnDate = None
    level: PlaceLevel | None = None
    within: Code | None = Field(None, description="id of a unit to look below", examples=["63:67"])


class ResolveRequest(Input):
    """Up to 100 places to resolve."""

    items: list[ResolveItem] = Field(min_length=1, max_length=100)


class ResolveProblem(Output):
    """Why a place could not be resolved."""

    code: str = Field(examples=["places.ambiguous"])
    detail: str = Field(description="for a person, in the answer's language")
    candidates: list[PlaceName] = Field(description="the units it may be (at most 10)")
    suggestions: list[PlaceName] = Field(description="units that may be meant instead (at most 5)")


class ResolveResult(Output):
    """Answer to one item: either a place or a problem."""

    place: PlaceRead | None
    problem: ResolveProblem | None


class ResolveResponse(Output):
    """Answers in the order of the items."""

    results: list[ResolveResult]
