"""How the electronic form of a certificate is told: the words for checks and verdicts."""

from ocop_api.certificates.credential_schemas import CredentialCheckRead, CredentialVerificationRead
from ocop_api.certificates.credential_verdicts import CheckName, CheckOutcome, CredentialVerdict
from ocop_api.certificates.router.presentation import meaning_of, verification_of
from ocop_api.certificates.service import CredentialFinding
from ocop_api.web.texts import Language

# The other verdicts are about the certificate, and are told as everywhere (presentation.meaning_of).
_MEANINGS: dict[CredentialVerdict, tuple[str, str]] = {
    CredentialVerdict.TAMPERED: (
        "Chữ ký không khớp: bản điện tử này đã bị sửa hoặc là giả. Không được tin vào nội dung của nó.",
        "The signature does not fit: this electronic certificate was changed or forged. Do not rely on it.",
    ),
    CredentialVerdict.UNKNOWN_ISSUER: (
        "Bản điện tử này không ghi hệ thống này là nơi ký, nên không thể kiểm tra tại đây.",
        "This electronic certificate does not name this system as its issuer, so it cannot be checked here.",
    ),
    CredentialVerdict.KEY_NOT_BELIEVED: (
        "Khóa đã ký bản điện tử này không còn được công nhận. Hãy tải bản mới từ sổ đăng ký.",
        "The key behind this electronic certificate is no longer trusted. Fetch a new one from the register.",
    ),
    CredentialVerdict.NOT_IN_REGISTER: (
        "Chữ ký đúng, nhưng sổ đăng ký không có giấy chứng nhận với nội dung này.",
        "The signature holds, but the register has no certificate with this content.",
    ),
}
_CHECKS: dict[tuple[CheckName, CheckOutcome], tuple[str, str]] = {
    (CheckName.ISSUER, CheckOutcome.PASSED): (
        "Nơi ký là hệ thống này.",
        "The issuer is this system.",
    ),
    (CheckName.ISSUER, CheckOutcome.FAILED): (
        "Nơi ký không phải hệ thống này.",
        "The issuer is not this system.",
    ),
    (CheckName.KEY, CheckOutcome.PASSED): (
        "Khóa ký là khóa của hệ thống và được công nhận vào lúc ký.",
        "The signing key is the system's and was trusted at the time of signing.",
    ),
    (CheckName.KEY, CheckOutcome.FAILED): (
        "Khóa ký không phải khóa của hệ thống, hoặc không được công nhận vào lúc ký hay hiện nay.",
        "The signing key is not the system's, or is not trusted for that time or any more.",
    ),
    (CheckName.PROOF, CheckOutcome.PASSED): (
        "Chữ ký đúng; nội dung không bị sửa.",
        "The signature holds; nothing was changed.",
    ),
    (CheckName.PROOF, CheckOutcome.FAILED): (
        "Chữ ký không khớp với nội dung.",
        "The signature does not fit the content.",
    ),
    (CheckName.REGISTER, CheckOutcome.PASSED): (
        "Nội dung khớp với sổ đăng ký hôm nay.",
        "The content matches the register today.",
    ),
    (CheckName.REGISTER, CheckOutcome.FAILED): (
        "Sổ đăng ký không có nội dung này.",
        "The register does not have this content.",
    ),
    (CheckName.STATUS, CheckOutcome.PASSED): (
        "Giấy chứng nhận không nằm trong danh sách thu hồi.",
        "The certificate is not on the revocation list.",
    ),
    (CheckName.STATUS, CheckOutcome.FAILED): (
        "Giấy chứng nhận nằm trong danh sách thu hồi.",
        "The certificate is on the revocation list.",
    ),
    (CheckName.DATES, CheckOutcome.PASSED): (
        "Đang trong thời hạn hiệu lực.",
        "Within its term.",
    ),
    (CheckName.DATES, CheckOutcome.FAILED): (
        "Ngoài thời hạn hiệu lực.",
        "Outside of its term.",
    ),
}
_SKIPPED = (
    "Không kiểm tra, vì bước trước không đạt.",
    "Not checked, because an earlier check failed.",
)


def checked_credential_of(
    finding: CredentialFinding, public_url: str, language: Language
) -> CredentialVerificationRead:
    """The finding as data."""
    side = 0 if language == "vi" else 1
    register = finding.register
    if finding.verdict in _MEANINGS or register is None:
        meaning = _MEANINGS.get(finding.verdict, _MEANINGS[CredentialVerdict.NOT_IN_REGISTER])[side]
    else:
        meaning = meaning_of(register, language)
    return CredentialVerificationRead(
        verdict=finding.verdict,
        valid=finding.verdict is CredentialVerdict.VALID,
        meaning=meaning,
        form=finding.form,
        checks=[
            CredentialCheckRead(name=name, outcome=outcome, text=_CHECKS.get((name, outcome), _SKIPPED)[side])
            for name, outcome in finding.outcomes.items()
        ],
        issuer=finding.issuer,
        credential_id=finding.credential_id,
        key_id=finding.key_id,
        checked_at=finding.checked_at,
        certificate=None if register is None else verification_of(register, public_url, language),
    )
