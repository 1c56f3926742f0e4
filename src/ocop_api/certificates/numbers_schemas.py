"""What goes in and out about the numbers of certificates."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from ocop_api.certificates.standing import Standing
from ocop_api.web.schemas import Code, Output, PageQuery

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class SeriesQuery(PageQuery):
    """Filters of the prefixes and years that have numbers."""

    prefix: Code | None = Field(None, examples=["68-24611"])
    year: int | None = Field(None, ge=2018, le=2099, examples=[2026])


class NumberSeries(Output):
    """The numbers with one prefix in one year."""

    prefix: str = Field(description="what stands before the serial", examples=["68-24611"])
    year: int = Field(examples=[2026])
    last_serial: int = Field(examples=[7])
    certificates: int = Field(description="serials that certificates bear", examples=[2])
    gaps: int = Field(description="serials that none bears", examples=[5])


class NumberQuery(PageQuery):
    """Whose numbers, and which of them."""

    prefix: Code = Field(examples=["68-24611"])
    year: int = Field(ge=2018, le=2099, examples=[2026])
    gaps: bool | None = Field(None, description="only serials that no certificate bears, or only the others")


class NumberGap(Output):
    """Why no certificate bears a serial."""

    reason: Literal["recorded", "before_records", "unexplained"] = Field(
        description="`recorded`: jumped over because a certificate with a higher number was recorded; "
        "`before_records`: from before gaps were noted; `unexplained`: should never be seen"
    )
    text: str = Field(
        description="the same in the answer's language",
        examples=["Bỏ qua vì giấy chứng nhận số 68-24611-07-2026 được ghi nhận ngày 15/06/2026."],
    )
    certificate_id: UUID | None = Field(description="the certificate that was recorded", examples=[_ID])
    number: str | None = Field(examples=["68-24611-07-2026"])
    on: date | None = Field(description="when it was jumped over", examples=["2026-06-15"])


class NumberRead(Output):
    """One serial: the certificate that bears it, or why there is none."""

    serial: int = Field(examples=[1])
    number: str | None = Field(examples=["68-24611-01-2026"])
    certificate_id: UUID | None = Field(examples=[_ID])
    source: str | None = Field(description="`issued` here, or where a recorded one was read")
    status: Standing | None = Field(description="of the certificate on the day of the request")
    gap: NumberGap | None
