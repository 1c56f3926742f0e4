"""Growing areas, taken over from lists."""

from typing import Any

import httpx
import pytest
from tests.bulk.conftest import Send

PRODUCTS = """product_name,producer,producer_type,province,commune
Cà phê Đắk Mil,HTX Đắk Mil,HTX,Lâm Đồng,Xã Đắk Mil
Trà xanh,HTX Pleiku,HTX,Gia Lai,
"""
HEADER = (
    "Mã số vùng trồng;Tên vùng trồng;Tên chủ thể;Tỉnh, thành phố;Xã, phường;Diện tích (ha);Vĩ độ;Kinh độ"
    ";Ranh giới"
)
FIRST = "VN-DNOOR 0039;Vườn 1;HTX Đắk Mil;Lâm Đồng;Xã Đắk Mil;1,25;12.4512341;107.62;"
RING = "107.69 12.0, 107.7 12.0, 107.7 12.01, 107.69 12.0"


@pytest.fixture(autouse=True)
async def _producers(send: Send, admin: dict[str, str]) -> None:
    assert (await send(admin, PRODUCTS))["counts"]["created"] == 2


async def areas(send: Send, headers: dict[str, str], *rows: str, **query: Any) -> dict[str, Any]:
    return await send(headers, "\n".join((HEADER, *rows)), kind="growing_areas", **query)


def _area(row: dict[str, Any]) -> str:
    return next(str(found["url"]) for found in row["subjects"] if found["type"] == "growing_area")


async def test_points_and_outlines_are_registered_once(
    send: Send, officer: dict[str, str], client: httpx.AsyncClient
) -> None:
    geojson = '"{""type"":""Point"",""coordinates"":[107.6,12.4]}"'
    rows = (
        FIRST,
        f";Vườn 2;HTX Đắk Mil;;;5.5;;;POLYGON(({RING}))",
        f";Vườn 3;htx dak mil;Đắk Nông;Xã Đắk Gằn;;;;{geojson}",
    )
    done = await areas(send, officer, *rows)
    assert (done["counts"]["created"], done["counts"]["rejected"]) == (3, 0)
    shown = [(await client.get(_area(done["rows"][n]), headers=officer)).json() for n in (2, 3, 4)]
    assert [(a["code"], a["area_ha"]) for a in shown] == [
        ("VN-DNOOR0039", "1.2500"),
        (None, "5.5000"),
        (None, None),
    ]
    assert shown[0]["geometry"] == {"type": "Point", "coordinates": [107.62, 12.451234]}
    assert shown[1]["geometry"]["coordinates"][0][0] == [107.69, 12.0]
    assert [a["place_id"].partition(":")[0] for a in shown] == ["34", "34", "34"]
    assert (await areas(send, officer, *rows))["counts"]["unchanged"] == 3
    coded = await areas(send, officer, "VN-DNOOR0040;Vườn 2;HTX Đắk Mil;;;;;;")
    assert coded["counts"]["updated"] == 1
    assert (await client.get("/v1/growing-areas", headers=officer)).json()["items"][1][
        "code"
    ] == "VN-DNOOR0040"


@pytest.mark.parametrize(
    ("row", "column", "code", "suggestion"),
    [
        (
            FIRST.replace("12.4512341;107.62", "107.62;12.45"),
            "latitude",
            "bulk.coordinates_swapped",
            "12.45; 107.62",
        ),
        (FIRST.replace("12.4512341;107.62", "48.8;2.3"), "latitude", "bulk.coordinates_abroad", None),
        (FIRST.replace("12.4512341;107.62", "12.45;"), "longitude", "bulk.coordinate_missing", None),
        (FIRST.replace("12.4512341", "12°27'04"), "latitude", "bulk.coordinate_invalid", None),
        (FIRST.replace("1,25", "4,5"), "geometry", "traceability.polygon_required", None),
        (FIRST.replace("1,25", "0"), "area_ha", "bulk.number_out_of_range", None),
        (f"{FIRST}POLYGON((12 107, 12 108, 13 108, 12 107))", "geometry", "bulk.coordinates_swapped", None),
        (f"{FIRST}POLYGON((107 12, 108 12, 108 13))", "geometry", "traceability.bad_geometry", None),
        (f"{FIRST}hình tròn", "geometry", "bulk.geometry_unreadable", None),
        (
            f'{FIRST}"{{""type"":""Point"",""coordinates"":[NaN,1]}}"',
            "geometry",
            "bulk.geometry_unreadable",
            None,
        ),
        (FIRST.replace("HTX Đắk Mil", "HTX Ma"), "producer", "bulk.producer_unknown", None),
        (FIRST.replace("HTX Đắk Mil", ""), "producer", "bulk.producer_not_named", None),
        (FIRST.replace("HTX Đắk Mil", "HTX Pleiku"), "producer", "bulk.outside_your_area", None),
        (FIRST.replace("Lâm Đồng", ""), "province", "bulk.province_needed", None),
    ],
)
async def test_a_wrong_row_is_explained(
    send: Send, officer: dict[str, str], row: str, column: str, code: str, suggestion: str | None
) -> None:
    done = await areas(send, officer, ";Vườn 9;HTX Đắk Mil;;;;;;", row)
    assert [done["rows"][n]["outcome"] for n in (2, 3)] == ["created", "rejected"]
    (problem,) = done["rows"][3]["problems"]
    assert (problem["column"], problem["code"], problem["suggestion"]) == (column, code, suggestion)
    assert "?" not in problem["message"]


async def test_an_unknown_commune_and_a_repeated_code_are_told(send: Send, officer: dict[str, str]) -> None:
    done = await areas(
        send,
        officer,
        FIRST,
        FIRST.replace("Vườn 1", "Vườn khác"),
        ";Vườn 4;HTX Đắk Mil;Lâm Đồng;Xã Đắk Mill;;;;",
    )
    assert [p["code"] for p in done["rows"][3]["problems"]] == ["bulk.repeated_row"]
    (problem,) = done["rows"][4]["problems"]
    assert (problem["column"], problem["code"]) == ("commune", "bulk.unit_unknown")
    assert "Xã Đắk Mil" in problem["suggestion"]
