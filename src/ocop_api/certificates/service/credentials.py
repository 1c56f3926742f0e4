"""The electronic form of certificates: signed once, kept, and its status told by signed lists.

A credential is signed when it is first asked for, not when the certificate is issued: so no decision waits
for a signing key, and certificates from before there were credentials need no catching up.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.credentials import jose, status_list
from ocop_api.adapters.credentials.integrity import digest_of, with_proof
from ocop_api.adapters.credentials.keys import IssuerKey, KeyRing
from ocop_api.adapters.credentials.status_list import Purpose
from ocop_api.certificates.credential_claims import Attested, Criteria, credential_of, status_list_of
from ocop_api.certificates.credential_issuer import CredentialIssuer
from ocop_api.certificates.credential_repository import CredentialRepository
from ocop_api.certificates.repository import CertificateRecord
from ocop_api.certificates.service.issuers import issuer_of, issuing_unit
from ocop_api.certificates.service.register import CertificateService
from ocop_api.db.base import uuid7
from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.db.tables.certificate_credentials import CertificateCredential, CredentialStatusList
from ocop_api.db.tables.certificates import Certificate
from ocop_api.domain import regimes
from ocop_api.domain.actor import SYSTEM, Level
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import NotFound, RuleViolation
from ocop_api.domain.regimes import Regime
from ocop_api.dossiers.service import DossierService
from ocop_api.ledger.recording import record
from ocop_api.places.service import PlaceService
from ocop_api.products.service import ProductService

STATUS_SECONDS = 300
"""How long a status list may be kept by those who fetched it."""


@dataclass(frozen=True, slots=True)
class SignedCredential:
    """A credential in both of its forms, as it was signed."""

    document: dict[str, Any]
    token: str


class CredentialService:
    """Credentials and status lists of one issuer at one moment.

    ``find`` and ``find_status_list`` read; ``sign`` and ``sign_status_list`` need a session that writes.
    """

    def __init__(
        self, session: AsyncSession, now: datetime, *, issuer: CredentialIssuer, ring: KeyRing
    ) -> None:
        self.session = session
        self.now = now
        self.today = vietnam_date(now)
        self.issuer = issuer
        self.ring = ring
        self.register = CertificateService(session, SYSTEM, now)
        self.credentials = CredentialRepository(session, issuer.public_url)

    async def find(self, certificate_id: UUID) -> SignedCredential | None:
        """The credential as it was signed here by a key that is still believed; None when there is none.

        Raises:
            NotFound: ``certificate.not_found``; ``credentials.no_term`` for what is only reported.
        """
        found = await self.register.get(certificate_id)
        _term_of(found.certificate)
        return await self._signed(certificate_id)

    async def sign(self, certificate_id: UUID) -> SignedCredential:
        """Sign the credential of a certificate, unless somebody has done so meanwhile.

        Raises:
            NotFound: as ``find``.
            RuleViolation: ``credentials.withdrawn``, it was withdrawn before it was ever signed.
        """
        # The lock makes a second request wait, and a withdrawal come before or after.
        found = await self.register.get(certificate_id, lock=True)
        certificate = found.certificate
        decided_on, issued_on, valid_until = _term_of(certificate)
        signed = await self._signed(certificate_id)
        if signed is not None:
            return signed
        _refuse_withdrawn(found)
        facts = await self._facts(certificate, decided_on, issued_on, valid_until)
        key = self.ring.active
        number, index = await self.credentials.next_position()
        document = credential_of(facts, self.issuer, status_list=number, status_index=index)
        row = CertificateCredential(
            id=uuid7(),
            certificate_id=certificate.id,
            address=self.issuer.public_url,
            key_id=key.id,
            status_list=number,
            status_index=index,
            sha256=digest_of(document),
            document=with_proof(
                document,
                key.private(),
                verification_method=self.issuer.method(key),
                created=self._moment(key),
            ),
            token=jose.token_of(document, key.private(), key_id=self.issuer.token_method(key)),
            created_at=self.now,
        )
        self.session.add(row)
        # The unique constraints speak here, before the event is written.
        await self.session.flush()
        await record(
            self.session,
            kind="certificate.credential_signed",
            subject_type="certificate",
            subject_id=certificate.id,
            actor=SYSTEM,
            at=self.now,
            area_path=certificate.area_path,
            data={
                "key_id": key.id,
                "sha256": row.sha256,
                "status_list": number,
                "status_index": index,
            },
        )
        return SignedCredential(row.document, row.token)

    async def find_status_list(self, purpose: Purpose, number: int) -> dict[str, Any] | None:
        """The list as it stands now, if it has been signed like this; None when it has to be signed.

        Raises:
            NotFound: ``credentials.unknown_status_list``.
        """
        if not await self.credentials.has_list(number):
            raise NotFound("credentials.unknown_status_list")
        _, sha256 = await self._bits(purpose, number)
        found = await self.credentials.status_list(purpose, number, self.ring.active.id, sha256)
        return None if found is None else found.document

    async def sign_status_list(self, purpose: Purpose, number: int) -> dict[str, Any]:
        """Sign the list as it stands now; two that do so at the same time give the same list."""
        encoded, sha256 = await self._bits(purpose, number)
        key = self.ring.active
        moment = self._moment(key)
        document = status_list_of(
            self.issuer, purpose, number, encoded=encoded, valid_from=moment, ttl=STATUS_SECONDS
        )
        row = CredentialStatusList(
            purpose=purpose.value,
            number=number,
            address=self.issuer.public_url,
            key_id=key.id,
            sha256=sha256,
            document=with_proof(
                document, key.private(), verification_method=self.issuer.method(key), created=moment
            ),
            created_at=self.now,
        )
        return (await self.credentials.keep_status_list(row)).document

    async def _signed(self, certificate_id: UUID) -> SignedCredential | None:
        believed = [key.id for key in self.ring.keys if key.believed(self.now)]
        row = await self.credentials.of_certificate(certificate_id, believed)
        return None if row is None else SignedCredential(row.document, row.token)

    async def _bits(self, purpose: Purpose, number: int) -> tuple[str, str]:
        # The law knows withdrawal and no suspension (Decision 26/2026, Art. 8): that list stays empty.
        revoked: Collection[int] = ()
        if purpose is Purpose.REVOCATION:
            revoked = await self.credentials.revoked(number, self.today)
        encoded = status_list.encode(revoked)
        return encoded, hashlib.sha256(encoded.encode("ascii")).hexdigest()

    def _moment(self, key: IssuerKey) -> datetime:
        # A key made after this request began would otherwise sign before it was there.
        return max(self.now.replace(microsecond=0), key.valid_from)

    async def _facts(
        self, certificate: Certificate, decided_on: date, issued_on: date, valid_until: date
    ) -> Attested:
        product = await ProductService(self.session, SYSTEM, self.now).get(certificate.product_id)
        regime = regimes.regime(certificate.regime or "")
        code, criteria = await self._rated_by(certificate, regime)
        authority, authority_code = await self._authority(certificate, decided_on)
        return Attested(
            certificate_id=certificate.id,
            code=certificate.code,
            number=certificate.number,
            stars=certificate.stars,
            product_id=certificate.product_id,
            product_name=certificate.product_name,
            product_code=code or product.product_code,
            gtin=product.gtin,
            producer_id=certificate.producer_id,
            producer_name=certificate.producer_name,
            decision_number=certificate.decision_number,
            decided_on=decided_on,
            issued_on=issued_on,
            valid_until=valid_until,
            level=certificate.level,
            authority=authority,
            authority_code=authority_code,
            regime=regime.code,
            decisions=regime.decisions,
            criteria=criteria,
            printed=certificate.source == "issued",
        )

    async def _rated_by(self, certificate: Certificate, regime: Regime) -> tuple[str | None, Criteria | None]:
        """The product code given with the rating, and the criteria: of the dossier, else of the regime."""
        code, edition_code, set_number = None, regime.criteria_edition, None
        if certificate.dossier_id is not None:
            dossier = await DossierService(self.session, SYSTEM, self.now).get(certificate.dossier_id)
            code, set_number = dossier.product_code, dossier.set_number
            edition_code = dossier.edition or edition_code
        if edition_code is None:
            return code, None
        edition = await EditionShelf(self.session).load(edition_code)
        return code, Criteria(
            edition=edition.code,
            legal_basis=edition.legal_basis,
            set_number=set_number,
            set_name=None if set_number is None else edition.criteria_set(set_number).text.vi,
        )

    async def _authority(self, certificate: Certificate, decided_on: date) -> tuple[str, str]:
        """Name and code of the issuing authority: as printed, else that of the level."""
        level = Level(certificate.level or Level.PROVINCE)
        try:
            unit_id = issuing_unit(level, certificate.area_path, decided_on)
        except RuleViolation:
            # An earlier decision may be about a place that the register knows less exactly.
            return certificate.issuing_authority or "Cơ quan có thẩm quyền", level.value
        issuer = await issuer_of(PlaceService(self.session), level, unit_id, decided_on)
        return certificate.issuing_authority or issuer.authority, issuer.code


def _term_of(certificate: Certificate) -> tuple[date, date, date]:
    """Day of the decision, first and last day of the term.

    Raises:
        NotFound: ``credentials.no_term``, there is no dated decision, so nothing can be attested.
    """
    c = certificate
    if c.decided_on is None or c.issued_on is None or c.valid_until is None:
        raise NotFound("credentials.no_term")
    return c.decided_on, c.issued_on, c.valid_until


def _refuse_withdrawn(found: CertificateRecord) -> None:
    if found.withdrawal is not None:
        raise RuleViolation("credentials.withdrawn")
