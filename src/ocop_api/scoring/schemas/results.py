"""What a closed round comes to: the members' sheets side by side, and the council's result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from pydantic import Field

from ocop_api.domain.council import CouncilRules
from ocop_api.domain.rubric.consolidation import Consolidation
from ocop_api.domain.rubric.criteria import GateEffect, Language
from ocop_api.domain.rubric.minutes import explain_consolidation
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.scoring.schemas.editions import BandRead
from ocop_api.scoring.schemas.evaluation import CriterionScoreRead
from ocop_api.scoring.schemas.texts import StatementRead, StatementRecord, TextRead, recorded, told
from ocop_api.web.schemas import Exact, Instant, Output

_MOST_NAMED = 5


class MeanRead(Output):
    """A mean, exact and for display."""

    exact: str = Field(description="a fraction in lowest terms; decisions rest on it", examples=["26999/300"])
    shown: Exact = Field(description="rounded half-up", examples=["90.00"])


class CountedSheetRead(Output):
    """A member's sheet."""

    member: UUID = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    total: Exact | None = Field(description="null when the member stopped at a gate", examples=["82"])
    star: int | None = Field(examples=[4])
    criteria: list[CriterionScoreRead]
    remarks: str = Field(examples=["Câu chuyện sản phẩm cần nêu rõ vùng nguyên liệu."])
    criterion_remarks: dict[str, str] = Field(
        default_factory=dict, examples=[{"1.1": "Vùng nguyên liệu ở ba thôn của xã."}]
    )
    sha256: str


class GateVoteRead(Output):
    """How many sheets record a gate, and each member's reason."""

    gate: str = Field(examples=["no_product_story"])
    effect: GateEffect
    text: TextRead
    criteria: list[str]
    votes: int = Field(examples=[1])
    counted: int = Field(examples=[5])
    carried: bool
    reasons: dict[UUID, str]


class CriterionComparisonRead(Output):
    """One criterion across the sheets."""

    code: str = Field(examples=["1.1"])
    points: dict[UUID, Decimal]
    mean: MeanRead
    least: Exact = Field(examples=["2"])
    most: Exact = Field(examples=["3"])
    spread: Exact = Field(examples=["1"])


class PartMeanRead(Output):
    """The mean of a part."""

    code: str = Field(examples=["A"])
    mean: MeanRead
    max: Exact = Field(examples=["40"])


class MinimumVoteRead(Output):
    """On how many sheets a criterion's minimum is reached."""

    criterion: str = Field(examples=["1.1"])
    criterion_text: TextRead
    required_level: int = Field(examples=[2])
    required_text: TextRead
    reached: int = Field(examples=[4])
    counted: int = Field(examples=[5])
    met: bool


class StarVoteRead(Output):
    """What a star asks for and what the sheets give together."""

    star: int = Field(examples=[4])
    points_from: Exact = Field(examples=["70"])
    band_met: bool
    minimums: list[MinimumVoteRead]


class ComparisonCore(Output):
    """The sheets of a round together."""

    edition: str
    set_number: int
    outcome: Outcome
    counted: int
    mean: MeanRead | None
    least: Exact | None
    most: Exact | None
    spread: Exact | None
    spread_limit: Exact | None
    spread_exceeded: bool
    band: BandRead | None
    new_round_needed: bool
    indicated_star: int | None = Field(description="where points and minimums lead")
    star: int | None = Field(description="the result; null while a new round is needed or a gate ended it")
    recognisable: bool
    sheets: list[CountedSheetRead]
    gates: list[GateVoteRead]
    criteria: list[CriterionComparisonRead]
    parts: list[PartMeanRead]
    stars: list[StarVoteRead]
    set_aside: list[UUID] = Field(
        default_factory=list,
        description="members whose sheet does not count, because they were kept from the file later",
    )


