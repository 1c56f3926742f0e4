"""Places over HTTP: codes read on a date, search, succession, batches, caching, bad input."""

from datetime import UTC, datetime
from typing import Any

import httpx
from tests.conftest import MovableClock


async def _get(client: httpx.AsyncClient, path: str, *, status: int = 200, **query: Any) -> Any:
    answer = await client.get(path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_code_stands_for_another_unit_on_each_side_of_the_boundary(
    client: httpx.AsyncClient, clock: MovableClock
) -> None:
    before = await _get(client, "/v1/places/24611", on="2025-06-30")
    after = await _get(client, "/v1/places/24611", on="2025-07-01")
    assert before["full_name"] == "Phường Nghĩa Đức, Thành phố Gia Nghĩa, Tỉnh Đắk Nông"
    assert (before["valid_from"], before["valid_to"]) == (None, "2025-06-30")
    assert [above["id"] for above in before["ancestors"]] == ["63:67", "63:660"]
    assert after["full_name"] == "Phường Bắc Gia Nghĩa, Tỉnh Lâm Đồng"
    assert (after["valid_from"], after["valid_to"]) == ("2025-07-01", None)
    assert "63:24611" in [link["place"]["id"] for link in after["predecessors"]]
    assert before["area_path"] == ["63:67", "63:660", "63:24611", "34:68", "34:24611"]
    # Without a date the clock decides, by the calendar of Vietnam: 17:00 UTC is midnight there.
    clock.at = datetime(2025, 6, 30, 16, 59, tzinfo=UTC)
    assert (await _get(client, "/v1/places/24611"))["id"] == "63:24611"
    clock.at = datetime(2025, 6, 30, 17, 0, tzinfo=UTC)
    assert (await _get(client, "/v1/places/24611"))["id"] == "34:24611"


async def test_a_code_out_of_use_is_not_found_and_names_what_the_unit_became(
    client: httpx.AsyncClient,
) -> None:
    problem = await _get(client, "/v1/places/67", status=404)
    assert problem["code"] == "places.unknown"
    assert problem["data"]["suggestions"] == [{"id": "34:68", "full_name": "Tỉnh Lâm Đồng"}]
    assert (await _get(client, "/v1/places/663", status=404))["data"]["suggestions"] == []
    # By its id an old unit is always found, because records refer to it.
    assert (await _get(client, "/v1/places/63:67"))["name"] == "Tỉnh Đắk Nông"


async def test_what_is_no_code_is_not_found(client: httpx.AsyncClient) -> None:
    for code in ("99", "00000", "7", "Đắk Mil", "63:99999", "6²", "63:67x", "resolve", "' or 1=1"):
        assert (await _get(client, f"/v1/places/{code}", status=404))["code"] == "places.unknown"


async def test_successors_of_old_units(client: httpx.AsyncClient) -> None:
    province = await _get(client, "/v1/places/67/successors", on="2025-06-30")
    assert [(x["extent"], x["place"]["name"]) for x in province["successors"]] == [("whole", "Tỉnh Lâm Đồng")]
    district = await _get(client, "/v1/places/63:663/successors")
    assert (district["place"]["name"], district["successors"]) == ("Huyện Đắk Mil", [])
    island = await _get(client, "/v1/places/63:498/successors")
    assert [x["place"]["kind"] for x in island["successors"]] == ["Đặc khu"]


async def test_list_is_in_vietnamese_order_without_repeats_over_pages(client: httpx.AsyncClient) -> None:
    names: list[str] = []
    more: dict[str, Any] | None = {}
    while more is not None:
        page = await _get(client, "/v1/places", level="province", limit=10, with_total="true", **more)
        assert page["total"] == 34
        names += [item["name"] for item in page["items"]]
        more = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert len(set(names)) == 34
    assert names[:3] == ["Tỉnh An Giang", "Tỉnh Bắc Ninh", "Tỉnh Cà Mau"]
    assert names.index("Thành phố Đà Nẵng") > names.index("Tỉnh Cao Bằng")
    assert names.index("Tỉnh Đồng Tháp") < names.index("Tỉnh Gia Lai")


async def test_search_without_accents_puts_the_exact_name_first(client: httpx.AsyncClient) -> None:
    page = await _get(client, "/v1/places", q="dak mil", on="2025-06-30")
    assert [item["name"] for item in page["items"][:2]] == ["Huyện Đắk Mil", "Thị trấn Đắk Mil"]
    typed = await _get(client, "/v1/places", q="nghĩa", within="34:68", level="commune")
    assert {item["name"] for item in typed["items"]} >= {
        "Phường Bắc Gia Nghĩa",
        "Phường Nam Gia Nghĩa",
        "Phường Đông Gia Nghĩa",
    }
    by_code = await _get(client, "/v1/places", q="2461", level="commune")
    assert by_code["items"]
    assert all(item["code"].startswith("2461") for item in by_code["items"])
    for nothing in ("%", "_", "---", "zzzz"):
        assert (await _get(client, "/v1/places", q=nothing))["items"] == []


async def test_list_below_a_unit_counts_all_levels_below_it(client: httpx.AsyncClient) -> None:
    page = await _get(client, "/v1/places", within="63:67", on="2025-06-30", with_total="true")
    assert page["total"] == 8 + 71
    communes = await _get(client, "/v1/places", within="63:663", on="2025-06-30", limit=100)
    assert all(item["parent_id"] == "63:663" for item in communes["items"])


async def test_a_unit_to_look_below_must_exist_on_that_day(client: httpx.AsyncClient) -> None:
    gone = await _get(client, "/v1/places", status=422, within="63:67")
    assert gone["code"] == "places.not_in_force"
    assert "Tỉnh Đắk Nông" in gone["detail"]
    assert (await _get(client, "/v1/places", status=422, within="34:99"))["code"] == "places.unknown"


async def test_bad_queries_are_refused(client: httpx.AsyncClient) -> None:
    bad: list[dict[str, str]] = [
        {"level": "central"},
        {"on": "2025-02-30"},
        {"limit": "101"},
        {"q": ""},
        {"q": "a" * 301},
        {"where": "1=1"},
        {"sort": "match"},
        {"cursor": "AAAA"},
        {"q": "a\x00b"},
    ]
    for query in bad:
        answer = await client.get("/v1/places", params=query)
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"


async def test_answers_are_public_and_cacheable(client: httpx.AsyncClient) -> None:
    for path in ("/v1/places?level=province", "/v1/places/34:68", "/v1/places/63:67/successors"):
        first = await client.get(path)
        assert first.headers["cache-control"] == "public, max-age=3600"
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_batch_answers_each_item_by_itself(client: httpx.AsyncClient) -> None:
    items = [
        {"text": "Xã Đắk Gằn", "on": "2025-06-30", "within": "63:67"},
        {"text": "Đăk Mil", "on": "2025-06-30"},
        {"text": "Đăk Mil", "on": "2025-06-30", "level": "district"},
        {"text": "Tỉnh Đắk Nông"},
        {"text": "34:68"},
        {"text": "Đà Lạt", "within": "63:68"},
    ]
    answer = await client.post("/v1/places/resolve", json={"items": items}, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-language"] == "en"
    gan, twice, district, gone, known, wrong_time = answer.json()["results"]
    assert (gan["place"]["id"], gan["problem"]) == ("63:24673", None)
    assert twice["place"] is None
    assert twice["problem"]["code"] == "places.ambiguous"
    assert {c["id"] for c in twice["problem"]["candidates"]} == {"63:663", "63:24664"}
    assert "may be 2 administrative units" in twice["problem"]["detail"]
    assert district["place"]["id"] == "63:663"
    assert gone["problem"]["suggestions"][0] == {"id": "34:68", "full_name": "Tỉnh Lâm Đồng"}
    assert known["place"]["name"] == "Tỉnh Lâm Đồng"
    assert wrong_time["problem"]["code"] == "places.not_in_force"


async def test_bad_batches_are_refused(client: httpx.AsyncClient) -> None:
    bad: list[dict[str, Any]] = [
        {"items": []},
        {"items": [{"text": "x"}] * 101},
        {"items": [{"text": " "}]},
        {"items": [{"text": "x", "level": "village"}]},
        {"items": [{"text": "x", "until": "2025-01-01"}]},
        {},
    ]
    for body in bad:
        answer = await client.post("/v1/places/resolve", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), body
