"""The consolidated table (*bảng tổng hợp điểm*) of a dossier's round: criteria by members, votes, result."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.dossiers.papers.blocks import Align, Block, Field, Form, Paragraph, Section, Table, Title
from ocop_api.scoring.papers.council_facts import FileFacts, RoundFacts, SeatFacts, SessionFacts
from ocop_api.scoring.papers.council_words import (
    KINDS,
    NO_POINTS,
    OFFICES,
    ROUND_REASONS,
    footer,
    heading,
    number,
    short_moment,
    signatures,
    sitting_of,
    version_of,
)
from ocop_api.scoring.papers.wording import GATE_EFFECTS, points
from ocop_api.scoring.schemas.results import ComparisonRecord, CountedSheetRead

MEMBERS_BESIDE: Final = 10
"""Columns of members in one table; more of them would no longer be legible on a page."""


def consolidated(
    facts: SessionFacts,
    file: FileFacts,
    scored: RoundFacts,
    found: ComparisonRecord,
    criteria_set: CriteriaSet,
) -> Form:
    """The table of a closed round, in landscape."""
    names, sheets = facts.names, facts.in_order_of_seats(found)
    closed_at = scored.closed_at or scored.opened_at
    aside = "; ".join(names.get(one, str(one)) for one in found.set_aside)
    blocks: list[Block] = [
        heading(facts.head, on=vietnam_date(closed_at)),
        Title("BẢNG TỔNG HỢP ĐIỂM", "Đánh giá, phân hạng sản phẩm OCOP"),
        Field("Sản phẩm:", file.product),
        Field("Chủ thể:", file.producer),
        Field(
            "Hồ sơ:",
            f"{file.product_code or 'chưa có mã'} – {KINDS[file.kind].lower()} – {version_of(file)} – "
            f"{criteria_set.text.vi} (bộ số {criteria_set.number})",
        ),
        Field(
            "Phiên:", f"{sitting_of(facts)} – vòng chấm {scored.number}, khóa lúc {short_moment(closed_at)}"
        ),
        *([Field("Lý do chấm lại:", ROUND_REASONS[scored.reason])] if scored.reason else []),
        Section("I. PHIẾU CHẤM ĐIỂM ĐƯỢC TÍNH"),
        _members(facts, sheets),
        *([Field("Phiếu không tính vào kết quả:", aside)] if aside else []),
        Section("II. ĐIỂM THEO TIÊU CHÍ", new_page=True),
    ]
    if found.criteria:
        blocks += _points(found, sheets, criteria_set)
    else:
        blocks.append(Paragraph("Không có phiếu nào chấm đủ các tiêu chí."))
    blocks += [*_gates(found, names), *_minimums(found), *_result(found)]
    blocks.append(signatures(facts, file.presiding, f"- {found.explanation[-1].vi}", indented=False))
    return Form(
        number="",
        title=f"Bảng tổng hợp điểm – {file.product} – vòng {scored.number}",
        note=footer(facts, "Bảng tổng hợp điểm"),
        draft=False,
        blocks=blocks,
        landscape=True,
    )


def _members(facts: SessionFacts, sheets: Sequence[CountedSheetRead]) -> Table:
    seats: dict[UUID, SeatFacts] = {seat.person: seat for seat in facts.seats}
    rows = tuple(
        (
            f"({place})",
            seats[sheet.member].name,
            OFFICES[seats[sheet.member].office],
            NO_POINTS if sheet.total is None else points(sheet.total),
            NO_POINTS if sheet.star is None else f"{sheet.star} sao",
            sheet.remarks,
        )
        for place, sheet in enumerate(sheets, 1)
    )
    return Table(
        (5, 22, 18, 8, 8, 39),
        ("Số", "Thành viên", "Chức danh", "Tổng điểm", "Hạng", "Nhận xét chung"),
        rows,
        aligns=("center", "left", "left", "center", "center", "left"),
    )


def _points(
    found: ComparisonRecord, sheets: Sequence[CountedSheetRead], criteria_set: CriteriaSet
) -> list[Block]:
    numbered = list(enumerate(sheets, 1))
    pieces = [numbered[at : at + MEMBERS_BESIDE] for at in range(0, len(numbered), MEMBERS_BESIDE)]
    blocks: list[Block] = []
    for place, piece in enumerate(pieces):
        if len(pieces) > 1:
            first, last = piece[0][0], piece[-1][0]
            blocks.append(Section(f"Phiếu ({first}) đến ({last})", new_page=place > 0))
        blocks.append(_table(found, criteria_set, piece, sums=place == len(pieces) - 1))
    return blocks


def _table(
    found: ComparisonRecord,
    criteria_set: CriteriaSet,
    piece: Sequence[tuple[int, CountedSheetRead]],
    *,
    sums: bool,
) -> Table:
    """One table; with ``sums`` mean, least, most and spread stand behind the members."""
    by_code = {row.code: row for row in found.criteria}
    means = {part.code: part for part in found.parts}
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for part in criteria_set.parts:
        mean = means.get(part.code)
        said = f", điểm trung bình {number(mean.mean.shown)}/{points(mean.max)}" if mean else ""
        strong.append(len(rows))
        rows.append((f"Phần {part.code}. {part.text.vi}{said}",))
        for group in part.groups:
            for criterion in group.criteria:
                row = by_code.get(criterion.code)
                if row is None:
                    continue
                rows.append(
                    (
                        criterion.code,
                        criterion.text.vi,
                        points(criterion.max),
                        *(_of(row.points.get(sheet.member)) for _, sheet in piece),
                        *(
                            (
                                number(row.mean.shown),
                                points(row.least),
                                points(row.most),
                                points(row.spread),
                            )
                            if sums
                            else ()
                        ),
                    )
                )
    strong.append(len(rows))
    rows.append(
        (
            "",
            "Tổng điểm",
            points(sum((part.max for part in criteria_set.parts), Decimal(0))),
            *(_of(sheet.total) for _, sheet in piece),
            *(
                (
                    NO_POINTS if found.mean is None else number(found.mean.shown),
                    _of(found.least),
                    _of(found.most),
                    _of(found.spread),
                )
                if sums
                else ()
            ),
        )
    )
    ends: tuple[str, ...] = ("Trung bình", "Thấp nhất", "Cao nhất", "Chênh lệch") if sums else ()
    centred: list[Align] = ["center"] * (len(piece) + len(ends) + 1)
    # The text of the criterion takes what the figures leave, so that these never wrap.
    left = max(28, 100 - 5 - 6 - 5 * len(piece) - 7 * len(ends))
    return Table(
        (5, left, 6, *(5 for _ in piece), *(7 for _ in ends)),
        ("Tiêu chí", "Nội dung", "Tối đa", *(f"({place})" for place, _ in piece), *ends),
        tuple(rows),
        aligns=("center", "left", *centred),
        strong=tuple(strong),
        small=True,
    )


def _of(value: Decimal | None) -> str:
    return NO_POINTS if value is None else points(value)


def _gates(found: ComparisonRecord, names: Mapping[UUID, str]) -> list[Block]:
    if not found.gates:
        return []
    rows = tuple(
        (
            vote.text.vi,
            GATE_EFFECTS[vote.effect],
            f"{vote.votes}/{vote.counted}",
            "Được thông qua" if vote.carried else "Không được thông qua",
            "\n".join(f"{names.get(member, member)}: {reason}" for member, reason in vote.reasons.items()),
        )
        for vote in found.gates
    )
    return [
        Section("III. NỘI DUNG DỪNG ĐÁNH GIÁ, LOẠI HỒ SƠ HOẶC KHÔNG CHẤM ĐIỂM"),
        Table(
            (32, 14, 8, 12, 34),
            ("Nội dung", "Hệ quả", "Số phiếu", "Kết quả", "Lý do của thành viên"),
            rows,
            aligns=("left", "left", "center", "left", "left"),
        ),
    ]


def _minimums(found: ComparisonRecord) -> list[Block]:
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for star in found.stars:
        if not star.minimums:
            continue
        band = "điểm trung bình đạt" if star.band_met else "điểm trung bình không đạt"
        strong.append(len(rows))
        rows.append((f"Hạng {star.star} sao (từ {points(star.points_from)} điểm: {band})",))
        rows += [
            (
                vote.criterion,
                vote.criterion_text.vi,
                vote.required_text.vi,
                f"{vote.reached}/{vote.counted}",
                "Đạt" if vote.met else "Không đạt",
            )
            for vote in star.minimums
        ]
    if not rows:
        return []
    place = "IV" if found.gates else "III"
    return [
        Section(f"{place}. BIỂU QUYẾT VỀ MỨC TỐI THIỂU CỦA TỪNG HẠNG"),
        Table(
            (6, 32, 42, 9, 11),
            ("Tiêu chí", "Nội dung", "Mức tối thiểu", "Số phiếu đạt", "Kết quả"),
            tuple(rows),
            aligns=("center", "left", "left", "center", "center"),
            strong=tuple(strong),
            small=True,
        ),
    ]


def _result(found: ComparisonRecord) -> list[Block]:
    return [
        Section("CĂN CỨ CỦA KẾT QUẢ"),
        # The last step is the result; it stays with the signatures.
        *(Paragraph(f"- {step.vi}") for step in found.explanation[:-1]),
    ]
