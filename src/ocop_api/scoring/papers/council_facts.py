"""What the papers of a session are filled in from. Plain data, gathered by ``service.paper_facts``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from ocop_api.domain.actor import Level
from ocop_api.domain.council import MeetingForm, Office, Quorum, RecusalOrigin, RecusalReason
from ocop_api.domain.forwarding import Outcome, OutcomeKind
from ocop_api.domain.regimes import Regime
from ocop_api.domain.rubric.criteria import CriteriaSet
from ocop_api.scoring.schemas.evaluation import EvaluationRecord
from ocop_api.scoring.schemas.results import ComparisonRecord, CountedSheetRead


class CouncilPaper(StrEnum):
    """A paper of a session (*văn bản của phiên họp*)."""

    SCORE_SHEET = "score_sheet"
    SCORE_SHEETS = "score_sheets"
    CONSOLIDATED = "consolidated"
    MINUTES = "minutes"
    SUBMISSION = "submission"
    DECISION = "decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Whose paper it is: the council, and the authority that set it up and decides.

    Attributes:
        council: name of the council.
        level: its level.
        authority: *Ủy ban nhân dân tỉnh Lâm Đồng*, at the centre the ministry.
        authority_lines: the same as a heading breaks it.
        place: where papers are dated, without the type of the unit.
        decision_number: number of the decision that set the council up.
        decision_date: its day.
    """

    council: str
    level: Level
    authority: str
    authority_lines: str
    place: str
    decision_number: str
    decision_date: date


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat as it was when the session opened."""

    person: UUID
    name: str
    office: Office
    present: bool
    """Whether the person was there, be it for a part of the time."""
    scores: bool
    """Whether the office scores under the session's rules."""
    arrived_at: datetime | None = None
    """When the person came, if after the opening."""
    left_at: datetime | None = None
    """When the person left, if before the end."""


@dataclass(frozen=True, slots=True)
class RecusalFacts:
    """Who was kept from a dossier, why, and how that became known."""

    name: str
    reason: RecusalReason
    origin: RecusalOrigin
    by_the_member: bool
    note: str


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """One round; ``comparison`` is None while it is open, and of a round that a dropped dossier left open."""

    number: int
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None
    comparison: ComparisonRecord | None


@dataclass(frozen=True, slots=True)
class LateFacts:
    """A sheet that came after its round had closed."""

    name: str
    round: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A dossier on the agenda, in the version that was scored."""

    dossier_id: UUID
    product: str
    producer: str
    address: str
    product_code: str
    kind: str
    regime: Regime
    version: int | None
    state: str
    dropped_reason: str | None
    presiding: SeatFacts | None
    """Who presided over this dossier; None where nobody needed to."""
    recusals: Sequence[RecusalFacts]
    cleared: Sequence[tuple[str, str]] = ()
    """Who takes part although the registers raised a question, and why they may."""
    rounds: Sequence[RoundFacts]
    late: Sequence[LateFacts]
    outcome: Outcome | None
    """What is proposed; None of a dropped dossier."""

    @property
    def found(self) -> ComparisonRecord | None:
        """What the council found in the end; None of a dropped dossier."""
        return None if self.outcome is None else self.rounds[-1].comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """A session that has been held."""

    head: Letterhead
    form: MeetingForm
    meeting_reason: str | None
    held_on: date
    venue: str | None = None
    short_notice_reason: str | None = None
    opinions_due_on: date | None = None
    opened_at: datetime
    closed_at: datetime | None
    seats: Sequence[SeatFacts]
    quorum: Quorum
    presiding: SeatFacts | None
    files: Sequence[FileFacts]

    @property
    def secretary(self) -> SeatFacts | None:
        """Who kept the minutes."""
        return next((seat for seat in self.seats if seat.office is Office.SECRETARY), None)

    @property
    def names(self) -> Mapping[UUID, str]:
        """Names of the members by person."""
        return {seat.person: seat.name for seat in self.seats}

    def in_order_of_seats(self, found: ComparisonRecord) -> list[CountedSheetRead]:
        """The counted sheets in the order in which the council's decision names the members."""
        places = {seat.person: place for place, seat in enumerate(self.seats)}
        return sorted(found.sheets, key=lambda sheet: places[sheet.member])

    @property
    def regimes(self) -> list[Regime]:
        """The regimes of its dossiers, oldest first."""
        by_code = {one.regime.code: one.regime for one in self.files}
        return sorted(by_code.values(), key=lambda law: law.valid_from)

    def proposed(self, kind: OutcomeKind) -> list[FileFacts]:
        """The dossiers of one kind of proposal, in the order of the agenda."""
        return [one for one in self.files if one.outcome is not None and one.outcome.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFacts:
    """A member's sheet; ``sha256`` and ``submitted_at`` are None while it is a draft."""

    member: SeatFacts
    round: int
    version: int | None
    criteria_set: CriteriaSet
    choices: Mapping[str, int]
    gates: Mapping[str, str]
    remarks: str
    criterion_remarks: Mapping[str, str]
    evaluation: EvaluationRecord
    sha256: str | None
    submitted_at: datetime | None
    written_at: datetime
