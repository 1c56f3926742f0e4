"""What happened to one record, newest first, read from its events whether sealed already or not."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.accounts import AccountUser
from ocop_api.db.tables.ledger import LedgerEvent

_SORTS = Sorts(
    by_name={"-at": (SortKey(LedgerEvent.ordinal.expression, int, descending=True),)}, default="-at"
)


async def history_of(
    session: AsyncSession, subject_type: str, subject_ids: Sequence[UUID], wanted: Slice
) -> Rows:
    """One page of events of these subjects, each with the display name of who acted (None: the system)."""
    statement = (
        select(LedgerEvent, AccountUser.display_name)
        .outerjoin(AccountUser, AccountUser.id == LedgerEvent.actor_id)
        .where(
            LedgerEvent.subject_type == subject_type,
            LedgerEvent.subject_id.in_([str(subject_id) for subject_id in subject_ids]),
        )
    )
    return await fetch_page(session, statement, _SORTS, wanted, scalars=False)
