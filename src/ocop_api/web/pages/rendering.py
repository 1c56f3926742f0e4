"""From a template to an HTML answer that loads nothing from anywhere.

A page is one document: the style sheet stands inside, named by its hash in the Content-Security-Policy;
no script runs at all. Templates of a feature lie in ``ocop_api/<feature>/pages/`` and extend
``base.html``; a ``style.css`` beside them is appended to the shared one.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse

from ocop_api.domain.clock import vietnam_date
from ocop_api.web.texts import Language, negotiate

_ROOT = files("ocop_api")
_SHARED = _ROOT / "web" / "pages"
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - reads as a line
)


def choose_language(asked: Language | None, accept_language: str) -> Language:
    """The page's language: what the reader chose (``?lang=``), otherwise by ``Accept-Language``."""
    return asked or negotiate(accept_language)


def _source(name: str) -> str | None:
    feature, _, file = name.rpartition("/")
    folder = _ROOT / feature / "pages" if feature else _SHARED
    path = folder / file
    return path.read_text("utf-8") if path.is_file() else None


def format_day(day: date | datetime, language: Language) -> str:
    """A calendar date as people read it: ``15/06/2026`` or ``15 June 2026``; instants count in Vietnam."""
    if isinstance(day, datetime):
        day = vietnam_date(day)
    if language == "vi":
        return f"{day.day:02d}/{day.month:02d}/{day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def format_number(value: Decimal | float, language: Language) -> str:
    """A number with the language's separators (``1.234,5`` or ``1,234.5``), as many decimals as it has."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


@pass_context
def _day(context: Context, day: date | datetime) -> str:
    return format_day(day, context["language"])


@pass_context
def _number(context: Context, value: Decimal | float) -> str:
    return format_number(value, context["language"])


@pass_context
def _say(context: Context, vietnamese: str, english: str) -> str:
    return vietnamese if context["language"] == "vi" else english


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: Mapping[str, Callable[..., Any]] = {"day": _day, "number": _number}
    environment.filters.update(filters)
    environment.globals["say"] = _say
    return environment


@cache
def _style(feature: str) -> tuple[str, str]:
    """The style sheet of a feature's pages and the policy that lets it (and nothing else) in."""
    style = _source("style.css") or ""
    if feature:
        style += _source(f"{feature}/style.css") or ""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return style, policy


def render(
    template: str,
    language: Language,
    /,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """One page as an answer.

    Args:
        template: ``"<feature>/<file>.html"`` in that feature's ``pages`` folder, or a shared file.
        language: ``vi`` or ``en``; in templates ``say(vietnamese, english)`` chooses by it.
        status_code: of the answer.
        headers: further headers; ``Cache-Control`` is ``no-cache`` unless given, because what a page says
            may change with the day.
        context: names for the template. Everything is escaped. ``base.html`` knows ``switch_url``
            (address of the page in the other language; default keeps the path) and ``home_url``.

    In templates: ``language``, ``say``, the filters ``day`` and ``number``, and the macros of
    ``parts.html``. A name that is missing is an error, not an empty space.
    """
    style, policy = _style(template.rpartition("/")[0])
    other = "en" if language == "vi" else "vi"
    names: dict[str, object] = {
        "switch_url": f"?lang={other}",
        "home_url": "/verify",
        **context,
        "language": language,
        "style": style,
    }
    html = _environment().get_template(template).render(names)
    return HTMLResponse(
        html,
        status_code,
        headers={
            "Content-Security-Policy": policy,
            "Content-Language": language,
            "Vary": "Accept-Language",
            "Cache-Control": "no-cache",
            **(headers or {}),
        },
    )
