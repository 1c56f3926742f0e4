"""The decision to withdraw a certificate (*quyết định thu hồi giấy chứng nhận*), as a draft and as made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.regimes import regime
from ocop_api.domain.vietnamese import date_in_words
from ocop_api.domain.withdrawal import GROUND_RULES, LAW, WithdrawalBasis
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

_DECISION: Final = regime(LAW).decisions[-1]
_LAW: Final = f"Quyết định số {_DECISION.number}"
_NONE: Final = "–"
_UNDATED: Final = "ngày …… tháng …… năm ……"
_NAME: Final = "Quyết định thu hồi giấy chứng nhận"
_OFFICES: Final = {
    Level.PROVINCE: "cơ quan tham mưu quản lý OCOP cấp tỉnh",
    Level.CENTRAL: "cơ quan tham mưu quản lý OCOP của Bộ",
}
_CARRIED_OUT_BY: Final = {
    Level.PROVINCE: "Chánh Văn phòng {authority}, Giám đốc Sở Nông nghiệp và Môi trường",
    Level.CENTRAL: "Chánh Văn phòng Bộ, Chánh Văn phòng Điều phối nông thôn mới Trung ương",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFacts:
    """What the decision says.

    Attributes:
        level: of whoever decides, ``province`` or ``central``.
        authority: *Ủy ban nhân dân tỉnh Lâm Đồng*, at the centre the ministry.
        place: where it is dated.
        number: printed number of the certificate; the fields after it are as on the certificate.
        recognised_by: number, day and authority of the recognition, as far as they are known.
        concluded_by: who concluded or confirmed, where that is known.
        decision_number: with ``decided_on`` once it is decided; a draft has neither.
        signer_title: above the signature; whoever decides at that level unless given.
    """

    level: Level
    authority: str
    place: str
    number: str | None
    product: str
    producer: str
    address: str
    stars: int
    issued_on: date | None
    valid_until: date | None
    recognised_by: tuple[str | None, date | None, str | None]
    ground: WithdrawalGround
    further_grounds: Sequence[WithdrawalGround]
    concluded_by: str | None
    conclusion_number: str | None
    concluded_on: date
    summary: str
    recipients: Sequence[str]
    decided: bool
    decision_number: str | None
    decided_on: date | None
    signer_title: str | None


def withdrawal_decision(facts: WithdrawalFacts) -> Form:
    """The decision: marked as a draft until there is one."""
    central = facts.level is Level.CENTRAL
    leader = f"Bộ trưởng {facts.authority}" if central else f"Chủ tịch {facts.authority}"
    number = facts.decision_number or ("……/QĐ-BNNMT" if central else "……/QĐ-UBND")
    day = _UNDATED if facts.decided_on is None else date_in_words(facts.decided_on)
    title = facts.signer_title or ("Bộ trưởng" if central else "Chủ tịch")
    blocks: list[Block] = [
        Heading(office=(_lines(facts),), number=f"Số: {number}", dated=f"{facts.place}, {day}"),
        Title("QUYẾT ĐỊNH", f"Về việc thu hồi giấy chứng nhận sản phẩm OCOP {facts.stars} sao"),
        Section(leader.upper(), centred=True),
        *(Paragraph(line, italic=True, indented=True) for line in _bases(facts)),
        Section("QUYẾT ĐỊNH:", centred=True),
        *_articles(facts),
        Closing(
            recipients=("- Như Điều 4;", *(f"- {one};" for one in facts.recipients), "- Lưu: VT."),
            right=Signature("", title.upper(), "(Ký, đóng dấu)"),
            lead="Điều 5.",
            last="Quyết định này có hiệu lực kể từ ngày ký./.",
        ),
    ]
    return Form(
        number="",
        title=f"{_NAME} {facts.number or facts.product}",
        note=f"{_NAME} – {facts.number or facts.product}",
        draft=not facts.decided,
        blocks=blocks,
        mark="DỰ THẢO",
    )


def _lines(facts: WithdrawalFacts) -> str:
    """The authority as the heading breaks it."""
    broken = facts.authority.replace("Ủy ban nhân dân ", "Ủy ban nhân dân\n").replace(" và ", "\nvà ", 1)
    return broken.upper()


def _conclusion(facts: WithdrawalFacts) -> str:
    """What it rests on, by name, number, day and authority."""
    confirmed = GROUND_RULES[facts.ground].basis is WithdrawalBasis.CONFIRMATION
    said = ["Xác nhận" if confirmed else "Kết luận"]
    if facts.conclusion_number is not None:
        said.append(f"số {facts.conclusion_number}")
    said.append(date_in_words(facts.concluded_on))
    unnamed = "Ủy ban nhân dân cấp xã" if confirmed else "cơ quan có thẩm quyền"
    said.append(f"của {facts.concluded_by or unnamed}")
    return " ".join(said)


def _bases(facts: WithdrawalFacts) -> Iterator[str]:
    yield f"Căn cứ {_LAW} {date_in_words(_DECISION.issued_on)} của Thủ tướng Chính phủ;"
    yield f"Căn cứ {_conclusion(facts)};"
    yield f"Theo đề nghị của {_OFFICES[facts.level]} tại Tờ trình số ……/TTr {_UNDATED}."


def _articles(facts: WithdrawalFacts) -> Iterator[Block]:
    known = [f"số {facts.number}" if facts.number is not None else "", _recognition(facts)]
    which = " ".join(one for one in known if one)
    yield Paragraph(
        f"Thu hồi giấy chứng nhận sản phẩm OCOP {which}".rstrip() + ", gồm:", lead="Điều 1.", indented=True
    )
    yield Table((32, 68), ("Nội dung", "Thông tin"), tuple(_rows(facts)))
    grounds = (facts.ground, *facts.further_grounds)
    why = "; ".join(f"{one.vi[:1].lower()}{one.vi[1:]}" for one in grounds)
    points = ", ".join(f"điểm {one.point}" for one in grounds)
    yield Paragraph(
        f"Lý do thu hồi: {why} ({points} khoản 1 Điều 8 {_LAW}), theo {_conclusion(facts)}.",
        lead="Điều 2.",
        indented=True,
    )
    yield Paragraph(f"Nội dung: {facts.summary}", indented=True)
    yield Paragraph(
        "Kể từ ngày Quyết định này có hiệu lực, chủ thể không được gắn nhãn hiệu OCOP và hạng sao cho "
        "sản phẩm nêu tại Điều 1, trên bao bì, nhãn, tài liệu giới thiệu và trên các kênh bán hàng.",
        lead="Điều 3.",
        indented=True,
    )
    office = _CARRIED_OUT_BY[facts.level].format(authority=facts.authority)
    yield Paragraph(
        f"{office}, Thủ trưởng các cơ quan, đơn vị có liên quan và {facts.producer} chịu trách nhiệm "
        "thi hành Quyết định này.",
        lead="Điều 4.",
        indented=True,
    )


def _recognition(facts: WithdrawalFacts) -> str:
    number, decided_on, authority = facts.recognised_by
    if number is None:
        return ""
    day = "" if decided_on is None else f" {date_in_words(decided_on)}"
    return f"cấp theo Quyết định số {number}{day}" + ("" if authority is None else f" của {authority}")


def _rows(facts: WithdrawalFacts) -> Iterator[tuple[str, str]]:
    yield "Sản phẩm", facts.product
    yield "Hạng", f"{facts.stars} sao"
    yield "Chủ thể", facts.producer
    yield "Địa chỉ", facts.address or _NONE
    yield "Số giấy chứng nhận", facts.number or _NONE
    yield "Ngày cấp", _day(facts.issued_on)
    yield "Có giá trị đến", _day(facts.valid_until)


def _day(day: date | None) -> str:
    return _NONE if day is None else f"{day:%d/%m/%Y}"
