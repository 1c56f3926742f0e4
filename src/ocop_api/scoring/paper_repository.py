"""Rows behind the papers of a session: signed papers, and whose sheets there are to print."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.scoring import ScoreSheet, ScoringRound, SheetDraft
from ocop_api.db.tables.signed_papers import SignedPaper

_SORTS = Sorts(
    {
        "-uploaded_at": (
            SortKey(SignedPaper.uploaded_at.expression, datetime, descending=True),
            SortKey(SignedPaper.id.expression, UUID, descending=True),
        ),
        "uploaded_at": (
            SortKey(SignedPaper.uploaded_at.expression, datetime),
            SortKey(SignedPaper.id.expression, UUID),
        ),
    },
    default="-uploaded_at",
)


class PaperRepository:
    """Reading and adding; signed papers are records, which nothing changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def own_sheets(self, session_id: UUID, member_id: UUID | None) -> set[UUID]:
        """The rounds of a session in which a member has a sheet or a draft."""
        handed_in = select(ScoreSheet.round_id).where(
            ScoreSheet.session_id == session_id, ScoreSheet.member_id == member_id
        )
        drafted = (
            select(SheetDraft.round_id)
            .join(ScoringRound, ScoringRound.id == SheetDraft.round_id)
            .where(ScoringRound.session_id == session_id, SheetDraft.member_id == member_id)
        )
        return set(await self._session.scalars(union(handed_in, drafted)))

    async def sheets_of_closed(self, round_id: UUID) -> Sequence[ScoreSheet]:
        """The sheets of a round, set-aside ones included; none while it is open."""
        statement = (
            select(ScoreSheet)
            .join(ScoringRound, ScoringRound.id == ScoreSheet.round_id)
            .where(ScoreSheet.round_id == round_id, ScoringRound.state == "closed")
        )
        return (await self._session.scalars(statement)).all()

    async def newest(self, session_id: UUID) -> Sequence[SignedPaper]:
        """The signed papers that count: those that no later one replaces."""
        later = aliased(SignedPaper)
        statement = select(SignedPaper).where(
            SignedPaper.session_id == session_id,
            ~select(later.id).where(later.replaces_id == SignedPaper.id).exists(),
        )
        return (await self._session.scalars(statement)).all()

    async def find(self, session_id: UUID, signed_paper_id: UUID) -> SignedPaper | None:
        """One signed paper of a session, replaced ones included."""
        statement = select(SignedPaper).where(
            SignedPaper.session_id == session_id, SignedPaper.id == signed_paper_id
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def page(self, session_id: UUID, wanted: Slice) -> Rows:
        """One page of a session's signed papers, replaced ones included."""
        statement = select(SignedPaper).where(SignedPaper.session_id == session_id)
        return await fetch_page(self._session, statement, _SORTS, wanted)

    async def replaced(self, signed_paper_ids: Collection[UUID]) -> set[UUID]:
        """Those of them that a later one replaces."""
        statement = select(SignedPaper.replaces_id).where(SignedPaper.replaces_id.in_(signed_paper_ids))
        return {one for one in await self._session.scalars(statement) if one is not None}

    async def add(self, row: SignedPaper) -> None:
        """Store a signed paper."""
        self._session.add(row)
        await self._session.flush()  # constraints are to speak inside the use case
