"""Planning, opening and reading sessions, and taking a dossier off the agenda."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.service import AccountService
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import (
    Council,
    CouncilMember,
    CouncilSession,
    ScoringRound,
    SessionDossier,
    SessionRecusal,
    SessionSeat,
)
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.council import (
    MeetingForm,
    Office,
    RecusalOrigin,
    RecusalReason,
    Seat,
    meeting_form,
    quorum,
    votes,
)
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.regimes import DossierKind, regime
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.scoring.policy import chairs_or_keeps_minutes, may_manage, may_rate, problem_of, tie_of
from ocop_api.scoring.repository import CouncilRepository, SessionRepository
from ocop_api.scoring.schemas.councils import RulesRead
from ocop_api.scoring.schemas.sessions import (
    RecusalDeclaration,
    RecusalInput,
    SessionFilter,
    SessionOpening,
    SessionPlan,
    SessionRead,
    SessionSummary,
)
from ocop_api.scoring.service.earlier_ratings import EarlierRatings
from ocop_api.scoring.service.reading import describe
from ocop_api.scoring.service.sittings import Sitting, agenda_item, load_sitting

Recusals = dict[UUID, dict[UUID, SessionRecusal]]
"""Recusals by dossier and member."""


class SessionService:
    """Sessions of the councils that the actor may see."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._session = session
        self._councils = CouncilRepository(session)
        self._sessions = SessionRepository(session)
        self._actor = actor
        self._now = now
        # The right to the council's business has been checked before a file is touched; the files of
        # the council are then reached whatever area grants its secretary holds.
        self._dossiers = DossierService(session, replace(actor, system=True), now)

    async def plan(self, council_id: UUID, wanted: SessionPlan) -> SessionRead:
        """Put dossiers that lie with the council on the agenda of a new session.

        Raises:
            NotFound: ``scoring.unknown_council``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.dossiers_not_ready`` with those that do not lie with this council;
                ``scoring.forms_differ``, ``scoring.meeting_needed`` or ``scoring.meeting_reason_needed``
                with the dossiers that cannot be dealt with in this form.
            Conflict: ``scoring.dossier_on_another_agenda``.
        """
        council = await self._councils.find(council_id, self._actor)
        if council is None:
            raise NotFound("scoring.unknown_council")
        if not may_manage(self._actor, council.level, council.area_path, council.id):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)
        wanted_ids = list(dict.fromkeys(wanted.dossier_ids))
        dossiers = await self._ready(council, wanted_ids)
        form = await self._form(wanted, dossiers)
        row = CouncilSession(
            id=uuid7(),
            council_id=council.id,
            held_on=wanted.held_on,
            form=form,
            meeting_reason=wanted.meeting_reason if form is MeetingForm.MEETING else None,
            state="planned",
            rules=None,
            opened_at=None,
            closed_at=None,
            version=1,
            created_at=self._now,
            updated_at=self._now,
        )
        await self._sessions.add(row)
        await self._sessions.add(
            *(
                SessionDossier(
                    session_id=row.id,
                    dossier_id=dossier_id,
                    position=position,
                    state="waiting",
                    dropped_reason=None,
                    version_number=None,
                )
                for position, dossier_id in enumerate(wanted_ids)
            )
        )
        for dossier in dossiers.values():
            await self._dossiers.assign_council(dossier, council.id)
        await self._record(
            row,
            council,
            "session.planned",
            {
                "held_on": row.held_on.isoformat(),
                "form": row.form,
                "dossier_ids": [str(one) for one in wanted_ids],
            },
        )
        return await self.get(row.id)

    async def page(self, council_id: UUID, wanted: SessionFilter) -> tuple[Rows, list[SessionSummary]]:
        """One page of a council's sessions; ``NotFound`` ``scoring.unknown_council``."""
        if await self._councils.find(council_id, self._actor) is None:
            raise NotFound("scoring.unknown_council")
        rows = await self._councils.sessions_page(council_id, wanted)
        return rows, [SessionSummary.model_validate(row) for row in rows.items]

    async def get(self, session_id: UUID) -> SessionRead:
        """A session: seats, agenda, who has handed in a sheet; ``NotFound`` ``scoring.unknown_session``."""
        sitting = await load_sitting(self._sessions, session_id, self._actor)
        members = await self._councils.members(sitting.council.id)
        return await describe(self._sessions, sitting, self._actor, members)

    async def open(self, session_id: UUID, opening: SessionOpening) -> SessionRead:
        """Open a session: who is there, who does not take part, and the first round on each dossier.

        A member whose account acts for a dossier's producer is recused even if nobody declares it.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``scoring.not_seated`` for people without a seat.
            RuleViolation: ``scoring.session_not_planned``, ``scoring.dossiers_not_ready``,
                ``scoring.no_quorum`` with the dossiers on which the council may not act;
                ``scoring.secretary_rated_before`` as ``EarlierRatings.rated_before``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor, lock=True)
        members = await self._councils.members(sitting.council.id)
        seats = [Seat(member.user_id, Office(member.office)) for member in members]
        self._require_business(sitting, seats)
        if sitting.row.state != "planned":
            raise RuleViolation("scoring.session_not_planned", state=sitting.row.state)
        present = opening.present
        if sitting.row.form == MeetingForm.WRITTEN_OPINIONS:
            # Nobody comes together: those asked count as there, and the quorum is that of opinions given.
            present = present or [seat.person for seat in seats if isinstance(seat.person, UUID)]
        _require_seated(seats, [*present, *(one.user_id for one in opening.recusals)])
        agenda = [one for one in await self._sessions.agenda(session_id) if one.state == "waiting"]
        dossiers = await self._ready(sitting.council, [item.dossier_id for item in agenda])
        recusals: Recusals = {dossier_id: {} for dossier_id in dossiers}
        for row in await self._sessions.recusals(session_id):
            if row.dossier_id in recusals:
                recusals[row.dossier_id][row.user_id] = row
        self._declare(session_id, opening.recusals, recusals)
        await self._detect(sitting, seats, dossiers, recusals)
        rules = RulesRead.model_validate(sitting.council.rules).rules()
        problems = [
            problem_of(decided, dossier_id)
            for dossier_id in dossiers
            if not (decided := quorum(seats, frozenset(present), recusals[dossier_id].keys(), rules)).met
        ]
        if problems:
            raise RuleViolation("scoring.no_quorum", dossiers=problems)
        await self._begin(sitting, members, present, agenda, recusals)
        return await self.get(session_id)

    async def drop(self, session_id: UUID, dossier_id: UUID, reason: str) -> SessionRead:
        """Take a dossier off the agenda without a result; sheets handed in are kept, sealed.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.dossier_done`` when it is concluded or dropped already.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor, lock=True)
        members = await self._councils.members(sitting.council.id)
        self._require_business(sitting, [Seat(one.user_id, Office(one.office)) for one in members])
        item = await agenda_item(self._sessions, sitting, dossier_id)
        if item.state not in {"waiting", "scoring"}:
            raise RuleViolation("scoring.dossier_done", state=item.state)
        # Whoever is writing a sheet is waited for; a later one finds the dossier gone.
        await self._sessions.open_round(session_id, dossier_id, closing=True)
        item.state, item.dropped_reason = "dropped", reason
        await self._record(
            sitting.row, sitting.council, "session.dossier_dropped", {"dossier_id": str(dossier_id)}
        )
        await close_when_done(self._sessions, sitting, self._now)
        return await self.get(session_id)

    async def recuse(self, session_id: UUID, dossier_id: UUID, declared: RecusalDeclaration) -> SessionRead:
        """Keep a member from one dossier: by their own word, or by that of who runs the business.

        It may come until the dossier is concluded. A sheet handed in before is kept but set aside, and a
        draft is discarded. Said twice it changes nothing.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_on_agenda``.
            Forbidden: ``auth.not_permitted`` about others, ``scoring.may_not_score`` without a seat.
            Invalid: ``scoring.not_seated``.
            RuleViolation: ``scoring.dossier_done``.
        """
        sitting = await load_sitting(self._sessions, session_id, self._actor, lock=True)
        members = await self._councils.members(sitting.council.id)
        seats = sitting.seats or [Seat(one.user_id, Office(one.office)) for one in members]
        person = declared.user_id or self._actor.user_id
        if person is None:
            raise Forbidden("scoring.may_not_score", bar="not_seated")
        if person != self._actor.user_id:
            self._require_business(sitting, seats)
        _require_seated(seats, [person])
        item = await agenda_item(self._sessions, sitting, dossier_id)
        # Whoever is writing a sheet is waited for, then nobody writes until this is done.
        current = await self._sessions.open_round(session_id, dossier_id, closing=True)
        if item.state not in {"waiting", "scoring"}:
            raise RuleViolation("scoring.dossier_done", state=item.state)
        known = await self._sessions.recusals(session_id, dossier_id)
        if all(one.user_id != person for one in known):
            await self._sessions.add(
                self._recusal(
                    session_id,
                    dossier_id,
                    person,
                    declared.reason,
                    RecusalOrigin.SELF_DECLARED,
                    declared.note,
                )
            )
            draft = None if current is None else await self._sessions.draft(current.id, person, lock=True)
            if draft is not None:
                await self._sessions.discard(draft)
            sitting.row.updated_at = self._now
            sitting.row.touch()
            await self._record(
                sitting.row,
                sitting.council,
                "session.member_recused",
                {"dossier_id": str(dossier_id), "member_id": str(person), "reason": declared.reason.value},
            )
        return await self.get(session_id)

    async def _form(self, wanted: SessionPlan, dossiers: dict[UUID, Dossier]) -> MeetingForm:
        differing = await self._sessions.with_differing_opinions(dossiers)
        written: list[str] = []
        meeting: list[str] = []
        for one in dossiers.values():
            provided = meeting_form(
                regime(one.regime), DossierKind(one.kind), opinions_differ=one.id in differing
            )
            (written if provided is MeetingForm.WRITTEN_OPINIONS else meeting).append(str(one.id))
        if wanted.form is None and written and meeting and wanted.meeting_reason is None:
            raise RuleViolation("scoring.forms_differ", written_opinions=written, meeting=meeting)
        if wanted.form is MeetingForm.WRITTEN_OPINIONS and meeting:
            raise RuleViolation("scoring.meeting_needed", dossiers=meeting)
        if wanted.form is MeetingForm.MEETING and written and wanted.meeting_reason is None:
            raise RuleViolation("scoring.meeting_reason_needed", dossiers=written)
        if wanted.form is not None:
            return wanted.form
        if meeting or wanted.meeting_reason is not None:
            return MeetingForm.MEETING
        return MeetingForm.WRITTEN_OPINIONS

    def _require_business(self, sitting: Sitting, seats: Sequence[Seat]) -> None:
        council = sitting.council
        if may_manage(self._actor, council.level, council.area_path, council.id):
            return
        if not chairs_or_keeps_minutes(self._actor.user_id, seats, None):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)

    async def _ready(self, council: Council, dossier_ids: Sequence[UUID]) -> dict[UUID, Dossier]:
        found: dict[UUID, Dossier] = {}
        for dossier_id in sorted(dossier_ids):
            try:
                dossier = await self._dossiers.get(dossier_id, lock=True)
            except NotFound:
                continue
            if may_rate(council, dossier):
                found[dossier_id] = dossier
        # One answer for what does not exist and what lies elsewhere, so nothing is learnt from it.
        missing = [str(one) for one in dossier_ids if one not in found]
        if missing:
            raise RuleViolation("scoring.dossiers_not_ready", dossiers=missing)
        unscorable = [str(one.id) for one in found.values() if one.edition is None]
        if unscorable:
            raise RuleViolation("scoring.no_criteria", dossiers=unscorable)
        return {dossier_id: found[dossier_id] for dossier_id in dossier_ids}

    async def _detect(
        self, sitting: Sitting, seats: Sequence[Seat], dossiers: dict[UUID, Dossier], recusals: Recusals
    ) -> None:
        rules = RulesRead.model_validate(sitting.council.rules).rules()
        below: dict[UUID, set[UUID]] = {}
        if rules.lower_level_evaluators_recused:
            below = await self._sessions.scored_below(list(dossiers), sitting.council.level)
        earlier = await EarlierRatings(self._session, self._actor, self._now).rated_before(dossiers, seats)
        accounts = AccountService(self._session, replace(self._actor, system=True), self._now)
        for seat in seats:
            if not isinstance(seat.person, UUID) or not votes(seat.office, rules):
                continue
            acts_for = {grant.producer_id for grant in (await accounts.get(seat.person)).grants}
            for dossier in dossiers.values():
                if seat.person in recusals[dossier.id]:
                    continue
                reason = tie_of(
                    acts_for_producer=dossier.producer_id in acts_for,
                    rated_before=seat.person in earlier[dossier.id],
                    rated_below=seat.person in below.get(dossier.id, ()),
                )
                if reason is not None:
                    recusals[dossier.id][seat.person] = self._recusal(
                        sitting.row.id, dossier.id, seat.person, reason, RecusalOrigin.DETECTED
                    )

    def _recusal(
        self,
        session_id: UUID,
        dossier_id: UUID,
        user_id: UUID,
        reason: RecusalReason,
        origin: RecusalOrigin,
        note: str = "",
    ) -> SessionRecusal:
        return SessionRecusal(
            session_id=session_id,
            dossier_id=dossier_id,
            user_id=user_id,
            reason=reason,
            origin=origin,
            note=note,
            declared_at=self._now,
            declared_by=self._actor.user_id if origin is RecusalOrigin.SELF_DECLARED else None,
        )

    def _declare(self, session_id: UUID, declared: Iterable[RecusalInput], recusals: Recusals) -> None:
        for one in declared:
            if one.dossier_id is not None and one.dossier_id not in recusals:
                raise NotFound("scoring.not_on_agenda")
            for dossier_id in list(recusals) if one.dossier_id is None else [one.dossier_id]:
                if one.user_id not in recusals[dossier_id]:
                    recusals[dossier_id][one.user_id] = self._recusal(
                        session_id, dossier_id, one.user_id, one.reason, RecusalOrigin.SELF_DECLARED, one.note
                    )

    async def _begin(
        self,
        sitting: Sitting,
        members: Sequence[CouncilMember],
        present: Iterable[UUID],
        agenda: Sequence[SessionDossier],
        recusals: Recusals,
    ) -> None:
        row, here = sitting.row, frozenset(present)
        await self._sessions.add(
            *(
                SessionSeat(
                    session_id=row.id,
                    user_id=member.user_id,
                    office=member.office,
                    name=member.name,
                    position=member.position,
                    present=member.user_id in here,
                )
                for member in members
            ),
            *(recusal for by_member in recusals.values() for recusal in by_member.values()),
            *(first_round(item, self._now) for item in agenda),
        )
        versions = await self._dossiers.newest_versions([item.dossier_id for item in agenda])
        for item in agenda:
            item.state, item.version_number = "scoring", versions.get(item.dossier_id)
        row.rules = sitting.council.rules
        row.state, row.opened_at, row.updated_at = "open", self._now, self._now
        row.touch()
        await self._record(
            row,
            sitting.council,
            "session.opened",
            {
                "present": sorted(str(one) for one in here),
                "recused": {str(d): sorted(str(m) for m in by) for d, by in recusals.items() if by},
            },
        )
        await self._sessions.flush()

    async def _record(
        self, row: CouncilSession, council: Council, kind: str, data: dict[str, object]
    ) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="council_session",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data={"council_id": str(council.id), **data},
            area_path=council.area_path,
        )


def first_round(item: SessionDossier, now: datetime) -> ScoringRound:
    """The round with which the scoring of a dossier begins."""
    return ScoringRound(
        id=uuid7(),
        session_id=item.session_id,
        dossier_id=item.dossier_id,
        number=1,
        state="open",
        reason=None,
        opened_at=now,
        closed_at=None,
        closed_by=None,
        comparison=None,
    )


async def close_when_done(sessions: SessionRepository, sitting: Sitting, now: datetime) -> None:
    """Close the session once no dossier is waiting; its row is held locked by the caller."""
    await sessions.flush()  # the states just set are read back
    if all(item.state in {"concluded", "dropped"} for item in await sessions.agenda(sitting.row.id)):
        sitting.row.state, sitting.row.closed_at = "closed", now
    sitting.row.updated_at = now
    sitting.row.touch()
    await sessions.flush()


def _require_seated(seats: Sequence[Seat], people: Iterable[UUID]) -> None:
    seated = {seat.person for seat in seats}
    strangers = sorted({str(person) for person in people if person not in seated})
    if strangers:
        raise Invalid("scoring.not_seated", people=strangers)
