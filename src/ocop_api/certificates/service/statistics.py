"""The register in numbers: how many certificates there are on a day, and what became of those of a year."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.standing import Standing
from ocop_api.certificates.statistics_repository import (
    ALL,
    COMMUNE,
    FORM,
    PROVINCE,
    SET,
    STARS,
    STATUS,
    YEAR,
    CohortCounts,
    Counted,
    StatisticsRepository,
)
from ocop_api.certificates.statistics_schemas import (
    CertificateCohorts,
    CertificateCount,
    CertificateStatistics,
    CohortFates,
    CohortRead,
    CohortShare,
    CountByLegalForm,
    CountByPlace,
    CountBySet,
    CountByStanding,
    CountByStars,
    CountByYear,
    StatisticsFilter,
)
from ocop_api.producers.policy import is_cooperative
from ocop_api.products.set_words import set_names
from ocop_api.web.texts import Language

_CENT = Decimal("0.01")
_LAST = 10_000
"""Where what is not known stands in an order of numbers and years."""


class StatisticsService:
    """Numbers of the register for everybody."""

    def __init__(self, session: AsyncSession, today: date) -> None:
        self.today = today
        self.numbers = StatisticsRepository(session)

    async def statistics(
        self, wanted: StatisticsFilter, language: Language, labels: dict[Standing, str]
    ) -> CertificateStatistics:
        """The counts on the day asked for, today unless given.

        Counted are decisions up to that day; withdrawals and replacements of later days do not count. A
        report without a date counts from the day it came into the register. ``labels`` name the standings.
        """
        day = wanted.on or self.today
        facets: dict[str, list[Counted]] = {}
        for counted in await self.numbers.counts(wanted, day):
            facets.setdefault(counted.facet, []).append(counted)
        forms = [(row, str(row.value)) for row in facets.get(FORM, [])]
        by_standing = {row.value: row.total for row in facets.get(STATUS, [])}
        names = set_names()
        sets = [(row, _whole(row.value)) for row in facets.get(SET, [])]
        return CertificateStatistics(
            on=day,
            all=_sum(facets[ALL]),
            cooperatives=_sum(row for row, form in forms if is_cooperative(form)),
            by_stars=[
                CountByStars(stars=int(row.value or 0), total=row.total, in_force=row.in_force)
                for row in sorted(facets.get(STARS, []), key=lambda row: str(row.value), reverse=True)
            ],
            by_status=[
                CountByStanding(status=one, label=labels[one], total=by_standing.get(one.value, 0))
                for one in Standing
            ],
            by_set=[
                CountBySet(
                    set_number=number,
                    label=None if number is None else names[number].in_language(language),
                    total=row.total,
                    in_force=row.in_force,
                )
                for row, number in sorted(sets, key=lambda pair: pair[1] or _LAST)
            ],
            by_province=_places(facets.get(PROVINCE, [])),
            by_commune=_places(facets.get(COMMUNE, [])),
            by_legal_form=[
                CountByLegalForm(
                    legal_form=form,
                    is_cooperative=is_cooperative(form),
                    total=row.total,
                    in_force=row.in_force,
                )
                for row, form in sorted(forms, key=lambda pair: (-pair[0].total, pair[1]))
            ],
            by_year=[
                CountByYear(year=_whole(row.value), total=row.total, in_force=row.in_force)
                for row in sorted(facets.get(YEAR, []), key=lambda row: _whole(row.value) or _LAST)
            ],
        )

    async def cohorts(self, wanted: StatisticsFilter) -> CertificateCohorts:
        """By year of issue what had become of the certificates by the day asked for, today unless given.

        Who followed whom is what the register says (``certificate_supersession``): a certificate that came
        after the term had ended replaced nothing, so the earlier one lapsed. What is only reported has no
        year of issue and is left out.
        """
        day = wanted.on or self.today
        rows = await self.numbers.cohorts(wanted, day)
        return CertificateCohorts(
            on=day,
            cohorts=[CohortRead(year=row.year, **_fates([row])) for row in rows],
            all=CohortFates(**_fates(rows)),
        )


def _whole(value: str | None) -> int | None:
    return None if value is None else int(value)


def _sum(rows: Iterable[Counted]) -> CertificateCount:
    found = list(rows)
    return CertificateCount(
        total=sum(row.total for row in found), in_force=sum(row.in_force for row in found)
    )


def _places(rows: Iterable[Counted]) -> list[CountByPlace]:
    return [
        CountByPlace(
            place_id=str(row.value),
            name=str(row.name),
            parent_id=row.parent_id,
            total=row.total,
            in_force=row.in_force,
        )
        for row in sorted(rows, key=lambda row: str(row.value))
    ]


_FATES = tuple(field.name for field in fields(CohortCounts) if field.name not in {"year", "total"})


def _fates(rows: Iterable[CohortCounts]) -> dict[str, Any]:
    """Totals and parts of these years together."""
    found = list(rows)
    total = sum(row.total for row in found)
    counts = {name: sum(getattr(row, name) for row in found) for name in _FATES}
    return {
        "total": total,
        **{name: CohortShare(count=count, share=_share(count, total)) for name, count in counts.items()},
    }


def _share(count: int, total: int) -> Decimal | None:
    # Cut, not rounded, so that 100.00 means all of them.
    return None if total == 0 else (Decimal(count * 10_000 // total) / 100).quantize(_CENT)
