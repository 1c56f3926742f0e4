"""Minutes of a session: *biên bản họp* of a meeting, *biên bản tổng hợp ý kiến* of written opinions."""

from collections.abc import Sequence

from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.council import MeetingForm
from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.domain.regimes import Level
from ocop_api.dossiers.papers.blocks import Block, Field, Form, Paragraph, Section, Table, Title
from ocop_api.scoring.papers.council_facts import FileFacts, RoundFacts, SeatFacts, SessionFacts
from ocop_api.scoring.papers.council_words import (
    KINDS,
    NO_POINTS,
    OFFICES,
    ROUND_REASONS,
    bases,
    dropped_words,
    footer,
    found_of,
    heading,
    hour,
    mean_of,
    minutes_name,
    moment,
    number,
    recusal_words,
    short_moment,
    signatures,
    version_of,
)
from ocop_api.scoring.papers.wording import GATE_EFFECTS, date_in_words, points
from ocop_api.scoring.schemas.results import ComparisonRecord

_LEVELS = {
    Level.COMMUNE: "cấp xã",
    Level.DISTRICT: "cấp huyện",
    Level.PROVINCE: "cấp tỉnh",
    Level.CENTRAL: "cấp trung ương",
}


def minutes(facts: SessionFacts) -> Form:
    """The minutes of a closed session."""
    meeting = facts.form is MeetingForm.MEETING
    name = minutes_name(facts)
    closed_at = facts.closed_at or facts.opened_at
    blocks: list[Block] = [
        heading(facts.head, "BB-HĐ", vietnam_date(closed_at)),
        Title(name.upper(), facts.head.council),
        *bases(facts, facts.regimes),
        Section("I. THỜI GIAN, ĐỊA ĐIỂM, HÌNH THỨC"),
        Field("Hình thức:", "họp Hội đồng" if meeting else "lấy ý kiến các thành viên Hội đồng bằng văn bản"),
        *([Field("Lý do tổ chức họp:", facts.meeting_reason)] if facts.meeting_reason else []),
        Field("Bắt đầu:", moment(facts.opened_at)),
        Field("Kết thúc:", moment(closed_at)),
        *([Field("Địa điểm:", facts.venue or "")] if meeting else []),
        *_calling(facts),
        Section("II. THÀNH PHẦN"),
        *_attendance(facts, meeting=meeting),
        Section("III. CÁC HỒ SƠ ĐƯỢC ĐƯA RA ĐÁNH GIÁ"),
        _agenda(facts.files),
        Section("IV. KẾT QUẢ ĐÁNH GIÁ TỪNG HỒ SƠ"),
    ]
    for place, file in enumerate(facts.files, 1):
        blocks += _file(facts, place, file)
    blocks += [Section("V. KẾT LUẬN VÀ KIẾN NGHỊ"), _conclusions(facts)]
    ended = "Phiên họp" if meeting else "Việc lấy ý kiến"
    blocks.append(signatures(facts, facts.presiding, f"{ended} kết thúc lúc {moment(closed_at)}."))
    return Form(
        number="",
        title=f"{name} – {facts.head.council}",
        note=footer(facts, name),
        draft=False,
        blocks=blocks,
    )


def proposal_of(file: FileFacts) -> str:
    """What the council proposes for a dossier, in words."""
    outcome = file.outcome
    if outcome is None:
        return f"Không đánh giá: {dropped_words(file.dropped_reason)}"
    if outcome.kind is OutcomeKind.RECOGNISE:
        return f"Đề nghị công nhận hạng {outcome.star} sao"
    if outcome.kind is OutcomeKind.FORWARD:
        return f"Đề nghị chuyển hồ sơ lên {_LEVELS[outcome.level]} đánh giá hạng {outcome.star} sao"
    if outcome.kind is OutcomeKind.REMAND:
        return f"Đề nghị chuyển kết quả về {_LEVELS[outcome.level]} xem xét, quyết định"
    return "Không đạt hạng được công nhận; thông báo kết quả cho chủ thể"


def _attendance(facts: SessionFacts, *, meeting: bool) -> list[Block]:
    here, away = ("Có mặt", "Vắng mặt") if meeting else ("Được lấy ý kiến", "Không lấy ý kiến")
    rows = tuple(
        (str(place), seat.name, OFFICES[seat.office], _there(seat, here) if seat.present else away)
        for place, seat in enumerate(facts.seats, 1)
    )
    absent = [f"{seat.name} ({OFFICES[seat.office]})" for seat in facts.seats if not seat.present]
    presiding, secretary = facts.presiding, facts.secretary
    quorum = facts.quorum
    return [
        Table(
            (7, 45, 30, 18),
            ("TT", "Họ và tên", "Chức danh", "Tham dự" if meeting else "Lấy ý kiến"),
            rows,
            aligns=("center", "left", "left", "center"),
        ),
        Field("Chủ trì:", "" if presiding is None else f"{presiding.name} – {OFFICES[presiding.office]}"),
        Field("Thư ký:", "" if secretary is None else secretary.name),
        Paragraph(
            f"Số thành viên chấm điểm: {quorum.base}; {here.lower()}: {quorum.present}; "
            f"tối thiểu phải có: {quorum.required}."
        ),
        Paragraph(f"{away}: {'; '.join(absent) if absent else 'không có'}."),
    ]


def _calling(facts: SessionFacts) -> list[Block]:
    blocks: list[Block] = []
    if facts.opinions_due_on is not None:
        blocks.append(Field("Hạn gửi ý kiến:", date_in_words(facts.opinions_due_on)))
    if facts.short_notice_reason is not None:
        blocks.append(Field("Lý do rút ngắn thời gian mời họp:", facts.short_notice_reason))
    return blocks


