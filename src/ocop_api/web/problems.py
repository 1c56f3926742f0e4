"""From errors to ``application/problem+json`` (RFC 9457), Vietnamese by default.

Domain errors know nothing of HTTP; here their class becomes a status and their code a text.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from ocop_api.db.violations import as_domain_error, sqlstate_of
from ocop_api.domain.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    RuleViolation,
    SeveralFaults,
    StaleVersion,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
)
from ocop_api.web.field_texts import field_text
from ocop_api.web.texts import Language, negotiate, text_of

log = structlog.get_logger()

PROBLEM_MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[DomainError], int] = {
    StaleVersion: 412,
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    RuleViolation: 409,
    Invalid: 422,
    Unauthenticated: 401,
    Gone: 410,
    TooManyAttempts: 429,
    Unavailable: 503,
}

_TITLES: dict[int, tuple[str, str]] = {
    400: ("Yêu cầu không hợp lệ", "Bad request"),
    401: ("Chưa xác thực", "Unauthenticated"),
    403: ("Không được phép", "Forbidden"),
    404: ("Không tìm thấy", "Not found"),
    405: ("Phương thức không được hỗ trợ", "Method not allowed"),
    406: ("Không có dạng dữ liệu này", "Not acceptable"),
    409: ("Xung đột", "Conflict"),
    410: ("Không còn", "Gone"),
    412: ("Xung đột phiên bản", "Precondition failed"),
    413: ("Nội dung quá lớn", "Content too large"),
    415: ("Kiểu nội dung không được hỗ trợ", "Unsupported media type"),
    422: ("Dữ liệu không hợp lệ", "Unprocessable content"),
    428: ("Thiếu điều kiện", "Precondition required"),
    429: ("Quá nhiều yêu cầu", "Too many requests"),
    500: ("Lỗi máy chủ", "Internal server error"),
    503: ("Tạm thời không phục vụ", "Service unavailable"),
}


def refusal(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    """Contract of a refusal that does not follow from what a route takes; for a route's ``responses``."""
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": description, "content": {PROBLEM_MEDIA_TYPE: problem}}}


class HTTPProblem(HTTPException):
    """A refusal that is about HTTP itself (media type, preconditions), raised by the web layer only."""

    def __init__(
        self, status: int, code: str, /, *, headers: Mapping[str, str] | None = None, **data: object
    ) -> None:
        super().__init__(status, detail=code, headers=headers)
        self.code = code
        self.data = data


