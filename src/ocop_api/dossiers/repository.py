"""Rows of dossiers; ``visible_to`` is their only row scope."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.dossiers import (
    AddedRound,
    Dossier,
    DossierReminder,
    DossierStep,
    DossierVersion,
    ProductCodeSerial,
    ReratingReminder,
)
from ocop_api.db.tables.products import Product
from ocop_api.domain.actor import Actor, Level, Permission, Scope
from ocop_api.domain.administration import level_in_charge
from ocop_api.domain.calendar import Stop
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.dossier import Action, DossierKind, Party, State
from ocop_api.domain.dossier_clock import awaited_in
from ocop_api.domain.regimes import REGIMES
from ocop_api.dossiers.policy import DESKS
from ocop_api.dossiers.schemas import DossierFilter
from ocop_api.dossiers.work_schemas import Assigned, WorkFilter

_DOSSIER = Dossier.__table__.c
_ID = SortKey(_DOSSIER.id, UUID)
_LAST_ID = SortKey(_DOSSIER.id, UUID, descending=True)
_SORTS = Sorts(
    by_name={
        "created_at": [SortKey(_DOSSIER.created_at, datetime), _ID],
        "-created_at": [SortKey(_DOSSIER.created_at, datetime, descending=True), _LAST_ID],
        "due_on": [SortKey(func.coalesce(_DOSSIER.due_on, literal(date.max)), date), _ID],
    },
    default="-created_at",
)
_WORK_SORTS = Sorts(
    by_name={name: _SORTS.by_name[name] for name in ("due_on", "created_at")}, default="due_on"
)
_STEPS = Sorts(
    by_name={"ordinal": [SortKey(DossierStep.__table__.c.ordinal, int)]},
    default="ordinal",
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Dossiers the actor may read; what was never lodged is its producer's alone."""
    scope = actor.scope(Permission.DOSSIER_READ)
    if actor.system:
        return true()
    official = [
        Dossier.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT))),
        Dossier.council_id.in_(scope.council_ids),
        Dossier.panel_id.in_(scope.council_ids),
        literal(scope.everywhere),
    ]
    return or_(
        Dossier.producer_id.in_(scope.producer_ids),
        and_(Dossier.lodged_on.is_not(None), or_(*official)),
    )


def awaiting(actor: Actor, today: date) -> ColumnElement[bool]:
    """Dossiers that wait for the actor to act, in any capacity the actor holds."""
    written = and_(
        Dossier.state == State.UNDER_ASSESSMENT.value,
        Dossier.kind == DossierKind.RERATING.value,
        Dossier.regime.in_([law.code for law in REGIMES if law.lodging.rerating_by_written_opinion]),
    )
    choices: list[ColumnElement[bool]] = []
    for party, permission in DESKS.items():
        waits: ColumnElement[bool] = Dossier.state.in_([state.value for state in awaited_in(party)])
        if party is Party.OFFICE:
            waits = or_(waits, written)
        elif party is Party.ADVISORY_GROUP:
            waits = and_(waits, ~written)
        for level in Level:
            scope = actor.scope(permission, levels={level_in_charge(level, today)})
            if not scope.empty:
                choices.append(and_(Dossier.level == level.value, waits, _within(scope)))
    advised = actor.scope(Permission.DOSSIER_ASSESS, levels=()).council_ids
    if advised:
        waits = Dossier.state.in_([state.value for state in awaited_in(Party.ADVISORY_GROUP)])
        choices.append(and_(waits, ~written, Dossier.council_id.in_(advised)))
    councils = actor.scope(Permission.COUNCIL_MANAGE, levels=()).council_ids
    if councils:
        choices.append(and_(Dossier.state == State.IN_COUNCIL.value, Dossier.council_id.in_(councils)))
    own = actor.scope(Permission.DOSSIER_LODGE).producer_ids
    if own:
        waits = Dossier.state.in_([state.value for state in awaited_in(Party.PRODUCER)])
        choices.append(and_(waits, Dossier.producer_id.in_(own)))
    return or_(false(), *choices)


def _within(scope: Scope) -> ColumnElement[bool]:
    if scope.everywhere:
        return true()
    within: ColumnElement[bool] = Dossier.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT)))
    return within


