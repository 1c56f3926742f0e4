"""A season of a province: dossiers of real products, nine members each, and every result derived anew.

Everything goes through the services as requests do, against a fresh database on a server of its own::

    python bench/bench_season.py           # 500 dossiers x 9 members
    python bench/bench_season.py 50

Names come from the sample of real products; choices are drawn, the same each time. Afterwards every result
is derived again from its sheets, once by the application and once by arithmetic of this script's own, and
single records are changed behind the application's back to see whether exactly these are noticed.
"""

import asyncio
import csv
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from importlib import resources
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import make_url, select, text

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
from ocop_api.db import migrating
from ocop_api.db.base import uuid7
from ocop_api.db.session import Database
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.scoring import CouncilResult, ScoreSheet
from ocop_api.domain.actor import SYSTEM, Actor, Bound, Grant, Role
from ocop_api.domain.council import Office, RecusalReason
from ocop_api.domain.regimes import ProducerForm
from ocop_api.domain.rubric.classifying import classify
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.producers.schemas import ProducerCreate
from ocop_api.producers.service import ProducerService
from ocop_api.products.schemas import ProductCreate
from ocop_api.products.service import ProductService
from ocop_api.scoring.schemas.councils import CouncilCreate, MemberInput
from ocop_api.scoring.schemas.sessions import RecusalInput, SessionOpening, SessionPlan
from ocop_api.scoring.schemas.sheets import SheetDraftInput, SheetToSync
from ocop_api.scoring.service.councils import CouncilService
from ocop_api.scoring.service.opening import OpeningService
from ocop_api.scoring.service.planning import PlanningService
from ocop_api.scoring.service.recomputing import recompute_results
from ocop_api.scoring.service.rounds import RoundService
from ocop_api.scoring.service.sheets import SheetService
from ocop_api.scoring.service.syncing import SyncService
from ocop_api.seeding import seed_reference
from ocop_api.settings import DatabaseSettings, SecuritySettings, Settings

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
PROVINCE, COMMUNE = "34:68", "34:24611"
MEMBERS, AGENDA = 9, 25
LAWS = (("qd26-2026", "qd26-2026"), ("qd26-2026", "qd26-2026"), ("qd1489-2025", "qd148-2023"))
"""Regimes and their criteria, as a province that decides on 3 and 4 stars meets them."""

Choices = dict[str, int | dict[str, int]]


@dataclass
class Season:
    """What there is, and what this script knows about it by itself."""

    database: Database
    drawn: random.Random
    council_id: UUID = field(default_factory=uuid4)
    people: list[Actor] = field(default_factory=list)
    secretary: Actor = SYSTEM
    means: dict[UUID, Fraction] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)


