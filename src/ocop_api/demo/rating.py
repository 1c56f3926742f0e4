"""A dossier from draft to decision, under whatever law holds on the day."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ocop_api.demo.cast import COUNCIL
from ocop_api.demo.stage import Stage

Choices = dict[str, Any]


def criteria_of(criteria_set: dict[str, Any]) -> list[dict[str, Any]]:
    """All criteria of a set as the API gives it."""
    return [c for part in criteria_set["parts"] for group in part["groups"] for c in group["criteria"]]


def sheet(criteria_set: dict[str, Any], points: int) -> Choices:
    """Choices that come to about ``points``: the best of everything, then less where no star is marked."""
    chosen: dict[str, dict[str, Any]] = {}
    for criterion in criteria_of(criteria_set):
        options = [o for o in criterion["options"] if o["case"] in {None, 1}]
        chosen[criterion["code"]] = max(options, key=lambda o: (Decimal(o["points"]), o["level"]))
    total = sum(Decimal(o["points"]) for o in chosen.values())
    for criterion in reversed(criteria_of(criteria_set)):
        best = chosen[criterion["code"]]
        options = [o for o in criterion["options"] if o["case"] == best["case"]]
        # Below an option that a star asks for nothing is given away, so only the points decide here.
        least = max((o["level"] for o in options if o["min_star"] in {3, 4}), default=1)
        for option in sorted(options, key=lambda o: o["level"]):
            drop = Decimal(best["points"]) - Decimal(option["points"])
            if option["level"] >= least and 0 < drop <= total - points:
                chosen[criterion["code"]] = option
                total -= drop
                break
    return {
        code: {"case": o["case"], "level": o["level"]} if o["case"] else o["level"]
        for code, o in chosen.items()
    }


@dataclass(frozen=True, slots=True)
class Rated:
    """What a council said of a dossier."""

    dossier: dict[str, Any]
    result: dict[str, Any]


async def convene(stage: Stage, officer: str, level: str, place_id: str | None, name: str) -> dict[str, Any]:
    """Set up a council of five and a secretary."""
    people = {who: await stage.get("/v1/me", who) for who in (*COUNCIL, "thuky")}
    offices = ["chair", "deputy", "member", "member", "member", "secretary"]
    members = [
        {"user_id": person["id"], "office": office, "name": person["display_name"]}
        for person, office in zip(people.values(), offices, strict=True)
    ]
    council: dict[str, Any] = await stage.post(
        "/v1/councils",
        officer,
        {
            "name": name,
            "level": level,
            "place_id": place_id,
            "decision_number": "101/QĐ-UBND",
            "decision_date": stage.clock().date().isoformat(),
            "members": members,
        },
    )
    stage.tokens.clear()  # the new roles count at once; signing in again shows it
    return council


async def score(
    stage: Stage,
    council: dict[str, Any],
    officer: str,
    dossier_id: str,
    points: list[int],
    *,
    recused: int | None = None,
) -> dict[str, Any]:
    """One session on one dossier: sealed sheets, rounds, consolidation; gives the closed result."""
    dossier = await stage.get(f"/v1/dossiers/{dossier_id}", officer)
    path = f"/v1/editions/{dossier['edition']}/sets/{dossier['set_number']}"
    criteria_set = await stage.get(path)
    seats = {m["name"]: m["user_id"] for m in council["members"]}
    session = await stage.post(
        f"/v1/councils/{council['id']}/sessions",
        "thuky",
        {"held_on": stage.clock().date().isoformat(), "dossier_ids": [dossier_id]},
    )
    recusals = []
    if recused is not None:
        user_id = seats[f"Thành viên hội đồng {recused + 1}"]
        recusals = [{"user_id": user_id, "dossier_id": dossier_id, "reason": "adviser"}]
        stage.tell(f"Member {recused + 1} advised the producer and is recused: out of quorum and mean.")
    await stage.post(
        f"/v1/sessions/{session['id']}/open",
        "thuky",
        {
            "present": list(seats.values()),
            "recusals": recusals,
            "short_notice_reason": "Các thành viên đã thống nhất họp ngay trong ngày.",
        },
    )
    desk = f"/v1/sessions/{session['id']}/dossiers/{dossier_id}"
    voters = [who for n, who in enumerate(COUNCIL) if n != recused]
    for number in (1, 2):
        for who, wanted in zip(voters, points, strict=False):
            # In the second round the outlier has been talked to.
            mark = wanted if number == 1 else sorted(points)[len(points) // 2]
            body = {"choices": sheet(criteria_set, mark), "remarks": f"Phiếu của {who}"}
            headers = {}
            if number > 1:
                # The second round starts from a draft of the member's own sheet, which has an ETag.
                own = await stage.ask("GET", f"{desk}/sheet", who=who)
                headers = {"If-Match": own.headers["etag"]}
            await stage.ask("PUT", f"{desk}/sheet", who=who, body=body, headers=headers)
            await stage.post(f"{desk}/sheet/submit", who)
        if number == 1:
            peek = await stage.ask("GET", f"{desk}/result", who="thuky", expect=404)
            stage.tell(f"Before the round closes nobody sees a score: [dim]{peek.json()['detail']}[/]")
        closed = await stage.post(f"{desk}/close-round", "thuky", {})
        if not closed["new_round_needed"]:
            break
        stage.tell("The sheets lie more than 10 points apart: the old ones are kept, a new round opens.")
    result: dict[str, Any] = await stage.get(f"{desk}/result", "thuky")
    return result


async def lodge(stage: Stage, who: str, product_id: str, set_number: int, facts: dict[str, Any]) -> str:
    """Draft a dossier, fill it in, and lodge it; gives its id."""
    draft = await stage.ask(
        "POST",
        "/v1/dossiers",
        who=who,
        body={"product_id": product_id, "kind": "first", "set_number": set_number},
    )
    dossier = draft.json()
    path = f"/v1/dossiers/{dossier['id']}"
    changed = await stage.ask("PATCH", path, who=who, body=facts, headers={"If-Match": draft.headers["etag"]})
    lodged = await stage.ask("POST", f"{path}/lodge", who=who, headers={"If-Match": changed.headers["etag"]})
    stage.tell(
        f"Lodged under [bold]{lodged.json()['regime']}[/]; product code {lodged.json()['product_code']}."
    )
    return str(dossier["id"])


async def assess(stage: Stage, officer: str, dossier_id: str) -> None:
    """The office's check and the advisory group's report at the level where the dossier lies."""
    path = f"/v1/dossiers/{dossier_id}"
    await stage.post(f"{path}/start-assessment", officer, {"samples": 5})
    await stage.post(
        f"{path}/submit-report",
        officer,
        {
            "report": "Hồ sơ đầy đủ; đã khảo sát cơ sở, quy trình và vùng nguyên liệu.",
            "recommendation": "Đề nghị hội đồng đánh giá, phân hạng.",
        },
    )


async def later(stage: Stage, days: int) -> None:
    """Let some days pass."""
    stage.clock.go_to(stage.clock().date() + timedelta(days=days))
    stage.tokens.clear()
