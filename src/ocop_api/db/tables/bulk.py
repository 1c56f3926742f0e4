"""Imports: the job, the file as it was sent, and what became of each row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ocop_api.db.base import Base, Stamped, Versioned


class ImportJob(Stamped, Versioned, Base):
    """One import. Its row lock is what keeps two workers from doing the same rows."""

    __tablename__ = "import_job"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Chosen by the client, so that a request sent twice is one import."""
    kind: Mapped[str]
    dry_run: Mapped[bool]
    state: Mapped[str]
    sha256: Mapped[str]
    header: Mapped[list[str]]
    """Names of the columns as the file writes them."""
    actor: Mapped[dict[str, Any]]
    """Who imports and what they were allowed when they asked for it; the job acts as this person."""
    created_by: Mapped[UUID | None] = mapped_column(index=True)
    total: Mapped[int]
    done_through: Mapped[int]
    """Number of the last row whose result is committed; the next run starts after it."""
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    rejected: Mapped[int]
    stored_with_remarks: Mapped[int]
    attempts: Mapped[int]
    """Runs that broke off by a fault."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("kind in ('products')", name="kind"),
        CheckConstraint("state in ('open', 'running', 'completed', 'failed', 'aborted')", name="state"),
        CheckConstraint("created + updated + unchanged + rejected <= total", name="counts"),
        Index("ix_import_job__created_at", "created_at", "id"),
    )


class ImportFile(Base):
    """The bytes of the file as they came, so that a job can start again where it stopped."""

    __tablename__ = "import_file"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """What became of one row; written once, in the transaction that stored the row."""

    __tablename__ = "import_row"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """As a spreadsheet counts: the header is row 1."""
    outcome: Mapped[str]
    problems: Mapped[list[dict[str, Any]]]
    """Reasons of a rejection, or remarks on a stored row: column, code, data, suggestion."""
    cells: Mapped[list[str] | None]
    """The original cells of a rejected row."""
    producer_key: Mapped[str | None]
    product_key: Mapped[str | None]
    """Natural keys within the file, by which a row finds an earlier one about the same thing."""
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producer.id"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"), index=True)

    __table_args__ = (
        CheckConstraint("outcome in ('created', 'updated', 'unchanged', 'rejected')", name="outcome"),
        Index("ix_import_row__producer_key", "import_id", "producer_key"),
        Index("ix_import_row__product_key", "import_id", "product_key"),
    )
