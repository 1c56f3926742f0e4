"""How a certificate is told: the words of a verdict, the links, the shapes of the answers."""

from contextlib import suppress
from datetime import date
from uuid import UUID

from ocop_api.certificates.schemas import (
    CertificateRead,
    CertificateRecorded,
    VerificationEdition,
    VerificationRead,
    VerificationRegime,
    VerificationWithdrawal,
    WithdrawalRead,
)
from ocop_api.certificates.service import CertificateRecord, Finding
from ocop_api.certificates.standing import Standing
from ocop_api.domain.certificate import WithdrawalGround, withdrawal_due
from ocop_api.domain.errors import NotFound
from ocop_api.domain.regimes import regime, regime_on
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.web.pages.rendering import format_day
from ocop_api.web.texts import Language

_TITLES: dict[Standing, tuple[str, str]] = {
    Standing.NOT_YET_VALID: ("Chưa có hiệu lực", "Not yet valid"),
    Standing.VALID: ("Còn hiệu lực", "Valid"),
    Standing.EXPIRING: ("Còn hiệu lực, sắp hết hạn", "Valid, expiring soon"),
    Standing.EXTENDED: ("Còn hiệu lực, được kéo dài", "Valid, prolonged"),
    Standing.EXPIRED: ("Đã hết hạn", "Expired"),
    Standing.WITHDRAWN: ("Đã bị thu hồi", "Withdrawn"),
    Standing.SUPERSEDED: ("Đã được thay thế", "Replaced"),
    Standing.REPORTED: ("Chưa xác minh được", "Not verified"),
}
_MEANINGS: dict[Standing, tuple[str, str]] = {
    Standing.NOT_YET_VALID: (
        "Giấy chứng nhận chỉ có hiệu lực từ ngày {issued_on}.",
        "The certificate takes effect on {issued_on} only.",
    ),
    Standing.VALID: (
        "Sản phẩm được công nhận OCOP {stars} sao, có hiệu lực đến hết ngày {valid_until}.",
        "The product is recognised with {stars} OCOP stars until the end of {valid_until}.",
    ),
    Standing.EXPIRING: (
        "Sản phẩm được công nhận OCOP {stars} sao; giấy chứng nhận sẽ hết hạn sau ngày {valid_until}.",
        "The product is recognised with {stars} OCOP stars; the certificate runs out after {valid_until}.",
    ),
    Standing.EXTENDED: (
        (
            "Giấy chứng nhận hết thời hạn sau ngày {valid_until} nhưng được kéo dài trong khi chờ kết quả "
            "đánh giá, phân hạng lại, muộn nhất đến hết ngày {extended_until}."
        ),
        (
            "The term ended after {valid_until}, but the certificate is prolonged while the product is rated "
            "again, until the end of {extended_until} at the latest."
        ),
    ),
    Standing.EXPIRED: (
        "Giấy chứng nhận đã hết hạn sau ngày {last_day}; sản phẩm không còn được mang {stars} sao.",
        "The certificate ran out after {last_day}; the product may no longer carry {stars} stars.",
    ),
    Standing.WITHDRAWN: (
        "Giấy chứng nhận đã bị thu hồi từ ngày {withdrawn_on}; sản phẩm không được mang sao OCOP.",
        "The certificate was withdrawn on {withdrawn_on}; the product may not carry its OCOP stars.",
    ),
    Standing.SUPERSEDED: (
        "Từ ngày {superseded_on}, một giấy chứng nhận mới của sản phẩm đã thay thế giấy này.",
        "A newer certificate of the product took the place of this one on {superseded_on}.",
    ),
    Standing.REPORTED: (
        "Có tin sản phẩm được công nhận {stars} sao, nhưng chưa có quyết định kèm ngày để xác nhận hiệu lực.",
        "The product is reported to hold {stars} stars, but no dated decision on record confirms it.",
    ),
}
TONES: dict[Standing, str] = {
    Standing.NOT_YET_VALID: "calm",
    Standing.VALID: "good",
    Standing.EXPIRING: "good",
    Standing.EXTENDED: "good",
    Standing.EXPIRED: "bad",
    Standing.WITHDRAWN: "bad",
    Standing.SUPERSEDED: "warn",
    Standing.REPORTED: "calm",
}
"""Colour of the verdict on the page; the words carry the meaning, the colour only helps."""


