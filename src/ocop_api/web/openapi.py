"""The contract: OpenAPI 3.1 with every refusal documented, and ``/docs`` without the internet.

Which problems a route can answer follows from what it takes: a caller, a path, a body, a condition,
an idempotency key. Deriving them keeps the contract true without writing them at each route.
"""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, Response

from ocop_api.web.problems import PROBLEM_MEDIA_TYPE
from ocop_api.web.routing import NO_IDEMPOTENCY
from ocop_api.web.schemas import Problem

_REASONS = {
    "400": "The request is malformed",
    "401": "No credential, or one that does not hold",
    "403": "Not allowed to this caller",
    "404": "Not found, or not visible to this caller",
    "409": "Refused by a rule or by what is stored",
    "410": "Not there any more",
    "412": "The edited copy is stale",
    "413": "The body is too large",
    "415": "The media type is not taken",
    "422": "The payload is not valid",
    "428": "If-Match is missing",
    "503": "For a moment not available; see Retry-After",
    "500": "A fault of the server",
}
_PROBLEM_REF = {"$ref": "#/components/schemas/Problem"}


def _header_names(operation: dict[str, Any]) -> dict[str, bool]:
    return {
        p["name"].lower(): p.get("required", False)
        for p in operation.get("parameters", [])
        if p["in"] == "header"
    }


def _statuses(method: str, operation: dict[str, Any]) -> set[str]:
    statuses = {"400", "422", "500", "503"}
    headers = _header_names(operation)
    if operation.get("security"):
        statuses |= {"401", "403"}
    if any(p["in"] == "path" for p in operation.get("parameters", [])):
        statuses.add("404")
    if "requestBody" in operation:
        statuses |= {"413", "415", "404"}
    if method != "get":
        statuses |= {"409", "413"}
    if "if-match" in headers:
        statuses.add("412")
        if method in {"put", "patch", "delete"}:
            statuses.add("428")
    return statuses


def _document(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.update(problem.pop("$defs", {}))
    components["Problem"] = problem
    for path in schema.get("paths", {}).values():
        for method, operation in path.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            responses = operation["responses"]
            responses.pop("422", None)
            if method == "post" and operation.get("security") and not operation.pop(NO_IDEMPOTENCY, False):
                operation.setdefault("parameters", []).append(
                    {
                        "name": "Idempotency-Key",
                        "in": "header",
                        "required": False,
                        "description": "Repeating the request with the same key (kept 48 hours) gives the "
                        "stored answer and does nothing twice.",
                        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                    }
                )
            if method == "get" and "application/json" in responses.get("200", {}).get("content", {}):
                responses.setdefault("304", {"description": "The client has this very body (If-None-Match)"})
            for status in sorted(_statuses(method, operation)):
                responses.setdefault(
                    status,
                    {
                        "description": _REASONS[status],
                        "content": {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM_REF}},
                    },
                )


def install(app: FastAPI) -> None:
    """Make ``app.openapi()`` give our contract and serve ``/openapi.json`` and ``/docs``."""

    def contract() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version="3.1.0",
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            _document(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = contract  # type: ignore[method-assign]
    assets = files("fastapi_offline").joinpath("static")
    scripts = {
        "swagger-ui-bundle.js": ("text/javascript", assets.joinpath("swagger-ui-bundle.js").read_bytes()),
        "swagger-ui.css": ("text/css", assets.joinpath("swagger-ui.css").read_bytes()),
        "start.js": ("text/javascript", _START.encode()),
    }

    async def page(_request: Request) -> Response:
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _PAGE_POLICY})

    async def document(_request: Request) -> Response:
        return Response(orjson.dumps(app.openapi()), media_type="application/json")

    app.add_route("/openapi.json", document, include_in_schema=False)
    app.add_route("/docs", page, include_in_schema=False)
    for name, (media_type, content) in scripts.items():
        app.add_route(f"/docs/assets/{name}", _fixed(content, media_type), include_in_schema=False)


def _fixed(content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=86400"})

    return serve


_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>OCOP API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>
</body></html>"""
_START = """window.ui = SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true,
  persistAuthorization: true, displayRequestDuration: true, tagsSorter: "alpha"});"""
