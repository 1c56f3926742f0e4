"""Words for what a product carries: packs, standards and certificates, intellectual property."""

from datetime import date
from enum import StrEnum


class PackLevel(StrEnum):
    """What a GTIN stands on."""

    UNIT = "unit"
    """Sold to consumers."""
    INNER = "inner"
    CASE = "case"
    PALLET = "pallet"


class ContentUnit(StrEnum):
    """Unit of the net content."""

    GRAM = "g"
    KILOGRAM = "kg"
    MILLILITRE = "ml"
    LITRE = "l"
    PIECE = "piece"


class StandardKind(StrEnum):
    """Standards, declarations and certificates met in product files."""

    TCVN = "tcvn"
    """National standard (tiêu chuẩn quốc gia)."""
    QCVN = "qcvn"
    """National technical regulation (quy chuẩn kỹ thuật quốc gia)."""
    TCCS = "tccs"
    """Standard of the business itself (tiêu chuẩn cơ sở)."""
    SELF_DECLARATION = "self_declaration"
    """Self-declaration of a food product (bản tự công bố sản phẩm)."""
    REGISTERED_DECLARATION = "registered_declaration"
    """Registered declaration of a food product (đăng ký bản công bố sản phẩm)."""
    FOOD_SAFETY = "food_safety"
    """Facility qualified for food safety (cơ sở đủ điều kiện an toàn thực phẩm)."""
    FOOD_SAFETY_COMMITMENT = "food_safety_commitment"
    """Commitment of small producers (cam kết sản xuất thực phẩm an toàn)."""
    VIETGAP = "vietgap"
    GLOBALGAP = "globalgap"
    ORGANIC_VIETNAM = "organic_vietnam"
    """TCVN 11041."""
    ORGANIC_FOREIGN = "organic_foreign"
    HACCP = "haccp"
    ISO_9001 = "iso_9001"
    ISO_14001 = "iso_14001"
    ISO_22000 = "iso_22000"
    FSSC_22000 = "fssc_22000"
    BRCGS = "brcgs"
    GMP = "gmp"
    HALAL = "halal"
    KOSHER = "kosher"
    FAIRTRADE = "fairtrade"
    RAINFOREST = "rainforest"
    FOUR_C = "four_c"
    TEST_REPORT = "test_report"
    """Periodic test of quality (phiếu kiểm nghiệm)."""
    ENVIRONMENT = "environment"
    AWARD = "award"
    OTHER = "other"


class RightKind(StrEnum):
    """Kinds of intellectual property (Law on Intellectual Property of Viet Nam)."""

    TRADEMARK = "trademark"
    COLLECTIVE_MARK = "collective_mark"
    CERTIFICATION_MARK = "certification_mark"
    GEOGRAPHICAL_INDICATION = "geographical_indication"
    INDUSTRIAL_DESIGN = "industrial_design"
    PATENT = "patent"
    UTILITY_SOLUTION = "utility_solution"
    COPYRIGHT = "copyright"
    PLANT_VARIETY = "plant_variety"


class Term(StrEnum):
    """What a dated paper is worth on a day."""

    IN_FORCE = "in_force"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    """Issued on a later day."""


def term_on(day: date, *, issued_on: date | None, expires_on: date | None) -> Term:
    """Whether a paper holds on ``day``; it holds through its last day, and without one for good."""
    if expires_on is not None and expires_on < day:
        return Term.EXPIRED
    if issued_on is not None and issued_on > day:
        return Term.NOT_YET
    return Term.IN_FORCE
