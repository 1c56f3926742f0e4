"""A headless Chromium for looking at pages: its DevTools protocol over two pipes, nothing else."""

import base64
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH = 360


class Browser:
    """One window as wide as a small phone, which runs no script of a page."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __enter__(self) -> Self:
        assert BINARY is not None
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        # Chromium reads commands from file 3 and answers on file 4.
        command = f'exec "$0" "$@" 3<&{to_child} 4>&{from_child}'
        self._process = subprocess.Popen(  # noqa: S603 - a browser of this machine, with fixed arguments
            [
                "/bin/bash",
                "-c",
                command,
                BINARY,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
                f"--user-data-dir={self._folder / 'profile'}",
                "about:blank",
            ],
            pass_fds=(to_child, from_child),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_child)
        os.close(from_child)
        self._rest = b""
        target = self._send("Target.createTarget", {"url": "about:blank"}, None)["targetId"]
        attached = self._send("Target.attachToTarget", {"targetId": target, "flatten": True}, None)
        self._session = attached["sessionId"]
        self._send("Page.enable", {})
        self._send("Emulation.setScriptExecutionDisabled", {"value": True})
        self._send(
            "Emulation.setDeviceMetricsOverride",
            {"width": WIDTH, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def show(self, html: str) -> tuple[int, int]:
        """Show a page; gives the width and height of its whole content in CSS pixels."""
        self._count += 1
        file = self._folder / f"page-{self._count}.html"
        file.write_text(html, "utf-8")
        self._send("Page.navigate", {"url": file.as_uri()})
        self._wait_for("Page.loadEventFired")
        size = self._send("Page.getLayoutMetrics", {})["cssContentSize"]
        return round(size["width"]), round(size["height"])

    def picture(self, height: int) -> bytes:
        """The page shown, as PNG."""
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        shot = self._send("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        return base64.b64decode(shot["data"])

    def hidden(self, selector: str) -> list[str]:
        """Elements of the page that take no room, by their markup."""
        root = self._send("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
        nodes = self._send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]
        assert nodes, selector
        found = []
        for node in nodes:
            try:
                box = self._send("DOM.getBoxModel", {"nodeId": node})["model"]
            except RuntimeError:
                box = {"width": 0, "height": 0}
            if box["width"] < 1 or box["height"] < 1:
                found.append(self._send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"])
        return found

    def _send(self, method: str, parameters: dict[str, Any], session: str | None = "") -> Any:
        self._count += 1
        number = self._count
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def _wait_for(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], 60)
            piece = os.read(self._in, 65536) if ready else b""
            if not piece:
                raise RuntimeError("the browser has ended or does not answer")
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)