def title_of(standing: Standing, language: Language) -> str:
    """The verdict in a few words."""
    return _TITLES[standing][0 if language == "vi" else 1]


def meaning_of(finding: Finding, language: Language) -> str:
    """The verdict in one sentence."""

    def day(value: date | None) -> str:
        return "—" if value is None else format_day(value, language)

    return _MEANINGS[finding.standing][0 if language == "vi" else 1].format(
        stars=finding.stars,
        issued_on=day(finding.issued_on),
        valid_until=day(finding.valid_until),
        extended_until=day(finding.extended_until),
        last_day=day(finding.extended_until or finding.valid_until),
        withdrawn_on=day(finding.withdrawn_on),
        superseded_on=day(finding.superseded_on),
    )


_STARS: dict[int, tuple[str, str]] = {
    5: (
        (
            "5 sao, hạng cao nhất, cấp quốc gia (từ 90 điểm): sản phẩm đặc trưng đã có thương hiệu, chất "
            "lượng cao và đủ điều kiện xuất khẩu."
        ),
        (
            "5 stars, the highest rank, national (90 points or more): a distinctive product with a brand, of "
            "high quality and ready for export."
        ),
    ),
    4: (
        (
            "4 sao, cấp tỉnh (từ 70 đến dưới 90 điểm): sản phẩm đặc trưng đang gây dựng thương hiệu, chất "
            "lượng đáp ứng yêu cầu, tiếp cận thị trường tốt."
        ),
        (
            "4 stars, provincial (70 to below 90 points): a distinctive product that is building its brand, "
            "of the quality required and well placed in its market."
        ),
    ),
    3: (
        (
            "3 sao, cấp tỉnh (từ 50 đến dưới 70 điểm): sản phẩm có nét riêng, chất lượng ổn định, việc quản "
            "lý và bán hàng đã vào nền nếp."
        ),
        (
            "3 stars, provincial (50 to below 70 points): a product with a character of its own, of steady "
            "quality, with orderly management and sales."
        ),
    ),
}
"""What each rank says of a product (Decision 26/2026, Art. 3.3); the bands of 148/QĐ-TTg are the same."""


def stars_text(stars: int, language: Language) -> str:
    """What a rank says of a product, in one sentence."""
    return _STARS[stars][0 if language == "vi" else 1]


def regime_of(finding: Finding) -> VerificationRegime | None:
    """The law the certificate lives by."""
    if finding.regime is None:
        return None
    law = regime(finding.regime)
    return VerificationRegime(code=law.code, decision_numbers=[one.number for one in law.decisions])


def edition_of(finding: Finding, language: Language) -> VerificationEdition | None:
    """The criteria the product was rated by."""
    if finding.edition is None:
        return None
    decision, name = None, None
    # An added edition is read from the database by whoever works with it; a look-up does not wait for that.
    with suppress(NotFound):
        held = load_edition(finding.edition)
        decision = held.legal_basis
        if finding.set_number is not None:
            text = held.criteria_set(finding.set_number).text
            name = text.vi if language == "vi" else text.en
    return VerificationEdition(
        code=finding.edition, decision_number=decision, set_number=finding.set_number, set_name=name
    )


def ground_text(ground: WithdrawalGround, language: Language) -> str:
    """The ground of a withdrawal for a reader."""
    return ground.vi if language == "vi" else ground.en


def page_url(public_url: str, code: str) -> str:
    """What the QR symbol opens."""
    return f"{public_url.rstrip('/')}/verify/{code}"


def credential_path(certificate_id: UUID) -> str:
    """Where the electronic form of a certificate is."""
    return f"/v1/certificates/{certificate_id}/credential"


def proofs_path(certificate_id: UUID) -> str:
    """Where the proofs are that what happened to a certificate lies in the ledger."""
    return f"/v1/certificates/{certificate_id}/proofs"


