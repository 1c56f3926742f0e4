"""What a supplement or an upgrade changed, told field by field."""

import random
from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.conftest import MovableClock

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.comparing import compare_files
from ocop_api.products.service import ProductService

from .conftest import Headers, Trade, full_contents

COFFEE = load_edition("qd26-2026").criteria_set(13)
ITEMS = [{"what": "Bổ sung phiếu kiểm nghiệm"}]
ANSWERS = [{"item": 1, "answer": "Đã bổ sung."}]


async def compared(trade: Trade, path: str, actor: Headers) -> dict[str, Any]:
    answer = await trade.client.get(f"/v1/dossiers/{path}", headers=actor)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_supplement_makes_a_version_that_shows_exactly_what_changed(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    one, commune = dossier["id"], people["commune_officer"]
    await trade.done(one, "receive", commune)
    await trade.done(one, "request-supplement", commune, items=ITEMS, due_on="2026-07-15")
    contents = full_contents("qd26-2026")
    contents["registration"]["phone"] = "0261 3 654 321"
    contents["self_assessment"]["1.1"] = {"level": 2}
    contents["evidence"] = [
        {"kind": "test_report", "number": "KN-7", "criteria": ["8"]},
        *contents["evidence"],
    ]
    await trade.write(one, producer, contents)
    pending = await compared(trade, f"{one}/pending-changes", producer)
    assert (pending["before"]["version"], pending["after"]["version"]) == (1, None)
    await trade.done(one, "resubmit", producer, answers=ANSWERS)
    found = await compared(trade, f"{one}/versions/2/changes", people["province_officer"])
    assert found["changes"] == pending["changes"]
    assert [(c["section"], c["kind"], c["pointer"]) for c in found["changes"]] == [
        ("registration", "changed", "/registration/phone"),
        ("self_assessment", "changed", "/self_assessment/1.1"),
        ("evidence", "added", "/evidence/0"),
    ]
    phone, choice, piece = found["changes"]
    assert phone["vi"] == "Điện thoại: 0261 3 123 456 → 0261 3 654 321"
    best = COFFEE.criteria["1.1"].options[-1]
    assert choice["en"].endswith(f"level {best.level} ({best.points}) → 2 (2)")
    assert piece["en"] == "Test report KN-7: added"
    version = await compared(trade, f"{one}/versions/2", commune)
    assert (version["sha256"], version["contents"]["registration"]["phone"]) == (
        found["after"]["sha256"],
        "0261 3 654 321",
    )
    same = await compared(trade, f"{one}/versions/2/changes?since_version=2", commune)
    assert (same["changes"], same["comparable_criteria"]) == ([], True)
    back = await compared(trade, f"{one}/versions/1/changes?since_version=2", commune)
    assert [c["kind"] for c in back["changes"]] == ["changed", "changed", "removed"]


async def test_versions_that_are_not_there_and_readers_who_may_not(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    dossier, producer = await trade.lodged(clock())
    one = f"/v1/dossiers/{dossier['id']}"
    for path, status, code in (
        (f"{one}/versions/2", 404, "dossier.unknown_version"),
        (f"{one}/versions/1/changes?since_version=3", 404, "dossier.unknown_version"),
    ):
        answer = await trade.client.get(path, headers=producer)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for path in ("versions/1/changes", "changes-since-recognition"):
        alone = await compared(trade, f"{dossier['id']}/{path}", producer)
        assert (alone["before"], alone["after"]["version"], alone["changes"]) == (None, 1, [])
    for path in ("versions/1", "versions/1/changes", "pending-changes", "changes-since-recognition"):
        hidden = await trade.client.get(f"{one}/{path}", headers=people["elsewhere_officer"])
        assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")
    product_id, owner = await trade.product("Khác", at=clock())
    draft = await trade.draft(product_id, owner)
    never = await trade.client.get(f"/v1/dossiers/{draft['id']}/pending-changes", headers=owner)
    assert (never.status_code, never.json()["code"]) == (404, "dossier.unknown_version")


async def test_upgrade_is_compared_with_the_file_that_earned_the_stars(
    trade: Trade, clock: MovableClock, database: Database
) -> None:
    first, owner = await trade.lodged(clock())
    async with database.transaction() as session:
        await session.execute(text("update dossier set state = 'recognised'"))
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(first["product_id"]), stars=3, valid_until=clock().date().replace(year=2029), status="valid"
        )
    made = await trade.client.post(
        "/v1/dossiers", json={"product_id": first["product_id"], "kind": "upgrade"}, headers=owner
    )
    second = made.json()
    contents = full_contents("qd26-2026") | {"changes": ["Thêm dây chuyền rang mới."]}
    contents["report"]["plan_results"] = "Vượt kế hoạch."
    await trade.write(second["id"], owner, contents)
    found = await compared(trade, f"{second['id']}/changes-since-recognition", owner)
    assert found["before"]["dossier_id"] == first["id"]
    kinds = {c["pointer"]: c["kind"] for c in found["changes"]}
    assert kinds == {
        "/kind": "changed",
        "/product_code": "removed",
        "/lodged_on": "removed",
        "/report/plan_results": "changed",
        "/changes/0": "added",
    }


def file() -> dict[str, Any]:
    pieces = [{"kind": kind, "number": f"{kind}-1", "criteria": ["1.1", "8"]} for kind in ("award", "growth")]
    return {
        "edition": "qd26-2026",
        "set_number": 13,
        **full_contents("qd26-2026"),
        "evidence": [*pieces, {"kind": "award", "document_id": "d1"}, {"kind": "award", "document_id": "d2"}],
        "changes": ["một", "hai"],
        "updates": {},
    }


@given(st.integers())
def test_another_order_is_no_change(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    shuffled = deepcopy(file())
    chance.shuffle(shuffled["evidence"])
    chance.shuffle(shuffled["changes"])
    for piece in shuffled["evidence"]:
        chance.shuffle(piece.get("criteria", []))
    assert compare_files(file(), shuffled, COFFEE) == []


@given(st.integers(min_value=0, max_value=3), st.sampled_from(["number", "issuer", "expires_on", "criteria"]))
def test_one_changed_fact_is_one_change(place: int, name: str) -> None:
    changed = deepcopy(file())
    changed["evidence"][place][name] = ["2.1"] if name == "criteria" else "2027-01-01"
    found = compare_files(file(), changed, COFFEE)
    if name == "number" and place < 2:
        # Without a file, kind and number are what makes a paper the same.
        assert sorted(change.kind for change in found) == ["added", "removed"]
    else:
        assert [change.pointer for change in found] == [f"/evidence/{place}/{name}"]


@pytest.mark.parametrize("text_", ["x" * 10_000, "#import", "<b>", "🧋", "a\nb"])
def test_long_and_strange_texts_are_quoted_in_short(text_: str) -> None:
    changed = deepcopy(file())
    changed["report"]["plan_results"] = text_
    (change,) = compare_files(file(), changed, COFFEE)
    assert change.after == text_
    assert len(change.vi) < 200
