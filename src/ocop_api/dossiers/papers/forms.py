"""Forms 01, 02 and 03 of Annex III to Decision 26/2026, from what is stored. Pure.

What is not known becomes dots to fill in by hand, as on the printed form. Files of earlier regimes use the
same forms under the number of their own decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ocop_api.domain.dossier import DossierKind
from ocop_api.domain.evidence import KINDS, EvidenceKind
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.domain.rubric.stars import Evaluation
from ocop_api.dossiers.papers.blocks import (
    Block,
    Boxes,
    Field,
    Form,
    Heading,
    Paragraph,
    Section,
    Signature,
    Table,
    Title,
)
from ocop_api.dossiers.schemas import DossierContents, Evidence

_FORMS: Final = {
    "cooperative": "Hợp tác xã",
    "cooperative_group": "Tổ hợp tác",
    "cooperative_union": "Liên hiệp hợp tác xã",
    "small_medium_enterprise": "Doanh nghiệp nhỏ và vừa",
    "company": "Công ty",
    "enterprise": "Doanh nghiệp",
    "farm": "Trang trại",
    "production_household": "Hộ sản xuất",
    "family_business": "Hộ kinh doanh",
    "association": "Hội",
    "operating_centre": "Trung tâm điều hành",
    "equivalent_body": "Tổ chức tương đương",
}
_UPDATES: Final = {
    "raw_material": "Nguyên liệu",
    "technology": "Công nghệ sử dụng",
    "packaging": "Bao bì",
    "labels": "Nhãn mác",
    "quality_declaration": "Công bố chất lượng",
    "test_reports": "Các phiếu kiểm nghiệm",
    "market": "Thị trường",
    "output": "Sản lượng",
    "revenue": "Doanh thu",
}
_TOPICS: Final = (
    ("origin_and_local_material", "1. Về sử dụng nguyên liệu địa phương:"),
    ("local_labour", "2. Về sử dụng lao động địa phương:"),
    ("origin_of_idea", "3. Nguồn gốc ý tưởng sản phẩm:"),
    ("local_identity_and_knowledge", "4. Bản sắc/trí tuệ địa phương:"),
)
_KINDS: Final = (
    (DossierKind.FIRST, "Lần đầu"),
    (DossierKind.UPGRADE, "Nâng hạng:"),
    (DossierKind.RERATING, "Đánh giá lại:"),
)


@dataclass(frozen=True, slots=True)
class Maker:
    """The producer as the register knows it."""

    name: str
    legal_form: str
    address: str
    representative: str
    position: str
    is_woman: bool | None
    phone: str
    email: str
    registered_on: date | None
    registration_number: str


@dataclass(frozen=True, slots=True)
class PrintedDocument:
    """What of a document the table of evidence shows."""

    title: str
    pages: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """Everything the forms are filled in from."""

    kind: DossierKind
    decision: str
    contents: DossierContents
    maker: Maker
    product_name: str
    commune: str
    province: str
    year: int
    slip: str
    lodged_on: date | None
    received_on: date | None
    samples: int
    criteria_set: CriteriaSet | None
    evaluation: Evaluation | None
    documents: Mapping[UUID, PrintedDocument]
    form_03: Mapping[str, Any] | None
    form_03_letter: Mapping[str, Any] | None
    form_03_on: date | None
    draft: bool


def form_01(facts: FormFacts) -> Form:
    """Registration slip (*phiếu đăng ký đánh giá, phân hạng sản phẩm OCOP*)."""
    slip = facts.contents.registration
    blocks: list[Block] = [
        Heading(),
        Title(
            "PHIẾU ĐĂNG KÝ",
            f"Tham gia đánh giá, phân hạng sản phẩm OCOP của {facts.province or 'tỉnh ……'} năm {facts.year}",
        ),
        Section("1. Thông tin về đơn vị đăng ký:"),
        Field("- Tên đơn vị:", slip.organisation or facts.maker.name),
        Field("- Họ tên người đại diện pháp lý:", slip.representative or facts.maker.representative),
        Field("- Chức vụ:", slip.position or facts.maker.position),
        Field("- Địa chỉ liên hệ:", slip.address or facts.maker.address),
        Field("- Điện thoại:", slip.phone or facts.maker.phone),
        Field("- Email:", slip.email or facts.maker.email),
        Field("2. Tên sản phẩm:", slip.product_name or facts.product_name),
        Field("3. Nhóm sản phẩm đăng ký (Ngành, Nhóm, Phân nhóm):", _classified(facts.criteria_set)),
        Boxes(tuple((label, facts.kind is kind) for kind, label in _KINDS), label="4. Lần đăng ký đánh giá:"),
        Section("5. Tài liệu kèm theo:"),
        Paragraph("- Báo cáo đánh giá về sản phẩm theo Bộ tiêu chí (bản gốc, bản điện tử)."),
        Field("- Sản phẩm mẫu (số lượng):", str(facts.samples) if facts.samples else "không yêu cầu"),
        *([Paragraph(slip.attachments)] if slip.attachments else []),
        Paragraph(
            "Cam đoan những thông tin trong Phiếu đăng ký là đúng sự thật, chúng tôi xin cam kết tuân thủ "
            "các quy định về đánh giá, phân hạng sản phẩm OCOP, chịu trách nhiệm trước Hội đồng và pháp "
            "luật về Hồ sơ đăng ký đánh giá, phân hạng sản phẩm."
        ),
        Signature(
            _dated(facts.commune, facts.lodged_on),
            "ĐẠI DIỆN",
            "(Ký, đóng dấu, ghi rõ họ tên)",
            slip.representative or "",
        ),
        Section("PHẦN DÀNH CHO CƠ QUAN QUẢN LÝ", centred=True, new_page=True),
        Section("DÀNH CHO ỦY BAN NHÂN DÂN CẤP XÃ"),
        *_received(facts.slip, facts.received_on),
        Section("DÀNH CHO CƠ QUAN QUẢN LÝ OCOP CẤP TỈNH"),
        *_received(facts.slip, None),
    ]
    return _form("01", "Phiếu đăng ký đánh giá, phân hạng sản phẩm OCOP", facts, blocks)


def form_02(facts: FormFacts) -> Form:
    """Self-assessment report (*báo cáo tự đánh giá về sản phẩm*)."""
    report, slip, maker = facts.contents.report, facts.contents.registration, facts.maker
    there = {item.kind for item in facts.contents.evidence}
    registered = f"{_day(maker.registered_on)}  Số giấy đăng ký (nếu có): {maker.registration_number or '……'}"
    blocks: list[Block] = [
        Heading(),
        Title("BÁO CÁO TỰ ĐÁNH GIÁ VỀ SẢN PHẨM", "(Dành cho chủ thể có sản phẩm đăng ký)"),
        Section("Phần I\nTHÔNG TIN CHUNG", centred=True),
        Field("1. Tên chủ thể:", slip.organisation or maker.name),
        Field("2. Loại hình tổ chức:", _FORMS.get(maker.legal_form, "")),
        Field("3. Địa chỉ:", slip.address or maker.address),
        Field("4. Điện thoại:", slip.phone or maker.phone),
        Field("Email:", slip.email or maker.email),
        Section("5. Tên người đại diện pháp luật:"),
        Field("- Họ tên:", slip.representative or maker.representative),
        Field("- Giới tính; dân tộc:", {True: "Nữ", False: "Nam", None: ""}[maker.is_woman]),
        Field("- Địa chỉ thường trú:"),
        Field("6. Ngày thành lập/đăng ký kinh doanh:", registered if maker.registered_on else ""),
        Field(
            "7. Tên sản phẩm/dịch vụ, mô tả về quy cách sản phẩm, tiêu chuẩn:",
            slip.product_name or facts.product_name,
        ),
        *_ticks(there),
        Section("8. Lịch sử hình thành của chủ thể:"),
        Paragraph(report.general_information or "", empty=3),
        Section("9. Cơ cấu tổ chức của chủ thể:"),
        Paragraph(report.organisation_chart or "", empty=2),
        Section("Phần II\nKẾT QUẢ THỰC HIỆN PHƯƠNG ÁN SẢN XUẤT KINH DOANH", centred=True),
        Paragraph(report.plan_results or "", empty=4),
        Section("Phần III\nĐÁNH GIÁ KẾT QUẢ THỰC HIỆN THEO BỘ TIÊU CHÍ SẢN PHẨM OCOP", centred=True),
        *_assessed(facts),
        Section("Tài liệu minh chứng"),
        _evidence_table(facts),
        *_of_kind(facts),
        Section("Phần IV\nKẾ HOẠCH SẢN XUẤT, KINH DOANH", centred=True),
        Paragraph(report.production_plan or "", empty=4),
        Signature(
            _dated(facts.commune, facts.lodged_on),
            "ĐẠI DIỆN THEO PHÁP LUẬT CỦA CƠ SỞ",
            "(Ký, họ tên, đóng dấu)",
            slip.representative or "",
        ),
    ]
    return _form("02", "Báo cáo tự đánh giá về sản phẩm", facts, blocks)


def form_03(facts: FormFacts) -> Form:
    """The commune's report on four topics (Art. 7.2a), as it was issued; empty topics before."""
    slip, maker, found = facts.contents.registration, facts.maker, facts.form_03 or {}
    letter = facts.form_03_letter or {}
    blocks: list[Block] = [
        Heading((f"ỦY BAN NHÂN DÂN\n{facts.commune.upper() or 'XÃ/PHƯỜNG ……'}",)),
        Title(
            "BÁO CÁO",
            "Đánh giá một số nội dung của hồ sơ đăng ký\ntham gia đánh giá, phân hạng sản phẩm OCOP",
        ),
        Section("I. THÔNG TIN CHUNG VỀ HỒ SƠ SẢN PHẨM"),
        Field("1. Tên chủ thể:", slip.organisation or maker.name),
        Field("2. Loại hình tổ chức:", _FORMS.get(maker.legal_form, "")),
        Field("3. Địa chỉ:", slip.address or maker.address),
        Section("4. Tên người đại diện pháp luật:"),
        Field("- Họ tên:", slip.representative or maker.representative),
        Field("- Giới tính; dân tộc:", {True: "Nữ", False: "Nam", None: ""}[maker.is_woman]),
        Field("- Địa chỉ thường trú:"),
        Field("5. Sản phẩm đăng ký đánh giá:", slip.product_name or facts.product_name),
        Section("II. ĐÁNH GIÁ MỘT SỐ NỘI DUNG CỦA HỒ SƠ SẢN PHẨM"),
    ]
    for topic, label in _TOPICS:
        one = found.get(topic) or {}
        blocks += [Section(label), Paragraph(str(one.get("finding") or ""), empty=2)]
        if one:
            agreed = bool(one.get("supported"))
            blocks.append(
                Boxes((("Đúng như hồ sơ", agreed), ("Không đúng như hồ sơ", not agreed)), label="Kết luận:")
            )
    if found.get("recommendation"):
        blocks += [Section("Kiến nghị:"), Paragraph(str(found["recommendation"]))]
    blocks += [
        Paragraph(
            f"Ủy ban nhân dân {facts.commune or 'xã ……'} đề nghị Ủy ban nhân dân "
            f"{facts.province or 'tỉnh ……'} đánh giá, phân hạng sản phẩm OCOP cho sản phẩm "
            f"{slip.product_name or facts.product_name} của "
            f"{slip.organisation or facts.maker.name}."
        ),
        *([Field("Văn bản đề nghị số:", f"{letter['number']}")] if letter.get("number") else []),
        Signature(
            _dated(facts.commune, facts.form_03_on),
            f"T.M ỦY BAN NHÂN DÂN\n{facts.commune.upper() or 'XÃ ……'}",
            "(Ký tên và đóng dấu)",
        ),
    ]
    return _form("03", "Báo cáo đánh giá một số nội dung của hồ sơ", facts, blocks)


