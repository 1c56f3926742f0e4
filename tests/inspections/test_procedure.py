"""An inspection from its plan to its end."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocop_api.domain.actor import Bound, Grant, Level, Role

from .conftest import Stage, area

FAULT = {"mark__stars": "Bao bì in 5 sao."}
IMPROVE: dict[str, Any] = {
    "conclusion": "improvements_required",
    "improvements": [{"what": "Thay bao bì.", "items": ["mark.stars"], "due_on": "2026-07-15"}],
}


def allowed(inspection: dict[str, Any]) -> dict[str, list[str]]:
    return {one["action"]: one["missing"] for one in inspection["allowed_actions"]}


async def test_a_periodic_inspection_from_the_plan_to_its_conclusion(stage: Stage) -> None:
    certificate = await stage.certificate()
    inspector = await stage.inspector()
    inspection = await stage.begun(certificate["id"], inspector)
    assert inspection["state"] == "under_way"
    codes = {one["code"] for one in inspection["items"]}
    assert {"mark.stars", "production.continues", "food_safety.papers"} <= codes
    assert all(one["finding"] == "not_checked" for one in inspection["items"])
    inspection = await stage.get(f"/inspections/{inspection['id']}", inspector[1])
    assert allowed(inspection)["conclude"] == ["items_answered"]
    inspection = await stage.answer(inspection, inspector[1])
    assert allowed(inspection)["conclude"] == []
    inspection = await stage.concluded(inspection, inspector[1])
    assert (inspection["state"], inspection["conclusion"]) == ("concluded", "kept")
    assert [one["action"] for one in inspection["steps"]] == [
        "plan",
        "assign",
        "declare",
        "begin",
        "conclude",
    ]
    seen = await stage.get(f"/inspections/{inspection['id']}", stage.officer)
    assert allowed(seen)["close"] == ["minutes_signed"]


async def test_nobody_begins_without_inspectors_who_declared_to_have_no_interest(stage: Stage) -> None:
    inspector = await stage.inspector()
    made = await stage.planned((await stage.certificate())["id"])
    path = f"/inspections/{made['id']}"
    await stage.post(f"{path}/begin", inspector[1], status=403)
    await stage.assigned(made["id"], inspector)
    refused = await stage.post(f"{path}/declare", inspector[1], {"has_interest": True, "note": "Em ruột."})
    assert allowed(refused)["begin"] == ["interests_declared"]
    problem = await stage.post(f"{path}/begin", inspector[1], status=409)
    assert problem["code"] == "inspection.guard_not_met"
    other = await stage.inspector("Lê Văn Hai")
    changed = await stage.http.patch(
        f"/v1{path}",
        json={"inspectors": [{"user_id": str(other[0]), "lead": True}]},
        headers={**stage.officer, "If-Match": "*"},
    )
    assert changed.status_code == 200, changed.text
    # Whoever was replaced reads it as an inspector of the area and begins nothing.
    await stage.post(f"{path}/begin", inspector[1], status=403)
    await stage.post(f"{path}/declare", other[1], {"has_interest": False})
    assert (await stage.post(f"{path}/begin", other[1]))["state"] == "under_way"


async def test_only_people_who_may_inspect_the_producer_are_appointed(stage: Stage) -> None:
    certificate = await stage.certificate()
    made = await stage.planned(certificate["id"])
    of_producer = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=certificate["producer_id"])
    people = {
        "inspection.not_an_inspector": [area(Role.LEADER)],
        "inspection.inspector_acts_for_producer": [area(Role.INSPECTOR), of_producer],
    }
    for code, grants in people.items():
        user_id, _ = await stage.account(*grants)
        answer = await stage.http.patch(
            f"/v1/inspections/{made['id']}",
            json={"inspectors": [{"user_id": str(user_id)}]},
            headers={**stage.officer, "If-Match": "*"},
        )
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    elsewhere, _ = await stage.account(area(Role.INSPECTOR, "34:01"))
    answer = await stage.http.patch(
        f"/v1/inspections/{made['id']}",
        json={"inspectors": [{"user_id": str(elsewhere)}]},
        headers={**stage.officer, "If-Match": "*"},
    )
    assert answer.json()["code"] == "inspection.not_an_inspector"


async def test_answers_are_saved_against_the_version_that_was_read(stage: Stage) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    path = f"/v1/inspections/{inspection['id']}/items"
    body = {"items": [{"code": "mark.stars", "finding": "not_kept", "note": "In 5 sao."}]}
    missing = await stage.http.put(path, json=body, headers=inspector[1])
    assert missing.status_code == 428
    tag = f'"{inspection["version"]}"'
    saved = await stage.http.put(path, json=body, headers={**inspector[1], "If-Match": tag})
    assert saved.status_code == 200, saved.text
    found = {one["code"]: one["finding"] for one in saved.json()["items"]}
    assert (found["mark.stars"], found["mark.term"]) == ("not_kept", "not_checked")
    stale = await stage.http.put(path, json=body, headers={**inspector[1], "If-Match": tag})
    assert stale.status_code == 412
    # The same answers again are no change.
    tag = f'"{saved.json()["version"]}"'
    again = await stage.http.put(path, json=body, headers={**inspector[1], "If-Match": tag})
    assert again.json()["version"] == saved.json()["version"]
    body["items"][0]["code"] = "nichts"
    unknown = await stage.http.put(path, json=body, headers={**inspector[1], "If-Match": "*"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "inspection.item_unknown")


async def test_a_concluded_inspection_is_never_changed_not_even_in_the_database(stage: Stage) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    await stage.answer(inspection, inspector[1])
    await stage.concluded(inspection, inspector[1])
    refused = await stage.http.put(
        f"/v1/inspections/{inspection['id']}/items",
        json={"items": [{"code": "mark.stars", "finding": "kept"}]},
        headers={**inspector[1], "If-Match": "*"},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "inspection.action_not_allowed")
    for statement in (
        "update inspection_item set finding = 'kept' where code = 'mark.stars'",
        "delete from inspection_item",
        "update inspection set conclusion = 'kept', summary = 'khác'",
        "update inspection set people = '[]'",
        "delete from inspection",
        "update inspection_inspector set has_interest = true",
        "update inspection_step set reason = 'khác'",
    ):
        with pytest.raises(DBAPIError, match=r"cannot be changed|has ended|is a record"):
            async with stage.database.transaction() as session:
                await session.execute(text(statement))


async def test_a_conclusion_agrees_with_what_was_found(stage: Stage) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    problem = await stage.concluded(inspection, inspector[1], 409)
    assert problem["data"]["missing"] == ["items_answered"]
    inspection = await stage.answer(inspection, inspector[1], **FAULT)
    assert inspection["suggested_grounds"] == ["misuse_of_mark"]
    problem = await stage.concluded(inspection, inspector[1], 409)
    assert problem["code"] == "inspection.conclusion_contradicts"
    for day in ("2026-06-14", "2026-06-16"):
        problem = await stage.concluded(inspection, inspector[1], 422, inspected_on=day, **IMPROVE)
        assert problem["code"] == "inspection.day_impossible"
    done = await stage.concluded(inspection, inspector[1], **IMPROVE)
    assert (done["improvements_open"], done["next_due_on"]) == (1, "2026-07-15")
    assert done["improvements"][0]["state"] == "required"


async def test_an_inspection_is_called_off_with_a_reason_and_can_be_planned_again(stage: Stage) -> None:
    certificate = await stage.certificate()
    made = await stage.planned(certificate["id"])
    path = f"/inspections/{made['id']}/cancel"
    reason = {"reason": "Cơ sở nghỉ mùa."}
    await stage.post(path, (await stage.inspector())[1], reason, status=403)
    assert (await stage.post(path, stage.officer, reason))["state"] == "cancelled"
    order = {"kind": "periodic", "certificate_id": certificate["id"], "plan_id": made["plan_id"]}
    again = await stage.post("/inspections", stage.officer, order, 201)
    problem = await stage.post("/inspections", stage.officer, order, 409)
    assert problem["code"] == "inspection.already_on_plan"
    await stage.post(f"/inspections/{again['id']}/cancel", stage.officer, reason)
    plan = f"/inspection-plans/{made['plan_id']}"
    assert (await stage.post(f"{plan}/close", stage.officer))["progress"]["cancelled"] == 2
    problem = await stage.post("/inspections", stage.officer, order, 409)
    assert problem["code"] == "inspection.plan_not_approved"


async def test_the_ministry_inspects_in_its_own_name(stage: Stage) -> None:
    certificate = await stage.certificate(stars=5)
    ministry = stage.someone(area(Role.OFFICER, None, Level.CENTRAL))
    order = {"kind": "unannounced", "certificate_id": certificate["id"], "cause": "request"}
    made = await stage.post("/inspections", ministry, order, 201)
    assert made["level"] == "central"
    # What the ministry plans unannounced is not for the province to know.
    await stage.get(f"/inspections/{made['id']}", stage.officer, 404)
    inspector = await stage.account(area(Role.INSPECTOR, None, Level.CENTRAL))
    await stage.http.patch(
        f"/v1/inspections/{made['id']}",
        json={"inspectors": [{"user_id": str(inspector[0])}]},
        headers={**ministry, "If-Match": "*"},
    )
    await stage.post(f"/inspections/{made['id']}/declare", inspector[1], {"has_interest": False})
    await stage.post(f"/inspections/{made['id']}/begin", inspector[1])
    shown = await stage.get(f"/inspections/{made['id']}", stage.officer)
    assert shown["allowed_actions"] == []
