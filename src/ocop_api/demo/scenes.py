"""The scenes of the play: 2024 under Decision 148 with districts, then today under Decision 26."""

import json
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import httpx
from rich.table import Table

from ocop_api.demo import cast, rating
from ocop_api.demo.stage import Stage
from ocop_api.ledger.checking import verify_ledger
from ocop_api.ledger.jobs import copy_heads, seal_pending

OPENING = date(2024, 8, 5)
_COFFEE_2024 = "Cà phê bột Thuận Hà"
_MAKER_2024 = "Hợp tác xã Nông nghiệp Thuận Hà"
_COMMUNE_2024 = "63:24722"


def _facts(organisation: str, product: str, choices: rating.Choices, *, old: bool) -> dict[str, Any]:
    report = {
        "general_information": "Chủ thể, sản phẩm, quy trình và vùng nguyên liệu.",
        "plan_results": "Kết quả sản xuất, kinh doanh hai năm gần nhất.",
        "production_plan": "Phương án sản xuất, kinh doanh hai năm tới.",
    }
    if old:
        report = {
            "production_plan": report["production_plan"],
            "organisation_chart": "Ban quản trị; tổ sản xuất; tổ bán hàng.",
        }
    return {
        "registration": {
            "organisation": organisation,
            "representative": "Người đại diện theo pháp luật",
            "position": "Giám đốc",
            "address": "Thôn 3",
            "phone": "0261 3 000 000",
            "product_name": product,
        },
        "report": report,
        "self_assessment": {
            code: choice if isinstance(choice, dict) else {"level": choice}
            for code, choice in choices.items()
        },
        "evidence": [
            {"kind": "business_registration", "number": "64A8003456", "criteria": ["1.1"]},
            {"kind": "test_report", "number": "KN-2201", "expires_on": "2030-12-31", "criteria": []},
        ],
    }


async def _set_number(stage: Stage, edition: str, words: str) -> int:
    sets = (await stage.get(f"/v1/editions/{edition}/sets"))["items"]
    return int(next(s["number"] for s in sets if words in s["text"]["vi"].lower()))


async def year_2024(stage: Stage) -> None:
    """Under Decision 148 a district council rates 3 stars and its committee recognises them."""
    stage.scene("2024, Decision 148: a cooperative in Đắk Song, when there were districts", OPENING)
    await cast.enter(stage, _COMMUNE_2024)
    maker = await stage.post(
        "/v1/producers",
        "admin",
        {"legal_form": "cooperative", "name": _MAKER_2024, "place_id": _COMMUNE_2024},
    )
    set_number = await _set_number(stage, "qd148-2023", "cà phê")
    product = await stage.post(
        "/v1/products",
        "admin",
        {"producer_id": maker["id"], "name": _COFFEE_2024, "set_number": set_number},
    )
    await cast.act_for(stage, "htx2024", _MAKER_2024, maker["id"])
    criteria_set = await stage.get(f"/v1/editions/qd148-2023/sets/{set_number}")
    facts = _facts(_MAKER_2024, _COFFEE_2024, rating.sheet(criteria_set, 66), old=True)
    dossier_id = await rating.lodge(stage, "htx2024", product["id"], set_number, facts)
    path = f"/v1/dossiers/{dossier_id}"
    await stage.post(f"{path}/receive", "huyen")
    await stage.ask("POST", f"{path}/receive", who="tinh", expect=409)
    await rating.later(stage, 10)
    await rating.assess(stage, "huyen", dossier_id)
    council = await rating.convene(
        stage, "huyen", "district", cast.DISTRICT, "Hội đồng đánh giá, phân hạng OCOP huyện Đắk Song"
    )
    result = await rating.score(stage, council, "huyen", dossier_id, [63, 65, 64, 66, 62])
    _tell_result(stage, result)
    await rating.later(stage, 5)
    certificate = await stage.post(
        "/v1/certificates",
        "chutichhuyen",
        {
            "dossier_id": dossier_id,
            "decision_number": "1887/QĐ-UBND",
            "decided_on": stage.clock().date().isoformat(),
            "signed_by_title": "CHỦ TỊCH",
        },
    )
    stage.tell(
        f"The district recognises {certificate['stars']} stars: certificate "
        f"[bold]{certificate['number']}[/], valid until {certificate['valid_until']}."
    )
    await _keep_certificate(stage, certificate, "2024")
    stage.scene("The same certificate after its 36 months", date(2027, 9, 1))
    verdict = await stage.get(f"/v1/verify/{certificate['verification_code']}")
    stage.tell(f"Status on that day: [bold]{verdict['status']}[/]. Stars never outlive their term.")
    stage.scene("The plan of 2024 (230/KH-UBND), measured at the end of its year", date(2024, 12, 31))
    await _targets(stage, {"T01", "T02", "T05", "T07"})


