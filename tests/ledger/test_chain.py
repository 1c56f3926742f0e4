"""The bytes of the chain, the key file and the file of outside heads."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.ledger.canonical import EventRow, canonical_event, chain_hash
from ocop_api.ledger.heads import append_heads, last_seq, read_heads
from ocop_api.ledger.keys import (
    LedgerKeyError,
    Signer,
    base64url,
    create_key,
    key_file,
    key_id_of,
    load_signer,
    parse_keys,
    trusted_keys,
)
from ocop_api.settings import SecuritySettings, Settings

AT = datetime(2026, 6, 15, 2, 0, 0, 1000, tzinfo=UTC)
EVENT = EventRow(
    id=UUID("0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"),
    ordinal=7,
    at=AT,
    kind="product.created",
    subject_type="product",
    subject_id="p1",
    actor_id=None,
    area_path=["34:68"],
    data_text='{"tên": "Cà phê", "a": 1.50, "n": 3}',
)


def body(event: EventRow) -> bytes:
    return canonical_event(event, seq=1, sealed_at=AT).chained()


def test_canonical_form_is_fixed() -> None:
    assert body(EVENT).decode() == (
        '{"actor_id":null,"area_path":["34:68"],"at":"2026-06-15T02:00:00.001000Z",'
        '"data":{"a":1.5,"n":3,"tên":"Cà phê"},"id":"0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a",'
        '"kind":"product.created","ordinal":7,"sealed_at":"2026-06-15T02:00:00.001000Z","seq":1,'
        '"subject_id":"p1","subject_type":"product"}'
    )
    assert chain_hash(bytes(32), b"x") != chain_hash(b"\x01" * 32, b"x")


@pytest.mark.parametrize(
    "text",
    ['{"a": 12345678901234567890}', '{"a": 0.12345678901234567891}', '{"a": ' + "9" * 400 + ".5}"],
)
def test_numbers_beyond_a_double_are_hashed_digit_by_digit(text: str) -> None:
    decoded = json.loads(body(replace(EVENT, data_text=text)))
    assert decoded["data_text"] == text
    assert "data" not in decoded
    changed = text.replace("1}", "2}").replace("0}", "1}").replace("9.5}", "8.5}")
    assert changed != text
    assert body(replace(EVENT, data_text=changed)) != body(replace(EVENT, data_text=text))


def test_too_deep_nesting_does_not_stop_the_sealer() -> None:
    text = '{"a": ' + "[" * 5000 + "]" * 5000 + "}"
    assert json.loads(body(replace(EVENT, data_text=text)))["data_text"] == text


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(_values, _values)
def test_different_data_never_share_a_form(one: object, other: object) -> None:
    texts = [json.dumps({"v": value}) for value in (one, other)]
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    first, second = (body(replace(EVENT, data_text=text)) for text in texts)
    assert (first == second) is same


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ledger.key"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create_key(path), range(8)))
    assert made.count(True) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger.key"]
    settings = Settings(data_dir=tmp_path)
    assert key_file(settings) == path
    assert load_signer(settings).public_key == load_signer(settings).public_key


def test_a_named_key_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    settings = Settings(data_dir=tmp_path, security=SecuritySettings(ledger_key_file=path))
    with pytest.raises(LedgerKeyError, match="no ledger key"):
        load_signer(settings)
    assert not path.exists()
    for content in (b"not base64!", b"AAAA"):
        path.write_bytes(content)
        with pytest.raises(LedgerKeyError):
            load_signer(settings)


def test_retired_keys_stay_trusted(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert trusted_keys(settings) == frozenset()
    present = load_signer(settings).public_key
    old = Signer(b"\x01" * 32).public_key
    key_file(settings).with_name("ledger.key.retired").write_text(base64url(old) + "\n")
    assert trusted_keys(settings) == {present, old}
    with pytest.raises(LedgerKeyError):
        parse_keys(["short"])


def test_key_id_is_the_thumbprint_of_the_standard() -> None:
    # RFC 8037, appendix A.3.
    (key,) = parse_keys(["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])
    assert key_id_of(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_signature_holds_for_its_head_only() -> None:
    head = Signer(b"\x01" * 32).sign(5, b"\x02" * 32, AT)
    assert head.holds()
    for other in (
        replace(head, seq=6),
        replace(head, hash=b"\x03" * 32),
        replace(head, signed_at=AT.replace(year=2027)),
        replace(head, public_key=Signer(b"\x09" * 32).public_key),
        replace(head, public_key=b"short"),
    ):
        assert not other.holds()


def test_outside_heads_survive_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger" / "heads.ndjson"
    signer = Signer(b"\x01" * 32)
    heads = [signer.sign(seq, bytes([seq]) * 32, AT) for seq in (1, 2, 3)]
    append_heads(path, heads[:2])
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert last_seq(path) == 1
    append_heads(path, heads[1:])
    assert last_seq(path) == 3
    assert list(read_heads(path, size=path.stat().st_size)) == heads
    assert list(read_heads(path, size=path.stat().st_size - 1, after=1)) == heads[1:2]
    append_heads(path, [])
    assert last_seq(tmp_path / "none") == 0
