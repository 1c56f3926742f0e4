"""Signed credentials and status lists in the database."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg
from sqlalchemy import and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.adapters.credentials.status_list import SIZE, Purpose
from ocop_api.db.base import uuid7
from ocop_api.db.tables.certificate_credentials import (
    POSITIONS,
    CertificateCredential,
    CredentialStatusList,
)
from ocop_api.db.tables.certificates import Certificate, CertificateSupersession, CertificateWithdrawal


@dataclass(frozen=True, slots=True)
class SignedBefore:
    """A credential that was signed here, by the hash of its words."""

    certificate_id: UUID
    revoked: bool


class CredentialRepository:
    """Rows that were signed under one address; they are public as the register is."""

    def __init__(self, session: AsyncSession, address: str) -> None:
        self.session = session
        self.address = address

    async def of_certificate(
        self, certificate_id: UUID, key_ids: Collection[str]
    ) -> CertificateCredential | None:
        """The latest credential of a certificate that one of these keys signed."""
        return await self.session.scalar(
            select(CertificateCredential)
            .where(
                CertificateCredential.certificate_id == certificate_id,
                CertificateCredential.address == self.address,
                CertificateCredential.key_id.in_(key_ids),
            )
            .order_by(CertificateCredential.created_at.desc(), CertificateCredential.id.desc())
            .limit(1)
        )

    async def next_position(self) -> tuple[int, int]:
        """A place in the status lists that nobody had: the number of the list and the bit in it."""
        position = (await self.session.execute(POSITIONS.next_value().select())).scalar_one()
        return position // SIZE + 1, position % SIZE

    async def has_list(self, number: int) -> bool:
        """Whether a list of this number is in use; the first one always is."""
        if number == 1:
            return True
        return bool(
            await self.session.scalar(select(exists().where(CertificateCredential.status_list == number)))
        )

    async def revoked(self, number: int, day: date) -> list[int]:
        """The bits of a list whose certificates are revoked on a day, in order.

        Revoked are certificates withdrawn, and those that a later one of fewer stars took the place of: the
        earlier stars must not be shown any more. After an upgrade or a renewal the earlier words stay true.
        """
        successor = aliased(Certificate)
        statement = (
            select(CertificateCredential.status_index)
            .join(Certificate, Certificate.id == CertificateCredential.certificate_id)
            .outerjoin(CertificateWithdrawal, CertificateWithdrawal.certificate_id == Certificate.id)
            .outerjoin(CertificateSupersession, CertificateSupersession.certificate_id == Certificate.id)
            .outerjoin(successor, successor.id == CertificateSupersession.successor_id)
            .where(
                CertificateCredential.status_list == number,
                or_(
                    CertificateWithdrawal.withdrawn_on <= day,
                    and_(
                        CertificateSupersession.superseded_on <= day,
                        successor.stars < Certificate.stars,
                    ),
                ),
            )
            .order_by(CertificateCredential.status_index)
        )
        return list(await self.session.scalars(statement))

    async def status_list(
        self, purpose: Purpose, number: int, key_id: str, sha256: str
    ) -> CredentialStatusList | None:
        """A list with these very bits as this key signed it."""
        return await self.session.scalar(
            select(CredentialStatusList).where(
                CredentialStatusList.purpose == purpose.value,
                CredentialStatusList.number == number,
                CredentialStatusList.address == self.address,
                CredentialStatusList.key_id == key_id,
                CredentialStatusList.sha256 == sha256,
            )
        )

    async def keep_status_list(self, row: CredentialStatusList) -> CredentialStatusList:
        """Keep a signed list; of two signed at the same time the first one stays, and is given."""
        await self.session.execute(
            insert(CredentialStatusList)
            .values(
                id=uuid7(),
                purpose=row.purpose,
                number=row.number,
                address=self.address,
                key_id=row.key_id,
                sha256=row.sha256,
                document=row.document,
                created_at=row.created_at,
            )
            .on_conflict_do_nothing(constraint="uq_credential_status_list__content")
        )
        kept = await self.status_list(Purpose(row.purpose), row.number, row.key_id, row.sha256)
        return row if kept is None else kept


_SIGNED = """
select e.certificate_id,
       coalesce(w.withdrawn_on <= $2, false)
       or coalesce(s.superseded_on <= $2 and n.stars < c.stars, false) as revoked
from certificate_credential e
join certificate c on c.id = e.certificate_id
left join certificate_withdrawal w on w.certificate_id = c.id
left join certificate_supersession s on s.certificate_id = c.id
left join certificate n on n.id = s.successor_id
where e.sha256 = $1
"""


async def signed_before(pool: "asyncpg.Pool[asyncpg.Record]", sha256: str, day: date) -> SignedBefore | None:
    """The credential with these words, and whether it is revoked on a day, in one statement."""
    row = await pool.fetchrow(_SIGNED, sha256, day)
    return None if row is None else SignedBefore(row["certificate_id"], row["revoked"])