async def catalogue(stage: Stage, today: date) -> None:
    """The list of 205 products goes in through the API; every row is stored or explained."""
    stage.scene("Import of 205 real products through the API", today)
    if not stage.tokens:
        await cast.enter(stage, "34:24611")
    content = files("ocop_api.bulk").joinpath("samples/ocop_products_sample.csv").read_bytes()
    accepted = await stage.ask(
        "POST",
        "/v1/imports?kind=products",
        who="admin",
        content=content,
        headers={"Content-Type": "text/csv"},
        expect=202,
    )
    await stage.work()
    done = await stage.get(accepted.headers["location"], "admin")
    stage.tell(f"State {done['state']}: {json.dumps(done['counts'], ensure_ascii=False)}")
    rejected = await stage.get(f"{accepted.headers['location']}/rows?outcome=rejected&limit=3", "admin")
    for row in rejected["items"]:
        stage.tell(f"[dim]row {row['row_number']}: {row['problems'][0]['message']}[/]")
    found = await stage.get("/v1/products?q=ca%20phe&limit=5&with_total=true")
    stage.tell(f"“ca phe” finds {found['total']} products:")
    for row in found["items"]:
        recognition = row["recognition"]
        stage.tell(f"  {row['name']} — {row['producer']['name']} — {recognition['status']}")
    one = await stage.ask("GET", f"/v1/products/{found['items'][0]['id']}")
    again = await stage.ask(
        "GET",
        f"/v1/products/{found['items'][0]['id']}",
        headers={"If-None-Match": one.headers["etag"]},
        expect=304,
    )
    stage.tell(f"One product: {len(one.content)} bytes; asked again with its ETag: {again.status_code}.")
    stage.keep("product.json", one.content)


async def self_assessment(stage: Stage) -> None:
    """Anybody may find the criteria of a product, evaluate a sheet and be advised how to reach a star."""
    stage.scene("Anybody can find the criteria, evaluate a sheet and be advised, without signing in")
    edition = "/v1/editions/qd26-2026"
    found = (await stage.get(f"{edition}/classification?q=ca phe bot dac biet"))["items"][0]
    number = found["set"]["number"]
    stage.tell(f"“ca phe bot dac biet” belongs to set {number}, {found['set']['text']['vi']}.")
    criteria_set = await stage.get(f"{edition}/sets/{number}")
    choices = rating.sheet(criteria_set, 92)
    weakest = rating.criteria_of(criteria_set)
    for criterion in weakest:
        if any(option["min_star"] == 5 for option in criterion["options"]):  # noqa: PLR2004
            choices[criterion["code"]] = min(option["level"] for option in criterion["options"])
            break
    answer = await stage.ask(
        "POST",
        f"{edition}/sets/{number}/evaluate",
        body={"choices": choices},
        headers={"Accept-Language": "vi"},
    )
    evaluation = answer.json()
    stage.tell(f"Set {number}: {evaluation['total']} points, {evaluation['star']} stars. Why:")
    for line in evaluation["explanation"][:8]:
        stage.tell(f"  [dim]{line['sentence']}[/]")
    stage.keep("evaluation.json", answer.content)
    advised = await stage.ask(
        "POST",
        f"{edition}/sets/{number}/advise",
        body={"choices": choices, "target_star": 5, "limit": 1},
        headers={"Accept-Language": "vi"},
    )
    stage.tell("The least that would bring five stars:")
    for lift in advised.json()["alternatives"][0]["lifts"]:
        stage.tell(f"  [dim]{lift['advice']['sentence']}[/]")
    stage.keep("advice.json", advised.content)


