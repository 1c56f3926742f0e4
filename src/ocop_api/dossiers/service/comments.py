"""What reviewers and the producer say about a dossier, section by section."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from ocop_api.db.paging import Rows
from ocop_api.db.tables.dossier_remarks import DossierComment
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.dossier import Party, State
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.dossiers.comments_schemas import CommentCreate, CommentFilter
from ocop_api.dossiers.remarks_repository import CommentRepository, VersionRepository
from ocop_api.dossiers.service.files import DossierService
from ocop_api.ledger.recording import record

_DESKS: Final = {
    Permission.DOSSIER_DECIDE: Party.AUTHORITY,
    Permission.DOSSIER_RECEIVE: Party.OFFICE,
    Permission.DOSSIER_RETURN: Party.OFFICE,
    Permission.DOSSIER_ASSESS: Party.ADVISORY_GROUP,
}
_SEATS: Final = (Permission.SHEET_SUBMIT, Permission.COUNCIL_MANAGE)
_PRODUCERS: Final = (Permission.DOSSIER_READ, Permission.DOSSIER_EDIT, Permission.DOSSIER_LODGE)


def acts_for_producer(actor: Actor, producer_id: UUID) -> bool:
    """Whether the actor is of the producer's side, whatever other office they hold.

    Such a reader sees nothing internal: what an office says among officials is not for the producer.
    """
    return any(producer_id in actor.scope(permission).producer_ids for permission in _PRODUCERS)


def commenting_party(actor: Actor, dossier: Dossier) -> Party | None:
    """In what capacity the actor may comment on a dossier they read; None when they may only read.

    Unlike the steps of the procedure this is not tied to the level that holds the file: a province may
    remark on a file that still lies with a commune of its own.
    """
    if acts_for_producer(actor, dossier.producer_id):
        writes = (Permission.DOSSIER_EDIT, Permission.DOSSIER_LODGE)
        held = any(actor.scope(permission).covers(producer_id=dossier.producer_id) for permission in writes)
        return Party.PRODUCER if held else None
    for permission, party in _DESKS.items():
        if actor.scope(permission).covers(area_path=dossier.area_path):
            return party
    if dossier.council_id in actor.scope(Permission.DOSSIER_ASSESS).council_ids:
        return Party.ADVISORY_GROUP
    seated = any(
        dossier.council_id in actor.scope(permission).council_ids
        for permission in _SEATS
        if dossier.council_id is not None
    )
    return Party.COUNCIL if seated else None


class CommentService(DossierService):
    """Comments on dossiers, for one actor at one instant."""

    async def comments(self, dossier_id: UUID, wanted: CommentFilter) -> Rows:
        """One page of the comments the actor may read on a visible dossier; ``NotFound`` as ``get``."""
        dossier = await self.get(dossier_id)
        return await self._readable(dossier).page(dossier.id, wanted)

    async def comment(self, dossier_id: UUID, comment_id: UUID) -> DossierComment:
        """One comment the actor may read.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.comment_unknown``.
        """
        return await self._found(await self.get(dossier_id), comment_id)

    async def add(
        self, dossier_id: UUID, order: CommentCreate, check: Callable[[int], None]
    ) -> DossierComment:
        """Write a comment. It is about the latest frozen version, or the draft, unless it names another.

        The dossier's version stays: a comment changes nothing of the file.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.version_unknown``.
            Forbidden: ``dossier.may_not_comment``; ``dossier.internal_for_officials``.
            RuleViolation: ``dossier.closed``.
            Invalid: ``dossier.criterion_unknown``; ``dossier.reply_to_unknown`` or
                ``dossier.reply_for_others``.
        """
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        party = self._party(dossier)
        if order.internal and party is Party.PRODUCER:
            raise Forbidden("dossier.internal_for_officials")
        require_open(dossier)
        number = await self._version_meant(dossier, order.version_number)
        check_criterion(dossier, order.criterion)
        if order.reply_to is not None:
            await self._check_reply(dossier, order.reply_to, number, internal=order.internal)
        row = DossierComment(
            dossier_id=dossier.id,
            version_number=number,
            section=order.section.value,
            pointer=order.pointer,
            criterion=order.criterion,
            text=order.text,
            internal=order.internal,
            author_id=self.actor.user_id,
            author_name=self.actor.name,
            author_party=party.value,
            created_at=self.now,
            reply_to=order.reply_to,
        )
        self.session.add(row)
        # The id goes into the ledger and the answer.
        await self.session.flush()
        await self._tell_of(dossier, row, "dossier.commented")
        return row

    async def resolve(
        self, dossier_id: UUID, comment_id: UUID, check: Callable[[int], None]
    ) -> DossierComment:
        """Mark a comment as dealt with: by its author's side, or by any official who may comment.

        Doing it again changes nothing.

        Raises:
            NotFound: ``dossier.unknown``, ``dossier.comment_unknown``.
            Forbidden: ``dossier.may_not_comment``; ``dossier.comment_of_officials`` for the producer.
            RuleViolation: ``dossier.closed``.
        """
        # The lock makes the second of two wait, and then find it resolved.
        dossier = await self.get(dossier_id, lock=True)
        check(dossier.version)
        row = await self._found(dossier, comment_id)
        party = self._party(dossier)
        if party is Party.PRODUCER and row.author_party != Party.PRODUCER:
            raise Forbidden("dossier.comment_of_officials")
        if row.resolved_at is not None:
            return row
        require_open(dossier)
        row.resolved_at, row.resolved_by = self.now, self.actor.user_id
        # A refusal by the database must show here rather than at the commit.
        await self.session.flush()
        await self._tell_of(dossier, row, "dossier.comment_resolved")
        return row

    def _readable(self, dossier: Dossier) -> CommentRepository:
        mine = acts_for_producer(self.actor, dossier.producer_id)
        return CommentRepository(self.session, for_producer=mine)

    async def _found(self, dossier: Dossier, comment_id: UUID) -> DossierComment:
        row = await self._readable(dossier).find(dossier.id, comment_id)
        if row is None:
            raise NotFound("dossier.comment_unknown", comment_id=comment_id)
        return row

    def _party(self, dossier: Dossier) -> Party:
        party = commenting_party(self.actor, dossier)
        if party is None:
            raise Forbidden("dossier.may_not_comment")
        return party

    async def _version_meant(self, dossier: Dossier, number: int | None) -> int | None:
        latest = await VersionRepository(self.session).latest_number(dossier.id)
        if number is None:
            return latest
        # Versions are numbered without gaps.
        if latest is None or number > latest:
            raise NotFound("dossier.version_unknown", number=number)
        return number

    async def _check_reply(
        self, dossier: Dossier, reply_to: UUID, number: int | None, *, internal: bool
    ) -> None:
        parent = await self._readable(dossier).find(dossier.id, reply_to)
        if parent is None:
            raise Invalid("dossier.reply_to_unknown", comment_id=reply_to)
        # An answer that more people read would tell them that there is something to answer.
        of_draft = parent.version_number is None
        if (parent.internal and not internal) or of_draft != (number is None):
            raise Invalid("dossier.reply_for_others", comment_id=reply_to)

    async def _tell_of(self, dossier: Dossier, row: DossierComment, kind: str) -> None:
        """Write the ledger event, without the text.

        Notices go to the producer an event names; one about an internal comment names none.
        """
        data = {
            "comment_id": str(row.id),
            "section": row.section,
            "version_number": row.version_number,
            "party": row.author_party,
            "internal": row.internal,
        }
        if not row.internal:
            await self.tell(dossier, kind, **data)
            return
        await record(
            self.session,
            kind=kind,
            subject_type="dossier",
            subject_id=dossier.id,
            actor=self.actor,
            at=self.now,
            data={"state": dossier.state, "level": dossier.level, **data},
            area_path=dossier.area_path,
        )


def require_open(dossier: Dossier) -> None:
    """Raise ``RuleViolation`` ``dossier.closed`` when the dossier has come to its end."""
    if State(dossier.state).is_final:
        raise RuleViolation("dossier.closed", state=dossier.state)


def check_criterion(dossier: Dossier, code: str | None) -> None:
    """Raise ``Invalid`` ``dossier.criterion_unknown`` for a code the dossier's set does not have."""
    if code is None or dossier.edition is None:
        return
    criteria = load_edition(dossier.edition).criteria_set(dossier.set_number).criteria
    if code not in criteria:
        raise Invalid("dossier.criterion_unknown", criterion=code, set_number=dossier.set_number)
