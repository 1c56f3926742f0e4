"""Finding the places of a batch of rows: old and new structure, down to the finest level that is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.findings import Finding
from ocop_api.domain.actor import Level
from ocop_api.domain.administration import LAST_DAY_OF_DISTRICTS
from ocop_api.domain.errors import DomainError
from ocop_api.places.service import Lookup, Place, PlaceService

_FIRST_DAY_OF_34 = date(2025, 7, 1)
_COLUMNS = ((Level.PROVINCE, "province"), (Level.DISTRICT, "district"), (Level.COMMUNE, "commune"))


_MEMORY = "bulk.places"
_REMEMBERED = 20_000
"""Places kept from batch to batch; a file about the whole country has about half of it."""


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A place as the row writes it; ``structure`` 63 or 34 when the row says of which time it is."""

    province: str
    province_code: str = ""
    district: str = ""
    commune: str = ""
    structure: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """The finest unit found (None: not even the province), whom it concerns, and what was not found."""

    place: Place | None
    area_path: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Attempt:
    written: WrittenPlace
    structure: str
    found: Place | None = None
    failures: list[tuple[str, str, DomainError]] | None = None

    def text(self, column: str) -> str:
        return str(getattr(self.written, column))


async def found_places(
    session: AsyncSession, today: date, memory: dict[str, Any], written: Sequence[WrittenPlace]
) -> Mapping[WrittenPlace, FoundPlace]:
    """Every place that is written, looked up unless ``memory`` of the run holds it."""
    known: dict[WrittenPlace, FoundPlace] = memory.setdefault(_MEMORY, {})
    if len(known) > _REMEMBERED:
        known.clear()
    await PlaceFinder(session, today, known).find_all(written)
    return known


class PlaceFinder:
    """Looks places up in few queries and remembers them for the rows to come."""

    def __init__(self, session: AsyncSession, today: date, known: dict[WrittenPlace, FoundPlace]) -> None:
        self._places = PlaceService(session)
        self._on = {"63": LAST_DAY_OF_DISTRICTS, "34": max(today, _FIRST_DAY_OF_34)}
        self._known = known

    async def find_all(self, written: Iterable[WrittenPlace]) -> None:
        """Look up what is not known yet; afterwards ``known`` holds every one of them."""
        new = [place for place in dict.fromkeys(written) if place not in self._known]
        attempts = [
            _Attempt(place, structure, failures=[])
            for place in new
            for structure in ([place.structure] if place.structure else ["34", "63"])
        ]
        for level, column in _COLUMNS:
            await self._descend(attempts, level, column)
        for place in new:
            own = [attempt for attempt in attempts if attempt.written == place]
            self._known[place] = await self._told(min(own, key=_shortfall))

    async def _descend(self, attempts: Sequence[_Attempt], level: Level, column: str) -> None:
        asked = [
            attempt
            for attempt in attempts
            if attempt.text(column) and (attempt.found is not None or level is Level.PROVINCE)
        ]
        lookups = [
            Lookup(
                attempt.text(column),
                self._on[attempt.structure],
                level,
                None if attempt.found is None else attempt.found.id,
            )
            for attempt in asked
        ]
        if not lookups:
            return
        for attempt, answer in zip(asked, await self._places.resolve_many(lookups), strict=True):
            if isinstance(answer, Place):
                attempt.found = answer
            elif attempt.failures is not None:
                attempt.failures.append((column, attempt.text(column), answer))

    async def _told(self, attempt: _Attempt) -> FoundPlace:
        place = attempt.found
        findings = [_finding(column, text, error, place) for column, text, error in attempt.failures or ()]
        if place is None:
            return FoundPlace(None, (), tuple(findings))
        code = attempt.written.province_code
        province_code = place.path[0].partition(":")[2]
        if code and attempt.structure == "63" and code.zfill(2) != province_code:
            data = {"code": code, "expected": province_code, "province": attempt.written.province}
            findings.append(Finding("old_province_code", "bulk.province_code_differs", data, province_code))
        return FoundPlace(place, tuple(await self._places.area_path(place.id)), tuple(findings))


def _shortfall(attempt: _Attempt) -> tuple[bool, int]:
    return attempt.found is None, len(attempt.failures or ())


def _finding(column: str, text: str, error: DomainError, used: Place | None) -> Finding:
    offered = error.data.get("candidates") or error.data.get("suggestions") or []
    names = [str(unit["full_name"]) for unit in offered] if isinstance(offered, list) else []
    data = {"text": text, "used": None if used is None else used.full_name, "suggestions": names}
    code = "bulk.place_ambiguous" if error.code == "places.ambiguous" else "bulk.place_not_found"
    if used is None:
        code = "bulk.province_unknown"
    return Finding(column, code, data, "; ".join(names) or None)
