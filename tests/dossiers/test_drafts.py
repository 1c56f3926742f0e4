"""Drafting, lodging and listing: what a file needs, who sees it, which code it gets."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text

from ocop_api.domain.actor import SYSTEM, Actor
from ocop_api.domain.regimes import ProducerForm
from ocop_api.products.service import ProductService

from .conftest import NEW_COMMUNE, OLD_COMMUNE, UNDER_148, Headers, Trade, full_contents

People = dict[str, Headers]
Clock = Any


async def test_incomplete_file_is_refused_with_everything_it_lacks(trade: Trade, clock: Clock) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    assert {f["code"] for f in draft["findings"]} == {
        "registration_incomplete",
        "report_incomplete",
        "evidence_missing",
        "criterion_not_assessed",
    }
    (lodge,) = (a for a in draft["allowed_actions"] if a["action"] == "lodge")
    assert lodge["missing"] == ["file_complete"]
    contents = full_contents("qd26-2026")
    contents["evidence"] = [{"kind": "test_report", "expires_on": "2026-06-14"}]
    contents["self_assessment"]["9.9"] = {"level": 1}
    del contents["registration"]["phone"]
    await trade.write(draft["id"], producer, contents)
    refused = await trade.act(draft["id"], "lodge", producer)
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.incomplete")
    assert [(f["code"], f["pointer"]) for f in refused.json()["data"]["findings"]] == [
        ("registration_incomplete", "/registration/phone"),
        ("evidence_expired", "/evidence/0"),
        ("choice_not_in_criteria", "/self_assessment/9.9"),
    ]
    after = await trade.read(draft["id"], producer)
    assert (after["state"], after["product_code"]) == ("draft", None)


async def test_file_of_148_needs_registration_and_chart(trade: Trade, clock: Clock) -> None:
    clock.at = UNDER_148
    product_id, producer = await trade.product(at=clock(), place_id=OLD_COMMUNE)
    draft = await trade.draft(product_id, producer)
    contents = full_contents("qd148-2023")
    contents["evidence"] = []
    del contents["report"]["organisation_chart"]
    await trade.write(draft["id"], producer, contents)
    findings = (await trade.read(draft["id"], producer))["findings"]
    assert [f["pointer"] for f in findings] == ["/report/organisation_chart", "/evidence"]


async def test_regime_is_that_of_the_lodging_day(trade: Trade, clock: Clock) -> None:
    clock.at = datetime(2026, 5, 21, 16, 0, tzinfo=UTC)
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    assert (draft["regime"], draft["edition"]) == ("qd1489-2025", "qd148-2023")
    # One hour later it is 22 May in Vietnam.
    clock.move(hours=2)
    written = await trade.write(draft["id"], producer, full_contents("qd26-2026"))
    assert written.json()["findings"] == []
    lodged = await trade.done(draft["id"], "lodge", producer)
    assert (lodged["regime"], lodged["edition"], lodged["lodged_on"]) == (
        "qd26-2026",
        "qd26-2026",
        "2026-05-22",
    )


async def test_fifty_lodgings_at_once_get_distinct_codes(trade: Trade, clock: Clock) -> None:
    made = [await trade.product(f"Sản phẩm {n}", at=clock()) for n in range(50)]
    drafts = []
    for product_id, producer in made:
        draft = await trade.draft(product_id, producer)
        await trade.write(draft["id"], producer, full_contents("qd26-2026"))
        drafts.append((draft["id"], producer))
    answers = await asyncio.gather(*(trade.done(*draft[:1], "lodge", draft[1]) for draft in drafts))
    codes = {answer["product_code"] for answer in answers}
    assert codes == {f"68-24611-{serial}-2026" for serial in range(1, 51)}


async def test_serials_count_per_year_and_leave_out_imported_codes(trade: Trade, clock: Clock) -> None:
    first, _ = await trade.lodged(clock(), name="Một")
    assert first["product_code"] == "68-24611-1-2026"
    imported, _ = await trade.product("Nhập", at=clock())
    async with trade.database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_product_code(UUID(imported), "68-24611-2-2026")
    second, _ = await trade.lodged(clock(), name="Hai")
    assert second["product_code"] == "68-24611-3-2026"
    clock.at = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    third, _ = await trade.lodged(clock(), name="Ba")
    assert third["product_code"] == "68-24611-1-2027"


async def test_place_of_the_old_structure_is_followed_to_its_successor(trade: Trade, clock: Clock) -> None:
    lodged, _ = await trade.lodged(clock(), place_id="63:24612")
    assert lodged["place_id"] == NEW_COMMUNE
    assert lodged["product_code"] == "68-24611-1-2026"


@pytest.mark.parametrize(
    ("place_id", "code"),
    [(None, "dossier.place_missing"), ("34:68", "dossier.place_not_commune")],
)
async def test_lodging_needs_a_commune(trade: Trade, clock: Clock, place_id: str | None, code: str) -> None:
    product_id, producer = await trade.product(at=clock(), place_id=place_id)
    draft = await trade.draft(product_id, producer)
    await trade.write(draft["id"], producer, full_contents("qd26-2026"))
    refused = await trade.act(draft["id"], "lodge", producer)
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    lodged = await trade.done(draft["id"], "lodge", producer, place_id=NEW_COMMUNE)
    assert lodged["place_id"] == NEW_COMMUNE


async def test_divided_commune_asks_to_choose(trade: Trade, clock: Clock) -> None:
    async with trade.database.read() as session:
        divided = await session.scalar(
            text(
                "select s.old_id from place_succession s join place p on p.id = s.old_id "
                "where s.extent = 'part' and p.level = 'commune' order by 1 limit 1"
            )
        )
    product_id, producer = await trade.product(at=clock(), place_id=divided)
    draft = await trade.draft(product_id, producer)
    await trade.write(draft["id"], producer, full_contents("qd26-2026"))
    refused = (await trade.act(draft["id"], "lodge", producer)).json()
    assert refused["code"] == "dossier.choose_place"
    chosen = refused["data"]["candidates"][1]["id"]
    assert (await trade.done(draft["id"], "lodge", producer, place_id=chosen))["place_id"] == chosen


async def test_old_codes_are_written_in_the_five_days_without_districts(trade: Trade, clock: Clock) -> None:
    clock.at = datetime(2025, 7, 3, 2, 0, tzinfo=UTC)
    lodged, _ = await trade.lodged(clock(), edition="qd148-2023", place_id=OLD_COMMUNE)
    assert lodged["product_code"] == "67-660-24611-1-2025"


async def test_form_of_producer_must_fit_the_regime(trade: Trade, clock: Clock) -> None:
    async def try_lodging(form: ProducerForm, name: str) -> dict[str, Any]:
        product_id, producer = await trade.product(name, at=clock(), form=form)
        draft = await trade.draft(product_id, producer)
        await trade.write(draft["id"], producer, full_contents("qd26-2026"))
        found: dict[str, Any] = (await trade.act(draft["id"], "lodge", producer)).json()
        return found

    refused = await try_lodging(ProducerForm.COMPANY, "Một")
    assert refused["data"]["missing"] == ["producer_eligible"]
    assert (await try_lodging(ProducerForm.FARM, "Hai"))["state"] == "lodged"


async def test_set_is_needed_and_must_not_contradict_the_product(trade: Trade, clock: Clock) -> None:
    unclassified, producer = await trade.product("Một", at=clock(), set_number=None)
    body = {"product_id": unclassified}
    missing = await trade.client.post("/v1/dossiers", json=body, headers=producer)
    assert missing.json()["code"] == "dossier.set_number_missing"
    made = await trade.client.post("/v1/dossiers", json=body | {"set_number": 26}, headers=producer)
    assert (made.json()["set_number"], made.json()["samples_needed"]) == (26, 0)
    classified, other = await trade.product("Hai", at=clock())
    differs = await trade.client.post(
        "/v1/dossiers", json={"product_id": classified, "set_number": 12}, headers=other
    )
    assert (differs.status_code, differs.json()["code"]) == (422, "dossier.set_number_differs")


async def test_only_the_producer_writes_and_sees_a_draft(
    trade: Trade, clock: Clock, people: People, as_actor: Callable[[Actor], Headers]
) -> None:
    product_id, producer = await trade.product(at=clock())
    body = {"product_id": product_id}
    for name in ("commune_officer", "province_leader", "central_officer"):
        assert (await trade.client.post("/v1/dossiers", json=body, headers=people[name])).status_code == 403
    draft = await trade.draft(product_id, producer)
    url = f"/v1/dossiers/{draft['id']}"
    for name in ("commune_officer", "province_officer", "central_officer"):
        assert (await trade.client.get(url, headers=people[name])).status_code == 404, name
        assert (await trade.act(draft["id"], "lodge", people[name])).status_code == 404, name
    assert (await trade.client.get(url)).status_code == 401
    _, stranger = await trade.product("Khác", at=clock())
    assert (await trade.client.get(url, headers=stranger)).status_code == 404
    assert (await trade.client.get(f"/v1/dossiers/{uuid4()}", headers=producer)).status_code == 404


async def test_lodged_contents_are_closed(trade: Trade, clock: Clock, people: People) -> None:
    dossier, producer = await trade.lodged(clock())
    closed = await trade.write(dossier["id"], producer, {"changes": ["Bao bì mới"]})
    assert (closed.status_code, closed.json()["code"]) == (409, "dossier.not_editable")
    foreign = await trade.write(dossier["id"], people["commune_officer"], {"changes": ["Bao bì mới"]})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "auth.not_permitted")


async def test_two_writers_of_a_draft(trade: Trade, clock: Clock) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    url = f"/v1/dossiers/{draft['id']}"
    tag = (await trade.client.get(url, headers=producer)).headers["etag"]
    assert (await trade.client.patch(url, json={}, headers=producer)).status_code == 428
    answers = await asyncio.gather(
        *(
            trade.client.patch(url, json={"changes": [n]}, headers={**producer, "If-Match": tag})
            for n in ("a", "b")
        )
    )
    assert sorted(a.status_code for a in answers) == [200, 412]


async def test_bad_bodies_are_refused(trade: Trade, clock: Clock) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    for body in (
        {"state": "lodged"},
        {"self_assessment": {"1.1": {"level": -1}}},
        {"evidence": [{"kind": "rumour"}]},
        {"registration": {"phone": ""}},
        {"place_id": "24611"},
    ):
        assert (await trade.write(draft["id"], producer, body)).status_code == 422, body
    unknown = await trade.write(draft["id"], producer, {"place_id": "34:99999"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "places.unknown")
    nulls = {"registration": None, "report": None, "evidence": None, "place_id": None}
    assert (await trade.write(draft["id"], producer, nulls)).status_code == 200


async def test_list_is_scoped_filtered_and_one_query(trade: Trade, clock: Clock, people: People) -> None:
    one, producer = await trade.lodged(clock(), name="Một")
    clock.move(minutes=1)
    two, _ = await trade.lodged(clock(), name="Hai")
    product_id, drafter = await trade.product("Nháp", at=clock())
    await trade.draft(product_id, drafter)

    queries: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        queries.append(statement)

    event.listen(trade.database.read_engine.sync_engine, "before_cursor_execute", count)

    async def ids(actor: Headers, query: str = "") -> list[str]:
        queries.clear()
        answer = await trade.client.get(f"/v1/dossiers{query}", headers=actor)
        assert answer.status_code == 200, answer.text
        assert len(queries) == 1
        return [item["id"] for item in answer.json()["items"]]

    assert await ids(people["commune_officer"]) == [two["id"], one["id"]]
    assert await ids(people["commune_officer"], "?sort=due_on") == [one["id"], two["id"]]
    assert await ids(people["central_leader"], "?state=lodged&level=commune") == [two["id"], one["id"]]
    assert await ids(people["elsewhere_officer"]) == []
    assert await ids(producer) == [one["id"]]
    assert await ids(people["province_officer"], "?place=34:68&kind=first&regime=qd26-2026") == [
        two["id"],
        one["id"],
    ]
    assert await ids(people["province_officer"], f"?product_id={one['product_id']}") == [one["id"]]
    assert await ids(people["province_officer"], f"?producer_id={two['producer_id']}&state=draft") == []
    assert (await trade.client.get("/v1/dossiers")).status_code == 401
    wrong = await trade.client.get("/v1/dossiers?state=lost", headers=producer)
    assert wrong.status_code == 422


async def test_withdrawn_draft_makes_room(trade: Trade, clock: Clock, people: People) -> None:
    product_id, producer = await trade.product(at=clock())
    draft = await trade.draft(product_id, producer)
    assert (await trade.done(draft["id"], "withdraw", producer))["state"] == "withdrawn"
    await trade.draft(product_id, producer)
    # It was never handed in, so it stays the producer's own.
    hidden = await trade.client.get(f"/v1/dossiers/{draft['id']}", headers=people["province_officer"])
    assert hidden.status_code == 404


async def test_draft_begins_with_what_the_registers_know(
    trade: Trade, clock: Any, people: dict[str, Headers]
) -> None:
    product_id, owner = await trade.product("Cà phê bột Đắk Mil", at=clock())
    async with trade.database.read() as session:
        producer_id = await session.scalar(
            text("select producer_id from product where id = :id"), {"id": UUID(product_id)}
        )
    private = {
        "representative_name": "Nguyễn Thị Hoa",
        "representative_position": "Giám đốc",
        "phone": "0912345678",
    }
    known = {"address": "Tổ dân phố 3", "private": private}
    changed = await trade.client.patch(
        f"/v1/producers/{producer_id}", json=known, headers=people["commune_officer"] | {"If-Match": "*"}
    )
    assert changed.status_code == 200, changed.text
    slip = (await trade.draft(product_id, owner))["contents"]["registration"]
    assert (slip["representative"], slip["position"]) == ("Nguyễn Thị Hoa", "Giám đốc")
    assert (slip["phone"], slip["address"]) == ("0912 345 678", "Tổ dân phố 3")
    assert (slip["organisation"], slip["product_name"]) == (changed.json()["name"], "Cà phê bột Đắk Mil")
