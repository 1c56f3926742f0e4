"""Conflicts of interest: what the registers show, what members tell, and what was asked and answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ocop_api.accounts.service import AccountService
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.scoring import ClearedTie, SessionRecusal
from ocop_api.domain.council import CouncilRules, RecusalOrigin, RecusalReason, Seat, votes
from ocop_api.domain.errors import Forbidden, NotFound, RuleViolation
from ocop_api.domain.interests import Member, ProducerPeople, Tie, TieBasis, ties
from ocop_api.producers.service import ProducerService
from ocop_api.scoring.interest_repository import InterestRepository
from ocop_api.scoring.schemas.conflicts import ClearanceInput, ConflictList, ConflictRead
from ocop_api.scoring.schemas.sessions import RecusalDeclaration, RecusalInput, SessionRead
from ocop_api.scoring.service.desk import SessionDesk
from ocop_api.scoring.service.earlier_ratings import EarlierRatings
from ocop_api.scoring.service.sittings import Sitting, agenda_item, load_sitting, require_seated

Recusals = dict[UUID, dict[UUID, SessionRecusal]]
"""Recusals by dossier and member."""


@dataclass(frozen=True, slots=True)
class FoundTie:
    """A tie between a member and the producer of a dossier."""

    dossier_id: UUID
    user_id: UUID
    tie: Tie


class ConflictService(SessionDesk):
    """Who is kept from which dossier, and why."""

    async def conflicts(self, session_id: UUID) -> ConflictList:
        """All ties of the members to the producers on the agenda, as the registers show them today.

        Raises:
            NotFound: ``scoring.unknown_session``.
            Forbidden: ``auth.not_permitted`` to others than those who run the council's business.
        """
        sitting = await load_sitting(self.sessions, session_id, self.actor)
        seats = sitting.seats or await self.seated(sitting.council)
        self.require_business(sitting, seats)
        agenda = [one for one in await self.sessions.agenda(session_id) if one.state != "dropped"]
        dossiers = [await self.dossiers.get(one.dossier_id) for one in agenda]
        found = await self.found(sitting, seats, dossiers)
        recused = {(one.dossier_id, one.user_id) for one in await self.sessions.recusals(session_id)}
        cleared = {(one.dossier_id, one.user_id): one for one in await self.sessions.cleared(session_id)}

        def read(one: FoundTie) -> ConflictRead:
            key = (one.dossier_id, one.user_id)
            answered = cleared.get(key)
            return ConflictRead(
                dossier_id=one.dossier_id,
                user_id=one.user_id,
                reason=one.tie.reason,
                basis=one.tie.basis,
                certain=one.tie.certain,
                recused=key in recused,
                cleared_reason=None if answered is None else answered.reason,
            )

        return ConflictList(items=[read(one) for one in found])

    async def found(
        self, sitting: Sitting, seats: Sequence[Seat], dossiers: Sequence[Dossier]
    ) -> list[FoundTie]:
        """The ties of voting members to the producers of dossiers, in the order of both."""
        voters = [
            seat.person
            for seat in seats
            if isinstance(seat.person, UUID) and votes(seat.office, sitting.rules)
        ]
        members = await self._members(sitting, voters)
        people = await self._people({one.producer_id for one in dossiers})
        seen_before = await self._seen_before(sitting.rules, sitting, dossiers)
        return [
            FoundTie(dossier.id, person, tie)
            for dossier in dossiers
            for person in voters
            for tie in (
                *ties(members[person], people[dossier.producer_id], self.today),
                *seen_before.get((dossier.id, person), ()),
            )
        ]

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
        sitting, seats = await self.locked(session_id)
        person = declared.user_id or self.actor.user_id
        if person is None:
            raise Forbidden("scoring.may_not_score", bar="not_seated")
        if person != self.actor.user_id:
            self.require_business(sitting, seats)
        require_seated(seats, [person])
        item = await agenda_item(self.sessions, sitting, dossier_id)
        # Whoever is writing a sheet is waited for, then nobody writes until this is done.
        current = await self.sessions.open_round(session_id, dossier_id, closing=True)
        if item.state not in {"waiting", "scoring"}:
            raise RuleViolation("scoring.dossier_done", state=item.state)
        known = await self.sessions.recusals(session_id, dossier_id)
        if all(one.user_id != person for one in known):
            told = self.recusal(session_id, dossier_id, person, declared.reason, note=declared.note)
            await self.sessions.add(told)
            draft = None if current is None else await self.sessions.draft(current.id, person, lock=True)
            if draft is not None:
                await self.sessions.discard(draft)
            self.changed(sitting.row)
            await self.record(
                sitting.row,
                sitting.council,
                "session.member_recused",
                {"dossier_id": str(dossier_id), "member_id": str(person), "reason": declared.reason.value},
            )
        return await self.get(session_id)

    def recusal(
        self,
        session_id: UUID,
        dossier_id: UUID,
        user_id: UUID,
        reason: RecusalReason,
        *,
        origin: RecusalOrigin = RecusalOrigin.SELF_DECLARED,
        note: str = "",
    ) -> SessionRecusal:
        """A recusal, as it is told or found now."""
        return SessionRecusal(
            session_id=session_id,
            dossier_id=dossier_id,
            user_id=user_id,
            reason=reason,
            origin=origin,
            note=note,
            declared_at=self.now,
            declared_by=self.actor.user_id if origin is RecusalOrigin.SELF_DECLARED else None,
        )

    async def settled(
        self,
        sitting: Sitting,
        seats: Sequence[Seat],
        dossiers: dict[UUID, Dossier],
        declared: Iterable[RecusalInput],
        cleared: Iterable[ClearanceInput],
    ) -> Recusals:
        """Who is kept from which dossier when a session opens: told before, told now, and found.

        Raises:
            NotFound: ``scoring.not_on_agenda``.
            Invalid: ``scoring.not_seated``.
            RuleViolation: ``scoring.conflicts_unsettled`` with the ties that may be one and that nobody has
                answered yet, by a recusal or by clearing the member; ``scoring.secretary_rated_before``.
        """
        session_id = sitting.row.id
        await EarlierRatings(self.session, self.actor, self.now).check_secretary(list(dossiers), seats)
        recusals: Recusals = {dossier_id: {} for dossier_id in dossiers}
        for row in await self.sessions.recusals(session_id):
            if row.dossier_id in recusals:
                recusals[row.dossier_id][row.user_id] = row
        self._declare(session_id, declared, recusals)
        answered = await self._clear(session_id, seats, dossiers, cleared)
        open_questions: list[FoundTie] = []
        for one in await self.found(sitting, seats, list(dossiers.values())):
            if one.user_id in recusals[one.dossier_id]:
                continue
            if one.tie.certain:
                recusals[one.dossier_id][one.user_id] = self.recusal(
                    session_id, one.dossier_id, one.user_id, one.tie.reason, origin=RecusalOrigin.DETECTED
                )
            elif (one.dossier_id, one.user_id) not in answered:
                open_questions.append(one)
        unsettled = [one for one in open_questions if one.user_id not in recusals[one.dossier_id]]
        if unsettled:
            raise RuleViolation(
                "scoring.conflicts_unsettled",
                conflicts=[
                    {
                        "dossier_id": str(one.dossier_id),
                        "user_id": str(one.user_id),
                        "reason": one.tie.reason.value,
                        "basis": one.tie.basis.value,
                    }
                    for one in unsettled
                ],
            )
        return recusals

    def _declare(self, session_id: UUID, declared: Iterable[RecusalInput], recusals: Recusals) -> None:
        for one in declared:
            if one.dossier_id is not None and one.dossier_id not in recusals:
                raise NotFound("scoring.not_on_agenda")
            for dossier_id in list(recusals) if one.dossier_id is None else [one.dossier_id]:
                if one.user_id not in recusals[dossier_id]:
                    recusals[dossier_id][one.user_id] = self.recusal(
                        session_id, dossier_id, one.user_id, one.reason, note=one.note
                    )

    async def _clear(
        self,
        session_id: UUID,
        seats: Sequence[Seat],
        dossiers: dict[UUID, Dossier],
        cleared: Iterable[ClearanceInput],
    ) -> set[tuple[UUID, UUID]]:
        answered = {(one.dossier_id, one.user_id) for one in await self.sessions.cleared(session_id)}
        for one in cleared:
            if one.dossier_id not in dossiers:
                raise NotFound("scoring.not_on_agenda")
            require_seated(seats, [one.user_id])
            if (one.dossier_id, one.user_id) not in answered:
                answered.add((one.dossier_id, one.user_id))
                await self.sessions.add(
                    ClearedTie(
                        session_id=session_id,
                        dossier_id=one.dossier_id,
                        user_id=one.user_id,
                        reason=one.reason,
                        cleared_at=self.now,
                        cleared_by=self.actor.user_id,
                    )
                )
        return answered

    async def _members(self, sitting: Sitting, voters: Sequence[UUID]) -> dict[UUID, Member]:
        accounts = AccountService(self.session, replace(self.actor, system=True), self.now)
        interests = await InterestRepository(self.session).of_users(voters)
        seat_names = {row.user_id: row.name for row in sitting.seat_rows} or {
            row.user_id: row.name for row in await self.councils.members(sitting.council.id)
        }
        found: dict[UUID, Member] = {}
        for person in voters:
            account = await accounts.get(person)
            found[person] = Member(
                names=frozenset({account.display_name, seat_names[person]}),
                email=account.email,
                acts_for=frozenset(one.producer_id for one in account.grants if one.producer_id is not None),
                interests=tuple(interests.get(person, ())),
            )
        return found

    async def _people(self, producer_ids: set[UUID]) -> dict[UUID, ProducerPeople]:
        producers = await ProducerService(self.session, self.actor, self.now).many(producer_ids)
        return {id_: _people_of(row) for id_, row in producers.items()}

    async def _seen_before(
        self, rules: CouncilRules, sitting: Sitting, dossiers: Sequence[Dossier]
    ) -> dict[tuple[UUID, UUID], list[Tie]]:
        """Ties to the file itself, by dossier and person: rated it, reported on it, or scored it below."""
        ids = [one.id for one in dossiers]
        found: dict[tuple[UUID, UUID], list[Tie]] = {}

        def note(dossier_id: UUID, people: Iterable[UUID], reason: RecusalReason, basis: TieBasis) -> None:
            for person in people:
                found.setdefault((dossier_id, person), []).append(Tie(reason, basis))

        earlier = EarlierRatings(self.session, self.actor, self.now)
        for id_, people in (await earlier.rated_before(ids)).items():
            note(id_, people, RecusalReason.RATED_BEFORE, TieBasis.RATED_BEFORE)
        for id_, author, _ in await self.dossiers.reporters(ids):
            note(id_, [author], RecusalReason.ADVISED, TieBasis.FILED_REPORT)
        if rules.lower_level_evaluators_recused:
            below = await self.sessions.scored_below(ids, sitting.council.level)
            for id_, people in below.items():
                note(id_, people, RecusalReason.EVALUATED_BELOW, TieBasis.SCORED_BELOW)
        return found


def _people_of(row: Producer) -> ProducerPeople:
    contacts = row.contacts
    return ProducerPeople(
        producer_id=row.id,
        names=frozenset(_told([row.representative_name, *(one.get("name") for one in contacts)])),
        emails=frozenset(_told([row.email, *(one.get("email") for one in contacts)])),
        phones=frozenset(_told([row.phone, *(one.get("phone") for one in contacts)])),
    )


def _told(values: Iterable[str | None]) -> Iterable[str]:
    return (value for value in values if value)