def _form(number: str, title: str, facts: FormFacts, blocks: Sequence[Block]) -> Form:
    note = f"Mẫu số {number}: {title} – {facts.decision}"
    if facts.slip:
        note = f"{note} – Phiếu số {facts.slip}"
    return Form(number, title, note, facts.draft, blocks)


def _classified(criteria_set: CriteriaSet | None) -> str:
    if criteria_set is None:
        return ""
    parts = (criteria_set.industry.text.vi, criteria_set.group.text.vi, criteria_set.text.vi)
    return "; ".join(dict.fromkeys(parts))


def _received(slip: str, on: date | None) -> list[Block]:
    return [
        Field("Phiếu số:", slip),
        Field("Ngày nhận:", "" if on is None else _day(on)),
        Field("Người tiếp nhận, chữ ký:"),
        Signature("", "Cơ quan tiếp nhận", "(Ký, đóng dấu và ghi rõ họ tên)"),
    ]


def _ticks(there: set[EvidenceKind]) -> list[Block]:
    rows = (
        ("a) Giấy đăng ký kinh doanh:", EvidenceKind.BUSINESS_REGISTRATION),
        ("b) Đã công bố chất lượng sản phẩm theo quy định:", EvidenceKind.QUALITY_DECLARATION),
        ("c) Đã có các điều kiện sản xuất theo quy định:", EvidenceKind.PRODUCTION_CONDITION),
        ("d) Đã có đăng ký sở hữu trí tuệ:", EvidenceKind.INTELLECTUAL_PROPERTY),
    )
    return [Boxes(((label, kind in there),)) for label, kind in rows]


