"""The ledger: what happened, in what order, and the chain that shows nothing was changed since."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy import Identity as Counter
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import AreaPath, Base, Identity


class LedgerEvent(Base):
    """One event, written in the transaction of its action and never changed."""

    __tablename__ = "ledger_event"

    id: Mapped[Identity]
    ordinal: Mapped[int] = mapped_column(BigInteger, Counter(always=True), unique=True)
    """Order of writing; with the transaction's number it orders events of one transaction."""
    at: Mapped[datetime]
    kind: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[str]
    actor_id: Mapped[UUID | None]
    area_path: Mapped[AreaPath]
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("ix_ledger_event__subject", "subject_type", "subject_id"),
        Index("ix_ledger_event__area_path", "area_path", postgresql_using="gin"),
    )


class LedgerPending(Base):
    """An event waiting for the sealer. ``xid`` is the transaction that wrote it.

    The sealer takes only events whose transaction is older than every running one, so an event that
    commits late is never overtaken: the order of the chain is final.
    """

    __tablename__ = "ledger_pending"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_event.id"), primary_key=True)
    xid: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"), index=True
    )


class LedgerSeal(Base):
    """The place of an event in the chain: ``hash = sha256(previous hash + canonical event)``."""

    __tablename__ = "ledger_seal"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_event.id"), unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]


class LedgerCheckpoint(Base):
    """A signed head of the chain; a copy is kept outside the database."""

    __tablename__ = "ledger_checkpoint"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """The Ed25519 key that signed, so that the API can publish it without holding the secret."""
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Root of the tree over all events up to ``seq``; None when signed before the tree had grown so far."""

    __table_args__ = (
        CheckConstraint("octet_length(root) = 32", name="root"),
        # Proofs ask for the next head with a root, and there may be years of heads without one.
        Index("ix_ledger_checkpoint__rooted", "seq", postgresql_where=text("root is not null")),
    )


class LedgerNode(Base):
    """A complete subtree of the Merkle tree over the events; written once and never changed.

    ``(level, index)`` covers the events ``index * 2**level + 1`` to ``(index + 1) * 2**level``; the nodes of
    level 0 are the leaves.
    """

    __tablename__ = "ledger_node"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("level between 0 and 62 and index >= 0", name="place"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
    )
