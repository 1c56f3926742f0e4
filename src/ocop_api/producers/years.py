"""Figures of a producer's years; for officers of its area and the producer itself."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.producers import Producer, ProducerYear
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.ledger.recording import record
from ocop_api.producers.schemas import YearFigures, YearRead
from ocop_api.producers.service import ProducerService


class ProducerYears:
    """One row a year, for one actor at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._producers = ProducerService(session, actor, now)

    async def of(self, producer_id: UUID) -> Sequence[ProducerYear]:
        """All years of a producer, the latest first.

        Raises:
            NotFound: ``producers.unknown``.
            Forbidden: ``auth.not_permitted``.
        """
        producer = await self._producers.get(producer_id)
        scope = self._actor.scope(Permission.PRODUCER_READ)
        if not scope.covers(area_path=producer.area_path, producer_id=producer.id):
            raise Forbidden("auth.not_permitted", permission=Permission.PRODUCER_READ)
        statement = select(ProducerYear).where(ProducerYear.producer_id == producer_id)
        return (await self._session.scalars(statement.order_by(ProducerYear.year.desc()))).all()

    async def find_for_edit(self, producer_id: UUID, year: int) -> ProducerYear | None:
        """The year's row with its producer locked, None when nothing is told of that year yet.

        Raises:
            NotFound: ``producers.unknown``.
            Forbidden: ``auth.not_permitted``.
        """
        await self._producers.get_for_edit(producer_id)
        statement = select(ProducerYear).where(
            ProducerYear.producer_id == producer_id, ProducerYear.year == year
        )
        return await self._session.scalar(statement.execution_options(populate_existing=True))

    async def put(
        self, producer_id: UUID, year: int, body: YearFigures, row: ProducerYear | None
    ) -> ProducerYear:
        """Set all figures of a year, on the row from ``find_for_edit``."""
        values = body.model_dump()
        if row is None:
            row = ProducerYear(
                producer_id=producer_id,
                year=year,
                created_at=self._now,
                updated_at=self._now,
                version=1,
                **values,
            )
            self._session.add(row)
            await self._tell(producer_id, year, "added")
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.updated_at = self._now
            row.touch()
            await self._tell(producer_id, year, "changed")
        return row

    async def remove(self, row: ProducerYear | None, year: int) -> None:
        """Take a year away.

        Raises:
            NotFound: ``producers.unknown_year``.
        """
        if row is None:
            raise NotFound("producers.unknown_year", year=year)
        await self._session.delete(row)
        await self._tell(row.producer_id, year, "removed")

    def shown(self, row: ProducerYear) -> YearRead:
        """The year as its people see it."""
        return YearRead.model_validate(row)

    async def _tell(self, producer_id: UUID, year: int, change: str) -> None:
        # Two writers of one new year: the second one's duplicate must show here.
        await self._session.flush()
        producer: Producer = await self._producers.get(producer_id)
        await record(
            self._session,
            kind="producer.updated",
            subject_type="producer",
            subject_id=producer_id,
            actor=self._actor,
            at=self._now,
            data={"fields": ["years"], "change": change, "part": str(year)},
            area_path=producer.area_path,
        )
