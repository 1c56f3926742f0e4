"""Proofs that what happened to a certificate lies in the ledger, for anybody."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from ocop_api.certificates.schemas import CertificateProofsRead
from ocop_api.certificates.service import CertificateService
from ocop_api.domain.actor import SYSTEM
from ocop_api.ledger.schemas import HeadRead, InclusionProofRead
from ocop_api.web.caller import Now
from ocop_api.web.conditional import publish
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession

router = feature_router("/v1/certificates", "certificates")
_SECONDS = 60
"""As often as the sealer runs."""

Size = Annotated[
    int | None,
    Query(
        ge=1,
        le=2**63 - 1,
        description="take the oldest signed head that covers so many events, such as one kept before; the "
        "newest when left out",
        examples=[412],
    ),
]


@router.get(
    "/{certificate_id}/proofs",
    responses=refusal(404, "No such certificate, or no signed head covers so many events"),
)
async def prove_certificate(
    certificate_id: UUID, session: ReadSession, now: Now, response: Response, size: Size = None
) -> CertificateProofsRead:
    """Prove that the certificate's issue, changes and withdrawal lie in the ledger (RFC 9162, 2.1.3).

    For each event: its text as it was hashed, and the audit path to the root of one signed head. Nobody is
    named in it; events of others are seen as hashes only. `docs/ledger.md` says how to check, and
    `docs/verify_ledger.py` does it.
    """
    found = await CertificateService(session, SYSTEM, now()).proofs(certificate_id, size)
    publish(response, seconds=_SECONDS)
    return CertificateProofsRead(
        certificate_id=certificate_id,
        checkpoint=None if found.head is None else HeadRead.of(found.head),
        tree_size=0 if found.head is None else found.head.seq,
        pending=found.pending,
        events=[InclusionProofRead.of(one.seq, one.kind, one.leaf, one.path) for one in found.events],
    )
