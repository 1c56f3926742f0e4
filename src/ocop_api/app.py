"""The application: the only place where routers, handlers, adapters and pools are put together."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

import ocop_api.db.tables  # noqa: F401 - constraint names are looked up in the metadata
from ocop_api.accounts.authentication import authenticate
from ocop_api.adapters.object_store import folder_store
from ocop_api.db.migrating import head_revision
from ocop_api.db.session import Database
from ocop_api.domain.actor import Actor
from ocop_api.settings import Clock, Settings, utc_now
from ocop_api.web import health, middleware, openapi, problems

DESCRIPTION = "Backend of a province's OCOP programme (Mỗi xã một sản phẩm)."
FEATURES = (
    "accounts",
    "places",
    "ledger",
    "producers",
    "products",
    "documents",
    "notifications",
    "webhooks",
    "dossiers",
    "scoring",
    "certificates",
    "traceability",
    "listings",
    "programme",
    "bulk",
)


def _routers() -> list[APIRouter]:
    found: list[APIRouter] = []
    for feature in FEATURES:
        try:
            module = importlib.import_module(f"ocop_api.{feature}.router")
        except ModuleNotFoundError as error:
            if not str(error.name).startswith(f"ocop_api.{feature}"):
                raise
            continue
        found.extend(module.routers)
    return found


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """Build the application for these settings; ``clock`` may replay any date."""
    database = Database(settings.database)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        yield
        await database.close()

    app = FastAPI(
        title="OCOP API",
        version="0.1.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.object_store = folder_store(settings.storage.root)
    app.state.head_revision = head_revision()

    async def authenticated(token: str) -> Actor:
        return await authenticate(database.fast, token, clock())

    app.state.authenticate = authenticated
    problems.install(app)
    health.install(app)
    for router in _routers():
        app.include_router(router)
    openapi.install(app)
    if settings.web.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.web.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"],
            expose_headers=["ETag", "Location", "X-Request-Id", "Link", "Retry-After", "Idempotent-Replayed"],
            max_age=600,
        )
    middleware.install(app, settings.web)
    return app
