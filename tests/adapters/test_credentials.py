"""Proofs, tokens, status lists, keys, the reading of hostile JSON; a vector of our own holds them still."""

import copy
import gzip
import json
import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from ocop_api.adapters.credentials import integrity, jose, multibase, status_list, strict_json
from ocop_api.adapters.credentials.integrity import ProofBroken
from ocop_api.adapters.credentials.jose import TokenBroken
from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.adapters.credentials.keys import BELIEVED_FOR, IssuerKey, KeyRingError, read_ring
from ocop_api.settings import CredentialSettings, Settings

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
_ID = multibase.multikey(PUBLIC)
METHOD = f"did:web:ocop.example.vn#{_ID}"
AT = datetime(2026, 6, 15, 2, 0, 0, 999_999, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://ocop.example.vn/v1/credentials/context/v1"],
    "id": "https://ocop.example.vn/verify/abc",
    "type": ["VerifiableCredential"],
    "issuer": {"id": "did:web:ocop.example.vn", "name": "Sổ đăng ký"},
    "validFrom": "2026-06-14T17:00:00Z",
    "credentialSubject": {"name": "Cà phê bột Đắk Nông", "stars": 4, "whole": True, "none": None},
}
# Written down from a first run, and confirmed by an independent implementation of the cryptosuite.
PROOF_VALUE = "z3Ff4TkCfjr2ZGSJ71CuyEWXd4X3pki8ij7fhMZescuKovSi4HY1zshKE5a1vfB4wGZMxWrAPArMhnTcgrVFesT9t"
TOKEN_SIGNATURE = "UcBvU9Vs8sBJlH23zQ1eXPDNkyq5qiOng8c_ulNs_6Fma39RyNUfoM9SMXkp_ArTf6oet2KD6iwc76hd_m4_AA"


def signed(document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    return integrity.with_proof(document, KEY, verification_method=METHOD, created=AT)


def checked(token: str) -> None:
    jose.unverified(token)
    jose.check_token(token, PUBLIC)


# What JSON can hold exactly: no floats, since ours never have any, and integers as doubles keep them.
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything in a document that is not an object or list with something in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path_ for key, item in inner for path_ in leaves(item, (*path, key))]
    yield from found or [path]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(inner) for key, inner in reversed(value.items())}
    return [reordered(inner) for inner in value] if isinstance(value, list) else value


