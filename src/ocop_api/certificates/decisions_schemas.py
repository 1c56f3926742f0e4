"""What goes in and out about decisions of recognition and their annexes."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from ocop_api.certificates.standing import Standing
from ocop_api.domain.actor import Level
from ocop_api.web.schemas import Code, Input, Instant, LongText, Output, PageQuery, ShortText

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"
MOST_DOSSIERS = 200


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise ValueError("each dossier may be named once")
    return ids


class RecognitionOrder(Input):
    """A decision that recognises rated dossiers, in the order of its annex."""

    decision_number: Code = Field(examples=["1234/QĐ-UBND"])
    decided_on: date = Field(
        description="date of the decision and of issue; not before a dossier was lodged, not after today",
        examples=["2026-06-15"],
    )
    signed_by_title: ShortText = Field(
        description="title above the signature, not a name", examples=["Chủ tịch"]
    )
    issuing_authority: ShortText | None = Field(
        None,
        description="as printed; the committee or ministry of the level unless given",
        examples=["Ủy ban nhân dân tỉnh Lâm Đồng"],
    )
    dossier_ids: Annotated[list[UUID], AfterValidator(_each_once)] = Field(
        min_length=1,
        max_length=MOST_DOSSIERS,
        description="each once; all of one level and one issuing authority",
        examples=[[_ID]],
    )


class DecisionFilter(PageQuery):
    """Filters of the decisions."""

    year: int | None = Field(None, ge=2018, le=2099, description="of the decision", examples=[2026])
    level: Literal["district", "province", "central"] | None = None
    place_id: str | None = Field(
        None,
        max_length=20,
        description="an administrative unit, old or new, whose authorities decided",
        examples=["34:68"],
    )
    number: Code | None = Field(None, description="the whole number", examples=["1234/QĐ-UBND"])


class SignedDecisionRead(Output):
    """The signed paper of a decision, as metadata."""

    id: UUID = Field(examples=[_ID])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    size: int = Field(description="bytes", examples=[482113])
    uploaded_at: Instant
    replaces_id: UUID | None
    reason: str | None = Field(description="why an earlier one was replaced")
    current: bool = Field(description="false when another one took its place")


class RecognitionDecisionRead(Output):
    """One decision of recognition."""

    id: UUID = Field(examples=[_ID])
    number: str = Field(examples=["1234/QĐ-UBND"])
    decided_on: date = Field(examples=["2026-06-15"])
    level: Level
    place_id: str | None = Field(description="null for the ministry", examples=["34:68"])
    issuing_authority: str = Field(examples=["Ủy ban nhân dân tỉnh Lâm Đồng"])
    signer_title: str = Field(examples=["Chủ tịch"])
    place: str = Field(description="where it was signed", examples=["Lâm Đồng"])
    products: int = Field(description="products in its annex", examples=[12])
    three_stars: int = Field(description="of them with 3 stars", examples=[8])
    four_stars: int = Field(description="of them with 4 stars", examples=[4])
    five_stars: int = Field(description="of them with 5 stars", examples=[0])
    signed: SignedDecisionRead | None = Field(description="the signed paper that counts, if one is kept")
    created_at: Instant


class AnnexEntry(Output):
    """One product of the annex, with the words of its certificate."""

    annex_place: int = Field(examples=[1])
    certificate_id: UUID = Field(examples=[_ID])
    number: str = Field(examples=["68-24611-01-2026"])
    status: Standing = Field(description="of the certificate on the day of the request")
    stars: int = Field(examples=[4])
    product_id: UUID
    product_name: str = Field(examples=["Cà phê Đắk Nông"])
    product_code: str | None = Field(examples=["68-24611-3-2026"])
    producer_id: UUID
    producer_name: str
    producer_address: str
    dossier_id: UUID | None
    valid_until: date


class DecisionRecognised(RecognitionDecisionRead):
    """A decision with the certificates that this order issued."""

    issued: list[AnnexEntry]


class SignedDecisionFacts(Input):
    """What is said of a signed paper that is handed in."""

    replaces_id: UUID | None = Field(None, description="the one it takes the place of")
    reason: LongText | None = Field(
        None, min_length=1, description="why; needed with `replaces_id`", examples=["Bản quét thiếu trang 2."]
    )


class AnnexQuery(PageQuery):
    """Paging of an annex."""


class BookQuery(Input):
    """Which places of an annex to print."""

    from_place: int | None = Field(None, ge=1, le=100_000, description="the first one unless given")
    to_place: int | None = Field(None, ge=1, le=100_000, description="the last one unless given")


class SignedDecisionQuery(PageQuery):
    """Paging of the signed papers of a decision."""
