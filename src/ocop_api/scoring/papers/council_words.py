"""Words and blocks that the papers of a council share."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.council import MeetingForm, Office, RecusalReason
from ocop_api.domain.regimes import Regime
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.vietnamese import date_in_words, format_number
from ocop_api.dossiers.papers.blocks import Block, Closing, Heading, Paragraph, Signature
from ocop_api.scoring.papers.council_facts import (
    FileFacts,
    Letterhead,
    RecusalFacts,
    SeatFacts,
    SessionFacts,
)
from ocop_api.scoring.policy import OPINIONS_DIFFER

OFFICES: Final = {
    Office.CHAIR: "Chủ tịch Hội đồng",
    Office.DEPUTY: "Phó Chủ tịch Hội đồng",
    Office.MEMBER: "Thành viên",
    Office.EXPERT: "Chuyên gia được mời",
    Office.SECRETARY: "Thư ký Hội đồng",
}
KINDS: Final = {
    "first": "Đánh giá lần đầu",
    "upgrade": "Đánh giá nâng hạng",
    "rerating": "Đánh giá, phân hạng lại",
}
ROUND_REASONS: Final = {
    "spread_exceeded": "điểm của các thành viên chênh lệch quá mức quy định",
    "sheets_unfinished": "có phiếu dừng ở nội dung mà các phiếu khác không ghi nhận",
}
MINISTRY: Final = "Bộ Nông nghiệp và Môi trường"
NO_POINTS: Final = "–"
UNDATED: Final = "ngày …… tháng …… năm ……"
_RECUSALS: Final = {
    RecusalReason.OWNER: "là chủ sở hữu hoặc góp vốn tại cơ sở có sản phẩm",
    RecusalReason.RELATIVE: "có quan hệ gia đình với chủ thể",
    RecusalReason.EMPLOYEE: "làm việc cho chủ thể",
    RecusalReason.ADVISER: "tư vấn cho chủ thể xây dựng hồ sơ",
    RecusalReason.ADVISED: "đã lập báo cáo đánh giá hồ sơ này trình hội đồng",
    RecusalReason.RATED_BEFORE: "đã tham gia đánh giá hồ sơ này trước khi có kiến nghị",
    RecusalReason.EVALUATED_BELOW: "đã chấm điểm hồ sơ này ở cấp dưới",
    RecusalReason.OTHER_INTEREST: "có lợi ích khác liên quan đến chủ thể",
}
_ENDS: Final = {
    Outcome.STOPPED: "Dừng đánh giá",
    Outcome.DISQUALIFIED: "Loại hồ sơ",
}


def moment(at: datetime) -> str:
    """An instant by Vietnam's clock: 08 giờ 05 phút, ngày 25 tháng 6 năm 2026."""
    local = at.astimezone(VIETNAM)
    return f"{local:%H} giờ {local:%M} phút, {date_in_words(local.date())}"


def short_moment(at: datetime) -> str:
    """An instant in a table: 08:05 25/06/2026."""
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def hour(at: datetime) -> str:
    """An hour of the session's day by Vietnam's clock: 08:05."""
    return f"{at.astimezone(VIETNAM):%H:%M}"


def number(value: Decimal) -> str:
    """A number with the decimals it has, the Vietnamese way."""
    return format_number(value)


def begun_small(words: str) -> str:
    """Words as they stand inside of a sentence: *tỉnh Lâm Đồng* for *Tỉnh Lâm Đồng*."""
    return words[:1].lower() + words[1:]


def leader_of(head: Letterhead) -> str:
    """Who decides at the council's level."""
    return f"Bộ trưởng {MINISTRY}" if head.level is Level.CENTRAL else f"Chủ tịch {head.authority}"


def heading(
    head: Letterhead, number_mark: str = "", on: date | None = None, *, dated: bool = True
) -> Heading:
    """The heading of a council's paper; ``number_mark`` is the sign behind the number, such as BB-HĐ."""
    day = UNDATED if on is None else date_in_words(on)
    return Heading(
        office=(head.council.upper(),),
        above=head.authority_lines,
        number=f"Số: ……/{number_mark}" if number_mark else "",
        dated=f"{head.place}, {day}" if dated else "",
    )


