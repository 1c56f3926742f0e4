"""Values that neither the driver nor a reader can take are refused, and quickly."""

import time

import httpx
import pytest

from ocop_api.bulk.reading import read_table
from ocop_api.domain.errors import Invalid


async def test_nul_in_the_verification_form_is_no_failure(client: httpx.AsyncClient) -> None:
    answer = await client.get("/verify?number=%00")
    assert answer.status_code in {404, 422}


def test_a_header_of_very_many_columns_is_refused_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(Invalid, match="bulk"):
        read_table(b"," * 200_000 + b"\n1\n")
    with pytest.raises(Invalid, match="bulk"):
        read_table(b",".join(b"c%d" % i for i in range(100_000)) + b"\n1\n")
    assert time.perf_counter() - started < 5
