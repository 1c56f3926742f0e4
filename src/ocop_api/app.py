"""The application: the only place where routers, handlers, adapters and pools are put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

import ocop_api.db.tables  # noqa: F401 - constraint names are looked up in the metadata
from ocop_api.accounts import router as accounts
from ocop_api.accounts.api_keys import KeyUses
from ocop_api.accounts.authentication import authenticate
from ocop_api.adapters.object_store import store_for
from ocop_api.adapters.oidc import Issuers
from ocop_api.assessments import router as assessments
from ocop_api.bulk import router as bulk
from ocop_api.certificates import router as certificates
from ocop_api.certificates.numbering import number_schemes
from ocop_api.db.migrating import head_revision
from ocop_api.db.session import Database
from ocop_api.documents import router as documents
from ocop_api.domain.actor import Actor
from ocop_api.dossiers import router as dossiers
from ocop_api.inspections import router as inspections
from ocop_api.ledger import router as ledger
from ocop_api.listings import router as listings
from ocop_api.notifications import router as notifications
from ocop_api.office_days import router as office_days
from ocop_api.places import router as places
from ocop_api.producers import router as producers
from ocop_api.products import router as products
from ocop_api.programme import router as programme
from ocop_api.scoring import router as scoring
from ocop_api.settings import Clock, Settings, utc_now
from ocop_api.traceability import router as traceability
from ocop_api.web import health, middleware, openapi, problems
from ocop_api.web.exporting.answering import Gate
from ocop_api.web.ratelimit import limiters_for
from ocop_api.webhooks import router as webhooks

DESCRIPTION = "Backend of a province's OCOP programme (Mỗi xã một sản phẩm)."
ROUTERS: tuple[APIRouter, ...] = (
    *accounts.routers,
    *places.routers,
    *office_days.routers,
    *ledger.routers,
    *producers.routers,
    *products.routers,
    *documents.routers,
    *notifications.routers,
    *webhooks.routers,
    *assessments.routers,
    *dossiers.routers,
    *scoring.routers,
    *certificates.routers,
    *inspections.routers,
    *traceability.routers,
    *listings.routers,
    *programme.routers,
    *bulk.routers,
)


@cache
def _operations() -> tuple[BaseRoute, ...]:
    """The routes of all features, which hold no state; analysing hundreds of them again takes 0.2 s."""
    every = APIRouter(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        every.include_router(router)
    return tuple(every.routes)


def create_app(settings: Settings, clock: Clock = utc_now) -> FastAPI:
    """Build the application for these settings; ``clock`` may replay any date."""
    database = Database(settings.database)
    key_uses = KeyUses(database)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await database.open()
        yield
        await key_uses.settle()
        await app.state.issuers.close()
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
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.object_store = store_for(settings.storage)
    app.state.exports = Gate(settings.web.exports_at_once)
    app.state.limiters = limiters_for(settings.web)
    app.state.issuers = Issuers(settings.oidc)
    app.state.number_schemes = number_schemes(settings)
    app.state.head_revision = head_revision()

    async def authenticated(token: str) -> Actor:
        return await authenticate(database.fast, token, clock(), key_uses.note)

    app.state.authenticate = authenticated
    app.state.key_uses = key_uses
    problems.install(app)
    health.install(app)
    app.router.routes.extend(_operations())
    openapi.install(app)
    if settings.web.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.web.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"],
            expose_headers=[
                "ETag",
                "Location",
                "X-Request-Id",
                "Link",
                "Retry-After",
                "Idempotent-Replayed",
                "RateLimit",
                "RateLimit-Policy",
            ],
            max_age=600,
        )
    middleware.install(app, settings.web)
    return app
