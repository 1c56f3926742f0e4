"""Rows of registered interests."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.scoring import Council, CouncilMember, MemberInterest
from ocop_api.domain.council import RecusalReason
from ocop_api.domain.interests import Interest
from ocop_api.scoring.schemas.conflicts import InterestFilter

_AT = MemberInterest.registered_at.expression
_ID = MemberInterest.id.expression
_SORTS = Sorts(
    {
        "registered_at": (SortKey(_AT, datetime), SortKey(_ID, UUID)),
        "-registered_at": (SortKey(_AT, datetime, descending=True), SortKey(_ID, UUID, descending=True)),
    },
    default="-registered_at",
)


class InterestRepository:
    """Interests in one session. Who may see whose is decided before."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_users(self, user_ids: Collection[UUID]) -> dict[UUID, list[Interest]]:
        """What people registered, by person."""
        statement = select(MemberInterest).where(MemberInterest.user_id.in_(user_ids))
        found: dict[UUID, list[Interest]] = {}
        for row in await self._session.scalars(statement.order_by(MemberInterest.id)):
            found.setdefault(row.user_id, []).append(
                Interest(
                    relation=RecusalReason(row.relation),
                    producer_id=row.producer_id,
                    relative_name=row.relative_name,
                    relative_phone=row.relative_phone,
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                )
            )
        return found

    async def page(self, user_id: UUID, wanted: InterestFilter) -> Rows:
        """One page of somebody's interests."""
        statement = select(MemberInterest).where(MemberInterest.user_id == user_id)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def find(self, interest_id: UUID, *, lock: bool = False) -> MemberInterest | None:
        """One interest; ``lock`` keeps it from changing until the commit."""
        statement = select(MemberInterest).where(MemberInterest.id == interest_id)
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def add(self, row: MemberInterest) -> None:
        """Store a new one."""
        self._session.add(row)
        await self._session.flush()  # a tie to an unknown producer speaks inside the use case

    async def flush(self) -> None:
        """Write what changed."""
        await self._session.flush()

    async def councils_of(self, user_id: UUID) -> list[Council]:
        """The councils somebody sits on."""
        seat = exists().where(CouncilMember.council_id == Council.id, CouncilMember.user_id == user_id)
        return list(await self._session.scalars(select(Council).where(seat)))
