"""A database for commands that run in processes of their own."""

import asyncio
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.conftest import run_statement, url_of


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A clone of the migrated template, for tests without an event loop."""
    name = f"ocop_t_{uuid4().hex[:12]}"
    asyncio.run(run_statement(f'create database "{name}" template "{os.environ["OCOP_TEST_TEMPLATE"]}"'))
    yield url_of(name)
    asyncio.run(run_statement(f'drop database if exists "{name}" with (force)'))
