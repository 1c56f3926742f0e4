"""Conditional requests (RFC 9110, section 13).

An ETag is ``"<version>.<hash of the body>"``. The whole of it decides a 304, because a body also shows
what depends on the caller and the day; the version alone decides whether an edit is stale.
"""

import hashlib
from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.responses import Response

from ocop_api.domain.errors import StaleVersion
from ocop_api.web.problems import HTTPProblem


class ExpectedVersion:
    """The version a client edits; ``check`` compares it with the stored one."""

    def __init__(self, version: int | None) -> None:
        self.version = version

    def check(self, stored: int) -> None:
        """Raise ``StaleVersion`` ``request.stale_version`` (412) unless the client's copy is current."""
        if self.version is not None and self.version != stored:
            raise StaleVersion("request.stale_version")


def _parse(header: str) -> int | None:
    value = header.strip()
    if value == "*":
        return None
    number = value[1:-1].partition(".")[0] if len(value) > 2 and value[0] == value[-1] == '"' else ""  # noqa: PLR2004
    if not (number.isascii() and number.isdigit() and len(number) <= 18):  # noqa: PLR2004
        raise HTTPProblem(422, "request.if_match_malformed")
    return int(number)


def _required(
    if_match: Annotated[
        str | None, Header(description='ETag of the edited copy, as `"…"`; `*` overrides')
    ] = None,
) -> ExpectedVersion:
    if if_match is None:
        raise HTTPProblem(428, "request.if_match_required")
    return ExpectedVersion(_parse(if_match))


def _optional(
    if_match: Annotated[
        str | None, Header(description="ETag of the copy the action is decided on; refused if it is stale")
    ] = None,
) -> ExpectedVersion:
    return ExpectedVersion(None if if_match is None else _parse(if_match))


IfMatch = Annotated[ExpectedVersion, Depends(_required)]
"""For PUT, PATCH, DELETE: missing is 428, stale is 412."""

OptionalIfMatch = Annotated[ExpectedVersion, Depends(_optional)]
"""For actions: checked when sent."""


def publish(response: Response, *, seconds: int) -> None:
    """Let any page fetch an answer, and anybody keep it for so long; 0 has them ask again each time."""
    response.headers["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def tag_response(request: Request, response: Response, version: int | None) -> Response:
    """Give a successful GET or write its ETag; answer 304 when the client has this very body."""
    body = getattr(response, "body", None)
    if not isinstance(body, bytes) or "etag" in response.headers:
        return response
    digest = hashlib.sha256(body).hexdigest()[:20]
    tag = f'"{version or 0}.{digest}"'
    response.headers["ETag"] = tag
    if request.method == "GET" and response.status_code == 200:  # noqa: PLR2004
        response.headers.setdefault("Cache-Control", "private, no-cache")
        wanted = request.headers.get("if-none-match")
        if wanted is not None and _matches(wanted, tag):
            kept = {
                name: value
                for name, value in response.headers.items()
                if name in {"etag", "cache-control", "vary", "content-language", "link"}
            }
            return Response(status_code=304, headers=kept)
    return response


def _matches(header: str, tag: str) -> bool:
    candidates = [item.strip().removeprefix("W/") for item in header.split(",")]
    return "*" in candidates or tag in candidates
