"""Files over HTTP: as attachments, in pieces, whole or in ranges (RFC 9110, section 14)."""

import re
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response, StreamingResponse

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.documents.content import ACCEPTED
from ocop_api.documents.service import Document, DocumentService
from ocop_api.documents.service.signed_copies import StoredCopy
from ocop_api.web.deadline import lift_deadline
from ocop_api.web.problems import HTTPProblem, refusal

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_KEPT = "private, max-age=31536000, immutable"
_UNCHANGED = {"description": "The client has this very file (If-None-Match)"}
FILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {} for name in ACCEPTED}, "description": "The file"},
    206: {"content": {name: {} for name in ACCEPTED}, "description": "The asked range of it (`Range`)"},
    304: _UNCHANGED,
    **refusal(416, "The range lies outside of the file"),
}
PICTURE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/webp": {}}, "description": "The picture"},
    304: _UNCHANGED,
}


def _store(request: Request) -> ObjectStore:
    store: ObjectStore = request.app.state.object_store
    return store


Store = Annotated[ObjectStore, Depends(_store)]
"""Where files are kept."""


async def send_file(request: Request, service: DocumentService, document: Document) -> Response:
    """The file of a document the caller may have, under a generated name.

    Raises:
        HTTPProblem: 416 ``documents.range_outside``.
        Unavailable: ``documents.content_lost``.
    """
    tag = f'"{document.sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": _KEPT,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{document.id}{ACCEPTED[document.media_type]}"',
    }
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    wanted = _range(request, document.size, tag)
    start, end = wanted or (0, document.size)
    pieces = await service.content(document, *(wanted or ()))
    headers["Content-Length"] = str(end - start)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{document.size}"
    # From here on it takes as long as the client's line does; the database is out of it.
    lift_deadline(request.scope)
    return StreamingResponse(pieces, 206 if wanted else 200, media_type=document.media_type, headers=headers)


def send_copy(request: Request, found: StoredCopy, stem: str) -> Response:
    """A signed paper, byte for byte, as an attachment of this name."""
    headers = {
        "Content-Disposition": f'attachment; filename="{stem}.{found.extension}"',
        "Content-Length": str(found.size),
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "private, no-cache",
    }
    # From here on it takes as long as the client's line does; the database is out of it.
    lift_deadline(request.scope)
    return StreamingResponse(found.pieces, media_type=found.media_type, headers=headers)


async def send_preview(request: Request, service: DocumentService, document: Document) -> Response:
    """The picture of a document's first page.

    Raises:
        NotFound: ``documents.no_preview``.
    """
    headers = {"ETag": f'"preview-{document.sha256}"', "Cache-Control": _KEPT}
    if document.has_preview and _has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await service.preview(document), media_type="image/webp", headers=headers)


def _has(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    candidates = {item.strip().removeprefix("W/") for item in given.split(",")}
    return bool(candidates & {tag, "*"})


def _range(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole. Several ranges are answered whole."""
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", tag) != tag:
        return None
    found = _RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise HTTPProblem(
            416, "documents.range_outside", headers={"Content-Range": f"bytes */{size}"}, size=size
        )
    return start, end
