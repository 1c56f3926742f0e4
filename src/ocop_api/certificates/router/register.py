"""Certificates over HTTP: the register, the printed certificate, issuing and withdrawal."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.adapters.qr import ErrorLevel, qr_png, qr_svg
from ocop_api.certificates.router.issuing import Issuing
from ocop_api.certificates.router.presentation import certificate_of, page_url
from ocop_api.certificates.router.verification import PublicUrl
from ocop_api.certificates.schemas import (
    CertificateFilter,
    CertificateIssue,
    CertificateRead,
    CertificateWithdraw,
)
from ocop_api.certificates.service import CertificateService, document
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/certificates", "certificates")
_IMMUTABLE = "public, max-age=86400"


def _file_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {media_type: {}}, "description": description},
        304: {"description": "The client has these very bytes (If-None-Match)"},
    }


def _reading(session: ReadSession, actor: Visitor, now: Now) -> CertificateService:
    return CertificateService(session, actor, now())


def _writing(session: WriteSession, actor: Caller, now: Now) -> CertificateService:
    return CertificateService(session, actor, now())


Reading = Annotated[CertificateService, Depends(_reading, scope="function")]
Writing = Annotated[CertificateService, Depends(_writing, scope="function")]


@router.post("", status_code=201)
async def issue_certificate(
    body: CertificateIssue, service: Issuing, public_url: PublicUrl, response: Response
) -> CertificateRead:
    """Recognise a rated dossier and issue its certificate.

    For the deciding authority of the dossier's level and area. Allots the number, sets the term of 36
    months (Decision 26/2026, Art. 4.3) and replaces a running certificate of the same product. The product
    joins the annex of the decision with this number, day and issuer; `POST /v1/recognition-decisions`
    recognises many products at once.
    """
    record = await service.issue(body)
    response.headers["Location"] = f"/v1/certificates/{record.certificate.id}"
    return certificate_of(record, public_url=public_url, today=service.today)


@router.get("")
async def list_certificates(
    wanted: Annotated[CertificateFilter, Query()], service: Reading, public_url: PublicUrl
) -> Page[CertificateRead]:
    """The public register; `status` and `expiring_before` count by today's date in Vietnam.

    Sorts: `-issued_on` (default), `issued_on`, `valid_until`.
    """
    rows, records = await service.page(wanted)
    items = [certificate_of(record, public_url=public_url, today=service.today) for record in records]
    return Page[CertificateRead].of(rows, items)


@router.get("/{certificate_id}")
async def read_certificate(certificate_id: UUID, service: Reading, public_url: PublicUrl) -> CertificateRead:
    """One certificate. The reason of a withdrawal is shown to those who may read the dossier."""
    record = await service.get(certificate_id)
    with_reason = service.may_read_reason(record.certificate)
    return certificate_of(record, public_url=public_url, today=service.today, with_reason=with_reason)


@router.post("/{certificate_id}/withdraw")
async def withdraw_certificate(
    certificate_id: UUID, body: CertificateWithdraw, service: Writing, public_url: PublicUrl
) -> CertificateRead:
    """Take a certificate back with effect from today (Decision 26/2026, Art. 8).

    For the provincial chair (3 and 4 stars) or the minister (5 stars).
    """
    record = await service.withdraw(certificate_id, body)
    return certificate_of(record, public_url=public_url, today=service.today, with_reason=True)


@router.get(
    "/{certificate_id}/certificate.pdf",
    response_class=Response,
    responses=_file_answer("application/pdf", "The certificate, one page"),
)
async def print_certificate(
    certificate_id: UUID, request: Request, service: Reading, public_url: PublicUrl
) -> Response:
    """The certificate as issued (PDF/A). Whether it still holds, the QR symbol on it tells.

    404 `certificate.no_document` for recognitions recorded from earlier decisions or reports.
    """
    certificate = (await service.get(certificate_id)).certificate
    sheet = document.sheet_of(certificate, page_url(public_url, certificate.code))
    pdf = await document.render(sheet)
    headers = {"Content-Disposition": f'inline; filename="{document.file_name(certificate)}"'}
    return _file(request, pdf, "application/pdf", headers)


@router.get(
    "/{certificate_id}/qr.svg",
    response_class=Response,
    responses=_file_answer("image/svg+xml", "QR symbol"),
)
async def draw_certificate_qr_svg(
    certificate_id: UUID, request: Request, service: Reading, public_url: PublicUrl
) -> Response:
    """The QR symbol that opens the verification page, as SVG."""
    certificate = (await service.get(certificate_id)).certificate
    url = page_url(public_url, certificate.code)
    svg = qr_svg(url, level=ErrorLevel.QUARTILE, title=url)
    return _file(request, svg.encode(), "image/svg+xml", {})


@router.get(
    "/{certificate_id}/qr.png",
    response_class=Response,
    responses=_file_answer("image/png", "QR symbol"),
)
async def draw_certificate_qr_png(
    certificate_id: UUID, request: Request, service: Reading, public_url: PublicUrl
) -> Response:
    """The QR symbol that opens the verification page, as PNG."""
    certificate = (await service.get(certificate_id)).certificate
    png = qr_png(page_url(public_url, certificate.code), level=ErrorLevel.QUARTILE)
    return _file(request, png, "image/png", {})


def _file(request: Request, content: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """A file with a strong ETag, or 304 when the client holds these very bytes."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    kept = {"ETag": tag, "Cache-Control": _IMMUTABLE}
    held = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if tag in held or "*" in held:
        return Response(status_code=304, headers=kept)
    return Response(content, media_type=media_type, headers={**kept, **headers})
