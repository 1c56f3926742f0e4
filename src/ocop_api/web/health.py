"""Is it alive, is it ready, what does it count: for orchestrators and monitoring, outside ``/v1``."""

import asyncpg
from fastapi import FastAPI, Request
from prometheus_client import generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ocop_api.db.session import Database


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def _readyz(request: Request) -> Response:
    database: Database = request.app.state.database
    checks = {"database": "ok", "migrations": "ok"}
    try:
        stored = await database.fast.fetchval("select version_num from alembic_version", timeout=3)
    except asyncpg.UndefinedTableError:
        checks["migrations"] = "missing"
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        checks["database"] = "unreachable"
        checks["migrations"] = "unknown"
    else:
        if stored != request.app.state.head_revision:
            checks["migrations"] = "pending"
    ready = all(value == "ok" for value in checks.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status_code=200 if ready else 503,
        headers={"Cache-Control": "no-store"},
    )


async def _metrics(request: Request) -> Response:
    content = generate_latest(request.app.state.metrics.registry)
    return PlainTextResponse(content, headers={"Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Serve ``/healthz``, ``/readyz`` and ``/metrics``."""
    app.add_route("/healthz", _healthz, include_in_schema=False)
    app.add_route("/readyz", _readyz, include_in_schema=False)
    app.add_route("/metrics", _metrics, include_in_schema=False)