def _there(seat: SeatFacts, here: str) -> str:
    came = "" if seat.arrived_at is None else f", đến lúc {hour(seat.arrived_at)}"
    went = "" if seat.left_at is None else f", rời lúc {hour(seat.left_at)}"
    return f"{here}{came}{went}"


def _agenda(files: Sequence[FileFacts]) -> Table:
    rows = tuple(
        (
            str(place),
            one.product,
            one.producer,
            one.product_code or NO_POINTS,
            f"{KINDS[one.kind]}; {version_of(one)}",
        )
        for place, one in enumerate(files, 1)
    )
    return Table(
        (7, 28, 26, 21, 18),
        ("TT", "Sản phẩm", "Chủ thể", "Mã hồ sơ", "Loại và phiên bản hồ sơ"),
        rows,
        aligns=("center", "left", "left", "left", "left"),
    )


def _file(facts: SessionFacts, place: int, file: FileFacts) -> list[Block]:
    blocks: list[Block] = [Section(f"{place}. {file.product} – {file.producer}")]
    blocks += [Paragraph(f"- Không tham gia đánh giá: {recusal_words(one)}") for one in file.recusals]
    blocks += [
        Paragraph(
            f"- Đã xem xét khả năng xung đột lợi ích, vẫn tham gia đánh giá: {name}; {reason.rstrip('.')}."
        )
        for name, reason in file.cleared
    ]
    if file.presiding is not None and file.presiding != facts.presiding:
        blocks.append(Paragraph(f"- Chủ trì đối với hồ sơ này: {file.presiding.name}."))
    for scored in file.rounds:
        if scored.comparison is not None:
            blocks += _round(facts, file, scored, scored.comparison)
    blocks += [
        Paragraph(
            f"- Phiếu nộp sau khi khóa vòng {late.round}, không tính vào kết quả: {late.name}, "
            f"nhận lúc {short_moment(late.received_at)}."
        )
        for late in file.late
    ]
    if file.outcome is None:
        blocks.append(
            Paragraph(
                f"Đưa ra khỏi chương trình, không có kết quả; lý do: {dropped_words(file.dropped_reason)}.",
                lead="- Kết luận:",
            )
        )
    else:
        blocks.append(
            Paragraph(f"{found_of(file)}. {proposal_of(file)}.", lead="- Kết luận:"),
        )
    return blocks


def _round(facts: SessionFacts, file: FileFacts, scored: RoundFacts, found: ComparisonRecord) -> list[Block]:
    names = facts.names
    many = len(file.rounds) > 1
    because = f" (chấm lại do {ROUND_REASONS[scored.reason]})" if scored.reason else ""
    said = [f"{found.counted} phiếu được tính"]
    if found.set_aside:
        aside = ", ".join(names.get(one, str(one)) for one in found.set_aside)
        said.append(f"không tính {len(found.set_aside)} phiếu của {aside} do không tham gia đánh giá hồ sơ")
    if found.mean is not None:
        said.append(f"điểm trung bình {number(found.mean.shown)}")
    if found.least is not None and found.most is not None and found.spread is not None:
        limit = "" if found.spread_limit is None else f" (mức cho phép {points(found.spread_limit)})"
        said.append(
            f"thấp nhất {points(found.least)}, cao nhất {points(found.most)}, "
            f"chênh lệch {points(found.spread)}{limit}"
        )
    title = f"Vòng {scored.number}" if many else "Chấm điểm"
    blocks: list[Block] = [Paragraph(f"- {title}{because}: {'; '.join(said)}.")]
    for vote in found.gates:
        carried = "được thông qua" if vote.carried else "không được thông qua"
        reasons = "; ".join(
            f"{names.get(one, str(one))}: {why.rstrip('.')}" for one, why in vote.reasons.items()
        )
        blocks.append(
            Paragraph(
                f"+ Nội dung “{vote.text.vi}” ({GATE_EFFECTS[vote.effect].lower()}): "
                f"{vote.votes}/{vote.counted} phiếu ghi nhận, {carried}. {reasons}."
            )
        )
    met = [star for star in found.stars if star.minimums and all(one.met for one in star.minimums)]
    if met:
        told = "; ".join(f"hạng {star.star} sao ({len(star.minimums)} tiêu chí)" for star in met)
        blocks.append(Paragraph(f"+ Đạt mức tối thiểu của: {told}."))
    for star in found.stars:
        missed = [one for one in star.minimums if not one.met]
        if missed and star.band_met:
            which = "; ".join(
                f"tiêu chí {one.criterion} ({one.reached}/{one.counted} phiếu đạt)" for one in missed
            )
            blocks.append(Paragraph(f"+ Không đạt mức tối thiểu của hạng {star.star} sao: {which}."))
    if found.new_round_needed:
        blocks.append(Paragraph("+ Vòng này chưa có kết quả."))
    return blocks


def _conclusions(facts: SessionFacts) -> Table:
    rows = tuple(
        (str(place), one.product, one.producer, mean_of(one), found_of(one), proposal_of(one))
        for place, one in enumerate(facts.files, 1)
    )
    return Table(
        (7, 24, 23, 10, 11, 25),
        ("TT", "Sản phẩm", "Chủ thể", "Điểm trung bình", "Kết quả", "Kiến nghị"),
        rows,
        aligns=("center", "left", "left", "center", "center", "left"),
    )
