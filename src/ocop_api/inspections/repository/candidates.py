"""Certificates to choose among, with when each was last inspected."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.service import standings_on
from ocop_api.certificates.standing import Standing
from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.inspections import Inspection, InspectionPlanCertificate
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Permission
from ocop_api.inspections.schemas.plans import (
    InspectionCandidate,
    InspectionCandidateQuery,
    PlannedCertificateRead,
    Which,
)

_LAST = (
    select(Inspection.id, Inspection.inspected_on, Inspection.conclusion)
    .where(Inspection.certificate_id == Certificate.id, Inspection.concluded_at.is_not(None))
    .order_by(Inspection.inspected_on.desc(), Inspection.id.desc())
    .limit(1)
    .correlate(Certificate)
    .lateral("last_inspection")
)
_SET = func.coalesce(Dossier.set_number, Product.set_number)
_KEY = SortKey(Certificate.__table__.c.id, UUID)
_SORTS = Sorts(
    {
        "valid_until": (SortKey(func.coalesce(Certificate.valid_until, date.max), date), _KEY),
        "last_inspected_on": (SortKey(func.coalesce(_LAST.c.inspected_on, date.min), date), _KEY),
    },
    default="valid_until",
)
_IN_FORCE = [standing.value for standing in Standing if standing.in_force]
_ENDED = [Standing.WITHDRAWN.value, Standing.SUPERSEDED.value]


def _rows(day: date) -> tuple[Select[*tuple[Any, ...]], Any]:
    """Every certificate as ``InspectionCandidate`` names it, and the column of its standing."""
    standings = standings_on(day)
    statement = (
        select(
            Certificate.id,
            Certificate.number,
            Certificate.product_id,
            Certificate.product_name,
            Certificate.producer_id,
            Certificate.producer_name,
            Certificate.producer_address,
            Certificate.stars,
            _SET.label("set_number"),
            Certificate.level,
            Certificate.issued_on,
            Certificate.valid_until,
            standings.c.standing,
            _LAST.c.id.label("last_inspection_id"),
            _LAST.c.inspected_on,
            _LAST.c.conclusion,
        )
        .join(standings, standings.c.certificate_id == Certificate.id)
        .join(Product, Product.id == Certificate.product_id)
        .outerjoin(Dossier, Dossier.id == Certificate.dossier_id)
        .outerjoin(_LAST, true())
    )
    return statement, standings.c.standing


def _within(actor: Actor) -> ColumnElement[bool]:
    """Certificates of the areas the actor reads inspections in as an official."""
    scope = actor.scope(Permission.INSPECTION_READ)
    if scope.everywhere:
        return true()
    inside: ColumnElement[bool] = Certificate.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT)))
    return inside


def _conditions(query: InspectionCandidateQuery, standing: ColumnElement[str]) -> list[ColumnElement[bool]]:
    in_force = standing.in_(_IN_FORCE)
    period = query.period
    ending = None
    if period is not None:
        ending = and_(Certificate.valid_until.between(*period), standing.not_in(_ENDED))
    if query.which is Which.IN_FORCE or ending is None:
        found: list[ColumnElement[bool]] = [in_force if ending is None else and_(in_force, ending)]
    elif query.which is Which.EXPIRING:
        found = [ending]
    else:
        found = [or_(in_force, ending)]
    if query.stars is not None:
        found.append(Certificate.stars == query.stars)
    if query.set_number is not None:
        found.append(literal(query.set_number) == _SET)
    if query.place_id is not None:
        found.append(Certificate.area_path.contains([query.place_id]))
    if query.producer_id is not None:
        found.append(Certificate.producer_id == survivor_of(query.producer_id))
    if query.not_inspected_since is not None:
        found.append(or_(_LAST.c.inspected_on.is_(None), _LAST.c.inspected_on < query.not_inspected_since))
    return found


class CandidateRepository:
    """Reads certificates for whoever chooses among them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(
        self, actor: Actor, query: InspectionCandidateQuery, wanted: Slice, today: date
    ) -> tuple[Rows, list[InspectionCandidate]]:
        """One page of the candidates in the actor's areas."""
        statement, standing = _rows(query.on or today)
        statement = statement.where(_within(actor), *_conditions(query, standing))
        rows = await fetch_page(self._session, statement, _SORTS, wanted, scalars=False)
        return rows, [_candidate(row) for row in rows.items]

    async def found(
        self, query: InspectionCandidateQuery, today: date, within: str | None, limit: int
    ) -> list[UUID]:
        """The certificates a query finds in an area (everywhere without one), at most one over ``limit``."""
        statement, standing = _rows(query.on or today)
        conditions = _conditions(query, standing)
        if within is not None:
            conditions.append(Certificate.area_path.contains([within]))
        statement = statement.where(*conditions).with_only_columns(Certificate.id)
        return list(await self._session.scalars(statement.order_by(Certificate.id).limit(limit + 1)))

    async def of_plan(
        self, plan_id: UUID, wanted: Slice, today: date
    ) -> tuple[Rows, list[PlannedCertificateRead]]:
        """One page of the certificates on a plan."""
        statement, _ = _rows(today)
        statement = statement.add_columns(InspectionPlanCertificate.by_query).join(
            InspectionPlanCertificate, InspectionPlanCertificate.certificate_id == Certificate.id
        )
        statement = statement.where(InspectionPlanCertificate.plan_id == plan_id)
        rows = await fetch_page(self._session, statement, _SORTS, wanted, scalars=False)
        return rows, [
            PlannedCertificateRead(**_candidate(row).model_dump(), by_query=row[-1]) for row in rows.items
        ]

    async def share_inspected(self, query: InspectionCandidateQuery, today: date) -> tuple[int, int]:
        """Of the candidates, how many were inspected in the year asked for (or of ``on``), and all."""
        statement, standing = _rows(query.on or today)
        year = query.expiring_year or (query.on or today).year
        inspected = (
            select(Inspection.id)
            .where(
                Inspection.certificate_id == Certificate.id,
                Inspection.inspected_on.between(date(year, 1, 1), min(query.on or today, date(year, 12, 31))),
            )
            .exists()
        )
        counted = statement.where(*_conditions(query, standing)).with_only_columns(
            func.count().filter(inspected), func.count()
        )
        row = (await self._session.execute(counted)).one()
        return int(row[0]), int(row[1])


def _candidate(row: Sequence[Any]) -> InspectionCandidate:
    return InspectionCandidate.model_validate(
        dict(zip(InspectionCandidate.model_fields, row[: len(InspectionCandidate.model_fields)], strict=True))
    )
