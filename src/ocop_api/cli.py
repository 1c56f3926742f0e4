"""The command line: run it, look after it, and ask it what is wrong."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api import seeding
from ocop_api.adapters.postgres_embedded import EmbeddedPostgres, EmbeddedPostgresError
from ocop_api.app import create_app
from ocop_api.cli_credentials import credentials_app
from ocop_api.db import migrating
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.session import Database
from ocop_api.diagnosis import diagnose
from ocop_api.domain.actor import SYSTEM, Role
from ocop_api.domain.errors import DomainError
from ocop_api.domain.rubric.edition import editions, held_editions, shipped, shipped_document
from ocop_api.ledger.checking import verify_ledger
from ocop_api.scoring.schemas.edition_file import MAX_BYTES
from ocop_api.scoring.service.edition_file import (
    CheckedEdition,
    EditionRefused,
    check_edition_file,
    read_edition_file,
)
from ocop_api.scoring.service.edition_keeping import EditionKeeper
from ocop_api.scoring.service.recomputing import recompute_results
from ocop_api.settings import Settings, utc_now
from ocop_api.web import logs
from ocop_api.web.texts import Language, text_of
from ocop_api.worker import run_worker

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="OCOP API: the backend of a province's OCOP programme.",
)
user_app = typer.Typer(no_args_is_help=True, help="Accounts.")
ledger_app = typer.Typer(no_args_is_help=True, help="The ledger of what happened.")
result_app = typer.Typer(no_args_is_help=True, help="The results of councils.")
edition_app = typer.Typer(no_args_is_help=True, help="Editions of the criteria.")
app.add_typer(user_app, name="user")
app.add_typer(ledger_app, name="ledger")
app.add_typer(edition_app, name="editions")
app.add_typer(result_app, name="results")
app.add_typer(credentials_app, name="credentials")
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)

DATABASE_NAME = "ocop"
T = TypeVar("T")


def _fail(message: str) -> typer.Exit:
    complaints.print(f"[bold red]Error:[/] {message}")
    return typer.Exit(1)


@contextlib.contextmanager
def _settings(*, migrate: bool = False) -> Iterator[Settings]:
    """Settings with a database to work on: the given one, or the embedded server while this lasts."""
    settings = Settings()
    logs.configure(settings.log_level, human=sys.stderr.isatty())
    if settings.database.url:
        if migrate:
            migrating.upgrade(settings.database.url)
        yield settings
        return
    if settings.mode == "production":
        raise _fail("OCOP_DATABASE_URL is not set; production never runs on the embedded database.")
    try:
        with EmbeddedPostgres(settings.data_dir) as server:
            if not server.exists(DATABASE_NAME):
                server.create_database(DATABASE_NAME)
            url = server.dsn(DATABASE_NAME)
            # Children (the worker) find the same server through the environment.
            os.environ["OCOP_DATABASE_URL"] = url
            if migrate:
                migrating.upgrade(url)
            yield Settings()
    except EmbeddedPostgresError as error:
        raise _fail(str(error)) from error


def _refuse_hazards(settings: Settings) -> None:
    """Stop, in both languages, rather than run with what cannot work or, in production, everybody knows."""
    hazards = asyncio.run(diagnose.hazards(settings))
    for hazard in hazards:
        complaints.print(f"[bold red]{hazard.variable}[/] {hazard.in_vietnamese}\n  {hazard.in_english}")
    if hazards:
        raise _fail(f"Không khởi động ở chế độ {settings.mode} / not started in {settings.mode} mode.")


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    prepare: Annotated[
        bool, typer.Option(help="Migrate, load what is missing and run a worker too.")
    ] = False,
) -> None:
    """Serve the API."""
    with _settings(migrate=prepare) as settings:
        _refuse_hazards(settings)
        if not diagnose.port_is_free(host, port):
            raise _fail(f"Port {port} is taken. Stop the other program or use `--port`.")
        if prepare:
            report = asyncio.run(seeding.seed_all(settings))
            _print_welcome(settings, host, port, report)
        # uvicorn gives a signal on to whoever listened before; without a listener of ours it would end the
        # process at once, and the worker and the embedded server would be left behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        child = _start_worker() if prepare else None
        try:
            uvicorn.run(
                create_app(settings),
                host=host,
                port=port,
                server_header=False,
                proxy_headers=False,  # ocop_api.web.client_network reads them, by our own setting
                date_header=True,
                access_log=False,
                log_level="warning",
                timeout_keep_alive=30,
                timeout_graceful_shutdown=10,
                limit_concurrency=500,
            )
        finally:
            if child is not None:
                child.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(15)


def _start_worker() -> "subprocess.Popen[bytes]":
    # A process of its own: a job that computes must not hold up the answers.
    program = [sys.executable, "-m", "ocop_api.cli", "worker", "--owner", str(os.getpid())]
    return subprocess.Popen(program)  # noqa: S603 - our own program


def _print_welcome(settings: Settings, host: str, port: int, report: seeding.SeedReport) -> None:
    base = f"http://{'localhost' if host in {'0.0.0.0', '127.0.0.1'} else host}:{port}"  # noqa: S104 - compared
    console.print(f"\n[bold]OCOP API[/] {base}")
    console.print(f"  documentation  {base}/docs")
    console.print(f"  contract       {base}/openapi.json")
    console.print(f"  catalogue      {base}/v1/products   ({report.products} products)")
    console.print(f"  data           {settings.data_dir.absolute()}")
    if settings.mode == "demo":
        table = Table("e-mail", "who", title="Demo accounts (password: " + seeding.DEMO_PASSWORD + ")")
        for email, who in report.accounts:
            table.add_row(email, who)
        console.print(table)
    console.print("Stop with Ctrl+C.\n")


@app.command()
def worker(
    owner: Annotated[int, typer.Option(hidden=True, help="Stop when this parent process is gone.")] = 0,
) -> None:
    """Run the jobs."""
    with _settings() as settings:
        _refuse_hazards(settings)
        stop = asyncio.Event()

        async def work() -> None:
            loop = asyncio.get_running_loop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(name, stop.set)
            watcher = asyncio.create_task(_watch(owner, stop)) if owner else None
            await run_worker(settings, utc_now, stop=stop)
            if watcher is not None:
                watcher.cancel()

        asyncio.run(work())


async def _watch(owner: int, stop: asyncio.Event) -> None:
    """Set ``stop`` once the owner is gone, even if it was killed and could not say so."""
    while os.getppid() == owner:  # noqa: ASYNC110 - nobody tells us of a parent that was killed
        await asyncio.sleep(1)
    stop.set()


@app.command()
def migrate(revision: str = "head") -> None:
    """Bring the database to the schema of this version."""
    with _settings() as settings:
        migrating.upgrade(settings.database.url, revision)
        console.print(f"The database is at {revision}.")


@app.command()
def seed() -> None:
    """Load reference data, the first administrator, and in demo mode accounts and the sample catalogue."""
    with _settings(migrate=True) as settings:
        _refuse_hazards(settings)
        report = asyncio.run(seeding.seed_all(settings))
        console.print(f"{report.products} products, {len(report.accounts)} demo accounts.")


@app.command()
def demo(out: Annotated[Path, typer.Option(help="Folder for PDFs and pages.")] = Path("var/demo")) -> None:
    """Play the main job on real products, narrated, and leave its documents in a folder."""
    from ocop_api.demo import play  # noqa: PLC0415 - the play is large and only this command needs it

    asyncio.run(play(out, console))


@app.command()
def openapi(out: Annotated[Path | None, typer.Option(help="Write here instead of printing.")] = None) -> None:
    """Print the contract (OpenAPI 3.1)."""
    text = json.dumps(create_app(Settings()).openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


@app.command()
def doctor(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Say in plain words what is wrong, and what to do about it."""
    settings = Settings()
    findings = asyncio.run(diagnose.findings(settings, host, port))
    for finding in findings:
        mark = "[green]ok[/]  " if finding.good else "[bold red]bad[/] "
        console.print(f"{mark}{finding.subject}: {finding.says}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@user_app.command("create")
def create_user(
    email: str,
    name: str,
    role: Role,
    area: Annotated[str, typer.Option(help="Place id such as 34:68; empty for everywhere.")] = "",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Create an account with one role in one area (or everywhere)."""

    async def create(settings: Settings) -> None:
        database = Database(settings.database)
        try:
            async with database.transaction() as session:
                await seeding.create_user(session, settings, email, name, role, area, password)
        finally:
            await database.close()

    with _settings() as settings:
        asyncio.run(create(settings))
        console.print(f"{email} is {role.value} {'in ' + area if area else 'everywhere'}.")


@ledger_app.command("verify")
def verify() -> None:
    """Recompute chain and tree, check the signatures and compare the heads kept outside the database."""
    with _settings() as settings:
        report = asyncio.run(verify_ledger(settings))
        console.print(report.text)
        if not report.intact:
            raise typer.Exit(1)


@result_app.command("verify")
def verify_results() -> None:
    """Derive every council's result anew from its sheets, and name each that does not hold."""
    checked, doubtful = 0, 0

    async def look(session: AsyncSession) -> None:
        nonlocal checked, doubtful
        async for one in recompute_results(session):
            checked += 1
            if one.doubts:
                doubtful += 1
                console.print(
                    f"dossier {one.dossier_id}, session {one.session_id}: {', '.join(one.doubts)}",
                    style="red",
                )

    _in_transaction(look)
    console.print(f"{checked} results recomputed from their sheets, {doubtful} in doubt.")
    if doubtful:
        raise typer.Exit(1)


@edition_app.command("list")
def list_editions() -> None:
    """All editions, oldest first: those that come with the package, and those that were added."""

    async def look(session: AsyncSession) -> None:
        await EditionShelf(session).refresh()

    _in_transaction(look)
    for header in held_editions():
        until = "" if header.in_force_to is None else f" to {header.in_force_to}"
        origin = "" if shipped(header.code) else " (added)"
        console.print(
            f"{header.code}: {header.legal_basis}, in force from {header.in_force_from}{until}{origin}"
        )


@edition_app.command("export")
def export_edition(
    code: str, out: Annotated[Path | None, typer.Option(help="Write here instead of printing.")] = None
) -> None:
    """Print an edition as one JSON file, which a corrected or newer one may start from."""

    async def read(session: AsyncSession) -> dict[str, Any]:
        return await EditionKeeper(session, SYSTEM, utc_now()).document(code)

    document = shipped_document(code) if shipped(code) else _in_transaction(read)
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


@edition_app.command("check")
def check_edition(
    file: Annotated[Path, typer.Argument(help="JSON, as `export` prints it.")],
    language: Annotated[Language, typer.Option(help="Language of faults and differences.")] = "en",
) -> None:
    """Check the file of an edition beside the shipped ones, without a database. Nothing is stored."""
    with _faults_told(language):
        _tell_checked(check_edition_file(_content_of(file), editions()), language)


@edition_app.command("add")
def add_edition(
    file: Annotated[Path, typer.Argument(help="JSON, as `export` prints it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, store nothing.")] = False,
    language: Annotated[Language, typer.Option(help="Language of faults and differences.")] = "en",
) -> None:
    """Check the file of an edition and store it: it is in force from its first day on."""

    async def add(session: AsyncSession) -> CheckedEdition:
        keeper = EditionKeeper(session, SYSTEM, utc_now())
        return (await keeper.add(read_edition_file(_content_of(file)), dry_run=dry_run)).checked

    with _faults_told(language):
        _tell_checked(_in_transaction(add), language)
    console.print("Nothing was stored." if dry_run else "Stored.")


def _in_transaction(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run(settings: Settings) -> T:
        database = Database(settings.database)
        try:
            async with database.transaction() as session:
                return await work(session)
        finally:
            await database.close()

    with _settings() as settings:
        return asyncio.run(run(settings))


def _content_of(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


@contextlib.contextmanager
def _faults_told(language: Language) -> Iterator[None]:
    try:
        yield
    except EditionRefused as refused:
        for fault in refused.faults:
            complaints.print(
                f"{fault.pointer or '/'}: {fault.said.in_language(language)}", markup=False, soft_wrap=True
            )
        raise


def _tell_checked(checked: CheckedEdition, language: Language) -> None:
    console.print(f"{checked.edition.code} is in order: 26 sets of {checked.edition.total} points.")
    if checked.changes is not None:
        console.print(f"Since {checked.changes.before}:")
        for change in checked.changes.changes:
            console.print(f"  {change.sentence(language)}", markup=False, soft_wrap=True)
        for one in checked.changes.sets:
            for change in one.changes:
                console.print(f"  {one.number}. {change.sentence(language)}", markup=False, soft_wrap=True)


def main() -> None:
    """Run the command line; an expected refusal or an unreachable database is told in plain words."""
    try:
        app()
    except DomainError as error:
        complaints.print(f"[bold red]Error:[/] {text_of(error.code, 'en', error.data)}")
        raise SystemExit(1) from None
    except (OSError, DBAPIError) as error:
        complaints.print(f"[bold red]Error:[/] {error}. `ocop-api doctor` says more.")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
