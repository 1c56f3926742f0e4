"""Shapes of dossiers: the product file, the bodies of actions, and what is answered."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from ocop_api.domain.dossier import Action, DossierKind, Guard, Level, Party, State
from ocop_api.domain.dossier_clock import DueBasis
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.domain.regimes import CommuneTopic
from ocop_api.dossiers.report_schemas import AssessmentOrder
from ocop_api.web.schemas import Code, Exact, Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
PlaceId = Annotated[str, StringConstraints(pattern=r"^(34|63):[0-9]{2,5}$")]
Text = Annotated[LongText, Field(min_length=1)]
"""1 to 10,000 characters."""
SetNumber = Annotated[int, Field(ge=1, le=26)]
MOST_CRITERIA = 60
"""Criteria that one piece of evidence may be cited for; more than any set has."""
MOST_EVIDENCE = 200
"""Pieces of evidence in one file."""
Samples = Annotated[int, Field(ge=0, le=1000, description="sample units handed in so far", examples=[5])]


class Registration(Input):
    """Form 01, registration slip (*phiếu đăng ký*): Decision 26/2026, Annex III."""

    organisation: ShortText | None = Field(None, examples=["Hợp tác xã Nông nghiệp Đắk Wil"])
    representative: ShortText | None = Field(None, description="legal representative")
    position: ShortText | None = Field(None, examples=["Giám đốc"])
    address: ShortText | None = Field(None, examples=["Tổ dân phố 3, phường Bắc Gia Nghĩa"])
    phone: ShortText | None = Field(None, examples=["0261 3 123 456"])
    email: ShortText | None = Field(None, examples=["lienhe@example.vn"])
    product_name: ShortText | None = Field(None, examples=["Cà phê bột Đắk Mil"])
    attachments: LongText | None = Field(None, description="what is attached beyond the evidence")


class Report(Input):
    """Form 02, parts I, II and IV; the organisation chart is asked for by Decision 148/2023 only."""

    general_information: LongText | None = Field(None, description="part I")
    plan_results: LongText | None = Field(None, description="part II: results of production and business")
    production_plan: LongText | None = Field(
        None,
        description="part IV: production and business plan",
        examples=["Mở rộng vùng nguyên liệu thêm 20 ha và đầu tư lò rang trong hai năm tới."],
    )
    organisation_chart: LongText | None = Field(None, description="148/QĐ-TTg: organisation of the producer")


class SelfAssessmentChoice(Input):
    """The option the producer claims in one criterion."""

    level: int = Field(ge=0, le=50, examples=[2])
    case: int | None = Field(None, ge=1, le=9)


class Evidence(Input):
    """One piece of evidence (*minh chứng*), cited for any number of criteria."""

    kind: EvidenceKind
    number: Code | None = Field(
        None, description="of the document, as issuer and days, when one is named", examples=["64A8003456"]
    )
    issuer: ShortText | None = None
    issued_on: date | None = None
    expires_on: date | None = Field(None, description="last day of validity")
    document_id: UUID | None = Field(None, description="the file among the producer's documents")
    criteria: list[Code] = Field(default=[], max_length=MOST_CRITERIA, examples=[["1.1", "8"]])
    reused_from: UUID | None = Field(None, description="the earlier dossier it was taken over from")


class Updates(Input):
    """What a re-rating brings up to date (Decision 26/2026, Art. 6.1)."""

    raw_material: Text | None = None
    technology: Text | None = None
    packaging: Text | None = Field(None, examples=["Túi giấy có van một chiều, in mã truy xuất nguồn gốc."])
    labels: Text | None = None
    quality_declaration: Text | None = None
    test_reports: Text | None = None
    market: Text | None = None
    output: Text | None = None
    revenue: Text | None = None


class SelfAssessmentOrigin(Input):
    """The saved self-assessment that part III was taken over from, as it stood then."""

    assessment_id: UUID = Field(examples=[_ID])
    version: int = Field(description="of the self-assessment", examples=[41])
    finished: bool = Field(description="whether it was frozen then")
    carried_at: datetime = Field(examples=["2026-06-15T02:00:00Z"])


class DossierContents(Input):
    """The product file (*hồ sơ sản phẩm*)."""

    registration: Registration = Field(default_factory=Registration)
    report: Report = Field(default_factory=Report)
    self_assessment: dict[Code, SelfAssessmentChoice] = Field(
        default_factory=dict,
        max_length=100,
        description="Form 02, part III, by criterion",
        examples=[{"1.1": {"level": 2}}],
    )
    self_assessment_origin: SelfAssessmentOrigin | None = Field(
        None, description="null when part III was written here, or changed here since"
    )
    evidence: list[Evidence] = Field(default_factory=list, max_length=MOST_EVIDENCE)
    changes: list[Text] = Field(
        default_factory=list, max_length=50, description="what an upgrade changed since recognition"
    )
    updates: Updates = Field(default_factory=Updates)


class DossierCreate(Input):
    """A new draft."""

    product_id: UUID = Field(examples=[_ID])
    kind: DossierKind = Field(DossierKind.FIRST, description="first rating, upgrade or re-rating")
    set_number: SetNumber | None = Field(
        None, description="criteria set, only for a product that is not classified yet", examples=[13]
    )
    place_id: PlaceId | None = Field(
        None, description="commune of lodging; the product's place if left out", examples=["34:24611"]
    )


class DossierUpdate(Input):
    """Changes to the file; a part that is sent replaces the stored part."""

    place_id: PlaceId | None = Field(None, description="draft only", examples=["34:24611"])
    registration: Registration | None = None
    report: Report | None = None
    self_assessment: dict[Code, SelfAssessmentChoice] | None = Field(None, max_length=100)
    evidence: list[Evidence] | None = Field(None, max_length=MOST_EVIDENCE)
    changes: list[Text] | None = Field(None, max_length=50)
    updates: Updates | None = None


class DossierFilter(PageQuery):
    """Filters of the list. Sorts: `-created_at` (default), `created_at`, `due_on`."""

    state: State | None = None
    level: Level | None = None
    kind: DossierKind | None = None
    regime: Code | None = Field(None, examples=["qd26-2026"])
    product_id: UUID | None = None
    producer_id: UUID | None = None
    place: PlaceId | None = Field(None, description="everything in this unit", examples=["34:68"])


class Letter(Input):
    """An official letter (*công văn, tờ trình*)."""

    number: Code = Field(examples=["45/TTr-UBND"])
    issued_on: date


class LodgeOrder(Input):
    """Hand the file in."""

    place_id: PlaceId | None = Field(
        None, description="commune, where the product's place leaves a choice", examples=["34:24611"]
    )


class ReceiveOrder(Input):
    """Take the file in at this level's desk."""

    samples: Samples | None = Field(None, examples=[5])


