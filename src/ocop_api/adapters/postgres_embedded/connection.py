"""How the embedded server is reached: its socket folder, the proof that it answers, its databases."""

import asyncio
import contextlib
import hashlib
import os
import socket
import stat
import struct
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from ocop_api.adapters.postgres_embedded.data import SUPERUSER
from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError
from ocop_api.adapters.postgres_embedded.launch import ServerUser

PORT = 5432
_PROTOCOL_3 = 196608
_LONGEST_FOLDER = 80  # the socket's whole path fits the system's 104 (macOS) to 108 bytes
_MAINTENANCE = "postgres"
_TOO_MANY_CONNECTIONS = b"C53300\0"


def socket_folder(data: Path, user: ServerUser | None) -> Path:
    """Return the short private folder of the socket that belongs to a data directory (not made yet)."""
    owner = user.uid if user else os.geteuid()
    name = f"ocop-pg-{hashlib.sha256(f'{owner}:{data}'.encode()).hexdigest()[:12]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    # Root's runtime folder is closed to the account the server runs under.
    if user is None and len(os.fsencode(runtime)) + len(name) < _LONGEST_FOLDER and "," not in runtime:
        with contextlib.suppress(OSError):
            status = Path(runtime).stat()
            if runtime.startswith("/") and status.st_uid == owner and os.access(runtime, os.W_OK):
                return Path(runtime, name)
    return Path("/tmp", name)  # noqa: S108 - short, and its owner and mode are checked before use


def make_socket_folder(folder: Path, user: ServerUser | None) -> None:
    """Make the folder for the server's account alone, or check that it is exactly that.

    Raises:
        EmbeddedPostgresError: something of another account stands in its place.
    """
    owner = user.uid if user else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {owner, os.geteuid()}:
            raise EmbeddedPostgresError(
                f"{folder} belongs to another account; remove it and start again."
            ) from None
    folder.chmod(0o700)
    if user:
        os.chown(folder, user.uid, user.gid)


def answers(folder: Path) -> bool:
    """Whether a server accepts sessions now; a pid file's word is not taken for it."""
    words = b"".join(
        part + b"\0" for part in (b"user", SUPERUSER.encode(), b"database", _MAINTENANCE.encode(), b"")
    )
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(folder / f".s.PGSQL.{PORT}"))
            connection.sendall(struct.pack("!ii", 8 + len(words), _PROTOCOL_3) + words)
            return _session_opened(connection)
        except OSError:
            return False


def _session_opened(connection: socket.socket) -> bool:
    received = b""
    while chunk := connection.recv(8192):
        received += chunk
        while len(received) >= 5:  # noqa: PLR2004 - a message's type and length
            (length,) = struct.unpack("!I", received[1:5])
            if len(received) <= length:
                break
            kind, body, received = received[:1], received[5 : 1 + length], received[1 + length :]
            if kind == b"Z":
                connection.sendall(b"X\0\0\0\4")
                return True
            if kind == b"E":
                # A server without a free seat is a server that works.
                return _TOO_MANY_CONNECTIONS in body
    return False


def dsn(folder: Path, database: str, driver: str) -> str:
    """Return the URL of ``database`` behind the socket in ``folder``."""
    # The port is part of the socket's name; without it drivers would listen to PGPORT.
    return f"{driver}://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(folder))}&port={PORT}"


def create_database(folder: Path, name: str, template: str | None) -> None:
    """Create ``name``, as a copy of ``template`` if given (which nobody may be connected to)."""
    copy = f" TEMPLATE {_quoted(template)}" if template else ""
    _run(_execute(folder, f"CREATE DATABASE {_quoted(name)}{copy}"))


def drop_database(folder: Path, name: str) -> None:
    """Drop ``name`` if it exists, cutting off whoever is connected."""
    _run(_execute(folder, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)"))


def database_exists(folder: Path, name: str) -> bool:
    """Whether there is a database of that name."""
    return bool(_run(_fetch(folder, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name)))


def _quoted(name: str) -> str:
    if not 0 < len(name.encode()) < 64 or "\0" in name:  # noqa: PLR2004 - PostgreSQL's NAMEDATALEN
        raise EmbeddedPostgresError(f"{name!r} cannot be a database's name: 1 to 63 bytes are allowed.")
    return '"' + name.replace('"', '""') + '"'


async def _connect(folder: Path) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=str(folder), port=PORT, user=SUPERUSER, database=_MAINTENANCE, timeout=10, command_timeout=60
    )


async def _execute(folder: Path, statement: str) -> None:
    connection = await _connect(folder)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _fetch(folder: Path, query: str, *arguments: object) -> object:
    connection = await _connect(folder)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, object]) -> object:
    """Finish ``work`` in an event loop of its own, also when the caller's thread is running one."""
    result: list[object] = []
    failure: list[Exception] = []

    def run() -> None:
        try:
            result.append(asyncio.run(work))
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="embedded-postgres-statement")
    thread.start()
    thread.join()
    if failure:
        reason = str(failure[0]) or type(failure[0]).__name__
        raise EmbeddedPostgresError(f"The embedded database refused: {reason}") from failure[0]
    return result[0] if result else None
