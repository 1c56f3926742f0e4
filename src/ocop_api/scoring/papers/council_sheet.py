"""Score sheets (*phiếu chấm điểm*): one member's on one dossier in one round, or all of a round."""

from collections.abc import Sequence
from dataclasses import replace

from ocop_api.domain.clock import VIETNAM
from ocop_api.domain.rubric.criteria import NONE_REACHED, Criterion, Part
from ocop_api.dossiers.papers.blocks import (
    Block,
    Closing,
    Field,
    Form,
    Paragraph,
    Section,
    Signature,
    Table,
    Title,
)
from ocop_api.scoring.papers.council_facts import FileFacts, SessionFacts, SheetFacts
from ocop_api.scoring.papers.council_words import (
    KINDS,
    NO_POINTS,
    OFFICES,
    footer,
    heading,
    moment,
    sitting_of,
    version_of,
)
from ocop_api.scoring.papers.wording import GATE_EFFECTS, NONE_REACHED_TEXT, points

_TITLE = "Phiếu chấm điểm"


def score_sheet(facts: SessionFacts, file: FileFacts, sheet: SheetFacts) -> Form:
    """One member's sheet; a draft is marked as such."""
    draft = sheet.submitted_at is None
    return Form(
        number="",
        title=f"{_TITLE} – {file.product} – {sheet.member.name}",
        note=footer(facts, _TITLE),
        draft=draft,
        blocks=_blocks(facts, file, sheet),
    )


def score_sheets(
    facts: SessionFacts, file: FileFacts, sheets: Sequence[SheetFacts], set_aside: Sequence[str]
) -> Form:
    """All counted sheets of a closed round, each from a new page; ``set_aside`` names those left out."""
    blocks: list[Block] = []
    for place, sheet in enumerate(sheets):
        blocks += _blocks(facts, file, sheet, new_page=place > 0)
    if set_aside:
        blocks.append(
            Paragraph(
                "Phiếu không tính vào kết quả do thành viên được xác định không tham gia đánh giá hồ sơ này: "
                + "; ".join(set_aside)
                + "."
            )
        )
    number = sheets[0].round if sheets else 1
    return Form(
        number="",
        title=f"Phiếu chấm điểm của Hội đồng – {file.product} – vòng {number}",
        note=footer(facts, _TITLE),
        draft=False,
        blocks=blocks,
    )


def _blocks(
    facts: SessionFacts, file: FileFacts, sheet: SheetFacts, *, new_page: bool = False
) -> list[Block]:
    member = sheet.member
    on = sheet.written_at.astimezone(VIETNAM).date()
    blocks: list[Block] = [
        replace(heading(facts.head, on=on), new_page=new_page),
        Title("PHIẾU CHẤM ĐIỂM", "Đánh giá, phân hạng sản phẩm OCOP"),
        Field("Thành viên chấm điểm:", f"{member.name} – {OFFICES[member.office]}"),
        Field("Phiên:", f"{sitting_of(facts)} – vòng chấm {sheet.round}"),
        Field("Sản phẩm:", file.product),
        Field("Chủ thể:", file.producer),
        Field(
            "Hồ sơ:",
            f"{file.product_code or 'chưa có mã'} – {KINDS[file.kind].lower()} – "
            + version_of(replace(file, version=sheet.version)),
        ),
        Field("Bộ tiêu chí:", f"{sheet.criteria_set.text.vi} (bộ số {sheet.criteria_set.number})"),
        Section("I. ĐIỂM THEO TIÊU CHÍ"),
        _criteria(sheet),
        *_gates(sheet),
        Section("II. KẾT QUẢ CỦA PHIẾU" if not sheet.gates else "III. KẾT QUẢ CỦA PHIẾU"),
        Field("Tổng điểm:", f"{points(sheet.evaluation.total)}/{points(sheet.evaluation.maximum)} điểm"),
        Field("Hạng theo phiếu:", _star(sheet)),
    ]
    if sheet.evaluation.missing:
        blocks.append(Field("Tiêu chí chưa chấm:", ", ".join(sheet.evaluation.missing)))
    blocks.append(Section("Nhận xét chung:"))
    blocks.append(Paragraph(sheet.remarks or "Không có."))
    if sheet.submitted_at is None:
        last = f"Phiếu chưa nộp; ghi lần cuối lúc {moment(sheet.written_at)}."
    else:
        last = f"Nộp lúc {moment(sheet.submitted_at)}. Mã kiểm tra (SHA-256):\n{sheet.sha256}"
    signed = Signature("", "THÀNH VIÊN CHẤM ĐIỂM", "(Ký, ghi rõ họ tên)", member.name)
    blocks.append(Closing(right=signed, last=last, indented=False))
    return blocks


def _star(sheet: SheetFacts) -> str:
    star = sheet.evaluation.star
    if star is not None:
        return f"{star} sao"
    return "chưa xác định" if sheet.evaluation.missing else "không xếp hạng do nội dung đã ghi nhận ở mục II"


def _criteria(sheet: SheetFacts) -> Table:
    subtotals = {one.code: one for one in sheet.evaluation.parts}
    scores = {one.code: one for one in sheet.evaluation.criteria}
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for part in sheet.criteria_set.parts:
        subtotal = subtotals.get(part.code)
        got = NO_POINTS if subtotal is None else points(subtotal.points)
        strong.append(len(rows))
        rows.append((f"Phần {part.code}. {part.text.vi}: {got}/{points(part.max)} điểm",))
        for criterion in _criteria_of(part):
            score = scores.get(criterion.code)
            chosen = sheet.choices.get(criterion.code)
            rows.append(
                (
                    criterion.code,
                    criterion.text.vi,
                    _option(criterion, chosen),
                    points(criterion.max),
                    NO_POINTS if score is None or chosen is None else points(score.points),
                )
            )
            if criterion.code in sheet.criterion_remarks:
                rows.append(
                    (f"Nhận xét tiêu chí {criterion.code}: {sheet.criterion_remarks[criterion.code]}",)
                )
    total = (
        "",
        "Tổng điểm",
        "",
        points(sheet.evaluation.maximum),
        points(sheet.evaluation.total),
    )
    strong.append(len(rows))
    rows.append(total)
    return Table(
        (9, 28, 43, 10, 10),
        ("Tiêu chí", "Nội dung", "Mức được chọn", "Tối đa", "Điểm"),
        tuple(rows),
        aligns=("center", "left", "left", "center", "center"),
        strong=tuple(strong),
    )


def _criteria_of(part: Part) -> list[Criterion]:
    return [criterion for group in part.groups for criterion in group.criteria]


def _option(criterion: Criterion, level: int | None) -> str:
    if level is None:
        return "Chưa chọn"
    if level == NONE_REACHED:
        return NONE_REACHED_TEXT
    return criterion.by_level[level].text.vi


def _gates(sheet: SheetFacts) -> list[Block]:
    if not sheet.gates:
        return []
    known = sheet.criteria_set.gates
    rows = tuple(
        (known[gate].text.vi, GATE_EFFECTS[known[gate].effect], reason)
        for gate, reason in sheet.gates.items()
    )
    return [
        Section("II. NỘI DUNG DỪNG ĐÁNH GIÁ, LOẠI HỒ SƠ HOẶC KHÔNG CHẤM ĐIỂM"),
        Table((40, 20, 40), ("Nội dung ghi nhận", "Hệ quả", "Lý do của thành viên"), rows),
    ]
