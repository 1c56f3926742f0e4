"""Rules of the house that a linter does not know."""

import ast
import re
from pathlib import Path

import ocop_api

ROOT = Path(ocop_api.__file__).parent
EDGES = {"web/session.py", "db/session.py"}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "core", "lib"}


def _trees() -> dict[str, ast.Module]:
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))
    }


def test_only_the_edges_commit() -> None:
    found = {
        f"{name}:{node.lineno}"
        for name, tree in _trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "commit" and name not in EDGES
    }
    assert not found


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [name for name in _trees() if BANNED_NAMES & set(re.split(r"[/.]", name))]


def test_the_present_is_always_handed_in() -> None:
    """Only the settings module reads the system's clock; rules and services can be replayed on any date."""
    found = {
        f"{name}:{node.lineno}"
        for name, tree in _trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in {"now", "today", "utcnow"}
        and getattr(getattr(node.func, "value", None), "id", "") in {"datetime", "date"}
        and name != "settings.py"
    }
    assert not found


def test_modules_stay_readable() -> None:
    long = {
        name: lines
        for name in _trees()
        if (lines := len((ROOT / name).read_text("utf-8").splitlines())) > 450
    }
    assert not long
