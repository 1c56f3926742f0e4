"""Stored answers of idempotent requests."""

from datetime import datetime

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base


class IdempotentAnswer(Base):
    """The answer one Idempotency-Key got; ``scope`` digests key, caller and operation."""

    __tablename__ = "idempotent_answer"

    scope: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)
