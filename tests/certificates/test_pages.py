"""The shell of the public pages: nothing from outside, no script, two languages, everything escaped."""

import base64
import hashlib
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from jinja2 import UndefinedError

from ocop_api.web.pages.rendering import choose_language, format_day, format_number, render
from ocop_api.web.texts import Language


def test_the_style_in_the_page_is_the_one_the_policy_names() -> None:
    page = render("certificates/form.html", "vi")
    html = bytes(page.body).decode()
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("template", ["certificates/form.html", "base.html"])
def test_a_page_loads_nothing_and_runs_nothing(template: str) -> None:
    html = bytes(render(template, "vi").body).decode()
    assert not re.findall(r"""(?:src|action)=["'](?!/)""", html)
    assert not re.findall(r"""<link[^>]+href=["']https?:""", html)
    assert "<script" not in html
    assert not re.findall(r"\sstyle=|\son\w+=", html)


@pytest.mark.parametrize(("language", "other"), [("vi", "en"), ("en", "vi")])
def test_each_language_names_itself_and_links_to_the_other(language: Language, other: str) -> None:
    page = render("certificates/form.html", language)
    html = bytes(page.body).decode()
    assert f'<html lang="{language}">' in html
    assert f'href="?lang={other}"' in html
    assert page.headers["content-language"] == language


def test_what_a_person_typed_is_escaped() -> None:
    html = bytes(render("certificates/unknown.html", "vi", wanted="<script>alert(1)</script>").body).decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_forgotten_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("certificates/unknown.html", "vi")


def test_dates_and_numbers_follow_the_language() -> None:
    assert format_day(date(2026, 6, 5), "vi") == "05/06/2026"
    assert format_day(datetime(2026, 6, 4, 17, 0, tzinfo=UTC), "en") == "5 June 2026"
    assert format_number(Decimal("1234.50"), "vi") == "1.234,50"
    assert format_number(1234, "en") == "1,234"


def test_the_readers_choice_wins_over_the_browser() -> None:
    assert choose_language("vi", "en") == "vi"
    assert choose_language(None, "en-GB,en;q=0.9") == "en"
    assert choose_language(None, "") == "vi"
