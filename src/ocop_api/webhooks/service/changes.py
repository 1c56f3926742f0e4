"""Following changes without missing any."""

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Gone
from ocop_api.ledger.service import LedgerService, SealedEvent
from ocop_api.webhooks.policy import PUBLIC_PREFIXES, Place, audience, is_tombstone, scope_of
from ocop_api.webhooks.schemas import ChangeRead, ChangesQuery, ChangesRead, SubjectRead

_WINDOW = 20_000
"""Places looked through in one answer, so that somebody who sees little costs little too."""
_NOW = "now"


class ChangeService:
    """The stream of changes as one caller sees it, over sealed events only."""

    def __init__(self, session: AsyncSession, actor: Actor, *, window: int = _WINDOW) -> None:
        self._ledger = LedgerService(session)
        self._scope = scope_of(actor)
        self._audience = audience(self._scope)
        self._window = window

    async def since(self, wanted: ChangesQuery) -> ChangesRead:
        """Changes after a place, in the order of the ledger, and the place to go on from.

        Raises:
            Gone: ``webhooks.token_expired`` when the token is of another ledger, of one that was
                restored to an earlier state since, or of a caller who saw something else.
        """
        end, end_hash = await self._end()
        if wanted.since == _NOW:
            return ChangesRead(items=[], next=Place.at(end, end_hash, self._audience).token(), has_more=False)
        start = await self._start(wanted.since)
        # The end may have been read before somebody else's newer place was checked.
        until = max(start, min(end, start + self._window))
        found = await self._ledger.sealed(
            after=start, until=until, limit=wanted.limit, scope=self._scope, prefixes=PUBLIC_PREFIXES
        )
        if len(found) == wanted.limit:
            place = Place.at(found[-1].seq, found[-1].hash, self._audience)
        elif until == end:
            place = Place.at(end, end_hash, self._audience)
        else:
            place = Place.at(until, await self._ledger.hash_at(until), self._audience)
        return ChangesRead(
            items=[_change(event) for event in found],
            next=place.token(),
            has_more=place.seq < end,
        )

    async def _end(self) -> tuple[int, bytes | None]:
        return await self._ledger.last() or (0, None)

    async def _start(self, token: str | None) -> int:
        if token is None:
            return 0
        place = Place.of(token)
        digest = await self._ledger.hash_at(place.seq) if place.seq else None
        if place != Place.at(place.seq, digest, self._audience):
            raise Gone("webhooks.token_expired")
        return place.seq


def _change(event: SealedEvent) -> ChangeRead:
    return ChangeRead(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        subject=SubjectRead(type=event.subject_type, id=event.subject_id),
        tombstone=is_tombstone(event.kind),
    )
