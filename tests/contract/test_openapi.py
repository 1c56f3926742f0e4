"""The contract as a document: committed as generated, named for readers, complete, and with examples."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ocop_api.app import create_app
from ocop_api.cli import app as cli
from ocop_api.settings import Settings

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
PROBLEM = "application/problem+json"
METHODS = {"get", "post", "put", "patch", "delete"}


@cache
def contract() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method, path, operation


def schemas() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = contract()["components"]["schemas"]
    return found


def references(value: Any) -> Iterator[str]:
    """Names of the component schemas that a part of the contract points to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].removeprefix("#/components/schemas/")
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_committed_contract_is_what_the_code_says(tmp_path: Path) -> None:
    generated = tmp_path / "openapi.json"
    assert CliRunner().invoke(cli, ["openapi", "--out", str(generated)]).exit_code == 0
    assert COMMITTED.read_text("utf-8") == generated.read_text("utf-8"), (
        "run `ocop-api openapi --out openapi/openapi.json`"
    )


def test_operation_ids_are_unique_and_readable() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)] == []


def test_every_operation_says_what_it_is() -> None:
    bare = [
        (method, path)
        for method, path, operation in operations()
        if not (operation.get("summary") and operation.get("description") and operation.get("tags"))
    ]
    assert bare == []


def test_schema_names_are_words() -> None:
    assert [name for name in schemas() if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    used = set(references(contract()["paths"]))
    waiting = list(used)
    while waiting:
        fresh = set(references(schemas()[waiting.pop()])) - used
        used |= fresh
        waiting += fresh
    assert set(schemas()) == used


def _shows(name: str, seen: tuple[str, ...] = ()) -> bool:
    schema = schemas()[name]
    properties = schema.get("properties", {})
    if "examples" in schema or any('"examples"' in json.dumps(inner) for inner in properties.values()):
        return True
    return any(_shows(other, (*seen, name)) for other in references(properties) if other not in seen)


def test_every_object_has_an_example() -> None:
    """Its own, one of a property, or, for a mere envelope, one of what it holds."""
    assert [n for n, schema in schemas().items() if schema.get("type") == "object" and not _shows(n)] == []


def test_no_answer_is_a_bare_object() -> None:
    bare = []
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            for media_type, content in answer.get("content", {}).items():
                # A stream of events is described by what one of them is.
                schema = content.get("schema") or content.get("itemSchema", {})
                shapeless = not schema or (schema.get("type") == "object" and "properties" not in schema)
                if shapeless:
                    bare.append((method, path, status, media_type))
    assert bare == []


def test_every_refusal_is_a_problem() -> None:
    other = []
    for method, path, operation in operations():
        refusals = {s: a for s, a in operation["responses"].items() if s[0] in "45"}
        assert {"400", "422", "500", "503"} <= set(refusals), (method, path)
        for status, answer in refusals.items():
            schema = answer.get("content", {}).get(PROBLEM, {}).get("schema", {})
            # The pages behind QR symbols tell a person, not a program, that nothing was found or to wait.
            page = "text/html" in answer.get("content", {}) and status in {"404", "429"}
            if schema.get("$ref") != "#/components/schemas/Problem" and not page:
                other.append((method, path, status))
    assert other == []


# Bytes for what is not there yet, at an address that takes only these.
_EDITS_NOTHING = {"put_upload_content"}


def test_writes_document_their_condition() -> None:
    for method, path, operation in operations():
        if method not in {"put", "patch", "delete"} or operation["operationId"] in _EDITS_NOTHING:
            continue
        names = {p["name"]: p["required"] for p in operation["parameters"] if p["in"] == "header"}
        assert names.get("If-Match") is True, (method, path)
        assert {"412", "428"} <= set(operation["responses"]), (method, path)


@pytest.mark.parametrize(
    ("operation_id", "security"),
    [
        ("sign_in", None),
        ("refresh_tokens", None),
        ("list_certificates", [{}, {"HTTPBearer": []}]),
        ("list_changes", [{}, {"HTTPBearer": []}]),
        ("create_product", [{"HTTPBearer": []}]),
        ("read_me", [{"HTTPBearer": []}]),
        ("verify_certificate", None),
        ("list_places", None),
    ],
)
def test_a_credential_is_asked_for_where_it_counts(
    operation_id: str, security: list[dict[str, Any]] | None
) -> None:
    [operation] = [o for _, _, o in operations() if o["operationId"] == operation_id]
    assert operation.get("security") == security
    assert ("401" in operation["responses"]) is (
        security is not None or operation_id in {"sign_in", "refresh_tokens"}
    )


def test_only_the_schemes_in_use_are_declared() -> None:
    assert set(contract()["components"]["securitySchemes"]) == {"HTTPBearer"}


def test_nothing_internal_is_published() -> None:
    assert '"x-' not in json.dumps(contract())
