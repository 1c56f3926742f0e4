"""Coffee from the plot to the bag: events, amounts, traces and their withdrawal."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text
from tests.traceability.conftest import Chain, Headers, Trade, step_body

from ocop_api.db.session import Database

REFUSED = 409


async def test_a_bag_is_traced_back_to_the_plot_and_a_plot_s_cherries_forward_to_the_bag(
    chain: Chain,
) -> None:
    back = await chain.trade.get(f"/v1/lots/{chain.bags['id']}/trace")
    told = [(node["depth"], node["kind"], node["code"]) for node in back["nodes"]]
    assert told == [
        (1, "lot", "RANG-01"),
        (2, "lot", "NHAN-01"),
        (3, "lot", "QUA-01"),
        (4, "growing_area", "VN-DNOOR0039"),
    ]
    assert back["nodes"][3]["id"] == chain.plot["id"]
    assert [event["step"] for event in back["nodes"][2]["events"]] == ["growing", "harvesting"]
    one = await chain.trade.get(f"/v1/lots/{chain.bags['id']}/trace?max_depth=1")
    assert [node["code"] for node in one["nodes"]] == ["RANG-01"]
    forward = await chain.trade.get(f"/v1/lots/{chain.cherry['id']}/trace?direction=forward")
    assert [node["code"] for node in forward["nodes"]] == ["NHAN-01", "RANG-01", "L2026-06-001"]


async def test_amounts_follow_the_steps(chain: Chain) -> None:
    cherry = await chain.trade.get(f"/v1/lots/{chain.cherry['id']}")
    assert (cherry["made"], cherry["used"], cherry["available"]) == ("1000.000", "1000.000", "0.000")
    roasted = await chain.trade.get(f"/v1/lots/{chain.roasted['id']}")
    assert roasted["available"] == "5.000"
    sold = await chain.trade.step(chain.bags, "selling", "2026-03-01", quantity="120")
    assert sold["lot"]["available"] == "180.000"


async def test_the_events_of_a_lot_are_an_epcis_document(chain: Chain) -> None:
    document = await chain.trade.get(f"/v1/lots/{chain.green['id']}/events")
    assert document["type"] == "EPCISDocument"
    assert document["@context"][1] == {"ocop": "http://localhost:8000/voc/"}
    made, used = document["epcisBody"]["eventList"]
    assert (made["type"], made["bizStep"]) == (
        "TransformationEvent",
        "http://localhost:8000/voc/processing",
    )
    assert made["inputQuantityList"] == [
        {"epcClass": chain.cherry["digital_link"], "quantity": 1000, "uom": "KGM"}
    ]
    assert made["outputQuantityList"][0]["epcClass"] == chain.green["digital_link"]
    assert used["outputQuantityList"][0]["epcClass"] == chain.roasted["digital_link"]
    harvest = (await chain.trade.get(f"/v1/lots/{chain.cherry['id']}/events"))["epcisBody"]["eventList"][1]
    assert harvest["readPoint"] == {"id": f"urn:uuid:{chain.plot['id']}"}
    assert harvest["ocop:growingAreaCode"] == "VN-DNOOR0039"


async def test_an_event_answers_as_a_query_document_to_readers_of_its_lots(
    chain: Chain, client: httpx.AsyncClient, officer: Headers, foreign_officer: Headers
) -> None:
    event_id = chain.steps["roasting"]["event_id"]
    path = f"/epcis/events/{quote(event_id, safe='')}"
    answer = await client.get(path, headers=officer)
    results = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [event["eventID"] for event in results] == [event_id]
    assert (await client.get(path, headers=foreign_officer)).status_code == 404
    assert (await client.get(path)).status_code == 401


async def test_an_event_declared_wrong_leaves_traces_and_gives_amounts_back(chain: Chain) -> None:
    trade = chain.trade
    event_id = chain.steps["roasting"]["event_id"]
    path = f"/v1/lots/{chain.roasted['id']}/events/{event_id}/declare-error"
    early = await trade.post(path, {"reason": "incorrect_data"})
    assert (early.status_code, early.json()["code"]) == (REFUSED, "traceability.still_used")
    packing = chain.steps["packing"]["event_id"]
    done = await trade.post(
        f"/v1/lots/{chain.bags['id']}/events/{packing}/declare-error", {"reason": "did_not_occur"}
    )
    assert done.status_code == 201, done.text
    assert (await trade.post(path, {"reason": "incorrect_data"})).status_code == 201
    assert (await trade.get(f"/v1/lots/{chain.bags['id']}/trace"))["nodes"] == []
    green = await trade.get(f"/v1/lots/{chain.green['id']}")
    assert green["available"] == "200.000"
    events = (await trade.get(f"/v1/lots/{chain.roasted['id']}/events"))["epcisBody"]["eventList"]
    declared = [event for event in events if "errorDeclaration" in event]
    assert {event["eventID"] for event in declared} == {event_id, packing}
    again = await trade.post(path, {"reason": "incorrect_data"})
    assert (again.status_code, again.json()["code"]) == (REFUSED, "traceability.already_declared")
    await trade.step(chain.roasted, "roasting", "2026-02-11", (chain.green, "200"))


async def test_two_declarations_at_once_undo_once(chain: Chain) -> None:
    event_id = chain.steps["packing"]["event_id"]
    path = f"/v1/lots/{chain.bags['id']}/events/{event_id}/declare-error"
    answers = await asyncio.gather(*(chain.trade.post(path, {"reason": "did_not_occur"}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert (await chain.trade.get(f"/v1/lots/{chain.roasted['id']}"))["used"] == "0.000"


async def test_a_lot_cannot_be_overdrawn_by_steps_at_the_same_time(trade: Trade) -> None:
    cherry = await trade.material("Cà phê quả tươi", "Q", "100")
    greens = [await trade.material("Cà phê nhân", f"N{number}", "10") for number in range(6)]
    answers = await asyncio.gather(
        *(
            trade.post(f"/v1/lots/{green['id']}/steps", step_body("processing", "2026-02-01", (cherry, "30")))
            for green in greens
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409, 409, 409]
    refused = {answer.json()["code"] for answer in answers if answer.status_code == REFUSED}
    assert refused == {"traceability.lot_overdrawn"}
    assert (await trade.get(f"/v1/lots/{cherry['id']}"))["used"] == "90.000"


async def test_steps_crossing_their_inputs_do_not_block_each_other(trade: Trade) -> None:
    one, two = await trade.material("Nhân", "A", "100"), await trade.material("Nhân", "B", "100")
    outputs = [await trade.material("Rang", f"R{number}", "10") for number in range(6)]
    answers = await asyncio.gather(
        *(
            trade.post(
                f"/v1/lots/{output['id']}/steps",
                step_body("roasting", "2026-02-01", *[(one, "10"), (two, "10")][:: 1 if place % 2 else -1]),
            )
            for place, output in enumerate(outputs)
        )
    )
    assert {answer.status_code for answer in answers} == {201}


async def test_mass_is_kept(trade: Trade) -> None:
    cherry = await trade.material("Cà phê quả tươi", "Q", "100")
    green = await trade.material("Cà phê nhân", "N", "500")
    assert await trade.try_step(green, "processing", (cherry, "50"), quantity="60") == (
        REFUSED,
        "traceability.output_exceeds_input",
    )
    assert await trade.try_step(green, "processing", (cherry, "150"), quantity="20") == (
        REFUSED,
        "traceability.lot_overdrawn",
    )
    assert await trade.try_step(green, "processing") == (422, "epcis.nothing_named")
    harvested = await trade.material("Cà phê quả tươi", "H", "100")
    await trade.step(harvested, "harvesting", "2026-01-05", quantity="40")
    assert await trade.try_step(green, "processing", (harvested, "41"), quantity="10") == (
        REFUSED,
        "traceability.lot_overdrawn",
    )
    assert await trade.try_step(harvested, "harvesting", quantity="61") == (
        REFUSED,
        "traceability.lot_overfilled",
    )
    bags = await trade.material("Gói", "G", "10", "H87")
    assert await trade.try_step(bags, "packing", (harvested, "10")) == (
        422,
        "traceability.units_not_comparable",
    )


async def test_steps_that_cannot_be_are_refused(trade: Trade) -> None:
    one = await trade.material("Nhân", "A", "100")
    two = await trade.material("Rang", "B", "50")
    assert await trade.try_step(two, "roasting", (two, "1")) == (422, "traceability.repeated_input")
    assert await trade.try_step(two, "shipping", (one, "1")) == (422, "epcis.unexpected_side")
    assert await trade.try_step(two, "harvesting", (one, "60")) == (422, "epcis.unexpected_side")
    assert await trade.try_step(two, "boxing") == (422, "epcis.parent_missing")
    assert await trade.try_step(two, "boxing", sscc="006141411234567891") == (422, "gs1.bad_check_digit")
    assert await trade.try_step(two, "storing", at="2026-06-16T08:00:00+07:00") == (
        422,
        "traceability.in_the_future",
    )
    assert await trade.try_step(two, "storing", at="2026-02-01T08:00:00") == (422, "request.invalid")
    assert await trade.try_step(two, "storing", quantity="51") == (REFUSED, "traceability.lot_overdrawn")
    await trade.step(two, "boxing", "2026-02-02", sscc="006141411234567890")


async def test_a_lot_cannot_go_into_what_it_came_from(trade: Trade) -> None:
    one = await trade.material("Nhân", "A", "100")
    two = await trade.material("Nhân", "B", "100")
    start = await trade.material("Quả", "Q", "400")
    await trade.step(one, "processing", "2026-01-01", (start, "100"), quantity="50")
    await trade.step(two, "processing", "2026-01-02", (one, "20"), quantity="10")
    assert await trade.try_step(one, "processing", (two, "10"), quantity="5") == (
        REFUSED,
        "traceability.circular",
    )


async def test_bought_in_material_gets_no_origin_after_use(trade: Trade) -> None:
    bought = await trade.material("Nhân", "A", "100")
    made = await trade.material("Rang", "B", "100")
    await trade.step(bought, "receiving", "2026-01-01")
    await trade.step(made, "roasting", "2026-01-02", (bought, "100"), quantity="80")
    assert await trade.try_step(bought, "harvesting", quantity="10") == (
        REFUSED,
        "traceability.origin_after_use",
    )


async def test_a_replayed_step_happens_once(trade: Trade, client: httpx.AsyncClient) -> None:
    lot = await trade.material("Quả", "Q", "100")
    headers = {**trade.headers, "Idempotency-Key": "harvest-1"}
    body = step_body("harvesting", "2026-01-05", quantity="40")
    answers = [await client.post(f"/v1/lots/{lot['id']}/steps", json=body, headers=headers) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (await trade.get(f"/v1/lots/{lot['id']}"))["made"] == "40.000"


async def test_who_reads_and_who_writes(
    chain: Chain,
    trading: Callable[..., Any],
    client: httpx.AsyncClient,
    officer: Headers,
    foreign_officer: Headers,
) -> None:
    path = f"/v1/lots/{chain.bags['id']}"
    assert (await client.get(path, headers=officer)).status_code == 200
    assert (await client.get(path, headers=foreign_officer)).status_code == 404
    assert (await client.get(path)).status_code == 401
    stranger: Trade = await trading("Hợp tác xã khác")
    assert (await stranger.post(f"{path}/steps", step_body("storing", "2026-03-01"))).status_code == 404
    body = step_body("storing", "2026-03-01")
    forbidden = await client.post(f"{path}/steps", json=body, headers=officer)
    assert (forbidden.status_code, forbidden.json()["code"]) == (403, "auth.not_permitted")
    own = await stranger.material("Nhân", "X", "10")
    hidden = step_body("roasting", "2026-03-01", (chain.roasted, "1"), quantity="1")
    assert (await stranger.post(f"/v1/lots/{own['id']}/steps", hidden)).status_code == 404
    taken = {"producer_id": chain.trade.producer["id"], "material_name": "Nhân", "lot_code": "Y"}
    answer = await stranger.post("/v1/lots", {**taken, "unit": "KGM", "quantity": "1"})
    assert answer.status_code == 403
    assert (await stranger.get("/v1/lots"))["items"][0]["id"] == own["id"]
    assert len((await stranger.get("/v1/lots"))["items"]) == 1
    assert (await stranger.get("/v1/growing-areas"))["items"] == []
    assert (await stranger.post("/v1/growing-areas", {**taken, "name": "x"})).status_code == 422


async def test_lots_of_one_thing_share_a_number_and_codes_are_used_once(trade: Trade) -> None:
    one, two = await asyncio.gather(
        trade.material("Cà phê nhân", "A", "1"), trade.material("CÀ PHÊ  NHÂN", "B", "1")
    )
    assert one["gtin"] == two["gtin"]
    assert one["gtin_is_internal"]
    body = {"producer_id": trade.producer["id"], "material_name": "cà phê nhân", "lot_code": "A"}
    again = await trade.post("/v1/lots", {**body, "unit": "KGM", "quantity": "1"})
    assert (again.status_code, again.json()["code"]) == (REFUSED, "traceability.lot_exists")
    odd = await trade.post("/v1/lots", {**body, "lot_code": "lô 1", "unit": "KGM", "quantity": "1"})
    assert (odd.status_code, odd.json()["code"]) == (422, "gs1.bad_character")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"geometry": {"type": "Point", "coordinates": [107.6912345, 12.0]}}, "traceability.bad_geometry"),
        ({"geometry": {"type": "Point", "coordinates": [12.0, 107.69]}}, "traceability.bad_geometry"),
        (
            {"geometry": {"type": "Point", "coordinates": [107.69, 12.0]}, "area_ha": "4.1"},
            "traceability.polygon_required",
        ),
        (
            {
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[107.1, 12], [107.2, 12], [107.2, 12.1], [107.1, 12.1]]],
                }
            },
            "traceability.bad_geometry",
        ),
        (
            {
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[107, 12], [108, 13], [108, 12], [107, 13], [107, 12]]],
                }
            },
            "traceability.bad_geometry",
        ),
        ({"geometry": {"type": "Circle", "coordinates": [107, 12]}}, "request.invalid"),
        ({"area_ha": "0"}, "request.invalid"),
    ],
)
async def test_a_plot_that_is_no_place_is_refused(trade: Trade, fields: dict[str, Any], code: str) -> None:
    body = {"producer_id": trade.producer["id"], "name": "Vườn", **fields}
    answer = await trade.post("/v1/growing-areas", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_plot_keeps_its_polygon_and_its_code_once(trade: Trade) -> None:
    ring = [[107.69, 12.0], [107.7, 12.0], [107.7, 12.01], [107.69, 12.0]]
    made = await trade.plot(code=" vn-dnoor 1", geometry={"type": "Polygon", "coordinates": [ring]})
    assert made["code"] == "VN-DNOOR1"
    read = await trade.get(f"/v1/growing-areas/{made['id']}")
    assert read["geometry"]["coordinates"] == [ring]
    found = await trade.get("/v1/growing-areas?code=VN-DNOOR%201")
    assert [area["id"] for area in found["items"]] == [made["id"]]
    again = await trade.post(
        "/v1/growing-areas", {"producer_id": trade.producer["id"], "name": "x", "code": "VN-DNOOR1"}
    )
    assert (again.status_code, again.json()["code"]) == (REFUSED, "traceability.growing_area_exists")


async def test_the_ledger_tells_of_every_change(chain: Chain, database: Database) -> None:
    async with database.read() as session:
        kinds = await session.execute(text("select kind, count(*) as times from ledger_event group by kind"))
        told = {row.kind: row.times for row in kinds}
    assert (told["growing_area.created"], told["lot.created"], told["lot.step_recorded"]) == (1, 4, 6)
