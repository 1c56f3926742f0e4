"""Signed papers of a session: taken in once, replaced with a reason, never lost, by those who may."""

import asyncio
import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from fastapi import FastAPI
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ocop_api.db.tables.dossiers import Dossier
from ocop_api.documents.service.signed_copies import LARGEST_COPY
from ocop_api.domain.actor import Bound, Grant, Level, Role
from ocop_api.scoring.service.signing import LARGEST_SIGNATURE

from .conftest import EIGHTY_NINE, PROVINCE, Headers, World, area_actor
from .paper_reading import clock_of, named_council, paper, product, scored

SMALL = ("chair", "deputy", "member", "secretary")
PDF = "application/pdf"


def _scan(words: str = "Bản quét có chữ ký") -> bytes:
    """A PDF that is not the generated one, as a scanner gives it."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": words})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _acting() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(_scan()))
    action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")}
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _signature(
    content: bytes, encoding: Encoding = Encoding.DER, *options: pkcs7.PKCS7Options, algorithm: Any = None
) -> bytes:
    """A CMS signature by a key made for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Thư ký")])
    at = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=1000))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(certificate, key, algorithm or hashes.SHA256())
    return builder.sign(encoding, [pkcs7.PKCS7Options.Binary, *options])


DETACHED = pkcs7.PKCS7Options.DetachedSignature


async def _closed(world: World) -> tuple[str, Dossier]:
    await named_council(world, SMALL)
    dossier = await product(world, "Cà phê bột Đắk Mil", "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    await scored(world, session_id, dossier, dict.fromkeys(world.users[:3], EIGHTY_NINE))
    return session_id, dossier


async def _hand_in(
    world: World, session_id: str, content: bytes, headers: Headers | None = None, **facts: Any
) -> httpx.Response:
    told = {
        "paper": "minutes",
        "signed_on": world.clock().date().isoformat(),
        "document_number": "12/BB-HĐ",
        "signatories": "H’Loan Niê Kdăm; Lê Hoàng Phúc",
        **facts,
    }
    return await world.client.post(
        f"/v1/sessions/{session_id}/signed-papers",
        params={name: value for name, value in told.items() if value is not None},
        content=content,
        headers={"Content-Type": PDF, **(headers or world.secretary)},
    )


async def _state(world: World, session_id: str) -> str:
    answer = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    return str(answer.json()["state"])


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_signed_minutes_end_the_session_and_come_out_unchanged(world: World) -> None:
    session_id, _ = await _closed(world)
    scan = _scan()
    made = await _hand_in(world, session_id, scan)
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["form"], body["current"], body["size"]) == ("pdf", True, len(scan))
    assert body["sha256"] == hashlib.sha256(scan).hexdigest()
    generated = await paper(world, session_id, "minutes.pdf")
    assert body["generated_sha256"] == hashlib.sha256(generated.content).hexdigest()
    assert await _state(world, session_id) == "minutes_signed"
    sent = await world.client.get(made.headers["location"], headers=world.headers[world.users[2]])
    assert sent.content == scan
    assert sent.headers["content-disposition"] == f'attachment; filename="{body["id"]}.pdf"'
    assert sent.headers["x-content-type-options"] == "nosniff"
    url = f"/v1/sessions/{session_id}/signed-papers/{body['id']}/generated"
    assert (await world.client.get(url, headers=world.secretary)).content == generated.content
    listed = (await world.client.get(f"/v1/sessions/{session_id}/papers", headers=world.secretary)).json()
    signed = {one["paper"]: one["signed_paper_id"] for one in listed["papers"] if one["signed"]}
    assert signed == {"minutes": body["id"]}
    council = f"/v1/councils/{world.council['id']}/sessions"
    found = await world.client.get(council, params={"state": "minutes_signed"}, headers=world.officer)
    assert [one["id"] for one in found.json()["items"]] == [session_id]
    async with world.database.read() as session:
        row = (
            await session.execute(text("select data from ledger_event where kind = 'session.paper_signed'"))
        ).one()
    assert (row.data["paper"], row.data["sha256"]) == ("minutes", body["sha256"])


async def test_the_same_file_twice_changes_nothing(world: World) -> None:
    session_id, _ = await _closed(world)
    first = await _hand_in(world, session_id, _scan())
    before = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    again = await _hand_in(world, session_id, _scan(), document_number="13/BB-HĐ")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    after = await world.client.get(f"/v1/sessions/{session_id}", headers=world.secretary)
    assert before.headers["etag"] == after.headers["etag"]


