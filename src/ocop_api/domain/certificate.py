"""The life of a certificate (*giấy chứng nhận*): term, status, re-rating window, withdrawal.

Sources: Decision 26/2026, Art. 4.3 (36 months), 7.6 (re-rating), 8 (withdrawal), 12.1 and 12.3
(transition); Decision 148/2023 for certificates issued under it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ocop_api.domain.calendar import add_months
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import Level, Regime, TransitionRules


class CertificateStatus(StrEnum):
    """What a certificate is worth on a given day."""

    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    EXPIRING = "expiring"
    EXTENDED = "extended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"

    @property
    def in_force(self) -> bool:
        """Tell whether the product may carry its stars on that day."""
        return self in {self.VALID, self.EXPIRING, self.EXTENDED}


class WithdrawalGround(StrEnum):
    """The six grounds of withdrawal (Decision 26/2026, Art. 8.1, points a, b, c, d, đ, e)."""

    DISHONEST_FILE = "dishonest_file"
    CRITERIA_NOT_KEPT = "criteria_not_kept"
    VIOLATION_OF_LAW = "violation_of_law"
    MISUSE_OF_MARK = "misuse_of_mark"
    PRODUCTION_STOPPED = "production_stopped"
    OTHER_CONCLUSION = "other_conclusion"

    @property
    def point(self) -> str:
        """The point of Art. 8.1 that names the ground."""
        return _GROUNDS[self][0]

    @property
    def vi(self) -> str:
        """Short Vietnamese wording of our own."""
        return _GROUNDS[self][1]

    @property
    def en(self) -> str:
        """Short English wording of our own."""
        return _GROUNDS[self][2]


_GROUNDS: dict[WithdrawalGround, tuple[str, str, str]] = {
    WithdrawalGround.DISHONEST_FILE: (
        "a",
        "Hồ sơ không trung thực hoặc giả mạo",
        "Dishonest or forged file",
    ),
    WithdrawalGround.CRITERIA_NOT_KEPT: (
        "b",
        "Không còn đạt tiêu chí theo kết luận kiểm tra",
        "Criteria no longer met, as an inspection found",
    ),
    WithdrawalGround.VIOLATION_OF_LAW: (
        "c",
        "Vi phạm pháp luật về chất lượng, an toàn thực phẩm, môi trường, sở hữu trí tuệ, nhãn hàng hóa",
        "Violation of law on quality, food safety, environment, intellectual property or labelling",
    ),
    WithdrawalGround.MISUSE_OF_MARK: (
        "d",
        "Dùng sai nhãn hiệu OCOP",
        "Misuse of the OCOP mark",
    ),
    WithdrawalGround.PRODUCTION_STOPPED: (
        "đ",
        "Đã ngừng sản xuất sản phẩm",
        "Production of the product has stopped",
    ),
    WithdrawalGround.OTHER_CONCLUSION: (
        "e",
        "Kết luận khác của cơ quan có thẩm quyền",
        "Other conclusion of a competent authority",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What the status of a certificate depends on.

    Attributes:
        valid_until: Last day of the certificate's own term.
        notice_days: Days before ``valid_until`` from which it counts as expiring.
        withdrawn_on: Day of the withdrawal decision; from that day on it is withdrawn.
        superseded_on: Day another certificate of the product took its place (upgrade or re-rating).
        extended_until: Last day of a prolongation under Decision 26/2026, Art. 12.3.
    """

    issued_on: date
    valid_until: date
    notice_days: int
    withdrawn_on: date | None = None
    superseded_on: date | None = None
    extended_until: date | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A span of days, both ends included."""

    first_day: date
    last_day: date

    def __contains__(self, day: object) -> bool:
        """Tell whether a calendar day lies in the span."""
        return isinstance(day, date) and self.first_day <= day <= self.last_day


def valid_until(issued_on: date, months: int) -> date:
    """Return the last day of validity: the corresponding day ``months`` later.

    A decision of 19/09/2024 with 36 months is valid up to and including 19/09/2027, as certificates in
    circulation show and the Civil Code (Art. 148.3) reckons; 29/02/2024 gives 28/02/2027.
    """
    return add_months(issued_on, months)


def issue(regime: Regime, issued_on: date) -> CertificateFacts:
    """Return the facts of a certificate issued under ``regime`` on ``issued_on``."""
    return CertificateFacts(
        issued_on=issued_on,
        valid_until=valid_until(issued_on, regime.certificate.months),
        notice_days=regime.certificate.expiry_notice_days,
    )


def status_on(certificate: CertificateFacts, day: date) -> CertificateStatus:
    """Return what the certificate is worth on ``day``.

    Withdrawal and supersession win over the term, whichever came first over the other; a certificate that
    had already run out when it was withdrawn or superseded keeps the later event's name, because that is
    what a reader of the register needs to know.
    """
    ended = [
        (when, status)
        for when, status in (
            (certificate.withdrawn_on, CertificateStatus.WITHDRAWN),
            (certificate.superseded_on, CertificateStatus.SUPERSEDED),
        )
        if when is not None and when <= day
    ]
    if ended:
        return min(ended, key=lambda item: item[0])[1]
    if day < certificate.issued_on:
        return CertificateStatus.NOT_YET_VALID
    if day <= certificate.valid_until:
        notice_from = certificate.valid_until - timedelta(days=certificate.notice_days)
        return CertificateStatus.EXPIRING if day >= notice_from else CertificateStatus.VALID
    if certificate.extended_until is not None and day <= certificate.extended_until:
        return CertificateStatus.EXTENDED
    return CertificateStatus.EXPIRED


def rerating_window(regime: Regime, expires_on: date) -> Window | None:
    """Return the days on which a re-rating file may be lodged, both ends included.

    Under Decision 26/2026, Art. 7.6a: not earlier than 180 and not later than 120 days before expiry.
    None when the regime sets no window (148 and before).
    """
    earliest, latest = regime.lodging.rerating_earliest_days, regime.lodging.rerating_latest_days
    if earliest is None or latest is None:
        return None
    return Window(expires_on - timedelta(days=earliest), expires_on - timedelta(days=latest))


def rerating_due(regime: Regime, complete_on: date) -> date | None:
    """Return the last day for the decision on a re-rating file complete on ``complete_on`` (Art. 7.6g)."""
    days = regime.lodging.rerating_days
    return None if days is None else complete_on + timedelta(days=days)


def extension_until(
    certificate: CertificateFacts,
    rules: TransitionRules,
    regime: Regime,
    *,
    rerating_lodged_on: date | None,
    result_on: date | None = None,
) -> date | None:
    """Return the last day of the transitional prolongation, None when the certificate has no claim to it.

    Decision 26/2026, Art. 12.3: where the filing window of ``regime`` could not be met, the old
    certificate holds until there is a result, at most 180 days after its expiry. The article does not say
    when a window "could not be met"; our default is: the certificate was still in force on the day the
    decision came into force, its window had closed before that day, and a re-rating file was lodged no
    later than the day of expiry. With a result at hand the prolongation ends on the day of the result.
    """
    window = rerating_window(regime, certificate.valid_until)
    could_be_met = window is None or window.last_day >= rules.effective_on
    in_force_then = certificate.issued_on < rules.effective_on <= certificate.valid_until
    lodged_in_time = rerating_lodged_on is not None and rerating_lodged_on <= certificate.valid_until
    if could_be_met or not in_force_then or not lodged_in_time:
        return None
    limit = certificate.valid_until + timedelta(days=rules.extension_days)
    if result_on is None:
        return limit
    return max(certificate.valid_until, min(result_on, limit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prolongation:
    """The certificates a transition can prolong: issued before a day, running out in ``expiries``."""

    issued_before: date
    expiries: Window
    days: int


def prolongation(regime: Regime) -> Prolongation | None:
    """Return what ``extension_until`` asks of a certificate's own dates; None when nothing is prolonged.

    A certificate whose filing window closes the day before the decision comes into force is the last one.
    """
    rules, latest = regime.transition, regime.lodging.rerating_latest_days
    if rules is None or latest is None:
        return None
    last = rules.effective_on + timedelta(days=latest - 1)
    return Prolongation(
        issued_before=rules.effective_on,
        expiries=Window(rules.effective_on, last),
        days=rules.extension_days,
    )


EXPIRY_MARKS = (180, 150, 120, 30)
"""Days before the end of a term at which its holder is told.

