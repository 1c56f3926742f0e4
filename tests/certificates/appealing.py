"""A dossier rated by one council, a producer who appeals, and a second council that examines it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from tests.conftest import MovableClock
from tests.scoring.conftest import COFFEE, EDITION, PROVINCE, World, area_actor

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.domain.rubric.edition import load_edition

Headers = dict[str, str]
SEATS = ("chair", "member", "secretary")


def choices_of(points: int, star: int) -> dict[str, int]:
    """The least that keeps the minimums of a star, raised until exactly so many points are reached."""
    criteria = load_edition(EDITION).criteria_set(COFFEE).criteria
    chosen = {
        code: max((o.level for o in one.options if o.min_star and o.min_star <= star), default=1)
        for code, one in criteria.items()
    }

    def total() -> int:
        return int(
            sum(
                next(o.points for o in criteria[code].options if o.level == level and o.case in {None, 1})
                for code, level in chosen.items()
            )
        )

    for code, one in criteria.items():
        for option in one.options:
            before = chosen[code]
            if option.level > before:
                chosen[code] = option.level
                if total() > points:
                    chosen[code] = before
    assert total() == points
    return chosen


SHEETS = {stars: choices_of(points, stars) for stars, points in ((2, 40), (3, 60), (4, 80), (5, 95))}
"""Choices by the stars they come to."""


@dataclass
class Bench:
    """A council: who sits on it, in the order of the seats."""

    id: str
    people: list[UUID]


@dataclass
class Matter(World):
    """Everybody around one appeal, and the requests they make."""

    clock: MovableClock
    dossier_row: Dossier | None = None
    producer: Headers = field(default_factory=dict)
    first: Bench | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.leader = self.as_actor(area_actor(Role.LEADER))

    @property
    def file(self) -> Dossier:
        assert self.dossier_row is not None
        return self.dossier_row

    async def bench(
        self,
        number: str,
        people: Sequence[UUID] = (),
        *,
        level: str = "province",
        place_id: str | None = PROVINCE,
        **rules: Any,
    ) -> Bench:
        """Set up a council of a chair, a member and a secretary; its people are new unless given."""
        seated = list(people) or [await self.user(f"{office}.{number}") for office in SEATS]
        officer = self.officer
        if level != "province" or place_id != PROVINCE:
            grant = Grant(
                Role.OFFICER,
                Bound.EVERYWHERE if place_id is None else Bound.AREA,
                level=Level(level),
                place_id=place_id,
            )
            officer = self.as_actor(Actor(user_id=uuid4(), grants=(grant,)))
        answer = await self.client.post(
            "/v1/councils",
            json={
                "name": f"Hội đồng số {number}",
                "level": level,
                "place_id": place_id,
                "decision_number": f"{number}/QĐ-UBND",
                "decision_date": "2026-06-01",
                "members": self.seats(seated),
                "rules": rules,
            },
            headers=officer,
        )
        assert answer.status_code == 201, answer.text
        return Bench(answer.json()["id"], seated)

    @staticmethod
    def seats(people: Sequence[UUID]) -> list[dict[str, str]]:
        return [
            {"user_id": str(user), "office": office, "name": office}
            for user, office in zip(people, SEATS, strict=True)
        ]

    async def reseat(self, bench: Bench, people: Sequence[UUID]) -> None:
        """Give a council other people."""
        answer = await self.client.patch(
            f"/v1/councils/{bench.id}",
            json={"members": self.seats(people)},
            headers=self.officer | {"If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text
        bench.people = list(people)

    def sit(self, bench: Bench) -> None:
        """Let the requests of sessions come from this council from now on."""
        self.council, self.users = {"id": bench.id}, bench.people
        for user, office in zip(bench.people, SEATS, strict=True):
            self.seat_headers(user, bench.id, office)

    def speaks(self, bench: Bench, seat: int = 0) -> Headers:
        """Headers of the chair of a council, or of whoever holds another seat."""
        self.sit(bench)
        return self.headers[bench.people[seat]]

    async def rate(self, bench: Bench, stars: int) -> dict[str, Any]:
        """Hold one session of a council on the dossier that comes to so many stars."""
        # Sessions and decisions are told apart by their time.
        self.clock.move(minutes=1)
        self.sit(bench)
        session_id = await self.opened(self.file)
        for user in bench.people[:-1]:
            handed_in = await self.hand_in(session_id, self.file, user, SHEETS[stars])
            assert handed_in.status_code == 200, handed_in.text
        closed = await self.close(session_id, self.file)
        assert closed.status_code == 200, closed.text
        result: dict[str, Any] = closed.json()
        assert result["star"] == stars, result["explanation"]
        return result

    async def begin(self, stars: int, **rules: Any) -> None:
        """A dossier of a producer, rated by the first council."""
        await self.filed()
        self.first = await self.bench("1", **rules)
        await self.rate(self.first, stars)

    async def filed(self, **changes: Any) -> None:
        """A dossier and its producer."""
        self.dossier_row = await self.dossier(product_code="68-24611-7-2026", **changes)
        grant = Grant(Role.PRODUCER, Bound.PRODUCER, producer_id=self.file.producer_id)
        self.producer = self.as_actor(Actor(user_id=uuid4(), name="Chủ thể", grants=(grant,)))

    async def issue(self, number: str = "11/QĐ-UBND") -> httpx.Response:
        return await self.client.post(
            "/v1/certificates",
            json={
                "dossier_id": str(self.file.id),
                "decision_number": number,
                "decided_on": (self.clock() + timedelta(hours=7)).date().isoformat(),
                "signed_by_title": "Chủ tịch",
            },
            headers=self.leader,
        )

    async def recognised(self, stars: int = 3, **rules: Any) -> dict[str, Any]:
        """A dossier that was recognised by the first council's result; gives its certificate."""
        await self.begin(stars, **rules)
        issued = await self.issue()
        assert issued.status_code == 201, issued.text
        certificate: dict[str, Any] = issued.json()
        return certificate

    async def act(self, action: str, headers: Headers, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/dossiers/{self.file.id}/{action}", json=body, headers=headers)

    async def read(self, headers: Headers) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/dossiers/{self.file.id}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def lodge(self, headers: Headers | None = None, **changes: Any) -> httpx.Response:
        body = {"grounds": "Hội đồng bỏ sót chứng nhận VietGAP.", **changes}
        return await self.client.post(
            f"/v1/dossiers/{self.file.id}/appeals", json=body, headers=headers or self.producer
        )

    async def lodged(self, **changes: Any) -> str:
        answer = await self.lodge(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def take(self, appeal_id: str, action: str, headers: Headers, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/appeals/{appeal_id}/{action}", json=body, headers=headers)

    async def done(self, appeal_id: str, action: str, headers: Headers, **body: Any) -> dict[str, Any]:
        answer = await self.take(appeal_id, action, headers, **body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def accept(self, appeal_id: str, panel: Bench) -> httpx.Response:
        due = (self.clock() + timedelta(days=20)).date().isoformat()
        return await self.take(appeal_id, "accept", self.officer, panel_id=panel.id, report_due_on=due)

    async def accepted(self, panel: Bench, **changes: Any) -> str:
        appeal_id = await self.lodged(**changes)
        answer = await self.accept(appeal_id, panel)
        assert answer.status_code == 200, answer.text
        return appeal_id

    async def report(self, appeal_id: str, headers: Headers, **changes: Any) -> httpx.Response:
        body = {"finding": "founded", "recommendation": "rescore", "summary": "Có căn cứ.", "criteria": []}
        return await self.take(appeal_id, "report", headers, **body | changes)

    async def reported(self, panel: Bench, **changes: Any) -> str:
        appeal_id = await self.accepted(panel)
        answer = await self.report(appeal_id, self.speaks(panel), **changes)
        assert answer.status_code == 200, answer.text
        return appeal_id

    async def decide(
        self, appeal_id: str, verdict: str = "upheld", headers: Headers | None = None, **changes: Any
    ) -> httpx.Response:
        body = {
            "verdict": verdict,
            "decision_number": "21/QĐ-UBND",
            "decided_on": (self.clock() + timedelta(hours=7)).date().isoformat(),
            "reason": "Theo kết luận của hội đồng xem xét kiến nghị.",
        }
        return await self.take(appeal_id, "decide", headers or self.leader, **body | changes)

    async def upheld(self, panel: Bench) -> str:
        appeal_id = await self.reported(panel)
        self.clock.move(minutes=1)
        answer = await self.decide(appeal_id)
        assert answer.status_code == 200, answer.text
        return appeal_id

    async def appeal(self, appeal_id: str, headers: Headers) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/appeals/{appeal_id}", headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
