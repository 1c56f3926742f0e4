"""What a file needs and lacks, and evidence of earlier files taken over."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.conftest import MovableClock
from tests.documents.conftest import pdf

from ocop_api.db.session import Database
from ocop_api.domain.actor import SYSTEM
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.evidence_of import kinds_of_gate
from ocop_api.products.service import ProductService

from .conftest import FORM_03, LETTER, UNDER_148, Headers, Trade, full_contents

COFFEE = 13


async def checklist(trade: Trade, dossier_id: str, actor: Headers) -> dict[str, Any]:
    answer = await trade.client.get(f"/v1/dossiers/{dossier_id}/checklist", headers=actor)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of(found: dict[str, Any], severity: str) -> list[tuple[str, str]]:
    return [(one["code"], one["pointer"]) for one in found["findings"] if one["severity"] == severity]


async def document(
    client: httpx.AsyncClient, producer_id: str, owner: Headers, kind: str, words: str, **facts: str
) -> str:
    data = {"producer_id": producer_id, "kind": kind, "title": words} | facts
    file = {"file": ("a.pdf", pdf(words), "application/pdf")}
    answer = await client.post("/v1/documents", data=data, files=file, headers=owner)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def test_empty_draft_shows_what_blocks_and_what_the_set_asks_for(
    trade: Trade, clock: MovableClock
) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    found = await checklist(trade, draft["id"], owner)
    assert (found["ready"], found["on"], found["decision_expected_by"]) == (False, "2026-06-15", "2026-12-29")
    assert found["blocking"] == len(of(found, "blocking")) > 0
    assert {part["part"]: part["complete"] for part in found["parts"] if part["compulsory"]} == {
        "registration": False,
        "report": False,
        "self_assessment": False,
        "evidence": False,
    }
    kinds = {one["kind"]: one for one in found["evidence_kinds"]}
    assert [one["item"] for one in found["evidence_kinds"]] == list(range(1, 16))
    assert kinds["production_condition"]["need"] == "gate"
    assert kinds["production_condition"]["gates"] == ["dossier_or_food_safety_certificate"]
    assert kinds["business_registration"]["need"] != "compulsory"
    assert kinds["local_labour"]["criteria"]
    order = [one["severity"] for one in found["findings"]]
    assert order == sorted(order, reverse=True)


async def test_full_file_is_ready_and_told_what_the_council_will_ask(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    contents = full_contents("qd26-2026")
    contents["evidence"] += [
        {"kind": "test_report", "number": "KN-1", "expires_on": "2026-09-30", "criteria": ["1.1"]},
        {"kind": "award", "number": "A-1", "expires_on": "2026-12-29"},
    ]
    await trade.write(draft["id"], owner, contents)
    found = await checklist(trade, draft["id"], owner)
    assert (found["ready"], of(found, "blocking")) == (True, [])
    advisory = of(found, "advisory")
    assert ("evidence_expires_before_decision", "/evidence/1") in advisory
    assert ("evidence_expires_before_decision", "/evidence/2") not in advisory
    assert ("gate_evidence_missing", "/evidence") in advisory
    assert ("evidence_without_file", "/evidence/0") in advisory
    unproven = {pointer for code, pointer in advisory if code == "criterion_without_evidence"}
    assert "/self_assessment/1.1" not in unproven
    assert unproven
    expiring = next(one for one in found["findings"] if one["pointer"] == "/evidence/1" and one["on"])
    assert (expiring["on"], expiring["vi"] != expiring["en"]) == ("2026-09-30", True)
    assert found["advisory"] == len(advisory)

    lodged = await trade.done(draft["id"], "lodge", owner)
    for reader in (owner, people["commune_officer"], people["province_officer"]):
        seen = await checklist(trade, lodged["id"], reader)
        assert (seen["ready"], seen["on"]) == (True, "2026-06-15")
        assert ("samples_missing", "") in of(seen, "advisory")
    hidden = await trade.client.get(
        f"/v1/dossiers/{lodged['id']}/checklist", headers=people["elsewhere_officer"]
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "dossier.unknown")


async def test_registration_is_compulsory_under_148(trade: Trade, clock: MovableClock) -> None:
    clock.at = UNDER_148
    product_id, owner = await trade.product(at=clock(), place_id="63:24611")
    draft = await trade.draft(product_id, owner)
    await trade.write(draft["id"], owner, full_contents("qd148-2023") | {"evidence": []})
    found = await checklist(trade, draft["id"], owner)
    assert of(found, "blocking") == [("business_registration_missing", "/evidence")]
    kinds = {one["kind"]: one["need"] for one in found["evidence_kinds"]}
    assert kinds["business_registration"] == "compulsory"
    # The province's plan ends the year's rating on 29/10.
    assert found["decision_expected_by"] == "2024-10-29"


async def test_evidence_says_what_its_document_says(
    trade: Trade, clock: MovableClock, client: httpx.AsyncClient
) -> None:
    product_id, owner = await trade.product(at=clock())
    draft = await trade.draft(product_id, owner)
    facts = {"number": "64A8", "issuer": "Sở Công Thương", "issued_on": "2025-01-02"}
    facts["expires_on"] = "2026-08-01"
    made = await document(client, draft["producer_id"], owner, "production_condition", "ATTP", **facts)
    wrong = {"kind": "production_condition", "number": "khác", "document_id": made}
    wrong["expires_on"] = "2030-01-01"
    written = await trade.write(draft["id"], owner, full_contents("qd26-2026") | {"evidence": [wrong]})
    (item,) = written.json()["contents"]["evidence"]
    assert {name: item[name] for name in facts} == facts
    found = await checklist(trade, draft["id"], owner)
    assert ("evidence_expires_before_decision", "/evidence/0") in of(found, "advisory")
    assert ("evidence_without_file", "/evidence/0") not in of(found, "advisory")
    assert {one["kind"]: one["pieces"] for one in found["evidence_kinds"]}["production_condition"] == 1


async def test_upgrade_reuses_the_evidence_of_the_earlier_file(
    trade: Trade,
    clock: MovableClock,
    client: httpx.AsyncClient,
    database: Database,
) -> None:
    product_id, owner = await trade.product(at=clock())
    first = await trade.draft(product_id, owner)
    made = {
        name: await document(client, first["producer_id"], owner, kind, name, **facts)
        for name, kind, facts in (
            ("stays", "business_registration", {}),
            ("ends", "test_report", {"expires_on": "2026-09-01"}),
            ("renewed", "production_condition", {"expires_on": "2026-09-01"}),
        )
    }
    evidence = [
        {"kind": "business_registration", "document_id": made["stays"], "criteria": ["1.1", "99.9"]},
        {"kind": "test_report", "document_id": made["ends"], "criteria": ["1.1"]},
        {"kind": "production_condition", "document_id": made["renewed"], "criteria": ["8"]},
        {"kind": "award", "number": "A-1"},
    ]
    await trade.write(first["id"], owner, full_contents("qd26-2026") | {"evidence": evidence})
    await trade.done(first["id"], "lodge", owner)
    await trade.done(first["id"], "withdraw", owner)
    newer = await client.post(
        f"/v1/documents/{made['renewed']}/versions",
        data={"title": "renewed", "expires_on": "2028-01-01"},
        files={"file": ("b.pdf", pdf("renewed again"), "application/pdf")},
        headers=owner,
    )
    assert newer.status_code == 201, newer.text

    clock.at = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
    async with database.transaction() as session:
        await ProductService(session, SYSTEM, clock()).set_recognition(
            UUID(product_id), stars=3, valid_until=date(2029, 1, 1), status="valid"
        )
    made_now = await client.post(
        "/v1/dossiers", json={"product_id": product_id, "kind": "upgrade"}, headers=owner
    )
    second = made_now.json()
    already = [{"kind": "business_registration", "document_id": made["stays"], "criteria": ["8"]}]
    await trade.write(second["id"], owner, {"evidence": already})
    answer = await trade.act(second["id"], "reuse-evidence", owner)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["from_dossier_id"], told["taken"], told["newer"], told["joined"]) == (first["id"], 2, 1, 1)
    assert told["skipped"] == [{"document_id": made["ends"], "reason": "expired", "expires_on": "2026-09-01"}]
    items = (await trade.read(second["id"], owner))["contents"]["evidence"]
    assert [(one["document_id"], one["criteria"], one["reused_from"]) for one in items] == [
        (made["stays"], ["8", "1.1"], None),
        (newer.json()["id"], ["8"], first["id"]),
        (None, [], first["id"]),
    ]
    assert items[1]["expires_on"] == "2028-01-01"
    again = (await trade.act(second["id"], "reuse-evidence", owner, from_dossier_id=first["id"])).json()
    assert (again["taken"], again["joined"]) == (0, 0)


async def test_evidence_of_another_producer_is_not_found(
    trade: Trade, clock: MovableClock, people: dict[str, Headers]
) -> None:
    foreign, _ = await trade.lodged(clock(), name="Của người khác")
    product_id, owner = await trade.product("Của mình", at=clock())
    draft = await trade.draft(product_id, owner)
    refused = await trade.act(draft["id"], "reuse-evidence", owner, from_dossier_id=foreign["id"])
    assert (refused.status_code, refused.json()["code"]) == (404, "dossier.unknown")
    nothing = await trade.act(draft["id"], "reuse-evidence", owner)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "dossier.no_earlier_dossier")
    officer = await trade.act(foreign["id"], "reuse-evidence", people["commune_officer"])
    assert (officer.status_code, officer.json()["code"]) == (403, "auth.not_permitted")


@pytest.mark.parametrize("code", ["qd148-2023", "qd26-2026"])
def test_gates_that_speak_of_papers_are_known(code: str) -> None:
    edition = load_edition(code)
    papers = ("certificate", "declaration", "conditions", "story", "origin")
    for gate in edition.gates:
        if any(word in gate for word in papers):
            assert kinds_of_gate(gate), gate
    assert kinds_of_gate("unsafe_impurities") == ()
    coffee = edition.criteria_set(COFFEE)
    assert any(EvidenceKind.PRODUCT_STORY in kinds_of_gate(gate) for gate in coffee.gates)


async def test_the_same_check_stands_at_every_gate(
    trade: Trade, clock: MovableClock, people: dict[str, Headers], database: Database
) -> None:
    dossier, producer = await trade.lodged(clock())
    commune, province = people["commune_officer"], people["province_officer"]
    await trade.done(dossier["id"], "receive", commune, samples=5)
    items = [{"what": "Sửa phiếu đăng ký"}]
    await trade.done(dossier["id"], "request-supplement", commune, items=items, due_on="2026-07-15")
    await trade.write(dossier["id"], producer, {"registration": {"organisation": "HTX"}})
    found = await checklist(trade, dossier["id"], producer)
    assert not found["ready"]
    await trade.done(dossier["id"], "resubmit", producer, answers=[{"item": 1, "answer": "Xong."}])
    await trade.done(dossier["id"], "forward", commune, form_03=FORM_03, request_letter=LETTER)
    await trade.done(dossier["id"], "receive", province)
    stopped = await trade.act(dossier["id"], "start-assessment", province)
    assert (stopped.status_code, stopped.json()["data"]["missing"]) == (409, ["file_complete"])
