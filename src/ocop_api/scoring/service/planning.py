"""Putting dossiers on the agenda of a session, calling it for a day, and inviting its members."""

from datetime import date
from uuid import UUID

from ocop_api.db.base import uuid7
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilSession, SessionDossier
from ocop_api.domain.actor import Permission
from ocop_api.domain.council import MeetingForm, meeting_form
from ocop_api.domain.council_session import SessionAction
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.regimes import DossierKind, regime
from ocop_api.scoring.policy import VersionCheck, may_manage
from ocop_api.scoring.schemas.sessions import SessionChange, SessionInvitationAnswer, SessionPlan, SessionRead
from ocop_api.scoring.service.desk import SessionDesk
from ocop_api.scoring.service.sittings import Sitting, load_sitting


class PlanningService(SessionDesk):
    """Sessions until they open."""

    async def plan(self, council_id: UUID, wanted: SessionPlan) -> SessionRead:
        """Put dossiers that lie with the council on the agenda of a new session.

        Raises:
            NotFound: ``scoring.unknown_council``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``scoring.opinions_due_on_wrong`` for a last day of opinions that cannot be.
            RuleViolation: ``scoring.dossiers_not_ready`` with those that do not lie with this council;
                ``scoring.forms_differ``, ``scoring.meeting_needed`` or ``scoring.meeting_reason_needed``
                with the dossiers that cannot be dealt with in this form.
            Conflict: ``scoring.dossier_on_another_agenda``.
        """
        council = await self.councils.find(council_id, self.actor)
        if council is None:
            raise NotFound("scoring.unknown_council")
        if not may_manage(self.actor, council.level, council.area_path, council.id):
            raise Forbidden("auth.not_permitted", permission=Permission.COUNCIL_MANAGE)
        wanted_ids = list(dict.fromkeys(wanted.dossier_ids))
        dossiers = await self.ready(council, wanted_ids)
        form = await self._form(wanted, dossiers)
        _check_last_day(form, wanted.held_on, wanted.opinions_due_on)
        row = CouncilSession(
            id=uuid7(),
            council_id=council.id,
            held_on=wanted.held_on,
            form=form,
            meeting_reason=wanted.meeting_reason if form is MeetingForm.MEETING else None,
            starts_at=wanted.starts_at,
            venue=wanted.venue,
            opinions_due_on=wanted.opinions_due_on,
            invited_at=None,
            short_notice_reason=None,
            state="planned",
            rules=None,
            opened_at=None,
            closed_at=None,
            version=1,
            created_at=self.now,
            updated_at=self.now,
        )
        await self.sessions.add(row)
        await self.sessions.add(
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
            await self.dossiers.assign_council(dossier, council.id)
        await self.record(
            row,
            council,
            "session.planned",
            {
                "held_on": row.held_on.isoformat(),
                "form": row.form,
                "dossier_ids": [str(one) for one in wanted_ids],
            },
        )
        if wanted.invite:
            await self._invite(await load_sitting(self.sessions, row.id, self.actor))
        return await self.get(row.id)

    async def change(
        self, session_id: UUID, wanted: SessionChange, check_version: VersionCheck
    ) -> SessionRead:
        """Call a planned session for another day, hour or place; its members are invited anew.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``scoring.opinions_due_on_wrong``.
            RuleViolation: ``scoring.session_not_planned``.
        """
        sitting, seats = await self.locked(session_id)
        self.require_business(sitting, seats)
        check_version(sitting.row.version)
        self.step(sitting, SessionAction.RESCHEDULE)
        row, told = sitting.row, wanted.model_dump(exclude_unset=True)
        before = {name: getattr(row, name) for name in told}
        for name, value in told.items():
            if name == "held_on" and value is None:
                continue
            setattr(row, name, value)
        _check_last_day(MeetingForm(row.form), row.held_on, row.opinions_due_on)
        changed = [name for name, value in before.items() if getattr(row, name) != value]
        if changed:
            self.changed(row)
            await self.record(
                row,
                sitting.council,
                "session.rescheduled",
                {"held_on": row.held_on.isoformat(), "changed": sorted(changed)},
            )
            if row.invited_at is not None:
                await self._invite(sitting)
        return await self.get(session_id)

    async def invite(self, session_id: UUID) -> SessionRead:
        """Invite everybody with a seat; whoever was invited before is invited again.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``scoring.session_not_planned``.
        """
        sitting, seats = await self.locked(session_id)
        self.require_business(sitting, seats)
        self.step(sitting, SessionAction.INVITE)
        await self._invite(sitting)
        return await self.get(session_id)

    async def answer(self, session_id: UUID, said: SessionInvitationAnswer) -> SessionRead:
        """Take the actor's own answer to the invitation; the last one counts.

        Raises:
            NotFound: ``scoring.unknown_session``, ``scoring.not_invited``.
            RuleViolation: ``scoring.session_not_planned``.
        """
        sitting = await load_sitting(self.sessions, session_id, self.actor, lock=True)
        user_id = self.actor.user_id
        row = None if user_id is None else await self.sessions.invitation(session_id, user_id)
        if row is None:
            raise NotFound("scoring.not_invited")
        self.step(sitting, SessionAction.ANSWER_INVITATION)
        row.answer, row.answered_at, row.note = said.answer, self.now, said.note
        self.changed(sitting.row)
        await self.record(
            sitting.row,
            sitting.council,
            "session.invitation_answered",
            {"member_id": str(user_id), "answer": said.answer},
        )
        await self.sessions.flush()
        return await self.get(session_id)

    async def _invite(self, sitting: Sitting) -> None:
        row = sitting.row
        people = list(await self.sessions.seated(sitting.council.id))
        await self.sessions.invite(row.id, people, self.now)
        row.invited_at = self.now
        self.changed(row)
        await self.record(
            row,
            sitting.council,
            "session.invited",
            {
                "held_on": row.held_on.isoformat(),
                "form": row.form,
                "user_ids": sorted(str(one) for one in people),
            },
        )
        await self.sessions.flush()

    async def _form(self, wanted: SessionPlan, dossiers: dict[UUID, Dossier]) -> MeetingForm:
        differing = await self.sessions.with_differing_opinions(dossiers)
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


def _check_last_day(form: MeetingForm, held_on: date, opinions_due_on: date | None) -> None:
    wrong = opinions_due_on is not None and (
        form is not MeetingForm.WRITTEN_OPINIONS or opinions_due_on < held_on
    )
    if wrong:
        raise Invalid("scoring.opinions_due_on_wrong", held_on=held_on, opinions_due_on=opinions_due_on)
