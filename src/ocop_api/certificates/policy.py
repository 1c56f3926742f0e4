"""Decisions about certificates that need no database: what one is worth, who may act, what is refused."""

import base64
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal
from uuid import UUID

from ocop_api.certificates.standing import Life, Standing
from ocop_api.domain.actor import Level
from ocop_api.domain.certificate import CertificateFacts
from ocop_api.domain.certificate_number import read_number
from ocop_api.domain.errors import RuleViolation
from ocop_api.domain.regimes import Regime

_CODE = re.compile(r"[a-z2-7]{26}", re.ASCII)
_CODE_BYTES = 16
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff\ufffe]")
# What people write for letters the alphabet of RFC 4648 leaves out.
_LOOKALIKES = str.maketrans("018", "olb")

PROVEN_KINDS = frozenset(
    {
        "certificate.confirmed",
        "certificate.credential_signed",
        "certificate.expired",
        "certificate.extended",
        "certificate.issued",
        "certificate.recorded",
        "certificate.superseded",
        "certificate.withdrawn",
    }
)
"""Events whose whole content anybody may see, because the register shows all of it.

Not among them is ``certificate.expiring``: it changes nothing, and from whether the filing window tells of it
one could see that the producer has begun a file.
"""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a product holds by all its certificates together."""

    status: Literal["none", "valid", "reported", "withdrawn"]
    stars: int | None
    valid_until: date | None


def recognition_of(lives: Iterable[Life], day: date) -> Recognition:
    """The recognition a product shows: the last dated one that stands, else a report, else a withdrawal.

    A term that has run out still counts as dated, with its last day; readers compute the expiry.
    A report older than a withdrawal cannot be told from one after it, so a withdrawal hides reports.
    """
    lives = list(lives)
    dated = [
        life
        for life in lives
        if life.valid_until is not None and life.standing(day).value not in {"withdrawn", "superseded"}
    ]
    if dated:
        last = max(dated, key=lambda life: (life.issued_on or date.min, life.stars))
        return Recognition("valid", last.stars, last.last_day(day))
    withdrawn = [life for life in lives if life.standing(day) is Standing.WITHDRAWN]
    if withdrawn:
        last = max(withdrawn, key=lambda life: life.withdrawn_on or date.min)
        return Recognition("withdrawn", last.stars, last.valid_until)
    reported = [life.stars for life in lives if life.standing(day) is Standing.REPORTED]
    return Recognition("reported", max(reported), None) if reported else Recognition("none", None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One life among others of its product, for finding who follows whom."""

    certificate_id: UUID
    issued_on: date
    valid_until: date


def successions(terms: Iterable[Term]) -> list[tuple[UUID, UUID, date]]:
    """Which certificate another one of the same product replaced while it ran: (old, new, from when)."""
    ordered = sorted(terms, key=lambda term: (term.issued_on, term.certificate_id))
    return [
        (earlier.certificate_id, later.certificate_id, later.issued_on)
        for earlier, later in pairwise(ordered)
        if later.issued_on <= earlier.valid_until
    ]


def term_of(facts: CertificateFacts) -> dict[str, date]:
    """The columns of a term: first day, last day, first day of notice."""
    return {
        "issued_on": facts.issued_on,
        "valid_until": facts.valid_until,
        "notice_from": facts.valid_until - timedelta(days=facts.notice_days),
    }


def check_decided_on(decided_on: date, *, lodged_on: date | None, today: date) -> None:
    """Refuse a decision from before the dossier was lodged, or from a day that has not come.

    Raises:
        RuleViolation: ``certificate.decided_in_future`` or ``certificate.decided_before_lodging``.
    """
    if decided_on > today:
        raise RuleViolation("certificate.decided_in_future", decided_on=decided_on, today=today)
    if lodged_on is not None and decided_on < lodged_on:
        raise RuleViolation("certificate.decided_before_lodging", decided_on=decided_on, lodged_on=lodged_on)


