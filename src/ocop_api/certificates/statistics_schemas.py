"""Counts of the register on a day, and what became of the certificates of each year."""

from datetime import date

from pydantic import Field

from ocop_api.certificates.standing import Standing
from ocop_api.web.schemas import Exact, Input, Output


class StatisticsFilter(Input):
    """Which certificates are counted, and on which day."""

    on: date | None = Field(
        None,
        description="the day asked about, today in Vietnam unless given; later decisions do not count",
        examples=["2026-06-30"],
    )
    place_id: str | None = Field(
        None,
        max_length=20,
        description="an administrative unit, old or new, with all below it",
        examples=["34:68"],
    )
    stars: int | None = Field(None, ge=3, le=5)
    set_number: int | None = Field(None, ge=1, le=26, description="criteria set of the product")


class CertificateCount(Output):
    """How many certificates, and how many of them let the product carry its stars on that day."""

    total: int = Field(description="certificates of every standing", examples=[42])
    in_force: int = Field(description="of these, valid, expiring or prolonged on that day", examples=[31])


class CountByStars(CertificateCount):
    """Certificates of one rank."""

    stars: int = Field(examples=[4])


class CountByStanding(Output):
    """Certificates of one standing."""

    status: Standing
    label: str = Field(description="name in the answer's language", examples=["Còn hiệu lực"])
    total: int = Field(examples=[31])


class CountBySet(CertificateCount):
    """Certificates of products of one criteria set."""

    set_number: int | None = Field(description="null where the product's set is not known", examples=[13])
    label: str | None = Field(description="name in the answer's language", examples=["Cà phê, ca cao"])


class CountByPlace(CertificateCount):
    """Certificates of one administrative unit of today."""

    place_id: str = Field(examples=["34:24611"])
    name: str = Field(examples=["Phường Bắc Gia Nghĩa"])
    parent_id: str | None = Field(description="the unit above", examples=["34:68"])


class CountByLegalForm(CertificateCount):
    """Certificates of producers of one legal form."""

    legal_form: str = Field(examples=["cooperative"])
    is_cooperative: bool = Field(description="cooperative or union of cooperatives")


class CountByYear(CertificateCount):
    """Certificates of one year of decision."""

    year: int | None = Field(description="null where no dated decision is at hand", examples=[2026])


class CertificateStatistics(Output):
    """The register in numbers on one day; nothing in it names a producer or product."""

    on: date = Field(examples=["2026-06-30"])
    all: CertificateCount
    cooperatives: CertificateCount = Field(
        description="of producers that are cooperatives or unions of cooperatives, as registered today"
    )
    by_stars: list[CountByStars] = Field(description="most stars first")
    by_status: list[CountByStanding] = Field(description="every standing, also those without certificates")
    by_set: list[CountBySet] = Field(description="by the product's set as registered today, the unknown last")
    by_province: list[CountByPlace] = Field(description="today's provinces, by number")
    by_commune: list[CountByPlace] = Field(
        description="today's communes, by number; what lay in a divided commune counts in each of its parts, "
        "and what is only known by its district or province in none"
    )
    by_legal_form: list[CountByLegalForm] = Field(description="as registered today, the most frequent first")
    by_year: list[CountByYear] = Field(description="of the decision, the earliest first, the unknown last")


class CohortShare(Output):
    """A part of the certificates of a year."""

    count: int = Field(examples=[7])
    share: Exact | None = Field(
        description="percent of the total, cut to two places; null where the total is 0", examples=["58.33"]
    )


class CohortFates(Output):
    """Certificates and what became of them; each is in exactly one part, so the parts add up to the total."""

    total: int = Field(examples=[12])
    in_force: CohortShare = Field(description="neither ended nor replaced")
    renewed: CohortShare = Field(description="replaced while it ran by one of the same stars")
    upgraded: CohortShare = Field(description="replaced while it ran by one of more stars")
    downgraded: CohortShare = Field(description="replaced while it ran by one of fewer stars")
    lapsed: CohortShare = Field(description="ran out and was not replaced before")
    withdrawn: CohortShare = Field(description="taken back before anything else ended it")


class CohortRead(CohortFates):
    """What became of the certificates of one year of issue."""

    year: int = Field(description="of issue", examples=[2023])


class CertificateCohorts(Output):
    """What had become, by one day, of the certificates of each year."""

    on: date = Field(examples=["2026-06-30"])
    cohorts: list[CohortRead] = Field(
        description="the earliest year first; years without certificates are left out"
    )
    all: CohortFates
