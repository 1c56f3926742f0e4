"""What a withdrawal changes for everybody who meets the product: one world, walked before and after."""

from typing import Any

import httpx
from tests.certificates.conftest import AsActor, World
from tests.certificates.withdrawing import DECISION, Matter

from ocop_api.adapters.credentials import status_list


async def _offered(client: httpx.AsyncClient, matter: Matter) -> tuple[str, str]:
    """Put the product on a channel and make a lot of it; gives the listing and the path of the passport."""
    product_id = str(matter.known["product_id"])
    listing = await client.post(
        "/v1/listings",
        json={"product_id": product_id, "channel": "shopee", "live": True},
        headers=matter.producer,
    )
    assert listing.status_code == 201, listing.text
    lot = await client.post(
        "/v1/lots",
        json={"product_id": product_id, "lot_code": "L2026-06-001", "quantity": "10", "unit": "KGM"},
        headers=matter.producer,
    )
    assert lot.status_code == 201, lot.text
    return listing.json()["id"], f"/01/{lot.json()['gtin']}/10/L2026-06-001"


async def _seen(client: httpx.AsyncClient, matter: Matter, passport: str) -> dict[str, Any]:
    """What the public, a checker of credentials, a shop and the programme learn of the product."""
    product_id, code = matter.known["product_id"], matter.known["code"]
    answers = {
        "verification": await client.get(f"/v1/verify/{code}"),
        "by_number": await client.get("/v1/verify", params={"number": "68-01-2026"}),
        "product": await client.get(f"/v1/products/{product_id}"),
        "passport": await client.get(passport, headers={"Accept": "application/json"}),
        "coverage": await client.get(
            "/v1/listings/coverage", params={"place": "34:68"}, headers=matter.officer
        ),
        "statistics": await client.get("/v1/certificates/statistics"),
        "credential": await client.get(f"/v1/certificates/{matter.known['id']}/credential"),
        "status": await client.get("/v1/credentials/status/revocation-1"),
    }
    assert {name: one.text for name, one in answers.items() if one.status_code != 200} == {}
    told: dict[str, Any] = {name: one.json() for name, one in answers.items()}
    checked = await client.post(
        "/v1/verify/credential",
        content=answers["credential"].content,
        headers={"Content-Type": "application/vc"},
    )
    position = int(told["credential"]["credentialStatus"][0]["statusListIndex"])
    revoked = status_list.decode(told["status"]["credentialSubject"]["encodedList"])
    return {
        "verification": (told["verification"]["status"], told["verification"]["in_force"]),
        "by_number": told["by_number"]["status"],
        "page": "Đã bị thu hồi" in (await client.get(f"/verify/{code}")).text,
        "product": (told["product"]["recognition"]["status"], told["product"]["recognition"]["stars"]),
        "passport": told["passport"]["recognition"],
        "passport_page": "OCOP 4 sao" in (await client.get(passport, headers={"Accept": "text/html"})).text,
        "recognised_on_channels": (told["coverage"]["recognised"], told["coverage"]["on_any_channel"]),
        "in_force": told["statistics"]["all"]["in_force"],
        "revoked": position in revoked,
        "credential": "".join(one["outcome"][0].upper() for one in checked.json()["checks"]),
    }


async def test_a_withdrawal_reaches_everybody_at_once(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    matter = await Matter(client, world, as_actor).certified()
    listing, passport = await _offered(client, matter)
    before = await _seen(client, matter, passport)
    assert before == {
        "verification": ("valid", True),
        "by_number": "valid",
        "page": False,
        "product": ("valid", 4),
        "passport": {"stars": 4, "valid_until": "2029-06-15"},
        "passport_page": True,
        "recognised_on_channels": (1, 1),
        "in_force": 1,
        "revoked": False,
        "credential": "PPPPPP",
    }
    case = await matter.submitted()
    # An open case takes nothing away.
    assert await _seen(client, matter, passport) == before
    await matter.acted(case, "decide", DECISION, matter.chair)
    assert await _seen(client, matter, passport) == {
        "verification": ("withdrawn", False),
        "by_number": "withdrawn",
        "page": True,
        "product": ("withdrawn", None),
        "passport": None,
        "passport_page": False,
        "recognised_on_channels": (0, 0),
        "in_force": 0,
        "revoked": True,
        "credential": "PPPPFP",
    }
    # The product may still be sold, without its stars: what the producer declared stays as it is.
    kept = await client.get(f"/v1/listings/{listing}", headers=matter.producer)
    assert kept.json()["state"] == "live"
