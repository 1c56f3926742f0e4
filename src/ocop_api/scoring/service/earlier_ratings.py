"""What councils found on a dossier before, and who had a part in it: for appeals and for rating anew."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.accounts.service import AccountService
from ocop_api.domain.actor import Actor
from ocop_api.domain.council import DEFAULT_COUNCIL_RULES, CouncilRules, Office, Seat
from ocop_api.domain.errors import RuleViolation
from ocop_api.dossiers.service import DossierService
from ocop_api.scoring.repository import SessionRepository
from ocop_api.scoring.result_repository import ResultRepository
from ocop_api.scoring.schemas.councils import RulesRead


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierResult:
    """A council's result on a dossier, and the rules its session was held under."""

    result_id: UUID
    council_id: UUID
    star: int | None
    mean: Decimal | None
    """Rounded for display."""
    concluded_at: datetime
    rules: CouncilRules


class EarlierRatings:
    """Ratings of dossiers that the caller of this service has found already."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._sessions = SessionRepository(session)
        self._results = ResultRepository(session)
        # Whoever asks has been let in; accounts and files are then looked at whatever grants they hold.
        system = replace(actor, system=True)
        self._dossiers = DossierService(session, system, now)
        self._accounts = AccountService(session, system, now)

    async def latest(self, dossier_id: UUID, *, after: datetime | None = None) -> EarlierResult | None:
        """The last result on a dossier, if wished only one from after an instant; None without one."""
        found = await self._results.latest(dossier_id, after)
        if found is None:
            return None
        result, session, _ = found
        rules = DEFAULT_COUNCIL_RULES
        if session.rules is not None:
            rules = RulesRead.model_validate(session.rules).rules()
        return EarlierResult(
            result_id=result.id,
            council_id=session.council_id,
            star=result.star,
            mean=result.displayed_mean,
            concluded_at=result.concluded_at,
            rules=rules,
        )

    async def took_part(self, dossier_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, datetime]]]:
        """By dossier, who sat in a session that dealt with it or reported to a council, and when."""
        found: dict[UUID, list[tuple[UUID, datetime]]] = {dossier_id: [] for dossier_id in dossier_ids}
        seated = await self._sessions.seated_on(dossier_ids)
        for dossier_id, user_id, at in [*seated, *await self._dossiers.reporters(dossier_ids)]:
            found[dossier_id].append((user_id, at))
        return found

    async def rated_before(self, dossier_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """By dossier, who had a part in its rating before it was reopened; empty for all others."""
        reopened = await self._dossiers.reopened_at(dossier_ids)
        earlier: dict[UUID, set[UUID]] = {dossier_id: set() for dossier_id in dossier_ids}
        for dossier_id, people in (await self.took_part(reopened)).items():
            earlier[dossier_id] = {user_id for user_id, at in people if at < reopened[dossier_id]}
        return earlier

    async def check_secretary(self, dossier_ids: Collection[UUID], seats: Iterable[Seat]) -> None:
        """Refuse a secretary who had such a part: minutes cannot be kept for one dossier by another.

        Raises:
            RuleViolation: ``scoring.secretary_rated_before`` with the dossiers.
        """
        secretaries = {seat.person for seat in seats if seat.office is Office.SECRETARY}
        earlier = await self.rated_before(dossier_ids)
        kept_out = [str(one) for one, people in earlier.items() if secretaries & people]
        if kept_out:
            raise RuleViolation("scoring.secretary_rated_before", dossiers=kept_out)

    async def acting_for(self, user_ids: Sequence[UUID], producer_id: UUID) -> set[UUID]:
        """Which of these users act for a producer."""
        found: set[UUID] = set()
        for user_id in user_ids:
            account = await self._accounts.get(user_id)
            if any(grant.producer_id == producer_id for grant in account.grants):
                found.add(user_id)
        return found