def names(wanted: int) -> list[tuple[str, str]]:
    """Products and producers of the sample, numbered where the sample comes round again."""
    sample = resources.files("ocop_api.bulk").joinpath("samples/ocop_products_sample.csv")
    lines = sample.read_text(encoding="utf-8-sig").splitlines()
    rows = [(row["product_name"], row["producer"] or row["product_name"]) for row in csv.DictReader(lines)]
    turns = [(n // len(rows), rows[n % len(rows)]) for n in range(wanted)]
    return [
        (product, owner) if turn == 0 else (f"{product} {turn + 1}", f"{owner} {turn + 1}")
        for turn, (product, owner) in turns
    ]


async def set_up(season: Season) -> None:
    """Nine members, a secretary and their council."""
    async with season.database.transaction() as session:
        users = [
            await ensure_user(
                session,
                email=f"member{n}@example.vn",
                display_name=f"Thành viên {n}",
                password=None,
                grants=(),
                now=NOW,
                security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
            )
            for n in range(MEMBERS + 1)
        ]
        offices = [Office.CHAIR, Office.DEPUTY, *[Office.MEMBER] * (MEMBERS - 2), Office.SECRETARY]
        council = await CouncilService(session, SYSTEM, NOW).set_up(
            CouncilCreate(
                name="Hội đồng OCOP tỉnh",
                level="province",
                place_id=PROVINCE,
                decision_number="1/QĐ-UBND",
                decision_date=date(2026, 6, 1),
                members=[
                    MemberInput(user_id=user, office=office, name=f"Thành viên {n}")
                    for n, (user, office) in enumerate(zip(users, offices, strict=True))
                ],
            )
        )
    season.council_id = council.id
    roles = [Role.COUNCIL_MEMBER] * MEMBERS + [Role.COUNCIL_SECRETARY]
    actors = [
        Actor(user_id=user, grants=(Grant(role, Bound.COUNCIL, council_id=council.id),))
        for user, role in zip(users, roles, strict=True)
    ]
    season.people, season.secretary = actors[:MEMBERS], actors[MEMBERS]


async def lodge(season: Season, wanted: int) -> list[Dossier]:
    """Dossiers that lie with the council, each by the set that its product's name speaks for."""
    found: list[Dossier] = []
    for n, (product_name, owner) in enumerate(names(wanted)):
        regime, edition_code = LAWS[n % len(LAWS)]
        matches = classify(product_name, load_edition(edition_code), limit=1)
        set_number = matches[0].set_number if matches else 1 + n % 26
        async with season.database.transaction() as session:
            producer, _ = await ProducerService(session, SYSTEM, NOW).upsert(
                ProducerCreate(legal_form=ProducerForm.COOPERATIVE, name=owner[:200], place_id=COMMUNE)
            )
            product = await ProductService(session, SYSTEM, NOW).create(
                ProductCreate(producer_id=producer.id, name=f"{product_name} #{n}", set_number=set_number)
            )
            row = Dossier(
                id=uuid7(),
                product_id=product.id,
                producer_id=producer.id,
                kind="first",
                regime=regime,
                state="in_council",
                level="province",
                edition=edition_code,
                set_number=set_number,
                lodged_on=date(2026, 5, 25) if regime == "qd26-2026" else date(2026, 5, 10),
                product_code=f"68-24611-{n + 1}-2026",
                place_id=COMMUNE,
                area_path=[COMMUNE, PROVINCE],
                contents={},
                samples=5,
                version=1,
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(row)
        found.append(row)
    return found


def choices_of(dossier: Dossier, drawn: random.Random, generosity: int) -> tuple[Choices, Fraction]:
    """Drawn choices, and the points that the printed criteria give for them."""
    chosen: Choices = {}
    total = Fraction()
    criteria = load_edition(dossier.edition or "").criteria_set(dossier.set_number).criteria
    for code, criterion in criteria.items():
        case = 1 if criterion.cases else None
        options = [one for one in criterion.options if one.case == case]
        option = drawn.choice(options[-generosity:])
        chosen[code] = option.level if case is None else {"level": option.level, "case": case}
        total += Fraction(option.points)
    return chosen, total


async def hold(season: Season, dossiers: Sequence[Dossier]) -> None:
    """One session: plan, open, hand in by both ways, close, and again where the sheets lie too far apart."""
    database, drawn = season.database, season.drawn
    async with database.transaction() as session:
        planned = await PlanningService(session, season.secretary, NOW).plan(
            season.council_id,
            SessionPlan(held_on=NOW.date(), dossier_ids=[one.id for one in dossiers]),
        )
    recused = {one.id: drawn.randrange(1, MEMBERS) for one in dossiers if drawn.random() < 0.1}
    async with database.transaction() as session:
        await OpeningService(session, season.secretary, NOW).open(
            planned.id,
            SessionOpening(
                present=[user_of(one) for one in (*season.people, season.secretary)],
                recusals=[
                    RecusalInput(
                        user_id=user_of(season.people[who]), dossier_id=id_, reason=RecusalReason.ADVISER
                    )
                    for id_, who in recused.items()
                ],
                short_notice_reason="Đo thử.",
            ),
        )
    season.counts["recused"] += len(recused)
    waiting = list(dossiers)
    for number in (1, 2):
        sheets = {one.id: draw_sheets(season, one, recused.get(one.id), number) for one in waiting}
        await hand_in(season, planned.id, waiting, sheets, number)
        again: list[Dossier] = []
        for one in waiting:
            started = time.perf_counter()
            async with database.transaction() as session:
                result = await RoundService(session, season.secretary, NOW).close(
                    planned.id, one.id, "vi", without_missing=True
                )
            season.seconds["close"] += int((time.perf_counter() - started) * 1e6)
            season.counts["rounds"] += 1
            totals = [total for _, total in sheets[one.id].values()]
            if result.final:
                season.means[one.id] = sum(totals, Fraction()) / len(totals)
                season.counts[f"{result.star} stars"] += 1
            else:
                again.append(one)
        waiting = again
    season.counts["still apart"] += len(waiting)


def draw_sheets(
    season: Season, dossier: Dossier, recused: int | None, number: int
) -> dict[int, tuple[Choices, Fraction]]:
    """By member: what they choose. Seldom somebody is missing; in a second round all agree."""
    generosity = season.drawn.choice((1, 2, 2, 3, 9))
    same = choices_of(dossier, season.drawn, generosity)
    found: dict[int, tuple[Choices, Fraction]] = {}
    for who in range(MEMBERS):
        if who == recused or (who > 0 and season.drawn.random() < 0.02):
            continue
        own = dict(same[0])
        if number == 1:
            # Members differ in a few criteria, and sometimes in all.
            other, _ = choices_of(dossier, season.drawn, max(generosity, 2))
            differing = season.drawn.sample(list(own), 3 if season.drawn.random() < 0.97 else len(own))
            own.update({code: other[code] for code in differing})
        found[who] = (own, points_of(dossier, own))
    return found


def points_of(dossier: Dossier, choices: Choices) -> Fraction:
    """The points of choices, added up from the printed options."""
    criteria = load_edition(dossier.edition or "").criteria_set(dossier.set_number).criteria
    total = Fraction()
    for code, said in choices.items():
        level = said["level"] if isinstance(said, dict) else said
        total += Fraction(next(one for one in criteria[code].options if one.level == level).points)
    return total


async def hand_in(
    season: Season,
    session_id: UUID,
    dossiers: Sequence[Dossier],
    sheets: dict[UUID, dict[int, tuple[Choices, Fraction]]],
    number: int,
) -> None:
    """Every second member works without network and sends all sheets at once."""
    started = time.perf_counter()
    for who, actor in enumerate(season.people):
        mine = [(one.id, sheets[one.id][who][0]) for one in dossiers if who in sheets[one.id]]
        if who % 2:
            async with season.database.transaction() as session:
                sent = await SyncService(session, actor, NOW).sync(
                    session_id,
                    [
                        SheetToSync.model_validate(
                            {
                                "dossier_id": id_,
                                "round": number,
                                "choices": choices,
                                "submit": True,
                                "base_version": None if number == 1 else 1,
                            }
                        )
                        for id_, choices in mine
                    ],
                    "vi",
                )
            assert {one.outcome for one in sent} <= {"submitted"}, sent
        else:
            for id_, choices in mine:
                async with season.database.transaction() as session:
                    service = SheetService(session, actor, NOW)
                    draft = SheetDraftInput.model_validate({"choices": choices})
                    await service.save(session_id, id_, draft, _any_version, "vi")
                    await service.submit(session_id, id_, _any_version, "vi")
        season.counts["sheets"] += len(mine)
    season.seconds["hand in"] += int((time.perf_counter() - started) * 1e6)


def user_of(actor: Actor) -> UUID:
    """The person of an actor that has one."""
    assert actor.user_id is not None
    return actor.user_id


def _any_version(_stored: int) -> None:
    """Nobody else writes these drafts."""


async def check(season: Season) -> None:
    """Derive every result anew, twice; then change records and look who notices."""
    started = time.perf_counter()
    async with season.database.read() as session:
        found = [one async for one in recompute_results(session)]
    seconds = time.perf_counter() - started
    doubtful = [one for one in found if one.doubts]
    async with season.database.read() as session:
        stored = {one.dossier_id: one for one in await session.scalars(select(CouncilResult))}
    wrong = [id_ for id_, mean in season.means.items() if Fraction(stored[id_].mean or 0) != mean]
    print(f"results recomputed from their sheets: {len(found)}, in doubt: {len(doubtful)}")
    print(f"means by this script's own arithmetic: {len(season.means)}, differing: {len(wrong)}")
    sheets = sum(one.sheets for one in found)
    print(f"recomputing: {len(found) / seconds:.0f} results/s, {sheets / seconds:.0f} sheets/s")
    assert not doubtful
    assert not wrong
    assert len(found) == len(season.means)
    async with season.database.read() as session:
        some = list(await session.scalars(select(ScoreSheet.dossier_id).distinct().limit(12)))
    async with season.database.transaction() as session:
        await session.execute(text("set local session_replication_role = replica"))
        for id_ in some:
            await session.execute(
                text(
                    "update score_sheet set remarks = remarks || ' ' where id = (select id from score_sheet "
                    "where dossier_id = :id order by round_number desc, id limit 1)"
                ),
                {"id": id_},
            )
    async with season.database.read() as session:
        noticed = {one.dossier_id async for one in recompute_results(session) if one.doubts}
    print(f"dossiers with one changed sheet: {len(some)}, noticed: {len(noticed)}")
    assert noticed == set(some) & set(stored)


async def run(url: str, wanted: int) -> None:
    """Hold a season and check it."""
    database = Database(DatabaseSettings(url=url, pool_size=4, read_pool_size=4))
    season = Season(database, random.Random(20261128))  # noqa: S311 - the same season each time
    try:
        await set_up(season)
        dossiers = await lodge(season, wanted)
        started = time.perf_counter()
        for first in range(0, len(dossiers), AGENDA):
            await hold(season, dossiers[first : first + AGENDA])
        whole = time.perf_counter() - started
        print(f"{wanted} dossiers in {-(-wanted // AGENDA)} sessions:", dict(sorted(season.counts.items())))
        sheets = season.counts["sheets"] / (season.seconds["hand in"] / 1e6)
        rounds = season.counts["rounds"] / (season.seconds["close"] / 1e6)
        print(f"whole season {whole:.1f} s; handing in {sheets:.0f} sheets/s, closing {rounds:.0f} rounds/s")
        await check(season)
    finally:
        await database.close()


async def _create(url: str, name: str) -> None:
    database = Database(DatabaseSettings(url=url))
    try:
        async with database.write_engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f'create database "{name}"'))
    finally:
        await database.close()


def main(wanted: int) -> None:
    """Start a server, make a database, and hold the season in it."""
    server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="ocop-bench-")), durable=True, max_connections=50)
    server.start()
    try:
        name = f"bench_{uuid4().hex[:8]}"
        asyncio.run(_create(server.dsn("postgres"), name))
        url = make_url(server.dsn("postgres")).set(database=name).render_as_string(hide_password=False)
        migrating.upgrade(url)
        with tempfile.TemporaryDirectory() as storage:
            settings = Settings(mode="demo", data_dir=Path(storage), database=DatabaseSettings(url=url))
            asyncio.run(seed_reference(settings))
        asyncio.run(run(url, wanted))
    finally:
        server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
