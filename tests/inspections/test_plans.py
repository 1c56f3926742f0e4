"""Candidates by query, and plans that keep what they were filled by."""

import csv
import io
from datetime import date

from ocop_api.domain.actor import Level, Role

from .conftest import Stage, area

PLAN_230 = "/inspections/candidates?expiring_year=2026"


async def test_certified_products_and_those_expiring_in_a_year_are_one_query(stage: Stage) -> None:
    expired = await stage.certificate(decided_on=date(2023, 3, 1))
    expiring = await stage.certificate(decided_on=date(2023, 9, 1), stars=3)
    standing = await stage.certificate(decided_on=date(2026, 6, 1))
    long_over = await stage.certificate(decided_on=date(2021, 3, 1))
    reported = await stage.certificate(decided_on=None, number=None)

    async def found(query: str) -> list[str]:
        return [one["certificate_id"] for one in (await stage.get(query, stage.officer))["items"]]

    assert await found(PLAN_230) == [expired["id"], expiring["id"], standing["id"]]
    assert await found(f"{PLAN_230}&which=expiring") == [expired["id"], expiring["id"]]
    assert await found(f"{PLAN_230}&which=in_force") == [expiring["id"]]
    assert await found("/inspections/candidates") == [expiring["id"], standing["id"]]
    assert await found("/inspections/candidates?on=2026-01-15") == [expired["id"], expiring["id"]]
    assert await found(f"{PLAN_230}&stars=3") == [expiring["id"]]
    assert await found(f"{PLAN_230}&producer_id={expired['producer_id']}") == [expired["id"]]
    assert await found(f"{PLAN_230}&place_id=34:24611&which=expiring") == [expired["id"], expiring["id"]]
    assert await found(f"{PLAN_230}&place_id=34:01") == []
    window = "/inspections/candidates?which=expiring&expiring_from=2026-08-01&expiring_to=2026-12-31"
    assert await found(window) == [expiring["id"]]
    every = str(await stage.get(f"{PLAN_230}&with_total=true", stage.officer))
    assert long_over["id"] not in every
    assert reported["id"] not in every


async def test_candidates_tell_when_each_was_last_inspected(stage: Stage) -> None:
    inspected = await stage.certificate()
    other = await stage.certificate()
    inspector = await stage.inspector()
    inspection = await stage.begun(inspected["id"], inspector)
    await stage.answer(inspection, inspector[1])
    await stage.concluded(inspection, inspector[1])
    [first, second] = (await stage.get("/inspections/candidates?sort=last_inspected_on", stage.officer))[
        "items"
    ]
    assert (first["certificate_id"], first["last_inspected_on"]) == (other["id"], None)
    assert (second["last_inspected_on"], second["last_conclusion"]) == ("2026-06-15", "kept")
    left = await stage.get("/inspections/candidates?not_inspected_since=2026-06-15", stage.officer)
    assert [one["certificate_id"] for one in left["items"]] == [other["id"]]
    left = await stage.get("/inspections/candidates?not_inspected_since=2026-06-16", stage.officer)
    assert len(left["items"]) == 2
    file = await stage.http.get(
        f"/v1{PLAN_230}".replace("candidates", "candidates.csv"), headers=stage.officer
    )
    assert file.status_code == 200
    assert len(list(csv.reader(io.StringIO(file.text)))) == 3
    book = await stage.http.get("/v1/inspections/candidates.xlsx", headers=stage.officer)
    assert book.content.startswith(b"PK")


async def test_candidates_are_for_officials_of_the_area(stage: Stage) -> None:
    certificate = await stage.certificate()
    await stage.get("/inspections/candidates", stage.producer(certificate["producer_id"]), 403)
    elsewhere = stage.someone(area(Role.OFFICER, "34:01"))
    assert (await stage.get("/inspections/candidates", elsewhere))["items"] == []
    commune = stage.someone(area(Role.OFFICER, "34:24611", Level.COMMUNE))
    assert len((await stage.get("/inspections/candidates", commune))["items"]) == 1


async def test_a_query_of_two_periods_or_none_is_refused(stage: Stage) -> None:
    for query in (
        "expiring_year=2026&expiring_to=2026-08-01",
        "which=expiring",
        "expiring_from=2026-09-01&expiring_to=2026-08-01",
        "stars=6",
        "colour=red",
    ):
        answer = await stage.http.get(f"/v1/inspections/candidates?{query}", headers=stage.officer)
        assert answer.status_code == 422, query


