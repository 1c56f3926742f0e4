"""Files to fill in for every kind: a workbook with drop-downs and a guide, and a CSV heading."""

import asyncio
import csv
import io
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.spreadsheet.workbook import FormWorkbook
from ocop_api.bulk.columns import Column
from ocop_api.bulk.form_columns import (
    LIST_SHEET,
    SHEET,
    PlaceLists,
    lists_of,
    table_columns,
    title_of,
)
from ocop_api.bulk.form_guide import guide_of
from ocop_api.bulk.kinds.kind import AnyKind
from ocop_api.bulk.kinds.registry import KINDS
from ocop_api.domain.actor import Actor, Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Forbidden, NotFound
from ocop_api.places.service import PlaceService
from ocop_api.web.texts import Language

SPARE_ROWS: Final = 5_000
"""Empty rows below the heading that have drop-downs and checks."""
_CREATED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Of every template, so that the same one has the same bytes and a client keeps its copy."""


class TemplateService:
    """Templates for one actor on one day."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self._places = PlaceService(session)
        self._actor = actor
        self._today = vietnam_date(now)

    async def workbook(self, kind_name: str, language: Language) -> bytes:
        """The workbook to fill in, with today's places of the actor's provinces to choose from.

        Raises:
            NotFound: ``bulk.no_template``.
            Forbidden: ``auth.not_permitted`` for who may not import the kind.
        """
        kind = self._kind(kind_name)
        places = await self.places(kind)
        return await asyncio.to_thread(_workbook, kind, places, language)

    def heading(self, kind_name: str, language: Language) -> bytes:
        """The heading as CSV, UTF-8 with a byte order mark: titles in Vietnamese, keys in English.

        Raises:
            NotFound, Forbidden: as ``workbook``.
        """
        kind = self._kind(kind_name)
        out = io.StringIO(newline="")
        names = [c.name if language == "en" else title_of(c, language) for c in kind.columns]
        csv.writer(out).writerow(names)
        return b"\xef\xbb\xbf" + out.getvalue().encode()

    async def places(self, kind: AnyKind) -> PlaceLists:
        """Provinces, and communes of the provinces in which the actor may import the kind."""
        names = {column.name for column in kind.columns}
        if not names & {"province", "commune"}:
            return PlaceLists((), (), ())
        scope = self._actor.scope(kind.permission)
        provinces = await self._places.all_of(Level.PROVINCE, on=self._today)
        if not scope.everywhere:
            own = await self._own_provinces(scope.place_ids)
            provinces = [place for place in provinces if place.id in own] or provinces
        communes = await self._places.all_of(Level.COMMUNE, on=self._today)
        names_by_id = {place.id: place.name for place in provinces}
        # In the order of the provinces, since a drop-down within one reads a run of rows.
        order = {place.id: index for index, place in enumerate(provinces)}
        inside = sorted(
            (place for place in communes if place.path[0] in names_by_id), key=lambda p: order[p.path[0]]
        )
        return PlaceLists(
            [place.name for place in provinces],
            [place.name for place in inside],
            [names_by_id[place.path[0]] for place in inside],
        )

    async def _own_provinces(self, place_ids: frozenset[str]) -> set[str]:
        found: set[str] = set()
        for place in (await self._places.get_many(place_ids)).values():
            path = await self._places.area_path(place.id)
            found |= {place_id for place_id in path if place_id.startswith(f"{self._structure()}:")}
        return found

    def _structure(self) -> str:
        return "34" if self._today >= date(2025, 7, 1) else "63"

    def _kind(self, name: str) -> AnyKind:
        kind = KINDS.get(name)
        if kind is None:
            raise NotFound("bulk.no_template", kind=name[:60], known=list(KINDS))
        if not self._actor.may(kind.permission):
            raise Forbidden("auth.not_permitted", permission=kind.permission.value)
        return kind


def _workbook(kind: AnyKind, places: PlaceLists, language: Language) -> bytes:
    columns: tuple[Column, ...] = kind.columns
    lists = lists_of(columns, places, language)
    out = io.BytesIO()
    book = FormWorkbook(
        out,
        sheet=SHEET[language],
        columns=table_columns(columns, lists, language),
        lists=lists,
        list_sheet=LIST_SHEET[language],
        created=_CREATED,
        frozen=1,
    )
    book.add_guide(guide_of(kind, language))
    book.close(spare_rows=SPARE_ROWS)
    return out.getvalue()