def _assigned(wanted: Assigned, actor: Actor) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = Dossier.assignee_id == actor.user_id
    if wanted is Assigned.NOBODY:
        return Dossier.assignee_id.is_(None)
    return mine if wanted is Assigned.MINE else and_(Dossier.assignee_id.is_not(None), ~mine)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits at a desk."""

    total: int
    overdue: int
    soon: int
    mine: int
    unassigned: int


@dataclass(frozen=True, slots=True)
class Expiring:
    """A recognised product whose stars end soon."""

    id: UUID
    producer_id: UUID
    area_path: list[str]
    stars_valid_until: date


class DossierRepository:
    """Dossiers, their steps and versions, in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, dossier_id: UUID, actor: Actor, *, lock: bool) -> Dossier | None:
        """One visible dossier, read afresh and locked if wished."""
        statement = select(Dossier).where(Dossier.id == dossier_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def lock_many(self, dossier_ids: Collection[UUID], actor: Actor) -> Sequence[Dossier]:
        """Those of the dossiers that are visible, read afresh and locked in the order of their ids."""
        statement = (
            select(Dossier)
            .where(Dossier.id.in_(dossier_ids), visible_to(actor))
            .order_by(Dossier.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return (await self._session.scalars(statement)).all()

    async def latest_lodged(self, product_id: UUID, *, before: UUID) -> Dossier | None:
        """The latest lodged dossier of a product beside one of them."""
        statement = (
            select(Dossier)
            .where(Dossier.product_id == product_id, Dossier.id != before, Dossier.lodged_on.is_not(None))
            .order_by(Dossier.lodged_on.desc(), Dossier.id.desc())
            .limit(1)
        )
        return await self._session.scalar(statement)

    async def latest_recognised(self, product_id: UUID, *, before: UUID) -> Dossier | None:
        """The dossier by which a product earned its stars last, beside one of them."""
        statement = (
            select(Dossier)
            .where(
                Dossier.product_id == product_id,
                Dossier.id != before,
                Dossier.state == State.RECOGNISED.value,
            )
            .order_by(Dossier.lodged_on.desc(), Dossier.id.desc())
            .limit(1)
        )
        return await self._session.scalar(statement)

    async def page(self, actor: Actor, wanted: DossierFilter) -> Rows:
        """One page of ``(dossier, name of its product)``."""
        statement = (
            select(Dossier, Product.name)
            .join(Product, Product.id == Dossier.product_id)
            .where(visible_to(actor))
        )
        for name in ("state", "level", "kind", "regime", "product_id", "producer_id"):
            value = getattr(wanted, name)
            if value is not None:
                statement = statement.where(_DOSSIER[name] == value)
        if wanted.place is not None:
            statement = statement.where(Dossier.area_path.overlap([wanted.place]))
        return await fetch_page(self._session, statement, _SORTS, wanted.slice(), scalars=False)

    async def waiting(self, actor: Actor, today: date, wanted: WorkFilter) -> Rows:
        """One page of ``(dossier, name of its product)`` that wait for the actor."""
        statement = (
            select(Dossier, Product.name)
            .join(Product, Product.id == Dossier.product_id)
            .where(awaiting(actor, today))
        )
        for name in ("state", "level", "kind"):
            value = getattr(wanted, name)
            if value is not None:
                statement = statement.where(_DOSSIER[name] == value)
        if wanted.place is not None:
            statement = statement.where(Dossier.area_path.overlap([wanted.place]))
        if wanted.due_until is not None:
            statement = statement.where(Dossier.due_on <= wanted.due_until)
        if wanted.overdue is not None:
            late = func.coalesce(Dossier.due_on < today, false())
            statement = statement.where(late if wanted.overdue else ~late)
        if wanted.assigned is not None:
            statement = statement.where(_assigned(wanted.assigned, actor))
        return await fetch_page(self._session, statement, _WORK_SORTS, wanted.slice(), scalars=False)

    async def count_waiting(self, actor: Actor, today: date, until: date) -> Waiting:
        """How many wait for the actor, by what matters at the desk."""
        statement = select(
            func.count(),
            func.count().filter(Dossier.due_on < today),
            func.count().filter(Dossier.due_on.between(today, until)),
            func.count().filter(_assigned(Assigned.MINE, actor)),
            func.count().filter(Dossier.assignee_id.is_(None)),
        ).where(awaiting(actor, today))
        return Waiting(*(await self._session.execute(statement)).one())

    async def count_by_state(self, actor: Actor, today: date) -> Sequence[Row[str, str, int, int]]:
        """Level, state, number of visible files, and of those past their day."""
        final = [state.value for state in State if state.is_final]
        late = and_(Dossier.due_on < today, Dossier.state.not_in(final))
        statement = (
            select(Dossier.level, Dossier.state, func.count(), func.count().filter(late))
            .where(visible_to(actor))
            .group_by(Dossier.level, Dossier.state)
            .order_by(Dossier.level, Dossier.state)
        )
        return (await self._session.execute(statement)).all()

    async def rounds_of_year(self, year: int, place: str | None) -> Sequence[AddedRound]:
        """Added rounds for requests of a year: the ministry's, and a province's or every province's."""
        statement = select(AddedRound).where(
            AddedRound.requested_before.between(date(year, 1, 1), date(year, 12, 31))
        )
        if place is not None:
            statement = statement.where(or_(AddedRound.place_id.is_(None), AddedRound.place_id == place))
        return (await self._session.scalars(statement.order_by(AddedRound.requested_before))).all()

    async def added_round(self, round_id: UUID, *, lock: bool) -> AddedRound | None:
        """One added round, locked if wished."""
        return await self._session.get(AddedRound, round_id, with_for_update=lock, populate_existing=lock)

    async def steps(self, dossier_id: UUID, wanted: Slice) -> Rows:
        """One page of the history, oldest first."""
        statement = select(DossierStep).where(DossierStep.dossier_id == dossier_id)
        return await fetch_page(self._session, statement, _STEPS, wanted)

    async def all_steps(self, dossier_id: UUID) -> Sequence[DossierStep]:
        """The whole history, oldest first."""
        statement = (
            select(DossierStep).where(DossierStep.dossier_id == dossier_id).order_by(DossierStep.ordinal)
        )
        return (await self._session.scalars(statement)).all()

    async def last_step(self, dossier_id: UUID, action: str | None = None) -> DossierStep | None:
        """The latest step, of one action if wished."""
        statement = (
            select(DossierStep)
            .where(DossierStep.dossier_id == dossier_id)
            .order_by(DossierStep.ordinal.desc())
            .limit(1)
        )
        if action is not None:
            statement = statement.where(DossierStep.action == action)
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def reopened_at(self, dossier_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """When dossiers were last reopened; those that never were are left out."""
        statement = (
            select(DossierStep.dossier_id, func.max(DossierStep.at))
            .where(DossierStep.dossier_id.in_(dossier_ids), DossierStep.action == Action.REOPEN.value)
            .group_by(DossierStep.dossier_id)
        )
        return {row[0]: row[1] for row in await self._session.execute(statement)}

    async def reporters(self, dossier_ids: Collection[UUID]) -> list[tuple[UUID, UUID, datetime]]:
        """Dossier, author and time of each report to a council."""
        statement = select(DossierStep.dossier_id, DossierStep.actor_id, DossierStep.at).where(
            DossierStep.dossier_id.in_(dossier_ids), DossierStep.action == Action.SUBMIT_REPORT.value
        )
        rows = await self._session.execute(statement)
        return [(dossier_id, author, at) for dossier_id, author, at in rows if author is not None]

    async def stops(
        self, dossier_ids: Collection[UUID], answered_on: date | None = None
    ) -> dict[UUID, list[Stop]]:
        """The times in which producers were asked for additions, by dossier.

        ``answered_on`` ends one that no stored step has ended yet.
        """
        statement = (
            select(DossierStep.dossier_id, DossierStep.action, DossierStep.at)
            .where(
                DossierStep.dossier_id.in_(dossier_ids),
                DossierStep.action.in_([Action.REQUEST_SUPPLEMENT.value, Action.RESUBMIT.value]),
            )
            .order_by(DossierStep.dossier_id, DossierStep.ordinal)
        )
        found: dict[UUID, list[Stop]] = {}
        open_since: dict[UUID, date] = {}
        for dossier_id, action, at in await self._session.execute(statement):
            day = vietnam_date(at)
            if action == Action.REQUEST_SUPPLEMENT.value:
                open_since[dossier_id] = day
            elif dossier_id in open_since:
                found.setdefault(dossier_id, []).append(Stop(open_since.pop(dossier_id), day))
        if answered_on is not None:
            for dossier_id, since in open_since.items():
                found.setdefault(dossier_id, []).append(Stop(since, answered_on))
        return found

    async def under_way(self, after: UUID | None, limit: int) -> Sequence[Dossier]:
        """The next lodged dossiers that are not closed, locked, in the order of their ids."""
        statement = select(Dossier).where(
            Dossier.lodged_on.is_not(None), Dossier.state.not_in([s.value for s in State if s.is_final])
        )
        if after is not None:
            statement = statement.where(Dossier.id > after)
        statement = statement.order_by(Dossier.id).limit(limit).with_for_update(skip_locked=True)
        return (await self._session.scalars(statement)).all()

    async def note_reminder(self, dossier_id: UUID, due_on: date, kind: str, now: datetime) -> bool:
        """Remember that something was told of a term; False when it had been told before."""
        values = {"dossier_id": dossier_id, "due_on": due_on, "kind": kind, "told_at": now}
        return await self._noted(insert(DossierReminder).values(values))

    async def note_window(self, product_id: UUID, valid_until: date, kind: str, now: datetime) -> bool:
        """Remember that something was told of a re-rating window; False when it had been told before."""
        values = {"product_id": product_id, "valid_until": valid_until, "kind": kind, "told_at": now}
        return await self._noted(insert(ReratingReminder).values(values))

    async def _noted(self, statement: Insert) -> bool:
        result = await self._session.execute(statement.on_conflict_do_nothing().returning(literal(1)))
        return result.first() is not None

    async def expiring(self, today: date, at_most: int, at_least: int) -> Sequence[Expiring]:
        """Recognised products whose stars end within days from today, without a dossier under way."""
        open_files = exists().where(
            Dossier.product_id == Product.id, Dossier.state.not_in([s.value for s in State if s.is_final])
        )
        ends = Product.stars_valid_until
        statement = select(Product.id, Product.producer_id, Product.area_path, ends).where(
            Product.recognition_status == "valid",
            ends.between(today + timedelta(days=at_least), today + timedelta(days=at_most)),
            ~open_files,
        )
        rows = await self._session.execute(statement.order_by(Product.id))
        return [Expiring(id_, owner, path, last) for id_, owner, path, last in rows if last is not None]

    async def added_rounds(self, place_ids: Iterable[str], requested_on: date) -> Sequence[AddedRound]:
        """Rounds that provinces of these places and the ministry added, still open on a day of request."""
        statement = select(AddedRound).where(
            or_(AddedRound.place_id.is_(None), AddedRound.place_id.in_(list(place_ids))),
            AddedRound.requested_before > requested_on,
        )
        return (await self._session.scalars(statement.order_by(AddedRound.requested_before))).all()

    async def next_ordinal(self, dossier_id: UUID) -> int:
        """Place of the next step; two writers of one place are told apart by the unique constraint."""
        statement = select(func.coalesce(func.max(DossierStep.ordinal), 0) + 1).where(
            DossierStep.dossier_id == dossier_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def versions(self, dossier_id: UUID) -> Sequence[DossierVersion]:
        """The frozen versions, oldest first."""
        statement = (
            select(DossierVersion)
            .where(DossierVersion.dossier_id == dossier_id)
            .order_by(DossierVersion.number)
        )
        return (await self._session.execute(statement)).scalars().all()

    async def version(self, dossier_id: UUID, number: int) -> DossierVersion | None:
        """One frozen version."""
        statement = select(DossierVersion).where(
            DossierVersion.dossier_id == dossier_id, DossierVersion.number == number
        )
        return await self._session.scalar(statement)

    async def next_version(self, dossier_id: UUID) -> int:
        """Number of the next frozen version."""
        statement = select(func.coalesce(func.max(DossierVersion.number), 0) + 1).where(
            DossierVersion.dossier_id == dossier_id
        )
        return (await self._session.execute(statement)).scalar_one()

    async def newest_versions(self, dossier_ids: Collection[UUID]) -> dict[UUID, int]:
        """Number of the newest frozen version by dossier; those without any are left out."""
        rows = await self._session.execute(
            select(DossierVersion.dossier_id, func.max(DossierVersion.number))
            .where(DossierVersion.dossier_id.in_(dossier_ids))
            .group_by(DossierVersion.dossier_id)
        )
        return {row[0]: row[1] for row in rows}

    async def product_names(self, dossier_ids: Collection[UUID]) -> dict[UUID, str]:
        """By dossier, what its product is called today."""
        statement = (
            select(Dossier.id, Product.name)
            .join(Product, Product.id == Dossier.product_id)
            .where(Dossier.id.in_(dossier_ids))
        )
        return {row.id: row.name for row in await self._session.execute(statement)}

    async def next_serial(self, place_id: str, year: int) -> int:
        """The next serial of a commune and year; others of that commune wait until this one commits."""
        upsert = (
            insert(ProductCodeSerial)
            .values(place_id=place_id, year=year, serial=1)
            .on_conflict_do_update(
                index_elements=["place_id", "year"], set_={"serial": ProductCodeSerial.serial + 1}
            )
            .returning(ProductCodeSerial.serial)
        )
        return (await self._session.execute(upsert)).scalar_one()

    async def code_in_use(self, code: str) -> bool:
        """Whether a product bears the code already, from an import of earlier ratings."""
        statement = select(Product.id).where(Product.product_code == code)
        return (await self._session.execute(statement)).first() is not None
