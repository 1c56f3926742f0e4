"""The minutes of an inspection (*biên bản kiểm tra*): who was there, what was found, what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.clock import VIETNAM, vietnam_date
from ocop_api.domain.inspection import Cause, Content, InspectionKind
from ocop_api.domain.inspection_findings import InspectionConclusion, ItemFinding
from ocop_api.domain.vietnamese import date_in_words, format_number
from ocop_api.dossiers.papers.blocks import (
    Block,
    Closing,
    Field,
    Form,
    Heading,
    Paragraph,
    Section,
    Signature,
    Table,
    Title,
)
from ocop_api.inspections.schemas.inspections import InspectionItemRead, InspectionRead, Side

_KINDS: Final = {
    InspectionKind.PERIODIC: "kiểm tra định kỳ",
    InspectionKind.UNANNOUNCED: "kiểm tra đột xuất",
}
_CAUSES: Final = {
    Cause.COMPLAINT: "có phản ánh, khiếu nại",
    Cause.SIGN_OF_VIOLATION: "có dấu hiệu vi phạm",
    Cause.REQUEST: "theo yêu cầu của cơ quan có thẩm quyền",
}
_CONTENTS: Final = {
    Content.CRITERIA: "Việc duy trì các tiêu chí theo hồ sơ đã được đánh giá, phân hạng",
    Content.FOOD_SAFETY: "An toàn thực phẩm, chất lượng sản phẩm",
    Content.ENVIRONMENT: "Bảo vệ môi trường",
    Content.USE_OF_MARK: "Sử dụng nhãn hiệu OCOP, thông tin và quảng bá sản phẩm",
}
_FINDINGS: Final = {
    ItemFinding.KEPT: "Đạt",
    ItemFinding.NOT_KEPT: "Không đạt",
    ItemFinding.NOT_APPLICABLE: "Không áp dụng",
    ItemFinding.NOT_CHECKED: "Chưa kiểm tra",
}
_SIDES: Final = {
    Side.INSPECTION: "Đoàn kiểm tra",
    Side.PRODUCER: "Cơ sở",
    Side.COMMUNE: "Ủy ban nhân dân cấp xã",
    Side.OTHER: "Thành phần khác",
}
_CONCLUSIONS: Final = {
    InspectionConclusion.KEPT: "Sản phẩm duy trì các yêu cầu đã được công nhận.",
    InspectionConclusion.IMPROVEMENTS_REQUIRED: "Cơ sở phải khắc phục các nội dung dưới đây đúng thời hạn.",
    InspectionConclusion.WITHDRAWAL_PROPOSED: "Đề nghị người có thẩm quyền xem xét thu hồi giấy chứng nhận.",
}
NAME: Final = "Biên bản kiểm tra sản phẩm OCOP"


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesFacts:
    """What the minutes are filled in from.

    Attributes:
        inspection: as an official reads it.
        office: the body that inspects.
        authority_lines: whom it belongs to, as a heading breaks it.
        place: where the minutes are dated.
        producer_address: as the certificate prints it.
        valid_until: last day of the certificate's term.
        plan: the plan it follows, in words.
    """

    inspection: InspectionRead
    office: str
    authority_lines: str
    place: str
    producer_address: str
    valid_until: date | None
    plan: str | None


def minutes(facts: MinutesFacts) -> Form:
    """The minutes of a concluded inspection."""
    one = facts.inspection
    outcome = one.outcome
    if outcome is None:
        raise ValueError("an inspection has minutes once it is concluded")
    blocks: list[Block] = [
        Heading(
            office=(facts.office.upper(),),
            above=facts.authority_lines,
            number="Số: ……/BB-KT",
            dated=f"{facts.place}, {date_in_words(outcome.inspected_on)}",
        ),
        Title("BIÊN BẢN KIỂM TRA", "Kiểm tra, giám sát sản phẩm OCOP"),
        Paragraph(
            "Căn cứ Điều 9 Quyết định số 26/2026/QĐ-TTg của Thủ tướng Chính phủ;", italic=True, indented=True
        ),
        *([Paragraph(f"Căn cứ {facts.plan};", italic=True, indented=True)] if facts.plan else []),
        Section("I. THÔNG TIN CHUNG"),
        Field("Hình thức kiểm tra:", _kind(one)),
        Field("Ngày kiểm tra:", date_in_words(outcome.inspected_on)),
        Field("Địa điểm:", outcome.venue),
        Field("Sản phẩm:", f"{one.product_name} – {one.stars} sao"),
        Field("Giấy chứng nhận:", _certificate(one.certificate_number, facts.valid_until)),
        Field("Chủ thể:", one.producer_name),
        Field("Địa chỉ:", facts.producer_address),
        Section("II. THÀNH PHẦN"),
        _people(one),
        Section("III. NỘI DUNG VÀ KẾT QUẢ KIỂM TRA"),
        *_found(one.items, one.contents),
        Section("IV. KẾT LUẬN"),
        Paragraph(outcome.summary, indented=True),
        Paragraph(_CONCLUSIONS[outcome.conclusion], lead="Kết luận:"),
    ]
    if outcome.ground is not None:
        blocks.append(Field("Căn cứ đề nghị thu hồi:", _ground(outcome.ground)))
    if one.improvements:
        blocks += [
            Section("V. YÊU CẦU KHẮC PHỤC"),
            Table(
                (7, 68, 25),
                ("TT", "Nội dung phải khắc phục", "Thời hạn"),
                tuple((str(each.ordinal), each.what, _due(one, each.ordinal)) for each in one.improvements),
                aligns=("center", "left", "center"),
            ),
        ]
    blocks += [
        Section(f"{'VI' if one.improvements else 'V'}. Ý KIẾN CỦA CƠ SỞ"),
        *([Paragraph(remark, indented=True) for remark in one.remarks] or [Paragraph("", empty=2)]),
        _signatures(one, outcome.concluded_at),
    ]
    return Form(
        number="",
        title=f"{NAME} – {one.product_name}",
        note=f"{NAME} – {one.product_name} – {outcome.inspected_on:%d/%m/%Y}",
        draft=False,
        blocks=blocks,
    )


def _kind(one: InspectionRead) -> str:
    if one.cause is None:
        return _KINDS[one.kind]
    return f"{_KINDS[one.kind]}, {_CAUSES[one.cause]}"


def _certificate(number: str | None, valid_until: date | None) -> str:
    term = "" if valid_until is None else f", có giá trị đến hết ngày {valid_until:%d/%m/%Y}"
    return f"{number or 'không rõ số'}{term}"


def _ground(ground: WithdrawalGround) -> str:
    return f"điểm {ground.point} khoản 1 Điều 8 Quyết định số 26/2026/QĐ-TTg: {ground.vi}"


def _due(one: InspectionRead, ordinal: int) -> str:
    """The day as it stood in the conclusion; what was put off later is no part of the minutes."""
    concluded = next(step.data for step in one.steps if step.action == "conclude")
    days = concluded.get("due_on", [])
    return f"{date.fromisoformat(days[ordinal - 1]):%d/%m/%Y}"


def _people(one: InspectionRead) -> Table:
    people = [] if one.outcome is None else one.outcome.people
    return Table(
        (7, 38, 33, 22),
        ("TT", "Họ và tên", "Chức vụ", "Đại diện"),
        tuple(
            (str(place), person.name, person.title, _SIDES[person.side])
            for place, person in enumerate(people, 1)
        ),
        aligns=("center", "left", "left", "left"),
    )


def _found(items: Sequence[InspectionItemRead], contents: Sequence[Content]) -> list[Block]:
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    number = 0
    for content in contents:
        within = [item for item in items if item.content is content]
        if not within:
            continue
        strong.append(len(rows))
        rows.append((_CONTENTS[content],))
        for item in within:
            number += 1
            rows.append((str(number), _item(item), _FINDINGS[item.finding], item.note))
    return [
        Table(
            (7, 52, 13, 28),
            ("TT", "Nội dung kiểm tra", "Kết quả", "Nhận xét"),
            tuple(rows),
            aligns=("center", "left", "center", "left"),
            strong=tuple(strong),
        )
    ]


def _item(item: InspectionItemRead) -> str:
    said = [item.text_vi]
    if item.rated is not None:
        level = f": {item.rated.level_vi}" if item.rated.level_vi else ""
        said.append(f"Khi đánh giá: {_points(item.rated.points)}/{_points(item.rated.max)} điểm{level}")
    if item.document is not None:
        paper = item.document
        number = f"số {paper.number}; " if paper.number else ""
        if paper.expires_on is None:
            said.append(f"({number}không ghi thời hạn)")
        else:
            state = "đã hết hạn" if paper.expired else "còn hạn"
            said.append(f"({number}thời hạn đến {paper.expires_on:%d/%m/%Y}, {state} khi kiểm tra)")
    return "\n".join(said)


def _points(value: Decimal) -> str:
    whole = value == value.to_integral_value()
    return format_number(value.quantize(Decimal(1)) if whole else value)


def _signatures(one: InspectionRead, concluded_at: datetime) -> Closing:
    head = next((person.name for person in one.inspectors if person.lead), "")
    local = concluded_at.astimezone(VIETNAM)
    ended = (
        f"Biên bản được lập xong lúc {local:%H} giờ {local:%M} phút, "
        f"{date_in_words(vietnam_date(concluded_at))}, đã đọc lại cho những người có mặt cùng nghe."
    )
    return Closing(
        left=Signature("", "ĐẠI DIỆN CƠ SỞ", "(Ký, ghi rõ họ tên)", ""),
        right=Signature("", "TRƯỞNG ĐOÀN KIỂM TRA", "(Ký, ghi rõ họ tên)", head),
        last=ended,
    )


def office_of(level: Level, lead_body: str | None) -> str:
    """Who inspects, as the heading names it: the plan's leading body, else the office of the level."""
    if lead_body is not None:
        return lead_body
    return "Cơ quan tham mưu quản lý OCOP" + (" của Bộ" if level is Level.CENTRAL else " cấp tỉnh")
