"""The electronic form of certificates as it was signed, and the lists that say which ones are revoked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Sequence, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Identity

POSITIONS = Sequence("certificate_credential_position", start=0, minvalue=0, metadata=Base.metadata)
"""Places in the status lists, counted through all lists. What is taken in vain is never given out again."""


class CertificateCredential(Base):
    """The verifiable credential of a certificate, signed once by each key it was asked for under."""

    __tablename__ = "certificate_credential"

    id: Mapped[Identity]
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"))
    address: Mapped[str]
    """Public URL under which it was signed; under another one the installation is another issuer."""
    key_id: Mapped[str]
    """The key that signed, as Multikey."""
    status_list: Mapped[int]
    """Number of the lists of revocation and of suspension it stands in, from 1."""
    status_index: Mapped[int]
    """Its bit in both lists, from 0."""
    sha256: Mapped[str] = mapped_column(index=True)
    """Hash of the canonical document without proof; proof and token are about these very words."""
    document: Mapped[dict[str, Any]]
    """With its Data Integrity proof."""
    token: Mapped[str]
    """The same document as JOSE token. Kept, for the key that signed it may be gone."""
    created_at: Mapped[datetime]

    __table_args__ = (
        # Two requests that both find none sign at the same time; one of them is kept.
        UniqueConstraint("certificate_id", "address", "key_id", info={"code": "credentials.already_signed"}),
        UniqueConstraint("status_list", "status_index", info={"code": "credentials.already_signed"}),
        CheckConstraint("status_list >= 1 and status_index between 0 and 131071", name="status"),
    )


class CredentialStatusList(Base):
    """A status list as it was signed: a new row whenever its bits or the signing key change."""

    __tablename__ = "credential_status_list"

    id: Mapped[Identity]
    purpose: Mapped[str]
    number: Mapped[int]
    address: Mapped[str]
    key_id: Mapped[str]
    sha256: Mapped[str]
    """Hash of the bits as published, by which the same list is found again."""
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint(
            "purpose",
            "number",
            "address",
            "key_id",
            "sha256",
            name="uq_credential_status_list__content",
            info={"code": "credentials.already_signed"},
        ),
        CheckConstraint("purpose in ('revocation', 'suspension')", name="purpose"),
        CheckConstraint("number >= 1", name="number"),
    )
