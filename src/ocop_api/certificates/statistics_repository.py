"""Counting certificates in the database: one statement for the register, one for the years of issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    extract,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.certificates.repository import FILES, standing_on
from ocop_api.certificates.standing import Standing
from ocop_api.certificates.statistics_schemas import StatisticsFilter
from ocop_api.db.tables.certificates import Certificate, CertificateSupersession, CertificateWithdrawal
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product

ALL: Final = "all"
STATUS: Final = "status"
STARS: Final = "stars"
SET: Final = "set_number"
FORM: Final = "legal_form"
YEAR: Final = "year"
PROVINCE: Final = "province"
COMMUNE: Final = "commune"
_BY_COLUMN: Final = (STATUS, STARS, SET, FORM, YEAR)
_IN_FORCE: Final = sorted(standing.value for standing in Standing if standing.in_force)


@dataclass(frozen=True, slots=True)
class Counted:
    """One number of the statistics: what is counted, its value, and the unit's name and parent for places."""

    facet: str
    value: str | None
    name: str | None
    parent_id: str | None
    total: int
    in_force: int


@dataclass(frozen=True, slots=True)
class CohortCounts:
    """What became of the certificates of one year of issue."""

    year: int
    total: int
    in_force: int
    renewed: int
    upgraded: int
    downgraded: int
    lapsed: int
    withdrawn: int


def _known_on(day: date) -> ColumnElement[bool]:
    # A report without a date can only be counted from the day on which the register took it in.
    taken_in = cast(func.timezone("Asia/Ho_Chi_Minh", Certificate.created_at), Date)
    return func.coalesce(Certificate.decided_on, taken_in) <= day


def _wanted(wanted: StatisticsFilter) -> list[ColumnElement[bool]]:
    """The filters of the register that are also those of its statistics."""
    conditions = []
    if wanted.place_id is not None:
        conditions.append(Certificate.area_path.contains([wanted.place_id]))
    if wanted.stars is not None:
        conditions.append(Certificate.stars == wanted.stars)
    if wanted.set_number is not None:
        conditions.append(Product.set_number == wanted.set_number)
    return conditions


def _number(base: CTE) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count().label("total"), func.count().filter(base.c.status.in_(_IN_FORCE)).label("in_force")


def _by_place(base: CTE, asked: str | None) -> Select[*tuple[Any, ...]]:
    """Units of today in which the certificates lie; of a unit that is still there only those in it."""
    units = func.unnest(base.c.area_path).table_valued("id", name="units").render_derived()
    inside: ColumnElement[bool] = true()
    if asked is not None:
        # A unit of the past has no unit of today below it, so whatever its certificates lie in is told.
        still = select(PlaceUnit.id).where(PlaceUnit.id == asked, PlaceUnit.valid_to.is_(None)).exists()
        inside = ~still | PlaceUnit.path.contains([asked])
    return (
        select(PlaceUnit.level, PlaceUnit.id, PlaceUnit.name, PlaceUnit.parent_id, *_number(base))
        .select_from(base)
        .join(units, true())
        .join(PlaceUnit, PlaceUnit.id == units.c.id)
        .where(PlaceUnit.level.in_([PROVINCE, COMMUNE]), PlaceUnit.valid_to.is_(None), inside)
        .group_by(PlaceUnit.id)
    )


class StatisticsRepository:
    """Numbers of the public register; no row leaves it."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def counts(self, wanted: StatisticsFilter, day: date) -> list[Counted]:
        """Every number of the statistics as of ``day``, in one statement; the whole under ``ALL``."""
        base = (
            select(
                standing_on(day).label(STATUS),
                cast(Certificate.stars, String).label(STARS),
                cast(Product.set_number, String).label(SET),
                Producer.legal_form.label(FORM),
                cast(cast(extract("year", Certificate.decided_on), Integer), String).label(YEAR),
                Certificate.area_path.label("area_path"),
            )
            .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
            .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
            .outerjoin(FILES, true())
            .join(Product, Product.id == Certificate.product_id)
            .join(Producer, Producer.id == Certificate.producer_id)
            .where(_known_on(day), *_wanted(wanted))
            .cte("base")
        )
        nothing = cast(null(), String)
        counted: list[Select[*tuple[Any, ...]]] = [
            select(literal(ALL), nothing, nothing, nothing, *_number(base)).select_from(base),
            _by_place(base, wanted.place_id),
        ]
        counted += [
            select(literal(name), base.c[name], nothing, nothing, *_number(base)).group_by(base.c[name])
            for name in _BY_COLUMN
        ]
        return [Counted(*row) for row in await self.session.execute(union_all(*counted))]

    async def cohorts(self, wanted: StatisticsFilter, day: date) -> Sequence[CohortCounts]:
        """By year of issue, what had become of the certificates by ``day``; one statement."""
        successor = aliased(Certificate)
        base = (
            select(
                extract("year", Certificate.issued_on).label(YEAR),
                standing_on(day).label(STATUS),
                case(
                    (successor.stars > Certificate.stars, "upgraded"),
                    (successor.stars < Certificate.stars, "downgraded"),
                    else_="renewed",
                ).label("step"),
            )
            .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
            .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
            .outerjoin(FILES, true())
            .outerjoin(successor, successor.id == CertificateSupersession.successor_id)
            .join(Product, Product.id == Certificate.product_id)
            .where(Certificate.issued_on <= day, *_wanted(wanted))
            .cte("base")
        )
        replaced = base.c.status == Standing.SUPERSEDED.value

        def those(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.count().filter(condition)

        statement = (
            select(
                cast(base.c.year, Integer),
                func.count(),
                those(base.c.status.in_(_IN_FORCE)),
                those(and_(replaced, base.c.step == "renewed")),
                those(and_(replaced, base.c.step == "upgraded")),
                those(and_(replaced, base.c.step == "downgraded")),
                those(base.c.status == Standing.EXPIRED.value),
                those(base.c.status == Standing.WITHDRAWN.value),
            )
            .group_by(base.c.year)
            .order_by(base.c.year)
        )
        return [CohortCounts(*row) for row in await self.session.execute(statement)]
