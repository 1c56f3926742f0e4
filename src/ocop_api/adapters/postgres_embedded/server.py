"""Start, share and stop the embedded server."""

import atexit
import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ocop_api.adapters.postgres_embedded import connection
from ocop_api.adapters.postgres_embedded.binaries import PostgresBinaries, find_binaries, runnable_by
from ocop_api.adapters.postgres_embedded.child import DATA
from ocop_api.adapters.postgres_embedded.data import clear_stale_pid, ensure_data, existing_majors
from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError, plain_reason, with_log_tail
from ocop_api.adapters.postgres_embedded.launch import ServerProcess, ServerUser, server_user

_ATTEMPTS = 3
_PAUSE_SECONDS = 0.01
_LARGEST_LOG = 8 * 1024 * 1024
_SMALL_SHARED_MEMORY = 256 * 1024 * 1024
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, not written
# A crash of the machine may destroy such a database; a crash of the server alone may not.
_FAST_AND_LOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_RESERVED = {"listen_addresses", "port", "unix_socket_directories", "unix_socket_permissions"}


class EmbeddedPostgres:
    """A PostgreSQL server below ``data_root``, shared by every process that names the same folder.

    The first process to start it owns it; later ones connect to it while the owner lives. When the
    owner ends, however it ends, the server stops. (Systems other than Linux have no parent-death
    signal: there a killed owner leaves the server running, and later processes share it.) A sharer
    that lost its server calls ``start`` again and becomes the owner.

    Used as a context manager it starts on entry and stops on leaving. ``start`` blocks for 0.1 to
    3 seconds; call it before the event loop or in a thread. A process that forks workers starts
    it in the parent.

    Args:
        data_root: folder for data, log and locks; made if missing. Data lies in ``pg<major>``.
        durable: ``False`` gives up safety against a crash of the machine for speed (tests).
        max_connections: seats of the server.
        settings: further server settings by name, e.g. ``{"log_min_duration_statement": "200"}``.
        binaries: the PostgreSQL to use instead of the one that is found.
        account: the account the server runs under when this process is root.
    """

    def __init__(
        self,
        data_root: Path,
        *,
        durable: bool = True,
        max_connections: int = 100,
        settings: Mapping[str, str] | None = None,
        binaries: PostgresBinaries | None = None,
        account: str = "nobody",
    ) -> None:
        self._root = data_root.absolute()
        self._durable = durable
        self._settings = {
            "max_connections": str(max_connections),
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Said at every start: an older data folder may name a configuration that does not exist,
            # which only a parallel query ever notices.
            "default_text_search_config": "pg_catalog.simple",
            **({} if durable else _FAST_AND_LOSABLE),
            **_checked(settings or {}),
        }
        self._chosen = binaries
        self._account = account
        self._found: PostgresBinaries | None = None
        self._folder: Path | None = None
        self._process: ServerProcess | None = None
        self._owner_pid = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def owned(self) -> bool:
        """Whether this process started the server and the server lives."""
        return self._process is not None and self._owner_pid == os.getpid() and self._process.running

    @property
    def pid(self) -> int | None:
        """Process id of the server if this process owns it."""
        return self._process.pid if self._process is not None and self.owned else None

    @property
    def binaries(self) -> PostgresBinaries:
        """The PostgreSQL in use (``pg_dump`` and the like are in its ``bin_dir``)."""
        if self._found is None:
            raise EmbeddedPostgresError("The embedded database has not been started.")
        return self._found

    @property
    def version(self) -> str:
        """Version of the PostgreSQL in use, e.g. ``18.6``."""
        return self.binaries.version

    @property
    def data_directory(self) -> Path:
        """The data directory in use."""
        return self._root / f"pg{self.binaries.major}"

    @property
    def log_file(self) -> Path:
        """The server's log; ``.old`` beside it is the one before."""
        return self._beside(".log")

    def dsn(self, database: str, *, driver: str = "postgresql+asyncpg") -> str:
        """Return the URL of ``database``; ``driver="postgresql"`` gives libpq's and asyncpg's form."""
        return connection.dsn(self._socket_folder, database, driver)

    def exists(self, database: str) -> bool:
        """Whether there is a database of that name."""
        return connection.database_exists(self._socket_folder, database)

    def create_database(self, database: str, *, template: str | None = None) -> None:
        """Create a database, as a copy of ``template`` if given.

        Like ``exists`` and ``drop_database`` it blocks, and may be called with a loop running.

        Raises:
            EmbeddedPostgresError: it exists, or somebody is connected to the template.
        """
        connection.create_database(self._socket_folder, database, template)

    def drop_database(self, database: str) -> None:
        """Drop a database if it exists, cutting off whoever is connected."""
        connection.drop_database(self._socket_folder, database)

    def start(self, *, timeout: float = 60) -> None:
        """Start the server or join the one that runs; returns when a session could be opened.

        Args:
            timeout: seconds to wait for another process's start, and for the server to answer.

        Raises:
            EmbeddedPostgresError: no PostgreSQL found, folder not writable, disk full, start failed.
        """
        # A server that was killed this instant may still look alive.
        if self.owned and connection.answers(self._socket_folder):
            return
        try:
            self._start(time.monotonic() + timeout)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The embedded database cannot use {self._root} ({plain_reason(error)}). "
                "Choose a folder that this account may write, or free some space."
            ) from error

    def stop(self) -> None:
        """Stop the server if this process owns it; otherwise do nothing."""
        process, self._process = self._process, None
        # A forked child inherits this object but not the server.
        if process is None or self._owner_pid != os.getpid():
            return
        atexit.unregister(self.stop)
        process.stop()
        # Only under the locks: another process may be about to use the folder again.
        with (
            contextlib.suppress(OSError, EmbeddedPostgresError),
            self._start_lock(time.monotonic()),
            self._run_lock() as free,
        ):
            if free is not None:
                shutil.rmtree(self._socket_folder)

    @property
    def _socket_folder(self) -> Path:
        if self._folder is None:
            raise EmbeddedPostgresError("The embedded database has not been started.")
        return self._folder

    def _beside(self, suffix: str) -> Path:
        return self.data_directory.with_name(self.data_directory.name + suffix)

    def _start(self, deadline: float) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        found = self._chosen or find_binaries(existing_majors(self._root))
        data = self._root / f"pg{found.major}"
        user = server_user(self._account, data)
        self._found = runnable_by(found, user, self._root) if user else found
        self._folder = connection.socket_folder(data, user)
        with self._start_lock(deadline):
            while True:
                with self._run_lock() as free:
                    if free is not None:
                        self._launch(free, user, deadline)
                        return
                if connection.answers(self._folder):
                    return
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"A server still holds {data} but does not answer. If it belongs to another "
                        f"container or account, stop it there; its log is {self.log_file}."
                    )
                time.sleep(_PAUSE_SECONDS)

    @contextlib.contextmanager
    def _start_lock(self, deadline: float) -> Iterator[None]:
        """Let one process at a time look, initialise and start."""
        with self._beside(".start.lock").open("ab") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise EmbeddedPostgresError(
                            f"Another process has been starting {self.data_directory} for too long."
                        ) from None
                    time.sleep(_PAUSE_SECONDS)
            yield

    @contextlib.contextmanager
    def _run_lock(self) -> Iterator[int | None]:
        """Yield the descriptor of the lock that all processes of a server hold, or ``None`` if one does.

        The server inherits the descriptor, and so do its workers: the lock is free when the very
        last of them has ended, whatever pid files say, and across containers that share a disk.
        """
        with self._beside(".run.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield lock.fileno()

    def _launch(self, lock: int, user: ServerUser | None, deadline: float) -> None:
        data = self.data_directory
        ensure_data(data, self.binaries, user, durable=self._durable)
        connection.make_socket_folder(self._socket_folder, user)
        if self.log_file.exists() and self.log_file.stat().st_size > _LARGEST_LOG:
            self.log_file.replace(self.log_file.with_suffix(".log.old"))
        argv = [str(self.binaries.program("postgres")), "-D", DATA]
        for name, value in self._server_settings().items():
            argv += ["-c", f"{name}={value}"]
        for attempt in range(1, _ATTEMPTS + 1):
            clear_stale_pid(data)
            written = self.log_file.stat().st_size if self.log_file.exists() else 0
            process = ServerProcess(argv, data, user, self.log_file, lock)
            try:
                if self._answers_in_time(process, deadline):
                    self._process, self._owner_pid = process, os.getpid()
                    atexit.register(self.stop)
                    return
            finally:
                # Also when Ctrl-C ends the wait: nobody would stop the server later.
                if self._process is not process:
                    process.stop()
            log = self.log_file.read_bytes()[written:].decode(errors="replace")
            if attempt == _ATTEMPTS or time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    with_log_tail(f"PostgreSQL {self.version} did not start in {data}.", log)
                )
            # What is left of a killed server may still hold its memory for a moment.
            time.sleep(0.2)

    def _answers_in_time(self, process: ServerProcess, deadline: float) -> bool:
        while process.running and time.monotonic() < deadline:
            if connection.answers(self._socket_folder):
                return True
            time.sleep(_PAUSE_SECONDS)
        return False

    def _server_settings(self) -> dict[str, str]:
        settings = {
            "listen_addresses": "",
            "port": str(connection.PORT),
            "unix_socket_directories": str(self._socket_folder),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        # Containers often have 64 MB here, and a parallel query that needs more of it fails.
        if not _SHARED_MEMORY.is_dir() or shutil.disk_usage(_SHARED_MEMORY).free < _SMALL_SHARED_MEMORY:
            settings["dynamic_shared_memory_type"] = "mmap"
        return settings | self._settings


def _checked(settings: Mapping[str, str]) -> dict[str, str]:
    for name in settings:
        if name in _RESERVED or not re.fullmatch(r"[a-z_][a-z0-9_.]*", name):
            raise EmbeddedPostgresError(f"{name!r} is not a setting that can be chosen here.")
    return dict(settings)
