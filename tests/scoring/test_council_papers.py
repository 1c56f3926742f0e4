"""Papers of a council session: what they say follows from what is stored, and nothing sealed gets out."""

import io
from typing import Any
from uuid import uuid4

import pypdf
import pytest

from ocop_api.domain.actor import Level, Role
from ocop_api.domain.rubric.edition import load_edition

from .conftest import BEST, EDITION, EIGHTY_NINE, NINETY, World, area_actor
from .conftest import COFFEE as SET
from .paper_reading import (
    COUNCIL,
    NAMES,
    clock_of,
    named_council,
    paper,
    product,
    said,
    scored,
    text_of_docx,
    text_of_pdf,
)

FAR_BELOW = NINETY | {"1.1": 1, "1.3": 1, "2.1": 1, "2.2": 1}
POOR = dict.fromkeys(BEST, 1)
SMALL = ("chair", "deputy", "member", "secretary")
COFFEE, MACADAMIA, TEA = "Cà phê bột Đắk Mil", "Mắc ca sấy Tuy Đức", "Trà khổ qua rừng"


async def _held(world: World) -> tuple[str, list[Any]]:
    """A session with one product recognised, one sent up after two rounds, one not reached, one dropped."""
    await named_council(world, SMALL)
    files = [
        await product(world, COFFEE, "HTX Thanh Thái"),
        await product(world, MACADAMIA, "HTX Phú Vinh", "Bon Bu Dơng, xã Tuy Đức"),
        await product(world, TEA, "Hộ Nguyễn Thị Lan"),
        await product(world, "Mật ong Quảng Khê", "Tổ hợp tác nuôi ong"),
    ]
    session_id = await world.plan(*files)
    chair, deputy, member = world.users[:3]
    opened = await world.open(
        session_id,
        recusals=[
            {
                "user_id": str(member),
                "dossier_id": str(files[1].id),
                "reason": "relative",
                "note": "Em ruột của giám đốc.",
            }
        ],
    )
    assert opened.status_code == 200, opened.text
    clock_of(world).move(hours=1)
    await scored(world, session_id, files[0], {chair: NINETY, deputy: FAR_BELOW, member: NINETY})
    await scored(world, session_id, files[0], dict.fromkeys((chair, deputy, member), NINETY))
    await scored(world, session_id, files[1], {chair: EIGHTY_NINE, deputy: NINETY | {"11": 1, "10": 2}})
    await scored(world, session_id, files[2], dict.fromkeys((chair, deputy, member), POOR))
    dropped = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{files[3].id}/drop",
        json={"reason": "Chờ kết quả kiểm nghiệm bổ sung."},
        headers=world.secretary,
    )
    assert dropped.status_code == 200, dropped.text
    assert dropped.json()["state"] == "closed"
    return session_id, files


async def test_minutes_tell_what_happened(world: World) -> None:
    session_id, files = await _held(world)
    text = await said(world, session_id, "minutes")
    for part in (
        "BIÊN BẢN HỌP",
        COUNCIL,
        "1234/QĐ-UBND",
        "26/2026/QĐ-TTg",
        "Số: ……/BB-HĐ",
        "Lâm Đồng, ngày 15 tháng 6 năm 2026",
        "09 giờ 00 phút, ngày 15 tháng 6 năm 2026",
        "10 giờ 00 phút, ngày 15 tháng 6 năm 2026",
        "Trần Thị Thanh Hương: có quan hệ gia đình với chủ thể",
        "Em ruột của giám đốc",
        "chấm lại do điểm của các thành viên chênh lệch quá mức quy định",
        "Đề nghị công nhận hạng 4 sao",
        "Đề nghị chuyển hồ sơ lên cấp trung ương đánh giá hạng 5 sao",
        "Không đạt hạng được công nhận",
        "Chờ kết quả kiểm nghiệm bổ sung",
        "THƯ KÝ HỘI ĐỒNG",
        "CHỦ TỊCH HỘI ĐỒNG",
    ):
        assert part in text, part
    for dossier in files[:3]:
        for number in (1, 2) if dossier is files[0] else (1,):
            url = f"/v1/sessions/{session_id}/dossiers/{dossier.id}/result"
            shown = (await world.client.get(url, params={"round": number}, headers=world.secretary)).json()
            mean, spread = shown["mean"]["shown"].replace(".", ","), shown["spread"]
            assert f"điểm trung bình {mean}" in text
            assert f"chênh lệch {spread}" in text


