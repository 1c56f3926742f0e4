"""Commands for the keys that sign the electronic form of certificates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.adapters.credentials.keys import (
    BELIEVED_FOR,
    IssuerKey,
    KeyRing,
    KeyRingError,
    read_public,
    read_seed,
)
from ocop_api.settings import Settings, utc_now

credentials_app = typer.Typer(no_args_is_help=True, help="The electronic form of certificates.")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that sign it.")
credentials_app.add_typer(keys_app, name="keys")
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


def _told(error: KeyRingError) -> typer.Exit:
    complaints.print(f"[bold red]Error:[/] {error}", soft_wrap=True)
    return typer.Exit(1)


def _show(ring: KeyRing) -> None:
    for key in ring.keys:
        # A line each, never wrapped: keys are there to be copied.
        console.print(f"{key.id}  {_life(key)}", soft_wrap=True)


def _life(key: IssuerKey) -> str:
    begun = key.valid_from.date()
    if key.retired_at is None or key.valid_until is None:
        return f"signs since {begun}"
    return f"signed {begun} to {key.retired_at.date()}, believed until {key.valid_until.date()}"


@keys_app.command("list")
def list_keys() -> None:
    """All keys: the one that signs, and those it followed. Secrets are never shown."""
    try:
        _show(KeyStore(Settings()).load(utc_now()))
    except KeyRingError as error:
        raise _told(error) from error


@keys_app.command("rotate")
def rotate_keys(
    stolen: Annotated[
        bool, typer.Option("--stolen", help="Believe nothing any more that the present key has signed.")
    ] = False,
) -> None:
    """Let a new key sign from now on. What the present one signed stays believed for four years.

    With --stolen it counts no more at once: credentials are signed anew when they are next asked for.
    """
    try:
        _show(KeyStore(Settings()).rotate(utc_now(), stolen=stolen))
    except KeyRingError as error:
        raise _told(error) from error


@keys_app.command("import")
def import_key(
    file: Annotated[Path, typer.Argument(help="A base64 Ed25519 seed, or a public key (z6Mk…).")],
    valid_from: Annotated[
        datetime | None, typer.Option(help="Of a public key: when it began to sign (UTC).")
    ] = None,
    retired_at: Annotated[
        datetime | None, typer.Option(help="Of a public key: when it signed for the last time (UTC).")
    ] = None,
) -> None:
    """Let a key made elsewhere sign from now on, or go on believing one of an earlier installation."""
    store, now = KeyStore(Settings()), utc_now()
    try:
        text = file.read_text("utf-8").strip()
        if text.startswith("z6Mk"):
            _show(store.add(_retired(text, valid_from, retired_at), now))
        else:
            _show(store.rotate(now, seed=read_seed(text)))
    except KeyRingError as error:
        raise _told(error) from error


def _retired(text: str, valid_from: datetime | None, retired_at: datetime | None) -> IssuerKey:
    if valid_from is None or retired_at is None or valid_from > retired_at:
        raise KeyRingError("A public key needs --valid-from and, not before it, --retired-at.")
    end = retired_at.replace(tzinfo=UTC)
    return IssuerKey(
        public_key=read_public(text),
        valid_from=valid_from.replace(tzinfo=UTC),
        retired_at=end,
        valid_until=end + BELIEVED_FOR,
    )
