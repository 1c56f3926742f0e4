"""Shapes of growing areas, lots, steps, traces and EPCIS documents."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from ocop_api.domain.traceability.lots import UnitOfMeasure
from ocop_api.domain.traceability.steps import Step
from ocop_api.products.photo_schemas import PhotoSummary
from ocop_api.traceability.geometry import MAX_POSITIONS
from ocop_api.web.schemas import Code, Exact, Input, Instant, Output, PageQuery, ShortText

_FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)

Quantity = Annotated[Exact, Field(gt=0, max_digits=15, decimal_places=3)]
"""A positive amount with at most three decimals."""
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Coordinates = Annotated[list[Degrees], Field(min_length=2, max_length=2)]
Ring = Annotated[list[Coordinates], Field(max_length=MAX_POSITIONS)]


class PointGeometry(Input):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: Coordinates = Field(
        description="longitude, latitude (WGS 84)", examples=[[107.6912, 12.0045]]
    )


class PolygonGeometry(Input):
    """A GeoJSON polygon with one closed ring."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=8)] = Field(
        description="one ring of longitude, latitude; the last position repeats the first",
        examples=[[[[107.69, 12.0], [107.7, 12.0], [107.7, 12.01], [107.69, 12.0]]]],
    )


Geometry: TypeAlias = Annotated[PointGeometry | PolygonGeometry, Field(discriminator="type")]


class GrowingAreaCreate(Input):
    """A growing area or plot to register."""

    producer_id: UUID
    name: ShortText = Field(examples=["Vườn cà phê thôn 5"])
    code: Code | None = Field(
        None,
        description="official code (mã số vùng trồng); case and spaces do not matter",
        examples=["VN-DNOOR0039"],
    )
    place: ShortText | None = Field(
        None, description="id, code or name of the place; default the producer's", examples=["34:24611"]
    )
    area_ha: Annotated[Exact, Field(gt=0, max_digits=10, decimal_places=4)] | None = Field(
        None, description="hectares", examples=["1.2"]
    )
    geometry: Geometry | None = Field(
        None, description="WGS 84, at most six decimals; above 4 ha a polygon is required"
    )


class GrowingAreaRead(Output):
    """A growing area or plot."""

    id: UUID
    producer_id: UUID
    name: str = Field(examples=["Vườn cà phê thôn 5"])
    code: str | None = Field(examples=["VN-DNOOR0039"])
    place_id: str | None = Field(examples=["34:24611"])
    area_ha: Exact | None = Field(description="hectares")
    geometry: dict[str, Any] | None = Field(description="GeoJSON Point or Polygon")
    created_at: Instant
    updated_at: Instant
    version: int


class GrowingAreaFilter(PageQuery):
    """Filters of growing areas. Sorts: `name`, `-name`."""

    producer_id: UUID | None = None
    code: Code | None = None


class LotCreate(Input):
    """A lot to register: of a product, or of a material known by name (cherries, green coffee)."""

    product_id: UUID | None = Field(None, description="for lots of a registered product")
    producer_id: UUID | None = Field(None, description="for lots of a material; a product's lot is its own")
    material_name: ShortText | None = Field(None, examples=["Cà phê quả tươi"])
    lot_code: Code = Field(
        description="1 to 20 characters of GS1 set 82, case sensitive", examples=["L2026-06-001"]
    )
    unit: UnitOfMeasure = Field(description="UN/ECE Recommendation 20 code", examples=["KGM"])
    quantity: Quantity = Field(description="the most the lot may hold", examples=["1000"])
    net_quantity: Quantity | None = Field(None, description="content of one piece", examples=["500"])
    net_unit: (
        Literal[
            UnitOfMeasure.KILOGRAM,
            UnitOfMeasure.GRAM,
            UnitOfMeasure.TONNE,
            UnitOfMeasure.LITRE,
            UnitOfMeasure.MILLILITRE,
        ]
        | None
    ) = None
    produced_on: date | None = None
    best_before: date | None = None
    place: ShortText | None = Field(None, description="id, code or name; default the product's or producer's")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        material = (self.material_name, self.producer_id)
        if self.product_id is not None and material != (None, None):
            raise ValueError("a product's lot takes neither material_name nor producer_id")
        if self.product_id is None and None in material:
            raise ValueError("give product_id, or material_name with producer_id")
        if (self.net_quantity is None) != (self.net_unit is None):
            raise ValueError("net_quantity and net_unit belong together")
        if self.net_unit is not None and self.unit is not UnitOfMeasure.PIECE:
            raise ValueError("only pieces (H87) have a net content")
        return self