class SupplementItem(Input):
    """One thing that is missing."""

    what: Annotated[ShortText, Field(examples=["Phiếu kiểm nghiệm còn hiệu lực"])]
    criteria: list[Code] = Field(default=[], max_length=60)


class SupplementOrder(Input):
    """Ask the producer for additions; items are numbered from 1 in this order."""

    items: list[SupplementItem] = Field(min_length=1, max_length=50)
    due_on: date = Field(description="last day to answer", examples=["2026-07-15"])


class SupplementAnswer(Input):
    """What the producer did about one item."""

    item: int = Field(ge=1, le=50)
    answer: Text = Field(examples=["Đã bổ sung phiếu kiểm nghiệm còn hiệu lực."])


class ResubmitOrder(Input):
    """Answer the items; the contents were changed by `PATCH` before."""

    answers: list[SupplementAnswer] = Field(min_length=1, max_length=50)


class TopicFinding(Input):
    """The commune's finding on one topic."""

    finding: Text = Field(examples=["Toàn bộ cà phê nhân thu mua của 35 hộ trong xã."])
    supported: bool = Field(description="the commune confirms what the file says")


class Form03(Input):
    """Report of the commune (*Mẫu số 03*): four topics of Decision 26/2026, Art. 7.2a."""

    origin_and_local_material: TopicFinding
    local_labour: TopicFinding
    origin_of_idea: TopicFinding
    local_identity_and_knowledge: TopicFinding
    recommendation: LongText | None = Field(None, examples=["Đề nghị tỉnh tiếp nhận, đánh giá hồ sơ."])


class ForwardOrder(Input):
    """Send the file up: a commune with Form 03 and samples, a rating level with its result."""

    request_letter: Letter | None = Field(None, description="letter of request; needed everywhere")
    form_03: Form03 | None = Field(None, description="needed from a commune")
    samples: Samples | None = None


class StartAssessmentOrder(Input):
    """Hand the checked file to the advisory group."""

    samples: Samples | None = Field(None, examples=[5])
    council_id: UUID | None = Field(
        None, description="council whose advisory group assesses; its people see the file from then on"
    )


class ReportOrder(Input):
    """The report to the council (*báo cáo của tổ tư vấn*)."""

    report: Text = Field(examples=["Hồ sơ đầy đủ, sản phẩm đúng mô tả, cơ sở đạt điều kiện."])
    recommendation: Text
    surveyed_on: date | None = Field(
        None, description="day of the site survey, if any", examples=["2026-06-20"]
    )
    document_id: UUID | None = None
    assessment: AssessmentOrder | None = Field(None, description="what the group finds by criterion")


class ReasonOrder(Input):
    """A step that must be explained."""

    reason: Text = Field(examples=["Phiếu kiểm nghiệm không do phòng thử nghiệm được chỉ định cấp."])


