"""Submissions (*tờ trình*) of a council to whoever decides, one for each kind of proposal."""

from dataclasses import dataclass
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.dossiers.papers.blocks import Closing, Form, Paragraph, Signature, Table, Title
from ocop_api.scoring.papers.council_facts import FileFacts, SessionFacts
from ocop_api.scoring.papers.council_words import (
    MINISTRY,
    NO_POINTS,
    OFFICES,
    bases,
    begun_small,
    footer,
    found_of,
    heading,
    leader_of,
    mean_of,
    minutes_name,
    sitting_of,
)


@dataclass(frozen=True, slots=True)
class _Wording:
    about: str
    asks: str


_RECOGNISE: Final = _Wording(
    "Về việc công nhận kết quả đánh giá, phân hạng sản phẩm OCOP",
    "xem xét, quyết định công nhận {count} sản phẩm đạt hạng sao và cấp giấy chứng nhận theo danh sách sau:",
)
_NOT_REACHED: Final = _Wording(
    "Về kết quả đánh giá các sản phẩm không đạt hạng được công nhận",
    "cho ý kiến và thông báo bằng văn bản cho chủ thể, Ủy ban nhân dân cấp xã về kết quả của {count} "
    "sản phẩm không đạt hạng được công nhận theo danh sách sau:",
)


def submission(facts: SessionFacts, kind: OutcomeKind) -> Form:
    """The submission on the dossiers of one kind of proposal; there is at least one."""
    files = facts.proposed(kind)
    wording = _wording(kind, files)
    leader = leader_of(facts.head)
    chair = facts.presiding
    office = "CHỦ TỊCH HỘI ĐỒNG" if chair is None else OFFICES[chair.office].upper()
    blocks = [
        heading(facts.head, "TTr-HĐ"),
        Title("TỜ TRÌNH", wording.about),
        Paragraph(f"Kính gửi: {leader}.", centred=True),
        *bases(facts, [law for law in facts.regimes if any(one.regime.code == law.code for one in files)]),
        Paragraph(
            f"Căn cứ {minutes_name(facts)} của Hội đồng đối với {begun_small(sitting_of(facts))},",
            italic=True,
            indented=True,
        ),
        Paragraph(
            f"{facts.head.council} đã đánh giá, phân hạng các sản phẩm theo bộ tiêu chí và kính đề nghị "
            f"{leader} " + wording.asks.format(count=f"{len(files):02d}"),
            indented=True,
        ),
        _table(files),
        Closing(
            recipients=("- Như trên;", "- Thành viên Hội đồng;", "- Lưu: VT, HĐ."),
            right=Signature(
                "", f"TM. HỘI ĐỒNG\n{office}", "(Ký, đóng dấu)", "" if chair is None else chair.name
            ),
            last=f"Hồ sơ kèm theo gồm {begun_small(minutes_name(facts))}, bảng tổng hợp điểm và phiếu chấm "
            f"điểm của từng sản phẩm. Kính trình {leader} xem xét, quyết định./.",
        ),
    ]
    name = "Tờ trình"
    return Form(
        number="", title=f"{name}: {wording.about}", note=footer(facts, name), draft=False, blocks=blocks
    )


def _wording(kind: OutcomeKind, files: list[FileFacts]) -> _Wording:
    if kind is OutcomeKind.RECOGNISE:
        return _RECOGNISE
    if kind is OutcomeKind.NOT_REACHED:
        return _NOT_REACHED
    outcome = files[0].outcome
    level = None if outcome is None else outcome.level
    to = MINISTRY if level is Level.CENTRAL else "Ủy ban nhân dân cấp tỉnh"
    if kind is OutcomeKind.FORWARD:
        return _Wording(
            "Về việc chuyển hồ sơ đề nghị cấp trên đánh giá, phân hạng sản phẩm OCOP",
            "phê duyệt kết quả đánh giá và gửi " + to + " hồ sơ của {count} sản phẩm có khả năng đạt hạng "
            "do cấp trên công nhận theo danh sách sau:",
        )
    return _Wording(
        "Về việc chuyển kết quả đánh giá cho cấp dưới xem xét, quyết định",
        "chuyển kết quả đánh giá của {count} sản phẩm có hạng thuộc thẩm quyền công nhận của cấp dưới để "
        "xem xét, quyết định theo danh sách sau:",
    )


def _table(files: list[FileFacts]) -> Table:
    rows = tuple(
        (
            str(place),
            one.product,
            one.producer,
            one.product_code or NO_POINTS,
            mean_of(one),
            found_of(one),
        )
        for place, one in enumerate(files, 1)
    )
    return Table(
        (6, 27, 27, 20, 10, 10),
        ("TT", "Sản phẩm", "Chủ thể", "Mã sản phẩm", "Điểm trung bình", "Kết quả"),
        rows,
        aligns=("center", "left", "left", "center", "center", "center"),
    )
