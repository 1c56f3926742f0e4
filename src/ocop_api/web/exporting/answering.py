"""An export is the list read to its end: the same operation, page by page, for the same caller.

So filters, sorts, visibility and refusals are those of the list, and memory stays that of one page.
Each page is read in its own transaction; the cursor keeps rows from repeating or vanishing between.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import orjson
from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocop_api.db.paging import MAX_LIMIT
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Unavailable
from ocop_api.web.deadline import deadline, lift_deadline
from ocop_api.web.exporting.columns import ExportColumn, columns_of
from ocop_api.web.exporting.writing import CsvWriter, LineWriter, NdjsonWriter, WorkbookWriter
from ocop_api.web.problems import HTTPProblem, language_of
from ocop_api.web.texts import Language

MEDIA_TYPES = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by extension."""
EXTENSION = "ocop.export"
"""Key of the scope: the extension by which a path asks for a file."""
_FORMS = {media_type: form for form, media_type in MEDIA_TYPES.items()}
_PAGING = ("cursor", "limit", "with_total")
_PIECE = 256 * 1024


class Gate:
    """How many exports may run at once in a process; one too many is told to come back."""

    def __init__(self, places: int) -> None:
        self._free = places

    def __enter__(self) -> Self:
        """Take a place.

        Raises:
            Unavailable: ``request.exports_busy``.
        """
        if not self._free:
            raise Unavailable("request.exports_busy")
        self._free -= 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place back."""
        self._free += 1


def wanted_form(request: Request) -> str | None:
    """``csv``, ``ndjson`` or ``xlsx`` when the path or the ``Accept`` header asks for it before JSON."""
    extension: str | None = request.scope.get(EXTENSION)
    if extension is not None:
        return extension
    best, best_quality = None, 0.0
    for item in request.headers.get("accept", "").split(",")[:20]:
        name, _, parameters = item.strip().partition(";")
        quality = _quality(parameters)
        if quality > best_quality:
            best, best_quality = name.strip().lower(), quality
    return _FORMS.get(best or "")


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class BrokenExportError(Exception):
    """A later page failed. Once rows are sent, only a cut connection keeps the file from looking whole."""

    def __init__(self, answer: _Answer) -> None:
        super().__init__(f"a page was answered with {answer.status}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class _List:
    """A list operation, asked again and again for its next page."""

    operation: ASGIApp
    request: Request
    query: tuple[tuple[str, str], ...]
    seconds: float
    paged: bool
    """False for a short list that always comes whole and so takes no ``limit``."""

    async def page(self, cursor: str | None) -> _Answer:
        paging = [("limit", str(MAX_LIMIT))] if self.paged else []
        if cursor is not None:
            paging.append(("cursor", cursor))
        scope: Scope = dict(self.request.scope)
        scope.pop(EXTENSION, None)
        scope["query_string"] = urlencode([*self.query, *paging]).encode()
        # The pages are asked for as JSON, whole, and for this export only.
        dropped = {b"accept", b"if-none-match", b"range"}
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in dropped]
        status, headers, body = 500, [], bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], list(message["headers"])
            else:
                body.extend(message.get("body", b""))

        async with deadline(scope, self.seconds):
            await self.operation(scope, receive, send)
        # The log names who exports, as it names who lists.
        self.request.scope["ocop.actor"] = scope.get("ocop.actor")
        return _Answer(status, headers, bytes(body))


async def export(
    operation: ASGIApp, request: Request, item: type[BaseModel], form: str, *, paged: bool
) -> Response:
    """The list of ``operation`` as a file.

    Args:
        operation: the list, answering with a ``Page`` of ``item``.
        request: the request for the file; its filters, sort and credential are those of the list.
        item: the shape of the rows.
        form: ``csv``, ``ndjson`` or ``xlsx``.
        paged: whether the list takes ``limit``.

    Raises:
        HTTPProblem: 422 ``request.export_is_whole`` when a page was asked for.
        Unavailable: ``request.exports_busy``.
    """
    asked = [name for name in _PAGING if name in request.query_params]
    if asked:
        raise HTTPProblem(422, "request.export_is_whole", names=asked)
    gate: Gate = request.app.state.exports
    seconds: float = request.app.state.settings.web.request_deadline
    source = _List(operation, request, tuple(request.query_params.multi_items()), seconds, paged)
    with gate:
        first = await source.page(None)
        if first.status != 200:  # noqa: PLR2004
            return _passed_on(first)
        lift_deadline(request.scope)
        name = request.url.path.rstrip("/").rpartition("/")[2].removesuffix(f".{form}")
        today = vietnam_date(request.app.state.clock())
        headers = {
            "Content-Disposition": f'attachment; filename="{name}-{today.isoformat()}.{form}"',
            "Cache-Control": "private, no-store",
            "Vary": "Accept, Accept-Language",
        }
        columns = columns_of(item)
        if form == "xlsx":
            folder = tempfile.TemporaryDirectory(prefix="ocop-export-")
            path = Path(folder.name) / "export.xlsx"
            try:
                await _fill(path, columns, language_of(request), name, _pages(source, first))
            except BrokenExportError as broken:
                folder.cleanup()
                return _passed_on(broken.answer)
            except BaseException:
                folder.cleanup()
                raise
            body = _file(path)
            return _Export(gate, folder, body, headers=headers, media_type=MEDIA_TYPES[form])
        lines: LineWriter = CsvWriter(columns) if form == "csv" else NdjsonWriter()
        media_type = MEDIA_TYPES[form] + ("; charset=utf-8" if form == "csv" else "")
        return _Export(gate, None, _lines(lines, source, first), headers=headers, media_type=media_type)


def _passed_on(answer: _Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.raw_headers = answer.headers
    return response


async def _pages(source: _List, first: _Answer) -> AsyncIterator[list[dict[str, Any]]]:
    answer = first
    while True:
        decoded = orjson.loads(answer.body)
        yield decoded["items"]
        cursor = decoded["next_cursor"]
        if cursor is None:
            return
        answer = await source.page(cursor)
        if answer.status != 200:  # noqa: PLR2004
            raise BrokenExportError(answer)


async def _fill(
    path: Path,
    columns: Sequence[ExportColumn],
    language: Language,
    title: str,
    pages: AsyncIterator[list[dict[str, Any]]],
) -> None:
    writer = await asyncio.to_thread(WorkbookWriter, path, columns, language, title)
    try:
        async for items in pages:
            await asyncio.to_thread(writer.rows, items)
    finally:
        # Also after a failure: it is what closes the writer's own files.
        await asyncio.to_thread(writer.close)


async def _lines(lines: LineWriter, source: _List, first: _Answer) -> AsyncIterator[bytes]:
    yield lines.head()
    async for items in _pages(source, first):
        if items:
            yield lines.rows(items)


async def _file(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


class _Export(StreamingResponse):
    """A stream that holds its place at the gate until its last byte, or until the client has gone."""

    def __init__(
        self,
        gate: Gate,
        folder: "tempfile.TemporaryDirectory[str] | None",
        content: AsyncIterator[bytes],
        *,
        headers: dict[str, str],
        media_type: str,
    ) -> None:
        super().__init__(content, headers=headers, media_type=media_type)
        self._gate = gate
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._gate:
                await super().__call__(scope, receive, send)
        finally:
            if self._folder is not None:
                self._folder.cleanup()
