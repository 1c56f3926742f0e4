"""What a scanned symbol opens: page, data, link set, and clear refusals."""

from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.traceability.conftest import Chain, Headers, Trade

from ocop_api.db.session import Database
from ocop_api.db.tables.photos import ProductPhoto
from ocop_api.domain.actor import SYSTEM
from ocop_api.products.service import ProductService
from ocop_api.products.terms import Recognition
from ocop_api.traceability.negotiation import best_media_type

JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def path_of(lot: dict[str, str]) -> str:
    return lot["digital_link"].removeprefix("http://localhost:8000")


async def recognise(database: Database, chain: Chain, clock: MovableClock, until: date) -> None:
    async with database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(chain.product["id"]), stars=4, valid_until=until, status=Recognition.VALID
        )


async def test_data_tell_the_ten_items_and_name_what_is_missing(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path_of(chain.bags), headers=JSON)
    assert answer.status_code == 200, answer.text
    passport = answer.json()
    assert len(passport["items"]) == 10
    assert {entry["item"] for entry in passport["missing"]} == {"product_image", "standards"}
    assert [step["step"] for step in passport["story"]] == [
        "growing",
        "harvesting",
        "processing",
        "roasting",
        "packing",
        "shipping",
    ]
    harvest = passport["story"][1]
    assert harvest["location_code"] == "VN-DNOOR0039"
    assert harvest["place"].startswith("Phường Bắc Gia Nghĩa")
    assert passport["story"][3]["used"][0]["code"] == "NHAN-01"
    assert passport["trace_code"] == f"(01){chain.bags['gtin']}(10)L2026-06-001"
    assert passport["recognition"] is None
    assert passport["producer"]["name"] == "Hợp tác xã Nông nghiệp Đắk Wil"
    again = await client.get(path_of(chain.bags), headers={**JSON, "If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_stars_are_shown_while_they_count(
    chain: Chain, client: httpx.AsyncClient, database: Database, clock: MovableClock
) -> None:
    await recognise(database, chain, clock, date(2026, 6, 15))
    passport = (await client.get(path_of(chain.bags), headers=JSON)).json()
    assert passport["recognition"] == {"stars": 4, "valid_until": "2026-06-15"}
    assert "OCOP 4 sao" in (await client.get(path_of(chain.bags))).text
    clock.move(days=1)
    assert (await client.get(path_of(chain.bags), headers=JSON)).json()["recognition"] is None
    assert "OCOP 4 sao" not in (await client.get(path_of(chain.bags))).text


async def test_a_browser_gets_a_page_that_loads_nothing_in_the_readers_language(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    page = await client.get(path_of(chain.bags), headers=BROWSER)
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert "Từ vườn đến tay bạn" in page.text
    for shown in ("Thu hoạch", "VN-DNOOR0039", "01/12/2025", "1.000 kg", "L2026-06-001"):
        assert shown in page.text, shown
    assert "<script" not in page.text
    assert "http" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert "Hái chín" not in page.text, "notes are not for the public"
    english = await client.get(path_of(chain.bags), headers={**BROWSER, "Accept-Language": "en"})
    assert "Harvesting" in english.text
    assert "1 December 2025" in english.text
    assert "Harvesting" in (await client.get(f"{path_of(chain.bags)}?lang=en")).text


async def test_a_recall_stands_on_the_passport_of_everything_made_from_the_lot(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    await chain.trade.step(chain.roasted, "recalling", "2026-03-01")
    assert (await client.get(path_of(chain.bags), headers=JSON)).json()["recalled"]
    assert "đang bị thu hồi" in (await client.get(path_of(chain.bags))).text


async def test_a_step_declared_wrong_leaves_the_story(chain: Chain, client: httpx.AsyncClient) -> None:
    event_id = chain.steps["packing"]["event_id"]
    await chain.trade.post(
        f"/v1/lots/{chain.bags['id']}/events/{event_id}/declare-error", {"reason": "incorrect_data"}
    )
    story = (await client.get(path_of(chain.bags), headers=JSON)).json()["story"]
    assert [step["step"] for step in story] == ["shipping"]


async def test_another_buyer_of_an_earlier_lot_is_not_in_the_story(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    await chain.trade.step(chain.roasted, "selling", "2026-03-01", quantity="2")
    await chain.trade.step(chain.bags, "selling", "2026-03-02", quantity="7")
    story = (await client.get(path_of(chain.bags), headers=JSON)).json()["story"]
    assert [step["of"]["code"] for step in story if step["step"] == "selling"] == ["L2026-06-001"]


async def test_a_lot_code_with_a_slash_and_other_odd_characters_resolves(
    trade: Trade, client: httpx.AsyncClient
) -> None:
    for code in ("A/B", "a%b?&+=", "10/21", "...", "(1)'!*"):
        lot = await trade.material("Nhân", code, "10")
        answer = await client.send(
            httpx.Request(
                "GET", httpx.URL("http://localhost:8000", raw_path=path_of(lot).encode()), headers=JSON
            )
        )
        assert answer.status_code == 200, (code, answer.text)
        assert answer.json()["lot"]["code"] == code


@pytest.mark.parametrize("code", [".", ".."])
async def test_a_lot_code_that_browsers_cut_out_of_an_address_is_refused(trade: Trade, code: str) -> None:
    body = {"producer_id": trade.producer["id"], "material_name": "Nhân", "lot_code": code}
    answer = await trade.post("/v1/lots", {**body, "unit": "KGM", "quantity": "1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "traceability.lot_code_not_linkable")


async def test_a_bag_opens_the_passport_of_its_lot_and_extra_parameters_pass(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    bag = f"{path_of(chain.bags)}/21/17?17=270601&utm_source=zalo&fbclid=x&fbclid=y"
    passport = (await client.get(bag, headers=JSON)).json()
    assert passport["serial"] == "17"
    assert passport["lot"]["code"] == "L2026-06-001"
    brand = next(item for item in passport["items"] if item["item"] == "brand")
    assert brand["value"] == "17"


async def test_a_product_alone_has_a_passport_without_a_story(
    chain: Chain, client: httpx.AsyncClient
) -> None:
    passport = (await client.get(f"/01/{chain.bags['gtin']}", headers=JSON)).json()
    assert passport["product_name"] == "Cà phê bột Đắk Mil"
    assert passport["lot"] is None
    assert (await client.get(f"/01/{chain.bags['gtin']}", headers=BROWSER)).status_code == 200
    thirteen = chain.bags["gtin"][1:]
    assert (await client.get(f"/01/{thirteen}", headers=JSON)).json()["gtin"] == chain.bags["gtin"]
    assert (await client.get(f"/01/{chain.cherry['gtin']}", headers=JSON)).status_code == 404


async def test_a_gtin_of_the_world_leads_to_its_product(trade: Trade, client: httpx.AsyncClient) -> None:
    product = await trade.product("Trà ô long", gtin="8936046120049")
    lot = await trade.product_lot(product, "T1", "10")
    assert lot["gtin"] == "08936046120049"
    assert not lot["gtin_is_internal"]
    passport = (await client.get("/01/08936046120049/10/T1", headers=JSON)).json()
    assert passport["canonical_key"] == "https://id.gs1.org/01/08936046120049/10/T1"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/01/02990000999993/10/NONE", 404),
        ("/01/02990000999993", 404),
        ("/01/08936046120048", 422),
        ("/01/abc", 422),
        ("/01/08936046120049/10/a%00b", 422),
        ("/01/08936046120049/10/%ff", 422),
        ("/01/08936046120049/10/c%C3%A0", 422),
        ("/01/08936046120049/10/" + "x" * 21, 422),
        ("/01/08936046120049/21/1/10/2", 422),
        ("/01/08936046120049/10", 422),
        ("/01/08936046120049/", 422),
        ("/01/08936046120049?10=A", 422),
        ("/01/08936046120049?linkType=gs1:recipe", 404),
        ("/01/08936046120049?linkType=%00", 404),
    ],
)
async def test_unknown_and_unreadable_links_are_told_apart(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(path, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    page = await client.get(path, headers=BROWSER)
    assert page.status_code == 404
    assert "Không tìm thấy mã này" in page.text


async def test_a_link_set_names_its_links(chain: Chain, client: httpx.AsyncClient) -> None:
    path = f"{path_of(chain.bags)}?a=1"
    answer = await client.get(path, headers={"Accept": "application/linkset+json"})
    assert answer.headers["content-type"] == "application/linkset+json"
    (entry,) = answer.json()["linkset"]
    assert entry["anchor"] == f"http://localhost:8000{path}"
    assert entry["itemDescription"] == "Cà phê bột Đắk Mil"
    (default,) = entry["https://ref.gs1.org/voc/defaultLink"]
    assert default["href"] == chain.bags["digital_link"]
    assert {link["hreflang"][0] for link in entry["https://ref.gs1.org/voc/pip"]} == {"vi", "en"}
    asked = await client.get(f"{path_of(chain.bags)}?linkType=linkset")
    assert asked.headers["content-type"] == "application/linkset+json"
    for word in ("gs1:pip", "https://gs1.org/voc/pip", "https://ref.gs1.org/voc/defaultLink"):
        page = await client.get(path_of(chain.bags), params={"linkType": word})
        assert page.headers["content-type"].startswith("text/html"), word


async def test_an_unknown_media_type_is_not_acceptable(chain: Chain, client: httpx.AsyncClient) -> None:
    answer = await client.get(path_of(chain.bags), headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer.json()["code"]) == (406, "request.not_acceptable")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "a/x"),
        ("*/*", "a/x"),
        ("b/y", "b/y"),
        ("a/*;q=0.1, b/y;q=0.5", "b/y"),
        ("*/*, a/x;q=0", "b/y"),
        ("a/x;q=0", None),
        ("c/z", None),
        ("B/Y; charset=utf-8", "b/y"),
        (";;;,,,", None),
        ("a/x;q=nan", None),
    ],
)
def test_the_preferred_representation_wins(accept: str, expected: str | None) -> None:
    assert best_media_type(accept, ("a/x", "b/y")) == expected


@given(st.text(max_size=80))
def test_any_accept_header_is_answered(accept: str) -> None:
    assert best_media_type(accept, ("a/x", "b/y")) in {"a/x", "b/y", None}


async def test_symbols_are_images_for_readers_only(
    chain: Chain, client: httpx.AsyncClient, app: FastAPI, foreign_officer: Headers
) -> None:
    path = f"/v1/lots/{chain.bags['id']}/qr"
    svg = await client.get(f"{path}.svg", headers=chain.trade.headers)
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.startswith("<svg")
    png = await client.get(f"{path}.png", headers=chain.trade.headers)
    assert png.content.startswith(b"\x89PNG")
    assert (await client.get(f"{path}.svg", headers=foreign_officer)).status_code == 404
    paths = app.openapi()["paths"]
    assert {"/01/{gtin}", "/01/{gtin}/10/{lot}", "/01/{gtin}/10/{lot}/21/{serial}"} <= set(paths)
    assert [p["name"] for p in paths["/01/{gtin}/10/{lot}"]["get"]["parameters"]] == [
        "gtin",
        "lot",
        "linkType",
    ]


async def test_a_producer_known_by_an_old_place_is_shown_in_todays(
    chain: Chain, client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        await session.execute(text("update producer set place_id = '63:24611'"))
        await session.execute(text("update product set place_id = null"))
    passport = (await client.get(path_of(chain.bags), headers=JSON)).json()
    assert passport["producer"]["place"] == "Phường Bắc Gia Nghĩa, Tỉnh Lâm Đồng"


async def test_the_product_shows_its_main_photo(
    chain: Chain, client: httpx.AsyncClient, database: Database
) -> None:
    drawn = [
        {"size": size, "media_type": media_type, "width": size, "height": size // 2}
        for size in (320, 800)
        for media_type in ("image/webp", "image/jpeg")
    ]
    async with database.transaction() as session:
        for position, (state, main) in enumerate((("ready", False), ("ready", True), ("pending", False)), 1):
            session.add(
                ProductPhoto(
                    product_id=UUID(chain.product["id"]),
                    role="product",
                    alt_text=f"Ảnh {position}",
                    position=position,
                    is_main=main,
                    state=state,
                    media_type="image/jpeg",
                    size=1,
                    width=800,
                    height=400,
                    sha256=f"{position}" * 64,
                    renditions=drawn,
                    created_at=datetime(2026, 6, 1, tzinfo=UTC),
                    updated_at=datetime(2026, 6, 1, tzinfo=UTC),
                )
            )
    passport = (await client.get(path_of(chain.bags), headers=JSON)).json()
    assert passport["photo"]["alt_text"] == "Ảnh 2"
    address = f"http://localhost:8000/v1/media/{'2' * 64}-800.jpg"
    assert passport["photo"]["renditions"][-1]["url"] == address
    [image] = [item for item in passport["items"] if item["item"] == "product_image"]
    assert image["value"] == address
    assert {entry["item"] for entry in passport["missing"]} == {"standards"}
    page = (await client.get(path_of(chain.bags), headers=BROWSER)).text
    # Relative, so that the page's policy ('self') lets it through under any name of the server.
    assert f'src="/v1/media/{"2" * 64}-800.jpg"' in page
    assert f"/v1/media/{'2' * 64}-320.webp 320w" in page
