"""What a certificate is worth on a day: the words for it and the dates that decide it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ocop_api.domain.certificate import CertificateFacts, status_on


class Standing(StrEnum):
    """What a reader of the register is told on a given day."""

    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    EXPIRING = "expiring"
    EXTENDED = "extended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    REPORTED = "reported"
    """Only reported: no dated decision is at hand, so nothing is said about validity."""

    @property
    def in_force(self) -> bool:
        """Whether the product may carry these stars on that day."""
        return self in {self.VALID, self.EXPIRING, self.EXTENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The dates that decide what a certificate is worth."""

    stars: int
    issued_on: date | None
    valid_until: date | None
    notice_from: date | None
    withdrawn_on: date | None = None
    superseded_on: date | None = None

    def standing(self, day: date) -> Standing:
        """What it is worth on ``day``; the day itself belongs to the term."""
        if self.issued_on is None or self.valid_until is None or self.notice_from is None:
            if self.withdrawn_on is not None and self.withdrawn_on <= day:
                return Standing.WITHDRAWN
            if self.superseded_on is not None and self.superseded_on <= day:
                return Standing.SUPERSEDED
            return Standing.REPORTED
        facts = CertificateFacts(
            issued_on=self.issued_on,
            valid_until=self.valid_until,
            notice_days=(self.valid_until - self.notice_from).days,
            withdrawn_on=self.withdrawn_on,
            superseded_on=self.superseded_on,
        )
        return Standing(status_on(facts, day).value)
