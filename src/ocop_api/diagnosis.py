"""What may be wrong with an installation, in plain words."""

import os
import socket
import tempfile
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url

from ocop_api.db.migrating import head_revision
from ocop_api.db.session import asyncpg_arguments
from ocop_api.settings import Settings

_OLDEST_SERVER: Final = 150_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is good, and what to do if not."""

    subject: str
    good: bool
    says: str


class Diagnosis:
    """Looks at port, database, migrations and storage; changes nothing."""

    @staticmethod
    def port_is_free(host: str, port: int) -> bool:
        """Whether a server could listen there now."""
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
        return True

    async def findings(self, settings: Settings, host: str, port: int) -> list[Finding]:
        """Everything looked at, in the order a person would mend it."""
        found = [self._storage(settings), *await self._database(settings)]
        free = self.port_is_free(host, port)
        says = (
            f"{host}:{port} is free"
            if free
            else f"{host}:{port} is taken; stop the other program or use --port"
        )
        return [*found, Finding("port", free, says)]

    @staticmethod
    def _storage(settings: Settings) -> Finding:
        root = settings.storage.root
        try:
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root) as probe:
                probe.write(b"x")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            says = f"cannot write to {root} ({reason}); fix its owner or set OCOP_STORAGE_ROOT"
            return Finding("storage", False, says)
        return Finding("storage", True, f"{root} is writable")

    async def _database(self, settings: Settings) -> list[Finding]:
        if not settings.database.url:
            if settings.mode == "production":
                return [Finding("database", False, "OCOP_DATABASE_URL is not set")]
            return [Finding("database", True, "none given; the embedded server is used")]
        try:
            connection = await asyncpg.connect(
                **asyncpg_arguments(make_url(settings.database.url)),
                timeout=settings.database.connect_timeout,
            )
        except (OSError, TimeoutError) as error:
            says = f"not reachable ({error}); is the server running, are host and port right?"
            return [Finding("database", False, says)]
        except asyncpg.PostgresError as error:
            says = f"refuses the connection: {error}; check user, password and name"
            return [Finding("database", False, says)]
        try:
            return [await self._server(connection), await self._migrations(connection)]
        finally:
            await connection.close()

    @staticmethod
    async def _server(connection: "asyncpg.Connection[Any]") -> Finding:
        number = int(await connection.fetchval("show server_version_num"))
        good = number >= _OLDEST_SERVER
        says = f"PostgreSQL {number // 10_000} answers"
        return Finding("database", good, says if good else f"{says}; 15 or newer is needed")

    @staticmethod
    async def _migrations(connection: "asyncpg.Connection[Any]") -> Finding:
        try:
            stored = await connection.fetchval("select version_num from alembic_version")
        except asyncpg.UndefinedTableError:
            return Finding("migrations", False, "never run; use `ocop-api migrate`")
        head = head_revision()
        if stored == head:
            return Finding("migrations", True, f"at {head}")
        says = f"at {stored}, this version needs {head}; use `ocop-api migrate`"
        return Finding("migrations", False, says)


diagnose = Diagnosis()