class LotRead(Output):
    """A lot with what came into it and what is left."""

    id: UUID
    producer_id: UUID
    product_id: UUID | None
    name: str = Field(description="product or material", examples=["Cà phê bột Đắk Mil"])
    gtin: str = Field(description="14 digits; an internal one is never for sale", examples=["02990000000012"])
    gtin_is_internal: bool
    lot_code: str = Field(examples=["L2026-06-001"])
    trace_code: str = Field(examples=["(01)02990000000012(10)L2026-06-001"])
    digital_link: str = Field(description="what the QR symbol opens: the public passport")
    unit: UnitOfMeasure
    quantity: Exact = Field(description="the most the lot may hold")
    made: Exact = Field(description="brought in by recorded steps")
    used: Exact = Field(description="taken out by recorded steps")
    available: Exact = Field(description="what can still be taken")
    net_quantity: Exact | None
    net_unit: UnitOfMeasure | None
    produced_on: date | None
    best_before: date | None
    place_id: str | None
    created_at: Instant
    updated_at: Instant
    version: int


class LotFilter(PageQuery):
    """Filters of lots. Sorts: `-created_at`, `created_at`."""

    producer_id: UUID | None = None
    product_id: UUID | None = None
    lot_code: Code | None = None


class StepInput(Input):
    """A lot that a step uses up, in part or whole."""

    lot_id: UUID
    quantity: Quantity = Field(description="in the lot's own unit", examples=["1000"])


class StepCreate(Input):
    """One step of a lot's way, as a household tells it.

    Harvesting, processing, roasting and packing make the lot of the path, the last three out of
    `inputs`; every other step happens to the lot of the path and takes no `inputs`.
    """

    step: Step = Field(examples=["processing"])
    at: Annotated[AwareDatetime, Field(ge=_FIRST_INSTANT)] = Field(
        description="when it happened, not in the future", examples=["2026-01-20T09:30:00+07:00"]
    )
    place: ShortText | None = Field(None, description="id, code or name; default where the lot lies")
    growing_area_id: UUID | None = Field(None, description="plot of a growing or harvesting step")
    inputs: list[StepInput] = Field(default_factory=list, max_length=50)
    quantity: Quantity | None = Field(
        None,
        description="amount made or handled, in the lot's unit; default all that is missing or left",
    )
    sscc: Code | None = Field(None, description="the carton of a boxing step, 18 digits")
    note: Annotated[ShortText, Field(max_length=300)] | None = Field(
        None, description="kept in the event, never shown to the public"
    )


class LotStepRead(Output):
    """A recorded step."""

    event_id: str = Field(examples=["urn:uuid:0199aaaa-0000-7000-8000-000000000001"])
    step: Step
    event_time: Instant
    record_time: Instant
    hash: str = Field(description="sha256 of the event in canonical form, hexadecimal")
    lot: LotRead = Field(description="the lot after the step")


class ErrorDeclare(Input):
    """Withdraws an event that was wrong; the event itself stays."""

    reason: Literal["did_not_occur", "incorrect_data"] = Field(examples=["incorrect_data"])
    corrective_event_ids: list[Code] = Field(
        default_factory=list, max_length=20, description="events that tell it rightly"
    )


class EventSummary(Output):
    """An event in a trace."""

    event_id: str = Field(examples=["urn:uuid:0199aaaa-0000-7000-8000-000000000001"])
    step: Step
    event_time: Instant = Field(examples=["2026-06-10T02:00:00Z"])


class TraceNode(Output):
    """A thing on the way, with its least distance from the start."""

    key: str = Field(description="canonical identifier")
    depth: int = Field(examples=[1])
    kind: Literal["lot", "growing_area", "other"] = Field(
        description="`other`: a carton, an item, or a thing of someone else", examples=["lot"]
    )
    id: UUID | None = Field(description="of a lot or growing area the caller may read")
    name: str | None = Field(examples=["Cà phê nhân Robusta"])
    code: str | None = Field(examples=["NL-2026-05"])
    events: list[EventSummary]


class TraceRead(Output):
    """All that a lot came from (back) or went into (forward), nearest first."""

    start: str
    direction: Literal["back", "forward"] = Field(examples=["back"])
    nodes: list[TraceNode]
    truncated: bool = Field(description="true when there is more than the answer holds")


