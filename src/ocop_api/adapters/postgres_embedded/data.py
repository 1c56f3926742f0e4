"""The data directory: named after its major version, complete or not there at all."""

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ocop_api.adapters.postgres_embedded.binaries import PostgresBinaries
from ocop_api.adapters.postgres_embedded.child import DATA
from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError, with_log_tail
from ocop_api.adapters.postgres_embedded.launch import ServerUser, run_to_end

SUPERUSER = "ocop"
_BUILTIN_LOCALE_SINCE = 17
# The first is on every Linux; the others stand in on systems that do not know it.
_UTF8_LOCALES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8")
_FIRST_KNOWN = """
import locale, sys
for name in sys.argv[1:]:
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        continue
    print(name)
    break
"""

_log = logging.getLogger(__name__)


def existing_majors(root: Path) -> frozenset[int]:
    """Return the PostgreSQL major versions that complete data directories below ``root`` belong to."""
    return frozenset(
        int(folder.name.removeprefix("pg"))
        for folder in root.glob("pg*")
        if re.fullmatch(r"pg\d+", folder.name) and _complete(folder)
    )


def ensure_data(data: Path, binaries: PostgresBinaries, user: ServerUser | None, *, durable: bool) -> bool:
    """Make the data directory if it is not there; return whether it was made now.

    The caller holds the start lock. A new directory is built under a temporary name and renamed
    when it is complete and, if ``durable``, on the disk; what an interrupted start left is removed.
    A directory of the right name that is not a database is set aside, never deleted.

    Raises:
        EmbeddedPostgresError: ``initdb`` failed, or the directory belongs to another account.
        OSError: the folder around it cannot be written.
    """
    if _complete(data):
        _check_owner(data, user)
        return False
    for leftover in data.parent.glob(f"{data.name}.init-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if data.exists():
        aside = Path(tempfile.mkdtemp(prefix=f"{data.name}.incomplete-", dir=data.parent))
        data.rename(aside)
        _log.warning("%s is not a complete database; it was set aside as %s", data, aside)
    building = Path(tempfile.mkdtemp(prefix=f"{data.name}.init-", dir=data.parent))
    try:
        if user:
            os.chown(building, user.uid, user.gid)
        _initdb(building, binaries, user, durable=durable)
        building.rename(data)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    if durable:
        _flush(data.parent)
    return True


def clear_stale_pid(data: Path) -> None:
    """Remove the pid file of a server that is gone, even if its pid seems to be in use.

    PostgreSQL takes any living process for its predecessor: a zombie that nobody has reaped yet,
    or, after a container was restarted, a stranger with the same number. The caller holds the lock
    that lives as long as any process of a server we started, so what remains is a server that
    somebody started by hand, and that one works inside the data directory.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    if Path("/proc/self/stat").exists() and not _works_in(pid, data):
        pid_file.unlink(missing_ok=True)


def _works_in(pid: int, data: Path) -> bool:
    try:
        # The state follows the command's closing bracket; Z and X are dead processes not yet reaped.
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX":
            return False
    except OSError:
        return False
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True


def _complete(data: Path) -> bool:
    return (data / "PG_VERSION").is_file() and (data / "global" / "pg_control").is_file()


def _check_owner(data: Path, user: ServerUser | None) -> None:
    owner, ours = data.stat().st_uid, user.uid if user else os.geteuid()
    if owner != ours:
        raise EmbeddedPostgresError(
            f"{data} belongs to the account with id {owner} and this one is {ours}: "
            "start as that account or as root, or choose another data directory."
        )


def _initdb(building: Path, binaries: PostgresBinaries, user: ServerUser | None, *, durable: bool) -> None:
    argv = [
        str(binaries.program("initdb")),
        f"--pgdata={DATA}",
        f"--username={SUPERUSER}",
        # The socket lies in a folder that only this account and root can enter.
        "--auth=trust",
        "--encoding=UTF8",
        # The character classes come from here for trigrams and full-text search, even where
        # sorting and case mapping are builtin; with plain C every Vietnamese letter is noise.
        f"--locale={_utf8_locale()}",
        "--lc-messages=C",
        "--text-search-config=simple",
        "--no-instructions",
    ]
    if binaries.major >= _BUILTIN_LOCALE_SINCE:
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        argv.append("--no-sync")
    status, output = run_to_end(argv, building, user)
    if status != 0 or not _complete(building):
        raise EmbeddedPostgresError(
            with_log_tail(f"A new database could not be made in {building.parent}.", output)
        )


def _utf8_locale() -> str:
    # Asked in another process, because a locale is set for all threads of one.
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-I", "-S", "-c", _FIRST_KNOWN, *_UTF8_LOCALES],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    return done.stdout.strip() or _UTF8_LOCALES[0]


def _flush(folder: Path) -> None:
    """Put a rename inside ``folder`` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
