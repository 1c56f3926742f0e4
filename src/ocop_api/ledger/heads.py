"""Signed heads kept outside the database: one JSON object a line in ``ledger/heads.ndjson``.

Without them somebody who owns the database could cut the end of the ledger, and nothing inside would
show it. Lines are only ever added; a line torn by a crash is skipped and its head written again.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import orjson

from ocop_api.ledger.canonical import instant_text
from ocop_api.ledger.keys import Head, base64url, from_base64url
from ocop_api.settings import Settings

_TAIL = 64 * 1024


def heads_file(settings: Settings) -> Path:
    """Where the outside heads lie."""
    return settings.storage.root / "ledger" / "heads.ndjson"


def _line(head: Head) -> bytes:
    return orjson.dumps(
        {
            "seq": head.seq,
            "hash": head.hash.hex(),
            **({} if head.root is None else {"root": head.root.hex()}),
            "signed_at": instant_text(head.signed_at),
            "public_key": base64url(head.public_key),
            "signature": base64url(head.signature),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def parse_head(line: bytes) -> Head | None:
    """The head on a line, or None where the line is not one."""
    try:
        raw = orjson.loads(line)
        return Head(
            seq=int(raw["seq"]),
            hash=bytes.fromhex(raw["hash"]),
            signed_at=datetime.fromisoformat(raw["signed_at"]),
            public_key=from_base64url(raw["public_key"]),
            signature=from_base64url(raw["signature"]),
            # Lines from before there was a tree have none.
            root=bytes.fromhex(raw["root"]) if "root" in raw else None,
        )
    except (ValueError, TypeError, KeyError):
        return None


def last_seq(path: Path) -> int:
    """The highest place whose head is written, 0 when there is none."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL))
        found = [parse_head(line) for line in file.read().splitlines()]
    return max((head.seq for head in found if head is not None), default=0)


def append_heads(path: Path, heads: Sequence[Head]) -> None:
    """Add heads and wait until the disk has them. One writer at a time."""
    if not heads:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        block = b"".join(_line(head) for head in heads)
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            # The start of a line that a crash left behind must not swallow ours.
            if file.read(1) != b"\n":
                block = b"\n" + block
        file.write(block)
        file.flush()
        os.fsync(file.fileno())


def read_heads(path: Path, *, size: int, after: int = 0) -> Iterator[Head]:
    """Heads with ``seq > after`` among the first ``size`` bytes, as they were written."""
    if size == 0:
        return
    with path.open("rb") as file:
        position = 0
        for line in file:
            position += len(line)
            if position > size:
                return
            head = parse_head(line)
            if head is not None and head.seq > after:
                yield head
