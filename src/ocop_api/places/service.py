"""Finding administrative places by code or name on a date, and following them through mergers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice
from ocop_api.db.tables.places import PlaceUnit
from ocop_api.domain.actor import Level
from ocop_api.domain.errors import DomainError, Invalid, NotFound
from ocop_api.domain.vietnamese import place_key
from ocop_api.places.policy import Place, Written, choose, read_text
from ocop_api.places.reference import succession_rows, unit_rows
from ocop_api.places.repository import PlaceRepository

__all__ = ["Lookup", "Place", "PlaceService", "Succession"]

_CANDIDATES_TOLD = 10
_SUGGESTIONS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Succession:
    """A unit on the other side of a reorganisation; ``extent`` is ``whole`` or ``part`` of the old unit."""

    place: Place
    extent: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question to ``PlaceService.resolve_many``; the fields are those of ``resolve``."""

    text: str
    on: date
    level: Level | None = None
    within: str | None = None


class PlaceService:
    """Places are public reference data: no actor is needed, and nothing but loading writes them."""

    def __init__(self, session: AsyncSession) -> None:
        self._places = PlaceRepository(session)

    async def resolve(
        self, code_or_name: str, *, on: date, level: Level | None = None, within: str | None = None
    ) -> Place:
        """The unit that a code or name means on a date.

        Args:
            code_or_name: a code (``24611``), an id (``34:24611``) or a name with or without its type, in
                any usual spelling ("Xã Đắk Gằn", "Đăk Mil", "TP. Gia Nghĩa", "xa dak gan").
            on: calendar day in Vietnam; only units that exist on it are found.
            level: province, district or commune, when known.
            within: id of the unit to look below; it must exist on that day.

        Raises:
            NotFound: ``places.unknown``, with up to five ``suggestions``: what the unit became or came
                from if it exists at another time, else units of similar name.
            Invalid: ``places.ambiguous`` with up to ten ``candidates`` and their ``count``;
                ``places.not_in_force`` when ``within`` or the id asked for exists at another time only.
        """
        (answer,) = await self.resolve_many([Lookup(code_or_name, on, level, within)])
        if isinstance(answer, DomainError):
            raise answer
        return answer

    async def resolve_many(self, lookups: Sequence[Lookup]) -> list[Place | DomainError]:
        """Resolve a batch: for each lookup, in order, the place or the error ``resolve`` would raise."""
        written = [read_text(lookup.text) for lookup in lookups]
        wanted_ids = {w.place_id for w in written if w.place_id} | {x.within for x in lookups if x.within}
        known = await self.get_many(wanted_ids) if wanted_ids else {}
        found: dict[date, list[Place]] = {}
        for day in {lookup.on for lookup in lookups}:
            asked = [w for lookup, w in zip(lookups, written, strict=True) if lookup.on == day]
            found[day] = await self._candidates(day, asked)
        return [
            await self._answer(lookup, text, found[lookup.on], known)
            for lookup, text in zip(lookups, written, strict=True)
        ]

    async def _candidates(self, day: date, asked: Iterable[Written]) -> list[Place]:
        ids: set[str] = set()
        codes: set[str] = set()
        keys: set[str] = set()
        for written in asked:
            ids |= {written.place_id} if written.place_id else set()
            codes |= {written.code} if written.code else set()
            keys |= {reading.key for reading in written.readings}
        rows = await self._places.candidates(day, place_ids=ids, codes=codes, keys=keys)
        return [_place(row) for row in rows]

    async def _answer(
        self, lookup: Lookup, written: Written, found: list[Place], known: dict[str, Place]
    ) -> Place | DomainError:
        for place_id in (lookup.within, written.place_id):
            if place_id is None:
                continue
            if place_id not in known:
                return NotFound("places.unknown", text=place_id, on=lookup.on, suggestions=[])
            if not known[place_id].in_force(lookup.on):
                return _not_in_force(known[place_id], lookup.on)
        inside = [
            place
            for place in found
            if (lookup.level is None or place.level == lookup.level)
            and (lookup.within is None or place.lies_within(lookup.within))
        ]
        meant = choose(written, inside)
        if len(meant) == 1:
            return meant[0]
        if meant:
            told = sorted(meant, key=lambda place: (len(place.code), place.full_name))[:_CANDIDATES_TOLD]
            return Invalid(
                "places.ambiguous",
                text=written.text,
                on=lookup.on,
                count=len(meant),
                candidates=[_told(place) for place in told],
            )
        suggestions = await self._suggestions(lookup, written)
        return NotFound("places.unknown", text=written.text, on=lookup.on, suggestions=suggestions)

    async def _suggestions(self, lookup: Lookup, written: Written) -> list[dict[str, str]]:
        keys = [reading.key for reading in written.readings]
        rows = list(
            await self._places.related_on(lookup.on, code=written.code, keys=keys, limit=_SUGGESTIONS_TOLD)
        )
        for key in keys:
            # A number looks like every other number; only names have near misses.
            if len(rows) < _SUGGESTIONS_TOLD and not key.isdecimal():
                rows += await self._places.similar_on(
                    lookup.on, key, level=lookup.level, within=lookup.within, limit=_SUGGESTIONS_TOLD
                )
        unique = {row.id: _told(_place(row)) for row in rows}
        return list(unique.values())[:_SUGGESTIONS_TOLD]

    async def get(self, place_id: str) -> Place:
        """The unit with this id, whether it still exists or not.

        Raises:
            NotFound: ``places.unknown``.
        """
        known = await self.get_many([place_id])
        if place_id not in known:
            raise NotFound("places.unknown", text=place_id, on=None, suggestions=[])
        return known[place_id]

    async def by_code(self, code_or_id: str, *, on: date) -> Place:
        """The unit with a code on a date, or with an id (then the date does not count).

        Raises:
            NotFound: ``places.unknown``; if the code is in use at another time, ``suggestions`` tell what
                the unit became or came from.
        """
        written = read_text(code_or_id)
        if written.place_id is not None:
            return await self.get(written.place_id)
        related: Sequence[PlaceUnit] = ()
        if written.code is not None:
            rows = await self._places.candidates(on, place_ids=(), codes=(written.code,), keys=())
            if rows:
                return _place(rows[0])
            related = await self._places.related_on(on, code=written.code, keys=(), limit=_SUGGESTIONS_TOLD)
        suggestions = [_told(_place(row)) for row in related]
        raise NotFound("places.unknown", text=written.text, on=on, suggestions=suggestions)

    async def get_many(self, place_ids: Iterable[str]) -> dict[str, Place]:
        """The units with these ids, by id, in one query; unknown ids are left out."""
        return {row.id: _place(row) for row in await self._places.by_ids(set(place_ids))}

    async def full_name(self, place_id: str) -> str:
        """Name with the units above: "Xã Đắk Gằn, Huyện Đắk Mil, Tỉnh Đắk Nông"; else as ``get``."""
        return (await self.get(place_id)).full_name

    async def as_of(self, place_id: str, on: date) -> Place:
        """The unit in which this one lies on a day: itself, or the only successor it went to.

        A unit that was divided stays what it was; nobody here can tell which part is meant.

        Raises:
            NotFound: ``places.unknown``.
        """
        found = await self.as_of_many([place_id], on)
        if place_id not in found:
            raise NotFound("places.unknown", text=place_id, on=None, suggestions=[])
        return found[place_id]

    async def as_of_many(self, place_ids: Iterable[str], on: date) -> dict[str, Place]:
        """``as_of`` for many places by id, in two queries; unknown ids are left out."""
        known = await self.get_many(place_ids)
        ended = {place_id for place_id, place in known.items() if not place.in_force(on)}
        became: dict[str, list[Place]] = {}
        for old_id, _, row in await self._places.successors(ended) if ended else ():
            successor = _place(row)
            if successor.in_force(on):
                became.setdefault(old_id, []).append(successor)
        return known | {old_id: there[0] for old_id, there in became.items() if len(there) == 1}

    async def area_path(self, place_id: str) -> list[str]:
        """Every unit whose officers are concerned by a record of this place.

        Its own path from the province down, then the paths of its successors: an officer of the province
        that took over sees the records from before. A unit without successors of its own (a district)
        passes to those of the next unit above. Predecessors are not included: what a new commune does is
        no matter of one of the several that went into it.

        Raises:
            NotFound: ``places.unknown``.
        """
        paths = await self.area_paths([place_id])
        if place_id not in paths:
            raise NotFound("places.unknown", text=place_id, on=None, suggestions=[])
        return paths[place_id]

    async def area_paths(self, place_ids: Iterable[str]) -> dict[str, list[str]]:
        """``area_path`` of many places by id, in two queries; unknown ids are left out."""
        known = await self.get_many(place_ids)
        above = {unit for place in known.values() for unit in place.path}
        by_old: dict[str, list[PlaceUnit]] = {}
        for old_id, _, row in await self._places.successors(above) if above else ():
            by_old.setdefault(old_id, []).append(row)
        return {place_id: _area_path(place, by_old) for place_id, place in known.items()}

    async def ancestors(self, place: Place) -> list[Place]:
        """The units above, the province first."""
        known = await self.get_many(place.path[:-1]) if place.parent_id else {}
        return [known[place_id] for place_id in place.path[:-1]]

    async def successors(self, place_id: str) -> list[Succession]:
        """What the unit became, by code; empty while it exists, and for districts that were abolished.

        Raises:
            NotFound: ``places.unknown``.
        """
        await self.get(place_id)
        return [
            Succession(_place(row), extent) for _, extent, row in await self._places.successors([place_id])
        ]

    async def predecessors(self, place_id: str) -> list[Succession]:
        """What the unit was made of, by code; ``extent`` tells how much of each came here.

        Raises:
            NotFound: ``places.unknown``.
        """
        await self.get(place_id)
        return [
            Succession(_place(row), extent) for _, extent, row in await self._places.predecessors(place_id)
        ]

    async def all_of(self, level: Level, *, on: date) -> list[Place]:
        """Every unit of a level that exists on a day, by name: for lists to choose from."""
        return [_place(row) for row in await self._places.all_of(on, level.value)]

    async def find(
        self,
        wanted: Slice,
        *,
        on: date,
        text: str | None = None,
        level: Level | None = None,
        within: str | None = None,
    ) -> Rows:
        """A page of the units that exist on a date.

        Args:
            wanted: limit, cursor and sort (``name``, ``-name``, ``code``; with ``text`` also ``match``,
                the default then: exact names first, then beginnings, then the rest, provinces first).
            on: calendar day in Vietnam.
            text: part of a name in any spelling, or the beginning of a code.
            level: only this level.
            within: only units below the one with this id.

        Returns:
            Rows whose items are ``Place``.

        Raises:
            Invalid: ``places.unknown``, ``within`` is no unit (a filter that cannot hold, not a missing
                resource); ``places.not_in_force``, it does not exist on that day; paging errors.
        """
        if within is not None:
            above = (await self.get_many([within])).get(within)
            if above is None:
                raise Invalid("places.unknown", text=within, on=on, suggestions=[])
            if not above.in_force(on):
                raise _not_in_force(above, on)
        key = code = None
        if text is not None:
            key = place_key(text)
            code = text.strip() if text.strip().isdecimal() else None
        rows = await self._places.page(on, wanted, key=key, code=code, level=level, within=within)
        items = [_place(row) for row in rows.items]
        return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)

    async def load_reference(self) -> int:
        """Make the tables equal to the data that ships with the package; give the number of rows written.

        Runs in the caller's transaction; a second run writes nothing.
        """
        units, links = await self._places.load(unit_rows(), succession_rows())
        return units + links


def _place(row: PlaceUnit) -> Place:
    return Place(
        id=row.id,
        structure=row.structure,
        code=row.code,
        level=Level(row.level),
        kind=row.kind,
        name=row.name,
        full_name=row.full_name,
        place_key=row.place_key,
        parent_id=row.parent_id,
        path=tuple(row.path),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        lat=row.lat,
        lon=row.lon,
    )


def _area_path(place: Place, by_old: dict[str, list[PlaceUnit]]) -> list[str]:
    path = list(place.path)
    for unit_id in reversed(place.path):
        if unit_id in by_old:
            above = [step for row in by_old[unit_id] for step in row.path[:-1]]
            path += [*above, *(row.id for row in by_old[unit_id])]
            break
    return list(dict.fromkeys(path))


def _told(place: Place) -> dict[str, str]:
    return {"id": place.id, "full_name": place.full_name}


def _not_in_force(place: Place, on: date) -> Invalid:
    return Invalid(
        "places.not_in_force",
        place_id=place.id,
        name=place.full_name,
        on=on,
        valid_from=place.valid_from,
        valid_to=place.valid_to,
    )
