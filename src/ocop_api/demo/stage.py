"""The stage: the application in this process, a clock that the play moves, people who sign in."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from rich.console import Console
from sqlalchemy import make_url

from ocop_api import worker
from ocop_api.app import create_app
from ocop_api.db.session import Database
from ocop_api.domain.clock import VIETNAM
from ocop_api.settings import Settings

PASSWORD = "ocop-demo-2026"  # noqa: S105 - everybody in the play has this password


class Curtain(RuntimeError):  # noqa: N818 - the play stops here
    """The API answered something the play does not expect; the answer is in the message."""


@dataclass
class StageClock:
    """Stands at nine in the morning, Vietnam time, of the day the play has reached."""

    at: datetime

    def __call__(self) -> datetime:
        """The present of the play."""
        return self.at

    def go_to(self, day: date) -> None:
        """Move to a day."""
        self.at = datetime.combine(day, time(9), VIETNAM)


@dataclass
class Stage:
    """Everything a scene needs: requests as somebody, dates, narration, and a folder for results."""

    app: FastAPI
    http: httpx.AsyncClient
    clock: StageClock
    console: Console
    out: Path
    tokens: dict[str, str] = field(default_factory=dict)
    kept: list[Path] = field(default_factory=list)

    def scene(self, title: str, day: date | None = None) -> None:
        """Announce a scene, on a day of the play if one is given."""
        if day is not None:
            self.clock.go_to(day)
            self.tokens.clear()  # access tokens are short; on another day everybody signs in again
        self.console.rule(f"[bold]{title}[/]  {self.clock.at:%d/%m/%Y}")

    def tell(self, text: str) -> None:
        """One line of narration."""
        self.console.print(f"  {text}")

    def keep(self, name: str, content: bytes) -> Path:
        """Leave a file in the folder of results."""
        self.out.mkdir(parents=True, exist_ok=True)
        path = self.out / name
        path.write_bytes(content)
        self.kept.append(path)
        return path

    async def _token(self, who: str) -> str:
        if who not in self.tokens:
            answer = await self.http.post(
                "/v1/auth/sign-in", json={"email": f"{who}@demo.ocop.example", "password": PASSWORD}
            )
            if answer.status_code != 200:  # noqa: PLR2004
                raise Curtain(f"{who} cannot sign in: {answer.text}")
            self.tokens[who] = answer.json()["access_token"]
        return self.tokens[who]

    async def ask(
        self,
        method: str,
        path: str,
        *,
        who: str | None = None,
        body: Any = None,
        content: bytes | None = None,
        form: Mapping[str, str] | None = None,
        file: tuple[str, bytes, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: int | None = None,
    ) -> httpx.Response:
        """One request, by somebody or the public; any other status than expected ends the play.

        ``form`` and ``file`` (name, content, media type) make a multipart body.
        """
        sent = dict(headers or {})
        if who is not None:
            sent["Authorization"] = f"Bearer {await self._token(who)}"
        parts = None if file is None else {"file": file}
        answer = await self.http.request(
            method, path, json=body, content=content, data=form, files=parts, headers=sent
        )
        good = answer.status_code == expect if expect else answer.is_success
        if not good:
            shown = answer.text
            with contextlib.suppress(ValueError):
                shown = json.dumps(answer.json(), ensure_ascii=False, indent=1)
            raise Curtain(f"{method} {path} as {who or 'the public'}: {answer.status_code}\n{shown[:3000]}")
        return answer

    async def get(self, path: str, who: str | None = None, **headers: str) -> Any:
        """The JSON of a GET."""
        return (await self.ask("GET", path, who=who, headers=headers)).json()

    async def post(self, path: str, who: str | None, body: Any = None) -> Any:
        """The JSON of a POST."""
        return (await self.ask("POST", path, who=who, body=body)).json()

    async def work(self) -> None:
        """Let the worker run what waits."""
        state = self.app.state
        await worker.drain(state.database, state.settings, state.clock)


def build(settings: Settings, clock: StageClock) -> FastAPI:
    """The application of the play."""
    return create_app(settings, clock)


async def fresh_database(url: str, name: str) -> str:
    """An empty database beside the one at ``url``; one left by an earlier play is dropped."""
    import asyncpg  # noqa: PLC0415 - administration only

    from ocop_api.db.session import asyncpg_arguments  # noqa: PLC0415

    connection = await asyncpg.connect(**asyncpg_arguments(make_url(url)))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
        await connection.execute(f'create database "{name}"')
    finally:
        await connection.close()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


__all__ = ["PASSWORD", "Curtain", "Database", "Stage", "StageClock", "build", "fresh_database"]
