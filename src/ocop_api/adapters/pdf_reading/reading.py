"""Asking the process that opens files, and what it says.

The library for PDFs is written in C++, allows one thread at a time and meets the files of strangers: it
runs in a short-lived process with bounds on time and memory, never in this one.
"""

import asyncio
import base64
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO, Any, Final

import orjson

from ocop_api.adapters.pdf_reading.marks import ActiveContent
from ocop_api.domain.errors import Unavailable

_CHILD: Final = "ocop_api.adapters.pdf_reading.child"
_PATIENCE: Final = 25.0
_SEARCH_PATIENCE: Final = 20.0
"""Below the deadline of a request, so that whoever waits is told what happened."""
_ANSWER: Final = 8 * 1024 * 1024


class _Queue:
    """Files that wait for a process, so many of which run at once."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._limit = waiting
        self._waiting: set[object] = set()
        self._turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place; ``Unavailable`` ``documents.busy`` when too many wait already."""
        if len(self._waiting) >= self._limit:
            raise Unavailable("documents.busy")
        ticket = object()
        self._waiting.add(ticket)
        try:
            async with self._turn():
                yield
        finally:
            self._waiting.discard(ticket)

    def _turn(self) -> asyncio.Semaphore:
        # A semaphore belongs to the loop it first waited in; tests and the play run several, one after
        # another.
        for loop in [loop for loop in self._turns if loop.is_closed()]:
            del self._turns[loop]
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._at_once))


_EVIDENCE: Final = _Queue(at_once=2, waiting=12)
_ANYBODY: Final = _Queue(at_once=1, waiting=4)
"""What anybody sends to have it verified must not keep evidence from being handed in."""


class ReadingFailedError(Exception):
    """The file could not be read; ``code`` says why in one word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Inspected:
    """What opening a file told: its pages (1 of a picture) and what in it acts."""

    pages: int
    active: tuple[ActiveContent, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A picture of the first page, in WebP, and the text (empty for pictures)."""

    picture: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Searched:
    """QR symbols of a file, each with the page it was first seen on, and the words of a PDF.

    ``width`` is that of a picture in pixels, None for a PDF.
    """

    pages: int
    symbols: tuple[tuple[int, str], ...]
    text: str
    width: int | None


async def search(file: IO[bytes], media_type: str, *, patience: float = _SEARCH_PATIENCE) -> Searched:
    """Look for QR symbols in a PDF of at most 10 pages or a picture; what they say is not followed.

    Args:
        file: a real file, from its start whatever its position.
        media_type: what its first bytes say.
        patience: seconds to wait.

    Raises:
        ReadingFailedError: ``encrypted``, ``damaged``, ``too_many_pages``, ``unreadable``, ``crashed`` or
            ``timeout``.
        Unavailable: ``documents.busy``; too many files are being read.
    """
    answer = await _ask("search", media_type, file, patience, _ANYBODY)
    if "error" in answer:
        raise ReadingFailedError(answer["error"])
    symbols = tuple((page, text) for page, text in answer["symbols"])
    return Searched(answer["pages"], symbols, answer["text"], answer.get("width"))


async def inspect(file: IO[bytes], media_type: str, *, patience: float = _PATIENCE) -> Inspected:
    """Open a PDF or picture, decode it, and look for what has no place in it.

    Args:
        file: a real file, from its start whatever its position.
        media_type: what its first bytes say.
        patience: seconds to wait.

    Raises:
        ReadingFailedError: ``encrypted``, ``damaged``, ``foreign_data``, ``unreadable``, ``crashed`` or
            ``timeout``.
        Unavailable: ``documents.busy``; too many files are being read.
    """
    answer = await _ask("inspect", media_type, file, patience)
    if "error" in answer:
        raise ReadingFailedError(answer["error"])
    return Inspected(answer["pages"], tuple(ActiveContent(part) for part in answer["active"]))


async def preview(file: IO[bytes], media_type: str, *, patience: float = _PATIENCE) -> Excerpt:
    """Draw the first page (at most 1200 pixels) and take the text of at most 200 pages, 1 MB.

    Raises:
        ReadingFailedError, Unavailable: as ``inspect``.
    """
    answer = await _ask("read", media_type, file, patience)
    return Excerpt(base64.b64decode(answer["preview"]), answer["text"])


async def _ask(
    task: str, media_type: str, file: IO[bytes], patience: float, queue: _Queue = _EVIDENCE
) -> dict[str, Any]:
    subject = "pdf" if media_type == "application/pdf" else "picture"
    async with queue.turn():
        return await _run(f"{task}_{subject}", file, patience)


async def _run(task: str, file: IO[bytes], patience: float) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        _CHILD,
        task,
        stdin=file.fileno(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_ANSWER,
    )
    try:
        async with asyncio.timeout(patience):
            answer = await process.stdout.read() if process.stdout is not None else b""
            status = await process.wait()
    except TimeoutError as error:
        raise ReadingFailedError("timeout") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if status != 0:
        # The kernel ends a process that used up its seconds with SIGXCPU or SIGKILL, a crash with others.
        raise ReadingFailedError({-24: "timeout", -9: "timeout", 1: "unreadable"}.get(status, "crashed"))
    try:
        decoded: dict[str, Any] = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise ReadingFailedError("crashed") from error
    return decoded