async def test_a_wrong_upload_is_replaced_with_a_reason_and_stays_readable(world: World) -> None:
    session_id, _ = await _closed(world)
    first = (await _hand_in(world, session_id, _scan("một"))).json()
    other = await _hand_in(world, session_id, _scan("hai"))
    assert _refused(other) == (409, "scoring.paper_signed_already")
    bare = await _hand_in(world, session_id, _scan("hai"), replaces_id=first["id"])
    assert _refused(bare) == (422, "scoring.replacement_without_reason")
    alone = await _hand_in(world, session_id, _scan("hai"), reason="Thiếu trang 3")
    assert _refused(alone) == (422, "scoring.reason_without_replacement")
    second = await _hand_in(
        world, session_id, _scan("hai"), replaces_id=first["id"], reason="Bản trước thiếu trang 3."
    )
    assert second.status_code == 201, second.text
    late = await _hand_in(world, session_id, _scan("ba"), replaces_id=first["id"], reason="Nhầm")
    assert _refused(late) == (409, "scoring.signed_paper_replaced")
    foreign = await _hand_in(world, session_id, _scan("ba"), replaces_id=str(uuid4()), reason="Nhầm")
    assert _refused(foreign) == (409, "scoring.signed_paper_replaced")
    url = f"/v1/sessions/{session_id}/signed-papers"
    listed = (await world.client.get(url, headers=world.secretary)).json()["items"]
    assert {one["id"]: one["current"] for one in listed} == {
        first["id"]: False,
        second.json()["id"]: True,
    }
    older = await world.client.get(f"{url}/{first['id']}/content", headers=world.secretary)
    assert older.content == _scan("một")
    page = await world.client.get(url, params={"limit": 1}, headers=world.secretary)
    assert page.json()["next_cursor"] is not None


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA512()])
async def test_a_signature_of_the_generated_pdf_is_taken(
    world: World, encoding: Encoding, algorithm: Any
) -> None:
    session_id, _ = await _closed(world)
    generated = (await paper(world, session_id, "minutes.pdf")).content
    digest = hashlib.sha256(generated).hexdigest()
    signature = _signature(generated, encoding, DETACHED, algorithm=algorithm)
    nameless = await _hand_in(world, session_id, signature)
    assert _refused(nameless) == (422, "scoring.signature_names_nothing")
    other = await _hand_in(world, session_id, signature, signs_sha256="0" * 64)
    assert _refused(other) == (409, "scoring.signs_other_content")
    lying = _signature(b"something else", encoding, DETACHED, algorithm=algorithm)
    lied = await _hand_in(world, session_id, lying, signs_sha256=digest)
    assert _refused(lied) == (409, "scoring.signs_other_content")
    assert await _state(world, session_id) == "closed"
    made = await _hand_in(world, session_id, signature, signs_sha256=digest)
    assert made.status_code == 201, made.text
    assert made.json()["form"] == "cms"
    assert await _state(world, session_id) == "minutes_signed"
    sent = await world.client.get(made.headers["location"], headers=world.secretary)
    assert (sent.content, sent.headers["content-type"]) == (signature, "application/pkcs7-signature")
    assert sent.headers["content-disposition"].endswith('.p7s"')


async def test_what_is_no_signed_paper_is_refused_and_leaves_nothing(world: World, app: FastAPI) -> None:
    session_id, _ = await _closed(world)
    generated = (await paper(world, session_id, "minutes.pdf")).content
    digest = hashlib.sha256(generated).hexdigest()
    whole = _signature(generated, Encoding.DER, DETACHED)
    attached = _signature(generated[:2000])
    wrong: list[tuple[bytes, dict[str, Any], tuple[int, str]]] = [
        (b"", {}, (422, "scoring.signed_file_empty")),
        (b"PK\x03\x04" + b"x" * 100, {}, (422, "scoring.signed_file_not_accepted")),
        (b"<html>", {}, (422, "scoring.signed_file_not_accepted")),
        (_scan()[:200], {}, (422, "documents.damaged")),
        (_scan() + b"PK\x05\x06" + b"\0" * 18, {}, (422, "documents.foreign_data")),
        (_acting(), {}, (422, "documents.active_content")),
        (generated, {}, (409, "scoring.paper_not_signed")),
        (whole[:-3], {"signs_sha256": digest}, (422, "scoring.signature_damaged")),
        (whole + b"\0", {"signs_sha256": digest}, (422, "scoring.signature_damaged")),
        (b"0\x80" + whole[2:], {"signs_sha256": digest}, (422, "scoring.signature_damaged")),
        (b"0\x03\x02\x01\x01", {"signs_sha256": digest}, (422, "scoring.signature_damaged")),
        (
            b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            {},
            (422, "scoring.signature_damaged"),
        ),
        (attached, {"signs_sha256": digest}, (422, "scoring.signature_attached")),
        (b"0" * (LARGEST_SIGNATURE + 1), {}, (422, "scoring.signature_too_large")),
        (b"%PDF-" + b"0" * LARGEST_COPY, {}, (413, "request.too_large")),
    ]
    kept = await app.state.object_store.below("documents", most=1000)
    for content, facts, expected in wrong:
        answer = await _hand_in(world, session_id, content, **facts)
        assert _refused(answer) == expected, (content[:40], answer.text)
    assert await _state(world, session_id) == "closed"
    assert await app.state.object_store.below("documents", most=1000) == kept
    listed = await world.client.get(f"/v1/sessions/{session_id}/signed-papers", headers=world.secretary)
    assert listed.json()["items"] == []