def _assessed(facts: FormFacts) -> list[Block]:
    if facts.criteria_set is None or facts.evaluation is None:
        return [Paragraph("", empty=4)]
    cited: dict[str, list[str]] = {}
    for place, item in enumerate(facts.contents.evidence, 1):
        for code in item.criteria:
            cited.setdefault(code, []).append(str(place))
    rows = []
    for score in facts.evaluation.criteria:
        criterion = facts.criteria_set.criteria[score.code]
        choice = facts.contents.self_assessment.get(score.code)
        option = None if choice is None else criterion.by_level.get(choice.level)
        rows.append(
            (
                score.code,
                criterion.text.vi,
                "" if option is None else option.text.vi,
                f"{score.max:f}",
                "" if choice is None else f"{score.points:f}",
                ", ".join(cited.get(score.code, [])),
            )
        )
    total = f"{facts.evaluation.total:f}"
    rows.append(("", "Tổng điểm tự đánh giá", "", f"{facts.criteria_set.attainable:f}", total, ""))
    head = ("Tiêu chí", "Nội dung", "Mức tự đánh giá", "Điểm tối đa", "Điểm", "Minh chứng số")
    return [Table((9, 24, 35, 10, 9, 13), head, tuple(rows))]


def _evidence_table(facts: FormFacts) -> Block:
    rows = tuple(
        (
            str(place),
            _named(item, facts.documents),
            item.number or "",
            item.issuer or "",
            _day(item.issued_on),
            _day(item.expires_on),
            ", ".join(item.criteria),
        )
        for place, item in enumerate(facts.contents.evidence, 1)
    )
    head = ("Số", "Tài liệu", "Số hiệu", "Nơi cấp", "Ngày cấp", "Hết hiệu lực", "Tiêu chí")
    return Table((6, 30, 14, 16, 13, 13, 12), head, rows)


