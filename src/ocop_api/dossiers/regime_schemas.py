"""Shapes of regimes: the law as data, read from ``ocop_api.domain.regimes``."""

from datetime import date

from pydantic import Field

from ocop_api.domain.dossier import Action, DossierKind, Guard, Level, Party, Transition, transitions
from ocop_api.domain.dossier import State as DossierState
from ocop_api.domain.regimes import CommuneTopic, ProducerForm, Regime
from ocop_api.web.schemas import Exact, Output


class SourceRead(Output):
    """Where a value comes from."""

    text: str = Field(examples=["26/2026/QĐ-TTg, Art. 7.2"])
    silent: bool = Field(description="the decisions are silent; the value is this system's default")


class DecisionRead(Output):
    """A legal act."""

    number: str = Field(examples=["26/2026/QĐ-TTg"])
    issued_on: date


class LevelRead(Output):
    """What one level does with a dossier."""

    level: Level
    receives: bool
    topics: list[CommuneTopic]
    has_council: bool
    decides: list[int] = Field(description="stars recognised here", examples=[[3, 4]])
    forwards_to: Level | None
    forward_from: Exact | None = Field(description="points from which a rated file goes up")
    source: SourceRead


class RegimeBandRead(Output):
    """Points of a star rank."""

    star: int = Field(examples=[4])
    minimum: Exact = Field(description="included", examples=["70"])
    below: Exact | None = Field(description="excluded; null: up to 100 included", examples=["90"])


class CertificateTermsRead(Output):
    """Life of a certificate."""

    months: int = Field(examples=[36])
    months_source: SourceRead
    expiry_notice_days: int = Field(examples=[30])
    expiry_notice_source: SourceRead
    withdrawal_days: int = Field(examples=[15])
    withdrawal_source: SourceRead


class LodgingTermsRead(Output):
    """Formalities and time limits; null where the regime sets none."""

    paper_sets: int
    electronic_sets: int = Field(examples=[1])
    samples: int = Field(examples=[5])
    samples_source: SourceRead
    commune_working_days: int | None
    rerating_earliest_days: int | None
    rerating_latest_days: int | None
    rerating_days: int | None
    rerating_by_written_opinion: bool
    members_notice_working_days: int | None
    source: SourceRead


class RegimeRoundRead(Output):
    """A yearly rating round; days are month and day, both exclusive."""

    level: Level
    number: int
    requested_before: tuple[int, int] = Field(examples=[[4, 30]])
    done_before: tuple[int, int] = Field(examples=[[6, 30]])
    source: SourceRead


class TransitionRulesRead(Output):
    """How files and certificates of earlier regimes are treated."""

    effective_on: date = Field(examples=["2026-06-15"])
    finish_days: dict[DossierKind, int]
    finish_source: SourceRead
    extension_days: int
    extension_source: SourceRead


class TransitionRead(Output):
    """One row of the table: at this place, this party may do this once the guards hold."""

    level: Level = Field(examples=["commune"])
    state: DossierState = Field(examples=["lodged"])
    action: Action = Field(examples=["receive"])
    kinds: list[DossierKind]
    party: Party
    guards: list[Guard]
    to_state: DossierState
    to_level: Level
    source: SourceRead


class RegimeSummary(Output):
    """A period of law."""

    code: str = Field(examples=["qd26-2026"])
    decisions: list[DecisionRead]
    valid_from: date
    valid_to: date | None
    repealed_after: date | None = Field(description="last day on which it governs pending files")
    criteria_edition: str | None


class RegimeList(Output):
    """All regimes, oldest first."""

    items: list[RegimeSummary]


class RegimeRead(RegimeSummary):
    """A period of law in full."""

    entry_level: Level = Field(description="where producers lodge")
    levels: list[LevelRead]
    bands: list[RegimeBandRead]
    bands_source: SourceRead
    producer_forms: list[ProducerForm]
    tourism_forms: list[ProducerForm] = Field(description="further forms, for community tourism only")
    forms_source: SourceRead
    certificate: CertificateTermsRead
    lodging: LodgingTermsRead
    rounds: list[RegimeRoundRead]
    product_code_has_district: bool
    product_code_source: SourceRead
    transition: TransitionRulesRead | None
    table: list[TransitionRead] = Field(description="what may be done to a dossier, by whom, and when")


def shown(law: Regime) -> RegimeRead:
    """A regime with its transition table; sets are sorted, so the same law always gives the same bytes."""
    values = {
        name: getattr(law, name)
        for name in RegimeRead.model_fields
        if name not in {"levels", "producer_forms", "tourism_forms", "table"}
    }
    return RegimeRead.model_validate(
        values
        | {
            "levels": [
                {name: getattr(rule, name) for name in LevelRead.model_fields}
                | {"topics": sorted(rule.topics), "decides": sorted(rule.decides)}
                for rule in law.levels
            ],
            "producer_forms": sorted(law.producer_forms),
            "tourism_forms": sorted(law.tourism_forms),
            "table": [_row(row) for row in transitions(law)],
        }
    )


def _row(row: Transition) -> TransitionRead:
    return TransitionRead(
        level=row.origin.level,
        state=row.origin.state,
        action=row.action,
        kinds=[kind for kind in DossierKind if kind in row.kinds],
        party=row.party,
        guards=sorted(row.guards),
        to_state=row.target.state,
        to_level=row.target.level,
        source=SourceRead.model_validate(row.source),
    )
