"""Whose papers they are, at each level: the authority, who decides, and where files go."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from ocop_api.domain.council import MeetingForm, Office, Quorum
from ocop_api.domain.forwarding import OutcomeKind, forwarding
from ocop_api.domain.regimes import Level, regime
from ocop_api.dossiers.papers.printing import form_pdf
from ocop_api.scoring.papers.council_decision import recognition_decision
from ocop_api.scoring.papers.council_facts import FileFacts, Letterhead, RoundFacts, SeatFacts, SessionFacts
from ocop_api.scoring.papers.council_minutes import minutes
from ocop_api.scoring.papers.council_submission import submission

from .paper_reading import text_of_pdf

AT = datetime(2026, 6, 20, 1, 0, tzinfo=UTC)
CENTRE = ("Bộ Nông nghiệp và Môi trường", "BỘ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "Hà Nội")
DISTRICT = ("Ủy ban nhân dân huyện Đắk Mil", "ỦY BAN NHÂN DÂN\nHUYỆN ĐẮK MIL", "Đắk Mil")


def _facts(level: Level, law: str, *found: tuple[str, int]) -> SessionFacts:
    authority, lines, place = CENTRE if level is Level.CENTRAL else DISTRICT
    chair = SeatFacts(uuid4(), "Nguyễn Văn Bình", Office.CHAIR, present=True, scores=True)
    files = [
        FileFacts(
            dossier_id=uuid4(),
            product=f"Sản phẩm {points} điểm",
            producer="HTX Thanh Thái",
            address="Xã Thuận An",
            product_code="68-24611-1-2026",
            kind="first",
            regime=regime(law),
            version=1,
            state="concluded",
            dropped_reason=None,
            presiding=chair,
            recusals=(),
            rounds=(RoundFacts(1, None, AT, AT, None),),
            late=(),
            outcome=forwarding(regime(law), level, Decimal(points), star),
        )
        for points, star in found
    ]
    return SessionFacts(
        head=Letterhead(
            council="Hội đồng OCOP",
            level=level,
            authority=authority,
            authority_lines=lines,
            place=place,
            decision_number="7/QĐ",
            decision_date=date(2026, 6, 1),
        ),
        form=MeetingForm.MEETING,
        meeting_reason=None,
        held_on=date(2026, 6, 20),
        opened_at=AT,
        closed_at=AT,
        seats=[chair],
        quorum=Quorum(base=1, required=1, present=1, presiding=chair.person, problems=()),
        presiding=chair,
        files=files,
    )


def test_the_centre_recognises_five_stars_and_sends_the_rest_down() -> None:
    facts = _facts(Level.CENTRAL, "qd26-2026", ("92", 5), ("80", 4))
    decision = text_of_pdf(form_pdf(recognition_decision(facts), AT))
    for part in ("BỘ TRƯỞNG", "QĐ-BNNMT", "Hà Nội", "hạng 5 sao", "Sản phẩm 92 điểm"):
        assert part in decision
    assert "Sản phẩm 80 điểm" not in decision
    down = text_of_pdf(form_pdf(submission(facts, OutcomeKind.REMAND), AT))
    assert "thuộc thẩm quyền công nhận của cấp dưới" in down
    assert "Kính gửi: Bộ trưởng Bộ Nông nghiệp và Môi trường" in down
    assert "Đề nghị chuyển kết quả về cấp tỉnh" in text_of_pdf(form_pdf(minutes(facts), AT))


def test_a_district_of_earlier_law_sends_four_stars_to_the_province() -> None:
    facts = _facts(Level.DISTRICT, "qd148-2023", ("60", 3), ("75", 4))
    decision = text_of_pdf(form_pdf(recognition_decision(facts), AT))
    for part in ("HUYỆN ĐẮK MIL", "QĐ-UBND", "148/QĐ-TTg", "các xã, thị trấn", "36 tháng", "cấp tỉnh"):
        assert part in decision
    up = text_of_pdf(form_pdf(submission(facts, OutcomeKind.FORWARD), AT))
    assert "gửi Ủy ban nhân dân cấp tỉnh hồ sơ của 01 sản phẩm" in up


def test_files_of_several_laws_are_each_cited() -> None:
    new, old = (
        _facts(Level.CENTRAL, "qd26-2026", ("92", 5)),
        _facts(Level.CENTRAL, "qd1489-2025", ("95", 5)),
    )
    both = replace(new, files=[*new.files, *old.files])
    decision = text_of_pdf(form_pdf(recognition_decision(both), AT))
    for number in ("148/QĐ-TTg", "1489/QĐ-TTg", "26/2026/QĐ-TTg"):
        assert f"Căn cứ Quyết định số {number}" in decision


@pytest.mark.parametrize("office", [Office.DEPUTY, None])
def test_without_a_chair_whoever_presided_signs(office: Office | None) -> None:
    facts = _facts(Level.CENTRAL, "qd26-2026", ("92", 5))
    chair = facts.presiding
    assert chair is not None
    facts = replace(facts, presiding=None if office is None else replace(chair, office=office))
    text = text_of_pdf(form_pdf(minutes(facts), AT))
    assert ("PHÓ CHỦ TỊCH HỘI ĐỒNG (CHỦ TRÌ)" if office else "NGƯỜI CHỦ TRÌ") in text