def test_the_vector_of_our_own_holds() -> None:
    document = signed()
    assert document["proof"]["proofValue"] == PROOF_VALUE
    assert document["proof"]["created"] == "2026-06-15T02:00:00Z"
    integrity.check_proof(document, PUBLIC)
    token = jose.token_of(DOCUMENT, KEY, key_id=f"{METHOD}-jwk")
    assert token.rpartition(".")[2] == TOKEN_SIGNATURE
    jose.check_token(token, PUBLIC)
    header, payload = jose.unverified(token)
    assert header == {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": f"{METHOD}-jwk"}
    assert json.loads(payload) == DOCUMENT


@given(st.dictionaries(st.text(max_size=6).filter(lambda key: key not in {"proof", "@context"}), values))
def test_a_proof_holds_whatever_the_order_of_keys(extra: dict[str, Any]) -> None:
    document = signed({**extra, "@context": ["https://www.w3.org/ns/credentials/v2"]})
    integrity.check_proof(reordered(document), PUBLIC)
    integrity.check_proof(strict_json.read(json.dumps(document, indent=3).encode()), PUBLIC)


@given(st.data())
def test_another_value_anywhere_breaks_the_proof(data: st.DataObject) -> None:
    document = signed()
    path = data.draw(st.sampled_from(list(leaves(document))))
    there: Any = document
    for key in path:
        there = there[key]
    value = data.draw(values)
    assume(json.dumps(value) != json.dumps(there))
    with pytest.raises(ProofBroken):
        integrity.check_proof(replaced(document, path, value), PUBLIC)


@given(st.data())
def test_one_changed_byte_breaks_the_proof_or_the_json(data: st.DataObject) -> None:
    raw = bytearray(json.dumps(signed(), ensure_ascii=False, separators=(",", ":")).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        document = strict_json.read(bytes(raw))
    except strict_json.Unreadable:
        return
    with pytest.raises(ProofBroken):
        integrity.check_proof(document if isinstance(document, dict) else {}, PUBLIC)


@given(st.data())
def test_one_changed_letter_breaks_a_token(data: st.DataObject) -> None:
    token = jose.token_of(DOCUMENT, KEY, key_id=METHOD)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_.="))
    assume(letter != token[place])
    changed = token[:place] + letter + token[place + 1 :]
    with pytest.raises(TokenBroken):
        checked(changed)


def test_a_proof_of_another_kind_purpose_or_key_is_none() -> None:
    document = signed()
    for name, value in (
        ("type", "Ed25519Signature2020"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("proofPurpose", "authentication"),
        ("proofValue", "u" + document["proof"]["proofValue"][1:]),
        ("proofValue", 7),
    ):
        with pytest.raises(ProofBroken):
            integrity.check_proof(replaced(document, ("proof", name), value), PUBLIC)
    for proofs in ([], [document["proof"]], None, "z"):
        with pytest.raises(ProofBroken):
            integrity.check_proof({**document, "proof": proofs}, PUBLIC)
    with pytest.raises(ProofBroken):
        integrity.check_proof(document, Ed25519PrivateKey.generate().public_key().public_bytes_raw())


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", "Ed448"])
def test_a_token_signed_in_another_way_is_none(algorithm: str) -> None:
    _, payload, signature = jose.token_of(DOCUMENT, KEY, key_id=METHOD).split(".")
    header = multibase.base64url(json.dumps({"alg": algorithm, "typ": "vc+jwt", "kid": METHOD}).encode())
    with pytest.raises(TokenBroken):
        jose.unverified(f"{header}.{payload}.{signature}")


@given(st.binary(max_size=70))
def test_texts_of_bytes_have_one_spelling(value: bytes) -> None:
    assert multibase.from_base58btc(multibase.base58btc(value)) == value
    assert multibase.from_base64url(multibase.base64url(value)) == value


def test_other_spellings_and_foreign_keys_are_refused() -> None:
    for text in ("AB", "A=", "QQ==", "Q+", "Q/", "Qư", "QR"):
        with pytest.raises(ValueError, match=r".*"):
            multibase.from_base64url(text)
    for text in ("0", "O", "I", "l", "ư", " 1", "1" * 129):
        with pytest.raises(ValueError, match=r".*"):
            multibase.from_base58btc(text)
    assert multibase.from_multikey(multibase.multikey(PUBLIC)) == PUBLIC
    for text in ("", "z", multibase.multikey(PUBLIC)[1:], multibase.multikey(PUBLIC[:31]), "zQ3sh"):
        with pytest.raises(ValueError, match=r".*"):
            multibase.from_multikey(text)


@given(st.frozensets(st.integers(0, status_list.SIZE - 1), max_size=200))
def test_a_status_list_gives_back_its_bits_and_is_always_written_alike(indexes: frozenset[int]) -> None:
    encoded = status_list.encode(indexes)
    assert encoded.startswith("u")
    assert status_list.decode(encoded) == indexes
    assert status_list.encode(sorted(indexes, reverse=True)) == encoded


def test_a_status_list_is_refused_outside_of_its_size() -> None:
    for index in (-1, status_list.SIZE):
        with pytest.raises(IndexError):
            status_list.encode([index])
    for content in (b"", b"\x00" * 16_383, b"\x00" * 16_385, b"\x00" * 50_000_000):
        with pytest.raises(ValueError, match="size"):
            status_list.decode("u" + multibase.base64url(gzip.compress(content)))
    for text in ("", "x", "u", "uAAAA", status_list.encode([1])[1:], status_list.encode([1])[:-8]):
        with pytest.raises(ValueError, match=r".*"):
            status_list.decode(text)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b"[9007199254740993]",
        b"[" + b"9" * 60_000 + b"]",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b"[" * 60_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" + b"0," * 30_000 + b"0]",
        b'"' * 60_000,
        b'"\\' * 30_000,
    ],
)
def test_json_without_one_meaning_is_refused_soon(raw: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(strict_json.Unreadable):
        strict_json.read(raw)
    assert time.perf_counter() - started < 1


def test_json_is_read_letter_by_letter() -> None:
    composed, decomposed = "Cà phê", "Cà phê"
    assert strict_json.read(json.dumps([composed, decomposed]).encode()) == [composed, decomposed]
    assert strict_json.read(b'{"a": [true, null, -1, "\\ud83d\\ude00", "{[,"]}') == {
        "a": [True, None, -1, "😀", "{[,"]
    }


def store(folder: Path, **given_: Any) -> KeyStore:
    return KeyStore(Settings(data_dir=folder, credentials=CredentialSettings(**given_)))


def test_the_first_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    keys = store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keys.load(AT).active.id, range(8)))
    assert len(set(rings)) == 1
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path.parent.stat().st_mode) == 0o700
    assert os.listdir(keys.path.parent) == ["credentials.json"]  # noqa: PTH208 - nothing hidden is left
    assert "seed" not in repr(keys.load(AT))


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    keys = store(tmp_path, key_file=tmp_path / "mounted.json")
    with pytest.raises(KeyRingError, match=r"no issuer keys at .*mounted.json"):
        keys.load(AT)
    assert not (tmp_path / "mounted.json").exists()
    made = keys.rotate(AT)
    assert keys.load(AT) == made
    assert len(made.keys) == 1