class EpcisBody(Output):
    """The events of a document."""

    event_list: list[dict[str, Any]] = Field(
        alias="eventList",
        description="EPCIS 2.0 events, oldest first",
        examples=[
            [
                {
                    "type": "ObjectEvent",
                    "action": "ADD",
                    "bizStep": "commissioning",
                    "eventTime": "2026-06-10T02:00:00Z",
                }
            ]
        ],
    )


class EpcisDocument(Output):
    """An EPCIS 2.0 document (JSON-LD)."""

    context: list[Any] = Field(alias="@context")
    type: Literal["EPCISDocument"]
    schema_version: str = Field(alias="schemaVersion", examples=["2.0"])
    creation_date: str = Field(alias="creationDate")
    body: EpcisBody = Field(alias="epcisBody")


class EpcisResults(Output):
    """The events a query found."""

    query_name: str = Field(alias="queryName", examples=["SimpleEventQuery"])
    results: EpcisBody = Field(alias="resultsBody")


class EpcisQueryBody(Output):
    """The body of a query document."""

    query_results: EpcisResults = Field(alias="queryResults")


class EpcisQueryDocument(Output):
    """An EPCIS 2.0 query document (JSON-LD)."""

    context: list[Any] = Field(alias="@context")
    type: Literal["EPCISQueryDocument"]
    schema_version: str = Field(alias="schemaVersion", examples=["2.0"])
    creation_date: str = Field(alias="creationDate")
    body: EpcisQueryBody = Field(alias="epcisBody")


class PassportProducer(Output):
    """The producer as the public knows it."""

    name: str = Field(examples=["Hợp tác xã Nông nghiệp Đắk Mil"])
    place: str | None = Field(examples=["Xã Đắk Mil, tỉnh Lâm Đồng"])


class PassportRecognition(Output):
    """OCOP stars that count today."""

    stars: int = Field(examples=[4])
    valid_until: date = Field(examples=["2029-06-15"])


class PassportLot(Output):
    """The lot behind the symbol."""

    code: str = Field(examples=["L2026-06-001"])
    quantity: Exact = Field(examples=["400"])
    unit: UnitOfMeasure = Field(examples=["H87"])
    net_quantity: Exact | None = Field(examples=["500"])
    net_unit: UnitOfMeasure | None = Field(examples=["GRM"])
    produced_on: date | None = Field(examples=["2026-06-10"])
    best_before: date | None = Field(examples=["2027-06-10"])


class StoryLot(Output):
    """A lot taking part in a step, by what it is and how much."""

    name: str = Field(examples=["Cà phê nhân Robusta"])
    code: str = Field(examples=["NL-2026-05"])
    quantity: Exact = Field(examples=["250"])
    unit: UnitOfMeasure = Field(examples=["KGM"])


class StoryStep(Output):
    """One step on the way, as the public sees it."""

    step: Step
    name_vi: str = Field(examples=["Thu hoạch"])
    name_en: str = Field(examples=["Harvesting"])
    at: Instant = Field(examples=["2026-05-20T01:00:00Z"])
    place: str | None = Field(examples=["Xã Đắk Mil"])
    location_code: str | None = Field(description="growing area code, else the id of the place")
    growing_area_code: str | None
    area_ha: Exact | None
    product_code: str = Field(description="trace code of the lot the step made or handled")
    of: StoryLot
    used: list[StoryLot]


class PassportItem(Output):
    """One of the ten items of Circular 02/2024/TT-BKHCN."""

    item: str
    name_vi: str = Field(examples=["Tên sản phẩm"])
    name_en: str = Field(examples=["Name of the product"])
    if_any: bool
    value: str | list[str] | None = Field(examples=["Cà phê bột Đắk Mil"])


class PassportMissing(Output):
    """A mandatory item that is not told."""

    item: str = Field(examples=["d"])
    where: str


class PassportRead(Output):
    """The public passport of a product or of one of its lots."""

    digital_link: str
    canonical_key: str
    gtin: str = Field(examples=["02990000000012"])
    gtin_is_internal: bool
    serial: str | None = Field(description="as scanned; single items are not registered")
    trace_code: str = Field(examples=["02990000000012/L2026-06-001"])
    product_id: UUID | None
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    description: str | None
    pack: str | None = Field(examples=["Túi 500 g"])
    product_code: str | None
    producer: PassportProducer
    photo: PhotoSummary | None = Field(
        description="the product's main photo, with whole addresses; null without"
    )
    recognition: PassportRecognition | None = Field(description="null unless stars count today")
    lot: PassportLot | None
    recalled: bool
    story: list[StoryStep] = Field(description="oldest first, from plot to bag")
    items: list[PassportItem]
    missing: list[PassportMissing]
