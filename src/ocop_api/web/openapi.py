"""The contract: OpenAPI 3.1 with every refusal documented, and ``/docs`` without the internet.

Which problems a route can answer follows from what it takes: a caller, a path, a body, a condition,
an idempotency key. Deriving them keeps the contract true without writing them at each route.
"""

import re
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, Response

from ocop_api.web.caller import BEARER, OPTIONAL_BEARER
from ocop_api.web.problems import PROBLEM_MEDIA_TYPE
from ocop_api.web.routing import NO_CREDENTIAL, NO_IDEMPOTENCY, OPEN_QUERY
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


_PAGE_NAME = re.compile(r"^(#/components/schemas/)?Page_(\w+)_$")
_EXTENSIONS = (NO_IDEMPOTENCY, NO_CREDENTIAL, OPEN_QUERY)
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeating the request with the same key (kept 48 hours) gives the stored answer and "
    "does nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a",
}
_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {
        "description": "Send it back in If-None-Match to save the transfer, in If-Match to edit",
        "required": True,
        "schema": {"type": "string", "examples": ['"3.9f86d081884c7d659a2f"']},
    },
    "Location": {
        "description": "Path of what was made",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait",
        "required": True,
        "schema": {"type": "integer"},
    },
    "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": "Bearer"}},
}


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
    elif operation.get(NO_CREDENTIAL):
        statuses.add("401")
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


def _secure(operation: dict[str, Any]) -> None:
    """Say whether the credential must be there, may be there, or has no place here."""
    named = {name for scheme in operation.pop("security", []) for name in scheme}
    if operation.get(NO_CREDENTIAL):
        return
    if BEARER in named:
        operation["security"] = [{BEARER: []}]
    elif named:
        operation["security"] = [{}, {BEARER: []}]


def _conditions(method: str, operation: dict[str, Any]) -> None:
    """Say that If-Match must be there where its absence is answered with 428."""
    for parameter in operation.get("parameters", []):
        if parameter["name"] == "if-match":
            parameter["name"] = "If-Match"
            parameter["example"] = '"3.9f86d081884c7d659a2f"'
            parameter["required"] = method in {"put", "patch", "delete"}
            parameter["schema"] = {"type": "string"}


def _media_types(answer: dict[str, Any]) -> None:
    """Give every media type without a schema the one that fits: text, or bytes."""
    for name, content in answer.get("content", {}).items():
        # A stream is described by its events, not as one text.
        if not content.get("schema") and "itemSchema" not in content:
            is_text = name.startswith("text/") or name == "image/svg+xml"
            content["schema"] = {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _answers(method: str, operation: dict[str, Any]) -> None:
    """Complete the answers of one operation; what the route itself documents stays."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    is_json = "application/json" in responses.get("200", {}).get("content", {})
    if method == "get" and is_json:
        responses.setdefault("304", {"description": "The client has this very body (If-None-Match)"})
    for status in sorted(_statuses(method, operation)):
        problem = {PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM_REF}}
        responses.setdefault(status, {"description": _REASONS[status], "content": problem})
    headers = {"201": "Location", "202": "Location", "401": "WWW-Authenticate", "429": "Retry-After"}
    headers["503"] = "Retry-After"
    if is_json:
        headers["200"] = "ETag"
    if operation.get(NO_CREDENTIAL):
        del headers["202"]  # nobody has a place to look at what was asked for without a credential
    for status, name in headers.items():
        if status in responses:
            responses[status].setdefault("headers", {}).setdefault(name, _HEADERS[name])
    for answer in responses.values():
        _media_types(answer)


def _named(value: Any) -> Any:
    """The same, where the framework wrote ``Page_ProductSummary_``, with ``ProductSummaryPage``."""
    if isinstance(value, dict):
        return {_PAGE_NAME.sub(r"\1\2Page", key): _named(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner) for inner in value]
    return _PAGE_NAME.sub(r"\1\2Page", value) if isinstance(value, str) else value


def _document(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    components.get("securitySchemes", {}).pop(OPTIONAL_BEARER, None)
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for path in schema.get("paths", {}).values():
        for method, operation in path.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            _secure(operation)
            if method == "post" and operation.get("security") and NO_IDEMPOTENCY not in operation:
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            _conditions(method, operation)
            _answers(method, operation)
            for name in _EXTENSIONS:
                operation.pop(name, None)


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
            app.openapi_schema = _named(schema)
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
