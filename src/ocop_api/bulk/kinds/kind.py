"""What a kind of import is to the engine: columns, rules without data access, and storing a batch.

The engine reads files, matches headers, reads cells by their columns' types, takes rows in batches,
keeps savepoints, results, progress and duplicates. A kind says what a row means and stores it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.bulk.columns import Column
from ocop_api.bulk.findings import Finding
from ocop_api.domain.actor import Actor, Permission


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(slots=True)
class ReadRow:
    """A row whose cells are read: ``values`` by column name; a cell that is empty or left out is None.

    ``number`` is the row as a spreadsheet counts. ``remarks`` may be added to by ``prepare``.
    """

    number: int
    values: Mapping[str, Any]
    remarks: list[Finding] = field(default_factory=list)


FactsT = TypeVar("FactsT")


@dataclass(frozen=True, slots=True)
class Prepared(Generic[FactsT]):
    """A row that may be stored: what ``prepare`` made of it, and the remarks so far."""

    number: int
    facts: FactsT
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier row of the file about the same thing; ``subject_id`` is None in a dry run."""

    row_number: int
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row.

    Attributes:
        number: the row.
        outcome: rejected, with ``findings`` as reasons; else stored, with remarks.
        findings: all of them, those of ``Prepared.remarks`` included.
        subjects: ids of what the row is about by type ("product", "producer"), the main one first.
        keys: the row's ``keys`` with the id of the thing each stands for; later rows with one of them
            are given it in ``Batch.earlier``. Empty for a rejected row.
    """

    number: int
    outcome: RowOutcome
    findings: tuple[Finding, ...] = ()
    subjects: Mapping[str, UUID] = field(default_factory=dict)
    keys: Mapping[str, UUID | None] = field(default_factory=dict)


@dataclass(slots=True)
class Batch(Generic[FactsT]):
    """Rows to store in the caller's transaction, for one actor at one instant.

    Attributes:
        session: the transaction.
        actor: who imports, with the grants of now.
        now: the instant.
        today: the day in Vietnam.
        rows: in the order of the file; in ``store`` no two with the same first key.
        earlier: by natural key, what earlier rows of the file stored.
        memory: kept from batch to batch of one run (places found, say); bound its size.
    """

    session: AsyncSession
    actor: Actor
    now: datetime
    today: date
    rows: Sequence[Prepared[FactsT]]
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)


class ImportKind(ABC, Generic[FactsT]):
    """One kind of import."""

    name: str
    """Value of ``kind`` in the API, a plural."""
    title_vi: str
    title_en: str
    natural_key_vi: str
    """One sentence: by what a row is recognised as one that is registered already."""
    natural_key_en: str
    columns: tuple[Column, ...]
    permission: Permission = Permission.IMPORT_RUN
    """What the importer must be allowed somewhere; where exactly is for ``store``."""
    urls: Mapping[str, str] = {}
    """Addresses of subjects by type, with ``{id}``: ``{"product": "/v1/products/{id}"}``."""

    @abstractmethod
    def prepare(self, row: ReadRow, *, today: date) -> FactsT:
        """What the row says, decided without data access; runs in a thread.

        Raises:
            RowRejectedError: with every reason.
        """

    def explained(self, finding: Finding, values: Mapping[str, Any]) -> Finding:
        """A reason the engine found, in the words of the kind; ``values`` are the readable cells."""
        del values
        return finding

    @abstractmethod
    async def keys(self, batch: Batch[FactsT]) -> list[Sequence[str]]:
        """Natural keys of each row within the file, in order; the first is that of the row itself.

        May read the database (to find places, say) and keep what it found in ``batch.memory``. Rows
        with the same first key are never stored in one call of ``store``: the engine gives the second
        one in a later call, with ``batch.earlier`` telling what the first stored. Further keys are of
        things that rows share, such as their producer.
        """

    @abstractmethod
    async def store(self, batch: Batch[FactsT]) -> list[RowResult]:
        """Store all rows in few statements and tell what became of each, in order.

        A row that may not be stored is returned as rejected. What is raised takes back the whole call:
        the engine then calls again with one row at a time, where it rejects that row.

        Raises:
            RowRejectedError, DomainError, DBAPIError: see above.
        """


AnyKind = ImportKind[Any]