async def test_written_opinions_are_put_together_and_not_met_over(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await world.dossier(kind="rerating")
    session_id = await world.opened(dossier)
    await scored(world, session_id, dossier, dict.fromkeys(world.users[:3], EIGHTY_NINE))
    text = await said(world, session_id, "minutes")
    assert "BIÊN BẢN TỔNG HỢP Ý KIẾN" in text
    assert "lấy ý kiến các thành viên Hội đồng bằng văn bản" in text
    assert "BIÊN BẢN HỌP" not in text
    assert "Địa điểm" not in text


async def test_minutes_name_sheets_set_aside_and_late_ones(world: World) -> None:
    await named_council(world, (*SMALL[:-1], "member", "secretary"))
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    chair, deputy, third, fourth = world.users[:4]
    for user in (chair, deputy, third):
        await world.hand_in(session_id, dossier, user, EIGHTY_NINE)
    told = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/recuse",
        json={"reason": "adviser"},
        headers=world.headers[third],
    )
    assert told.status_code == 200, told.text
    closed = await world.close(session_id, dossier, without_missing=True)
    assert closed.status_code == 409, "the quorum needs the fourth"
    await scored(world, session_id, dossier, {fourth: EIGHTY_NINE})
    text = await said(world, session_id, "minutes")
    assert "3 phiếu được tính; không tính 1 phiếu của Trần Thị Thanh Hương" in text
    assert "tư vấn cho chủ thể xây dựng hồ sơ (thành viên tự khai báo)" in text


async def test_the_consolidated_table_has_the_figures_of_the_result(world: World) -> None:
    session_id, files = await _held(world)
    url = f"/v1/sessions/{session_id}/dossiers/{files[0].id}/result"
    shown = (await world.client.get(url, params={"round": 1}, headers=world.secretary)).json()
    text = await said(world, session_id, "consolidated", files[0], round=1)
    by_member = {sheet["member"]: sheet["total"] for sheet in shown["sheets"]}
    seats = [str(user) for user in world.users[:3]]
    totals = " ".join(by_member[member] for member in seats)
    mean = shown["mean"]["shown"].replace(".", ",")
    assert f"Tổng điểm 100 {totals} {mean} {shown['least']} {shown['most']} {shown['spread']}" in text
    row = next(one for one in shown["criteria"] if one["code"] == "1.1")
    points = " ".join(str(row["points"][member]) for member in seats)
    assert f"{points} {row['mean']['shown'].replace('.', ',')} {row['least']} {row['most']}" in text
    assert all(step["sentence"] in text for step in shown["explanation"])
    later = await said(world, session_id, "consolidated", files[0])
    assert "vòng chấm 2" in later
    assert "Lý do chấm lại" in later


async def test_many_members_are_spread_over_several_tables(world: World) -> None:
    await named_council(world, ("chair", *["member"] * 19, "secretary"))
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    await scored(world, session_id, dossier, dict.fromkeys(world.users[:20], EIGHTY_NINE))
    answer = await paper(world, session_id, "consolidated.pdf", dossier)
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    assert all(page.mediabox.width > page.mediabox.height for page in pages)
    text = text_of_pdf(answer.content)
    assert "Phiếu (1) đến (10)" in text
    assert "Phiếu (11) đến (20)" in text
    assert "(19) (20) Trung bình" in text


