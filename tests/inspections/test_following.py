"""What follows: improvements, signed minutes, a case of withdrawal, the end; reminders by the clock."""

import io
from typing import Any
from uuid import UUID, uuid4

import pypdf
from fastapi import FastAPI
from sqlalchemy import text
from tests.conftest import MovableClock

from ocop_api import worker
from ocop_api.domain.actor import Role
from ocop_api.inspections.jobs import JOBS
from ocop_api.jobs.queue import JobContext
from ocop_api.settings import Settings

from .conftest import Headers, Stage, area

FAULTS = {"mark__stars": "Bao bì in 5 sao.", "environment__waste": "Nước thải chưa qua bể lắng."}
IMPROVE: dict[str, Any] = {
    "conclusion": "improvements_required",
    "improvements": [
        {"what": "Thay bao bì.", "items": ["mark.stars"], "due_on": "2026-07-15"},
        {"what": "Làm bể lắng.", "items": ["environment.waste"], "due_on": "2026-07-30"},
    ],
}


def scan(words: str = "Bản quét có chữ ký") -> bytes:
    """A PDF that is not the generated one, as a scanner gives it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": words})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


async def concluded(stage: Stage, **conclusion: Any) -> tuple[dict[str, Any], Headers, Headers]:
    """A concluded inspection with faults, its inspector and its producer."""
    certificate = await stage.certificate()
    inspector = await stage.inspector()
    inspection = await stage.begun(certificate["id"], inspector)
    inspection = await stage.answer(inspection, inspector[1], **FAULTS)
    inspection = await stage.concluded(inspection, inspector[1], **(conclusion or IMPROVE))
    return inspection, inspector[1], stage.producer(certificate["producer_id"])


async def sign(
    stage: Stage, inspection: dict[str, Any], headers: Headers, content: bytes, **facts: str
) -> Any:
    """Hand in signed minutes."""
    told = {"signed_on": "2026-06-15", "document_number": "15/BB-KT", "signatories": "Trần Thị Lan", **facts}
    url = f"/v1/inspections/{inspection['id']}/signed-minutes"
    return await stage.http.post(url, params=told, content=content, headers=headers)


async def test_improvements_are_reported_refused_accepted_and_the_inspection_closed(stage: Stage) -> None:
    inspection, inspector, producer = await concluded(stage)
    path = f"/inspections/{inspection['id']}"
    shown = await stage.get(path, producer)
    assert {one["action"] for one in shown["allowed_actions"]} == {"remark", "report_improvement"}
    assert len(shown["items"]) == len(inspection["items"])
    document = await stage.http.post(
        "/v1/documents",
        data={"producer_id": str(inspection["producer_id"]), "kind": "promotion", "title": "Bao bì mới"},
        files={"file": ("a.pdf", scan("bao bì"), "application/pdf")},
        headers=stage.someone(area(Role.OFFICER)),
    )
    assert document.status_code == 201, document.text
    report = {"ordinal": 1, "text": "Đã thay.", "document_ids": [document.json()["id"]]}
    await stage.post(f"{path}/report-improvement", inspector, report, 403)
    strange = {**report, "document_ids": [str(uuid4())]}
    problem = await stage.post(f"{path}/report-improvement", producer, strange, 404)
    assert problem["code"] == "documents.not_of_producer"
    shown = await stage.post(f"{path}/report-improvement", producer, report)
    [step] = shown["improvements"][0]["steps"]
    file = await stage.http.get(step["evidence"][0]["content"], headers=inspector)
    assert file.content == scan("bao bì")
    withdrawn = await stage.http.post(
        f"/v1/documents/{document.json()['id']}/withdraw", json={"reason": "x"}, headers=stage.officer
    )
    assert withdrawn.status_code == 409
    check = {"ordinal": 1, "verdict": "not_accepted", "text": "Còn 200 túi cũ.", "due_on": "2026-08-01"}
    await stage.post(f"{path}/check-improvement", producer, check, 403)
    shown = await stage.post(f"{path}/check-improvement", inspector, check)
    assert (shown["improvements"][0]["state"], shown["improvements"][0]["due_on"]) == (
        "not_accepted",
        "2026-08-01",
    )
    assert shown["next_due_on"] == "2026-07-30"
    await stage.post(f"{path}/report-improvement", producer, {"ordinal": 1, "text": "Đã hủy."})
    for ordinal in (1, 2):
        accept = {"ordinal": ordinal, "verdict": "accepted", "text": "Đã xem."}
        shown = await stage.post(f"{path}/check-improvement", inspector, accept)
    assert shown["improvements_open"] == 0
    problem = await stage.post(f"{path}/close", stage.officer, status=409)
    assert problem["data"]["missing"] == ["minutes_signed"]
    assert (await sign(stage, inspection, inspector, scan())).status_code == 201
    await stage.post(f"{path}/close", inspector, status=403)
    closed = await stage.post(f"{path}/close", stage.officer)
    assert (closed["state"], closed["allowed_actions"]) == ("closed", [])
    progress = (await stage.get(f"/inspection-plans/{inspection['plan_id']}", stage.officer))["progress"]
    assert (progress["concluded"], progress["closed"], progress["improvements_required"]) == (1, 1, 1)


async def test_overdue_improvements_are_found_and_told_once(
    stage: Stage, app: FastAPI, settings: Settings, clock: MovableClock
) -> None:
    inspection, _, _ = await concluded(stage)

    async def run() -> list[tuple[str, int]]:
        await JOBS["inspections.remind"](JobContext(stage.database, settings, clock, {}), {})
        async with stage.database.read() as session:
            rows = await session.execute(
                text(
                    "select kind, data from ledger_event where kind like 'inspection.improvement%' "
                    "order by at, id"
                )
            )
            return [(row.kind.removeprefix("inspection."), row.data["improvement"]) for row in rows]

    assert await run() == []
    assert (await stage.get("/inspections?overdue=true", stage.officer))["items"] == []
    clock.move(days=23)
    assert await run() == [("improvement_due", 1)]
    assert await run() == [("improvement_due", 1)]
    clock.move(days=8)
    told = [("improvement_due", 1), ("improvement_overdue", 1)]
    assert await run() == told
    clock.move(days=7)
    told.append(("improvement_due", 2))
    assert await run() == told
    clock.move(days=30)
    told.append(("improvement_overdue", 2))
    assert await run() == told
    [found] = (await stage.get("/inspections?overdue=true", stage.officer))["items"]
    assert (found["id"], found["overdue"]) == (inspection["id"], True)
    assert "inspections.remind" in worker.JOBS
    assert "inspections.remind" in worker.SCHEDULES


async def test_a_proposed_withdrawal_becomes_a_case_in_the_same_step(stage: Stage) -> None:
    proposal = {"conclusion": "withdrawal_proposed", "ground": "misuse_of_mark"}
    inspection, inspector, producer = await concluded(stage, **proposal)
    assert inspection["outcome"]["ground_point"] == "d"
    assert inspection["suggested_grounds"] == ["violation_of_law", "misuse_of_mark"]
    path = f"/inspections/{inspection['id']}"
    reason = {"reason": "Dùng nhãn 5 sao cho sản phẩm 4 sao."}
    await stage.post(f"{path}/propose-withdrawal", producer, reason, 403)
    shown = await stage.post(f"{path}/propose-withdrawal", inspector, reason)
    case_id = shown["withdrawal_case_id"]
    async with stage.database.read() as session:
        row = (
            await session.execute(
                text(
                    "select ground, further_grounds, source, inspection_id from withdrawal_case "
                    "where id = :id"
                ),
                {"id": UUID(case_id)},
            )
        ).one()
    assert (row.ground, row.further_grounds, row.source) == (
        "misuse_of_mark",
        ["violation_of_law"],
        "inspection",
    )
    assert str(row.inspection_id) == inspection["id"]
    problem = await stage.post(f"{path}/propose-withdrawal", stage.officer, reason, 409)
    assert problem["data"]["missing"] == ["withdrawal_proposed"]
    assert (await sign(stage, inspection, stage.officer, scan())).status_code == 201
    assert (await stage.post(f"{path}/close", stage.officer))["state"] == "closed"


async def test_a_proposal_about_what_has_ended_meanwhile_does_not_keep_an_inspection_open(
    stage: Stage, clock: MovableClock
) -> None:
    proposal = {"conclusion": "withdrawal_proposed", "ground": "misuse_of_mark"}
    inspection, inspector, _ = await concluded(stage, **proposal)
    assert (await sign(stage, inspection, inspector, scan())).status_code == 201
    path = f"/inspections/{inspection['id']}"
    problem = await stage.post(f"{path}/close", stage.officer, status=409)
    assert problem["data"]["missing"] == ["withdrawal_opened"]
    clock.move(days=3 * 366)
    problem = await stage.post(f"{path}/propose-withdrawal", stage.officer, {"reason": "x"}, 409)
    assert problem["data"]["missing"] == ["withdrawal_proposed"]
    assert (await stage.post(f"{path}/close", stage.officer))["state"] == "closed"


async def test_without_a_proposal_no_case_is_opened(stage: Stage) -> None:
    inspection, inspector, _ = await concluded(stage)
    problem = await stage.post(
        f"/inspections/{inspection['id']}/propose-withdrawal", inspector, {"reason": "x"}, 409
    )
    assert problem["data"]["missing"] == ["withdrawal_proposed"]
    async with stage.database.read() as session:
        assert await session.scalar(text("select count(*) from withdrawal_case")) == 0


async def test_signed_minutes_are_kept_once_replaced_with_a_reason_and_never_lost(stage: Stage) -> None:
    inspection, inspector, producer = await concluded(stage)
    path = f"/v1/inspections/{inspection['id']}"
    printed = await stage.http.get(f"{path}/papers/minutes.pdf", headers=inspector)
    assert printed.status_code == 200, printed.text
    unsigned = await sign(stage, inspection, inspector, printed.content)
    assert (unsigned.status_code, unsigned.json()["code"]) == (409, "inspection.minutes_not_signed")
    assert (await sign(stage, inspection, producer, scan())).status_code == 403
    no_pdf = await sign(stage, inspection, inspector, b"\x89PNG")
    assert (no_pdf.status_code, no_pdf.json()["code"]) == (422, "inspection.minutes_no_pdf")
    for day, code in (("2026-06-14", "signed_before_conclusion"), ("2026-06-16", "signed_in_future")):
        wrong = await sign(stage, inspection, inspector, scan(), signed_on=day)
        assert wrong.json()["code"] == f"inspection.{code}"
    first = await sign(stage, inspection, inspector, scan())
    assert first.status_code == 201, first.text
    again = await sign(stage, inspection, inspector, scan())
    assert (again.status_code, again.headers["Location"]) == (200, first.headers["Location"])
    other = await sign(stage, inspection, inspector, scan("khác"))
    assert (other.status_code, other.json()["code"]) == (409, "inspection.minutes_signed_already")
    replaces = first.json()["signed_minutes"][0]["id"]
    other = await sign(
        stage, inspection, inspector, scan("khác"), replaces_id=replaces, reason="Thiếu trang 2."
    )
    assert other.status_code == 201, other.text
    assert [one["current"] for one in other.json()["signed_minutes"]] == [True, False]
    file = await stage.http.get(first.headers["Location"], headers=producer)
    assert file.content == scan()
    stranger = await stage.http.get(first.headers["Location"], headers=stage.producer(uuid4()))
    assert stranger.status_code == 404


async def test_what_the_producer_says_stands_in_the_minutes(stage: Stage) -> None:
    inspection, _, producer = await concluded(stage)
    path = f"/inspections/{inspection['id']}"
    await stage.post(f"{path}/remark", stage.officer, {"remark": "x"}, 403)
    shown = await stage.post(f"{path}/remark", producer, {"remark": "Lô cũ đã hủy ngay hôm đó."})
    assert shown["remarks"] == ["Lô cũ đã hủy ngay hôm đó."]
    pdf = await stage.http.get(f"/v1{path}/papers/minutes.pdf", headers=producer)
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    flat = " ".join(words.split())
    for expected in (
        "BIÊN BẢN KIỂM TRA",
        "Lô cũ đã hủy ngay hôm đó.",
        "Bao bì in 5 sao.",
        "15/07/2026",
        "Nguyễn Văn Bình",
        "Không đạt",
    ):
        assert expected in flat, expected
    word = await stage.http.get(f"/v1{path}/papers/minutes.docx", headers=producer)
    assert word.content.startswith(b"PK")
    assert pdf.headers["ETag"]
    same = await stage.http.get(
        f"/v1{path}/papers/minutes.pdf", headers={**producer, "If-None-Match": pdf.headers["ETag"]}
    )
    assert same.status_code == 304


async def test_there_are_no_minutes_before_the_conclusion(stage: Stage) -> None:
    inspector = await stage.inspector()
    inspection = await stage.begun((await stage.certificate())["id"], inspector)
    answer = await stage.http.get(
        f"/v1/inspections/{inspection['id']}/papers/minutes.pdf", headers=inspector[1]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "inspection.not_concluded")
