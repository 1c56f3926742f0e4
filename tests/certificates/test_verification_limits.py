"""How often one network may look certificates up, and the way from a look-up to the electronic form."""

import gc
import random
import time
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conftest import MovableClock, make_settings

from ocop_api.settings import Settings, WebSettings
from ocop_api.web.ratelimit import Limiter, Quota, limiters_for

from .conftest import CHAIR, Issue, World

_LOOK_UPS, _CHECKS = 6, 2


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    web = WebSettings(verifications_per_minute=_LOOK_UPS, credential_checks_per_minute=_CHECKS)
    return make_settings(database_url, tmp_path).model_copy(update={"web": web})


def _from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def test_who_asks_too_often_waits_and_is_told_how_long(
    world: World, client: httpx.AsyncClient, clock: MovableClock
) -> None:
    known = await world.recorded()
    path = f"/v1/verify/{known['code']}"
    for number in range(_LOOK_UPS):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"verification";q=6;w=60'
        left, reset = _LOOK_UPS - number - 1, 10 * (number + 1)
        assert answer.headers["ratelimit"] == f'"verification";r={left};t={reset}'
    refused = await client.get(path, headers={"Accept-Language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (429, "request.rate_limited")
    assert (refused.headers["retry-after"], refused.headers["ratelimit"]) == ("10", '"verification";r=0;t=10')
    assert refused.headers["content-type"] == "application/problem+json"
    assert "10 seconds" in refused.json()["detail"]
    clock.move(seconds=9)
    assert (await client.get(path)).headers["retry-after"] == "1"
    clock.move(seconds=1)
    # To be refused costs nothing, so waiting as long as told is enough.
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path)).status_code == 429
    clock.move(minutes=1)
    assert (await client.get(path)).headers["ratelimit"] == '"verification";r=5;t=10'