def bases(facts: SessionFacts, laws: Iterable[Regime]) -> list[Block]:
    """What a paper rests on: the decisions on rating its dossiers, and the one that set the council up."""
    decisions = {one.number: one for law in laws for one in law.decisions}
    said = [
        f"Căn cứ Quyết định số {one.number} {date_in_words(one.issued_on)} của Thủ tướng Chính phủ;"
        for one in decisions.values()
    ]
    head = facts.head
    said.append(
        f"Căn cứ Quyết định số {head.decision_number} {date_in_words(head.decision_date)} về việc thành lập "
        f"{head.council};"
    )
    return [Paragraph(line, italic=True, indented=True) for line in said]


def sitting_of(facts: SessionFacts) -> str:
    """The session in a sentence: the meeting, or the asking for written opinions, and its day."""
    what = "Phiên họp" if facts.form is MeetingForm.MEETING else "Đợt lấy ý kiến bằng văn bản"
    return f"{what} {date_in_words(facts.held_on)}"


def minutes_name(facts: SessionFacts) -> str:
    """What the session's minutes are called."""
    return "Biên bản họp" if facts.form is MeetingForm.MEETING else "Biên bản tổng hợp ý kiến"


def version_of(file: FileFacts) -> str:
    """The version of the file that was scored."""
    return "không ghi phiên bản" if file.version is None else f"phiên bản {file.version}"


def found_of(file: FileFacts) -> str:
    """What the council found: the star, or why there is none."""
    found = file.found
    if found is None:
        return "Không đánh giá"
    if found.star is None:
        return _ENDS.get(found.outcome, "Không xếp hạng")
    return f"{found.star} sao"


def mean_of(file: FileFacts) -> str:
    """The mean for display; a dash where nothing was scored."""
    found = file.found
    return NO_POINTS if found is None or found.mean is None else number(found.mean.shown)


def recusal_words(one: RecusalFacts) -> str:
    """A recusal as a sentence: name, reason, origin."""
    if one.origin == "detected":
        known = "phát hiện từ dữ liệu"
    elif one.by_the_member:
        known = "thành viên tự khai báo"
    else:
        known = "do người phụ trách công việc của Hội đồng khai báo"
    note = f" Ghi chú: {one.note.rstrip('.')}." if one.note else ""
    return f"{one.name}: {_RECUSALS[one.reason]} ({known}).{note}"


def dropped_words(reason: str | None) -> str:
    """Why a dossier left the agenda."""
    if reason == OPINIONS_DIFFER:
        return "ý kiến bằng văn bản khác nhau, cần đưa ra cuộc họp của Hội đồng"
    return (reason or "không ghi lý do").rstrip(".")


def signatures(
    facts: SessionFacts, presiding: SeatFacts | None, last: str, *, indented: bool = True
) -> Closing:
    """Secretary at the left, whoever presided at the right."""
    secretary = facts.secretary
    if presiding is None:
        office = "NGƯỜI CHỦ TRÌ"
    elif presiding.office is Office.CHAIR:
        office = "CHỦ TỊCH HỘI ĐỒNG"
    else:
        office = f"{OFFICES[presiding.office].upper()}\n(CHỦ TRÌ)"
    return Closing(
        left=Signature("", "THƯ KÝ HỘI ĐỒNG", "(Ký, ghi rõ họ tên)", secretary.name if secretary else ""),
        right=Signature("", office, "(Ký, ghi rõ họ tên)", presiding.name if presiding else ""),
        last=last,
        indented=indented,
    )


def footer(facts: SessionFacts, name: str) -> str:
    """The note at the foot of each page."""
    what = "phiên họp" if facts.form is MeetingForm.MEETING else "lấy ý kiến"
    return f"{name} – {facts.head.council} – {what} {facts.held_on:%d/%m/%Y}"
