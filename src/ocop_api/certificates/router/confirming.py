"""Confirming recorded certificates over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from ocop_api.certificates.router.presentation import certificate_of
from ocop_api.certificates.router.verification import PublicUrl
from ocop_api.certificates.schemas import CertificateConfirm, CertificateRead
from ocop_api.certificates.service import ConfirmingService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.routing import feature_router
from ocop_api.web.session import WriteSession

router = feature_router("/v1/certificates", "certificates")


def _confirming(session: WriteSession, actor: Caller, now: Now) -> ConfirmingService:
    return ConfirmingService(session, actor, now())


Confirming = Annotated[ConfirmingService, Depends(_confirming, scope="function")]


@router.post("/{certificate_id}/confirm")
async def confirm_certificate(
    certificate_id: UUID, body: CertificateConfirm, service: Confirming, public_url: PublicUrl
) -> CertificateRead:
    """Say, once, that the decision or paper behind a recorded certificate was seen.

    For officers of the province or the ministry. What was only reported needs `decision_number` and
    `decided_on`; it becomes a decision with its term.
    """
    record = await service.confirm(certificate_id, body)
    return certificate_of(record, public_url=public_url, today=service.today)
