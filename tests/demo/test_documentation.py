"""What the pages for operators and developers say is what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from ocop_api.bulk.spooling import MAX_BYTES
from ocop_api.domain.evidence import LARGEST
from ocop_api.settings import Settings

_ROOT = Path(__file__).parents[2]
_MB = 1024 * 1024
_DATABASE_PASSWORD = "OCOP_DATABASE_PASSWORD"


def _read(path: str) -> str:
    return (_ROOT / path).read_text("utf-8")


def _variables() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from (f"OCOP_{name}_{part}".upper() for part in type(field.default).model_fields)
        else:
            yield f"OCOP_{name}".upper()


def test_every_setting_is_documented_and_none_is_made_up() -> None:
    page = _read("docs/deployment.md")
    table = set(re.findall(r"OCOP_[A-Z0-9_]+", page[page.index("## All settings") :]))
    assert table == set(_variables())
    mentioned = {
        name
        for path in ("README.md", "docs/deployment.md", "compose.yaml", "Dockerfile")
        for name in re.findall(r"OCOP_[A-Z0-9_]+", _read(path))
    }
    assert mentioned - table == {_DATABASE_PASSWORD}


def test_the_proxy_lets_the_largest_files_through() -> None:
    proxy = _read("docs/deploy/nginx.conf")
    sizes = {
        place: int(size) * _MB
        for place, size in re.findall(r"location (?:= )?(\S+) \{ client_max_body_size (\d+)m", proxy)
    }
    assert sizes["/v1/imports"] == MAX_BYTES
    assert LARGEST < sizes["/v1/documents"] < LARGEST + 2 * _MB


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in ("README.md", "docs/deployment.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", _read(page)):
            assert (_ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"
