"""Objects go in and come out in pieces; a failure leaves nothing; a bucket's address signs the content."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.store import S3Store
from pydantic import SecretStr

from ocop_api.adapters.object_store import (
    PIECE,
    ObjectStore,
    TooLargeError,
    folder_store,
    memory_store,
    s3_store,
    store_for,
)
from ocop_api.adapters.object_store.signing import BucketKey, presigned
from ocop_api.domain.errors import Unavailable
from ocop_api.settings import StorageSettings

AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    made: dict[str, Callable[[], ObjectStore]] = {
        "folder": lambda: folder_store(tmp_path / "store"),
        "memory": memory_store,
    }
    return made[request.param]()


async def pieces(count: int, *, broken_at: int | None = None) -> AsyncIterator[bytes]:
    for number in range(count):
        if number == broken_at:
            raise ConnectionResetError("the client went away")
        yield bytes([number % 251]) * PIECE


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def test_a_stream_goes_in_and_comes_out_in_pieces_and_by_range(store: ObjectStore) -> None:
    assert await store.put_stream("a/b", pieces(12), limit=12 * PIECE) == 12 * PIECE
    whole = await store.get_stream("a/b")
    assert whole is not None
    read = [piece async for piece in whole.pieces]
    assert max(map(len, read)) <= PIECE
    assert b"".join(read) == b"".join([piece async for piece in pieces(12)])
    part = await store.get_stream("a/b", PIECE - 2, PIECE + 3)
    assert part is not None
    assert part.size == 12 * PIECE
    assert b"".join([piece async for piece in part.pieces]) == b"\0\0\1\1\1"
    tail = await store.get_stream("a/b", 12 * PIECE - 3)
    assert tail is not None
    assert b"".join([piece async for piece in tail.pieces]) == b"\x0b" * 3


@pytest.mark.parametrize("count", [3, 12])
async def test_a_stream_that_breaks_or_never_ends_leaves_nothing(
    store: ObjectStore, count: int, tmp_path: Path
) -> None:
    with pytest.raises(TooLargeError):
        await store.put_stream("a/endless", pieces(count * 100), limit=count * PIECE)
    with pytest.raises((ConnectionResetError, Unavailable)):
        await store.put_stream("a/broken", pieces(count, broken_at=count - 1), limit=count * PIECE)
    assert await store.below("a", most=10) == []
    assert _files(tmp_path) == []


async def test_objects_move_copy_and_go(store: ObjectStore) -> None:
    await store.put("in/one", b"first")
    await store.put("in/one", b"second")
    assert await store.get("in/one") == b"first"
    assert await store.copy("in/one", "kept/one")
    assert await store.move("in/one", "kept/two")
    assert await store.head("in/one") is None
    found = await store.head("kept/two")
    assert found is not None
    assert found.size == 5
    assert sorted(item.key for item in await store.below("kept", most=10)) == ["kept/one", "kept/two"]
    await store.delete("kept/one")
    await store.delete("kept/one")
    assert await store.get_stream("kept/one") is None
    assert not await store.copy("kept/one", "x")
    assert not await store.move("kept/one", "x")
    assert store.sign_put("x", at=AT, seconds=60, size=1, sha256="0" * 64) is None


def test_the_signature_is_the_documented_one() -> None:
    """The worked example of the storage's documentation."""
    bucket = BucketKey(
        "https://examplebucket.s3.amazonaws.com",
        "us-east-1",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    at = datetime(2013, 5, 24, tzinfo=UTC)
    url = presigned(bucket, "GET", "test.txt", at=at, seconds=86400, headers={})
    assert url.endswith("=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


def test_another_implementation_signs_the_same_address() -> None:
    settings = StorageSettings(
        s3_bucket="ocop",
        s3_endpoint="http://127.0.0.1:9000",
        s3_access_key_id="key",
        s3_secret_access_key=SecretStr("secret"),
    )
    backend = s3_store(settings)._backend
    assert isinstance(backend, S3Store)
    theirs = obstore.sign(backend, "PUT", "incoming/a", timedelta(minutes=15))
    stamp = parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0]
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    bucket = BucketKey("http://127.0.0.1:9000/ocop", "us-east-1", "key", "secret")
    assert presigned(bucket, "PUT", "incoming/a", at=at, seconds=900, headers={}) == theirs


@pytest.mark.parametrize(
    ("path_style", "begins"),
    [(True, "https://s3.example.vn/ocop/incoming/a?"), (False, "https://ocop.s3.example.vn/incoming/a?")],
)
def test_a_bucket_gives_an_address_for_exactly_one_content(path_style: bool, begins: str) -> None:
    settings = StorageSettings(
        s3_bucket="ocop",
        s3_endpoint="https://s3.example.vn",
        s3_region="ap-southeast-1",
        s3_access_key_id="key",
        s3_secret_access_key=SecretStr("secret"),
        s3_path_style=path_style,
    )
    digest = hashlib.sha256(b"content").hexdigest()
    signed = store_for(settings).sign_put(
        "incoming/a", at=AT, seconds=900, size=7, sha256=digest, media_type="application/pdf"
    )
    assert signed is not None
    assert signed.url.startswith(begins)
    query = {name: values[0] for name, values in parse_qs(urlsplit(signed.url).query).items()}
    assert query["X-Amz-SignedHeaders"] == "content-length;content-type;host;x-amz-content-sha256"
    assert (query["X-Amz-Expires"], query["X-Amz-Date"]) == ("900", "20260615T020000Z")
    assert re.fullmatch("[0-9a-f]{64}", query["X-Amz-Signature"])
    assert signed.headers == {
        "content-length": "7",
        "x-amz-content-sha256": digest,
        "content-type": "application/pdf",
    }
    assert "secret" not in signed.url
