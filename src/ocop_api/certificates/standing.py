"""What a certificate is worth on a day: the words for it and the dates that decide it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ocop_api.domain.certificate import (
    CertificateFacts,
    Prolongation,
    extension_until,
    prolongation,
    status_on,
)
from ocop_api.domain.regimes import REGIMES


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
    extended_until: date | None = None
    """Last day of the prolongation the transition gives it, when it has a claim to one."""

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
            extended_until=self.extended_until,
        )
        return Standing(status_on(facts, day).value)

    def prolonged_until(self, day: date) -> date | None:
        """The last day of a prolongation that has begun by ``day``; None while the own term runs."""
        if self.valid_until is None or self.extended_until is None:
            return None
        return self.extended_until if self.valid_until < min(day, self.extended_until) else None

    def last_day(self, day: date) -> date | None:
        """The last day it holds, as far as is known on ``day``; None when only reported."""
        return self.prolonged_until(day) or self.valid_until


_PROLONGING = [(law, found) for law in REGIMES if (found := prolongation(law)) is not None]
PROLONGATIONS: tuple[Prolongation, ...] = tuple(found for _, found in _PROLONGING)
"""What the transitions of all regimes prolong, for conditions in the database."""


def extended_until(
    issued_on: date | None,
    valid_until: date | None,
    *,
    rerating_lodged_on: date | None,
    result_on: date | None,
) -> date | None:
    """The last day of the prolongation under the transition in force; None without a claim to one.

    ``rerating_lodged_on`` is the day the re-rating was lodged, ``result_on`` the day its file ended.
    """
    if issued_on is None or valid_until is None:
        return None
    facts = CertificateFacts(issued_on=issued_on, valid_until=valid_until, notice_days=0)
    for law, _ in _PROLONGING:
        if law.transition is None:
            continue
        found = extension_until(
            facts, law.transition, law, rerating_lodged_on=rerating_lodged_on, result_on=result_on
        )
        if found is not None:
            return found
    return None
