"""The audit trail over HTTP: who may read what, in which order; the head for everybody."""

import base64
import hashlib
import itertools
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ocop_api.domain.actor import Actor, Bound, Grant, Level, Role

from .scripts import verify_ledger

Write = Callable[..., Awaitable[None]]
Seal = Callable[[], Awaitable[int]]
Headers = Callable[[Actor], dict[str, str]]

HERE = ("63:24611", "63:67", "34:24611", "34:68")
ELSEWHERE = ("63:24000", "63:66", "34:66")


def inspector(*places: str) -> Actor:
    grants = tuple(
        Grant(role=Role.INSPECTOR, bound=Bound.AREA, level=Level.PROVINCE, place_id=place) for place in places
    )
    return Actor(user_id=uuid4(), name="Thanh tra", grants=grants)


@pytest.fixture
async def sealed(write: Write, seal_all: Seal) -> None:
    await write("p1", "p2", area=HERE)
    await write("q1", area=ELSEWHERE)
    await write("d1", kind="dossier.lodged", area=HERE)
    await write("nowhere")
    await seal_all()
    await write("unsealed", area=HERE)


async def subjects(client: httpx.AsyncClient, headers: dict[str, str], **query: str) -> list[str]:
    answer = await client.get("/v1/ledger/events", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["subject_id"] for item in answer.json()["items"]]


@pytest.mark.usefixtures("sealed")
async def test_an_inspector_reads_sealed_events_of_the_own_area_in_order(
    client: httpx.AsyncClient, as_actor: Headers
) -> None:
    headers = as_actor(inspector("34:68"))
    assert await subjects(client, headers) == ["p1", "p2", "d1"]
    assert await subjects(client, headers, sort="-seq") == ["d1", "p2", "p1"]
    assert await subjects(client, headers, kind="dossier.lodged") == ["d1"]
    assert await subjects(client, headers, subject_type="product", subject_id="p2") == ["p2"]
    assert await subjects(client, as_actor(inspector("34:66")), subject_id="p2") == []


@pytest.mark.usefixtures("sealed")
async def test_an_administrator_of_everything_reads_all_page_by_page(
    client: httpx.AsyncClient, as_actor: Headers
) -> None:
    headers = as_actor(Actor(user_id=uuid4(), grants=(Grant(role=Role.ADMIN, bound=Bound.EVERYWHERE),)))
    first = (await client.get("/v1/ledger/events?limit=3&with_total=true", headers=headers)).json()
    assert [item["seq"] for item in first["items"]] == [1, 2, 3]
    assert first["total"] == 5
    assert first["items"][0]["data"] == {"name": "p1", "price": 10}
    rest = (
        await client.get(f"/v1/ledger/events?limit=3&cursor={first['next_cursor']}", headers=headers)
    ).json()
    assert [item["seq"] for item in rest["items"]] == [4, 5]
    assert rest["next_cursor"] is None


async def test_the_trail_is_closed_to_others(client: httpx.AsyncClient, as_actor: Headers) -> None:
    assert (await client.get("/v1/ledger/events")).status_code == 401
    officer = Actor(
        user_id=uuid4(),
        grants=(Grant(role=Role.OFFICER, bound=Bound.AREA, level=Level.PROVINCE, place_id="34:68"),),
    )
    refused = await client.get("/v1/ledger/events", headers=as_actor(officer))
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.not_permitted")
    wrong = await client.get("/v1/ledger/events?actor=1", headers=as_actor(inspector("34:68")))
    assert wrong.status_code == 422


@pytest.mark.usefixtures("sealed")
async def test_anybody_can_check_the_head_with_the_published_rule(client: httpx.AsyncClient) -> None:
    head = (await client.get("/v1/ledger/head")).json()
    assert (head["seq"], head["context"]) == (5, "ocop-ledger-head/2")
    key = base64.urlsafe_b64decode(head["public_key"]["x"] + "=")
    signed = (
        head["context"].encode()
        + b"\n"
        + head["seq"].to_bytes(8, "big")
        + bytes.fromhex(head["hash"])
        + bytes.fromhex(head["root"])
        + head["signed_at"].encode()
    )
    Ed25519PublicKey.from_public_bytes(key).verify(base64.urlsafe_b64decode(head["signature"] + "=="), signed)
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{head["public_key"]["x"]}"}}'
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(jwk.encode()).digest()).rstrip(b"=").decode()
    assert head["public_key"]["kid"] == thumbprint


async def test_before_the_first_seal_there_is_no_head(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/ledger/head")
    assert (answer.status_code, answer.json()["code"]) == (404, "ledger.nothing_sealed")


async def test_consistency_is_proven_between_heads_that_were_signed(
    client: httpx.AsyncClient, write: Write, seal_all: Seal
) -> None:
    heads = []
    for subjects in ("abc", "defg", "h"):
        await write(*subjects)
        await seal_all()
        heads.append((await client.get("/v1/ledger/head")).json())
    assert [head["seq"] for head in heads] == [3, 7, 8]
    script = verify_ledger()
    for older, newer in itertools.combinations_with_replacement(heads, 2):
        answer = await client.get(f"/v1/ledger/proofs/consistency?first={older['seq']}&second={newer['seq']}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "public, max-age=31536000"
        assert answer.headers["access-control-allow-origin"] == "*"
        path = [bytes.fromhex(node) for node in answer.json()["path"]]
        roots = bytes.fromhex(older["root"]), bytes.fromhex(newer["root"])
        assert script.consistent(older["seq"], newer["seq"], path, *roots)
    tag = {"If-None-Match": answer.headers["etag"]}
    again = await client.get("/v1/ledger/proofs/consistency?first=8&second=8", headers=tag)
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("first=4&second=5", 404, "ledger.no_such_checkpoint"),
        ("first=5&second=6", 404, "ledger.no_such_checkpoint"),
        ("first=5&second=4", 422, "ledger.sizes_reversed"),
        ("first=0&second=5", 422, "request.invalid"),
        ("first=1&second=9223372036854775808", 422, "request.invalid"),
        ("first=5", 422, "request.invalid"),
    ],
)
@pytest.mark.usefixtures("sealed")
async def test_no_proof_is_made_for_other_sizes(
    client: httpx.AsyncClient, query: str, status: int, code: str
) -> None:
    answer = await client.get(f"/v1/ledger/proofs/consistency?{query}")
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
