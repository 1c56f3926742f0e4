"""Public verification: one statement, and the standing by the date."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from ocop_api.certificates import repository
from ocop_api.certificates.policy import read_code
from ocop_api.certificates.standing import Life, Standing, extended_until
from ocop_api.domain.certificate import WithdrawalGround
from ocop_api.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the register says about one certificate on one day; nothing personal in it."""

    certificate_id: UUID
    product_id: UUID
    number: str | None
    code: str
    stars: int
    product_name: str
    producer_name: str
    decision_number: str | None
    decided_on: date | None
    issuing_authority: str | None
    regime: str | None
    edition: str | None
    """Criteria edition the dossier was rated by; None for what was recorded without one."""
    set_number: int | None
    issued_on: date | None
    valid_until: date | None
    withdrawn_on: date | None
    ground: WithdrawalGround | None
    superseded_on: date | None
    successor_code: str | None
    extended_until: date | None
    """Last day of a prolongation that has begun: the limit while its file is open, then its end."""
    standing: Standing
    day: date
    issued_here: bool
    recorded_from: str | None
    """Where a recorded one was read; None for what was issued here."""
    confirmed_on: date | None
    """Day an officer confirmed a recorded one by the paper behind it."""


class VerificationService:
    """Answers whether a certificate is good on a day. For the hot pool; needs no transaction."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", day: date) -> None:
        self.pool = pool
        self.day = day

    async def by_code(self, code: str) -> Finding:
        """By the code behind the QR symbol; case, spaces and dashes do not matter.

        Raises:
            NotFound: ``certificate.unknown_code``.
        """
        plain = read_code(code)
        row = None if plain is None else await repository.look_up(self.pool, code=plain)
        if row is None:
            raise NotFound("certificate.unknown_code")
        return self._finding(row)

    async def by_number(self, number: str) -> Finding:
        """By the printed number, such as ``68-24611-01-2026``; spaces and long dashes do not matter.

        Raises:
            NotFound: ``certificate.unknown_number``.
        """
        row = await repository.look_up(self.pool, number=number)
        if row is None:
            raise NotFound("certificate.unknown_number", number=number)
        return self._finding(row)

    async def by_text(self, text: str) -> Finding:
        """By whatever a person typed, a code or a number.

        Raises:
            NotFound: ``certificate.unknown_code`` or ``certificate.unknown_number``.
        """
        return await (self.by_number(text) if read_code(text) is None else self.by_code(text))

    def _finding(self, row: asyncpg.Record) -> Finding:
        life = Life(
            stars=row["stars"],
            issued_on=row["issued_on"],
            valid_until=row["valid_until"],
            notice_from=row["notice_from"],
            withdrawn_on=row["withdrawn_on"],
            superseded_on=row["superseded_on"],
            extended_until=extended_until(
                row["issued_on"],
                row["valid_until"],
                rerating_lodged_on=row["rerating_lodged_on"],
                result_on=repository.result_day(row["rerating_ends"]),
            ),
        )
        return Finding(
            certificate_id=row["id"],
            product_id=row["product_id"],
            number=row["number"],
            code=row["code"],
            stars=row["stars"],
            product_name=row["product_name"],
            producer_name=row["producer_name"],
            decision_number=row["decision_number"],
            decided_on=row["decided_on"],
            issuing_authority=row["issuing_authority"],
            regime=row["regime"],
            edition=row["edition"],
            set_number=row["set_number"],
            issued_on=row["issued_on"],
            valid_until=row["valid_until"],
            withdrawn_on=row["withdrawn_on"],
            ground=None if row["ground"] is None else WithdrawalGround(row["ground"]),
            superseded_on=row["superseded_on"],
            successor_code=row["successor_code"],
            extended_until=life.prolonged_until(self.day),
            standing=life.standing(self.day),
            day=self.day,
            issued_here=row["source"] == repository.ISSUED,
            recorded_from=None if row["source"] == repository.ISSUED else row["source"],
            confirmed_on=row["confirmed_on"],
        )
