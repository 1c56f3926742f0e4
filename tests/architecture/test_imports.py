"""The import contracts hold, and each one bites when it is broken on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BREACHES = [
    ("domain/clock.py", "import sqlalchemy", "The domain knows the standard library only"),
    ("products/service.py", "import fastapi.responses", "Only routers, web and app speak HTTP"),
    ("products/router/registering.py", "import sqlalchemy", "Routers hold no SQL"),
    ("products/service.py", "import ocop_api.dossiers.service", "One stack"),
    ("dossiers/policy.py", "import ocop_api.products.repository", "Only a feature's own services"),
    ("products/router/registering.py", "import ocop_api.products.repository", "Only a feature's own"),
    ("products/repository/registering.py", "import ocop_api.products.service", "Inside a feature"),
    ("utils/__init__.py", "", "One stack"),
]


def _lint(folder: Path) -> tuple[int, str]:
    # The linter is asked in a process of its own: it remembers what it has imported.
    program = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    run = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.returncode, run.stdout + run.stderr


def _copy(target: Path) -> Path:
    shutil.copytree(
        ROOT / "src", target / "src", ignore=shutil.ignore_patterns("__pycache__", "*.json", "*.csv")
    )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


@pytest.mark.slow
def test_the_contracts_hold(tmp_path: Path) -> None:
    code, output = _lint(_copy(tmp_path))
    assert code == 0, output


@pytest.mark.slow
@pytest.mark.parametrize(("module", "line", "contract"), BREACHES)
def test_a_breach_is_caught(tmp_path: Path, module: str, line: str, contract: str) -> None:
    folder = _copy(tmp_path)
    path = folder / "src" / "ocop_api" / module
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    code, output = _lint(folder)
    assert code != 0, output
    broken = [row for row in output.splitlines() if "BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), output
