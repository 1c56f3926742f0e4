"""The command line as an operator meets it: real processes, plain words."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ocop_api.cli import app
from ocop_api.domain.rubric.edition import shipped_document


def _run(url: str, folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "ocop_api.cli", *arguments],
        env=_environment(url, folder, **variables),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _environment(url: str, folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OCOP_")}
    return {
        **kept,
        "OCOP_DATABASE_URL": url,
        "OCOP_DATA_DIR": str(folder),
        "OCOP_STORAGE_ROOT": str(folder / "storage"),
        "OCOP_SECURITY_ARGON2_TIME_COST": "1",
        "OCOP_SECURITY_ARGON2_MEMORY_KIB": "8",
        "COLUMNS": "200",
        **variables,
    }


def test_doctor_is_content_with_a_good_installation(database_url: str, tmp_path: Path) -> None:
    ran = _run(database_url, tmp_path, "doctor", "--port", "0")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("ok") == 6


def test_doctor_says_what_is_wrong(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = _run(
            database_url.replace("/ocop_t_", "/ocop_missing_"),
            tmp_path,
            "doctor",
            "--port",
            str(taken.getsockname()[1]),
            OCOP_STORAGE_ROOT=str(tmp_path / "file" / "storage"),
        )
    assert ran.returncode == 1
    assert "is taken" in ran.stdout
    assert "refuses the connection" in ran.stdout
    assert "cannot write to" in ran.stdout


def test_production_never_runs_without_a_database(tmp_path: Path) -> None:
    ran = _run("", tmp_path, "worker", OCOP_MODE="production")
    assert ran.returncode == 1
    assert "OCOP_DATABASE_URL is not set" in ran.stderr


def test_a_user_is_created_and_the_ledger_verifies(database_url: str, tmp_path: Path) -> None:
    made = _run(
        database_url,
        tmp_path,
        *(
            "user",
            "create",
            "an@example.vn",
            "An",
            "officer",
            "--area",
            "34:68",
            "--password",
            "mật khẩu dài",
        ),
    )
    assert made.returncode == 0, made.stderr
    assert "officer in 34:68" in made.stdout
    wrong = _run(
        database_url,
        tmp_path,
        *(
            "user",
            "create",
            "b@example.vn",
            "B",
            "officer",
            "--area",
            "34:99999",
            "--password",
            "mật khẩu dài",
        ),
    )
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_the_contract_can_be_printed_without_a_database(tmp_path: Path) -> None:
    ran = _run("", tmp_path, "openapi")
    assert json.loads(ran.stdout)["openapi"] == "3.1.0"


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
        return json.load(answer)


@pytest.mark.slow
def test_serve_prepares_serves_and_stops(database_url: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [sys.executable, "-m", "ocop_api.cli", "serve", "--prepare", "--port", str(port)]
    server = subprocess.Popen(  # noqa: S603 - our own program
        program,
        env=_environment(database_url, tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                ready = _get(f"http://127.0.0.1:{port}/readyz")
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, server.stdout.read() if server.stdout else ""
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert ready["status"] == "ready"
        found = _get(f"http://127.0.0.1:{port}/v1/products?q=ca%20phe&with_total=true&limit=1")
        assert found["total"] > 20
        again = _run(database_url, tmp_path, "serve", "--port", str(port))
        assert again.returncode == 1
        assert f"Port {port} is taken" in again.stderr
    finally:
        server.terminate()
        output = server.communicate(timeout=30)[0]
    assert "chuthe@demo.ocop.example" in output
    assert "Traceback" not in output


def test_edition_is_printed_corrected_and_checked(database_url: str, tmp_path: Path) -> None:
    listed = _run(database_url, tmp_path, "editions", "list")
    assert [line.split(":")[0] for line in listed.stdout.splitlines()] == ["qd148-2023", "qd26-2026"]
    file = tmp_path / "edition.json"
    assert CliRunner().invoke(app, ["editions", "export", "qd26-2026", "--out", str(file)]).exit_code == 0
    document = json.loads(file.read_text("utf-8"))
    document |= {"edition": "qd26-2026-c1", "in_force_from": "2027-01-01"}
    file.write_text(json.dumps(document), "utf-8")
    good = CliRunner().invoke(app, ["editions", "check", str(file)])
    assert good.exit_code == 0, good.output
    assert "qd26-2026-c1 is in order" in good.stdout
    assert "In force: 22/05/2026" in good.stdout
    document["total"] = 99
    file.write_text(json.dumps(document), "utf-8")
    bad = _run(database_url, tmp_path, "editions", "check", str(file))
    assert bad.returncode == 1
    told = CliRunner().invoke(app, ["editions", "check", str(file), "--language", "vi"])
    assert "/total: tổng điểm phải là 100, không phải 99" in told.output
    assert "/total: the total must be 100, not 99" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_edition_is_tried_added_and_listed(database_url: str, tmp_path: Path) -> None:
    file, again = tmp_path / "edition.json", tmp_path / "again.json"
    document = shipped_document("qd26-2026") | {"edition": "qd26-2026-c1", "in_force_from": "2031-01-01"}
    file.write_text(json.dumps(document), "utf-8")
    tried = _run(database_url, tmp_path, "editions", "add", str(file), "--dry-run")
    assert (tried.returncode, tried.stdout.splitlines()[-1]) == (0, "Nothing was stored."), tried.stderr
    assert "added" not in _run(database_url, tmp_path, "editions", "list").stdout
    added = _run(database_url, tmp_path, "editions", "add", str(file))
    assert (added.returncode, added.stdout.splitlines()[-1]) == (0, "Stored.")
    listed = _run(database_url, tmp_path, "editions", "list").stdout.splitlines()
    assert listed[-1] == "qd26-2026-c1: 26/2026/QĐ-TTg, in force from 2031-01-01 (added)"
    exported = _run(database_url, tmp_path, "editions", "export", "qd26-2026-c1", "--out", str(again))
    assert exported.returncode == 0
    assert json.loads(again.read_text("utf-8")) == document
    refused = _run(database_url, tmp_path, "editions", "add", str(file))
    assert (refused.returncode, "already" in refused.stderr) == (1, True)


def test_results_are_derived_anew(database_url: str, tmp_path: Path) -> None:
    ran = _run(database_url, tmp_path, "results", "verify")
    assert ran.returncode == 0, ran.stderr
    assert "0 results recomputed from their sheets, 0 in doubt." in ran.stdout
