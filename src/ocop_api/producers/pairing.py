"""Pages of pairs of records that are likely one, ranked by score."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from ocop_api.db.paging import Rows
from ocop_api.domain.errors import Invalid

MOST_PAIRS = 2000
"""Candidate pairs that are scored; those that share the most and strongest keys come first."""
LARGEST_BLOCK = 30
"""Records under one key beyond which the key tells nothing; it keeps the pairs far from all with all."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, how likely they are one (0 to 100) and why."""

    score: float
    first: UUID
    second: UUID
    reasons: tuple[Any, ...]

    @property
    def rank(self) -> tuple[float, UUID, UUID]:
        """The most likely pair sorts first."""
        return (-self.score, self.first, self.second)


def page_of(pairs: Sequence[Pair], *, limit: int, cursor: str | None, with_total: bool) -> Rows:
    """One page of the ranking.

    Raises:
        Invalid: ``paging.bad_cursor``.
    """
    ranked = sorted(pairs, key=lambda pair: pair.rank)
    after = None if cursor is None else _read(cursor)
    left = [pair for pair in ranked if after is None or pair.rank > after]
    items = left[:limit]
    following = None
    if len(left) > limit:
        last = items[-1]
        packed = orjson.dumps([last.score, str(last.first), str(last.second)])
        following = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    return Rows(items=items, next_cursor=following, total=len(ranked) if with_total else None)


def _read(cursor: str) -> tuple[float, UUID, UUID]:
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        score, first, second = orjson.loads(packed)
        return (-float(score), UUID(first), UUID(second))
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid("paging.bad_cursor") from error