def may_be_withdrawn(standing: Standing) -> bool:
    """Whether there is something to take back."""
    return standing.in_force or standing is Standing.REPORTED


def check_stands(life: Life, today: date) -> None:
    """Refuse to withdraw what no longer stands; a recognition that is only reported can be taken back.

    Raises:
        RuleViolation: ``certificate.not_in_force`` with the ``standing``.
    """
    standing = life.standing(today)
    if not may_be_withdrawn(standing):
        raise RuleViolation("certificate.not_in_force", standing=standing.value)


def check_withdrawal(life: Life, *, concluded_on: date, today: date) -> None:
    """Refuse to withdraw what no longer stands, and conclusions of impossible days.

    Raises:
        RuleViolation: as ``check_stands``; ``certificate.conclusion_in_future``,
            ``certificate.conclusion_before_issue``.
    """
    check_stands(life, today)
    if concluded_on > today:
        raise RuleViolation("certificate.conclusion_in_future", concluded_on=concluded_on, today=today)
    if life.issued_on is not None and concluded_on < life.issued_on:
        raise RuleViolation(
            "certificate.conclusion_before_issue", concluded_on=concluded_on, issued_on=life.issued_on
        )


def check_mark_allowed(life: Life, day: date) -> None:
    """Refuse to print stars on labels unless the certificate is in force on ``day`` (26/2026, Art. 4.3).

    Raises:
        RuleViolation: ``certificate.mark_not_allowed`` with the ``standing`` and the dates.
    """
    standing = life.standing(day)
    if standing.in_force:
        return
    term = f"{life.issued_on:%d/%m/%Y} - {life.last_day(day):%d/%m/%Y}" if life.issued_on else "-"
    raise RuleViolation(
        "certificate.mark_not_allowed",
        standing=standing.value,
        term=term,
        issued_on=life.issued_on,
        valid_until=life.valid_until,
        extended_until=life.prolonged_until(day),
        withdrawn_on=life.withdrawn_on,
        superseded_on=life.superseded_on,
    )


def recognising_level(regime: Regime, stars: int) -> Level:
    """The level that recognises ``stars`` under ``regime``.

    Raises:
        RuleViolation: ``certificate.stars_not_certified``.
    """
    level = regime.deciding_level(stars)
    if level is None:
        raise RuleViolation("certificate.stars_not_certified", stars=stars, regime=regime.code)
    return level


def new_code() -> str:
    """A verification code: 128 random bits as 26 letters and digits that are hard to confuse."""
    return base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().rstrip("=").lower()


def read_code(text: str) -> str | None:
    """The code a person or scanner meant, None when it cannot be one."""
    plain = re.sub(r"[\s-]", "", text[:80]).lower().translate(_LOOKALIKES)
    return plain if _CODE.fullmatch(plain) else None


def said_in(text: str, words: str) -> bool:
    """Whether a text says these words; case, line breaks and invisible characters do not matter."""
    return f" {_plain(words)} " in f" {_plain(text)} "


def printed_stars(text: str) -> set[int]:
    """The ranks a text names ("4 sao", "4 stars")."""
    return {int(found) for found in re.findall(r"\b([1-5]) ?(?:sao|stars?)\b", _plain(text))}


def _plain(text: str) -> str:
    """Words alone, so that a comma or a line break between them makes no difference."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(re.findall(r"\w+", visible))


def number_key(text: str) -> str | tuple[str, int, int]:
    """What tells a number from others: its parts, or the text of a form nothing counts in."""
    number = read_number(text)
    return " ".join(text.split()) if number is None else number.key


def number_columns(text: str | None) -> dict[str, str | int | None]:
    """The columns of a printed number; a form nothing counts in is kept as it is, with single spaces."""
    number = None if text is None else read_number(text)
    return {
        "number": number.text if number else None if text is None else " ".join(text.split()),
        "number_prefix": number.prefix if number else None,
        "number_year": number.year if number else None,
        "number_serial": number.serial if number else None,
    }
