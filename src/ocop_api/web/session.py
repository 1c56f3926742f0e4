"""One request = one transaction, closed at the edge; reads go to connections that cannot write."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.session import Database
from ocop_api.web import idempotency
from ocop_api.web.caller import Visitor


def database_of(request: Request) -> Database:
    """The pools of this process."""
    database: Database = request.app.state.database
    return database


async def _open_write(request: Request, actor: Visitor) -> AsyncIterator[AsyncSession]:
    async with database_of(request).write() as session:
        await idempotency.claim(session, request, actor)
        # The route class stores an idempotent answer in this very transaction.
        request.scope["ocop.session"] = session
        yield session
        await session.commit()


async def _open_read(request: Request) -> AsyncIterator[AsyncSession]:
    async with database_of(request).read() as session:
        yield session


def _fast_pool(request: Request) -> Any:
    return database_of(request).fast


# Scope "function": the default scope would send the answer before the commit runs, and a commit that
# fails would be lost behind a success.
WriteSession = Annotated[AsyncSession, Depends(_open_write, scope="function")]
"""A transaction that commits after the handler returns and before the answer is sent."""

ReadSession = Annotated[AsyncSession, Depends(_open_read, scope="function")]
"""A session on which PostgreSQL refuses writes."""

# asyncpg's pool is generic for the type checker only; the framework evaluates annotations at run time.
FastPool = Annotated[asyncpg.Pool, Depends(_fast_pool)]
"""The asyncpg pool of the hot public reads (read-only)."""
