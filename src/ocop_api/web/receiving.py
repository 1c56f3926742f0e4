"""Taking in a file as the body of a request."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any, Final

from fastapi import Request

from ocop_api.web.problems import HTTPProblem
from ocop_api.web.routing import NO_IDEMPOTENCY

_SECONDS: Final = 900
"""Time a sender has for the body; slow rural lines need minutes for thirty megabytes."""


def file_body(*media_types: str) -> dict[str, Any]:
    """What the contract says of a body that is a file, of one of these types or sent without one.

    The file's own hash makes a repeat harmless, without its digest held in memory.
    """
    names = ("application/octet-stream", *media_types)
    return {
        NO_IDEMPOTENCY: True,
        "requestBody": {
            "required": True,
            "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in names},
        },
    }


@asynccontextmanager
async def received(request: Request, limit: int) -> AsyncIterator[IO[bytes]]:
    """The body as a file without a name, which is gone afterwards.

    Raises:
        HTTPProblem: 413 ``request.too_large`` over ``limit`` bytes.
        TimeoutError: it takes longer than a slow line needs.
    """
    file: IO[bytes] = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        count = 0
        async with asyncio.timeout(_SECONDS):
            async for piece in request.stream():
                count += len(piece)
                if count > limit:
                    raise HTTPProblem(413, "request.too_large", limit=limit)
                await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)
        yield file
    finally:
        await asyncio.to_thread(file.close)
