"""The decision to withdraw on paper: as a draft, as made, and as it was signed."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import MovableClock
from tests.documents.conftest import pdf
from tests.scoring.paper_reading import text_of_docx, text_of_pdf

from ocop_api.db.session import Database
from ocop_api.documents.service.signed_copies import LARGEST_COPY

from .conftest import AsActor, World
from .withdrawing import CONCLUSION, CONFIRMATION, DECISION, Headers, Matter, refused


@pytest.fixture
async def matter(client: httpx.AsyncClient, world: World, as_actor: AsActor) -> Matter:
    return await Matter(client, world, as_actor).certified()


async def paper(matter: Matter, case: str, by: Headers | None = None, kind: str = "pdf") -> httpx.Response:
    return await matter.client.get(f"{case}/papers/decision.{kind}", headers=by or matter.officer)


async def words(matter: Matter, case: str, by: Headers | None = None) -> str:
    """What the paper says, the same as PDF and as DOCX but for the foot of the page."""
    answers = [await paper(matter, case, by, kind) for kind in ("pdf", "docx")]
    assert [one.status_code for one in answers] == [200, 200], answers[0].text
    return text_of_pdf(answers[0].content) + "\n" + text_of_docx(answers[1].content)


async def test_a_draft_names_what_is_known_and_leaves_dots_for_the_rest(matter: Matter) -> None:
    case = await matter.opened(further_grounds=["misuse_of_mark"])
    assert refused(await paper(matter, case)) == (404, "withdrawal.no_decision")
    await matter.acted(case, "conclude", CONCLUSION)
    await matter.acted(case, "submit", {"recipients": ["Chi cục Quản lý thị trường"]})
    said = await words(matter, case, matter.chair)
    for one in (
        "ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG",
        "Số: ……/QĐ-UBND",
        "Lâm Đồng, ngày …… tháng …… năm ……",
        "Về việc thu hồi giấy chứng nhận sản phẩm OCOP 4 sao",
        "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG",
        "Căn cứ Quyết định số 26/2026/QĐ-TTg ngày 22 tháng 5 năm 2026 của Thủ tướng Chính phủ;",
        "Kết luận số 45/KL-SNNMT ngày 15 tháng 6 năm 2026 của Sở Nông nghiệp và Môi trường tỉnh Lâm Đồng",
        "số 68-01-2026",
        "Quyết định số 1234/QĐ-UBND ngày 15 tháng 6 năm 2026 của Ủy ban nhân dân tỉnh Lâm Đồng",
        "Cà phê bột Đắk Nông 1",
        "Hợp tác xã Nông nghiệp số 1",
        "15/06/2029",
        "điểm b, điểm d khoản 1 Điều 8 Quyết định số 26/2026/QĐ-TTg",
        "Sản phẩm không còn đạt tiêu chí về nguồn nguyên liệu.",
        "- Ủy ban nhân dân phường Bắc Gia Nghĩa;",
        "- Chi cục Quản lý thị trường;",
    ):
        assert said.count(one) >= 2, one
    # In the document it stands at the head of each page, outside of the text.
    assert "DỰ THẢO" in said
    for hidden in ("0912 345 678", "Nguyễn Thị Kín", "hàng xóm"):
        assert hidden not in said


async def test_the_producer_gets_the_decision_and_no_draft(matter: Matter) -> None:
    case = await matter.submitted()
    assert refused(await paper(matter, case, matter.producer)) == (404, "withdrawal.no_decision")
    await matter.acted(case, "decide", DECISION, matter.chair)
    shown = await matter.case(case, matter.producer)
    said = await words(matter, case, matter.producer)
    assert [path.rpartition("/")[2] for path in shown["papers"]] == ["decision.pdf", "decision.docx"]
    assert "DỰ THẢO" not in said
    assert "Số: 1300/QĐ-UBND" in said
    assert "Lâm Đồng, ngày 15 tháng 6 năm 2026" in said


async def test_a_dismissed_case_has_no_paper(matter: Matter) -> None:
    case = await matter.concluded()
    await matter.acted(case, "dismiss", {"reason": "Đã khắc phục."})
    assert refused(await paper(matter, case)) == (404, "withdrawal.no_decision")
    assert (await matter.case(case))["papers"] == []


async def test_the_minister_decides_on_five_stars(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    matter = await Matter(client, world, as_actor).certified(stars=5)
    case = await matter.opened(matter.ministry, ground="production_stopped")
    await matter.acted(case, "conclude", CONFIRMATION, matter.ministry)
    said = await words(matter, case, matter.ministry)
    for one in (
        "BỘ NÔNG NGHIỆP VÀ MÔI TRƯỜNG",
        "Số: ……/QĐ-BNNMT",
        "Hà Nội, ngày ……",
        "BỘ TRƯỞNG BỘ NÔNG NGHIỆP VÀ MÔI TRƯỜNG",
        "Xác nhận ngày 15 tháng 6 năm 2026 của Ủy ban nhân dân phường Bắc Gia Nghĩa",
        "điểm đ khoản 1 Điều 8",
    ):
        assert one in said, one


async def test_the_same_case_gives_the_same_bytes(matter: Matter, clock: MovableClock) -> None:
    case = await matter.decided()
    first = await paper(matter, case)
    clock.move(days=2)
    again = await paper(matter, case)
    assert again.content == first.content
    kept = await paper(matter, case, matter.officer | {"If-None-Match": first.headers["etag"]})
    assert kept.status_code == 304


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "x" * 10_000},
        {"summary": "dòng một\ndòng hai\n\n#set text(red) $x$ [*đậm*] <b>", "authority": "Cơ quan 🌶 \u0e01"},
        {"authority": "Cơ quan " + "rất dài " * 36, "number": "9" * 64},
    ],
)
async def test_whatever_was_written_can_be_printed(matter: Matter, change: dict[str, Any]) -> None:
    case = await matter.concluded(**change)
    assert "QUYẾT ĐỊNH" in await words(matter, case)


async def hand_in(
    matter: Matter, case: str, content: bytes, by: Headers | None = None, **facts: str
) -> httpx.Response:
    headers = {**(by or matter.officer), "Content-Type": "application/pdf"}
    return await matter.client.post(f"{case}/signed-decision", params=facts, content=content, headers=headers)


async def test_the_signed_decision_is_kept_and_read_by_those_who_read_the_case(
    matter: Matter, database: Database
) -> None:
    case = await matter.decided()
    none = await matter.client.get(f"{case}/signed-decision", headers=matter.officer)
    assert refused(none) == (404, "withdrawal.not_signed")
    content = pdf("Quyet dinh")
    taken = await hand_in(matter, case, content)
    assert taken.status_code == 201, taken.text
    assert taken.headers["location"] == f"{case}/signed-decision"
    again = await hand_in(matter, case, content, matter.chair)
    assert (again.status_code, again.json()["id"]) == (200, taken.json()["id"])
    for headers in (matter.producer, matter.commune, matter.chair):
        file = await matter.client.get(taken.headers["location"], headers=headers)
        assert (file.status_code, file.content) == (200, content)
        assert file.headers["content-disposition"].startswith("attachment")
    assert (await matter.case(case, matter.producer))["signed_decision"]["sha256"] == taken.json()["sha256"]
    with pytest.raises(DBAPIError, match="record"):
        async with database.transaction() as session:
            await session.execute(text("delete from signed_withdrawal"))


async def test_a_wrong_upload_is_replaced_with_a_reason(matter: Matter) -> None:
    case = await matter.decided()
    first = (await hand_in(matter, case, pdf("Nham"))).json()["id"]
    assert refused(await hand_in(matter, case, pdf("Dung"))) == (409, "withdrawal.signed_already")
    for facts in ({"replaces_id": first}, {"reason": "Quét nhầm."}):
        answer = await hand_in(matter, case, pdf("Dung"), **facts)
        assert refused(answer) == (422, "withdrawal.replacement_and_reason")
    order = {"replaces_id": first, "reason": "Quét nhầm."}
    second = await hand_in(matter, case, pdf("Dung"), **order)
    assert (second.status_code, second.json()["replaces_id"]) == (201, first)
    assert refused(await hand_in(matter, case, pdf("Khac"), **order)) == (409, "withdrawal.signed_replaced")
    file = await matter.client.get(f"{case}/signed-decision", headers=matter.officer)
    assert file.content == pdf("Dung")


async def test_a_signed_decision_is_taken_from_those_who_decide_once_it_is_decided(matter: Matter) -> None:
    case = await matter.submitted()
    assert refused(await hand_in(matter, case, pdf())) == (409, "withdrawal.not_decided")
    await matter.acted(case, "decide", DECISION, matter.chair)
    for who in (matter.producer, matter.commune, matter.inspector):
        assert refused(await hand_in(matter, case, pdf(), who)) == (403, "withdrawal.may_not_sign")
    assert refused(await hand_in(matter, case, pdf(), matter.elsewhere)) == (404, "withdrawal.unknown")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", (422, "withdrawal.signed_not_pdf")),
        (b"<html>", (422, "withdrawal.signed_not_pdf")),
        (b"%PDF-1.7 and no more", (422, "documents.damaged")),
        (b"%PDF-" + b"0" * LARGEST_COPY, (413, "request.too_large")),
    ],
)
async def test_what_is_no_pdf_is_refused(matter: Matter, content: bytes, refusal: tuple[int, str]) -> None:
    case = await matter.decided()
    assert refused(await hand_in(matter, case, content)) == refusal


async def test_of_signed_decisions_handed_in_at_once_one_counts(matter: Matter) -> None:
    case = await matter.decided()
    answers = await asyncio.gather(*(hand_in(matter, case, pdf(f"Ban {n}")) for n in range(3)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409]


async def test_an_old_districts_certificate_is_named_with_its_issuer(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    product_id, _ = await world.product("63:24611")
    matter = Matter(client, world, as_actor)
    matter.known = await world.recorded(
        stars=3, decided_on=date(2024, 9, 19), product_id=product_id, number="67-660-01-2024"
    )
    said = await words(matter, await matter.decided())
    assert "67-660-01-2024" in said
    assert "ỦY BAN NHÂN DÂN TỈNH LÂM ĐỒNG" in said
