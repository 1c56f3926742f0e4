"""Run PostgreSQL programs under the right user, ending with this process."""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocop_api.adapters.postgres_embedded.child import Order
from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError

_CHILD = Path(__file__).with_name("child.py")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_INITDB_SECONDS = 120


@dataclass(frozen=True)
class ServerUser:
    """The account the server runs under when this process is root, which PostgreSQL refuses."""

    name: str
    uid: int
    gid: int


def server_user(name: str, data: Path) -> ServerUser | None:
    """Return the account to drop to, or ``None`` when this process is not root.

    An existing data directory keeps its owner, so a database made by a normal user still opens
    when root starts it later.

    Raises:
        EmbeddedPostgresError: the account ``name`` is unknown here or is root itself.
    """
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, KeyError):
        owner = data.stat().st_uid
        if owner != 0:
            entry = pwd.getpwuid(owner)
            return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root and there is no account {name!r} to run it: "
            "create it, name another, or start as an ordinary account."
        ) from None
    if entry.pw_uid == 0:
        raise EmbeddedPostgresError(f"PostgreSQL does not run as root, and {name!r} is root.")
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


class ServerProcess:
    """A running ``postgres`` that this process started and that ends with it (on Linux).

    The kernel's parent-death signal follows the *thread* that forked, so the server is started by
    a thread of its own, which then waits for it: a caller's worker thread may end without taking
    the server along, and a dead server never lingers as a zombie that still holds its pid.
    """

    def __init__(
        self, argv: Sequence[str], data: Path, user: ServerUser | None, log: Path, keep_open: int
    ) -> None:
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._thread = threading.Thread(
            target=self._run, args=(argv, data, user, log, keep_open), name="embedded-postgres", daemon=True
        )
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _run(
        self, argv: Sequence[str], data: Path, user: ServerUser | None, log: Path, keep_open: int
    ) -> None:
        try:
            with log.open("ab") as output, _opened(data) as data_fd:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                    _command(argv, data, data_fd, user, signal.SIGINT),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(data_fd, keep_open),
                    # Ctrl-C in the terminal must not reach the server's workers one by one.
                    start_new_session=True,
                )
        except OSError as error:
            self._failure = error
            return
        finally:
            self._started.set()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._popen.pid

    @property
    def _popen(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedPostgresError("the server process was never started")
        return self._process

    @property
    def running(self) -> bool:
        """Whether the process still lives."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End the server: first by asking (clients are cut off, data is flushed), then by force."""
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if not self.running:
                break
            self._popen.send_signal(number)
            self._thread.join(seconds)


def run_to_end(argv: Sequence[str], data: Path, user: ServerUser | None) -> tuple[int, str]:
    """Run a program on a data directory and return its exit status and everything it printed.

    Raises:
        EmbeddedPostgresError: the program took longer than two minutes.
    """
    with _opened(data) as data_fd:
        try:
            # Killed outright if this process dies: the half-made directory is thrown away anyway.
            done = subprocess.run(  # noqa: S603 - our own interpreter and script
                _command(argv, data, data_fd, user, signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(data_fd,),
                start_new_session=True,
                timeout=_INITDB_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(f"{argv[0]} took more than {_INITDB_SECONDS} seconds.") from error
    return done.returncode, done.stdout.decode(errors="replace")


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _command(
    argv: Sequence[str], data: Path, data_fd: int, user: ServerUser | None, death_signal: int
) -> list[str]:
    order = Order(
        parent=os.getpid(),
        uid=user.uid if user else None,
        gid=user.gid if user else None,
        death_signal=int(death_signal),
        argv=list(argv),
        env=_ENVIRONMENT,
        data=str(data),
        data_fd=data_fd,
    )
    return [sys.executable, "-I", "-S", str(_CHILD), json.dumps(order)]
