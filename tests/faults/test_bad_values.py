"""Values that neither the driver nor a reader can take are refused, and quickly."""

from pathlib import Path

import asyncpg
import httpx
import pytest

from ocop_api.bulk.kinds.registry import kind_named
from ocop_api.bulk.sources.opening import open_source
from ocop_api.domain.errors import Invalid
from ocop_api.web.problems import unavailable


async def test_nul_in_the_verification_form_is_no_failure(client: httpx.AsyncClient) -> None:
    answer = await client.get("/verify?number=%00")
    assert answer.status_code in {404, 422}


def test_a_header_of_very_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    for header in (b"," * 200_000, b",".join(b"c%d" % i for i in range(100_000))):
        file.write_bytes(header + b"\n1\n")
        with pytest.raises(Invalid, match="bulk"):
            open_source(file, kind_named("products"))


def test_a_connection_that_dies_in_a_statement_is_worth_another_try() -> None:
    assert unavailable(asyncpg.InternalClientError("cannot switch to state 12"))
    assert not unavailable(ValueError("a fault of ours"))
