"""A session with all that decisions about it rest on, loaded once per use case."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ocop_api.db.tables.scoring import Council, CouncilSession, SessionDossier, SessionRecusal, SessionSeat
from ocop_api.domain.actor import Actor
from ocop_api.domain.council import (
    CouncilRules,
    Office,
    Quorum,
    Recusal,
    RecusalOrigin,
    RecusalReason,
    Seat,
    quorum,
)
from ocop_api.domain.council_session import SessionState
from ocop_api.domain.errors import Invalid, NotFound, RuleViolation
from ocop_api.scoring.policy import expected_sheets
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.schemas.councils import RulesRead


@dataclass(frozen=True, slots=True)
class Sitting:
    """A visible session, its council and the seats as they were when it opened."""

    row: CouncilSession
    council: Council
    rules: CouncilRules
    seat_rows: Sequence[SessionSeat]

    @property
    def seats(self) -> list[Seat]:
        """The seats as the domain takes them."""
        return [Seat(row.user_id, Office(row.office)) for row in self.seat_rows]

    @property
    def present(self) -> frozenset[UUID]:
        """Who is there."""
        return frozenset(row.user_id for row in self.seat_rows if row.present)

    def expected(self, recused: Iterable[UUID]) -> list[UUID]:
        """The members whose sheets a round on a dossier waits for."""
        return expected_sheets(self.seats, self.present, frozenset(recused), self.rules)

    def quorum(self, present: Iterable[UUID], recused: Iterable[UUID]) -> Quorum:
        """Whether the council may act on a dossier."""
        return quorum(self.seats, frozenset(present), frozenset(recused), self.rules)


async def load_sitting(
    sessions: SessionRepository, session_id: UUID, actor: Actor, *, lock: bool = False
) -> Sitting:
    """The session if the actor may see its council.

    Raises:
        NotFound: ``scoring.unknown_session``.
    """
    found = await sessions.find(session_id, actor, lock=lock)
    if found is None:
        raise NotFound("scoring.unknown_session")
    row, council = found
    rules = RulesRead.model_validate(council.rules if row.rules is None else row.rules).rules()
    return Sitting(row, council, rules, await sessions.seats(session_id))


async def agenda_item(sessions: SessionRepository, sitting: Sitting, dossier_id: UUID) -> SessionDossier:
    """A dossier of the session; ``NotFound`` ``scoring.not_on_agenda``."""
    item = await sessions.agenda_item(sitting.row.id, dossier_id)
    if item is None:
        raise NotFound("scoring.not_on_agenda")
    return item


def require_open(sitting: Sitting) -> None:
    """Refuse what only a session that scores allows; ``RuleViolation`` ``scoring.session_not_open``."""
    if sitting.row.state != SessionState.SCORING:
        raise RuleViolation("scoring.session_not_open", state=sitting.row.state)


def require_seated(seats: Iterable[Seat], people: Iterable[UUID]) -> None:
    """Refuse people without a seat; ``Invalid`` ``scoring.not_seated`` with them."""
    seated = {seat.person for seat in seats}
    strangers = sorted({str(person) for person in people if person not in seated})
    if strangers:
        raise Invalid("scoring.not_seated", people=strangers)


def recusal_of(row: SessionRecusal) -> Recusal:
    """A stored recusal as the domain takes it."""
    return Recusal(row.user_id, RecusalReason(row.reason), RecusalOrigin(row.origin), row.note)
