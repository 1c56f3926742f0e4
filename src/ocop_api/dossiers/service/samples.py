"""Who handed in how many units of the product, where and when (Decision 26/2026, Art. 6.3)."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossier_remarks import DossierSample
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.dossier import Acting, Level, Party, State
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.regimes import regime
from ocop_api.dossiers.remarks_repository import SampleRepository
from ocop_api.dossiers.samples_schemas import (
    MOST_SAMPLES,
    SampleCancellation,
    SampleChange,
    SampleCreate,
    SampleFilter,
    SampleRead,
)
from ocop_api.dossiers.service.files import DossierService, samples_needed


class Purpose(NamedTuple):
    """The council that samples are for: its level, and the time the file was sent up to it."""

    level: str
    arrival: int


class SampleService(DossierService):
    """Records of samples; ``dossier.samples`` is always the sum of those that count."""

    async def record(
        self, dossier_id: UUID, order: SampleCreate, check: Callable[[int], None]
    ) -> SampleChange:
        """Write down units handed in, for the office of the level that holds the file.

        Raises:
            NotFound: ``dossier.unknown``.
            RuleViolation: ``dossier.not_lodged``, ``dossier.closed``, ``dossier.no_samples_needed``,
                ``dossier.too_many_samples``.
            Forbidden: ``dossier.not_the_acting_party``.
            Invalid: ``dossier.sample_day_ahead``.
        """
        dossier = await self._held(dossier_id, check, "record_sample")
        if order.received_on > self.today:
            raise Invalid("dossier.sample_day_ahead", received_on=order.received_on, today=self.today)
        purpose = await self._purpose(dossier)
        row = DossierSample(
            **order.model_dump(),
            dossier_id=dossier.id,
            level=dossier.level,
            for_level=purpose.level,
            arrival=purpose.arrival,
            received_by=self.actor.user_id,
            received_by_name=self.actor.name,
            created_at=self.now,
        )
        await self._write(dossier, row, purpose)
        return await self._change(dossier, row, purpose)

    async def cancel(
        self, dossier_id: UUID, sample_id: UUID, order: SampleCancellation, check: Callable[[int], None]
    ) -> SampleChange:
        """Take a record back with a reason, once; for the office of the level that holds the file.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.sample_unknown``.
            RuleViolation: ``dossier.not_lodged``, ``dossier.closed``; ``dossier.sample_of_other_council``
                once the file is with another council; ``dossier.sample_cancelled``.
            Forbidden: ``dossier.not_the_acting_party``.
        """
        dossier = await self._held(dossier_id, check, "cancel_sample")
        row = await SampleRepository(self.session).find(dossier.id, sample_id)
        if row is None:
            raise NotFound("dossier.sample_unknown", sample_id=sample_id)
        purpose = await self._purpose(dossier)
        if (row.for_level, row.arrival) != purpose:
            raise RuleViolation("dossier.sample_of_other_council", level=row.for_level)
        if row.cancelled_at is not None:
            raise RuleViolation("dossier.sample_cancelled", cancelled_at=row.cancelled_at)
        row.cancelled_at, row.cancelled_by, row.cancel_reason = self.now, self.actor.user_id, order.reason
        await self._recount(dossier, purpose)
        await self.tell(
            dossier,
            "dossier.sample_cancelled",
            sample_id=str(row.id),
            units=row.units,
            samples=dossier.samples,
        )
        return await self._change(dossier, row, purpose)

    async def samples(self, dossier_id: UUID, wanted: SampleFilter) -> tuple[Rows, list[SampleRead]]:
        """One page of the records of a visible dossier; ``NotFound`` as ``get``."""
        dossier = await self.get(dossier_id)
        purpose = await self._purpose(dossier)
        rows = await SampleRepository(self.session).page(dossier.id, wanted.slice())
        return rows, [_shown(row, purpose) for row in rows.items]

    async def sample(self, dossier_id: UUID, sample_id: UUID) -> SampleRead:
        """One record of a visible dossier.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.sample_unknown``.
        """
        dossier = await self.get(dossier_id)
        row = await SampleRepository(self.session).find(dossier.id, sample_id)
        if row is None:
            raise NotFound("dossier.sample_unknown", sample_id=sample_id)
        return _shown(row, await self._purpose(dossier))

    async def bring_to(self, dossier: Dossier, total: int, *, told_at: Level) -> None:
        """Record what a step of the procedure tells: so many units in all at the level that holds the file.

        The step counts the change of the locked row.

        Args:
            dossier: a locked row.
            total: units handed in so far.
            told_at: level of the office that tells it.

        Raises:
            RuleViolation: ``dossier.fewer_samples`` than are on record; ``dossier.no_samples_needed``,
                ``dossier.too_many_samples``.
        """
        purpose = await self._purpose(dossier)
        recorded = await self._sum(dossier, purpose)
        if total < recorded:
            raise RuleViolation("dossier.fewer_samples", samples=total, recorded=recorded)
        if total == recorded:
            return
        _require_needed(dossier)
        row = DossierSample(
            dossier_id=dossier.id,
            level=told_at.value,
            for_level=purpose.level,
            arrival=purpose.arrival,
            received_on=self.today,
            units=total - recorded,
            received_by=self.actor.user_id,
            received_by_name=self.actor.name,
            created_at=self.now,
        )
        await self._write(dossier, row, purpose, touch=False)

    async def recount(self, dossier: Dossier) -> None:
        """Bring the sum of a locked row in line with the level it has come to; the step counts the change."""
        dossier.samples = await self._sum(dossier, await self._purpose(dossier))
        # The answer shows what is stored.
        await self.session.flush()

    async def _held(self, dossier_id: UUID, check: Callable[[int], None], action: str) -> Dossier:
        """The locked dossier, if the actor is the office that holds it and it takes samples."""
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        state = State(dossier.state)
        if state is State.DRAFT:
            raise RuleViolation("dossier.not_lodged")
        if Acting(Party.OFFICE, Level(dossier.level)) not in self.capacities(dossier):
            raise Forbidden(
                "dossier.not_the_acting_party",
                action=action,
                party=Party.OFFICE.value,
                level=dossier.level,
            )
        if state.is_final:
            raise RuleViolation("dossier.closed", state=dossier.state)
        if action == "record_sample":
            _require_needed(dossier)
        return dossier

    async def _write(
        self, dossier: Dossier, row: DossierSample, purpose: Purpose, *, touch: bool = True
    ) -> None:
        self.session.add(row)
        await self._recount(dossier, purpose, touch=touch)
        if dossier.samples > MOST_SAMPLES:
            raise RuleViolation("dossier.too_many_samples", samples=dossier.samples, limit=MOST_SAMPLES)
        await self.tell(
            dossier,
            "dossier.samples_received",
            sample_id=str(row.id),
            units=row.units,
            received_on=row.received_on.isoformat(),
            samples=dossier.samples,
        )

    async def _recount(self, dossier: Dossier, purpose: Purpose, *, touch: bool = True) -> None:
        # The sum is taken over what is stored.
        await self.session.flush()
        dossier.samples = await self._sum(dossier, purpose)
        if touch:
            dossier.updated_at = self.now
            dossier.touch()
        # The answer shows the new version.
        await self.session.flush()

    async def _sum(self, dossier: Dossier, purpose: Purpose) -> int:
        return await SampleRepository(self.session).units(dossier.id, purpose.level, purpose.arrival)

    async def _purpose(self, dossier: Dossier) -> Purpose:
        """The council that samples handed in now are for; a commune takes them in for the next level."""
        rule = regime(dossier.regime).rule(Level(dossier.level))
        level = rule.level if rule.has_council or rule.forwards_to is None else rule.forwards_to
        return Purpose(level.value, await SampleRepository(self.session).arrivals(dossier.id, level.value))

    async def _change(self, dossier: Dossier, row: DossierSample, purpose: Purpose) -> SampleChange:
        return SampleChange(
            sample=_shown(row, purpose),
            samples=dossier.samples,
            samples_needed=samples_needed(dossier),
            version=dossier.version,
        )


def _require_needed(dossier: Dossier) -> None:
    """Raise ``RuleViolation`` ``dossier.no_samples_needed`` for a service rated on site (Art. 6.2d)."""
    if samples_needed(dossier) == 0:
        raise RuleViolation("dossier.no_samples_needed", set_number=dossier.set_number)


def _shown(row: DossierSample, purpose: Purpose) -> SampleRead:
    counts = row.cancelled_at is None and (row.for_level, row.arrival) == purpose
    names = SampleRead.model_fields.keys() - {"counts"}
    return SampleRead(**{name: getattr(row, name) for name in names}, counts=counts)
