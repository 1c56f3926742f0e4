"""Random and hostile requests over the whole contract: no 5xx, no answer the contract does not name."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.contract.conftest import Served

from ocop_api.app import create_app
from ocop_api.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(create_app(Settings()).openapi())


def _operations() -> Iterator[Any]:
    for result in SCHEMA.get_all_operations():
        assert isinstance(result, Ok)
        yield result.ok()


# Sorted out before the tests run, so that xdist spreads the operations over its workers.
OPERATIONS = {f"{found.method.upper()} {found.path}": found for found in _operations()}
ACCEPT = ["*/*", "application/json", "text/html", "application/linkset+json", "image/png"]


def _fill(value: Any, known: dict[str, list[str]], choose: Any) -> Any:
    """Half of the ids of a payload become ids of things that are there."""
    if isinstance(value, dict):
        return {
            key: choose(known[key]) if key in known and choose([True, False]) else _fill(inner, known, choose)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_fill(inner, known, choose) for inner in value]
    return value


@pytest.fixture(scope="session")
def http() -> Any:
    with requests.Session() as session:
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_every_operation_keeps_the_contract(label: str, served: Served, http: requests.Session) -> None:
    operation = OPERATIONS[label]
    security = operation.definition.raw.get("security", [])
    callers: list[str | None] = ["powerful", "powerful", "powerful", "producer", "member", None]
    if not security:
        callers = [None]
    conditional = "If-Match" in str(operation.definition.raw.get("parameters"))

    @given(
        case=operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE),
        data=st.data(),
    )
    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Case[Any], data: st.DataObject) -> None:
        def choose(values: list[Any]) -> Any:
            return data.draw(st.sampled_from(values))

        for container in ("path_parameters", "query", "body"):
            values = getattr(case, container)
            if isinstance(values, dict | list):
                setattr(case, container, _fill(values, served.known, choose))
        headers = {"Accept": choose(ACCEPT)}
        # Any version will do most of the time, or no edit would get past its precondition.
        if conditional and choose([True, True, True, False]):
            headers["If-Match"] = "*"
        caller = choose(callers)
        if caller is not None:
            headers["Authorization"] = f"Bearer {caller}"
        case.call_and_validate(base_url=served.url, session=http, headers=headers, checks=CHECKS)

    check()
