"""The mark for labels: what is on it, how small it may be, and when it may not be printed."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pypdf
import pytest
from PIL import Image
from tests.conftest import MovableClock

from .conftest import CHAIR, World
from .papers import page_of, photographed, picture_of, scratched, symbols_in, texts_in
from .test_withdrawal import ORDER

LEAST = {"horizontal": 36.0, "stacked": 16.0}
LAYOUTS = ("horizontal", "stacked")


def _mark(known: dict[str, Any], form: str) -> str:
    return f"/v1/certificates/{known['id']}/label-mark.{form}"


def _url(known: dict[str, Any]) -> str:
    return f"http://localhost:8000/verify/{known['code']}"


@pytest.mark.parametrize("color", ["full", "black"])
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_the_smallest_mark_is_read_from_every_form(
    world: World, client: httpx.AsyncClient, layout: str, color: str
) -> None:
    known = await world.recorded()
    query: dict[str, Any] = {"layout": layout, "color": color, "width_mm": LEAST[layout]}
    for dpi in ("300", "600"):
        png = await client.get(_mark(known, "png"), params={**query, "dpi": dpi})
        assert png.status_code == 200, png.text
        picture = picture_of(png.content)
        assert picture.width == round(LEAST[layout] / 25.4 * int(dpi))
        assert texts_in(picture) == [_url(known)]
        assert abs(_density(png.content) - int(dpi)) < 1
    pdf = await client.get(_mark(known, "pdf"), params=query)
    page = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0]
    assert abs(float(page.mediabox.width) / 72 * 25.4 - LEAST[layout]) < 0.01
    assert texts_in(page_of(pdf.content, 300)) == [_url(known)]
    svg = (await client.get(_mark(known, "svg"), params=query)).text
    (width,) = re.findall(r'<svg[^>]* width="([\d.]+)pt"', svg)
    assert abs(float(width) / 72 * 25.4 - LEAST[layout]) < 0.01
    assert "<text" not in svg
    assert "font-family" not in svg


def _density(png: bytes) -> float:
    """Dots per inch as the file itself says."""
    return float(Image.open(io.BytesIO(png)).info["dpi"][0])


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_a_scratched_or_badly_photographed_mark_is_read(
    world: World, client: httpx.AsyncClient, layout: str
) -> None:
    known = await world.recorded()
    query: dict[str, Any] = {"layout": layout, "width_mm": LEAST[layout], "dpi": "600"}
    mark = picture_of((await client.get(_mark(known, "png"), params=query)).content)
    # Level M restores 15 %; a fifth of each side is 4 % of the area.
    assert texts_in(scratched(mark, 0.2)) == [_url(known)]
    assert texts_in(photographed(mark, width=420)) == [_url(known)]
    assert texts_in(photographed(mark, width=500, degrees=-17)) == [_url(known)]


@pytest.mark.parametrize("layout", LAYOUTS)
async def test_modules_are_whole_dots_and_never_fewer_than_four(
    world: World, client: httpx.AsyncClient, layout: str
) -> None:
    known = await world.recorded()
    for width in (LEAST[layout], 44.5, 60, 113.5):
        query: dict[str, Any] = {"layout": layout, "color": "black", "width_mm": width}
        picture = picture_of((await client.get(_mark(known, "png"), params=query)).content).convert("L")
        # Within the symbol every dot is black or white: no edge of a module falls between two dots.
        (found,) = symbols_in(picture.convert("RGB"))
        corner, end = found.position.top_left, found.position.bottom_right
        inside = picture.crop((corner.x + 2, corner.y + 2, end.x - 2, end.y - 2))
        assert set(inside.tobytes()) <= {0, 255}
        side = (end.x - corner.x + 1) / 33
        assert side > 3.8


async def test_a_mark_too_small_to_be_read_is_refused_with_the_least_width(
    world: World, client: httpx.AsyncClient
) -> None:
    known = await world.recorded()
    for layout in LAYOUTS:
        query: dict[str, Any] = {"layout": layout, "width_mm": LEAST[layout] - 0.5}
        for form in ("svg", "pdf", "png"):
            answer = await client.get(_mark(known, form), params=query)
            assert (answer.status_code, answer.json()["code"]) == (422, "certificate.mark_too_small")
            assert answer.json()["data"]["least_width_mm"] == LEAST[layout]


@pytest.mark.parametrize(
    "query",
    [
        {"width_mm": "1"},
        {"width_mm": "201"},
        {"width_mm": "40.3"},
        {"width_mm": "nan"},
        {"width_mm": "inf"},
        {"color": "blue"},
        {"layout": "round"},
        {"stars": "5"},
        {"dpi": "1200"},
    ],
)
async def test_only_what_is_offered_is_drawn(
    world: World, client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    known = await world.recorded()
    assert (await client.get(_mark(known, "png"), params=query)).status_code == 422


@pytest.mark.parametrize("stars", [3, 4, 5])
async def test_the_mark_says_rank_and_number(world: World, client: httpx.AsyncClient, stars: int) -> None:
    known = await world.recorded(stars=stars, number=f"68-0{stars}-2026")
    for layout in LAYOUTS:
        pdf = (await client.get(_mark(known, "pdf"), params={"layout": layout})).content
        text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
        assert "OCOP" in text
        assert f"{stars} SAO" in text
        assert f"68-0{stars}-2026" in text
        svg = (await client.get(_mark(known, "svg"), params={"layout": layout})).text
        # Five stars are drawn, the awarded ones filled.
        assert len(re.findall(r'fill="#d99a00"', svg)) == stars


async def test_a_certificate_without_a_number_has_a_mark_without_one(
    world: World, client: httpx.AsyncClient
) -> None:
    known = await world.recorded(number=None)
    assert texts_in(picture_of((await client.get(_mark(known, "png"))).content)) == [_url(known)]


async def test_stars_are_printed_to_the_last_day_and_not_a_second_longer(
    world: World, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    known = await world.recorded()
    clock.at = datetime(2029, 6, 15, 16, 59, 59, tzinfo=UTC)
    held = {}
    for form in ("svg", "png", "pdf"):
        answer = await client.get(_mark(known, form))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
        held[form] = answer.headers["etag"]
        same = await client.get(_mark(known, form), headers={"If-None-Match": held[form]})
        assert (same.status_code, same.headers["cache-control"]) == (304, "no-cache")
    clock.at = datetime(2029, 6, 15, 17, 0, 0, tzinfo=UTC)
    for form, tag in held.items():
        # Whoever still holds it is refused as well.
        answer = await client.get(_mark(known, form), headers={"If-None-Match": tag})
        assert (answer.status_code, answer.json()["code"]) == (409, "certificate.mark_not_allowed")
        assert answer.json()["data"]["standing"] == "expired"
        assert answer.json()["data"]["valid_until"] == "2029-06-15"
        assert "15/06/2029" in answer.json()["detail"]


async def test_no_mark_after_a_withdrawal_a_supersession_or_for_a_report(
    world: World, client: httpx.AsyncClient, as_actor: Any, clock: MovableClock
) -> None:
    withdrawn = await world.recorded()
    order = await client.post(
        f"/v1/certificates/{withdrawn['id']}/withdraw", json=ORDER, headers=as_actor(CHAIR)
    )
    assert order.status_code == 200
    replaced = await world.recorded(number="68-02-2026")
    reported = await world.recorded(decided_on=None, number=None)
    clock.at = datetime(2027, 6, 15, 3, tzinfo=UTC)
    newer = await world.recorded(
        decided_on=date(2027, 6, 1), number="68-03-2027", product_id=replaced["product_id"]
    )
    for known, standing in ((withdrawn, "withdrawn"), (replaced, "superseded"), (reported, "reported")):
        answer = await client.get(_mark(known, "svg"))
        assert (answer.status_code, answer.json()["code"]) == (409, "certificate.mark_not_allowed")
        assert answer.json()["data"]["standing"] == standing
    assert (await client.get(_mark(newer, "svg"))).status_code == 200
    english = await client.get(_mark(withdrawn, "svg"), headers={"Accept-Language": "en"})
    assert "may not be printed" in english.json()["detail"]


async def test_marks_of_nothing_are_not_found(client: httpx.AsyncClient) -> None:
    nobody = {"id": "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"}
    for form in ("svg", "png", "pdf"):
        answer = await client.get(_mark(nobody, form))
        assert (answer.status_code, answer.json()["code"]) == (404, "certificate.not_found")
