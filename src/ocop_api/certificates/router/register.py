"""Certificates over HTTP: the register, issuing and withdrawal."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from ocop_api.certificates.router.issuing import Issuing
from ocop_api.certificates.router.presentation import certificate_of
from ocop_api.certificates.router.verification import PublicUrl
from ocop_api.certificates.schemas import (
    CertificateFilter,
    CertificateIssue,
    CertificateRead,
    CertificateWithdraw,
)
from ocop_api.certificates.service import CertificateService, WithdrawalCases
from ocop_api.web.caller import Caller, Now, Visitor
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/certificates", "certificates")


def _reading(session: ReadSession, actor: Visitor, now: Now) -> CertificateService:
    return CertificateService(session, actor, now())


Reading = Annotated[CertificateService, Depends(_reading, scope="function")]


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
    *,
    certificate_id: UUID,
    body: CertificateWithdraw,
    session: WriteSession,
    caller: Caller,
    now: Now,
    public_url: PublicUrl,
) -> CertificateRead:
    """Enter a decision that takes a certificate back (Decision 26/2026, Art. 8), prepared elsewhere.

    For the provincial chair (3 and 4 stars) or the minister (5 stars): the shortcut of a case that is opened,
    concluded, submitted and decided in one go, by the same rules. 409 `withdrawal.already_open` while there
    is an open case: what was verified there is decided there.
    """
    cases = WithdrawalCases(session, caller, now())
    record = await cases.withdraw(certificate_id, body)
    return certificate_of(record, public_url=public_url, today=cases.today, with_reason=True)
