"""The page behind the QR symbol on a small phone, as a browser lays it out, without any script."""

import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import MovableClock

from .browser import BINARY, WIDTH, Browser
from .conftest import CHAIR, Issue, World

pytestmark = pytest.mark.skipif(BINARY is None, reason="no Chromium on this machine to lay the pages out")

LONG = "Bộ quà tặng cà phê rang xay nguyên chất, hạt tiêu đen và mắc ca sấy nứt vỏ Đắk Nông thượng hạng"
Step = Callable[..., Awaitable[str]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def code_of(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: Any, clock: MovableClock
) -> Step:
    """Brings a certificate to a standing and gives its code."""

    async def bring(standing: str) -> str:
        if standing == "reported":
            return str((await world.recorded(decided_on=None, number=None))["code"])
        product = await world.product(name=LONG)
        issued = (await issue(await world.rated(product=product))).json()
        if standing == "withdrawn":
            order = {"ground": "criteria_not_kept", "reason": "Đã kiểm tra.", "concluded_on": "2026-06-15"}
            path = f"/v1/certificates/{issued['id']}/withdraw"
            assert (await client.post(path, json=order, headers=as_actor(CHAIR))).status_code == 200
        if standing == "superseded":
            clock.at = datetime(2027, 6, 15, 3, tzinfo=UTC)
            await world.recorded(
                decided_on=date(2027, 6, 1), stars=5, number="TW-12-2027", product_id=product[0]
            )
        if standing == "expiring":
            clock.at = datetime(2029, 6, 1, 3, tzinfo=UTC)
        if standing == "expired":
            clock.at = datetime(2029, 6, 16, 3, tzinfo=UTC)
        return str(issued["verification_code"])

    return bring


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("standing", ["valid", "expiring", "expired", "withdrawn", "superseded", "reported"])
async def test_the_page_fits_a_small_phone(
    code_of: Step, client: httpx.AsyncClient, browser: Browser, standing: str, language: str
) -> None:
    code = await code_of(standing)
    assert (await client.get(f"/v1/verify/{code}")).json()["status"] == standing
    page = await client.get(f"/verify/{code}?lang={language}")
    width, height = browser.show(page.text)
    keep(browser, height, f"{standing}-{language}")
    assert width <= WIDTH
    assert height > 700
    assert browser.hidden("h1, h2, .verdict svg, .stars svg, dd, .says, .switch") == []


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_forms_and_the_answer_about_a_file_fit_too(
    code_of: Step, client: httpx.AsyncClient, browser: Browser, language: str
) -> None:
    code = await code_of("valid")
    (shown,) = (await client.get("/v1/certificates")).json()["items"]
    paper = await client.get(f"/v1/certificates/{shown['id']}/certificate.png?width=1600")
    files = {"file": ("IMG_0001.png", paper.content, "image/png")}
    for name, page in (
        ("form", await client.get(f"/verify?lang={language}")),
        ("unknown", await client.get(f"/verify/{'a' * 26}?lang={language}")),
        ("file", await client.post("/verify", files=files, data={"lang": language})),
        ("no-file", await client.post("/verify", data={"lang": language})),
    ):
        width, height = browser.show(page.text)
        keep(browser, height, f"{name}-{language}")
        assert width <= WIDTH, name
        assert browser.hidden("h1, h2, button, input:not([type=hidden])") == [], name
    assert code in (await client.post("/verify", files=files)).text


def keep(browser: Browser, height: int, name: str) -> None:
    """Leave a picture of the page where a person asked for it."""
    if (folder := os.environ.get("OCOP_TEST_PICTURES")) is not None:
        Path(folder, f"{name}.png").write_bytes(browser.picture(height))
