"""How long others may keep what everybody may read."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

SHORT: Final = "public, max-age=60, stale-while-revalidate=300"
"""For what changes with the register and the day."""
LONG: Final = "public, max-age=86400, stale-while-revalidate=604800"
FOREVER: Final = "public, max-age=31536000, immutable"
"""For what has the hash of its content in the address."""


def kept(request: Request, kind: str = SHORT, *, vary: str = "Authorization") -> dict[str, str]:
    """Headers for an answer that is the same for everybody.

    Somebody signed in sees the own change at once: the answer is theirs and asked for again each time.
    """
    signed = "authorization" in request.headers
    return {"Cache-Control": "private, no-cache" if signed else kind, "Vary": vary}


def keep(request: Request, response: Response, kind: str = SHORT, *, vary: str = "Authorization") -> None:
    """Set the headers of ``kept`` on an answer that the framework builds."""
    response.headers.update(kept(request, kind, vary=vary))
