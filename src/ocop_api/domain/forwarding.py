"""Where a rated file goes, and on which days a re-rating file may come.

Sources: Decision 26/2026, Art. 7.3e (from 90 points on to the ministry), 7.4g (below 90 back to the
province), 7.6a (days before expiry), 12.3 (transition). Under 148 the thresholds follow from the bands.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ocop_api.domain.certificate import Window, rerating_window
from ocop_api.domain.dossier_terms import Guard
from ocop_api.domain.errors import Invalid, RuleViolation
from ocop_api.domain.regimes import Level, Regime


class OutcomeKind(StrEnum):
    """What follows from a council's result."""

    RECOGNISE = "recognise"
    FORWARD = "forward"
    NOT_REACHED = "not_reached"
    REMAND = "remand"


class OutcomeReason(StrEnum):
    """Why it follows."""

    STAR_DECIDED_HERE = "star_decided_here"
    """This level recognises the star that was reached."""
    HIGHER_STAR_IN_REACH = "higher_star_in_reach"
    """Points and star minimums both reach what a higher level decides."""
    BELOW_THREE_STARS = "below_three_stars"
    """One or two stars are not recognised by anybody (Art. 4.1a)."""
    BELOW_THIS_LEVEL = "below_this_level"
    """The result lies below the stars of this level; a lower one decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happens with a rated file, and why.

    Attributes:
        star: Star to be recognised or, when the file moves on, the star this council found.
        level: Level that acts next: the deciding one itself, the next higher or a lower one.
        threshold: Points from which this level forwards; None where nothing is forwarded.
    """

    kind: OutcomeKind
    reason: OutcomeReason
    star: int
    points: Decimal
    level: Level
    threshold: Decimal | None

    @property
    def guard(self) -> Guard:
        """The guard of the dossier table that this outcome satisfies."""
        return Guard(f"outcome_is_{self.kind.value}")


def forwarding(
    regime: Regime,
    level: Level,
    points: Decimal,
    star: int,
    *,
    remanded: bool = False,
) -> Outcome:
    """Decide where a result sends a file.

    ``points`` is the average total (0 to 100, exact) and ``star`` the result after star minimums and gates.
    A file goes up only when both reach: 92 points whose 5-star minimums are missed is no potential 5-star
    product, and the province recognises 4 stars (our reading of Art. 7.3e together with the defaults on
    star minimums). A council that finds less than its level decides sends the file down to the level that
    does (Art. 7.4g; for a province under 148 our default by analogy).

    Args:
        regime: The regime the dossier follows.
        level: The level whose council found the result, or that received it from above.
        points: Average total.
        star: Star after minimums.
        remanded: The result came down from a higher council; the file cannot go up again with it.

    Raises:
        RuleViolation: ``dossier.level_does_not_rate``, ``dossier.result_above_level`` (a remanded file with
            stars only a higher level decides), ``regimes.level_not_in_regime``.
        Invalid: ``regimes.points_out_of_range``, ``dossier.star_not_of_points``.
    """
    rule = regime.rule(level)
    if not rule.has_council:
        raise RuleViolation("dossier.level_does_not_rate", level=level.value, regime=regime.code)
    band_star = regime.band_star(points)
    if not 1 <= star <= band_star:
        raise Invalid("dossier.star_not_of_points", star=star, points=str(points), band_star=band_star)

    def outcome(kind: OutcomeKind, reason: OutcomeReason, to: Level) -> Outcome:
        return Outcome(
            kind=kind,
            reason=reason,
            star=star,
            points=points,
            level=to,
            threshold=rule.forward_from,
        )

    if star in rule.decides:
        return outcome(OutcomeKind.RECOGNISE, OutcomeReason.STAR_DECIDED_HERE, level)
    decided_at = regime.deciding_level(star)
    if decided_at is not None and regime.is_above(decided_at, level):
        if remanded or rule.forwards_to is None or rule.forward_from is None:
            raise RuleViolation("dossier.result_above_level", level=level.value, star=star)
        return outcome(OutcomeKind.FORWARD, OutcomeReason.HIGHER_STAR_IN_REACH, rule.forwards_to)
    below = regime.deciding_level_below(level)
    if below is not None:
        return outcome(OutcomeKind.REMAND, OutcomeReason.BELOW_THIS_LEVEL, below)
    return outcome(OutcomeKind.NOT_REACHED, OutcomeReason.BELOW_THREE_STARS, level)


def rerating_lodging_days(regime: Regime, expires_on: date) -> Window | None:
    """Return the days on which a re-rating of a certificate may be lodged; None when there is no limit.

    Normally 180 to 120 days before expiry (Art. 7.6a). For a certificate still in force on 22/05/2026 whose
    window had closed by then, Art. 12.3 presumes a file outside the window; our default lets it come from
    that day until the day of expiry.
    """
    window = rerating_window(regime, expires_on)
    rules = regime.transition
    if window is None or rules is None:
        return window
    if window.last_day < rules.effective_on <= expires_on:
        return Window(rules.effective_on, expires_on)
    return window


def check_rerating_lodging(regime: Regime, expires_on: date, lodged_on: date) -> None:
    """Refuse a re-rating file outside its days; afterwards the producer may lodge a first rating.

    Raises:
        RuleViolation: ``dossier.outside_rerating_window`` with ``first_day`` and ``last_day`` (ISO dates).
    """
    window = rerating_lodging_days(regime, expires_on)
    if window is not None and lodged_on not in window:
        raise RuleViolation(
            "dossier.outside_rerating_window",
            lodged_on=lodged_on.isoformat(),
            expires_on=expires_on.isoformat(),
            first_day=window.first_day.isoformat(),
            last_day=window.last_day.isoformat(),
        )
