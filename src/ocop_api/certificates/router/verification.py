"""Verification for anyone: as data under ``/v1/verify``, as the page a scanned QR symbol opens."""

import hashlib
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from ocop_api.certificates.router.presentation import (
    TONES,
    credential_path,
    edition_of,
    ground_text,
    meaning_of,
    page_url,
    proofs_path,
    regime_of,
    stars_text,
    title_of,
)
from ocop_api.certificates.router.presentation import verification_of as as_answer
from ocop_api.certificates.schemas import VerificationRead
from ocop_api.certificates.service import Finding, VerificationService
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound
from ocop_api.web.caller import Now
from ocop_api.web.pages.rendering import choose_language, render
from ocop_api.web.problems import language_of, refusal
from ocop_api.web.ratelimit import VERIFICATION, documented, limited, pace
from ocop_api.web.routing import OPEN_QUERY, feature_router
from ocop_api.web.session import database_of
from ocop_api.web.texts import Language

router = feature_router("/v1/verify", "verification")
page_router = feature_router("/verify", "verification")
# Messengers append tracking parameters to shared links; a page must open all the same.
_OPEN: dict[str, Any] = {OPEN_QUERY: True}
_HTML: dict[int | str, dict[str, Any]] = {
    404: {"content": {"text/html": {}}, "description": "Not in the register; a page with advice"}
}
_PAGES = documented("text/html") | _HTML
_PROBLEM = refusal(404, "Not in the register")
_LIMITED = [Depends(limited(VERIFICATION))]


async def _pause(request: Request) -> int:
    return pace(request, VERIFICATION)


Pause = Annotated[int, Depends(_pause)]
"""Seconds to wait before the next page; 0 when this one may be shown."""


def _public_url(request: Request) -> str:
    url: str = request.app.state.settings.web.public_url
    return url


PublicUrl = Annotated[str, Depends(_public_url)]
"""Base of every link, without the path."""


def _verification(request: Request, now: Now) -> VerificationService:
    return VerificationService(database_of(request).fast, vietnam_date(now()))


Verification = Annotated[VerificationService, Depends(_verification)]


def _answer(request: Request, finding: Finding, public_url: str) -> Response:
    language = language_of(request)
    body = as_answer(finding, public_url, language)
    # The shape is built here; running it through the framework's validation again would double the cost.
    return Response(
        body.model_dump_json(),
        media_type="application/json",
        headers={"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-cache"},
    )


@router.get("/{code}", response_model=VerificationRead, responses=documented(), dependencies=_LIMITED)
async def verify_certificate(
    code: str, request: Request, verification: Verification, public_url: PublicUrl
) -> Response:
    """What the certificate behind a QR symbol is worth today. Case, spaces and dashes do not matter."""
    return _answer(request, await verification.by_code(code), public_url)


@router.get("", response_model=VerificationRead, responses=documented() | _PROBLEM, dependencies=_LIMITED)
async def verify_certificate_number(
    request: Request,
    verification: Verification,
    public_url: PublicUrl,
    number: Annotated[str, Query(min_length=1, max_length=64, examples=["68-01-2026"])],
) -> Response:
    """What the certificate with this printed number is worth today."""
    return _answer(request, await verification.by_number(number), public_url)


def choose(asked: str | None, request: Request) -> Language:
    """The language of a page: the one asked for, otherwise that of the browser."""
    known: Language | None = "vi" if asked == "vi" else "en" if asked == "en" else None
    return choose_language(known, request.headers.get("accept-language", ""))


async def _language(request: Request) -> Language:
    return choose(request.query_params.get("lang"), request)


PageLanguage = Annotated[Language, Depends(_language)]


def _page(request: Request, finding: Finding, language: Language, public_url: str) -> Response:
    other = "en" if language == "vi" else "vi"
    successor = finding.successor_code
    page = render(
        "certificates/verify.html",
        language,
        found=finding,
        title=title_of(finding.standing, language),
        meaning=meaning_of(finding, language),
        tone=TONES[finding.standing],
        ground=None if finding.ground is None else ground_text(finding.ground, language),
        successor_url=None if successor is None else f"/verify/{successor}?lang={language}",
        pdf_url=f"/v1/certificates/{finding.certificate_id}/certificate.pdf",
        credential_url=credential_path(finding.certificate_id),
        proofs_url=proofs_path(finding.certificate_id),
        url=page_url(public_url, finding.code),
        # The number's page has a query of its own; the code's page stands for both.
        switch_url=f"/verify/{finding.code}?lang={other}",
        home_url=f"/verify?lang={language}",
        stars_text=stars_text(finding.stars, language),
        law=regime_of(finding),
        criteria=edition_of(finding, language),
    )
    # The page names the day, so what is kept of it holds until midnight in Vietnam at the longest; and it is
    # asked for again each time, so that a withdrawal shows at once.
    page.headers["ETag"] = f'"{hashlib.sha256(page.body).hexdigest()[:32]}"'
    held = request.headers.get("if-none-match", "")
    if page.headers["ETag"] in {tag.strip().removeprefix("W/") for tag in held.split(",")}:
        kept = ("etag", "cache-control", "vary", "content-language", "content-security-policy")
        return Response(status_code=304, headers={name: page.headers[name] for name in kept})
    return page


def _unknown(language: Language, wanted: str) -> HTMLResponse:
    return render("certificates/unknown.html", language, status_code=404, wanted=wanted[:80])


def busy_page(language: Language, seconds: int) -> HTMLResponse:
    """What is shown instead of a page to whoever asks too often."""
    page = render("certificates/busy.html", language, status_code=429, seconds=seconds)
    page.headers["Retry-After"] = str(seconds)
    return page


@page_router.get("", response_class=HTMLResponse, responses=_PAGES, openapi_extra=_OPEN)
async def show_verification_form(
    pause: Pause,
    verification: Verification,
    language: PageLanguage,
    public_url: PublicUrl,
    request: Request,
    number: Annotated[str, Query(max_length=200, description="printed number or code")] = "",
) -> Response:
    """The page to look a certificate up by its printed number or code (`?lang=vi|en`)."""
    if pause:
        return busy_page(language, pause)
    if not number.strip():
        return render("certificates/form.html", language)
    try:
        finding = await verification.by_text(number)
    except NotFound:
        return _unknown(language, number)
    return _page(request, finding, language, public_url)


@page_router.get("/{code}", response_class=HTMLResponse, responses=_PAGES, openapi_extra=_OPEN)
async def show_verification_page(
    pause: Pause,
    code: str,
    verification: Verification,
    language: PageLanguage,
    public_url: PublicUrl,
    request: Request,
) -> Response:
    """The page behind the QR symbol of a certificate (`?lang=vi|en`)."""
    if pause:
        return busy_page(language, pause)
    try:
        finding = await verification.by_code(code)
    except NotFound:
        return _unknown(language, code)
    return _page(request, finding, language, public_url)


routers = (router, page_router)
