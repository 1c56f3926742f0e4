"""The keys that sign electronic certificates, as an operator looks after them."""

import base64
import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.cli import app
from ocop_api.settings import CredentialSettings, Settings, utc_now


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of an installation."""
    monkeypatch.setenv("OCOP_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["credentials", "keys", *arguments])


def ring(folder: Path) -> list[dict[str, str | None]]:
    keys: list[dict[str, str | None]] = json.loads((folder / "keys" / "credentials.json").read_text())["keys"]
    return keys


def test_keys_are_listed_without_their_secret_and_rotated(folder: Path) -> None:
    listed = run("list")
    assert listed.exit_code == 0, listed.output
    [key] = ring(folder)
    assert str(key["public_key"]) in listed.output
    assert str(key["seed"]) not in listed.output
    rotated = run("rotate")
    assert rotated.exit_code == 0, rotated.output
    newer, older = ring(folder)
    assert older["public_key"] == key["public_key"]
    assert older["seed"] is None
    assert newer["seed"] is not None
    assert older["valid_until"] is not None
    assert str(older["valid_until"]) > str(older["retired_at"])
    assert stat.S_IMODE((folder / "keys" / "credentials.json").stat().st_mode) == 0o600
    run("rotate", "--stolen")
    ended = [one for one in ring(folder) if one["valid_until"] == one["retired_at"] is not None]
    assert [one["public_key"] for one in ended] == [newer["public_key"]]


def test_keys_made_elsewhere_are_imported(folder: Path, tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    seed.write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
    imported = run("import", str(seed))
    assert imported.exit_code == 0, imported.output
    assert [one["seed"] is not None for one in ring(folder)] == [True]
    run("rotate")
    again = run("import", str(seed))
    assert again.exit_code == 1
    assert "stands twice" in again.output
    elsewhere = KeyStore(Settings(data_dir=tmp_path / "elsewhere")).load(utc_now()).active
    public = tmp_path / "public"
    public.write_text(elsewhere.id)
    undated = run("import", str(public))
    assert undated.exit_code == 1
    assert "--valid-from" in undated.output
    dated = run("import", str(public), "--valid-from", "2024-01-01", "--retired-at", "2025-01-01")
    assert dated.exit_code == 0, dated.output
    kept = next(one for one in ring(folder) if one["public_key"] == elsewhere.id)
    assert (kept["seed"], kept["valid_from"], kept["retired_at"]) == (
        None,
        "2024-01-01T00:00:00Z",
        "2025-01-01T00:00:00Z",
    )


def test_a_named_file_that_is_not_there_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCOP_CREDENTIALS_KEY_FILE", str(folder / "mounted.json"))
    assert Settings().credentials == CredentialSettings(key_file=folder / "mounted.json")
    ran = run("list")
    assert ran.exit_code == 1
    assert "There are no issuer keys" in ran.output
    doctor = CliRunner().invoke(app, ["doctor", "--port", "0"])
    assert "mount the file" in doctor.output
