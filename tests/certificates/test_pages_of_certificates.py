"""What the page behind the QR symbol says, and how long an answer may be kept."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from tests.conftest import MovableClock

from ocop_api.certificates.router.presentation import stars_text

from .conftest import CHAIR, Issue, World
from .test_withdrawal import ORDER


async def test_an_issued_certificate_names_law_and_criteria(
    world: World, issue: Issue, client: httpx.AsyncClient
) -> None:
    issued = (await issue(await world.rated())).json()
    path = f"/verify/{issued['verification_code']}"
    body = (await client.get(f"/v1{path}")).json()
    assert body["regime"] == {"code": "qd26-2026", "decision_numbers": ["26/2026/QĐ-TTg"]}
    assert body["edition"] == {
        "code": "qd26-2026",
        "decision_number": "26/2026/QĐ-TTg",
        "set_number": 13,
        "set_name": "Cà phê, ca cao",
    }
    assert body["stars_meaning"] == stars_text(4, "vi")
    english = (await client.get(f"/v1{path}", headers={"Accept-Language": "en"})).json()
    assert (english["edition"]["set_name"], english["stars_meaning"]) == (
        "Coffee, cocoa",
        stars_text(4, "en"),
    )
    page = (await client.get(path)).text
    for words in (
        "Cà phê, ca cao (bộ số 13), theo 26/2026/QĐ-TTg",
        "Quy định áp dụng",
        stars_text(4, "vi"),
        f"/v1/certificates/{issued['id']}/certificate.pdf",
        f"/v1/certificates/{issued['id']}/credential",
        "Ủy ban nhân dân tỉnh Lâm Đồng",
    ):
        assert words in page, words
    shown = (await client.get(f"{path}?lang=en")).text
    assert "Coffee, cocoa (set 13), by 26/2026/QĐ-TTg" in shown
    assert stars_text(4, "en") in shown


async def test_a_recorded_recognition_has_its_law_and_no_criteria(
    world: World, client: httpx.AsyncClient
) -> None:
    known = await world.recorded(decided_on=date(2025, 8, 1), number="68-05-2025")
    body = (await client.get(f"/v1/verify/{known['code']}")).json()
    assert body["regime"] == {"code": "qd1489-2025", "decision_numbers": ["148/QĐ-TTg", "1489/QĐ-TTg"]}
    assert body["edition"] is None
    assert "Bộ tiêu chí" not in (await client.get(f"/verify/{known['code']}")).text
    reported = await world.recorded(decided_on=None, number=None)
    body = (await client.get(f"/v1/verify/{reported['code']}")).json()
    assert (body["regime"], body["edition"]) == (None, None)


@pytest.mark.parametrize("stars", [3, 4, 5])
def test_each_rank_is_told_in_one_sentence_in_both_languages(stars: int) -> None:
    for language, begins in (("vi", f"{stars} sao"), ("en", f"{stars} stars")):
        sentence = stars_text(stars, language)  # type: ignore[arg-type]
        assert sentence.startswith(begins)
        assert sentence.count(".") == 1
        assert sentence.endswith(".")


async def test_the_page_of_a_withdrawn_certificate_does_not_praise_the_product(
    world: World, client: httpx.AsyncClient, as_actor: Any
) -> None:
    known = await world.recorded()
    assert stars_text(4, "vi") in (await client.get(f"/verify/{known['code']}")).text
    path = f"/v1/certificates/{known['id']}/withdraw"
    assert (await client.post(path, json=ORDER, headers=as_actor(CHAIR))).status_code == 200
    page = (await client.get(f"/verify/{known['code']}")).text
    assert stars_text(4, "vi") not in page
    assert "thu hồi từ ngày 15/06/2026" in page


@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_a_kept_page_is_asked_for_again_cheaply(
    world: World, client: httpx.AsyncClient, lang: str
) -> None:
    known = await world.recorded()
    for path in (f"/verify/{known['code']}?lang={lang}", f"/verify?number=68-01-2026&lang={lang}"):
        page = await client.get(path)
        assert page.headers["cache-control"] == "no-cache"
        tag = page.headers["etag"]
        same = await client.get(path, headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        for name in ("etag", "cache-control", "vary", "content-security-policy", "content-language"):
            assert same.headers[name] == page.headers[name]
    other = "en" if lang == "vi" else "vi"
    answer = await client.get(f"/verify/{known['code']}?lang={other}", headers={"If-None-Match": tag})
    assert answer.status_code == 200


async def test_nothing_kept_outlives_midnight_or_a_withdrawal(
    world: World, client: httpx.AsyncClient, clock: MovableClock, as_actor: Any
) -> None:
    known = await world.recorded()
    pages = (f"/verify/{known['code']}", f"/v1/verify/{known['code']}")
    for before, after in (
        (datetime(2026, 6, 16, 16, 59, 59, tzinfo=UTC), datetime(2026, 6, 16, 17, tzinfo=UTC)),
        (datetime(2029, 6, 15, 16, 59, 59, tzinfo=UTC), datetime(2029, 6, 15, 17, tzinfo=UTC)),
    ):
        for path in pages:
            clock.at = before
            tag = (await client.get(path)).headers["etag"]
            assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
            clock.at = after
            assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200
    clock.at = datetime(2026, 6, 20, 3, tzinfo=UTC)
    tags = {path: (await client.get(path)).headers["etag"] for path in pages}
    order = f"/v1/certificates/{known['id']}/withdraw"
    assert (await client.post(order, json=ORDER, headers=as_actor(CHAIR))).status_code == 200
    for path, tag in tags.items():
        assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200