async def rating_under_26(stage: Stage, today: date) -> dict[str, Any]:
    """Commune, province, a council with a recusal and a second round, and a certificate."""
    stage.scene("A dossier under Decision 26: commune, province, council, certificate", today)
    full, maker, commune = await _choose(stage)
    await cast.enter(stage, commune)
    await cast.act_for(stage, "chuthe", maker["name"], maker["id"])
    number = await _set_number(stage, "qd26-2026", "cà phê")
    criteria_set = await stage.get(f"/v1/editions/qd26-2026/sets/{number}")
    facts = _facts(maker["name"], full["name"], rating.sheet(criteria_set, 80), old=False)
    stage.tell(f"[bold]{full['name']}[/] of {maker['name']}")
    facts["place_id"] = commune
    dossier_id = await rating.lodge(stage, "chuthe", full["id"], number, facts)
    path = f"/v1/dossiers/{dossier_id}"
    await stage.post(f"{path}/receive", "xa")
    topic = {"finding": "Đã kiểm tra tại cơ sở.", "supported": True}
    await stage.post(
        f"{path}/forward",
        "xa",
        {
            "request_letter": {"number": "15/UBND-KT", "issued_on": stage.clock().date().isoformat()},
            "form_03": dict.fromkeys(
                (
                    "origin_and_local_material",
                    "local_labour",
                    "origin_of_idea",
                    "local_identity_and_knowledge",
                ),
                topic,
            ),
            "samples": 5,
        },
    )
    stage.tell("The commune has checked the four topics (Form 03) and sent the file to the province.")
    await rating.later(stage, 7)
    await stage.post(f"{path}/receive", "tinh")
    await rating.assess(stage, "tinh", dossier_id)
    council = await rating.convene(
        stage, "tinh", "province", cast.PROVINCE, "Hội đồng đánh giá, phân hạng OCOP tỉnh Lâm Đồng"
    )
    result = await rating.score(stage, council, "tinh", dossier_id, [78, 79, 92, 77], recused=4)
    _tell_result(stage, result)
    stage.keep("council-result.json", json.dumps(result, ensure_ascii=False, indent=1).encode())
    await rating.later(stage, 3)
    certificate: dict[str, Any] = await stage.post(
        "/v1/certificates",
        "chutich",
        {
            "dossier_id": dossier_id,
            "decision_number": "2310/QĐ-UBND",
            "decided_on": stage.clock().date().isoformat(),
            "signed_by_title": "CHỦ TỊCH",
        },
    )
    stage.tell(
        f"The chair of the provincial committee recognises {certificate['stars']} stars: "
        f"[bold]{certificate['number']}[/], until {certificate['valid_until']}."
    )
    await _keep_certificate(stage, certificate, "today")
    return {**certificate, "product": full, "producer": maker, "place_id": commune}


