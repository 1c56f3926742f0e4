"""Taking in a file as the body of a request."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Final

from fastapi import Request

from ocop_api.web.problems import HTTPProblem

_SECONDS: Final = 900
"""Time a sender has for the body; slow rural lines need minutes for thirty megabytes."""


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
