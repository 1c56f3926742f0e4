"""From points and minimums to a star: the rules a council may set, and the decision itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ocop_api.domain.rubric.criteria import Band, EditionHeader


class WhenMinimumMissed(StrEnum):
    """What becomes of a product whose points reach a star but which misses one of its minimums."""

    HIGHEST_STAR_MET = "highest_star_met"
    """It gets the highest star whose band and minimums are both met."""
    NO_RECOGNITION = "no_recognition"
    """It is not recognised at all: at best the highest star below recognition."""


@dataclass(frozen=True, slots=True)
class StarRules:
    """How star minimums work; the decisions are silent, a council's regulation (*Quy chế*) may say.

    ``cumulative_minimums``: a star needs the minimums of the lower stars too.
    """

    cumulative_minimums: bool = True
    when_minimum_missed: WhenMinimumMissed = WhenMinimumMissed.HIGHEST_STAR_MET


DEFAULT_STAR_RULES = StarRules()


class Outcome(StrEnum):
    """Whether there is a star, and if not, why."""

    RATED = "rated"
    INCOMPLETE = "incomplete"
    STOPPED = "stopped"
    DISQUALIFIED = "disqualified"


def band_of(total: Decimal | Fraction, bands: Sequence[Band]) -> Band:
    """Return the band the total lies in (26/2026, Art. 3.3); the comparison is exact, nothing is rounded."""
    exact = Fraction(total)
    return next(band for band in bands if exact >= Fraction(band.points_from))


def decide_star(
    band_star: int, missed: Callable[[int], bool], header: EditionHeader, rules: StarRules
) -> int:
    """Return the star for points in a band; ``missed`` tells whether a star's minimums fail.

    Points of a band satisfy the lower bands too. Stars below recognition have no minimums, so a
    product with 60 points that misses a minimum of 3 stars ends at 2 stars and is not recognised.
    """
    highest_unrecognised = header.recognised_from - 1
    if band_star <= highest_unrecognised:
        return band_star
    if rules.when_minimum_missed is WhenMinimumMissed.NO_RECOGNITION:
        return highest_unrecognised if missed(band_star) else band_star
    candidates = range(band_star, highest_unrecognised, -1)
    return next((star for star in candidates if not missed(star)), highest_unrecognised)


Outcomes = tuple[tuple[int, tuple[int, ...]], ...]
"""The ends one open criterion can have: the stars whose minimum is missed, as bits, and the points then."""


def reachable_totals(open_criteria: Iterable[Outcomes]) -> dict[int, int]:
    """Return every total the open criteria of a partial sheet can add, by the minimums missed on the way.

    The answer has for each set of missed stars (bits) the totals that go with it as the bits of one
    integer, so adding a criterion is a few shifts however many completions there are.
    """
    totals: dict[int, int] = {0: 1}
    # Criteria without minimums first: as long as no star is missed there is only one entry to shift.
    for outcomes in sorted(open_criteria, key=len):
        extended: dict[int, int] = {}
        for before, bits in totals.items():
            for newly_missed, gains in outcomes:
                after = before | newly_missed
                reached = extended.get(after, 0)
                for gain in gains:
                    reached |= bits << gain
                extended[after] = reached
        totals = extended
    return totals
