"""The words of the dossier table: states, actions, parties, guards and the shape of a transition.

Sources: Decision 26/2026, Art. 6 and 7.
"""

from dataclasses import dataclass
from enum import StrEnum

from ocop_api.domain.regimes import DossierKind, Level, Source


class State(StrEnum):
    """Where a dossier stands; the level that holds it is kept beside the state."""

    DRAFT = "draft"
    """The producer is writing it (*đang soạn*)."""
    LODGED = "lodged"
    """Handed in with its product code, not yet received (*đã nộp*)."""
    COMMUNE_REVIEW = "commune_review"
    """The commune checks the components and assesses its four topics (*xã đánh giá một số nội dung*)."""
    FORWARDED = "forwarded"
    """On its way to the level named in the position, not yet received there (*đã chuyển*)."""
    OFFICE_CHECK = "office_check"
    """The OCOP office of the level checks components and content (*cơ quan tham mưu kiểm tra*)."""
    SUPPLEMENT_REQUESTED = "supplement_requested"
    """Back with the producer for additions (*yêu cầu bổ sung*)."""
    UNDER_ASSESSMENT = "under_assessment"
    """The advisory group writes its report (*tổ tư vấn đánh giá*)."""
    IN_COUNCIL = "in_council"
    """The council rates (*hội đồng đánh giá, phân hạng*)."""
    AWAITING_DECISION = "awaiting_decision"
    """The council has proposed, the deciding person has yet to sign (*trình quyết định*)."""
    REMANDED = "remanded"
    """Sent down with a higher council's result, for this level to decide (*chuyển lại cấp dưới*)."""
    RECOGNISED = "recognised"
    """Stars recognised (*công nhận*)."""
    NOT_REACHED = "not_reached"
    """Rated, below three stars (*không đạt*)."""
    REJECTED = "rejected"
    """Refused with a reason, not rated (*từ chối*)."""
    WITHDRAWN = "withdrawn"
    """Taken back by the producer (*rút hồ sơ*)."""

    @property
    def is_final(self) -> bool:
        """Tell whether the file is closed; only an appeal that is upheld opens it again."""
        return self in _FINAL


_FINAL = frozenset({State.RECOGNISED, State.NOT_REACHED, State.REJECTED, State.WITHDRAWN})


class Action(StrEnum):
    """What is done to a dossier."""

    LODGE = "lodge"
    RECEIVE = "receive"
    FORWARD = "forward"
    REQUEST_SUPPLEMENT = "request_supplement"
    RESUBMIT = "resubmit"
    START_ASSESSMENT = "start_assessment"
    SUBMIT_REPORT = "submit_report"
    PROPOSE = "propose"
    RETURN_TO_ASSESSMENT = "return_to_assessment"
    RETURN_TO_COUNCIL = "return_to_council"
    RECOGNISE = "recognise"
    CONCLUDE_NOT_REACHED = "conclude_not_reached"
    REMAND = "remand"
    REORGANISE = "reorganise"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    """Have another council rate a closed file, after an appeal was upheld (*đánh giá lại theo kiến nghị*)."""
    CONFIRM = "confirm"
    """Let the recognition stand, since that council found no more stars (*giữ nguyên kết quả*)."""


class Party(StrEnum):
    """In what capacity somebody acts; all but the producer act at one level."""

    PRODUCER = "producer"
    """The producer of the dossier (*chủ thể*)."""
    OFFICE = "office"
    """The receiving or advising office of the level (*cơ quan tham mưu quản lý OCOP*, commune staff)."""
    ADVISORY_GROUP = "advisory_group"
    """The council's advisory group (*tổ tư vấn*)."""
    COUNCIL = "council"
    """The council, through its chair or secretary (*hội đồng*)."""
    AUTHORITY = "authority"
    """Chair of the people's committee, or the minister (*người có thẩm quyền*)."""


class Guard(StrEnum):
    """A condition that must hold for a transition; the caller establishes which ones do.

    ``samples_handed_in`` also holds where the regime asks for no samples (tourism services), and
    ``within_rerating_window`` is what ``check_rerating_lodging`` decides.
    """

    PRODUCER_ELIGIBLE = "producer_eligible"
    FILE_COMPLETE = "file_complete"
    PRODUCT_CODE_ALLOTTED = "product_code_allotted"
    CHANGES_SHOWN = "changes_shown"
    UPDATES_SHOWN = "updates_shown"
    HOLDS_CERTIFICATE = "holds_certificate"
    WITHIN_RERATING_WINDOW = "within_rerating_window"
    FORM_03_ISSUED = "form_03_issued"
    REQUEST_LETTER_ISSUED = "request_letter_issued"
    SAMPLES_HANDED_IN = "samples_handed_in"
    ITEMS_LISTED = "items_listed"
    ITEMS_ANSWERED = "items_answered"
    SUPPLEMENT_OVERDUE = "supplement_overdue"
    ASSESSMENT_REPORT_FILED = "assessment_report_filed"
    ROUND_CLOSED = "round_closed"
    REASON_GIVEN = "reason_given"
    OUTCOME_IS_RECOGNISE = "outcome_is_recognise"
    OUTCOME_IS_FORWARD = "outcome_is_forward"
    OUTCOME_IS_NOT_REACHED = "outcome_is_not_reached"
    OUTCOME_IS_REMAND = "outcome_is_remand"
    RATED = "rated"
    """A council has rated the file at the level that holds it."""
    APPEAL_UPHELD = "appeal_upheld"
    NO_PANEL = "no_panel"
    """No panel is bound to the file, which then would be the only council to rate it."""
    ADDS_STARS = "adds_stars"
    """The result gives more stars than the recognition that stands, if one does."""
    RECOGNITION_STANDS = "recognition_stands"
    """This level recognised the file before it was reopened, and no more stars were found since."""
    NO_RECOGNITION_STANDS = "no_recognition_stands"
    """This level has given the file no recognition that an end without more stars would contradict."""


@dataclass(frozen=True, slots=True)
class Position:
    """State of a dossier and the level that holds it."""

    state: State
    level: Level


@dataclass(frozen=True, slots=True)
class Acting:
    """A capacity somebody holds towards one dossier; ``level`` is None for the producer only."""

    party: Party
    level: Level | None = None


ALL_KINDS = frozenset(DossierKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the table: at ``origin``, ``party`` may do ``action`` once ``guards`` hold."""

    origin: Position
    action: Action
    target: Position
    party: Party
    guards: frozenset[Guard] = frozenset()
    kinds: frozenset[DossierKind] = ALL_KINDS
    source: Source

    @property
    def acting(self) -> Acting:
        """The capacity that is needed: the party at the level that holds the dossier."""
        return Acting(self.party, None if self.party is Party.PRODUCER else self.origin.level)
