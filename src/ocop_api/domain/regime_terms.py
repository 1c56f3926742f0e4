"""What a period of OCOP law consists of; the periods themselves are in ``regimes``.

Every block carries a :class:`Source`. ``silent=True`` marks what the decisions (or the excerpts of them
that were read, for 148, 1489 and 1048) do not say, where the value is this system's default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from ocop_api.domain.actor import Level
from ocop_api.domain.errors import Invalid, RuleViolation

MAX_POINTS = Decimal(100)


class DossierKind(StrEnum):
    """Kind of dossier (*lần đầu*, *nâng hạng*, *đánh giá lại*): Decision 26/2026, Art. 6.1."""

    FIRST = "first"
    UPGRADE = "upgrade"
    RERATING = "rerating"


class ProducerForm(StrEnum):
    """Legal form of an OCOP producer (*chủ thể OCOP*)."""

    COOPERATIVE = "cooperative"
    COOPERATIVE_GROUP = "cooperative_group"
    COOPERATIVE_UNION = "cooperative_union"
    SMALL_MEDIUM_ENTERPRISE = "small_medium_enterprise"
    COMPANY = "company"
    ENTERPRISE = "enterprise"
    FARM = "farm"
    PRODUCTION_HOUSEHOLD = "production_household"
    FAMILY_BUSINESS = "family_business"
    ASSOCIATION = "association"
    OPERATING_CENTRE = "operating_centre"
    EQUIVALENT_BODY = "equivalent_body"


class CommuneTopic(StrEnum):
    """The four topics a commune assesses before it forwards a file (Decision 26/2026, Art. 7.2a)."""

    ORIGIN_AND_LOCAL_MATERIAL = "origin_and_local_material"
    LOCAL_LABOUR = "local_labour"
    ORIGIN_OF_IDEA = "origin_of_idea"
    LOCAL_IDENTITY_AND_KNOWLEDGE = "local_identity_and_knowledge"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. ``silent`` says that the law is silent and the value is our default."""

    text: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A legal act by number and date of signature."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StarBand:
    """Average totals of a star rank: ``minimum`` included, ``below`` excluded (None: up to 100 included)."""

    star: int
    minimum: Decimal
    below: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """What one level does with a dossier.

    Attributes:
        receives: Producers lodge their files here.
        topics: Topics assessed without a council (the commune's part); empty elsewhere.
        has_council: A council and an advisory group rate here.
        decides: Stars whose recognition and certificate are issued here.
        forwards_to: Next level up, None at the top.
        forward_from: Points from which a rated file goes up; None when the level forwards every file
            it has checked (commune) or none (centre).
    """

    level: Level
    receives: bool = False
    topics: frozenset[CommuneTopic] = frozenset()
    has_council: bool = False
    decides: frozenset[int] = frozenset()
    forwards_to: Level | None = None
    forward_from: Decimal | None = None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateTerms:
    """Life of a certificate (*giấy chứng nhận*): months of validity, days of expiry notice and withdrawal."""

    months: int
    months_source: Source
    expiry_notice_days: int
    expiry_notice_source: Source
    withdrawal_days: int
    withdrawal_source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRound:
    """A yearly rating round (*đợt đánh giá*): files requested before one day, rated before another.

    Days are ``(month, day)`` and both are exclusive ("trước ngày").
    """

    level: Level
    number: int
    requested_before: tuple[int, int]
    done_before: tuple[int, int]
    source: Source


