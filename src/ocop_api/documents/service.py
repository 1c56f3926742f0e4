"""Evidence: taking files in, finding them, and handing them out to those who may see them."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore
from ocop_api.db.paging import Rows
from ocop_api.db.tables.documents import Document
from ocop_api.documents.content import media_type_of
from ocop_api.documents.repository import DocumentRepository
from ocop_api.documents.schemas import DocumentFacts, DocumentFilter
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from ocop_api.ledger.recording import record


class DocumentService:
    """Everything about documents, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._store = store
        self._rows = DocumentRepository(session)

    async def take_in(
        self, producer_id: UUID, area_path: Sequence[str], facts: DocumentFacts, content: bytes
    ) -> Document:
        """Keep a file as evidence of a producer.

        The content is stored under its own hash before the row is written: a failure in between leaves
        an unnamed object that the same upload will find again, never a row without its file.

        Raises:
            Forbidden: the caller neither acts for the producer nor edits producers of the area.
            Invalid: the content is not what evidence may be, or the dates contradict each other.
            Conflict: ``documents.duplicate``, ``documents.replaced_already``.
        """
        own = self._actor.scope(Permission.DOSSIER_EDIT)
        office = self._actor.scope(Permission.PRODUCER_EDIT)
        if not (own.covers(producer_id=producer_id) or office.covers(area_path=area_path)):
            raise Forbidden("auth.not_permitted", permission=Permission.DOSSIER_EDIT.value)
        if facts.issued_on and facts.expires_on and facts.expires_on < facts.issued_on:
            raise Invalid("documents.dates_reversed", issued_on=facts.issued_on, expires_on=facts.expires_on)
        if facts.replaces_id is not None:
            older = await self.get(facts.replaces_id)
            if older.producer_id != producer_id:
                raise NotFound("documents.not_found")
        media_type = media_type_of(content)
        digest = (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
        await self._store.put(_key(digest), content)
        document = Document(
            producer_id=producer_id,
            area_path=list(area_path),
            kind=facts.kind.value,
            title=facts.title,
            number=facts.number,
            issuer=facts.issuer,
            issued_on=facts.issued_on,
            expires_on=facts.expires_on,
            media_type=media_type,
            size=len(content),
            sha256=digest,
            replaces_id=facts.replaces_id,
            uploaded_by=self._actor.user_id,
            created_at=self._now,
            updated_at=self._now,
        )
        await self._rows.add(document)
        await record(
            self._session,
            kind="document.added",
            subject_type="document",
            subject_id=document.id,
            actor=self._actor,
            at=self._now,
            data={"producer_id": str(producer_id), "kind": document.kind, "sha256": digest},
            area_path=area_path,
        )
        return document

    async def get(self, document_id: UUID) -> Document:
        """One visible document, or NotFound ``documents.not_found``."""
        found = await self._rows.find(document_id, self._actor)
        if found is None:
            raise NotFound("documents.not_found")
        return found

    async def page(self, wanted: DocumentFilter) -> Rows:
        """One page of visible documents."""
        return await self._rows.page(
            self._actor,
            wanted.slice(),
            producer_id=wanted.producer_id,
            kind=wanted.kind.value if wanted.kind else None,
            expiring_before=wanted.expiring_before,
        )

    async def content(self, document: Document) -> bytes:
        """The stored bytes, checked against the hash they were stored under.

        Raises:
            Unavailable: ``documents.content_lost`` when the object is missing or altered.
        """
        found = await self._store.get(_key(document.sha256))
        if found is None:
            raise Unavailable("documents.content_lost", sha256=document.sha256)
        digest = (await asyncio.to_thread(hashlib.sha256, found)).hexdigest()
        if digest != document.sha256:
            raise Unavailable("documents.content_lost", sha256=document.sha256)
        return found


def _key(digest: str) -> str:
    return f"documents/{digest[:2]}/{digest}"