async def _choose(stage: Stage) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A coffee of a cooperative of the province, and the commune it lies in today."""
    found = await stage.get("/v1/products?q=ca%20phe&place=34:68&limit=50")
    for row in found["items"]:
        maker = await stage.get(f"/v1/producers/{row['producer']['id']}", "admin")
        place_id = maker["place_id"] or ""
        if maker["is_cooperative"] and len(place_id) == len("34:24611"):
            if place_id.startswith("63:"):
                answer = await stage.get(f"/v1/places/{place_id}/successors")
                place_id = answer["successors"][0]["place"]["id"]
            return row, maker, place_id
    raise RuntimeError("the sample holds no coffee of a cooperative with a known commune")


def _tell_result(stage: Stage, result: dict[str, Any]) -> None:
    lines = result.get("explanation", [])
    stage.tell("The council's result explains itself:")
    for line in lines[:8]:
        stage.tell(f"  [dim]{line['sentence']}[/]")


async def _keep_certificate(stage: Stage, certificate: dict[str, Any], name: str) -> None:
    path = f"/v1/certificates/{certificate['id']}"
    pdf = await stage.ask("GET", f"{path}/certificate.pdf")
    stage.keep(f"certificate-{name}.pdf", pdf.content)
    stage.keep(f"certificate-{name}-qr.svg", (await stage.ask("GET", f"{path}/qr.svg")).content)
    page = await stage.ask(
        "GET", f"/verify/{certificate['verification_code']}", headers={"Accept": "text/html"}
    )
    stage.keep(f"verify-{name}.html", page.content)
    verdict = await stage.get(f"/v1/verify/{certificate['verification_code']}")
    stage.tell(f"Anybody with a phone: [bold]{verdict['status']}[/]. PDF, QR code and page are kept.")


async def traceability(stage: Stage, certificate: dict[str, Any]) -> None:
    """From the plot to the bag, as EPCIS 2.0 events, and back."""
    stage.scene("A lot from plot to bag, and back")
    producer_id = certificate["producer"]["id"]
    area = await stage.post(
        "/v1/growing-areas",
        "chuthe",
        {
            "producer_id": producer_id,
            "name": "Vườn cà phê thôn 3",
            "code": "VN-DNOOR-0039",
            "place": certificate["place_id"],
            "area_ha": "2.4",
            "geometry": {"type": "Point", "coordinates": [107.687211, 12.003412]},
        },
    )

    async def lot(code: str, quantity: str, **more: Any) -> dict[str, Any]:
        body = {"lot_code": code, "unit": "KGM", "quantity": quantity, **more}
        made: dict[str, Any] = await stage.post("/v1/lots", "chuthe", body)
        return made

    async def step(lot_id: str, name: str, days: int, **more: Any) -> None:
        at = (stage.clock() - timedelta(days=days)).isoformat()
        await stage.post(f"/v1/lots/{lot_id}/steps", "chuthe", {"step": name, "at": at, **more})

    cherry = await lot("QUA-01", "1200", producer_id=producer_id, material_name="Quả cà phê chín")
    green = await lot("NHAN-01", "210", producer_id=producer_id, material_name="Cà phê nhân")
    roasted = await lot("RANG-01", "170", producer_id=producer_id, material_name="Cà phê rang")
    bag = await lot("GOI-01", "160", product_id=certificate["product"]["id"])
    await step(cherry["id"], "harvesting", 30, growing_area_id=area["id"], quantity="1200")
    await step(
        green["id"], "processing", 20, inputs=[{"lot_id": cherry["id"], "quantity": "1200"}], quantity="210"
    )
    await step(
        roasted["id"], "roasting", 9, inputs=[{"lot_id": green["id"], "quantity": "210"}], quantity="170"
    )
    await step(bag["id"], "packing", 8, inputs=[{"lot_id": roasted["id"], "quantity": "165"}], quantity="160")
    await step(bag["id"], "shipping", 2, quantity="100")
    overdrawn = await stage.ask(
        "POST",
        f"/v1/lots/{bag['id']}/steps",
        who="chuthe",
        body={
            "step": "packing",
            "at": stage.clock().isoformat(),
            "inputs": [{"lot_id": roasted["id"], "quantity": "50"}],
            "quantity": "50",
        },
        expect=409,
    )
    stage.tell(f"More out than in is refused: [dim]{overdrawn.json()['detail']}[/]")
    back = await stage.get(f"/v1/lots/{bag['id']}/trace?direction=back", "chuthe")
    for node in back["nodes"]:
        stage.tell(f"{'  ' * node['depth']}{node.get('name') or node.get('key')}")
    document = await stage.ask("GET", f"/v1/lots/{bag['id']}/events", who="chuthe")
    stage.keep("epcis-document.json", document.content)
    one = await stage.get(f"/v1/lots/{bag['id']}", "chuthe")
    link = httpx.URL(one["digital_link"])
    page = await stage.ask("GET", link.raw_path.decode(), headers={"Accept": "text/html"})
    stage.keep("passport.html", page.content)
    stage.keep(
        "passport-qr.svg", (await stage.ask("GET", f"/v1/lots/{bag['id']}/qr.svg", who="chuthe")).content
    )
    stage.tell(f"The Digital Link of the bag: {link} (page kept).")


async def listings(stage: Stage, certificate: dict[str, Any]) -> None:
    """Products on channels, and the plan's 100 %."""
    stage.scene("On sale online: coverage of the plan's 100 %")
    before = await stage.get("/v1/listings/coverage?place=34:68")
    await stage.post(
        "/v1/listings",
        "chuthe",
        {
            "product_id": certificate["product"]["id"],
            "channel": "shopee",
            "url": "https://shopee.vn/ca-phe-i.1.2",
            "price_vnd": "120000",
            "live": True,
        },
    )
    after = await stage.get("/v1/listings/coverage?place=34:68")
    for name, found in (("before", before), ("after one listing", after)):
        stage.tell(
            f"{name}: {found['on_ecommerce']} of {found['recognised']} recognised products "
            f"on an e-commerce platform ({found['ecommerce_share']} %)"
        )


async def programme(stage: Stage) -> None:
    """The targets of the plan with what the system counts for them now."""
    stage.scene("Targets of the plan, as the system counts them")
    await _targets(stage, None)


async def _targets(stage: Stage, codes: set[str] | None) -> None:
    answer = await stage.get("/v1/programme/plans/ke-hoach-230-2024/targets")
    table = Table("", "Mục tiêu", "Giá trị", "Đạt")
    for target in answer["targets"]:
        if codes is None or target["code"] in codes:
            met = {True: "đạt", False: "chưa", None: "–"}[target["met"]]
            table.add_row(target["code"], target["title"], str(target["value"] or "–"), met)
    stage.console.print(table)


async def ledger(stage: Stage) -> None:
    """Everything that happened is sealed, and the chain is verified."""
    stage.scene("The ledger: sealed and verified")
    settings = stage.app.state.settings
    sealed = await seal_pending(stage.app.state.database, settings, stage.clock)
    await copy_heads(stage.app.state.database, settings)
    report = await verify_ledger(settings)
    stage.tell(f"{sealed} events sealed. {report.text}")
    if not report.intact:
        raise RuntimeError(report.text)
