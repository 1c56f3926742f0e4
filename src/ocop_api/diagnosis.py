"""What may be wrong with an installation, in plain words."""

import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from sqlalchemy import make_url

from ocop_api.accounts.password_rules import SHORTEST_PASSWORD, check_new_password
from ocop_api.adapters.credentials.key_store import KeyStore
from ocop_api.adapters.credentials.keys import KeyRingError
from ocop_api.certificates.numbering import number_schemes
from ocop_api.db.migrating import head_revision
from ocop_api.db.session import asyncpg_arguments
from ocop_api.domain.errors import Invalid
from ocop_api.seeding import DEMO_DOMAIN, DEMO_PASSWORD
from ocop_api.settings import DEMO_SECRET, Settings
from ocop_api.web.texts import text_of

_OLDEST_SERVER: Final = 150_000
_SHORTEST_SECRET: Final = 32
_FEWEST_DIFFERENT: Final = 8
_UNEXPLAINED: Final = """
select s.prefix || ' ' || s.year as series, count(*) as numbers
from certificate_serial s cross join lateral generate_series(1, s.serial) n
where not exists (select from certificate c where c.number_prefix = s.prefix and c.number_year = s.year
                  and c.number_serial = n)
  and not exists (select from certificate_number_gap g where g.prefix = s.prefix and g.year = s.year
                  and n between g.first_serial and g.last_serial)
group by s.prefix, s.year order by s.prefix, s.year limit 10
"""
_DEMO_ACCOUNTS: Final = (
    "select exists (select from account_user where email_folded like $1 and disabled_at is null)"
)


def _is_weak(password: str, email: str) -> bool:
    if len(password) < SHORTEST_PASSWORD or password == DEMO_PASSWORD:
        return True
    try:
        check_new_password(password, email)
    except Invalid:
        return True
    return False


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is good, and what to do if not."""

    subject: str
    good: bool
    says: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """Something that must not be run with: the variable to set, and the code of what is wrong."""

    variable: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def in_vietnamese(self) -> str:
        """What is wrong and what to do, for a person."""
        return text_of(self.code, "vi", self.data)

    @property
    def in_english(self) -> str:
        """What is wrong and what to do, for a person."""
        return text_of(self.code, "en", self.data)


class Diagnosis:
    """Looks at port, database, migrations, storage and secrets; changes nothing."""

    async def hazards(self, settings: Settings) -> list[Hazard]:
        """What keeps the system from starting; in demo mode only what could not work at all.

        A database that does not answer is no hazard: it is waited for, as at any other time.
        """
        found = self._numbering(settings)
        if settings.mode != "production":
            return found
        found += self._guessable(settings)
        if settings.database.url and await self._has_demo_accounts(settings):
            found.append(Hazard("OCOP_DATABASE_URL", "startup.demo_accounts"))
        return found

    @staticmethod
    def _numbering(settings: Settings) -> list[Hazard]:
        try:
            number_schemes(settings)
        except Invalid as error:
            return [Hazard("OCOP_CERTIFICATES_NUMBER_SCHEMES", error.code, error.data)]
        return []

    @staticmethod
    def _guessable(settings: Settings) -> list[Hazard]:
        found = []
        security = settings.security
        secret = security.secret.get_secret_value()
        if secret == DEMO_SECRET:
            found.append(Hazard("OCOP_SECURITY_SECRET", "startup.default_secret"))
        elif len(secret) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_DIFFERENT:
            found.append(Hazard("OCOP_SECURITY_SECRET", "startup.weak_secret"))
        password = security.admin_password.get_secret_value()
        if password and _is_weak(password, security.admin_email):
            found.append(Hazard("OCOP_SECURITY_ADMIN_PASSWORD", "startup.weak_admin_password"))
        if not settings.web.public_url.startswith("https://"):
            found.append(Hazard("OCOP_WEB_PUBLIC_URL", "startup.public_url_not_https"))
        return found

    @staticmethod
    async def _has_demo_accounts(settings: Settings) -> bool:
        try:
            connection = await asyncpg.connect(
                **asyncpg_arguments(make_url(settings.database.url)),
                timeout=settings.database.connect_timeout,
            )
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        try:
            return bool(await connection.fetchval(_DEMO_ACCOUNTS, f"%@{DEMO_DOMAIN}"))
        except asyncpg.UndefinedTableError:
            return False
        finally:
            await connection.close()

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
        found = [self._storage(settings), self._issuer_keys(settings), *await self._database(settings)]
        found += [
            Finding(hazard.variable, False, f"{hazard.in_vietnamese} / {hazard.in_english}")
            for hazard in await self.hazards(settings)
        ]
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

    @staticmethod
    def _issuer_keys(settings: Settings) -> Finding:
        store = KeyStore(settings)
        try:
            ring = store.look()
        except KeyRingError as error:
            return Finding("issuer keys", False, str(error))
        if ring is not None:
            return Finding("issuer keys", True, f"{len(ring.keys)}, of which {ring.active.id} signs")
        if store.is_named:
            says = f"none at {store.path}; mount the file, or restore it from the backup"
            return Finding("issuer keys", False, says)
        return Finding("issuer keys", True, f"none yet; made at {store.path} when the first one is needed")

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
            found = [await self._server(connection), await self._migrations(connection)]
            return [*found, await self._numbers(connection)] if found[-1].good else found
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

    @staticmethod
    async def _numbers(connection: "asyncpg.Connection[Any]") -> Finding:
        """Whether every serial given out is borne by a certificate or explained; keys keep them distinct."""
        rows = await connection.fetch(_UNEXPLAINED)
        if not rows:
            return Finding("certificate numbers", True, "without an unexplained gap")
        told = ", ".join(f"{row['series']}: {row['numbers']}" for row in rows)
        return Finding("certificate numbers", False, f"gaps that nothing explains ({told}); tell the makers")


diagnose = Diagnosis()
