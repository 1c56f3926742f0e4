"""Walking a dossier through its procedure with everybody watching: offices, leaders, councils, strangers."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, product
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from tests.domain.test_every_transition import LAWS, said

from ocop_api.accounts.provisioning import ensure_user
from ocop_api.demo.rating import sheet
from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role
from ocop_api.domain.dossier import Action, DossierKind, State
from ocop_api.settings import SecuritySettings

from .conftest import Headers, Trade, area_actor, central_actor

ELSEWHERE = {"propose", "recognise"}


class Told(NamedTuple):
    """Whose a step is, and where it leads."""

    party: str
    state: str
    level: str


@dataclass(frozen=True)
class Person:
    """Somebody around the file: the parties they speak for, and the level where they do."""

    headers: Headers
    parties: frozenset[str] = frozenset()
    level: str | None = None
    sees: bool = True


def official(
    as_actor: Callable[[Actor], Headers], role: Role, place_id: str, level: Level, *, sees: bool = True
) -> Person:
    """Somebody of an area; ``sees`` says whether the file lies in it."""
    headers = as_actor(area_actor(role, place_id, level))
    return Person(headers, _speaks(role) if sees else frozenset(), level.value, sees=sees)


def of_the_centre(as_actor: Callable[[Actor], Headers], role: Role) -> Person:
    """Somebody of the ministry."""
    return Person(as_actor(central_actor(role)), _speaks(role), "central")


def _speaks(role: Role) -> frozenset[str]:
    words = {Role.OFFICER: ("office", "advisory_group"), Role.LEADER: ("authority",)}
    return frozenset(words.get(role, ()))


@dataclass
class Panel:
    """A council of two who score and a secretary."""

    council_id: str
    seats: list[tuple[UUID, Headers]]
    level: str

    @property
    def secretary(self) -> Headers:
        """Plans, opens and closes."""
        return self.seats[-1][1]


@dataclass
class Walk:
    """One dossier on its way; every step is looked at by everybody in ``people``."""

    trade: Trade
    clock: Any
    as_actor: Callable[[Actor], Headers]
    people: dict[str, Person]
    dossier: dict[str, Any] = field(default_factory=dict)
    trail: list[tuple[str, str, str]] = field(default_factory=list)
    """Action, where it led (``state@level``) and the party, as the history must have them."""
    sitting: Panel | None = None
    """The council that sees the file now."""

    @property
    def url(self) -> str:
        """Address of the dossier."""
        return f"/v1/dossiers/{self.dossier['id']}"

    async def begin(self, dossier: dict[str, Any], producer: Headers) -> None:
        """Take a file that has just been lodged."""
        self.dossier = dossier
        self.people["producer"] = Person(producer, frozenset({"producer"}))
        self.trail.append(("lodge", f"lodged@{dossier['level']}", "producer"))
        assert dossier["state"] == "lodged"
        await self.look(due=None)

    async def step(
        self, action: str, who: str, to: str, *, due: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """Let everybody who may not take a step try it, then whoever may; look at the file afterwards."""
        row = self._stated()[(self.dossier["state"], self.dossier["level"], action.replace("-", "_"))]
        for name, person in self._watchers().items():
            entitled = row.party in person.parties and person.level in {None, self.dossier["level"]}
            if entitled:
                continue
            answer = await self.trade.act(self.dossier["id"], action, person.headers, **body)
            wanted = (403, "dossier.not_the_acting_party") if person.sees else (404, "dossier.unknown")
            assert (answer.status_code, answer.json()["code"]) == wanted, (name, action, answer.text)
        self.dossier = await self.trade.done(self.dossier["id"], action, self.people[who].headers, **body)
        assert f"{self.dossier['state']}@{self.dossier['level']}" == to
        assert (row.state, row.level) == (self.dossier["state"], self.dossier["level"])
        if self.sitting is not None and self.sitting.level != row.level:
            self.sitting = None
        self.trail.append((action.replace("-", "_"), to, row.party))
        await self.look(due=due)
        return self.dossier

    async def look(self, *, due: str | None) -> None:
        """Everybody reads the file: one state for all, to each the own actions, to strangers nothing.

        ``due`` is the last day it has to show; None leaves that to the tests of clocks.
        """
        facts = ("state", "level", "due_on", "version", "star", "points", "received_on")
        for name, person in self._watchers().items():
            answer = await self.trade.client.get(self.url, headers=person.headers)
            if not person.sees:
                assert (answer.status_code, answer.json()["code"]) == (404, "dossier.unknown"), name
                continue
            assert answer.status_code == 200, (name, answer.text)
            seen = answer.json()
            assert [seen[f] for f in facts] == [self.dossier[f] for f in facts], name
            assert {one["action"] for one in seen["allowed_actions"]} == self.own(person), name
            for one in seen["allowed_actions"]:
                slug = one["action"].replace("_", "-")
                path = None if one["action"] in ELSEWHERE else f"{self.url}/{slug}"
                assert (one["path"], one["party"] in person.parties) == (path, True)
        assert due in {None, self.dossier["due_on"]}, (
            self.trail[-1],
            self.dossier["due_on"],
            self.dossier["due_basis"],
        )

    def own(self, person: Person) -> set[str]:
        """What the procedure gives a person to do where the file lies.

        Reopening is nobody's to choose: it comes with the decision on an appeal.
        """
        return {
            action
            for (state, level, action), row in self._stated().items()
            if (state, level) == (self.dossier["state"], self.dossier["level"])
            and action != "reopen"
            and row.party in person.parties
            and person.level in {None, level}
        }

    async def check_history(self) -> list[dict[str, Any]]:
        """The history is the trail, without a gap, each step beginning where the last one ended."""
        answer = await self.trade.client.get(
            f"{self.url}/history?limit=100", headers=self.people["producer"].headers
        )
        steps: list[dict[str, Any]] = answer.json()["items"]
        assert [
            (step["action"], f"{step['to_state']}@{step['to_level']}", step["party"]) for step in steps
        ] == self.trail
        check_chain(steps)
        # Every step cites the version that whoever took it had before them.
        lodged = [step["action"] in {"lodge", "resubmit"} for step in steps]
        assert [step["version_number"] for step in steps] == list(accumulate(lodged))
        return steps

    async def convene(self, level: str, place_id: str | None, officer: str) -> Panel:
        """Set up a council over HTTP, with people who have accounts."""
        seats = []
        for office in ("chair", "member", "secretary"):
            async with self.trade.database.transaction() as session:
                user_id = await ensure_user(
                    session,
                    email=f"{office}.{level}.{uuid4().hex}@example.org",
                    display_name=office,
                    password=None,
                    grants=(),
                    now=self.clock(),
                    security=SecuritySettings(argon2_time_cost=1, argon2_memory_kib=8),
                )
            seats.append((user_id, office))
        answer = await self.trade.client.post(
            "/v1/councils",
            json={
                "name": f"Hội đồng {level}",
                "level": level,
                "place_id": place_id,
                "decision_number": f"{uuid4().int % 10**6}/QĐ-UBND",
                "decision_date": (self.clock() - timedelta(days=1)).date().isoformat(),
                "members": [{"user_id": str(u), "office": o, "name": o} for u, o in seats],
            },
            headers=self.people[officer].headers,
        )
        assert answer.status_code == 201, answer.text
        council_id = answer.json()["id"]
        signed_in = []
        for user_id, office in seats:
            role = Role.COUNCIL_SECRETARY if office == "secretary" else Role.COUNCIL_MEMBER
            grant = Grant(role, Bound.COUNCIL, council_id=UUID(council_id))
            signed_in.append((user_id, self.as_actor(Actor(user_id=user_id, grants=(grant,)))))
        return Panel(council_id, signed_in, level)

    async def rate(
        self, panel: Panel, points: int, star: int, *, due: str | None = None, form: str = "meeting"
    ) -> dict[str, Any]:
        """Hold one session on the file: sheets of about ``points``, a closed round, a proposal."""
        level = self.dossier["level"]
        session_id = await self.opened(panel, form)
        self.sitting = panel
        self.dossier = await self.trade.read(self.dossier["id"], self.people["producer"].headers)
        await self.look(due=due)
        result = await self.scored(panel, session_id, points, points)
        assert (result["final"], result["star"]) == (True, star), result["explanation"]
        self.dossier = await self.trade.read(self.dossier["id"], self.people["producer"].headers)
        assert (self.dossier["state"], self.dossier["level"]) == ("awaiting_decision", level)
        assert self.dossier["star"] == star
        self.trail.append(("propose", f"awaiting_decision@{level}", "council"))
        await self.look(due=due)
        return result

    async def scored(self, panel: Panel, session_id: str, *points: int) -> dict[str, Any]:
        """Let each member hand in a sheet of about so many points, and close the round."""
        edition, number = self.dossier["edition"], self.dossier["set_number"]
        criteria = (await self.trade.client.get(f"/v1/editions/{edition}/sets/{number}")).json()
        desk = f"/v1/sessions/{session_id}/dossiers/{self.dossier['id']}"
        for (_, headers), wanted in zip(panel.seats[:-1], points, strict=True):
            saved = await self.trade.client.put(
                f"{desk}/sheet",
                json={"choices": sheet(criteria, wanted)},
                headers=headers | {"If-Match": "*"},
            )
            assert saved.status_code == 200, saved.text
            handed_in = await self.trade.client.post(f"{desk}/sheet/submit", headers=headers)
            assert handed_in.status_code == 200, handed_in.text
        closed = await self.trade.client.post(f"{desk}/close-round", json={}, headers=panel.secretary)
        assert closed.status_code == 200, closed.text
        result: dict[str, Any] = closed.json()
        return result

    async def recognise(self, who: str, stars: int, *, others: Iterable[str] = ()) -> dict[str, Any]:
        """Issue the certificate; ``others`` try it before, in vain."""
        row = self._stated()[(self.dossier["state"], self.dossier["level"], "recognise")]
        body = {
            "dossier_id": self.dossier["id"],
            "decision_number": "77/QĐ-UBND",
            "decided_on": self.clock().date().isoformat(),
            "signed_by_title": "Chủ tịch",
        }
        for name in others:
            headers = self.people[name].headers
            answer = await self.trade.client.post("/v1/certificates", json=body, headers=headers)
            assert answer.status_code == (403 if self.people[name].sees else 404), (name, answer.text)
        answer = await self.trade.client.post("/v1/certificates", json=body, headers=self.people[who].headers)
        assert answer.status_code == 201, answer.text
        certificate: dict[str, Any] = answer.json()
        assert certificate["stars"] == stars
        self.dossier = await self.trade.read(self.dossier["id"], self.people["producer"].headers)
        self.trail.append(("recognise", f"recognised@{row.level}", "authority"))
        assert (self.dossier["state"], self.dossier["level"]) == ("recognised", row.level)
        await self.look(due=None)
        return certificate

    async def opened(self, panel: Panel, form: str) -> str:
        """Plan and open a session on the file; the law has to provide for this form of it."""
        planned = await self.trade.client.post(
            f"/v1/councils/{panel.council_id}/sessions",
            json={"held_on": self.clock().date().isoformat(), "dossier_ids": [self.dossier["id"]]},
            headers=panel.secretary,
        )
        assert planned.status_code == 201, planned.text
        assert planned.json()["form"] == form
        session_id = str(planned.json()["id"])
        opened = await self.trade.client.post(
            f"/v1/sessions/{session_id}/open",
            json={"present": [str(u) for u, _ in panel.seats], "short_notice_reason": "Họp ngay trong ngày."}
            if form == "meeting"
            else {},
            headers=panel.secretary,
        )
        assert opened.status_code == 200, opened.text
        assert opened.json()["dossiers"][0]["version_number"] == self.trail_versions()
        return session_id

    def trail_versions(self) -> int:
        """How many times the file was lodged or sent in again."""
        return sum(action in {"lodge", "resubmit"} for action, _, _ in self.trail)

    def _stated(self) -> dict[tuple[str, str, str], Told]:
        law, kind = LAWS[self.dossier["regime"]], DossierKind(self.dossier["kind"])
        return {
            (state, level, action): Told(found[0], found[2], found[3])
            for state, level, action in product(State, Level, Action)
            if (found := said(law, kind, state, level, action)) is not None
        }

    def _watchers(self) -> dict[str, Person]:
        if self.sitting is None:
            return self.people
        secretary = Person(self.sitting.secretary, frozenset({"council"}), self.sitting.level)
        member = Person(self.sitting.seats[0][1], frozenset(), self.sitting.level)
        return {**self.people, "secretary": secretary, "member": member}


def check_chain(steps: Collection[dict[str, Any]]) -> None:
    """Ordinals from 1 without a gap, and each step begins where the one before it ended."""
    assert [step["ordinal"] for step in steps] == list(range(1, len(steps) + 1))
    ends = [("draft", next(iter(steps))["from_level"])] if steps else []
    for step in steps:
        assert (step["from_state"], step["from_level"]) == ends[-1]
        ends.append((step["to_state"], step["to_level"]))