@dataclass(frozen=True, slots=True)
class RoundDates:
    """A rating round of a certain year; ``requested_before`` and ``done_before`` are exclusive."""

    level: Level
    number: int
    requested_before: date
    done_before: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LodgingTerms:
    """Formalities and time limits of a file. None means that the regime sets no such limit.

    Attributes:
        commune_working_days: Working days the commune has from receipt to its request to the province.
        rerating_earliest_days: A re-rating file may come at most so many days before expiry.
        rerating_latest_days: ... and at least so many days before expiry.
        rerating_days: Calendar days for a re-rating from the complete request to the decision.
        rerating_by_written_opinion: Councils re-rate by written opinions and meet only when needed.
        members_notice_working_days: Working days before the meeting by which members have the file.
        samples: Sample units to hand in; community tourism services hand in none.
    """

    paper_sets: int
    electronic_sets: int
    samples: int
    samples_source: Source
    commune_working_days: int | None = None
    rerating_earliest_days: int | None = None
    rerating_latest_days: int | None = None
    rerating_days: int | None = None
    rerating_by_written_opinion: bool = False
    members_notice_working_days: int | None = None
    source: Source

    def samples_for(self, *, tourism_service: bool) -> int:
        """Return the number of sample units a file needs (Decision 26/2026, Art. 6.2d)."""
        return 0 if tourism_service else self.samples


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRules:
    """How a new regime treats what began under the old ones (*điều khoản chuyển tiếp*).

    Attributes:
        effective_on: Day the new regime came into force.
        finish_days: Days from ``effective_on`` within which a pending file of each kind must be finished.
        extension_days: Longest prolongation, in days after expiry, of a certificate whose re-rating
            window could not be met.
    """

    effective_on: date
    finish_days: Mapping[DossierKind, int]
    finish_source: Source
    extension_days: int
    extension_source: Source

    def finish_by(self, kind: DossierKind, lodged_on: date) -> date | None:
        """Return the last day for a file lodged under the old rules; None for one lodged under the new."""
        if lodged_on >= self.effective_on:
            return None
        return self.effective_on + timedelta(days=self.finish_days[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One period of law.

    Attributes:
        valid_to: Last day on which new files fall under this regime; None while it is open.
        repealed_after: Last day on which the act still governs pending files, where the next act says so.
        criteria_edition: Code of the criteria set, None when it is not shipped (old certificates only).
        product_code_has_district: Product codes carry the district between province and commune.
    """

    code: str
    decisions: tuple[Decision, ...]
    valid_from: date
    valid_to: date | None
    repealed_after: date | None
    criteria_edition: str | None
    levels: tuple[LevelRule, ...]
    bands: tuple[StarBand, ...]
    bands_source: Source
    producer_forms: frozenset[ProducerForm]
    tourism_forms: frozenset[ProducerForm]
    forms_source: Source
    certificate: CertificateTerms
    lodging: LodgingTerms
    rounds: tuple[RatingRound, ...]
    product_code_has_district: bool
    product_code_source: Source
    transition: TransitionRules | None = None

    def covers(self, day: date) -> bool:
        """Tell whether a file lodged on ``day`` follows this regime."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def rule(self, level: Level) -> LevelRule:
        """Return what ``level`` does.

        Raises:
            RuleViolation: ``regimes.level_not_in_regime``, the level has no part in this regime.
        """
        for candidate in self.levels:
            if candidate.level is level:
                return candidate
        raise RuleViolation(
            "regimes.level_not_in_regime",
            regime=self.code,
            level=level.value,
            levels=[candidate.level.value for candidate in self.levels],
        )

    def involves(self, level: Level) -> bool:
        """Tell whether ``level`` has any part in this regime."""
        return any(candidate.level is level for candidate in self.levels)

    @property
    def entry_level(self) -> Level:
        """The level at which producers lodge."""
        return next(rule.level for rule in self.levels if rule.receives)

    def deciding_level(self, star: int) -> Level | None:
        """Return the level that recognises ``star``; None for 1 and 2 stars, which nobody recognises."""
        return next((rule.level for rule in self.levels if star in rule.decides), None)

    def deciding_level_below(self, level: Level) -> Level | None:
        """Return the nearest level under ``level`` that recognises stars; None when there is none."""
        below = [rule.level for rule in self.levels if rule.decides and self.is_above(level, rule.level)]
        return below[-1] if below else None

    def is_above(self, higher: Level, lower: Level) -> bool:
        """Tell whether ``higher`` stands above ``lower`` in this regime."""
        order = [rule.level for rule in self.levels]
        return order.index(self.rule(higher).level) > order.index(self.rule(lower).level)

    def band_star(self, points: Decimal) -> int:
        """Return the star of the points alone, before any star minimum is looked at.

        Raises:
            Invalid: ``regimes.points_out_of_range``, the points are not between 0 and 100.
        """
        check_points(points)
        return next(band.star for band in self.bands if points >= band.minimum)

    def may_apply(self, form: ProducerForm, *, community_tourism: bool = False) -> bool:
        """Tell whether a producer of this legal form may take part (Decision 26/2026, Art. 2.3)."""
        return form in self.producer_forms or (community_tourism and form in self.tourism_forms)

    def round_for(self, level: Level, requested_on: date) -> RoundDates | None:
        """Return the first round a file requested on ``requested_on`` is in time for.

        None when the regime prescribes no rounds at that level (the province's plan sets them then).
        """
        candidates = [
            RoundDates(
                level,
                item.number,
                date(year, *item.requested_before),
                date(year, *item.done_before),
            )
            for year in (requested_on.year, requested_on.year + 1)
            for item in self.rounds
            if item.level is level
        ]
        in_time = [item for item in candidates if requested_on < item.requested_before]
        return min(in_time, key=lambda item: item.requested_before, default=None)


def check_points(points: Decimal) -> None:
    """Refuse a total that is not a number between 0 and 100.

    Raises:
        Invalid: ``regimes.points_out_of_range``.
    """
    if not points.is_finite() or not Decimal(0) <= points <= MAX_POINTS:
        raise Invalid("regimes.points_out_of_range", points=str(points), maximum=str(MAX_POINTS))
