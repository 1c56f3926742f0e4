"""Evidence: taking files in, correcting what is said of them, finding them, and handing them out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.db.base import uuid7
from ocop_api.db.paging import Rows
from ocop_api.db.tables.documents import Document
from ocop_api.documents.content import measure, recognise
from ocop_api.documents.policy import display_name, words_of
from ocop_api.documents.repository import DocumentRepository
from ocop_api.documents.schemas import (
    DocumentFacts,
    DocumentFilter,
    DocumentUpdate,
    ExpiringDocument,
    ExpiringQuery,
    Named,
    VersionFacts,
    present,
)
from ocop_api.documents.service import storing
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.clock import vietnam_date
from ocop_api.domain.errors import Conflict, Forbidden, Invalid, NotFound, RuleViolation
from ocop_api.domain.evidence import EvidenceKind
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record


class DocumentService:
    """Everything about documents, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._store = store
        self._rows = DocumentRepository(session)

    @property
    def today(self) -> date:
        """The calendar day in Vietnam."""
        return vietnam_date(self._now)

    def require_edit(self, producer_id: UUID, area_path: Sequence[str]) -> None:
        """Raise ``Forbidden`` ``auth.not_permitted`` unless the caller may keep the producer's papers."""
        own = self._actor.scope(Permission.DOSSIER_EDIT)
        office = self._actor.scope(Permission.PRODUCER_EDIT)
        if not (own.covers(producer_id=producer_id) or office.covers(area_path=area_path)):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_EDIT.value)

    async def check_facts(self, producer_id: UUID, facts: DocumentFacts) -> Document | None:
        """Whether what is said can be so; gives the locked document that is to be replaced, if any.

        Raises:
            Invalid: ``documents.dates_reversed``, ``documents.other_product``, ``documents.other_kind``.
            NotFound: ``documents.not_found``.
            Conflict: ``documents.replaced_already``.
            RuleViolation: ``documents.withdrawn_already``.
        """
        _check_dates(facts.issued_on, facts.expires_on)
        await self._check_product(producer_id, facts.product_id)
        if facts.replaces_id is None:
            return None
        older = await self.get(facts.replaces_id, lock=True)
        if older.producer_id != producer_id:
            raise NotFound("documents.not_found")
        if older.kind != facts.kind:
            raise Invalid("documents.other_kind", kind=older.kind)
        _check_live(older)
        if not older.current:
            raise Conflict("documents.replaced_already")
        return older

    async def take_in(
        self,
        producer_id: UUID,
        area_path: Sequence[str],
        facts: DocumentFacts,
        file: IO[bytes],
        name: str | None,
    ) -> Document:
        """Keep a file as evidence of a producer.

        The content is stored under its own hash before the row is written: a failure in between leaves
        an unnamed object that the same upload will find again, never a row without its file.

        Args:
            producer_id: whose evidence.
            area_path: where the producer is.
            facts: what is said about it.
            file: a real file; it stays the caller's to close.
            name: what the client calls it, for display only.

        Raises:
            Forbidden: the caller neither acts for the producer nor edits producers of the area.
            Invalid: as ``check_facts`` and ``content.recognise``.
            Conflict: ``documents.duplicate``, ``documents.replaced_already``.
            NotFound, RuleViolation: as ``check_facts``.
        """
        self.require_edit(producer_id, area_path)
        older = await self.check_facts(producer_id, facts)
        found = await recognise(file, EvidenceKind(facts.kind))
        size, digest = await asyncio.to_thread(measure, file)
        await storing.keep(self._store, storing.content_key(digest), file, size)
        if older is not None:
            older.current = False
            older.updated_at = self._now
            older.touch()
            # There is one current version of a series at any moment.
            await self._session.flush()
        original = display_name(name)
        new_id = uuid7()
        document = Document(
            id=new_id,
            series_id=new_id if older is None else older.series_id,
            producer_id=producer_id,
            product_id=facts.product_id,
            area_path=list(area_path),
            kind=facts.kind.value,
            title=facts.title,
            number=facts.number,
            issuer=facts.issuer,
            issued_on=facts.issued_on,
            expires_on=facts.expires_on,
            original_name=original,
            media_type=found.media_type,
            size=size,
            sha256=digest,
            pages=found.pages,
            replaces_id=facts.replaces_id,
            current=True,
            uploaded_by=self._actor.user_id,
            processing="pending",
            has_preview=False,
            search_text=words_of(facts.title, facts.number, facts.issuer, original),
            content_words="",
            created_at=self._now,
            updated_at=self._now,
        )
        await self._rows.add(document)
        await enqueue(self._session, "documents.process", {"document_id": str(document.id)})
        await self._record(document, "document.added", sha256=digest)
        return document

    async def replace(
        self, document_id: UUID, facts: VersionFacts, file: IO[bytes], name: str | None
    ) -> Document:
        """Keep a newer version of a document; what is not said stays as it was.

        Raises:
            NotFound, Forbidden, Invalid, Conflict, RuleViolation: as ``take_in``.
        """
        older = await self.get(document_id)
        whole = DocumentFacts(
            kind=EvidenceKind(older.kind),
            title=facts.title or older.title,
            number=facts.number,
            issuer=facts.issuer or older.issuer,
            issued_on=facts.issued_on,
            expires_on=facts.expires_on,
            product_id=older.product_id,
            replaces_id=older.id,
        )
        return await self.take_in(older.producer_id, older.area_path, whole, file, name)

    async def update(self, document_id: UUID, body: DocumentUpdate, check: Callable[[int], None]) -> Document:
        """Correct what is said about a document; ``check`` refuses a stale copy.

        Raises:
            NotFound: ``documents.not_found``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``documents.dates_reversed``, ``documents.other_product``, ``documents.title_missing``.
            RuleViolation: ``documents.withdrawn_already``.
        """
        row = await self.get(document_id, lock=True)
        self.require_edit(row.producer_id, row.area_path)
        check(row.version)
        _check_live(row)
        given: dict[str, Any] = body.model_dump(exclude_unset=True)
        if "title" in given and given["title"] is None:
            raise Invalid("documents.title_missing")
        changed = sorted(name for name, value in given.items() if getattr(row, name) != value)
        if not changed:
            return row
        await self._check_product(row.producer_id, given.get("product_id"))
        for name in changed:
            setattr(row, name, given[name])
        _check_dates(row.issued_on, row.expires_on)
        if "expires_on" in changed:
            row.reminded_days = None
        row.search_text = words_of(row.title, row.number, row.issuer, row.original_name)
        row.updated_at = self._now
        row.touch()
        # The answer shows the new version.
        await self._session.flush()
        await self._record(row, "document.updated", changed=changed)
        return row

    async def withdraw(self, document_id: UUID, reason: str, check: Callable[[int], None]) -> Document:
        """Take a document back. It stays readable; the version before it becomes the current one again.

        Raises:
            NotFound: ``documents.not_found``.
            Forbidden: ``auth.not_permitted``.
            RuleViolation: ``documents.cited`` while a lodged dossier relies on it,
                ``documents.withdrawn_already``.
        """
        row = await self.get(document_id, lock=True)
        self.require_edit(row.producer_id, row.area_path)
        check(row.version)
        _check_live(row)
        if await self._rows.is_cited(row.id):
            raise RuleViolation("documents.cited")
        was_current = row.current
        row.current = False
        row.withdrawn_at = row.updated_at = self._now
        row.withdrawn_reason = reason
        row.touch()
        # The place of the current version must be free before another one takes it.
        await self._session.flush()
        if was_current and (before := await self._rows.newest_left(row.series_id)) is not None:
            before.current = True
            before.updated_at = self._now
            before.touch()
            await self._session.flush()  # its version is part of the answer's list
        await self._record(row, "document.withdrawn")
        return row

    async def get(self, document_id: UUID, *, lock: bool = False) -> Document:
        """One visible document, or NotFound ``documents.not_found``."""
        found = await self._rows.find(document_id, self._actor, lock=lock)
        if found is None:
            raise NotFound("documents.not_found")
        return found

    async def page(self, wanted: DocumentFilter) -> Rows:
        """One page of visible documents."""
        return await self._rows.page(self._actor, wanted)

    async def versions(self, document_id: UUID) -> Sequence[Document]:
        """All visible versions of a visible document, newest first; NotFound as ``get``."""
        return await self._rows.versions((await self.get(document_id)).series_id, self._actor)

    async def expiring(self, wanted: ExpiringQuery) -> tuple[Rows, list[ExpiringDocument]]:
        """One page of current documents that run out, with whose they are and where they are used."""
        rows = await self._rows.expiring(self._actor, wanted, self.today)
        used = await self._rows.citations([row[0].id for row in rows.items]) if rows.items else {}
        return rows, [
            ExpiringDocument(
                document=present(row, self.today),
                days_left=(row.expires_on - self.today).days,
                producer=Named(id=row.producer_id, name=producer),
                product=None if row.product_id is None else Named(id=row.product_id, name=product),
                dossier_ids=used.get(row.id, []),
            )
            for row, producer, product in rows.items
        ]

    async def with_content(self, producer_id: UUID, kind: EvidenceKind, sha256: str) -> Document | None:
        """The producer's document of a kind with these bytes, unless it was withdrawn."""
        return await self._rows.with_content(producer_id, kind, sha256)

    async def content(
        self, document: Document, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The stored bytes, or those from ``start`` to before ``end``, piece by piece.

        Raises:
            Unavailable: ``documents.content_lost`` when the object is missing or altered.
        """
        return await storing.read(self._store, document.sha256, document.size, start, end)

    async def preview(self, document: Document) -> bytes:
        """A picture of the first page, in WebP, at most 1200 pixels.

        Raises:
            NotFound: ``documents.no_preview`` with the state of its making.
        """
        found = await self._store.get(storing.preview_key(document.sha256)) if document.has_preview else None
        if found is None:
            raise NotFound("documents.no_preview", processing=document.processing)
        return found

    async def _check_product(self, producer_id: UUID, product_id: UUID | None) -> None:
        if product_id is not None and await self._rows.product_of(product_id) != producer_id:
            raise Invalid("documents.other_product", product_id=product_id)

    async def _record(self, row: Document, kind: str, **data: object) -> None:
        await record(
            self._session,
            kind=kind,
            subject_type="document",
            subject_id=row.id,
            actor=self._actor,
            at=self._now,
            data={
                "producer_id": str(row.producer_id),
                "kind": row.kind,
                "replaces_id": None if row.replaces_id is None else str(row.replaces_id),
                **data,
            },
            area_path=row.area_path,
        )


def _check_dates(issued_on: date | None, expires_on: date | None) -> None:
    if issued_on and expires_on and expires_on < issued_on:
        raise Invalid("documents.dates_reversed", issued_on=issued_on, expires_on=expires_on)


def _check_live(row: Document) -> None:
    if row.withdrawn_at is not None:
        raise RuleViolation("documents.withdrawn_already")