async def test_a_body_without_a_length_is_cut_off_too(world: World) -> None:
    session_id, _ = await _closed(world)

    async def pieces() -> Any:
        yield b"%PDF-"
        for _ in range(LARGEST_COPY // 2**20 + 1):
            yield b"0" * 2**20

    answer = await world.client.post(
        f"/v1/sessions/{session_id}/signed-papers",
        params={
            "paper": "minutes",
            "signed_on": world.clock().date().isoformat(),
            "document_number": "1",
            "signatories": "A",
        },
        content=pieces(),
        headers=world.secretary,
    )
    assert _refused(answer) == (413, "request.too_large")


async def test_who_hands_in_signed_papers(world: World) -> None:
    session_id, _ = await _closed(world)
    chair, deputy, member = world.users[:3]
    for user in (deputy, member):
        answer = await _hand_in(world, session_id, _scan(), world.headers[user])
        assert _refused(answer) == (403, "scoring.may_not_sign")
    leader = await _hand_in(world, session_id, _scan(), world.as_actor(area_actor(Role.LEADER)))
    assert leader.status_code == 403
    stranger = area_actor(Role.OFFICER, "34:01", Level.PROVINCE)
    hidden = await _hand_in(world, session_id, _scan(), world.as_actor(stranger))
    assert _refused(hidden) == (404, "scoring.unknown_session")
    # The seat alone does not do: the role that came with it has been taken back.
    grant = Grant(Role.INSPECTOR, Bound.AREA, level=Level.PROVINCE, place_id=PROVINCE)
    former = await _hand_in(world, session_id, _scan(), world.sign_in(chair, grant))
    assert former.status_code in {403, 404}
    world.seat_headers(chair, world.council["id"], "chair")
    for headers, name in ((world.headers[chair], "minutes"), (world.officer, "decision")):
        made = await _hand_in(world, session_id, _scan(), headers, paper=name)
        assert made.status_code == 201, made.text


async def test_signing_waits_for_the_end_and_is_dated_within_it(world: World) -> None:
    await named_council(world, SMALL)
    dossier = await product(world, "Cà phê bột Đắk Mil", "HTX Thanh Thái")
    session_id = await world.opened(dossier)
    early = await _hand_in(world, session_id, _scan())
    assert _refused(early) == (409, "scoring.session_not_closed")
    sealed = await _hand_in(world, session_id, _scan(), paper="consolidated", dossier_id=str(dossier.id))
    assert _refused(sealed) == (409, "scoring.session_not_closed")
    await scored(world, session_id, dossier, dict.fromkeys(world.users[:3], EIGHTY_NINE))
    # Eight in the evening in London is the next day in Vietnam.
    clock_of(world).at = datetime(2026, 6, 16, 20, 0, tzinfo=UTC)
    future = await _hand_in(world, session_id, _scan(), signed_on="2026-06-18")
    assert _refused(future) == (422, "scoring.signed_in_future")
    before = await _hand_in(world, session_id, _scan(), signed_on="2026-06-14")
    assert _refused(before) == (422, "scoring.signed_before_closing")
    assert (await _hand_in(world, session_id, _scan(), signed_on="2026-06-17")).status_code == 201


async def test_each_paper_is_signed_by_itself(world: World) -> None:
    session_id, dossier = await _closed(world)
    of: dict[str, Any] = {"dossier_id": str(dossier.id)}
    signable: list[dict[str, Any]] = [
        {"paper": "submission", "proposal": "recognise"},
        {"paper": "decision"},
        {"paper": "consolidated", **of},
        {"paper": "score_sheets", **of, "round": 1},
    ]
    for facts in signable:
        made = await _hand_in(world, session_id, _scan(), **facts)
        assert made.status_code == 201, made.text
        assert await _state(world, session_id) == "closed"
    again = await _hand_in(world, session_id, _scan("khác"), paper="consolidated", round=1, **of)
    assert _refused(again) == (409, "scoring.paper_signed_already")
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"paper": "submission"}, 422, "scoring.paper_parameter_missing"),
        ({"paper": "consolidated"}, 422, "scoring.paper_parameter_missing"),
        ({"paper": "minutes", **of}, 422, "scoring.paper_parameter_foreign"),
        ({"paper": "submission", "proposal": "forward"}, 404, "scoring.nothing_proposed"),
        ({"paper": "consolidated", **of, "round": 2}, 404, "scoring.no_closed_round"),
        ({"paper": "consolidated", "dossier_id": str(uuid4())}, 404, "scoring.not_on_agenda"),
        ({"paper": "score_sheet", **of}, 422, "request.invalid"),
        ({"document_number": None}, 422, "request.invalid"),
        ({"signs_sha256": "x"}, 422, "request.invalid"),
    ]
    for facts, status, code in refused:
        assert _refused(await _hand_in(world, session_id, _scan(), **facts)) == (status, code)
    listed = (await world.client.get(f"/v1/sessions/{session_id}/papers", headers=world.secretary)).json()
    unsigned = {one["paper"] for one in listed["papers"] if not one["signed"]}
    assert unsigned == {"minutes", "score_sheet"}