async def test_a_plan_keeps_the_query_it_was_filled_by(stage: Stage) -> None:
    by_hand = await stage.certificate(decided_on=date(2026, 6, 1))
    by_query = await stage.certificate(decided_on=date(2023, 9, 1))
    plan = await stage.plan(by_hand["id"])
    query = {"which": "expiring", "expiring_year": 2026}
    plan = await stage.post(f"/inspection-plans/{plan['id']}/select", stage.officer, {"query": query})
    assert plan["selected"] == 2
    [kept] = plan["queries"]
    assert (kept["query"]["expiring_year"], kept["added"]) == (2026, 1)
    # Asked again, nothing is added twice.
    again = await stage.post(f"/inspection-plans/{plan['id']}/select", stage.officer, {"query": query})
    assert (again["selected"], [one["added"] for one in again["queries"]]) == (2, [1, 0])
    listed = await stage.get(f"/inspection-plans/{plan['id']}/certificates", stage.officer)
    assert [(one["certificate_id"], one["by_query"]) for one in listed["items"]] == [
        (by_query["id"], True),
        (by_hand["id"], False),
    ]
    path = f"/v1/inspection-plans/{plan['id']}/certificates/{by_hand['id']}"
    gone = await stage.http.delete(path, headers={**stage.officer, "If-Match": "*"})
    assert gone.json()["selected"] == 1
    gone = await stage.http.delete(path, headers={**stage.officer, "If-Match": "*"})
    assert (gone.status_code, gone.json()["code"]) == (404, "inspection.not_on_plan")
    approved = await stage.post(f"/inspection-plans/{plan['id']}/approve", stage.leader)
    assert approved["progress"]["planned"] == 1
    assert approved["progress"]["expiring_in_year"] == 1


async def test_a_plan_is_drafted_by_the_office_and_approved_by_the_leader(stage: Stage) -> None:
    plan = await stage.plan()
    path = f"/inspection-plans/{plan['id']}"
    assert [one["action"] for one in plan["allowed_actions"]] == ["update", "select"]
    problem = await stage.post(f"{path}/approve", stage.leader, status=409)
    assert problem["code"] == "inspection.plan_empty"
    certificate = await stage.certificate()
    await stage.post(f"{path}/select", stage.officer, {"certificate_ids": [certificate["id"]]})
    await stage.post(f"{path}/select", stage.leader, {"certificate_ids": [certificate["id"]]}, 403)
    await stage.post(f"{path}/approve", stage.officer, status=403)
    elsewhere = stage.someone(area(Role.LEADER, "34:01"))
    await stage.post(f"{path}/approve", elsewhere, status=404)
    ministry = stage.someone(area(Role.LEADER, None, Level.CENTRAL))
    await stage.post(f"{path}/approve", ministry, status=403)
    commune = stage.someone(area(Role.OFFICER, "34:24611", Level.COMMUNE))
    body = {
        "name": "x",
        "year": 2026,
        "place_id": "34:68",
        "period_from": "2026-06-01",
        "period_to": "2026-06-02",
        "lead_body": "x",
    }
    await stage.post("/inspection-plans", commune, body, 403)
    await stage.post("/inspection-plans", stage.officer, {**body, "place_id": None}, 403)
    problem = await stage.post("/inspection-plans", stage.officer, {**body, "place_id": "34:24611"}, 422)
    assert problem["code"] == "inspection.not_a_province"
    await stage.post(f"{path}/approve", stage.leader)
    problem = await stage.post(f"{path}/select", stage.officer, {"certificate_ids": [certificate["id"]]}, 409)
    assert problem["code"] == "inspection.plan_action_not_allowed"
    problem = await stage.post(f"{path}/close", stage.officer, status=409)
    assert (problem["code"], problem["data"]["left"]) == ("inspection.plan_unfinished", 1)


async def test_a_draft_is_changed_against_its_version(stage: Stage) -> None:
    plan = await stage.plan()
    path = f"/v1/inspection-plans/{plan['id']}"
    tag = f'"{plan["version"]}"'
    changed = await stage.http.patch(
        path, json={"contents": ["use_of_mark"]}, headers={**stage.officer, "If-Match": tag}
    )
    assert changed.json()["contents"] == ["use_of_mark"]
    stale = await stage.http.patch(path, json={"name": "x"}, headers={**stage.officer, "If-Match": tag})
    assert stale.status_code == 412
    wrong = await stage.http.patch(
        path, json={"period_to": "2026-01-01"}, headers={**stage.officer, "If-Match": "*"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "inspection.plan_period")


async def test_only_certificates_of_the_province_come_on_its_plan(stage: Stage) -> None:
    product = await stage.certificates.product(place_id="34:00004")
    foreign = await stage.certificates.recorded(product_id=product[0], number="01-01-2026")
    plan = await stage.plan()
    problem = await stage.post(
        f"/inspection-plans/{plan['id']}/select", stage.officer, {"certificate_ids": [foreign["id"]]}, 422
    )
    assert problem["code"] == "inspection.outside_area"
    plan = await stage.post(f"/inspection-plans/{plan['id']}/select", stage.officer, {"query": {}})
    assert plan["selected"] == 0


async def test_the_contents_of_a_plan_decide_the_checklist(stage: Stage) -> None:
    certificate = await stage.certificate()
    inspector = await stage.inspector()
    plan = await stage.plan(certificate["id"], contents=["use_of_mark"])
    await stage.post(f"/inspection-plans/{plan['id']}/approve", stage.leader)
    [made] = (await stage.get(f"/inspections?plan_id={plan['id']}", stage.officer))["items"]
    await stage.assigned(made["id"], inspector)
    begun = await stage.post(f"/inspections/{made['id']}/begin", inspector[1])
    assert {one["content"] for one in begun["items"]} == {"use_of_mark"}
