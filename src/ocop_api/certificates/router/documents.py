"""Verification of a file that somebody shows: as data by its bytes, as a page by a plain form."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Annotated, Any, Final

from fastapi import Depends, Form, Request, UploadFile
from pydantic import Field
from starlette.responses import HTMLResponse, Response

from ocop_api.certificates.document_schemas import DocumentVerificationRead
from ocop_api.certificates.router.credential_presentation import checked_credential_of
from ocop_api.certificates.router.credentials import issuer_of, ring_of
from ocop_api.certificates.router.document_presentation import (
    document_heading,
    document_meaning,
    document_of,
    part_name,
)
from ocop_api.certificates.router.presentation import title_of
from ocop_api.certificates.router.verification import PublicUrl, busy_page, choose
from ocop_api.certificates.service import DOCUMENT_TYPES, CredentialChecker, DocumentChecker
from ocop_api.domain.errors import DomainError, NotFound, Unavailable
from ocop_api.web.caller import Now
from ocop_api.web.pages.rendering import render
from ocop_api.web.problems import HTTPProblem, language_of, refusal
from ocop_api.web.ratelimit import DOCUMENT_CHECK, documented, limited, pace
from ocop_api.web.routing import BODY_LIMIT, NO_IDEMPOTENCY, feature_router
from ocop_api.web.schemas import Input
from ocop_api.web.session import database_of
from ocop_api.web.texts import Language, text_of

router = feature_router("/v1/verify", "verification")
page_router = feature_router("/verify", "verification")

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file: a scan or photo of one page stays well below."""
# More is taken in, so that whoever chose too large a file is told on a page; beyond it the edge answers.
_FORM_LIMIT: Final = 4 * LARGEST
_JSON = re.compile(rb"\s*(?:\{|eyJ)")
_BODY: dict[str, Any] = {
    # Nothing is changed by asking, so there is nothing to keep a repetition from.
    NO_IDEMPOTENCY: True,
    "requestBody": {
        "required": True,
        "description": "the file itself; its type is recognised by its bytes",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in DOCUMENT_TYPES},
    },
}
_PROBLEMS = refusal(404, "No certificate was found in it, or none the register has") | refusal(
    503, "Too many files are waiting (`documents.busy`)"
)


def _page_or_problem(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    """A refusal that the form shows as a page; what is no form at all is refused as everywhere."""
    told = refusal(status, description)[status]
    return {status: {**told, "content": {**told["content"], "text/html": {}}}}


_HTML = (
    _page_or_problem(404, "No certificate was found in it; a page with advice")
    | _page_or_problem(413, "Larger than 10 MB; a page")
    | _page_or_problem(422, "It could not be read; a page")
    | _page_or_problem(503, "Too many files are waiting; a page")
)


@contextmanager
def _file() -> Iterator[IO[bytes]]:
    # The process that opens it takes over a real file, however small it is.
    with TemporaryFile() as file:
        yield file


@router.post(
    "/document",
    response_model=DocumentVerificationRead,
    responses=documented() | _PROBLEMS,
    dependencies=[Depends(limited(DOCUMENT_CHECK))],
    max_body_size=LARGEST,
    openapi_extra=_BODY,
)
async def verify_document(request: Request, now: Now, public_url: PublicUrl) -> Response:
    """Which certificates a file speaks of and what they are worth today: a PDF, scan, photo or label.

    At most 10 MB, a PDF of at most 10 pages. QR symbols with an address of this register are looked up,
    otherwise addresses and numbers in the text of a PDF; other symbols are told and not followed. Nothing
    is kept. 404 `verification.nothing_found`, or `certificate.unknown_code` as for a scanned symbol; 422
    `verification.*` for what cannot be read. An electronic certificate goes to `/v1/verify/credential`.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in DOCUMENT_TYPES:
        raise HTTPProblem(415, "request.unsupported_media_type", offered=list(DOCUMENT_TYPES), given=given)
    with _file() as file:
        async for piece in request.stream():
            file.write(piece)
        finding = await DocumentChecker(database_of(request), now(), public_url).check(file)
    language = language_of(request)
    return Response(
        document_of(finding, public_url, language).model_dump_json(),
        media_type="application/json",
        headers={"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"},
    )


class ShownFile(Input):
    """A file from the form of the verification page."""

    file: UploadFile | None = None
    lang: str = Field("", description="`vi` or `en`, otherwise that of the browser", examples=["vi"])


@page_router.post(
    "",
    response_class=HTMLResponse,
    responses=documented("text/html") | _HTML,
    max_body_size=_FORM_LIMIT,
    openapi_extra={NO_IDEMPOTENCY: True},
)
async def show_document_verification(
    form: Annotated[ShownFile, Form(media_type="multipart/form-data")],
    request: Request,
    now: Now,
    public_url: PublicUrl,
) -> HTMLResponse:
    """The page that answers the form: a PDF, photo or electronic certificate (JSON), and what it is worth."""
    language = choose(form.lang, request)
    pause = pace(request, DOCUMENT_CHECK)
    if pause:
        return busy_page(language, pause)
    if form.file is None or not form.file.size:
        return _refused(language, "verification.empty_file", 422)
    if form.file.size > LARGEST:
        return _refused(language, "verification.too_large", 413)
    content = await form.file.read()
    await form.file.close()
    try:
        if _JSON.match(content):
            return await _credential_page(request, content, now, language)
        with _file() as file:
            file.write(content)
            finding = await DocumentChecker(database_of(request), now(), public_url).check(file)
    except DomainError as error:
        status = 404 if isinstance(error, NotFound) else 503 if isinstance(error, Unavailable) else 422
        return _refused(language, error.code, status, **error.data)
    heading, tone = document_heading(finding, language)
    return render(
        "certificates/document.html",
        language,
        headers={"Cache-Control": "no-store"},
        heading=heading,
        tone=tone,
        meaning=document_meaning(finding, language),
        found=finding,
        standing_of=lambda one: title_of(one.finding.standing, language),
        part_of=lambda part: part_name(part, language),
        **_links(language),
    )


async def _credential_page(request: Request, content: bytes, now: Now, language: Language) -> HTMLResponse:
    if len(content) > BODY_LIMIT:
        return _refused(language, "verification.too_large", 413)
    issuer = issuer_of(request)
    checker = CredentialChecker(
        database_of(request).fast, now(), issuer=issuer, ring=await ring_of(request, now)
    )
    checked = checked_credential_of(await checker.check(content), issuer.public_url, language)
    return render(
        "certificates/credential.html",
        language,
        headers={"Cache-Control": "no-store"},
        checked=checked,
        tone="good" if checked.valid else "bad",
        **_links(language),
    )


def _refused(language: Language, code: str, status: int, **data: object) -> HTMLResponse:
    return render(
        "certificates/unread.html",
        language,
        status_code=status,
        headers={"Cache-Control": "no-store"},
        text=text_of(code, language, data),
        nothing=status == 404,  # noqa: PLR2004
        **_links(language),
    )


def _links(language: Language) -> dict[str, Any]:
    # What was sent is not sent again in the other language; the form is offered there instead.
    other = "en" if language == "vi" else "vi"
    return {"switch_url": f"/verify?lang={other}", "home_url": f"/verify?lang={language}"}


routers = (router, page_router)
