"""Growing areas of registered producers, with a point or an outline."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ocop_api.bulk.columns import Column, ColumnType
from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.bulk.kinds.kind import Batch, ImportKind, Prepared, ReadRow, RowOutcome, RowResult
from ocop_api.bulk.kinds.producer_reference import PRODUCER_COLUMNS, ProducerFinder, ProducerReference
from ocop_api.bulk.kinds.refusing import before_writing, refused_at
from ocop_api.bulk.kinds.unit_reference import UNIT_COLUMNS, UnitFinder, UnitReference
from ocop_api.domain.actor import Permission
from ocop_api.domain.errors import Invalid
from ocop_api.domain.vietnamese import fold
from ocop_api.traceability.geometry import check_polygon
from ocop_api.traceability.schemas import Geometry, GrowingAreaCreate, PointGeometry
from ocop_api.traceability.service.growing_areas import GrowingAreaService, normal_code

_AT = {
    "traceability.bad_geometry": "geometry",
    "traceability.polygon_required": "geometry",
    "traceability.growing_area_exists": "code",
}
_GEOMETRY: TypeAdapter[Any] = TypeAdapter(Geometry)
_LATITUDES = (Decimal(6), Decimal(24))
_LONGITUDES = (Decimal(101), Decimal(118))
"""Vietnam with its islands, generously."""
_SIX_DECIMALS = Decimal("0.000001")
_WKT = re.compile(r"(?:SRID=4326;)?\s*(POINT|POLYGON)\s*(\(.*\))\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """A growing area as a row tells it."""

    producer: ProducerReference
    unit: UnitReference | None
    name: str
    code: str | None
    area_ha: Decimal | None
    geometry: Mapping[str, Any] | None


class GrowingAreaKind(ImportKind[AreaFacts]):
    """Growing areas (*vùng trồng*)."""

    name = "growing_areas"
    title_vi = "Vùng trồng"
    title_en = "Growing areas"
    natural_key_vi = "Nhận biết bằng chủ thể và mã số vùng trồng; chưa có mã thì bằng chủ thể và tên."
    natural_key_en = "A row is recognised by producer and official code, without a code by producer and name."
    urls = {"growing_area": "/v1/growing-areas/{id}", "producer": "/v1/producers/{id}"}  # noqa: RUF012 - never changed
    columns = (
        Column(
            name="code",
            title_vi="Mã số vùng trồng",
            title_en="Growing area code",
            synonyms=("mã vùng trồng", "puc"),
            limit=64,
            example="VN-DNOOR0039",
            help_vi="Mã được cấp; bỏ trống nếu chưa được cấp.",
            help_en="Official code; empty if there is none yet.",
        ),
        Column(
            name="name",
            title_vi="Tên vùng trồng",
            title_en="Growing area name",
            required=True,
            example="Vườn cà phê thôn 5",
            help_vi="Tên để phân biệt các vùng trồng của một chủ thể.",
            help_en="Tells the areas of a producer apart.",
        ),
        *PRODUCER_COLUMNS,
        *UNIT_COLUMNS,
        Column(
            name="area_ha",
            title_vi="Diện tích (ha)",
            title_en="Area (ha)",
            type=ColumnType.DECIMAL,
            minimum=Decimal("0.0001"),
            maximum=Decimal(999_999),
            limit=64,
            example="1,25",
            help_vi="Số héc ta. Trên 4 ha phải có ranh giới, một điểm là không đủ.",
            help_en="Hectares. Above 4 ha an outline is needed, a point is not enough.",
        ),
        Column(
            name="latitude",
            title_vi="Vĩ độ",
            title_en="Latitude",
            synonyms=("lat",),
            type=ColumnType.TEXT,
            limit=64,
            example="12.013850",
            help_vi="Vĩ độ WGS 84 dạng thập phân, ở Việt Nam từ 6 đến 24.",
            help_en="WGS 84 in degrees, in Vietnam 6 to 24.",
        ),
        Column(
            name="longitude",
            title_vi="Kinh độ",
            title_en="Longitude",
            synonyms=("lon", "lng", "long"),
            type=ColumnType.TEXT,
            limit=64,
            example="107.710329",
            help_vi="Kinh độ WGS 84 dạng thập phân, ở Việt Nam từ 101 đến 118.",
            help_en="WGS 84 in degrees, in Vietnam 101 to 118.",
        ),
        Column(
            name="geometry",
            title_vi="Ranh giới",
            title_en="Outline",
            synonyms=("tọa độ ranh giới", "wkt", "geojson", "polygon"),
            limit=10_000,
            example="POLYGON((107.69 12.0, 107.7 12.0, 107.7 12.01, 107.69 12.0))",
            help_vi="WKT hoặc GeoJSON, kinh độ trước, một vòng khép kín, tối đa 200 điểm.",
            help_en="WKT or GeoJSON, longitude first, one closed ring of at most 200 positions.",
        ),
    )

    def prepare(self, row: ReadRow, *, today: date) -> AreaFacts:  # noqa: ARG002 - the same for all kinds
        """What a row tells of a growing area; swapped or foreign coordinates are refused here."""
        values = row.values
        geometry = _geometry(values)
        code = values.get("code")
        return AreaFacts(
            ProducerReference.of(row),
            UnitReference.of(row),
            values["name"],
            None if code is None else normal_code(code),
            values.get("area_ha"),
            geometry,
        )

    async def keys(self, batch: Batch[AreaFacts]) -> list[Sequence[str]]:
        """Producer and code, or producer and name."""
        finder = ProducerFinder(batch, batch.actor.scope(Permission.IMPORT_RUN))
        await finder.find_all(row.facts.producer for row in batch.rows)
        return [[_key(finder, row.facts)] for row in batch.rows]

    async def store(self, batch: Batch[AreaFacts]) -> list[RowResult]:
        """Register or complete the areas."""
        producers = ProducerFinder(batch, batch.actor.scope(Permission.IMPORT_RUN))
        await producers.find_all(row.facts.producer for row in batch.rows)
        units = UnitFinder(batch)
        await units.find_all(row.facts.unit for row in batch.rows)
        service = GrowingAreaService(batch.session, batch.actor, batch.now)
        results = []
        for row in batch.rows:
            try:
                results.append(await self._one(batch, producers, units, service, row))
            except RowRejectedError as rejection:
                if not before_writing(rejection):
                    raise
                results.append(RowResult(row.number, RowOutcome.REJECTED, rejection.findings))
        return results

    async def _one(
        self,
        batch: Batch[AreaFacts],
        producers: ProducerFinder,
        units: UnitFinder,
        service: GrowingAreaService,
        row: Prepared[AreaFacts],
    ) -> RowResult:
        facts = row.facts
        key = _key(producers, facts)
        if key in batch.earlier:
            # Two rows that speak of one area would overwrite each other in turn.
            data = {"row": batch.earlier[key].row_number}
            raise RowRejectedError(Finding("code" if facts.code else "name", "bulk.repeated_row", data))
        producer = await producers.one(facts.producer)
        place_id = None if facts.unit is None else units.one(facts.unit).id
        body = GrowingAreaCreate.model_validate(
            {
                "producer_id": producer.id,
                "name": facts.name,
                "code": facts.code,
                "place": place_id,
                "area_ha": None if facts.area_ha is None else facts.area_ha.quantize(Decimal("0.0001")),
                "geometry": facts.geometry,
            }
        )
        with refused_at(_AT):
            area, outcome = await service.upsert(body)
        subjects = {"growing_area": area.id, "producer": producer.id}
        return RowResult(row.number, RowOutcome(outcome.value), row.remarks, subjects, {key: area.id})


def _key(finder: ProducerFinder, facts: AreaFacts) -> str:
    return f"{finder.key(facts.producer)}|{facts.code or fold(facts.name)}"


def _geometry(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    typed = values.get("geometry")
    if typed is not None:
        return _outline(typed)
    latitude, longitude = values.get("latitude"), values.get("longitude")
    if latitude is None and longitude is None:
        return None
    for column, value in (("latitude", latitude), ("longitude", longitude)):
        if value is None:
            raise RowRejectedError(Finding(column, "bulk.coordinate_missing"))
    lat, lon = _degrees("latitude", str(latitude)), _degrees("longitude", str(longitude))
    _check_place(lon, lat, "latitude", f"{lon}; {lat}")
    return {"type": "Point", "coordinates": [float(lon), float(lat)]}


def _degrees(column: str, typed: str) -> Decimal:
    text = typed.strip().rstrip("°NnEe ").replace(",", ".")
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,20})?", text, re.ASCII):
        raise RowRejectedError(Finding(column, "bulk.coordinate_invalid", {"value": typed[:60]}))
    # The sixth decimal is a hand's breadth, and spreadsheets add noise behind it.
    return Decimal(text).quantize(_SIX_DECIMALS).normalize()


def _outline(typed: str) -> Mapping[str, Any]:
    refused = Finding("geometry", "bulk.geometry_unreadable", {"value": typed[:60]})
    try:
        raw = json.loads(typed, parse_constant=_no_constant) if typed.startswith("{") else _from_wkt(typed)
        if isinstance(raw, dict) and raw.get("type") == "Feature":
            raw = raw.get("geometry")
        found = _GEOMETRY.validate_python(_rounded(raw))
    except (ValueError, RecursionError, ValidationError) as error:
        raise RowRejectedError(refused) from error
    rings = [[found.coordinates]] if isinstance(found, PointGeometry) else found.coordinates
    if not all(len(position) == 2 for ring in rings for position in ring):  # noqa: PLR2004 - a pair
        raise RowRejectedError(refused)
    for ring in rings:
        for longitude, latitude in ring:
            _check_place(Decimal(str(longitude)), Decimal(str(latitude)), "geometry", None)
    if not isinstance(found, PointGeometry):
        try:
            check_polygon(found.coordinates)
        except Invalid as error:
            raise RowRejectedError(Finding("geometry", error.code, error.data)) from error
    shown: dict[str, Any] = found.model_dump()
    return shown


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _rounded(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {name: _rounded(value) for name, value in raw.items() if name in {"type", "coordinates"}}
    if isinstance(raw, list):
        return [_rounded(value) for value in raw]
    return round(raw, 6) if isinstance(raw, float) else raw


def _from_wkt(typed: str) -> dict[str, Any]:
    match = _WKT.fullmatch(typed)
    if match is None:
        raise ValueError(typed)
    if match[1].upper() == "POINT":
        return {"type": "Point", "coordinates": _pair(match[2].strip("() \n\t"))}
    rings = re.findall(r"\(([^()]+)\)", match[2])
    return {"type": "Polygon", "coordinates": [[_pair(pair) for pair in ring.split(",")] for ring in rings]}


def _pair(text: str) -> list[float]:
    numbers = [float(number) for number in text.split()]
    if len(numbers) != 2:  # noqa: PLR2004 - longitude and latitude
        raise ValueError(text)
    return numbers


def _check_place(longitude: Decimal, latitude: Decimal, column: str, swapped: str | None) -> None:
    """Refuse what is not in Vietnam; told apart when it would be with the two numbers swapped.

    Raises:
        RowRejectedError: ``bulk.coordinates_swapped``, ``bulk.coordinates_abroad``.
    """
    if _within(latitude, _LATITUDES) and _within(longitude, _LONGITUDES):
        return
    data = {"latitude": str(latitude), "longitude": str(longitude)}
    if _within(longitude, _LATITUDES) and _within(latitude, _LONGITUDES):
        raise RowRejectedError(Finding(column, "bulk.coordinates_swapped", data, swapped))
    raise RowRejectedError(Finding(column, "bulk.coordinates_abroad", data))


def _within(value: Decimal, bounds: tuple[Decimal, Decimal]) -> bool:
    return bounds[0] <= value <= bounds[1]
