"""Asking the process that binds files into one PDF."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ocop_api.domain.errors import Invalid, Unavailable

_CHILD: Final = "ocop_api.adapters.pdf_binding.child"
_PATIENCE: Final = 150.0
_TOO_MANY_PAGES: Final = 3


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file to bind: a PDF or a picture."""

    path: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A title in the outline and the page it leads to, from 0; ``level`` 1 stands below the last level 0."""

    title: str
    page: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a file came to lie; one that could not be read has no pages."""

    first: int
    pages: int
    failed: bool


async def bind(
    sheets: Sequence[Sheet], output: Path, *, title: str, bookmarks: Sequence[Bookmark] = ()
) -> list[Bound]:
    """Bind files into one PDF.

    Args:
        sheets: the files in their order.
        output: where to write it.
        title: of the document.
        bookmarks: the outline.

    Raises:
        Invalid: ``documents.too_long_to_bind`` for more than 3,000.
        Unavailable: ``documents.binding_failed``; it took too long or too much memory.
    """
    plan: dict[str, Any] = {
        "parts": [asdict(one) for one in sheets],
        "bookmarks": [asdict(one) for one in bookmarks],
        "output": str(output),
        "title": title,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        _CHILD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            answer, _ = await process.communicate(orjson.dumps(plan))
    except TimeoutError as error:
        raise Unavailable("documents.binding_failed") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == _TOO_MANY_PAGES:
        raise Invalid("documents.too_long_to_bind")
    if process.returncode != 0:
        raise Unavailable("documents.binding_failed")
    told: list[dict[str, Any]] = orjson.loads(answer)
    return [Bound(one["first"], one["pages"], one["failed"]) for one in told]