async def test_data_and_pages_share_one_quota_and_other_answers_have_none(
    world: World, client: httpx.AsyncClient
) -> None:
    known = await world.recorded()
    look_ups = (
        f"/verify/{known['code']}",
        f"/v1/verify/{known['code']}",
        "/v1/verify?number=68-01-2026",
        "/verify?number=68-01-2026",
        "/verify/khong-co",
        "/v1/verify/khong-co",
    )
    for number, path in enumerate(look_ups):
        answer = await client.get(path)
        assert answer.status_code == (404 if "khong-co" in path else 200)
        assert answer.headers["ratelimit"].startswith(f'"verification";r={_LOOK_UPS - number - 1};')
    for path in look_ups:
        assert (await client.get(path)).status_code == 429
    for path in ("/v1/certificates", f"/v1/certificates/{known['id']}", "/v1/certificates/statistics"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_a_page_over_the_quota_is_a_page(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    path = f"/verify/{known['code']}"
    for _ in range(_LOOK_UPS):
        await client.get(path)
    page = await client.get(path)
    assert page.status_code == 429
    assert (page.headers["retry-after"], page.headers["cache-control"]) == ("10", "no-cache")
    assert page.headers["content-type"].startswith("text/html")
    assert "Hãy thử lại sau 10 giây." in page.text
    assert "Còn hiệu lực" not in page.text
    english = await client.get("/verify?lang=en")
    assert (english.status_code, "Try again in 10 seconds." in english.text) == (429, True)


async def test_each_network_has_its_own_quota(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    path = f"/v1/verify/{known['code']}"
    for host in range(_LOOK_UPS):
        assert (await client.get(path, headers=_from(f"203.0.113.{host}"))).status_code == 200
    assert (await client.get(path, headers=_from("203.0.113.200"))).status_code == 429
    for other in ("203.0.114.1", "2001:db8:0:100::1"):
        assert (await client.get(path, headers=_from(other))).status_code == 200
    # What a client writes in front of its own address makes it nobody else.
    assert (await client.get(path, headers=_from("198.51.100.7, 203.0.113.9"))).status_code == 429


async def test_checking_signatures_has_a_quota_of_its_own(client: httpx.AsyncClient) -> None:
    async def check() -> httpx.Response:
        return await client.post(
            "/v1/verify/credential", content="{}", headers={"Content-Type": "application/vc"}
        )

    for _ in range(_CHECKS):
        answer = await check()
        assert answer.status_code == 422
        assert answer.headers["ratelimit-policy"] == '"credential-check";q=2;w=60'
    refused = await check()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert (await client.get("/verify")).status_code == 200


async def test_an_unchanged_answer_is_counted_too(world: World, client: httpx.AsyncClient) -> None:
    known = await world.recorded()
    path = f"/v1/verify/{known['code']}"
    tag = (await client.get(path)).headers["etag"]
    same = await client.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.headers["ratelimit"]) == (304, '"verification";r=4;t=20')


def test_nobody_gets_more_than_the_quota_and_whoever_keeps_to_it_is_never_refused() -> None:
    chance = random.Random(7)  # noqa: S311 - made-up arrivals, the same each time
    for requests, seconds in ((1, 60), (7, 60), (300, 60), (1000, 3)):
        limiter = Limiter(Quota("x", requests, seconds))
        now = 1_800_000_000.0
        passed: list[float] = []
        for _ in range(4000):
            now += chance.expovariate(3 * requests / seconds)
            taken = limiter.take("a", now)
            if taken.wait == 0:
                passed.append(now)
        # A burst of the whole quota and what the rate gives back, at any time.
        for start in range(0, len(passed), 97):
            for end in range(start, len(passed), 89):
                allowed = requests + (passed[end] - passed[start]) * requests / seconds
                assert end - start + 1 <= allowed + 0.01
        steady = Limiter(Quota("x", requests, seconds))
        assert not any(steady.take("a", now + n * seconds / requests).wait for n in range(1000))


def test_a_clock_set_back_locks_nobody_out() -> None:
    limiter = Limiter(Quota("x", 6))
    for _ in range(6):
        limiter.take("a", 10_000.0)
    assert limiter.take("a", 10_000.0).wait > 0
    assert [limiter.take("a", 100.0).wait for _ in range(7)] == [*[0] * 6, 10]


def test_memory_is_bounded_and_the_busy_are_remembered() -> None:
    limiter = Limiter(Quota("x", 2), capacity=100)
    for number in range(5000):
        assert limiter.take(f"10.0.{number}", 50.0).wait == 0
        busy = limiter.take("busy", 50.0)
    assert len(limiter) == 100
    assert busy.wait > 0


def test_a_quota_of_nothing_is_no_limit() -> None:
    assert set(limiters_for(WebSettings())) == {"verification", "credential-check", "document-check"}
    none = WebSettings(
        verifications_per_minute=0, credential_checks_per_minute=0, document_checks_per_minute=0
    )
    assert limiters_for(none) == {}


def test_counting_costs_next_to_nothing() -> None:
    limiter = Limiter(Quota("x", 300))
    networks = [f"203.0.{number}.0/24" for number in range(250)] * 200
    gc.collect()
    started = time.perf_counter()
    for number, network in enumerate(networks):
        limiter.take(network, 1_800_000_000.0 + number / 1000)
    assert (time.perf_counter() - started) / len(networks) < 50e-6


async def test_the_electronic_form_is_found_from_everywhere(
    world: World, issue: Issue, client: httpx.AsyncClient, as_actor: Any
) -> None:
    issued = (await issue(await world.rated())).json()
    path = f"/v1/certificates/{issued['id']}/credential"
    url = f"http://localhost:8000{path}"
    assert issued["credential_url"] == url
    (listed,) = (await client.get("/v1/certificates")).json()["items"]
    assert listed["credential_url"] == url
    code = issued["verification_code"]
    assert (await client.get(f"/v1/verify/{code}")).json()["credential_url"] == url
    signed = await client.get(url)
    assert (signed.status_code, signed.headers["content-type"]) == (200, "application/vc")
    checked = await client.post(
        "/v1/verify/credential", content=signed.content, headers={"Content-Type": "application/vc"}
    )
    assert checked.json()["certificate"]["credential_url"] == url
    for language, words in (("vi", "Bản điện tử có chữ ký số"), ("en", "Signed electronic form")):
        page = await client.get(f"/verify/{code}?lang={language}")
        assert f'href="{path}" download="ocop-{code}.json">{words}</a>' in page.text
    assert url in (await client.get("/v1/certificates.csv")).text
    order = {"ground": "production_stopped", "reason": "Đã giải thể.", "concluded_on": "2026-06-15"}
    where = f"/v1/certificates/{issued['id']}/withdraw"
    assert (await client.post(where, json=order, headers=as_actor(CHAIR))).status_code == 200
    withdrawn = await client.get(f"/verify/{code}")
    assert "Đã bị thu hồi" in withdrawn.text
    assert path not in withdrawn.text


async def test_what_is_only_reported_has_no_electronic_form(world: World, client: httpx.AsyncClient) -> None:
    reported = await world.recorded(decided_on=None, number=None)
    shown = (await client.get(f"/v1/certificates/{reported['id']}")).json()
    assert shown["credential_url"] is None
    assert (await client.get(f"/v1/verify/{reported['code']}")).json()["credential_url"] is None
    assert "/credential" not in (await client.get(f"/verify/{reported['code']}")).text
    recorded = await world.recorded(decided_on=date(2026, 3, 1), number="68-02-2026")
    page = (await client.get(f"/verify/{recorded['code']}")).text
    # Recorded from a decision: there is no paper of ours, but what it says is signed.
    assert f"/v1/certificates/{recorded['id']}/credential" in page
    assert "certificate.pdf" not in page