def language_of(request: Request) -> Language:
    """The language of the answer by ``Accept-Language``."""
    return negotiate(request.headers.get("accept-language", ""))


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one return per kind of value
    """Data of an error as JSON: numbers of points as text, so that nothing is rounded on the way."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(v) for v in value)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(v) for v in value]
    return str(value)


def problem_response(
    request: Request,
    status: int,
    code: str,
    data: Mapping[str, Any] | None = None,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem in the request's language."""
    language = language_of(request)
    title_vi, title_en = _TITLES.get(status, _TITLES[500])
    body: dict[str, Any] = {
        "type": f"urn:ocop:problem:{code}",
        "title": title_vi if language == "vi" else title_en,
        "status": status,
        "detail": text_of(code, language, data),
        "code": code,
        "instance": request.url.path,
    }
    request_id = request.scope.get("ocop.request_id")
    if request_id:
        body["request_id"] = request_id
    if data:
        body["data"] = _plain(data)
    if errors is not None:
        body["errors"] = errors
    answer_headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    if status == 401:  # noqa: PLR2004 - the status is its own best name
        answer_headers["WWW-Authenticate"] = "Bearer"
    if status == 503:  # noqa: PLR2004
        answer_headers["Retry-After"] = "5"
    answer_headers.update(headers or {})
    # surrogatepass then replace: a path with odd bytes must not turn a refusal into a failure.
    content = orjson.dumps(_safe(body))
    return Response(content, status, headers=answer_headers, media_type=PROBLEM_MEDIA_TYPE)


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_safe(k): _safe(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_safe(v) for v in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return value


def _pointer(location: Sequence[Any]) -> str:
    return "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in location)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, DomainError):
        raise error
    status = next(s for kind, s in _STATUS.items() if isinstance(error, kind))
    headers = {"Retry-After": str(error.data["retry_after"])} if isinstance(error, TooManyAttempts) else None
    faults = None
    if isinstance(error, SeveralFaults):
        language = language_of(request)
        faults = [
            {
                "pointer": fault.pointer,
                "code": fault.error.code,
                "detail": text_of(fault.error.code, language, fault.error.data),
                **_plain(fault.about),
            }
            for fault in error.faults
        ]
    return problem_response(request, status, error.code, error.data, errors=faults, headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    language = language_of(request)
    faults: list[dict[str, str]] = []
    for item in error.errors()[:100]:
        kind = str(item["type"])
        if kind == "json_invalid":
            return problem_response(
                request,
                400,
                "request.malformed_json",
                {"reason": str(item.get("ctx", {}).get("error", "")), "position": item["loc"][-1]},
            )
        detail = field_text(kind, str(item["msg"]), item.get("ctx", {}), language)
        faults.append({"pointer": _pointer(item["loc"]), "code": kind, "detail": detail})
    return problem_response(request, 422, "request.invalid", errors=faults)


def _allowed_methods(request: Request) -> list[str]:
    # The framework's 405 names the methods of the first matching route only; a path has several.
    methods: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method, "path_params": {}}
        for route in request.app.router.routes:
            if route.matches(dict(scope))[0] is Match.FULL:
                methods.add(method)
                break
    return sorted(methods)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPProblem):
        return problem_response(request, error.status_code, error.code, error.data, headers=error.headers)
    if not isinstance(error, HTTPException):
        raise error
    codes = {404: "request.not_found", 405: "request.method_not_allowed", 413: "request.too_large"}
    headers = dict(error.headers or {})
    data: dict[str, Any] = {}
    if error.status_code == 405:  # noqa: PLR2004
        headers["Allow"] = ", ".join(_allowed_methods(request))
        data = {"method": request.method}
    code = codes.get(error.status_code)
    if code is None:
        code = "request.failed" if error.status_code >= 500 else "request.invalid"  # noqa: PLR2004
    return problem_response(request, error.status_code, code, data, headers=headers)


def unavailable(error: BaseException) -> bool:
    """Whether the database or the network is away, so that trying again may help."""
    if isinstance(error, PoolTimeoutError | TimeoutError | asyncio.TimeoutError | ConnectionError):
        return True
    # The last kind is what asyncpg makes of a connection that dies in the middle of a statement.
    if isinstance(
        error, asyncpg.InterfaceError | asyncpg.PostgresConnectionError | asyncpg.InternalClientError
    ):
        return True
    if isinstance(error, asyncpg.PostgresError):
        return _is_away(str(getattr(error, "sqlstate", "")))
    if isinstance(error, DBAPIError):
        return (
            error.connection_invalidated
            or isinstance(error, InterfaceError | OperationalError)
            or _is_away(sqlstate_of(error))
            or (
                error.orig is not None
                and isinstance(error.orig.__cause__, OSError | TimeoutError | asyncpg.InternalClientError)
            )
        )
    return isinstance(error, OSError)


def _is_away(state: str) -> bool:
    # 08 connection, 53 resources (disk full, too many connections), 57 operator intervention,
    # 25006 a read-only server during failover, 40 serialization and deadlock: all worth a retry.
    return state[:2] in {"08", "53", "57", "40"} or state == "25006"


async def _on_database_error(request: Request, error: Exception) -> Response:
    if isinstance(error, StaleDataError):
        return problem_response(request, 412, "request.stale_version")
    if isinstance(error, DBAPIError):
        known = as_domain_error(error)
        if known is not None:
            return await _on_domain_error(request, known)
    if isinstance(error, asyncpg.DataError):
        # The hot pool speaks to the driver directly, without the wrapping that is read above.
        return await _on_domain_error(request, Invalid("request.value_out_of_range"))
    if unavailable(error):
        log.warning("unavailable", error=type(error).__name__)
        return problem_response(request, 503, "request.database_unavailable")
    raise error


def install(app: FastAPI) -> None:
    """Put every handler in place; nothing else in the project maps errors to statuses."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    for kind in (
        DBAPIError,
        PoolTimeoutError,
        StaleDataError,
        OSError,
        TimeoutError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ):
        app.add_exception_handler(kind, _on_database_error)