180 and 120 are the ends of the filing window of a re-rating (Decision 26/2026, Art. 7.6a) and 150 its
middle; 30 is the notice Decision 148/2023 asks of the issuer, on which 26/2026 is silent.
"""


def expiry_mark(valid_until: date, day: date) -> int | None:
    """Return the mark a certificate stands at on ``day``: the last one it has come to.

    None before the first mark and after the term.
    """
    left = (valid_until - day).days
    reached = [mark for mark in EXPIRY_MARKS if 0 <= left <= mark]
    return min(reached, default=None)


def withdrawal_level(regime: Regime, stars: int) -> Level:
    """Return the level that withdraws a certificate of ``stars`` on a day governed by ``regime``.

    Decision 26/2026, Art. 8.2: the provincial chair for 3 and 4 stars, the minister for 5. It is the
    regime of the day of withdrawal that counts, so a 3-star certificate a district issued is the
    province's to withdraw today. For earlier regimes the issuing level withdraws (our default).

    Raises:
        RuleViolation: ``certificate.stars_not_certified``, nobody issues certificates for that rank.
    """
    level = regime.deciding_level(stars)
    if level is None:
        raise RuleViolation("certificate.stars_not_certified", stars=stars, regime=regime.code)
    return level


def withdrawal_due(regime: Regime, concluded_on: date) -> date:
    """Return the last day for the withdrawal decision.

    ``concluded_on`` is the day of the competent authority's conclusion or of the commune's confirmation
    that production has stopped (Decision 26/2026, Art. 8.4: 15 days).
    """
    return concluded_on + timedelta(days=regime.certificate.withdrawal_days)