async def test_a_sheet_tells_choice_points_and_remarks(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    chair = world.users[0]
    url = world.sheet_url(session_id, dossier)
    content = {
        "choices": EIGHTY_NINE,
        "remarks": "Bao bì đẹp.",
        "criterion_remarks": {"1.1": "Vùng nguyên liệu ở ba thôn."},
        "gates": [],
    }
    saved = await world.client.put(url, json=content, headers=world.headers[chair])
    assert saved.status_code == 200, saved.text
    draft = await said(world, session_id, "score_sheet", dossier, headers=world.headers[chair])
    assert "BẢN NHÁP" in draft
    assert "Phiếu chưa nộp" in draft
    handed_in = await world.client.post(f"{url}/submit", headers=world.headers[chair])
    text = await said(world, session_id, "score_sheet", dossier, headers=world.headers[chair])
    assert "BẢN NHÁP" not in text
    assert handed_in.json()["sha256"] in text
    assert "Nhận xét tiêu chí 1.1: Vùng nguyên liệu ở ba thôn." in text
    assert "Bao bì đẹp." in text
    assert "Tổng điểm: 89/100 điểm" in text
    assert NAMES[0] in text


async def test_gates_stand_on_sheets_and_in_the_table_with_their_reasons(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    gates = load_edition(EDITION).criteria_set(SET).gates.values()
    gate = next(one for one in gates if one.effect.ends_evaluation)
    for user in world.users[:3]:
        saved = await world.client.put(
            world.sheet_url(session_id, dossier),
            json={"choices": {}, "gates": [{"gate": gate.id, "reason": "Biên bản kiểm tra ngày 02/6."}]},
            headers=world.headers[user],
        )
        assert saved.status_code == 200, saved.text
        await world.client.post(f"{world.sheet_url(session_id, dossier)}/submit", headers=world.headers[user])
    assert (await world.close(session_id, dossier)).status_code == 200
    for name in ("score_sheets", "consolidated"):
        text = await said(world, session_id, name, dossier)
        assert text.count("Biên bản kiểm tra ngày 02/6.") == 3
    assert "3/3" in await said(world, session_id, "consolidated", dossier)
    assert "3/3 phiếu ghi nhận, được thông qua" in await said(world, session_id, "minutes")
    assert "Không xếp hạng" not in await said(world, session_id, "submission", proposal="not_reached")


async def test_an_open_round_gives_nobody_a_foreign_sheet(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    chair, deputy, member = world.users[:3]
    await world.hand_in(session_id, dossier, chair, EIGHTY_NINE, "nhận xét kín 7319")
    leader = world.as_actor(area_actor(Role.LEADER))
    for headers in (world.headers[deputy], world.secretary, world.officer, leader):
        for form in ("pdf", "docx"):
            there = await paper(
                world, session_id, f"score_sheet.{form}", dossier, headers=headers, member=str(chair)
            )
            absent = await paper(
                world, session_id, f"score_sheet.{form}", dossier, headers=headers, member=str(uuid4())
            )
            other = await paper(
                world, session_id, f"score_sheet.{form}", dossier, headers=headers, member=str(member)
            )
            assert there.status_code == absent.status_code == other.status_code == 404
            told = [{**one.json(), "request_id": None} for one in (there, absent, other)]
            assert told[0] == told[1] == told[2]
            assert told[0]["code"] == "scoring.no_sheet"
            for name in ("score_sheets", "consolidated"):
                refused = await paper(world, session_id, f"{name}.{form}", dossier, headers=headers)
                assert (refused.status_code, refused.json()["code"]) == (404, "scoring.no_closed_round")
        listed = await world.client.get(f"/v1/sessions/{session_id}/papers", headers=headers)
        assert listed.json() == {"papers": []}
    own = await world.client.get(f"/v1/sessions/{session_id}/papers", headers=world.headers[chair])
    assert [(one["paper"], one["member"]) for one in own.json()["papers"]] == [("score_sheet", str(chair))]


async def test_a_second_round_is_sealed_while_the_first_one_lies_open(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    chair, deputy, member = world.users[:3]
    await scored(world, session_id, dossier, {chair: NINETY, deputy: FAR_BELOW, member: NINETY})
    await world.hand_in(session_id, dossier, chair, BEST, "nhận xét kín 7319")
    options: dict[str, Any] = {"headers": world.headers[deputy], "member": str(chair)}
    text = await said(world, session_id, "score_sheet", dossier, **options)
    assert "vòng chấm 1" in text
    assert "7319" not in text
    sealed = await paper(world, session_id, "score_sheet.pdf", dossier, **options, round=2)
    assert sealed.status_code == 404
    own = await said(world, session_id, "score_sheet", dossier, headers=world.headers[chair])
    assert "7319" in own
    for name in ("score_sheets", "consolidated"):
        assert "7319" not in await said(world, session_id, name, dossier)


async def test_a_sheet_set_aside_is_shown_to_its_writer_alone(world: World) -> None:
    await named_council(world, (*SMALL[:-1], "member", "secretary"))
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    chair, deputy, third, fourth = world.users[:4]
    await world.hand_in(session_id, dossier, third, BEST, "nhận xét kín 7319")
    told = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/recuse",
        json={"reason": "owner"},
        headers=world.headers[third],
    )
    assert told.status_code == 200, told.text
    await scored(world, session_id, dossier, dict.fromkeys((chair, deputy, fourth), EIGHTY_NINE))
    refused = await paper(world, session_id, "score_sheet.pdf", dossier, member=str(third))
    assert refused.status_code == 404
    text = await said(world, session_id, "score_sheets", dossier)
    assert "7319" not in text
    assert "Phiếu không tính vào kết quả" in text
    assert "7319" in await said(world, session_id, "score_sheet", dossier, headers=world.headers[third])


async def test_sheets_of_a_dropped_dossier_stay_sealed(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    await world.hand_in(session_id, dossier, world.users[0], BEST, "nhận xét kín 7319")
    dropped = await world.client.post(
        f"/v1/sessions/{session_id}/dossiers/{dossier.id}/drop",
        json={"reason": "Rút hồ sơ"},
        headers=world.secretary,
    )
    assert dropped.json()["state"] == "closed"
    text = await said(world, session_id, "minutes")
    assert "Rút hồ sơ" in text
    assert "7319" not in text
    assert "phiếu được tính" not in text
    sealed = await paper(world, session_id, "score_sheet.pdf", dossier, member=str(world.users[0]))
    assert sealed.status_code == 404
    nothing = await paper(world, session_id, "decision.pdf")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "scoring.nothing_proposed")


async def test_submissions_and_the_draft_decision_name_their_products_only(world: World) -> None:
    session_id, files = await _held(world)
    named = {
        "recognise": (MACADAMIA, "quyết định công nhận 01 sản phẩm"),
        "forward": (COFFEE, "gửi Bộ Nông nghiệp và Môi trường hồ sơ của 01 sản phẩm"),
        "not_reached": (TEA, "không đạt hạng được công nhận"),
    }
    for kind, (name, words) in named.items():
        text = await said(world, session_id, "submission", proposal=kind)
        assert "TỜ TRÌNH" in text
        assert "Kính gửi: Chủ tịch Ủy ban nhân dân tỉnh Lâm Đồng." in text
        assert words in text
        assert [one for one in (COFFEE, MACADAMIA, TEA) if one in text] == [name]
    decision = await said(world, session_id, "decision")
    url = f"/v1/sessions/{session_id}/dossiers/{files[1].id}/result"
    result = (await world.client.get(url, headers=world.secretary)).json()
    assert result["mean"]["shown"].replace(".", ",") in decision
    code = files[1].product_code
    for part in (
        "DỰ THẢO",
        MACADAMIA,
        "HTX Phú Vinh",
        "Bon Bu Dơng, xã Tuy Đức",
        "4 sao",
        "36 tháng",
    ):
        assert part in decision, part
    assert code in decision
    assert "26/2026/QĐ-TTg" in decision
    assert COFFEE not in decision
    assert TEA not in decision
    absent = await paper(world, session_id, "submission.pdf", proposal="remand")
    assert (absent.status_code, absent.json()["code"]) == (404, "scoring.nothing_proposed")


async def test_what_became_of_a_dossier_later_does_not_change_the_papers(world: World) -> None:
    session_id, files = await _held(world)
    before = await paper(world, session_id, "minutes.pdf")
    async with world.database.transaction() as session:
        row = await session.get(type(files[1]), files[1].id)
        assert row is not None
        row.state, row.outcome, row.star, row.points = "recognised", None, None, None
    clock_of(world).move(days=40)
    after = await paper(world, session_id, "minutes.pdf", headers=world.officer)
    assert before.content == after.content


@pytest.mark.parametrize("form", ["pdf", "docx"])
async def test_the_same_data_give_the_same_bytes(world: World, form: str) -> None:
    session_id, files = await _held(world)
    listed = await world.client.get(f"/v1/sessions/{session_id}/papers", headers=world.secretary)
    papers = listed.json()["papers"]
    assert {one["paper"] for one in papers} == {
        "score_sheet",
        "score_sheets",
        "consolidated",
        "minutes",
        "submission",
        "decision",
    }
    assert all(one["signed"] is False for one in papers)
    first = [await world.client.get(one[form], headers=world.secretary) for one in papers]
    clock_of(world).move(days=1)
    again = [await world.client.get(one[form], headers=world.officer) for one in papers]
    assert [one.status_code for one in first] == [200] * len(papers)
    assert [one.content for one in first] == [one.content for one in again]
    held = await world.client.get(
        papers[0][form], headers=world.secretary | {"If-None-Match": first[0].headers["etag"]}
    )
    assert held.status_code == 304
    assert files


async def test_session_papers_wait_for_the_end(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    other = await product(world, TEA, "Hộ Nguyễn Thị Lan")
    planned, running = await world.plan(dossier), await world.opened(other)
    for session_id in (planned, running):
        for name in ("minutes.pdf", "minutes.docx", "decision.pdf"):
            early = await paper(world, session_id, name)
            assert (early.status_code, early.json()["code"]) == (409, "scoring.session_not_closed")
        early = await paper(world, session_id, "submission.pdf", proposal="recognise")
        assert early.status_code == 409
    dropped = await world.client.post(
        f"/v1/sessions/{planned}/dossiers/{dossier.id}/drop",
        json={"reason": "Rút hồ sơ"},
        headers=world.secretary,
    )
    assert dropped.json()["state"] == "closed"
    never = await paper(world, planned, "minutes.pdf")
    assert (never.status_code, never.json()["code"]) == (409, "scoring.session_not_held")
    listed = await world.client.get(f"/v1/sessions/{planned}/papers", headers=world.secretary)
    assert listed.json() == {"papers": []}


async def test_papers_are_named_exactly(world: World) -> None:
    session_id, files = await _held(world)
    missing = await paper(world, session_id, "submission.pdf")
    assert (missing.status_code, missing.json()["code"]) == (422, "scoring.paper_parameter_missing")
    foreign_ones: list[tuple[str, Any, dict[str, Any]]] = [
        ("minutes.pdf", None, {"proposal": "recognise"}),
        ("consolidated.pdf", files[0], {"member": str(world.users[0])}),
        ("score_sheets.docx", files[0], {"member": str(world.users[0])}),
    ]
    for name, dossier, query in foreign_ones:
        foreign = await paper(world, session_id, name, dossier, **query)
        assert (foreign.status_code, foreign.json()["code"]) == (422, "scoring.paper_parameter_foreign")
    for name, dossier in (("consolidated.pdf", None), ("minutes.pdf", files[0]), ("minutes.odt", None)):
        assert (await paper(world, session_id, name, dossier)).status_code in {404, 422}
    unknown = await paper(world, session_id, "consolidated.pdf", await world.dossier())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "scoring.not_on_agenda")
    third = await paper(world, session_id, "consolidated.pdf", files[0], round=3)
    assert (third.status_code, third.json()["code"]) == (404, "scoring.no_closed_round")


async def test_strangers_learn_nothing_of_a_session(world: World) -> None:
    session_id, files = await _held(world)
    elsewhere = world.as_actor(area_actor(Role.OFFICER, "34:01", Level.PROVINCE))
    producer = world.as_actor(area_actor(Role.OFFICER, "34:24611", Level.COMMUNE))
    for headers in (elsewhere, producer):
        for name, dossier in (("minutes.pdf", None), ("consolidated.docx", files[0])):
            answer = await paper(world, session_id, name, dossier, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "scoring.unknown_session")
        listed = await world.client.get(f"/v1/sessions/{session_id}/papers", headers=headers)
        assert listed.status_code == 404
    nobody = await world.client.get(f"/v1/sessions/{session_id}/papers/minutes.pdf")
    assert nobody.status_code == 401


async def test_a_deputy_who_presided_signs_in_place_of_the_chair(world: World) -> None:
    await named_council(world, (*SMALL[:-1], "member", "secretary"), deputy_replaces_absent_chair=True)
    dossier = await product(world, COFFEE, "HTX Thanh Thái")
    session_id = await world.plan(dossier)
    opened = await world.open(session_id, absent=[world.users[0]])
    assert opened.status_code == 200, opened.text
    await scored(world, session_id, dossier, dict.fromkeys(world.users[1:4], EIGHTY_NINE))
    text = await said(world, session_id, "minutes")
    assert f"Vắng mặt: {NAMES[0]} (Chủ tịch Hội đồng)" in text
    assert f"Chủ trì: {NAMES[1]} – Phó Chủ tịch Hội đồng" in text
    assert "PHÓ CHỦ TỊCH HỘI ĐỒNG (CHỦ TRÌ)" in text


async def test_texts_of_people_act_as_text_in_papers(world: World) -> None:
    await named_council(world, SMALL)
    nasty = '#eval("1+1") $x$ <b>*đậm*</b> \\ {{7*7}}'
    dossier = await product(world, nasty, "HTX & <con> “Á”")
    session_id = await world.opened(dossier)
    await scored(world, session_id, dossier, dict.fromkeys(world.users[:3], EIGHTY_NINE))
    for name, of in (("minutes", None), ("decision", None), ("consolidated", dossier)):
        word = await paper(world, session_id, f"{name}.docx", of)
        assert nasty in text_of_docx(word.content)
        assert "#eval" in await said(world, session_id, name, of)
