"""Rows of councils, sessions, rounds, sheets and results."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast, delete, false, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.base import Base
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.scoring import (
    ClearedTie,
    Council,
    CouncilAdviser,
    CouncilMember,
    CouncilResult,
    CouncilSession,
    LateSheet,
    ScoreSheet,
    ScoringRound,
    SessionDossier,
    SessionInvitation,
    SessionRecusal,
    SessionSeat,
    SheetDraft,
)
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.council import MeetingForm
from ocop_api.domain.council_session import SessionState
from ocop_api.scoring.policy import OPINIONS_DIFFER
from ocop_api.scoring.schemas.councils import CouncilFilter
from ocop_api.scoring.schemas.sessions import SessionFilter

_UNDER_WAY = (SessionState.OPEN.value, SessionState.SCORING.value)

_ID = SortKey(Council.id.expression, UUID)
_COUNCIL_SORTS = Sorts(
    {
        "name": (SortKey(Council.name.expression, str), _ID),
        "decision_date": (SortKey(Council.decision_date.expression, date), _ID),
        "-decision_date": (
            SortKey(Council.decision_date.expression, date, descending=True),
            SortKey(Council.id.expression, UUID, descending=True),
        ),
    },
    default="-decision_date",
)
_SESSION_SORTS = Sorts(
    {
        "held_on": (
            SortKey(CouncilSession.held_on.expression, date),
            SortKey(CouncilSession.id.expression, UUID),
        ),
        "-held_on": (
            SortKey(CouncilSession.held_on.expression, date, descending=True),
            SortKey(CouncilSession.id.expression, UUID, descending=True),
        ),
    },
    default="-held_on",
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The councils an actor may see: their own, and those of areas they read councils in."""
    scope = actor.scope(Permission.COUNCIL_READ)
    if scope.everywhere:
        return true()
    within: list[ColumnElement[bool]] = []
    if scope.place_ids:
        path = Council.area_path.expression
        within.append(path.bool_op("&&")(cast(sorted(scope.place_ids), ARRAY(Text))))
    if scope.council_ids:
        within.append(Council.id.in_(scope.council_ids))
    return or_(*within) if within else false()


class CouncilRepository:
    """Councils and their seats."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, council_id: UUID, actor: Actor, *, lock: bool = False) -> Council | None:
        """The council if the actor may see it; ``lock`` keeps it from changing until the commit."""
        statement = select(Council).where(Council.id == council_id, visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def members(self, council_id: UUID) -> Sequence[CouncilMember]:
        """Its seats in the order of the decision."""
        statement = (
            select(CouncilMember)
            .where(CouncilMember.council_id == council_id)
            .order_by(CouncilMember.position)
        )
        return (await self._session.scalars(statement)).all()

    async def remove_members(self, council_id: UUID, user_ids: Collection[UUID]) -> None:
        """Take seats away."""
        await self._session.execute(
            delete(CouncilMember).where(
                CouncilMember.council_id == council_id, CouncilMember.user_id.in_(user_ids)
            )
        )

    async def advisers(self, council_id: UUID) -> Sequence[CouncilAdviser]:
        """Its advisory group in the order of the decision."""
        statement = (
            select(CouncilAdviser)
            .where(CouncilAdviser.council_id == council_id)
            .order_by(CouncilAdviser.position)
        )
        return (await self._session.scalars(statement)).all()

    async def remove_advisers(self, council_id: UUID) -> None:
        """Take all places of its advisory group away."""
        await self._session.execute(delete(CouncilAdviser).where(CouncilAdviser.council_id == council_id))

    async def page(self, wanted: CouncilFilter, actor: Actor) -> Rows:
        """One page of visible councils."""
        statement = select(Council).where(visible_to(actor))
        if wanted.level is not None:
            statement = statement.where(Council.level == wanted.level)
        if wanted.place_id is not None:
            statement = statement.where(Council.place_id == wanted.place_id)
        return await fetch_page(self._session, statement, _COUNCIL_SORTS, wanted.slice())

    async def has_open_session(self, council_id: UUID) -> bool:
        """Whether one of its sessions is under way."""
        statement = select(CouncilSession.id).where(
            CouncilSession.council_id == council_id, CouncilSession.state.in_(_UNDER_WAY)
        )
        return (await self._session.scalars(statement.limit(1))).first() is not None

    async def add(self, *rows: Base) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case

    async def sessions_page(self, council_id: UUID, wanted: SessionFilter) -> Rows:
        """One page of a council's sessions."""
        statement = select(CouncilSession).where(CouncilSession.council_id == council_id)
        if wanted.state is not None:
            statement = statement.where(CouncilSession.state == wanted.state)
        return await fetch_page(self._session, statement, _SESSION_SORTS, wanted.slice())