async def test_of_two_that_come_at_once_one_counts(world: World) -> None:
    session_id, _ = await _closed(world)
    both = await asyncio.gather(
        _hand_in(world, session_id, _scan("một")),
        _hand_in(world, session_id, _scan("hai"), world.officer),
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    same = await asyncio.gather(
        *(_hand_in(world, session_id, _scan("ba"), paper="decision") for _ in range(3))
    )
    assert sorted(one.status_code for one in same) == [200, 200, 201]
    assert len({one.json()["id"] for one in same}) == 1


async def test_signed_papers_are_out_of_sight_of_strangers(world: World) -> None:
    session_id, _ = await _closed(world)
    made = (await _hand_in(world, session_id, _scan())).json()
    stranger = world.as_actor(area_actor(Role.OFFICER, "34:01", Level.PROVINCE))
    url = f"/v1/sessions/{session_id}/signed-papers"
    for address in (url, f"{url}/{made['id']}/content", f"{url}/{made['id']}/generated"):
        answer = await world.client.get(address, headers=stranger)
        assert _refused(answer) == (404, "scoring.unknown_session")
    absent = await world.client.get(f"{url}/{uuid4()}/content", headers=world.secretary)
    assert _refused(absent) == (404, "scoring.unknown_signed_paper")


async def test_a_stored_file_that_was_altered_does_not_come_out(world: World, app: FastAPI) -> None:
    session_id, _ = await _closed(world)
    made = await _hand_in(world, session_id, _scan())
    digest = made.json()["sha256"]
    key = f"documents/{digest[:2]}/{digest}"
    await app.state.object_store.delete(key)
    await app.state.object_store.put(key, _scan()[:-1] + b"!")
    answer = await world.client.get(made.headers["location"], headers=world.secretary)
    assert _refused(answer) == (503, "documents.content_lost")


async def test_signed_papers_are_records(world: World) -> None:
    session_id, _ = await _closed(world)
    made = (await _hand_in(world, session_id, _scan())).json()
    for statement in (
        "update signed_paper set document_number = '13' where id = :id",
        "delete from signed_paper where id = :id",
    ):
        with pytest.raises(DBAPIError):
            async with world.database.transaction() as session:
                await session.execute(text(statement), {"id": made["id"]})


async def test_an_upload_that_fails_to_commit_is_no_record_and_may_come_again(
    world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id, _ = await _closed(world)

    async def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process ended here")

    with monkeypatch.context() as patched:
        patched.setattr("ocop_api.scoring.service.signing.record", fails)
        broken = await _hand_in(world, session_id, _scan())
    assert broken.status_code == 500
    digest = hashlib.sha256(_scan()).hexdigest()
    assert await app.state.object_store.head(f"documents/{digest[:2]}/{digest}") is not None
    listed = await world.client.get(f"/v1/sessions/{session_id}/signed-papers", headers=world.secretary)
    assert listed.json()["items"] == []
    assert await _state(world, session_id) == "closed"
    assert (await _hand_in(world, session_id, _scan())).status_code == 201
