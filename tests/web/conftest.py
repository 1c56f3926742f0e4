"""A small resource on top of the real plumbing, so that each rule of the edge shows by itself."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import Field
from sqlalchemy import text

from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.ledger.recording import record
from ocop_api.web.caller import Caller, Now
from ocop_api.web.conditional import IfMatch
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Input, Output, ShortText
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/things", "things")


class ThingCreate(Input):
    name: ShortText
    amount: int = Field(0)


class ThingRead(Output):
    name: str
    amount: int
    version: int


@router.post("", status_code=201)
async def create_thing(body: ThingCreate, session: WriteSession, caller: Caller, now: Now) -> ThingRead:
    await session.execute(text("create table if not exists thing (name text, amount bigint, version int)"))
    if body.name == "refused":
        raise RuleViolation("dossier.test_refusal")
    await session.execute(
        text("insert into thing values (:name, :amount, 1)"), {"name": body.name, "amount": body.amount}
    )
    await record(
        session, kind="thing.made", subject_type="thing", subject_id=body.name, actor=caller, at=now()
    )
    return ThingRead(name=body.name, amount=body.amount, version=1)


@router.get("/{name}")
async def read_thing(name: str, session: ReadSession) -> ThingRead:
    row = (await session.execute(text("select * from thing where name = :n"), {"n": name})).first()
    if row is None:
        raise NotFound("request.not_found")
    return ThingRead(name=row.name, amount=row.amount, version=row.version)


@router.put("/{name}")
async def replace_thing(name: str, body: ThingCreate, expected: IfMatch, session: WriteSession) -> ThingRead:
    row = (await session.execute(text("select * from thing where name = :n for update"), {"n": name})).one()
    expected.check(row.version)
    await session.execute(
        text("update thing set amount = :a, version = version + 1 where name = :n"),
        {"a": body.amount, "n": name},
    )
    return ThingRead(name=name, amount=body.amount, version=row.version + 1)


@router.get("/by-id/{thing_id}")
async def by_id(thing_id: UUID, session: ReadSession) -> ThingRead:
    await session.execute(text("insert into thing values ('written', 1, 1)"))
    raise AssertionError(str(thing_id))


@pytest.fixture
async def app(app: FastAPI) -> FastAPI:
    app.include_router(router)
    return app
