"""The electronic form of a certificate: what it says, who can check it, and what ends it."""

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.certificates.conftest import CHAIR, AsActor, Issue, World
from tests.conftest import MovableClock

from ocop_api.adapters.credentials import jose, multibase, status_list
from ocop_api.adapters.credentials.integrity import check_proof, with_proof
from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.certificates.credential_claims import first_moment, last_moment
from ocop_api.certificates.credential_issuer import CredentialIssuer, context_document
from ocop_api.db.session import Database
from ocop_api.db.tables.products import Product
from ocop_api.settings import CredentialSettings, Settings, WebSettings

DID = "did:web:localhost%3A8000"
SCRIPT = Path(__file__).parents[2] / "docs" / "verify_certificate.py"
ENGLISH = {"Accept-Language": "en"}


async def credential(client: httpx.AsyncClient, certificate_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/certificates/{certificate_id}/credential")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def token(client: httpx.AsyncClient, certificate_id: str) -> str:
    answer = await client.get(f"/v1/certificates/{certificate_id}/credential.jwt")
    assert answer.status_code == 200, answer.text
    return answer.text


async def check(client: httpx.AsyncClient, shown: Any, kind: str = "application/vc") -> dict[str, Any]:
    content = shown if isinstance(shown, str | bytes) else json.dumps(shown, ensure_ascii=False)
    answer = await client.post(
        "/v1/verify/credential", content=content, headers={"Content-Type": kind, **ENGLISH}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def outcomes(finding: dict[str, Any]) -> str:
    """The outcomes of the six checks as letters, in order: ``PPPPPP`` when all passed."""
    assert [one["name"] for one in finding["checks"]] == [
        "issuer", "key", "proof", "register", "status", "dates",
    ]  # fmt: skip
    assert all(one["text"] for one in finding["checks"])
    return "".join(one["outcome"][0].upper() for one in finding["checks"])


async def revoked(client: httpx.AsyncClient, purpose: str = "revocation") -> frozenset[int]:
    answer = await client.get(f"/v1/credentials/status/{purpose}-1")
    assert answer.status_code == 200, answer.text
    return status_list.decode(answer.json()["credentialSubject"]["encodedList"])


def position(shown: dict[str, Any]) -> int:
    return int(shown["credentialStatus"][0]["statusListIndex"])


async def withdraw(client: httpx.AsyncClient, as_actor: AsActor, certificate_id: str) -> None:
    order = {"ground": "production_stopped", "reason": "Giải thể", "concluded_on": "2026-06-15"}
    answer = await client.post(
        f"/v1/certificates/{certificate_id}/withdraw", json=order, headers=as_actor(CHAIR)
    )
    assert answer.status_code == 200, answer.text


async def test_a_credential_says_what_the_certificate_says_and_nothing_personal(
    client: httpx.AsyncClient, world: World, issue: Issue, database: Database
) -> None:
    rated = await world.rated()
    async with database.transaction() as session:
        product = await session.get(Product, rated.product_id)
        assert product is not None
        product.gtin = "08938500000018"
    made = (await issue(rated)).json()
    answer = await client.get(f"/v1/certificates/{made['id']}/credential")
    assert answer.headers["content-type"] == "application/vc"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert found["id"] == made["verification_url"]
    assert found["issuer"]["id"] == DID
    assert (found["validFrom"], found["validUntil"]) == ("2026-06-14T17:00:00Z", "2029-06-15T16:59:59Z")
    assert found["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "http://localhost:8000/v1/credentials/context/v1",
    ]
    subject = found["credentialSubject"]
    assessment = subject["conformityAssessment"][0]
    assert subject["issuedToParty"]["name"] == made["producer_name"]
    assert subject["profileScore"] == {
        "type": ["Score"],
        "code": "4",
        "rank": 2,
        "definition": "OCOP 4 sao",
    }
    assert subject["referenceProfile"]["id"].endswith("/v1/editions/qd26-2026/sets/13")
    assert subject["authorisation"][0]["decisionNumber"] == "1234/QĐ-UBND"
    assert subject["authorisation"][0]["authorityLevel"] == "province"
    assert subject["authorisation"][0]["issuingAuthority"] == {
        "type": ["Party"],
        "id": "urn:ocop:authority:68",
        "name": "Ủy ban nhân dân tỉnh Lâm Đồng",
    }
    assert [one["name"] for one in assessment["referenceRegulation"]] == [
        "Quyết định số 26/2026/QĐ-TTg ngày 22/05/2026"
    ]
    assert assessment["certificateNumber"] == "68-24611-01-2026"
    assert assessment["stars"] == 4
    product_said = assessment["assessedProduct"][0]["product"]
    assert product_said["gtin"] == "08938500000018"
    assert product_said["productCode"].startswith("68-24611-")
    for hidden in ("Nguyễn Thị Kín", "0912", "84912", "kin@example.vn", "067190", "Tổ dân phố"):
        assert hidden not in answer.text


async def test_a_credential_is_signed_once_and_then_always_the_same(
    client: httpx.AsyncClient, world: World, clock: MovableClock, database: Database
) -> None:
    made = await world.recorded()
    path = f"/v1/certificates/{made['id']}/credential"
    first = await client.get(path)
    clock.move(days=30)
    again = await client.get(path)
    assert again.content == first.content
    assert first.json()["proof"]["created"] == "2026-06-15T02:00:00Z"
    held = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    assert await token(client, made["id"]) == await token(client, made["id"])
    async with database.read() as session:
        events = await session.scalar(
            text("select count(*) from ledger_event where kind = 'certificate.credential_signed'")
        )
    assert events == 1


async def test_proof_and_token_hold_with_the_published_keys_alone(
    client: httpx.AsyncClient, world: World
) -> None:
    made = await world.recorded()
    shown, jwt = await credential(client, made["id"]), await token(client, made["id"])
    did = await client.get("/.well-known/did.json")
    assert did.headers["content-type"] == "application/did+json"
    assert did.headers["cache-control"] == "public, max-age=3600"
    methods = {one["id"]: one for one in did.json()["verificationMethod"]}
    assert did.json()["id"] == DID
    assert set(did.json()["assertionMethod"]) == set(methods)
    key = methods[shown["proof"]["verificationMethod"]]
    assert (key["type"], key["controller"]) == ("Multikey", DID)
    check_proof(shown, multibase.from_multikey(key["publicKeyMultibase"]))
    header, payload = jose.unverified(jwt)
    jwk = methods[header["kid"]]["publicKeyJwk"]
    jose.check_token(jwt, multibase.from_base64url(jwk["x"]))
    assert json.loads(payload) == {name: value for name, value in shown.items() if name != "proof"}
    other = (await client.get("/v1/credentials/issuer")).json()
    assert other["id"] == "http://localhost:8000/v1/credentials/issuer"
    assert other["alsoKnownAs"] == [DID]
    assert other["assertionMethod"] == did.json()["assertionMethod"]


async def test_every_term_has_a_meaning_in_one_of_the_two_contexts(
    client: httpx.AsyncClient, world: World, issue: Issue
) -> None:
    made = (await issue(await world.rated())).json()
    shown = await credential(client, made["id"])
    context = await client.get("/v1/credentials/context/v1")
    assert context.headers["content-type"] == "application/ld+json"
    assert context.json() == context_document()
    own = _terms(context.json()["@context"])
    # What W3C's context gives a meaning within these places.
    known = {"@context", "id", "type", "name", "mediaType", "issuer", "validFrom", "validUntil"}
    known |= {"credentialSubject", "credentialStatus", "proof", "VerifiableCredential"}
    for place in ("proof", "credentialStatus"):
        del shown[place]
    assert _used(shown) <= own | known


def _terms(context: dict[str, Any]) -> set[str]:
    found = {name for name in context if not name.startswith("@")}
    for value in context.values():
        if isinstance(value, dict):
            found |= _terms(value.get("@context", {}))
    return found


def _used(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for inner in value for name in _used(inner)}
    if not isinstance(value, dict):
        return set()
    types = value.get("type", [])
    return set(value) | set(types) | {name for inner in value.values() for name in _used(inner)}


async def test_a_report_without_a_decision_has_no_credential(client: httpx.AsyncClient, world: World) -> None:
    reported = await world.recorded(decided_on=None, number=None)
    for form in ("credential", "credential.jwt"):
        answer = await client.get(f"/v1/certificates/{reported['id']}/{form}")
        assert (answer.status_code, answer.json()["code"]) == (404, "credentials.no_term")
        absent = await client.get(f"/v1/certificates/{uuid4()}/{form}")
        assert (absent.status_code, absent.json()["code"]) == (404, "certificate.not_found")


async def test_an_older_decision_is_attested_under_its_own_regime(
    client: httpx.AsyncClient, world: World
) -> None:
    made = await world.recorded(decided_on=date(2025, 9, 1), number="68-07-2025")
    subject = (await credential(client, made["id"]))["credentialSubject"]
    names = [one["name"] for one in subject["conformityAssessment"][0]["referenceRegulation"]]
    assert names == [
        "Quyết định số 148/QĐ-TTg ngày 24/02/2023",
        "Quyết định số 1489/QĐ-TTg ngày 06/07/2025",
    ]
    assert subject["referenceProfile"]["id"].endswith("/v1/editions/qd148-2023")
    assert "conformityCertificate" not in subject


def test_the_last_day_of_the_term_counts_to_its_end_in_vietnam() -> None:
    assert first_moment(date(2026, 6, 15)) == datetime(2026, 6, 14, 17, tzinfo=UTC)
    assert last_moment(date(2029, 6, 15)) == datetime(2029, 6, 15, 16, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://ocop.example.vn", "did:web:ocop.example.vn"),
        ("https://ocop.example.vn/", "did:web:ocop.example.vn"),
        ("https://OCOP.example.vn:8443/api", "did:web:ocop.example.vn%3A8443"),
        ("https://bücher.example", "did:web:xn--bcher-kva.example"),
    ],
)
def test_the_did_is_that_of_the_host(url: str, did: str) -> None:
    issuer = CredentialIssuer.of(Settings(web=WebSettings(public_url=url)))
    assert issuer.did == did


async def test_requests_at_the_same_time_get_one_credential_and_bits_never_meet(
    client: httpx.AsyncClient, world: World
) -> None:
    made = [await world.recorded(number=f"68-{number:02}-2026") for number in range(1, 6)]
    answers = await asyncio.gather(
        *(client.get(f"/v1/certificates/{one['id']}/credential") for one in made for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 5
    assert len({position(answer.json()) for answer in answers}) == 5


async def test_what_was_signed_is_a_record(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    made = await world.recorded()
    await credential(client, made["id"])
    await revoked(client)
    for table in ("certificate_credential", "credential_status_list"):
        for statement in (f"update {table} set key_id = 'x'", f"delete from {table}"):  # noqa: S608 - own names
            with pytest.raises(DBAPIError, match="record"):
                async with database.transaction() as session:
                    await session.execute(text(statement))


# Checking what somebody shows.


async def test_a_genuine_credential_is_found_good_in_both_forms(
    client: httpx.AsyncClient, world: World
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    for kind in ("application/vc", "application/json", "application/vc+ld+json", "application/ld+json"):
        finding = await check(client, shown, kind)
        assert (finding["verdict"], finding["valid"], finding["form"]) == ("valid", True, "data_integrity")
        assert outcomes(finding) == "PPPPPP"
    as_page = (await client.get(f"/v1/verify/{made['code']}", headers=ENGLISH)).json()
    assert finding["certificate"] == as_page
    assert finding["meaning"] == as_page["meaning"]
    jwt = await token(client, made["id"])
    for kind in ("application/vc+jwt", "application/jwt", "text/plain; charset=utf-8"):
        finding = await check(client, f" {jwt}\n", kind)
        assert (finding["verdict"], finding["form"], outcomes(finding)) == ("valid", "jwt", "PPPPPP")
    spaced = json.dumps(dict(reversed(shown.items())), indent=4)
    assert (await check(client, spaced))["verdict"] == "valid"


def _with(shown: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(shown))
    change(changed)
    return changed


async def test_whatever_is_changed_is_noticed(client: httpx.AsyncClient, world: World) -> None:
    made = await world.recorded()
    shown, jwt = await credential(client, made["id"]), await token(client, made["id"])

    def stars(changed: dict[str, Any]) -> None:
        changed["credentialSubject"]["profileScore"]["code"] = "5"

    changes: list[tuple[Callable[[dict[str, Any]], None], str, str]] = [
        (stars, "tampered", "PPFSSS"),
        (lambda c: c.update(validUntil="2039-06-15T16:59:59Z"), "tampered", "PPFSSS"),
        (lambda c: c.pop("credentialStatus"), "tampered", "PPFSSS"),
        (lambda c: c.update(evidence=[]), "tampered", "PPFSSS"),
        (lambda c: c["@context"].append("https://example.org/v9"), "tampered", "PPFSSS"),
        (lambda c: c["proof"].update(created="2026-06-15T02:00:01Z"), "tampered", "PPFSSS"),
        (lambda c: c["proof"].update(created="2019-06-15T02:00:00Z"), "tampered", "PFFSSS"),
        (lambda c: c["proof"].update(created=7), "tampered", "PFFSSS"),
        (lambda c: c["proof"].update(proofValue="z" + "1" * 88), "tampered", "PPFSSS"),
        (lambda c: c["proof"].update(verificationMethod=f"{DID}#z6Mkstranger"), "tampered", "PFSSSS"),
        (lambda c: c["proof"].update(verificationMethod=["x"]), "tampered", "PFSSSS"),
        (lambda c: c.update(issuer="did:web:example.org"), "unknown_issuer", "FSSSSS"),
        (lambda c: c["issuer"].update(id=f"{DID}:user"), "unknown_issuer", "FSSSSS"),
        (lambda c: c.pop("issuer"), "unknown_issuer", "FSSSSS"),
    ]
    for change, verdict, letters in changes:
        finding = await check(client, _with(shown, change))
        assert (finding["verdict"], finding["valid"], outcomes(finding)) == (verdict, False, letters)
        assert finding["certificate"] is None
    header, payload, signature = jwt.split(".")
    forged = multibase.base64url(multibase.from_base64url(payload).replace(b'"code":"4"', b'"code":"5"'))
    finding = await check(client, f"{header}.{forged}.{signature}", "application/vc+jwt")
    assert (finding["verdict"], outcomes(finding)) == ("tampered", "PPFSSS")


async def test_a_withdrawn_certificate_is_revoked_everywhere(
    client: httpx.AsyncClient, world: World, as_actor: AsActor, clock: MovableClock
) -> None:
    made, other = await world.recorded(), await world.recorded(number="68-02-2026")
    shown, jwt = await credential(client, made["id"]), await token(client, made["id"])
    kept = await credential(client, other["id"])
    before = await client.get("/v1/credentials/status/revocation-1")
    assert await revoked(client) == frozenset()
    clock.move(days=1)
    same = await client.get("/v1/credentials/status/revocation-1")
    assert same.content == before.content  # signed anew only when it changes
    await withdraw(client, as_actor, made["id"])
    after = await client.get("/v1/credentials/status/revocation-1")
    assert after.headers["cache-control"] == "public, max-age=300"
    assert after.json()["credentialSubject"]["ttl"] == 300_000
    assert after.json()["validFrom"] == "2026-06-16T02:00:00Z"
    assert await revoked(client) == {position(shown)}
    assert await revoked(client, "suspension") == frozenset()
    for finding in (await check(client, shown), await check(client, jwt, "application/vc+jwt")):
        assert (finding["verdict"], outcomes(finding)) == ("withdrawn", "PPPPFP")
        assert "withdrawn on 16 June 2026" in finding["meaning"]
        assert finding["certificate"]["withdrawal"]["ground"] == "production_stopped"
    assert (await check(client, kept))["verdict"] == "valid"
    assert await credential(client, made["id"]) == shown


async def test_nothing_is_signed_for_a_certificate_already_withdrawn(
    client: httpx.AsyncClient, world: World, as_actor: AsActor
) -> None:
    made = await world.recorded()
    await withdraw(client, as_actor, made["id"])
    answer = await client.get(f"/v1/certificates/{made['id']}/credential")
    assert (answer.status_code, answer.json()["code"]) == (409, "credentials.withdrawn")


@pytest.mark.parametrize(("stars", "is_revoked"), [(5, False), (4, False), (3, True)])
async def test_a_successor_revokes_only_when_it_has_fewer_stars(
    client: httpx.AsyncClient, world: World, clock: MovableClock, stars: int, *, is_revoked: bool
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    clock.move(days=100)
    await world.recorded(
        decided_on=date(2026, 9, 20), stars=stars, number="68-09-2026", product_id=made["product_id"]
    )
    assert await revoked(client) == ({position(shown)} if is_revoked else set())
    finding = await check(client, shown)
    assert finding["verdict"] == "superseded"
    assert outcomes(finding) == ("PPPPFP" if is_revoked else "PPPPPP")
    assert finding["certificate"]["successor_url"] is not None


async def test_the_term_begins_and_ends_on_vietnams_days(
    client: httpx.AsyncClient, world: World, clock: MovableClock
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    for at, verdict in (
        (datetime(2026, 6, 14, 16, 59, 59, tzinfo=UTC), "not_yet_valid"),
        (datetime(2026, 6, 14, 17, 0, 0, tzinfo=UTC), "valid"),
        (datetime(2029, 6, 15, 16, 59, 59, 999_999, tzinfo=UTC), "valid"),
        (datetime(2029, 6, 15, 17, 0, 0, tzinfo=UTC), "expired"),
    ):
        clock.at = at
        finding = await check(client, shown)
        assert finding["verdict"] == verdict, at
        assert outcomes(finding) == ("PPPPPP" if verdict == "valid" else "PPPPPF")
    assert "ran out after 15 June 2029" in finding["meaning"]


async def test_what_the_system_signed_but_the_register_does_not_know_is_no_certificate(
    client: httpx.AsyncClient, world: World, settings: Settings, clock: MovableClock
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    ring = KeyStore(settings).load(clock())
    bare = {name: value for name, value in shown.items() if name != "proof"}
    method = shown["proof"]["verificationMethod"]
    for changed in (
        {**bare, "name": "Khác"},
        {**bare, "type": ["VerifiableCredential"]},
        {**bare, "type": 1},
    ):
        invented = with_proof(changed, ring.active.private(), verification_method=method, created=clock())
        finding = await check(client, invented)
        assert (finding["verdict"], outcomes(finding)) == ("not_in_register", "PPPFSS")
        assert finding["certificate"] is None
    listed = (await client.get("/v1/credentials/status/revocation-1")).json()
    assert (await check(client, listed))["verdict"] == "not_in_register"


async def test_a_row_changed_behind_the_register_is_noticed(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    async with database.transaction() as session:
        await session.execute(
            text("update certificate set stars = 5 where id = :id"), {"id": UUID(made["id"])}
        )
    assert (await check(client, shown))["verdict"] == "not_in_register"


# Keys.


async def test_a_rotated_key_is_believed_until_it_expires(
    client: httpx.AsyncClient, world: World, settings: Settings, clock: MovableClock
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    old = shown["proof"]["verificationMethod"]
    clock.move(days=10)
    KeyStore(settings).rotate(clock())
    did = (await client.get("/.well-known/did.json")).json()
    assert len(did["verificationMethod"]) == len(did["assertionMethod"]) == 4
    assert old in did["assertionMethod"]
    assert next(one for one in did["verificationMethod"] if one["id"] == old)["expires"] > "2030"
    assert await credential(client, made["id"]) == shown
    assert (await check(client, shown))["verdict"] == "valid"
    newer = await credential(client, (await world.recorded(number="68-02-2026"))["id"])
    assert newer["proof"]["verificationMethod"] != old
    listed = (await client.get("/v1/credentials/status/revocation-1")).json()
    assert listed["proof"]["verificationMethod"] == newer["proof"]["verificationMethod"]
    clock.move(days=4 * 366)
    did = (await client.get("/.well-known/did.json")).json()
    assert old not in did["assertionMethod"]
    assert old in {one["id"] for one in did["verificationMethod"]}
    finding = await check(client, shown)
    assert (finding["verdict"], outcomes(finding)) == ("key_not_believed", "PFPSSS")


async def test_a_proof_dated_after_its_key_was_retired_is_not_believed(
    client: httpx.AsyncClient, world: World, settings: Settings, clock: MovableClock
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    stolen = KeyStore(settings).load(clock()).active.private()
    clock.move(days=10)
    KeyStore(settings).rotate(clock())
    clock.move(days=10)
    bare = {name: value for name, value in shown.items() if name != "proof"}
    method = shown["proof"]["verificationMethod"]
    later = with_proof(bare, stolen, verification_method=method, created=clock())
    assert (await check(client, later))["verdict"] == "key_not_believed"


async def test_after_a_theft_credentials_are_signed_anew(
    client: httpx.AsyncClient, world: World, settings: Settings, clock: MovableClock
) -> None:
    made = await world.recorded()
    shown, jwt = await credential(client, made["id"]), await token(client, made["id"])
    clock.move(days=1)
    KeyStore(settings).rotate(clock(), stolen=True)
    assert (await check(client, shown))["verdict"] == "key_not_believed"
    assert (await check(client, jwt, "application/jwt"))["verdict"] == "key_not_believed"
    renewed = await credential(client, made["id"])
    assert renewed["proof"]["verificationMethod"] != shown["proof"]["verificationMethod"]
    assert position(renewed) != position(shown)
    assert (await check(client, renewed))["verdict"] == "valid"


async def test_under_another_address_certificates_are_signed_anew(
    app: FastAPI, client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    await revoked(client)
    moved = WebSettings(public_url="https://ocop.example.vn")
    app.state.settings = settings.model_copy(update={"web": moved})
    renewed = await credential(client, made["id"])
    assert renewed["issuer"]["id"] == "did:web:ocop.example.vn"
    assert renewed["id"] == f"https://ocop.example.vn/verify/{made['code']}"
    listed = (await client.get("/v1/credentials/status/revocation-1")).json()
    assert listed["id"] == "https://ocop.example.vn/v1/credentials/status/revocation-1"
    assert (await check(client, renewed))["verdict"] == "valid"
    assert (await check(client, shown))["verdict"] == "unknown_issuer"


async def test_keys_that_cannot_be_read_are_told_as_unavailable(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    named = CredentialSettings(key_file=tmp_path / "not-mounted.json")
    app.state.settings = settings.model_copy(update={"credentials": named})
    answer = await client.get("/.well-known/did.json")
    assert (answer.status_code, answer.json()["code"]) == (503, "credentials.keys_unavailable")
    assert str(tmp_path) not in answer.text


# Hostile input.


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"null",
        b"7",
        b"[]",
        b"{}",
        b'"eyJ"',
        b"{",
        b"\xff\xfe",
        b"a.b.c",
        b"...",
        b"eyJhbGciOiJub25lIn0.e30.aaaa",
        b'{"proof": [], "issuer": "x"}',
        b'{"proof": {"type": "DataIntegrityProof"}}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"[" + b"1," * 30_000 + b"1]",
        b'"\\' * 30_000,
        multibase.base64url(b"[" * 20_000).encode() + b".e30.aaaa",
        multibase.base64url(b'{"alg":"EdDSA","typ":"vc+jwt"}').encode() + b".bnVsbA.aaaa",
    ],
)
async def test_what_is_no_credential_is_refused_as_such(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post(
        "/v1/verify/credential", content=content, headers={"Content-Type": "application/vc"}
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "credentials.unreadable"


async def test_hostile_values_in_a_whole_credential_never_fail_the_server(
    client: httpx.AsyncClient, world: World
) -> None:
    made = await world.recorded()
    shown = await credential(client, made["id"])
    values: list[Any] = [None, True, -1, 2**53 - 1, 0.5, "", "\x00", "é", "e\u0301", [], {}, [[[]]]]
    for value in (*values, "z" * 3000):
        for place in ("@context", "id", "type", "issuer", "validFrom", "credentialSubject"):
            finding = await check(client, {**shown, place: value})
            assert finding["verdict"] in {"tampered", "unknown_issuer"}
        for place in ("created", "verificationMethod", "proofValue", "@context"):
            finding = await check(client, {**shown, "proof": {**shown["proof"], place: value}})
            assert finding["verdict"] == "tampered"


async def test_letters_composed_in_another_way_are_another_text(
    client: httpx.AsyncClient, world: World
) -> None:
    shown = await credential(client, (await world.recorded())["id"])
    decomposed = shown["name"].replace("ấ", "a\u0302\u0301")
    assert decomposed != shown["name"]
    assert (await check(client, {**shown, "name": decomposed}))["verdict"] == "tampered"


async def test_other_kinds_and_sizes_of_bodies_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/verify/credential", content=b"<a/>", headers={"Content-Type": "application/xml"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "request.unsupported_media_type")
    answer = await client.post(
        "/v1/verify/credential", content=b"{" + b" " * 70_000, headers={"Content-Type": "application/vc"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


async def test_only_lists_in_use_are_published(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/credentials/status/revocation-1")).status_code == 200
    answer = await client.get("/v1/credentials/status/revocation-2")
    assert (answer.status_code, answer.json()["code"]) == (404, "credentials.unknown_status_list")
    for wrong in ("revocation-0", "revocation-01", "message-1", "revocation-9999999", "x"):
        assert (await client.get(f"/v1/credentials/status/{wrong}")).status_code == 422


# The script for those who have nothing but the files.


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_certificate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_script_in_the_documentation_checks_the_files_by_itself(
    client: httpx.AsyncClient,
    world: World,
    as_actor: AsActor,
    clock: MovableClock,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = await world.recorded()

    async def save(path: str, name: str) -> str:
        (tmp_path / name).write_bytes((await client.get(path)).content)
        return str(tmp_path / name)

    shown = await save(f"/v1/certificates/{made['id']}/credential", "credential.json")
    did = await save("/.well-known/did.json", "did.json")
    good = await save("/v1/credentials/status/revocation-1", "good.json")
    main = _script().main
    main([shown, did, good], clock())
    assert "VALID: Giấy chứng nhận sản phẩm OCOP số 68-01-2026" in capsys.readouterr().out
    main([shown, did], clock())
    assert "Not checked" in capsys.readouterr().out
    for at, why in ((clock() - timedelta(days=1), "not begun"), (clock() + timedelta(days=1200), "is over")):
        with pytest.raises(SystemExit, match=why):
            main([shown, did, good], at)
    await withdraw(client, as_actor, made["id"])
    bad = await save("/v1/credentials/status/revocation-1", "bad.json")
    with pytest.raises(SystemExit, match="revoked"):
        main([shown, did, bad], clock())
    other = await save("/v1/credentials/status/suspension-1", "suspension.json")
    with pytest.raises(SystemExit, match="not the status list"):
        main([shown, did, other], clock())


async def test_the_script_refuses_one_changed_byte(
    client: httpx.AsyncClient, world: World, tmp_path: Path
) -> None:
    made = await world.recorded()
    content = (await client.get(f"/v1/certificates/{made['id']}/credential")).text
    (tmp_path / "credential.json").write_text(content.replace('"code":"4"', '"code":"5"', 1))
    (tmp_path / "did.json").write_bytes((await client.get("/.well-known/did.json")).content)
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(SCRIPT), "credential.json", "did.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "the signature does not fit" in ran.stderr
    (tmp_path / "credential.json").write_text("[]")
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(SCRIPT), "credential.json", "did.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
