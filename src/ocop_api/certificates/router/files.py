"""The papers of a certificate as files: the certificate itself, its QR symbol, the mark for labels."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from ocop_api.adapters.qr import ErrorLevel, qr_png, qr_svg
from ocop_api.certificates.router.presentation import page_url
from ocop_api.certificates.router.verification import PublicUrl
from ocop_api.certificates.schemas import LabelMarkPicture, LabelMarkQuery
from ocop_api.certificates.service import PaperService, document
from ocop_api.web.caller import Now
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/certificates", "certificates")
_DAY: Final = "public, max-age=86400"
# Stars may be printed to the last day of the term and not a day longer, so each use asks again.
_ASK_AGAIN: Final = "no-cache"
_ENDED = refusal(409, "Not in force, so no stars may be printed on labels (`certificate.mark_not_allowed`)")
_WIDTH = Query(
    ge=320,
    le=3508,
    description="pixels across; 3508 is A4 at 300 dpi",
    examples=[1200],
)


def _file_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {media_type: {}}, "description": description},
        304: {"description": "The client has these very bytes (If-None-Match)"},
    }


def _papers(session: ReadSession, now: Now) -> PaperService:
    return PaperService(session, now())


Papers = Annotated[PaperService, Depends(_papers, scope="function")]


@router.get(
    "/{certificate_id}/certificate.pdf",
    response_class=Response,
    responses=_file_answer("application/pdf", "The certificate, one page"),
)
async def print_certificate(
    certificate_id: UUID, request: Request, papers: Papers, public_url: PublicUrl
) -> Response:
    """The certificate as issued (PDF/A). Whether it still holds, the QR symbol on it tells.

    404 `certificate.no_document` for recognitions recorded from earlier decisions or reports.
    """
    certificate = await papers.certificate(certificate_id)
    sheet = await papers.sheet(certificate, page_url(public_url, certificate.code))
    return await _file(
        request,
        "application/pdf",
        document.fingerprint(sheet, "pdf"),
        lambda: document.render(sheet),
        name=document.file_name(certificate),
    )


@router.get(
    "/{certificate_id}/certificate.png",
    response_class=Response,
    responses=_file_answer("image/png", "The certificate as a picture"),
)
async def draw_certificate_picture(
    *,
    certificate_id: UUID,
    request: Request,
    papers: Papers,
    public_url: PublicUrl,
    width: Annotated[int, _WIDTH] = 1200,
) -> Response:
    """The same page as `certificate.pdf` as a picture for screens, set from the same template."""
    certificate = await papers.certificate(certificate_id)
    sheet = await papers.sheet(certificate, page_url(public_url, certificate.code))
    return await _file(
        request,
        "image/png",
        document.fingerprint(sheet, "png", width),
        lambda: document.draw(sheet, width),
        name=document.file_name(certificate, "png"),
    )


@router.get(
    "/{certificate_id}/qr.svg",
    response_class=Response,
    responses=_file_answer("image/svg+xml", "QR symbol"),
)
async def draw_certificate_qr_svg(
    certificate_id: UUID, request: Request, papers: Papers, public_url: PublicUrl
) -> Response:
    """The QR symbol that opens the verification page, as SVG."""
    certificate = await papers.certificate(certificate_id)
    url = page_url(public_url, certificate.code)
    return _drawn(request, qr_svg(url, level=ErrorLevel.QUARTILE, title=url).encode(), "image/svg+xml")


@router.get(
    "/{certificate_id}/qr.png",
    response_class=Response,
    responses=_file_answer("image/png", "QR symbol"),
)
async def draw_certificate_qr_png(
    certificate_id: UUID, request: Request, papers: Papers, public_url: PublicUrl
) -> Response:
    """The QR symbol that opens the verification page, as PNG."""
    certificate = await papers.certificate(certificate_id)
    png = qr_png(page_url(public_url, certificate.code), level=ErrorLevel.QUARTILE)
    return _drawn(request, png, "image/png")


@router.get(
    "/{certificate_id}/label-mark.svg",
    response_class=Response,
    responses=_file_answer("image/svg+xml", "The mark; its letters are outlines") | _ENDED,
)
async def draw_label_mark_svg(
    certificate_id: UUID,
    wanted: Annotated[LabelMarkQuery, Query()],
    request: Request,
    papers: Papers,
    public_url: PublicUrl,
) -> Response:
    """The mark of the rank for the product's label (dấu sao OCOP trên nhãn), at its physical size.

    Stars, rank, number and the QR symbol of the verification page. It is a mark of this system's own; the
    registered OCOP logo is not part of it. Only while the certificate is in force (26/2026, Art. 4.3: 36
    months): otherwise 409 `certificate.mark_not_allowed` with the `standing` and the dates. A `width_mm`
    at which no label printer of 300 dpi draws the symbol is 422 `certificate.mark_too_small`.
    """
    mark = await papers.mark(certificate_id, wanted, lambda code: page_url(public_url, code))
    return await _file(
        request,
        "image/svg+xml",
        document.fingerprint(mark, "svg"),
        lambda: document.draw_mark(mark, "svg"),
        keep=_ASK_AGAIN,
    )


@router.get(
    "/{certificate_id}/label-mark.pdf",
    response_class=Response,
    responses=_file_answer("application/pdf", "The mark; the page is as large as the mark") | _ENDED,
)
async def draw_label_mark_pdf(
    certificate_id: UUID,
    wanted: Annotated[LabelMarkQuery, Query()],
    request: Request,
    papers: Papers,
    public_url: PublicUrl,
) -> Response:
    """The mark for labels as PDF with its fonts inside; conditions as for `label-mark.svg`."""
    mark = await papers.mark(certificate_id, wanted, lambda code: page_url(public_url, code))
    return await _file(
        request,
        "application/pdf",
        document.fingerprint(mark, "pdf"),
        lambda: document.draw_mark(mark, "pdf"),
        keep=_ASK_AGAIN,
    )


@router.get(
    "/{certificate_id}/label-mark.png",
    response_class=Response,
    responses=_file_answer("image/png", "The mark; the file names its resolution") | _ENDED,
)
async def draw_label_mark_png(
    certificate_id: UUID,
    wanted: Annotated[LabelMarkPicture, Query()],
    request: Request,
    papers: Papers,
    public_url: PublicUrl,
) -> Response:
    """The mark for labels as PNG of 300 or 600 dpi; conditions as for `label-mark.svg`."""
    mark = await papers.mark(certificate_id, wanted, lambda code: page_url(public_url, code))
    return await _file(
        request,
        "image/png",
        document.fingerprint(mark, "png", wanted.dpi),
        lambda: document.draw_mark(mark, "png", int(wanted.dpi)),
        keep=_ASK_AGAIN,
    )


async def _file(
    request: Request,
    media_type: str,
    fingerprint: str,
    make: Callable[[], Awaitable[bytes]],
    *,
    name: str | None = None,
    keep: str = _DAY,
) -> Response:
    """A file with a strong ETag, or 304 when the client holds these very bytes; it is made only if not."""
    headers = {"ETag": f'"{fingerprint}"', "Cache-Control": keep}
    if _holds(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if name is not None:
        headers["Content-Disposition"] = f'inline; filename="{name}"'
    return Response(await make(), media_type=media_type, headers=headers)


def _drawn(request: Request, content: bytes, media_type: str) -> Response:
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"', "Cache-Control": _DAY}
    if _holds(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _holds(request: Request, tag: str) -> bool:
    held = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    return tag in held or "*" in held
