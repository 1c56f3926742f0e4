"""How a file that somebody shows is told: what it is, and what of the register stands in it."""

from ocop_api.certificates.document_schemas import (
    CertificateInDocument,
    DocumentIdentity,
    DocumentVerificationRead,
    ForeignCode,
    PrintedFact,
    PrintedPart,
)
from ocop_api.certificates.router.presentation import TONES, title_of, verification_of
from ocop_api.certificates.service import DocumentFinding, InDocument
from ocop_api.web.texts import Language

_PARTS: dict[PrintedPart, tuple[str, str]] = {
    PrintedPart.NUMBER: ("số giấy chứng nhận", "certificate number"),
    PrintedPart.STARS: ("số sao", "stars"),
    PrintedPart.PRODUCT_NAME: ("tên sản phẩm", "product"),
    PrintedPart.PRODUCER_NAME: ("tên chủ thể", "producer"),
}
_HEADINGS: dict[str, tuple[str, str]] = {
    "several": ("Nhiều giấy chứng nhận", "Several certificates"),
    "different": ("Tệp không khớp sổ đăng ký", "Differs from the register"),
    "compare": ("Hãy so với sổ đăng ký", "Compare with the register"),
}
_IDENTICAL = (
    "Tệp này đúng từng byte với bản mà sổ đăng ký in ra. Giá trị hôm nay: {title}.",
    "This file is byte for byte what the register prints. Its worth today: {title}.",
)
_DIFFERENT = (
    "Chữ trong tệp không khớp với sổ đăng ký: {parts}. Đừng dựa vào tệp; hãy dựa vào thông tin ở đây.",
    "The words of the file do not say what the register says: {parts}. Rely on what stands here, not on it.",
)
_OTHER = (
    (
        "Tệp này không phải bản in nguyên vẹn của sổ đăng ký: có thể là bản quét, ảnh chụp, nhãn, bản in "
        "trước đây hoặc bản đã bị sửa. Hãy so từng mục với thông tin ở đây. Giá trị hôm nay: {title}."
    ),
    (
        "This file is not the register's own print: it may be a scan, a photo, a label, an earlier print or "
        "a changed one. Compare each item with what stands here. Its worth today: {title}."
    ),
)
_SEVERAL = (
    "Tệp này nhắc tới {count} giấy chứng nhận. Hãy xem giá trị của từng giấy.",
    "This file speaks of {count} certificates. See what each of them is worth.",
)


def part_name(part: PrintedPart, language: Language) -> str:
    """What was looked for, in words."""
    return _PARTS[part][0 if language == "vi" else 1]


def document_heading(finding: DocumentFinding, language: Language) -> tuple[str, str]:
    """The verdict about a file in a few words, and its colour.

    A genuine symbol may be glued on a forged paper: a file that is not the register's own print never gets
    the colour of a valid certificate.
    """
    side = 0 if language == "vi" else 1
    if len(finding.certificates) > 1:
        return _HEADINGS["several"][side], "calm"
    (one,) = finding.certificates
    standing = one.finding.standing
    if any(not found for _, found in (one.printed or {}).values()):
        return _HEADINGS["different"][side], "bad"
    if one.identity is DocumentIdentity.OTHER and standing.in_force:
        return _HEADINGS["compare"][side], "calm"
    return title_of(standing, language), TONES[standing]


def document_meaning(finding: DocumentFinding, language: Language) -> str:
    """What the file is worth, in one or two sentences."""
    side = 0 if language == "vi" else 1
    if len(finding.certificates) > 1:
        return _SEVERAL[side].format(count=len(finding.certificates))
    (one,) = finding.certificates
    title = title_of(one.finding.standing, language).lower()
    if one.identity is DocumentIdentity.IDENTICAL:
        return _IDENTICAL[side].format(title=title)
    missing = [part_name(part, language) for part, (_, found) in (one.printed or {}).items() if not found]
    if missing:
        return _DIFFERENT[side].format(parts=", ".join(missing))
    return _OTHER[side].format(title=title)


def document_of(finding: DocumentFinding, public_url: str, language: Language) -> DocumentVerificationRead:
    """The finding as data."""
    return DocumentVerificationRead(
        meaning=document_meaning(finding, language),
        pages=finding.pages,
        certificates=[_one_of(one, public_url, language) for one in finding.certificates],
        unknown_codes=finding.unknown_codes,
        foreign_codes=[ForeignCode(page=page, text=text) for page, text in finding.foreign],
    )


def _one_of(one: InDocument, public_url: str, language: Language) -> CertificateInDocument:
    printed = None
    if one.printed is not None:
        printed = [
            PrintedFact(part=part, registered=registered, found=found)
            for part, (registered, found) in one.printed.items()
        ]
    return CertificateInDocument(
        read=one.read,
        page=one.page,
        document=one.identity,
        printed=printed,
        certificate=verification_of(one.finding, public_url, language),
    )
