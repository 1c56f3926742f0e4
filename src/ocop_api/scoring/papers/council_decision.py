"""The draft of a recognition decision (*dự thảo quyết định công nhận*) with its annex of products."""

from collections.abc import Iterator, Sequence
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.forwarding import OutcomeKind
from ocop_api.domain.regimes import Regime
from ocop_api.dossiers.papers.blocks import (
    Block,
    Closing,
    Form,
    Heading,
    Paragraph,
    Section,
    Signature,
    Table,
    Title,
)
from ocop_api.scoring.papers.council_facts import FileFacts, Letterhead, SessionFacts
from ocop_api.scoring.papers.council_words import (
    NO_POINTS,
    UNDATED,
    bases,
    begun_small,
    footer,
    leader_of,
    mean_of,
    minutes_name,
    sitting_of,
)

_CARRIED_OUT_BY: Final = {
    Level.DISTRICT: "Chánh Văn phòng Hội đồng nhân dân và {authority}, Trưởng các phòng, ban chuyên môn, "
    "Chủ tịch Ủy ban nhân dân các xã, thị trấn",
    Level.PROVINCE: "Chánh Văn phòng {authority}, Giám đốc Sở Nông nghiệp và Môi trường, Thủ trưởng các sở, "
    "ban, ngành, Chủ tịch Ủy ban nhân dân các xã, phường, đặc khu",
    Level.CENTRAL: "Chánh Văn phòng Bộ, Chánh Văn phòng Điều phối nông thôn mới Trung ương, Thủ trưởng các "
    "đơn vị thuộc {authority}, Ủy ban nhân dân các tỉnh, thành phố",
}


def recognition_decision(facts: SessionFacts) -> Form:
    """The draft on the dossiers that this level recognises; there is at least one."""
    files = facts.proposed(OutcomeKind.RECOGNISE)
    head = facts.head
    central = head.level is Level.CENTRAL
    leader = leader_of(head)
    laws = [law for law in facts.regimes if any(one.regime.code == law.code for one in files)]
    stars = sorted({one.outcome.star for one in files if one.outcome is not None})
    about = (
        "Về việc công nhận sản phẩm OCOP đạt hạng "
        + " và hạng ".join(f"{star} sao" for star in stars)
        + f" năm {facts.held_on.year}"
    )
    mark = "QĐ-BNNMT" if central else "QĐ-UBND"
    coordinating = "cấp tỉnh" if head.level is Level.DISTRICT else "Trung ương"
    title = "BỘ TRƯỞNG" if central else "CHỦ TỊCH"
    blocks: list[Block] = [
        Heading(office=(head.authority_lines,), number=f"Số: ……/{mark}", dated=f"{head.place}, {UNDATED}"),
        Title("QUYẾT ĐỊNH", about),
        Section(leader.upper(), centred=True),
        *bases(facts, laws),
        Paragraph(
            f"Căn cứ {minutes_name(facts)} của {head.council} đối với {begun_small(sitting_of(facts))};",
            italic=True,
            indented=True,
        ),
        Paragraph(
            f"Theo đề nghị của {head.council} tại Tờ trình số ……/TTr-HĐ {UNDATED}.",
            italic=True,
            indented=True,
        ),
        Section("QUYẾT ĐỊNH:", centred=True),
        *_articles(head, files, laws),
        Closing(
            recipients=(
                "- Như Điều 3;",
                f"- Văn phòng Điều phối nông thôn mới {coordinating};",
                "- Thành viên Hội đồng;",
                "- Lưu: VT.",
            ),
            right=Signature("", title, "(Ký, đóng dấu)"),
        ),
        Section("PHỤ LỤC\nDANH SÁCH SẢN PHẨM OCOP ĐƯỢC CÔNG NHẬN", centred=True, new_page=True),
        Paragraph(f"(Kèm theo Quyết định số ……/{mark} {UNDATED} của {leader})", italic=True, centred=True),
        _annex(files),
    ]
    name = "Dự thảo quyết định công nhận"
    return Form(
        number="",
        title=f"{name} – {head.council}",
        note=footer(facts, name),
        draft=True,
        blocks=blocks,
        mark="DỰ THẢO",
    )


def _articles(head: Letterhead, files: Sequence[FileFacts], laws: Sequence[Regime]) -> Iterator[Paragraph]:
    yield Paragraph(
        f"Công nhận và cấp giấy chứng nhận cho {len(files):02d} sản phẩm OCOP có tên, chủ thể và hạng sao "
        "ghi tại Phụ lục kèm theo Quyết định này.",
        lead="Điều 1.",
        indented=True,
    )
    terms = "; ".join(
        f"{law.certificate.months} tháng kể từ ngày cấp đối với sản phẩm đánh giá theo "
        f"Quyết định số {law.decisions[0].number}"
        for law in laws
    )
    yield Paragraph(f"Thời hạn của giấy chứng nhận là {terms}.", lead="Điều 2.", indented=True)
    office = _CARRIED_OUT_BY[head.level].format(authority=head.authority)
    yield Paragraph(
        f"{office} có liên quan và chủ thể có sản phẩm tại Phụ lục chịu trách nhiệm thi hành Quyết định này; "
        "chủ thể duy trì các điều kiện đã được đánh giá và sử dụng biểu trưng OCOP đúng hạng, đúng thời hạn.",
        lead="Điều 3.",
        indented=True,
    )
    yield Paragraph("Quyết định này có hiệu lực kể từ ngày ký./.", lead="Điều 4.", indented=True)


def _annex(files: Sequence[FileFacts]) -> Table:
    rows = tuple(
        (
            str(place),
            one.product,
            one.producer,
            one.address or NO_POINTS,
            f"{one.outcome.star} sao" if one.outcome is not None else NO_POINTS,
            one.product_code or NO_POINTS,
            mean_of(one),
        )
        for place, one in enumerate(files, 1)
    )
    return Table(
        (6, 21, 21, 21, 9, 21, 10),
        ("TT", "Sản phẩm", "Chủ thể", "Địa chỉ", "Hạng", "Mã sản phẩm", "Điểm trung bình"),
        rows,
        aligns=("center", "left", "left", "left", "center", "center", "center"),
    )
