"""Base of all tables: names of constraints, column types, identity and optimistic locking."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BigInteger, DateTime, MetaData, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def uuid7() -> UUID:
    """A new time-ordered identifier. Made in Python because PostgreSQL before 18 cannot."""
    return uuid_utils.compat.uuid7()


class Base(DeclarativeBase):
    """Every table. Text is ``text``, instants carry a time zone, structures are JSONB."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s__%(column_0_N_name)s",
            "uq": "uq_%(table_name)s__%(column_0_N_name)s",
            "ck": "ck_%(table_name)s__%(constraint_name)s",
            "fk": "fk_%(table_name)s__%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a class attribute
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[dict[str, Any]]: JSONB,
        list[str]: ARRAY(Text),
    }


Identity = Annotated[UUID, mapped_column(primary_key=True, default=uuid7)]
"""Primary key of an entity: a UUIDv7 made in Python."""

AreaPath = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"))]
"""All administrative units a record belongs to: its commune, what is above it, and their successors.

Row scopes are ``area_path && :granted_places``; index the column with GIN.
"""


class Versioned:
    """Optimistic locking: every flushed change raises ``version``; it is the ETag's first part."""

    version: Mapped[int] = mapped_column(BigInteger, default=1)

    def touch(self) -> None:
        """Count one change. Called by services on a row they hold locked."""
        self.version += 1


class Stamped:
    """When the row was made and last changed, by the clock of the action."""

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