def _credential_url(public_url: str, certificate_id: UUID, valid_until: date | None) -> str | None:
    # Without a term there is nothing to sign.
    return None if valid_until is None else f"{public_url.rstrip('/')}{credential_path(certificate_id)}"


def verification_of(finding: Finding, public_url: str, language: Language) -> VerificationRead:
    """The answer of verification as data."""
    withdrawal = None
    if finding.withdrawn_on is not None and finding.ground is not None:
        withdrawal = VerificationWithdrawal(
            withdrawn_on=finding.withdrawn_on,
            ground=finding.ground,
            text=ground_text(finding.ground, language),
        )
    successor = finding.successor_code
    return VerificationRead(
        status=finding.standing,
        in_force=finding.standing.in_force,
        meaning=meaning_of(finding, language),
        checked_on=finding.day,
        certificate_number=finding.number,
        stars=finding.stars,
        stars_meaning=stars_text(finding.stars, language),
        product_name=finding.product_name,
        producer_name=finding.producer_name,
        decision_number=finding.decision_number,
        decided_on=finding.decided_on,
        issuing_authority=finding.issuing_authority,
        regime=regime_of(finding),
        edition=edition_of(finding, language),
        issued_on=finding.issued_on,
        valid_until=finding.valid_until,
        extended_until=finding.extended_until,
        recorded_from=finding.recorded_from,
        confirmed_on=finding.confirmed_on,
        withdrawal=withdrawal,
        superseded_on=finding.superseded_on,
        successor_url=None if successor is None else page_url(public_url, successor),
        url=page_url(public_url, finding.code),
        credential_url=_credential_url(public_url, finding.certificate_id, finding.valid_until),
        proofs_url=f"{public_url.rstrip('/')}{proofs_path(finding.certificate_id)}",
        product_id=finding.product_id,
        certificate_id=finding.certificate_id,
    )


def certificate_of(
    record: CertificateRecord, *, public_url: str, today: date, with_reason: bool = False
) -> CertificateRead:
    """A certificate as the register shows it; ``with_reason`` for those who may read the dossier."""
    c, w, s = record.certificate, record.withdrawal, record.supersession
    standing = record.life.standing(today)
    withdrawal = None
    if w is not None:
        ground = WithdrawalGround(w.ground)
        withdrawal = WithdrawalRead(
            withdrawn_on=w.withdrawn_on,
            ground=ground,
            point=ground.point,
            decision_number=w.decision_number,
            concluded_on=w.concluded_on,
            due_on=withdrawal_due(regime_on(w.withdrawn_on), w.concluded_on),
            reason=w.reason if with_reason else None,
            case_id=w.case_id if with_reason else None,
        )
    return CertificateRead.model_validate(
        {
            **{name: getattr(c, name) for name in _COLUMNS},
            "status": standing,
            "in_force": standing.in_force,
            "extended_until": record.life.prolonged_until(today),
            "rerating": bool(record.rerating),
            "verification_code": c.code,
            "verification_url": page_url(public_url, c.code),
            "credential_url": _credential_url(public_url, c.id, c.valid_until),
            "proofs_url": f"{public_url.rstrip('/')}{proofs_path(c.id)}",
            "recorded": _recorded_of(record),
            "withdrawal": withdrawal,
            "superseded_on": None if s is None else s.superseded_on,
            "superseded_by": None if s is None else s.successor_id,
        }
    )


def _recorded_of(record: CertificateRecord) -> CertificateRecorded | None:
    c, seen = record.certificate, record.confirmation
    if c.recognition_decision_id is not None:
        return None
    return CertificateRecorded.model_validate(
        {
            "source": c.source,
            "confidence": c.confidence,
            "confirmed_on": None if seen is None else seen.confirmed_on,
            "confirmed_by_level": None if seen is None else seen.level,
            "basis": None if seen is None else seen.basis,
        }
    )


_COMPUTED = {
    "status",
    "in_force",
    "extended_until",
    "rerating",
    "verification_code",
    "verification_url",
    "credential_url",
    "proofs_url",
    "recorded",
    "withdrawal",
    "superseded_on",
    "superseded_by",
}
_COLUMNS = tuple(name for name in CertificateRead.model_fields if name not in _COMPUTED)
