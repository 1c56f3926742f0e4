"""Editions in addresses: what this process must hold before a route runs, and how long answers keep."""

from typing import Annotated, Final

from fastapi import Depends, Path, Request

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.domain.rubric.edition import shipped
from ocop_api.web.session import database_of

EditionCode = Annotated[str, Path(max_length=64, description="such as `qd26-2026`")]
SetNumber = Annotated[int, Path(ge=1, le=999, description="1 to 26")]

_DAY: Final = {"Cache-Control": "public, max-age=86400"}
_MINUTES: Final = {"Cache-Control": "public, max-age=300"}


def cached(*codes: str | None) -> dict[str, str]:
    """Headers of a public answer about editions; None stands for whichever there are."""
    return _DAY if all(code is not None and shipped(code) for code in codes) else _MINUTES


async def _as_named(request: Request) -> None:
    code = request.path_params.get("edition_code")
    if code is not None and not shipped(code):
        await _as_stored(request)


async def _as_stored(request: Request) -> None:
    async with database_of(request).read() as session:
        await EditionShelf(session).refresh()


AS_NAMED = Depends(_as_named)
"""The process holds the edition of the address as it is stored now; a shipped one costs no query."""

AS_STORED = Depends(_as_stored)
"""The process holds all editions as they are stored now."""