def _named(item: Evidence, documents: Mapping[UUID, PrintedDocument]) -> str:
    label = KINDS[item.kind].vi
    document = None if item.document_id is None else documents.get(item.document_id)
    if document is None:
        return label
    pages = "" if document.pages is None else f" ({document.pages} trang)"
    return f"{label}: {document.title}{pages}"


def _of_kind(facts: FormFacts) -> list[Block]:
    if facts.kind is DossierKind.UPGRADE:
        changed = [Paragraph(f"- {text}") for text in facts.contents.changes] or [Paragraph("", empty=3)]
        return [Section("Những thay đổi so với sản phẩm OCOP đã được công nhận"), *changed]
    if facts.kind is DossierKind.RERATING:
        written = facts.contents.updates.model_dump()
        blocks: list[Block] = [Section("Cập nhật nội dung mới và kết quả sau thời gian được công nhận")]
        blocks += [Field(f"- {label}:", written[name] or "") for name, label in _UPDATES.items()]
        return blocks
    return []


def _dated(place: str, on: date | None) -> str:
    if on is None:
        return f"{place or '……'}, ngày …… tháng …… năm ……"
    return f"{place or '……'}, ngày {on.day:02d} tháng {on.month:02d} năm {on.year}"


def _day(on: date | None) -> str:
    return "" if on is None else f"{on:%d/%m/%Y}"
