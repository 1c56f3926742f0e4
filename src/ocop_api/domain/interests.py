"""Ties between a council's member and a producer, found by comparing what both registers know.

Decision 26/2026 leaves conflicts of interest to each council's operating regulation. A tie that names the
very producer, or that only one person can have (an account, an e-mail address, a telephone number), is
certain. A name alone is not: many people in Vietnam share theirs, so such a tie is only a question that
somebody has to answer before the council acts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ocop_api.domain.council import RecusalReason
from ocop_api.domain.vietnamese import fold


class TieBasis(StrEnum):
    """What a tie rests on."""

    ACTS_FOR_PRODUCER = "acts_for_producer"
    """The account holds a role for the producer."""
    DECLARED = "declared"
    """The member registered an interest in this producer."""
    SAME_EMAIL = "same_email"
    """The account's address is one of the producer's."""
    RELATIVE_SAME_PHONE = "relative_same_phone"
    """A registered relative's number is one of the producer's."""
    SCORED_BELOW = "scored_below"
    """The member scored the same file at a lower level, and the council's rules keep them out."""
    FILED_REPORT = "filed_report"
    """The member filed a report on the file to a council."""
    RATED_BEFORE = "rated_before"
    """The member had a part in the rating of the file before an appeal against it was upheld."""
    SAME_NAME = "same_name"
    """The member is called like somebody of the producer's."""
    RELATIVE_SAME_NAME = "relative_same_name"
    """A registered relative is called like somebody of the producer's."""


_UNCERTAIN = frozenset({TieBasis.SAME_NAME, TieBasis.RELATIVE_SAME_NAME})


@dataclass(frozen=True, slots=True)
class Tie:
    """One tie: what it would be a reason for, and what it rests on."""

    reason: RecusalReason
    basis: TieBasis

    @property
    def certain(self) -> bool:
        """Whether it keeps the member out by itself; otherwise somebody has to look."""
        return self.basis not in _UNCERTAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What a member registered: a tie to a producer, or a relative by name.

    Attributes:
        relation: What kind of tie it is.
        producer_id: The producer it ties to; None when a relative is named.
        relative_name: Name of a relative in the trade; None when a producer is named.
        relative_phone: The relative's number in the form the producers' register keeps.
        valid_from: First day it holds.
        valid_until: Last day it holds; None while it goes on.
    """

    relation: RecusalReason
    producer_id: UUID | None = None
    relative_name: str | None = None
    relative_phone: str | None = None
    valid_from: date
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it holds on ``day``."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A council's member as the accounts know them."""

    names: frozenset[str]
    email: str
    acts_for: frozenset[UUID] = frozenset()
    interests: tuple[Interest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerPeople:
    """The people of a producer: representative and contacts."""

    producer_id: UUID
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()


def ties(member: Member, producer: ProducerPeople, on: date) -> tuple[Tie, ...]:
    """All ties between a member and a producer on a day, the certain ones first."""
    return tuple(
        sorted(set(_found(member, producer, on)), key=lambda tie: (not tie.certain, tie.basis.value))
    )


def _found(member: Member, producer: ProducerPeople, on: date) -> Iterable[Tie]:
    names = {fold(name) for name in producer.names} - {""}
    if producer.producer_id in member.acts_for:
        yield Tie(RecusalReason.OTHER_INTEREST, TieBasis.ACTS_FOR_PRODUCER)
    if member.email and member.email.casefold() in {one.casefold() for one in producer.emails}:
        yield Tie(RecusalReason.OWNER, TieBasis.SAME_EMAIL)
    if names & {fold(name) for name in member.names}:
        yield Tie(RecusalReason.OWNER, TieBasis.SAME_NAME)
    for one in member.interests:
        if not one.holds_on(on):
            continue
        if one.producer_id is not None:
            if one.producer_id == producer.producer_id:
                yield Tie(one.relation, TieBasis.DECLARED)
        elif one.relative_phone is not None and one.relative_phone in producer.phones:
            yield Tie(RecusalReason.RELATIVE, TieBasis.RELATIVE_SAME_PHONE)
        elif one.relative_name is not None and fold(one.relative_name) in names:
            yield Tie(RecusalReason.RELATIVE, TieBasis.RELATIVE_SAME_NAME)
