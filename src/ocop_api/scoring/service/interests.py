"""Registered interests of those who sit on councils: by themselves, or by who runs the council's business."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.scoring import MemberInterest
from ocop_api.domain.actor import Actor
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Invalid, NotFound
from ocop_api.ledger.recording import record
from ocop_api.producers.service import ProducerService
from ocop_api.scoring.interest_repository import InterestRepository
from ocop_api.scoring.policy import may_manage
from ocop_api.scoring.schemas.conflicts import InterestCreate, InterestFilter, InterestRead


class InterestService:
    """Interests as the actor may see and register them."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._rows = InterestRepository(session)
        self._actor = actor
        self._now = now

    async def register(self, wanted: InterestCreate) -> InterestRead:
        """Register a tie of the actor, or of somebody on a council whose business the actor runs.

        Raises:
            NotFound: ``scoring.unknown_person`` for people of other councils; ``producers.unknown``.
            Invalid: ``scoring.interest_period`` when it would end before it begins.
        """
        user_id = await self._person(wanted.user_id)
        if wanted.producer_id is not None:
            acting = replace(self._actor, system=True)
            await ProducerService(self._session, acting, self._now).get(wanted.producer_id)
        valid_from = wanted.valid_from or vietnam_date(self._now)
        _check_period(valid_from, wanted.valid_until)
        row = MemberInterest(
            id=uuid7(),
            user_id=user_id,
            relation=wanted.relation.value,
            producer_id=wanted.producer_id,
            relative_name=wanted.relative_name,
            relative_phone=wanted.relative_phone,
            note=wanted.note,
            valid_from=valid_from,
            valid_until=wanted.valid_until,
            registered_at=self._now,
            registered_by=self._actor.user_id,
        )
        await self._rows.add(row)
        await self._record(row, "interest.registered")
        return InterestRead.model_validate(row)

    async def page(self, wanted: InterestFilter) -> tuple[Rows, list[InterestRead]]:
        """One page of a person's interests; ``NotFound`` ``scoring.unknown_person``."""
        rows = await self._rows.page(await self._person(wanted.user_id), wanted)
        return rows, [InterestRead.model_validate(row) for row in rows.items]

    async def get(self, interest_id: UUID) -> InterestRead:
        """One interest; ``NotFound`` ``scoring.unknown_interest``."""
        return InterestRead.model_validate(await self._visible(interest_id))

    async def end(self, interest_id: UUID, valid_until: date) -> InterestRead:
        """Say until when a tie holds; what rested on it stays as it was decided.

        Raises:
            NotFound: ``scoring.unknown_interest``.
            Invalid: ``scoring.interest_period``.
        """
        row = await self._visible(interest_id, lock=True)
        _check_period(row.valid_from, valid_until)
        if row.valid_until != valid_until:
            row.valid_until = valid_until
            await self._rows.flush()
            await self._record(row, "interest.ended")
        return InterestRead.model_validate(row)

    async def _visible(self, interest_id: UUID, *, lock: bool = False) -> MemberInterest:
        row = await self._rows.find(interest_id, lock=lock)
        if row is None or not await self._may_see(row.user_id):
            raise NotFound("scoring.unknown_interest")
        return row

    async def _person(self, asked: UUID | None) -> UUID:
        user_id = asked or self._actor.user_id
        if user_id is None or not await self._may_see(user_id):
            raise NotFound("scoring.unknown_person")
        return user_id

    async def _may_see(self, user_id: UUID) -> bool:
        if user_id == self._actor.user_id:
            return True
        return any(
            may_manage(self._actor, council.level, council.area_path, council.id)
            for council in await self._rows.councils_of(user_id)
        )

    async def _record(self, row: MemberInterest, kind: str) -> None:
        # Who is related to whom is personal data; the ledger learns only that something was registered.
        await record(
            self._session,
            kind=kind,
            subject_type="user",
            subject_id=row.user_id,
            actor=self._actor,
            at=self._now,
            data={"interest_id": str(row.id)},
            area_path=[],
        )


def _check_period(valid_from: date, valid_until: date | None) -> None:
    if valid_until is not None and valid_until < valid_from:
        raise Invalid("scoring.interest_period", valid_from=valid_from, valid_until=valid_until)
