"""What happens to every request, whichever route takes it.

One pure ASGI layer: request id, one Host, a deadline, security headers, the access log and metrics,
and the last net under an unexpected failure. Logs never hold query strings, bodies, names or tokens.
"""

import re
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocop_api.db.base import uuid7
from ocop_api.settings import WebSettings
from ocop_api.web.deadline import deadline
from ocop_api.web.problems import problem_response, unavailable
from ocop_api.web.ratelimit import HEADERS as RATE_HEADERS

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")
_HOST = re.compile(r"[A-Za-z0-9.\-_\[\]:]{1,260}")
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Metrics:
    """Counters of one process, in a registry of their own so that several apps can live side by side."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("ocop_requests", "Answered requests", labels, registry=self.registry)
        self.seconds = Histogram(
            "ocop_request_seconds",
            "Time to the last byte",
            ("method", "route"),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )


class EdgeMiddleware:
    """Outermost layer of the application."""

    def __init__(self, app: ASGIApp, *, settings: WebSettings, metrics: Metrics) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of connection pass through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid7())
        scope["ocop.request_id"] = request_id
        status = 500
        begun = False
        replaced = False

        async def finish(message: Message) -> None:
            nonlocal status, begun, replaced
            if replaced:
                return
            if _is_plain_413(message):
                # The framework's body limit answers in plain text; ours is a problem like any other.
                answer = problem_response(request, 413, "request.too_large", {"limit": _limit_of(scope)})
                await answer(scope, receive, finish)
                replaced = True
                return
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in scope.get(RATE_HEADERS, {}).items():
                    headers[name] = value
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _API_POLICY)
            await send(message)

        try:
            if not self._host_is_good(request):
                await problem_response(request, 400, "request.bad_host")(scope, receive, finish)
            else:
                async with deadline(scope, self.settings.request_deadline):
                    await self.app(scope, receive, finish)
        except Exception as error:  # noqa: BLE001 - the last net: every failure becomes a problem
            await self._fail(request, scope, receive, finish, error, begun=begun)
        finally:
            self._account(scope, status, time.perf_counter() - started, request_id)

    def _host_is_good(self, request: Request) -> bool:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            return False
        allowed = self.settings.allowed_hosts
        return not allowed or hosts[0].rsplit(":", 1)[0].lower() in allowed

    async def _fail(
        self, request: Request, scope: Scope, receive: Receive, send: Send, error: Exception, *, begun: bool
    ) -> None:
        if begun:
            # Half an answer is out; only closing the connection tells the client the truth.
            raise error
        if isinstance(error, TimeoutError):
            response = problem_response(request, 503, "request.deadline")
        elif unavailable(error):
            log.warning("unavailable", error=type(error).__name__)
            response = problem_response(request, 503, "request.database_unavailable")
        else:
            log.error(
                "failed", exc_info=error, request_id=scope["ocop.request_id"], error=type(error).__name__
            )
            response = problem_response(request, 500, "request.failed")
        await response(scope, receive, send)

    def _account(self, scope: MutableMapping[str, Any], status: int, seconds: float, request_id: str) -> None:
        route = scope.get("route")
        template = getattr(route, "path", "unmatched")
        method = scope["method"] if scope["method"].isalpha() and len(scope["method"]) < 8 else "OTHER"  # noqa: PLR2004
        self.metrics.requests.labels(method, template, str(status)).inc()
        self.metrics.seconds.labels(method, template).observe(seconds)
        actor = scope.get("ocop.actor")
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=template,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            user_id=str(actor.user_id) if actor is not None and actor.user_id else None,
        )


def _limit_of(scope: Scope) -> int | None:
    return getattr(scope.get("route"), "max_body_size", None)


def _is_plain_413(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] != 413:  # noqa: PLR2004
        return False
    kind = MutableHeaders(scope=message).get("content-type", "")
    # A page that tells of a file too large is an answer of ours as well.
    return not kind.startswith(("application/problem", "text/html"))


def install(app: FastAPI, settings: WebSettings) -> None:
    """Put the outermost layer around the application and keep its metrics on ``app.state``."""
    app.state.metrics = Metrics()
    app.add_middleware(EdgeMiddleware, settings=settings, metrics=app.state.metrics)