class ComparisonRecord(ComparisonCore):
    """The comparison as the round keeps it."""

    explanation: list[StatementRecord]

    def read(
        self,
        language: Language,
        *,
        session_id: UUID,
        dossier_id: UUID,
        round_number: int,
        rounds: int,
        next_reason: str | None,
        closed_at: Instant,
    ) -> "ResultRead":
        """The comparison of a round with its explanation in one language."""
        return ResultRead.model_construct(
            **{name: getattr(self, name) for name in ComparisonCore.model_fields},
            explanation=told(self.explanation, language),
            session_id=session_id,
            dossier_id=dossier_id,
            round=round_number,
            rounds=rounds,
            final=not self.new_round_needed,
            next_round_reason=next_reason,
            closed_at=closed_at,
            differs_most=self._differs_most(),
        )

    def _differs_most(self) -> list[str]:
        # In points, not in shares of a criterion: it is points that lead to a new round.
        differing = [one for one in self.criteria if one.spread > 0]
        return [one.code for one in sorted(differing, key=lambda one: -one.spread)[:_MOST_NAMED]]


class ResultRead(ComparisonCore):
    """A closed round in full; ``final`` when it gave the council's result."""

    session_id: UUID
    dossier_id: UUID
    round: int = Field(examples=[1])
    rounds: int = Field(description="number of rounds so far", examples=[1])
    final: bool
    next_round_reason: str | None = Field(description="`spread_exceeded` or `sheets_unfinished`")
    closed_at: Instant = Field(examples=["2026-06-25T09:00:00Z"])
    differs_most: list[str] = Field(
        description="criteria whose points lie furthest apart, the furthest first; at most five",
        examples=[["1.5", "2.3"]],
    )
    explanation: list[StatementRead]


@dataclass(frozen=True, slots=True)
class SheetNotes:
    """What a member wrote beside the choices, and the digest of the sheet."""

    remarks: str
    criterion_remarks: Mapping[str, str]
    sha256: str


def comparison_record(
    result: Consolidation, rules: CouncilRules, notes: Mapping[str, SheetNotes], set_aside: Iterable[UUID]
) -> ComparisonRecord:
    """A consolidation as the round keeps it; ``notes`` by member."""

    def mean(exact: Fraction) -> MeanRead:
        return MeanRead(exact=str(exact), shown=rules.displayed(exact))

    return ComparisonRecord(
        edition=result.edition,
        set_number=result.set_number,
        outcome=result.outcome,
        counted=result.counted,
        mean=None if result.mean is None else mean(result.mean),
        least=result.least,
        most=result.most,
        spread=result.spread,
        spread_limit=result.spread_limit,
        spread_exceeded=result.spread_exceeded,
        band=None if result.band is None else BandRead.model_validate(result.band),
        new_round_needed=result.new_round_needed,
        indicated_star=result.indicated_star,
        star=result.star,
        recognisable=result.recognisable,
        sheets=[
            CountedSheetRead(
                member=UUID(sheet.member),
                total=sheet.total,
                star=sheet.evaluation.star,
                criteria=[CriterionScoreRead.model_validate(score) for score in sheet.evaluation.criteria],
                remarks=notes[sheet.member].remarks,
                criterion_remarks=dict(notes[sheet.member].criterion_remarks),
                sha256=notes[sheet.member].sha256,
            )
            for sheet in result.sheets
        ],
        gates=[
            GateVoteRead(
                gate=vote.gate.id,
                effect=vote.gate.effect,
                text=TextRead.model_validate(vote.gate.text),
                criteria=list(vote.criteria),
                votes=vote.votes,
                counted=vote.counted,
                carried=vote.carried,
                reasons={UUID(member): reason for member, reason in vote.reasons.items()},
            )
            for vote in result.gates
        ],
        criteria=[
            CriterionComparisonRead(
                code=row.code,
                points={UUID(member): points for member, points in row.points.items()},
                mean=mean(row.mean),
                least=row.least,
                most=row.most,
                spread=row.spread,
            )
            for row in result.criteria
        ],
        parts=[PartMeanRead(code=part.code, mean=mean(part.mean), max=part.max) for part in result.parts],
        stars=[
            StarVoteRead(
                star=star.star,
                points_from=star.points_from,
                band_met=star.band_met,
                minimums=[MinimumVoteRead.model_validate(vote) for vote in star.minimums],
            )
            for star in result.stars
        ],
        set_aside=sorted(set_aside),
        explanation=recorded(explain_consolidation(result)),
    )