class SessionRepository:
    """Sessions with their agenda, rounds, sheets and results."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(
        self, session_id: UUID, actor: Actor, *, lock: bool = False
    ) -> tuple[CouncilSession, Council] | None:
        """The session with its council if the actor may see that; ``lock`` locks both rows.

        With the council's row held its seats cannot change while the session opens or a round closes.
        """
        statement = (
            select(CouncilSession, Council)
            .join(Council, Council.id == CouncilSession.council_id)
            .where(CouncilSession.id == session_id, visible_to(actor))
        )
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else (row[0], row[1])

    async def agenda(self, session_id: UUID) -> Sequence[SessionDossier]:
        """The dossiers of a session in their order."""
        statement = (
            select(SessionDossier)
            .where(SessionDossier.session_id == session_id)
            .order_by(SessionDossier.position)
        )
        return (await self._session.scalars(statement)).all()

    async def with_differing_opinions(self, dossier_ids: Collection[UUID]) -> set[UUID]:
        """Those on which a council's written opinions differed."""
        statement = (
            select(SessionDossier.dossier_id)
            .join(CouncilSession, CouncilSession.id == SessionDossier.session_id)
            .where(
                SessionDossier.dossier_id.in_(dossier_ids),
                SessionDossier.dropped_reason == OPINIONS_DIFFER,
                CouncilSession.form == MeetingForm.WRITTEN_OPINIONS,
            )
        )
        return set(await self._session.scalars(statement))

    async def agenda_item(self, session_id: UUID, dossier_id: UUID) -> SessionDossier | None:
        """One dossier of a session."""
        return await self._session.get(SessionDossier, (session_id, dossier_id))

    async def seats(self, session_id: UUID) -> Sequence[SessionSeat]:
        """The seats as they were when the session opened; empty before."""
        statement = (
            select(SessionSeat).where(SessionSeat.session_id == session_id).order_by(SessionSeat.position)
        )
        return (await self._session.scalars(statement)).all()

    async def lock_seat(self, session_id: UUID, member_id: UUID) -> None:
        """Let one request of a member after the other write sheets of a session."""
        statement = select(SessionSeat.user_id).where(
            SessionSeat.session_id == session_id, SessionSeat.user_id == member_id
        )
        await self._session.execute(statement.with_for_update())

    async def seated(self, council_id: UUID) -> Sequence[UUID]:
        """Who holds a seat on the council today."""
        statement = select(CouncilMember.user_id).where(CouncilMember.council_id == council_id)
        return (await self._session.scalars(statement)).all()

    async def recusals(self, session_id: UUID, dossier_id: UUID | None = None) -> Sequence[SessionRecusal]:
        """Who is kept from which dossier."""
        statement = select(SessionRecusal).where(SessionRecusal.session_id == session_id)
        if dossier_id is not None:
            statement = statement.where(SessionRecusal.dossier_id == dossier_id)
        return (await self._session.scalars(statement)).all()

    async def scored_below(self, dossier_ids: Collection[UUID], level: str) -> dict[UUID, set[UUID]]:
        """By dossier, who scored it in a council of another level."""
        statement = (
            select(ScoreSheet.dossier_id, ScoreSheet.member_id)
            .join(CouncilSession, CouncilSession.id == ScoreSheet.session_id)
            .join(Council, Council.id == CouncilSession.council_id)
            .where(ScoreSheet.dossier_id.in_(dossier_ids), Council.level != level)
        )
        found: dict[UUID, set[UUID]] = {}
        for dossier_id, member_id in await self._session.execute(statement):
            found.setdefault(dossier_id, set()).add(member_id)
        return found

    async def cleared(self, session_id: UUID) -> Sequence[ClearedTie]:
        """Questions of a conflict of interest that were answered."""
        statement = select(ClearedTie).where(ClearedTie.session_id == session_id)
        return (await self._session.scalars(statement)).all()

    async def invitations(self, session_id: UUID) -> Sequence[SessionInvitation]:
        """Who was invited to a session."""
        statement = select(SessionInvitation).where(SessionInvitation.session_id == session_id)
        statement = statement.order_by(SessionInvitation.user_id)
        # Inviting again writes past the rows that were read before.
        fresh = statement.execution_options(populate_existing=True)
        return (await self._session.scalars(fresh)).all()

    async def invitation(self, session_id: UUID, user_id: UUID) -> SessionInvitation | None:
        """Somebody's invitation."""
        return await self._session.get(SessionInvitation, (session_id, user_id))

    async def invite(self, session_id: UUID, user_ids: Collection[UUID], at: datetime) -> None:
        """Write that people were invited; an answer to an earlier invitation counts no more.

        Whoever lost the seat since an earlier invitation is not invited any longer.
        """
        await self._session.execute(
            delete(SessionInvitation).where(
                SessionInvitation.session_id == session_id, SessionInvitation.user_id.not_in(user_ids)
            )
        )
        anew = {"sent_at": at, "answer": None, "answered_at": None, "note": ""}
        rows = [{"session_id": session_id, "user_id": user_id, **anew} for user_id in sorted(user_ids)]
        statement = insert(SessionInvitation).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["session_id", "user_id"], set_=anew)
        )

    async def seated_on(self, dossier_ids: Collection[UUID]) -> list[tuple[UUID, UUID, datetime]]:
        """Dossier, person and opening of each session that dealt with it, whatever the person's office."""
        statement = (
            select(SessionDossier.dossier_id, SessionSeat.user_id, CouncilSession.opened_at)
            .join(SessionSeat, SessionSeat.session_id == SessionDossier.session_id)
            .join(CouncilSession, CouncilSession.id == SessionDossier.session_id)
            .where(SessionDossier.dossier_id.in_(dossier_ids))
        )
        rows = await self._session.execute(statement)
        return [(dossier_id, person, at) for dossier_id, person, at in rows if at is not None]

    async def rounds(self, session_id: UUID, dossier_id: UUID | None = None) -> Sequence[ScoringRound]:
        """The rounds of a session, or of one of its dossiers, ascending."""
        statement = select(ScoringRound).where(ScoringRound.session_id == session_id)
        if dossier_id is not None:
            statement = statement.where(ScoringRound.dossier_id == dossier_id)
        return (await self._session.scalars(statement.order_by(ScoringRound.number))).all()

    async def told_results(self, session_id: UUID) -> Sequence[Row[UUID, int, datetime, dict[str, Any]]]:
        """Of each closed round of a session the dossier, number, time, and what is told first of it."""
        kept = ScoringRound.comparison
        brief = func.jsonb_build_object(
            "outcome",
            kept["outcome"],
            "mean",
            kept["mean"],
            "spread",
            kept["spread"],
            "star",
            kept["star"],
            "counted",
            kept["counted"],
            "new_round_needed",
            kept["new_round_needed"],
        )
        statement = (
            select(ScoringRound.dossier_id, ScoringRound.number, ScoringRound.closed_at, brief)
            .where(ScoringRound.session_id == session_id, ScoringRound.state == "closed")
            .order_by(ScoringRound.number)
        )
        return (await self._session.execute(statement)).all()

    async def signs_of_life(self, session_id: UUID) -> tuple[SessionState, str]:
        """The state, and a word that is another one whenever the board of a session shows something new."""
        sheets = select(func.count()).where(ScoreSheet.session_id == session_id).scalar_subquery()
        late = select(func.count()).where(LateSheet.session_id == session_id).scalar_subquery()
        statement = select(CouncilSession.state, CouncilSession.version, sheets, late)
        row = (await self._session.execute(statement.where(CouncilSession.id == session_id))).one()
        return SessionState(row[0]), "-".join(str(one) for one in row[1:])

    async def open_round(self, session_id: UUID, dossier_id: UUID, *, closing: bool) -> ScoringRound | None:
        """The open round of a dossier, locked: shared by those who write sheets, alone for closing.

        Closing so waits for every sheet on its way, and a sheet that comes later finds the round closed.
        """
        statement = (
            select(ScoringRound)
            .where(
                ScoringRound.session_id == session_id,
                ScoringRound.dossier_id == dossier_id,
                ScoringRound.state == "open",
            )
            .with_for_update(read=not closing)
            .execution_options(populate_existing=True)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def draft(self, round_id: UUID, member_id: UUID, *, lock: bool = False) -> SheetDraft | None:
        """A member's draft in a round."""
        statement = select(SheetDraft).where(
            SheetDraft.round_id == round_id, SheetDraft.member_id == member_id
        )
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(statement)).one_or_none()

    async def discard(self, draft: SheetDraft) -> None:
        """Remove a draft that has become a record."""
        await self._session.delete(draft)
        await self._session.flush()  # the record takes its place in the same transaction

    async def sheet(self, round_id: UUID, member_id: UUID) -> ScoreSheet | None:
        """A member's submitted sheet in a round."""
        statement = select(ScoreSheet).where(
            ScoreSheet.round_id == round_id, ScoreSheet.member_id == member_id
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def sheets(self, round_id: UUID) -> Sequence[ScoreSheet]:
        """All submitted sheets of a round; only for closing it."""
        statement = select(ScoreSheet).where(ScoreSheet.round_id == round_id).order_by(ScoreSheet.id)
        return (await self._session.scalars(statement)).all()

    async def submitters(self, session_id: UUID) -> dict[UUID, list[UUID]]:
        """By round, who has submitted; nothing of the sheets themselves is read."""
        statement = (
            select(ScoreSheet.round_id, ScoreSheet.member_id)
            .where(ScoreSheet.session_id == session_id)
            .order_by(ScoreSheet.member_id)
        )
        found: dict[UUID, list[UUID]] = {}
        for round_id, member_id in await self._session.execute(statement):
            found.setdefault(round_id, []).append(member_id)
        return found

    async def late(self, session_id: UUID) -> Sequence[LateSheet]:
        """The sheets of a session that came too late, oldest first."""
        statement = (
            select(LateSheet)
            .where(LateSheet.session_id == session_id)
            .order_by(LateSheet.received_at, LateSheet.id)
        )
        return (await self._session.scalars(statement)).all()

    async def keep_late(self, row: dict[str, Any]) -> bool:
        """Keep a late sheet; False when it is there already."""
        statement = insert(LateSheet).values(row).on_conflict_do_nothing().returning(LateSheet.id)
        return (await self._session.execute(statement)).first() is not None

    async def result(self, session_id: UUID, dossier_id: UUID) -> CouncilResult | None:
        """What the council found on a dossier."""
        statement = select(CouncilResult).where(
            CouncilResult.session_id == session_id, CouncilResult.dossier_id == dossier_id
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def add(self, *rows: Any) -> None:
        """Store new rows."""
        self._session.add_all(rows)
        await self._session.flush()  # constraints are to speak inside the use case

    async def flush(self) -> None:
        """Send changed rows, so that constraints speak inside the use case."""
        await self._session.flush()
