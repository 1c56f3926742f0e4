"""Kinds of evidence a dossier holds (*minh chứng*): the fifteen of Form 02, Decision 26/2026."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ocop_api.domain.vietnamese import fold


class EvidenceKind(StrEnum):
    """What a document proves; the order is the form's."""

    BUSINESS_REGISTRATION = "business_registration"
    """Giấy đăng ký kinh doanh."""
    PRODUCTION_CONDITION = "production_condition"
    """Giấy chứng nhận đủ điều kiện sản xuất, an toàn thực phẩm (where compulsory)."""
    MATERIAL_ORIGIN = "material_origin"
    """Nguồn gốc nguyên liệu, vùng nguyên liệu, hợp đồng liên kết."""
    ENVIRONMENT = "environment"
    """Hồ sơ môi trường, công nghệ bền vững."""
    LOCAL_LABOUR = "local_labour"
    """Sử dụng lao động địa phương."""
    GROWTH = "growth"
    """Tăng trưởng: xếp loại hợp tác xã hoặc báo cáo tài chính hai năm."""
    INTELLECTUAL_PROPERTY = "intellectual_property"
    """Sở hữu trí tuệ."""
    MARKET_DEVELOPMENT = "market_development"
    """Hợp đồng, đơn hàng, hóa đơn."""
    PROMOTION = "promotion"
    """Hoạt động quảng bá."""
    PRODUCT_STORY = "product_story"
    """Câu chuyện sản phẩm."""
    QUALITY_DECLARATION = "quality_declaration"
    """Công bố chất lượng."""
    TEST_REPORT = "test_report"
    """Phiếu kiểm nghiệm."""
    BARCODE_TRACEABILITY = "barcode_traceability"
    """Mã vạch, tem truy xuất nguồn gốc."""
    ADVANCED_QUALITY_MANAGEMENT = "advanced_quality_management"
    """Hệ thống quản lý chất lượng tiên tiến."""
    AWARD = "award"
    """Giải thưởng."""


_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KindFacts:
    """A kind as the form and the criteria know it.

    ``item`` is its place among the fifteen of Form 02, ``limit`` the bytes one file may have, ``topics``
    folded words by which the titles of the criteria it proves are recognised in every edition and set.
    """

    item: int
    vi: str
    en: str
    limit: int
    topics: tuple[str, ...]

    def criteria(self, titles: Mapping[str, str]) -> list[str]:
        """The codes, among ``titles`` (Vietnamese title by code) of one set, that this kind proves."""
        folded = {code: fold(title) for code, title in titles.items()}
        return [code for code, title in folded.items() if any(topic in title for topic in self.topics)]


def _kind(item: int, vi: str, en: str, *topics: str, limit: int = 20 * _MB) -> KindFacts:
    return KindFacts(item, vi, en, limit, topics)


_BUNDLE: Final = 50 * _MB
"""Contracts, invoices and statements of two years come as one scanned bundle."""
KINDS: Final[Mapping[EvidenceKind, KindFacts]] = {
    EvidenceKind.BUSINESS_REGISTRATION: _kind(
        1, "Giấy đăng ký kinh doanh", "Business registration", "loai hinh to chuc", "dai dien phap luat"
    ),
    EvidenceKind.PRODUCTION_CONDITION: _kind(
        2,
        "Giấy chứng nhận đủ điều kiện sản xuất, an toàn thực phẩm",
        "Certificate of production conditions and food safety",
        "nang luc san xuat",
        "dieu kien kinh doanh",
        "dam bao chat luong",
    ),
    EvidenceKind.MATERIAL_ORIGIN: _kind(
        3,
        "Nguồn gốc nguyên liệu, hợp đồng liên kết",
        "Origin of raw material, contracts of linkage",
        "nguyen lieu",
        "lien ket",
        limit=_BUNDLE,
    ),
    EvidenceKind.ENVIRONMENT: _kind(
        4,
        "Hồ sơ bảo vệ môi trường, công nghệ bền vững",
        "Environmental file, sustainable technology",
        "moi truong",
        "ben vung",
    ),
    EvidenceKind.LOCAL_LABOUR: _kind(
        5, "Sử dụng lao động địa phương", "Use of local labour", "lao dong dia phuong"
    ),
    EvidenceKind.GROWTH: _kind(
        6,
        "Xếp loại hợp tác xã hoặc báo cáo tài chính hai năm",
        "Rating of the cooperative or two years' accounts",
        "tang truong",
        limit=_BUNDLE,
    ),
    EvidenceKind.INTELLECTUAL_PROPERTY: _kind(
        7, "Văn bằng sở hữu trí tuệ", "Intellectual property titles", "so huu tri tue"
    ),
    EvidenceKind.MARKET_DEVELOPMENT: _kind(
        8,
        "Hợp đồng, đơn hàng, hóa đơn",
        "Contracts, orders, invoices",
        "phan phoi",
        "thi truong",
        limit=_BUNDLE,
    ),
    EvidenceKind.PROMOTION: _kind(
        9, "Hoạt động quảng bá", "Promotion", "quang ba", "xuc tien", limit=_BUNDLE
    ),
    EvidenceKind.PRODUCT_STORY: _kind(
        10, "Câu chuyện sản phẩm", "Product story", "cau chuyen", "ban sac", "nguon goc y tuong"
    ),
    EvidenceKind.QUALITY_DECLARATION: _kind(
        11, "Công bố chất lượng", "Quality declaration", "cong bo chat luong"
    ),
    EvidenceKind.TEST_REPORT: _kind(
        12, "Phiếu kiểm nghiệm", "Test report", "dam bao chat luong", "cong bo chat luong"
    ),
    EvidenceKind.BARCODE_TRACEABILITY: _kind(
        13,
        "Mã vạch, tem truy xuất nguồn gốc",
        "Barcode, traceability stamp",
        "ghi nhan",
        "truy xuat",
        "bao bi",
    ),
    EvidenceKind.ADVANCED_QUALITY_MANAGEMENT: _kind(
        14,
        "Chứng nhận hệ thống quản lý chất lượng tiên tiến",
        "Certificate of an advanced quality management system",
        "dam bao chat luong",
        "thi truong toan cau",
        "quan ly chat luong",
    ),
    EvidenceKind.AWARD: _kind(15, "Giải thưởng", "Awards", "doc dao", "giai thuong"),
}
"""Facts of every kind, in the order of Form 02."""
LARGEST: Final = max(facts.limit for facts in KINDS.values())
"""Bytes of the largest file of any kind."""