def test_a_rotated_key_signs_no_more_and_stays_believed(tmp_path: Path) -> None:
    keys = store(tmp_path)
    first = keys.load(AT).active
    later = AT + timedelta(days=400)
    ring = keys.rotate(later)
    assert keys.load(later) == ring
    kept = ring.find(first.id)
    assert kept is not None
    assert ring.active.id != first.id
    assert kept.seed is None
    assert first.id in keys.path.read_text()
    assert keys.path.read_text().count('"seed": null') == 1
    with pytest.raises(KeyRingError):
        kept.private()
    assert kept.might_sign(later)
    assert not kept.might_sign(later + timedelta(seconds=1))
    assert not kept.might_sign(AT - timedelta(seconds=1))
    assert kept.believed(later + BELIEVED_FOR - timedelta(seconds=1))
    assert not kept.believed(later + BELIEVED_FOR)


def test_a_stolen_key_is_believed_no_more(tmp_path: Path) -> None:
    keys = store(tmp_path)
    first = keys.load(AT).active
    kept = keys.rotate(AT + timedelta(days=1), stolen=True).find(first.id)
    assert kept is not None
    assert not kept.believed(AT + timedelta(days=1))


def test_two_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    keys = store(tmp_path)
    keys.load(AT)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: store(tmp_path).rotate(AT), range(6)))
    ring = keys.load(AT)
    assert len(ring.keys) == 7
    assert sum(key.signs for key in ring.keys) == 1


def test_keys_may_stand_in_a_setting_and_are_changed_there(tmp_path: Path) -> None:
    store(tmp_path).load(AT)
    text = (tmp_path / "keys" / "credentials.json").read_text()
    keys = store(tmp_path / "other", keys=SecretStr(text))
    assert keys.load(AT) == store(tmp_path).load(AT)
    assert not (tmp_path / "other").exists()
    with pytest.raises(KeyRingError, match="OCOP_CREDENTIALS_KEYS"):
        keys.rotate(AT)


def test_a_key_of_an_earlier_installation_can_be_added(tmp_path: Path) -> None:
    keys = store(tmp_path)
    old = IssuerKey(
        public_key=PUBLIC,
        valid_from=datetime(2024, 1, 1, tzinfo=UTC),
        retired_at=datetime(2025, 1, 1, tzinfo=UTC),
        valid_until=datetime(2029, 1, 1, tzinfo=UTC),
    )
    ring = keys.add(old, AT)
    assert ring.find(old.id) == old == keys.load(AT).find(old.id)
    with pytest.raises(KeyRingError, match="twice"):
        keys.add(old, AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{}]}',
        '{"keys": [{"public_key": "z6Mk", "valid_from": "2026-01-01T00:00:00Z"}]}',
        json.dumps({"keys": [{"public_key": _ID, "valid_from": "2026-01-01T00:00:00Z"}]}),
        json.dumps(
            {
                "keys": [
                    {
                        "public_key": _ID,
                        "valid_from": "2026-01-01T00:00:00",
                        "seed": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                    }
                ]
            }
        ),
        json.dumps(
            {
                "keys": [
                    {
                        "public_key": _ID,
                        "valid_from": "2026-01-01T00:00:00Z",
                        "seed": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                    }
                ]
            }
        ),
    ],
)
def test_what_is_no_ring_is_told_as_such(text: str) -> None:
    with pytest.raises(KeyRingError):
        read_ring(text)