class WithdrawOrder(Input):
    """Take the file back."""

    reason: LongText | None = Field(None, examples=["Chủ thể đổi mẫu bao bì, sẽ nộp lại hồ sơ."])


class DecisionOrder(Input):
    """A decision on the result."""

    letter: Letter | None = Field(None, description="notice to commune and producer")


ActionBody = (
    LodgeOrder
    | ReceiveOrder
    | SupplementOrder
    | ResubmitOrder
    | ForwardOrder
    | StartAssessmentOrder
    | ReportOrder
    | ReasonOrder
    | WithdrawOrder
    | DecisionOrder
)


class AllowedAction(Output):
    """What the caller may do now, and what it takes."""

    action: Action
    party: Party = Field(description="capacity in which the caller acts")
    guards: list[Guard] = Field(description="conditions of the step")
    missing: list[Guard] = Field(description="conditions that what is stored does not show yet")
    fields: list[str] = Field(description="fields of the body by which missing conditions are shown")
    path: str | None = Field(
        description="where to `POST`; null when the step is taken elsewhere (a council's session, issuing a "
        "certificate, the decision on an appeal)",
        examples=[f"/v1/dossiers/{_ID}/lodge"],
    )


class FindingRead(Output):
    """One thing a draft lacks."""

    code: str = Field(examples=["registration_incomplete"])
    pointer: str = Field(description="where in the contents", examples=["/registration/phone"])
    vi: str
    en: str


class OutcomeRead(Output):
    """What the council's result leads to."""

    kind: str = Field(examples=["recognise"])
    reason: str = Field(examples=["star_decided_here"])
    star: int | None
    points: Exact
    level: Level = Field(description="level that acts next")
    threshold: Exact | None = Field(description="points from which the level forwards")
    source: str = Field(description="what the result was recorded from")


class DossierSummary(Output):
    """A dossier in a list."""

    id: UUID
    product_id: UUID
    product_name: str = Field(examples=["Cà phê bột Đắk Mil"])
    producer_id: UUID
    kind: DossierKind
    regime: str = Field(
        description="of the lodging day; of a draft that of its last change", examples=["qd26-2026"]
    )
    state: State
    level: Level = Field(description="level that holds the file")
    edition: str | None = Field(description="criteria edition")
    set_number: int
    lodged_on: date | None
    due_on: date | None = Field(description="last day of the present step, by office days")
    due_basis: DueBasis | None = Field(description="why it is due then")
    overdue: bool = Field(description="whether that day has passed while the file is open")
    awaits: Party | None = Field(description="who has to act next; null when the file is closed")
    requested_on: date | None = Field(description="day on which the level below sent it up")
    assignee_id: UUID | None = Field(description="colleague who deals with it at this desk")
    product_code: str | None = Field(examples=["68-24611-3-2026"])
    place_id: str | None = Field(examples=["34:24611"])
    star: int | None = Field(description="star of the last council result")
    points: Exact | None
    created_at: Instant
    updated_at: Instant
    version: int


class DossierRead(DossierSummary):
    """A dossier in full."""

    registration_slip: str | None = Field(examples=["3/PĐK-68-24611-2026"])
    received_on: date | None
    finish_by: date | None = Field(description="last day for a file of an earlier regime (Art. 12.2)")
    working_days_left: int | None = Field(
        description="until `due_on`; 0 on its day, negative once it has passed", examples=[7]
    )
    decision_expected_by: date | None = Field(
        description="of a draft: when the province will have decided if it were lodged today"
    )
    samples: int
    samples_needed: int
    contents: DossierContents
    outcome: OutcomeRead | None
    open_items: list[str] = Field(description="items of the open supplement request, in their order")
    findings: list[FindingRead] = Field(
        description="what a draft lacks for lodging; the checklist tells more"
    )
    allowed_actions: list[AllowedAction]


class DossierStepRead(Output):
    """One transition of the history."""

    ordinal: int = Field(examples=[1])
    action: Action
    from_state: State
    from_level: Level
    to_state: State
    to_level: Level
    party: Party
    actor_id: UUID | None
    at: Instant = Field(examples=["2026-06-15T02:00:00Z"])
    reason: str | None = Field(examples=["Phiếu kiểm nghiệm đã hết hiệu lực."])
    data: dict[str, Any] = Field(description="what the step was taken with")
    version_number: int | None = Field(
        description="version of the file that it was taken on; null before it was lodged", examples=[1]
    )


class VersionRead(Output):
    """The file as it was lodged or resubmitted."""

    number: int = Field(examples=[1])
    at: Instant = Field(examples=["2026-06-15T02:00:00Z"])
    actor_id: UUID | None
    sha256: str = Field(
        description="of the canonical JSON (sorted keys, no spaces, UTF-8)",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    contents: dict[str, Any]


FORM_03_TOPICS = tuple(topic.value for topic in CommuneTopic)
"""Topics Form 03 must treat; the fields of ``Form03`` are named after them."""
