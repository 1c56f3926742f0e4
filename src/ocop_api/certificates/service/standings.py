"""What certificates are worth on a day as rows, for the features above that choose among them."""

from datetime import date

from sqlalchemy import Subquery, select, true

from ocop_api.certificates.repository import FILES, standing_on
from ocop_api.db.tables.certificates import Certificate, CertificateSupersession, CertificateWithdrawal


def standings_on(day: date) -> Subquery:
    """Every certificate's ``certificate_id`` with its ``standing`` on ``day``, to be joined with others."""
    return (
        select(Certificate.id.label("certificate_id"), standing_on(day).label("standing"))
        .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
        .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
        .outerjoin(FILES, true())
        .subquery("standings")
    )
