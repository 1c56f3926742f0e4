"""Serials of certificate numbers: giving them out, and telling what became of each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.numbers_schemas import NumberQuery, SeriesQuery
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate, CertificateNumberGap, CertificateSerial
from ocop_api.domain.actor import Scope
from ocop_api.domain.certificate_number import CertificateNumber

Series = tuple[str, int]
"""The prefix and year within which serials count."""

_SERIES_SORTS = Sorts(
    {
        "-year": (
            SortKey(CertificateSerial.__table__.c.year, int, descending=True),
            SortKey(CertificateSerial.__table__.c.prefix, str),
        ),
        "prefix": (
            SortKey(CertificateSerial.__table__.c.prefix, str),
            SortKey(CertificateSerial.__table__.c.year, int, descending=True),
        ),
    },
    default="-year",
)


def _of(series: Series) -> Any:
    return (CertificateSerial.prefix == series[0]) & (CertificateSerial.year == series[1])


def _within(scope: Scope) -> ColumnElement[bool]:
    if scope.everywhere:
        return true()
    places = literal(sorted(scope.place_ids), ARRAY(TEXT))
    return exists().where(
        Certificate.number_prefix == CertificateSerial.prefix,
        Certificate.number_year == CertificateSerial.year,
        Certificate.area_path.overlap(places),
    )


def _counter(series: Series) -> Select[int]:
    return select(CertificateSerial.serial).where(_of(series)).with_for_update()


class NumberRepository:
    """Counters of serials. An office sees the series in which certificates of its area bear a number."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def allot(self, wanted: Mapping[Series, int]) -> dict[Series, int]:
        """Give out serials: by series how many are wanted; gives the first one of each.

        Whoever wants one of the same series waits for this transaction to end, and a rollback gives the
        serials back. Counters are taken in one order, so that nobody waits in a ring.
        """
        firsts = {}
        for series in sorted(wanted):
            count = wanted[series]
            added = insert(CertificateSerial).values(prefix=series[0], year=series[1], serial=count)
            statement = added.on_conflict_do_update(
                index_elements=["prefix", "year"], set_={"serial": CertificateSerial.serial + count}
            ).returning(CertificateSerial.serial)
            firsts[series] = (await self._session.execute(statement)).scalar_one() - count + 1
        return firsts

    async def hold(self, numbers: Iterable[CertificateNumber]) -> None:
        """Keep the serials of these numbers' series from being given out until this transaction ends.

        Before it is asked who bears a number, and before one is written: whoever issues holds the counter
        when writing a number, so writing one first and wanting the counter then would be a ring.
        """
        for prefix, year in sorted({number.series for number in numbers}):
            first = insert(CertificateSerial).values(prefix=prefix, year=year, serial=0)
            await self._session.execute(first.on_conflict_do_nothing())
            await self._session.execute(_counter((prefix, year)))

    async def reserve(self, recorded: Mapping[UUID, CertificateNumber], at: datetime) -> None:
        """Keep recorded numbers, whose series are held, from being given out, and note what that jumps over.

        Args:
            recorded: the number of each certificate, whose rows are there already.
            at: when.
        """
        by_series: dict[Series, list[tuple[int, UUID]]] = defaultdict(list)
        for certificate_id, number in recorded.items():
            by_series[number.series].append((number.serial, certificate_id))
        for series in sorted(by_series):
            await self._reserve(series, sorted(by_series[series]), at)

    async def _reserve(self, series: Series, claims: Sequence[tuple[int, UUID]], at: datetime) -> None:
        prefix, year = series
        last = (await self._session.execute(_counter(series))).scalar_one()
        above = [(last, None), *((serial, owner) for serial, owner in claims if serial > last)]
        if len(above) == 1:
            return
        gaps = [
            {
                "id": uuid7(),
                "prefix": prefix,
                "year": year,
                "first_serial": before + 1,
                "last_serial": serial - 1,
                "reason": "recorded",
                "certificate_id": owner,
                "made_at": at,
            }
            for (before, _), (serial, owner) in pairwise(above)
            if serial > before + 1
        ]
        if gaps:
            await self._session.execute(insert(CertificateNumberGap), gaps)
        await self._session.execute(update(CertificateSerial).where(_of(series)).values(serial=above[-1][0]))

    async def in_use(
        self, texts: Collection[str], numbers: Iterable[CertificateNumber]
    ) -> dict[str | tuple[str, int, int], UUID]:
        """Who bears these numbers: certificates by printed text and by the parts of the number."""
        keys = [number.key for number in numbers]
        if not texts and not keys:
            return {}
        parts = (Certificate.number_prefix, Certificate.number_year, Certificate.number_serial)
        statement = select(Certificate.id, Certificate.number, *parts).where(
            or_(Certificate.number.in_(texts), tuple_(*parts).in_(keys))
        )
        found: dict[str | tuple[str, int, int], UUID] = {}
        for owner, text, prefix, year, serial in await self._session.execute(statement):
            found[str(text)] = owner
            if prefix is not None and year is not None and serial is not None:
                found[prefix, year, serial] = owner
        return found

    async def series(self, wanted: SeriesQuery, scope: Scope) -> Rows:
        """One page of ``(prefix, year, last serial, certificates)``."""
        borne = (
            select(func.count())
            .where(
                Certificate.number_prefix == CertificateSerial.prefix,
                Certificate.number_year == CertificateSerial.year,
            )
            .correlate(CertificateSerial)
            .scalar_subquery()
        )
        statement = select(
            CertificateSerial.prefix, CertificateSerial.year, CertificateSerial.serial, borne
        ).where(CertificateSerial.serial > 0, _within(scope))
        if wanted.prefix is not None:
            statement = statement.where(CertificateSerial.prefix == wanted.prefix)
        if wanted.year is not None:
            statement = statement.where(CertificateSerial.year == wanted.year)
        return await fetch_page(self._session, statement, _SERIES_SORTS, wanted.slice(), scalars=False)

    async def numbers(self, wanted: NumberQuery, scope: Scope) -> Rows:
        """One page of serials, each with its certificate or the gap it lies in."""
        every = (
            select(func.generate_series(1, CertificateSerial.serial).label("serial"))
            .where(_of((wanted.prefix, wanted.year)), _within(scope))
            .subquery()
        )
        serial = every.c.serial.cast(Integer)
        jumper = select(Certificate.number).where(Certificate.id == CertificateNumberGap.certificate_id)
        statement: Select[*tuple[Any, ...]] = (
            select(
                serial.label("serial"),
                Certificate,
                CertificateNumberGap,
                jumper.correlate(CertificateNumberGap).scalar_subquery(),
            )
            .outerjoin(
                Certificate,
                (Certificate.number_prefix == wanted.prefix)
                & (Certificate.number_year == wanted.year)
                & (Certificate.number_serial == every.c.serial),
            )
            .outerjoin(
                CertificateNumberGap,
                (CertificateNumberGap.prefix == wanted.prefix)
                & (CertificateNumberGap.year == wanted.year)
                & every.c.serial.between(CertificateNumberGap.first_serial, CertificateNumberGap.last_serial),
            )
        )
        sorts = Sorts(
            {"serial": (SortKey(serial, int),), "-serial": (SortKey(serial, int, descending=True),)}, "serial"
        )
        if wanted.gaps is not None:
            missing = Certificate.id.is_(None)
            statement = statement.where(missing if wanted.gaps else ~missing)
        return await fetch_page(self._session, statement, sorts, wanted.slice(), scalars=False)
