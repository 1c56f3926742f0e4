"""Files put to the storage by their sender: announced, put, and completed to a document."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.adapters.object_store import ObjectStore, SignedPut, TooLargeError
from ocop_api.db.base import uuid7
from ocop_api.db.tables.documents import Document, DocumentUpload
from ocop_api.documents.content import measure
from ocop_api.documents.policy import display_name
from ocop_api.documents.repository import DocumentRepository
from ocop_api.documents.schemas import DocumentFacts, UploadOrder
from ocop_api.documents.service.files import DocumentService
from ocop_api.documents.service.storing import fetched, incoming_key
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    RuleViolation,
    Unauthenticated,
)
from ocop_api.domain.evidence import KINDS
from ocop_api.jobs.queue import enqueue
from ocop_api.ledger.recording import record
from ocop_api.producers.service import ProducerService

LIFETIME: Final = timedelta(hours=1)
"""Time a sender has for one file; slow rural lines need minutes for fifty megabytes."""


@dataclass(frozen=True, slots=True)
class UploadLinks:
    """Makes and checks addresses of this server to which a file may be put without another credential."""

    secret: str
    public_url: str

    def signature(self, upload: DocumentUpload) -> str:
        """Covers which file may come, how large, with which hash, and until when."""
        told = f"document-upload\n{upload.id}\n{_seconds(upload)}\n{upload.size}\n{upload.sha256}"
        return hmac.digest(self.secret.encode(), told.encode(), "sha256").hex()

    def signed(self, upload: DocumentUpload) -> SignedPut:
        """The address of an upload."""
        query = f"expires={_seconds(upload)}&signature={self.signature(upload)}"
        url = f"{self.public_url.rstrip('/')}/v1/documents/uploads/{upload.id}/content?{query}"
        return SignedPut(url, {"content-length": str(upload.size)}, upload.expires_at)


def _seconds(upload: DocumentUpload) -> int:
    return int(upload.expires_at.timestamp())


class UploadService:
    """Announced uploads, for one caller at one instant."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime, store: ObjectStore) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._store = store
        self._rows = DocumentRepository(session)
        self._documents = DocumentService(session, actor, now, store)

    async def start(self, order: UploadOrder, links: UploadLinks) -> tuple[DocumentUpload, SignedPut]:
        """Announce a file; gives the upload and where to put it.

        Raises:
            NotFound: ``producers.unknown``.
            Forbidden: ``auth.not_permitted``.
            Invalid: ``documents.too_large`` for its kind; as ``DocumentService.check_facts``.
            Conflict, RuleViolation: as ``DocumentService.check_facts``.
        """
        producer = await ProducerService(self._session, self._actor, self._now).get(order.producer_id)
        self._documents.require_edit(producer.id, producer.area_path)
        limit = KINDS[order.facts.kind].limit
        if order.size > limit:
            raise Invalid("documents.too_large", size=order.size, limit=limit, kind=order.facts.kind.value)
        await self._documents.check_facts(producer.id, order.facts)
        upload = DocumentUpload(
            id=uuid7(),
            producer_id=producer.id,
            facts=order.facts.model_dump(mode="json") | {"file_name": display_name(order.file_name)},
            size=order.size,
            sha256=order.sha256,
            created_by=self._actor.user_id,
            created_at=self._now,
            expires_at=(self._now + LIFETIME).replace(microsecond=0),
        )
        await self._rows.add(upload)
        await record(
            self._session,
            kind="document.upload_announced",
            subject_type="document_upload",
            subject_id=upload.id,
            actor=self._actor,
            at=self._now,
            data={"producer_id": str(producer.id), "size": order.size, "sha256": order.sha256},
            area_path=producer.area_path,
        )
        direct = self._store.sign_put(
            incoming_key(upload.id),
            at=self._now,
            seconds=int(LIFETIME.total_seconds()),
            size=order.size,
            sha256=order.sha256,
            media_type=None if order.media_type is None else order.media_type.value,
        )
        return upload, direct or links.signed(upload)

    async def permitted(
        self, upload_id: UUID, expires: int, signature: str, links: UploadLinks
    ) -> DocumentUpload:
        """The upload whose content an address may bring.

        Raises:
            Unauthenticated: ``documents.upload_link_invalid``; it was not made by this server, or altered.
            Gone: ``documents.upload_expired``.
            Conflict: ``documents.upload_completed``.
        """
        upload = await self._rows.find_upload(upload_id)
        if upload is None or expires != _seconds(upload):
            raise Unauthenticated("documents.upload_link_invalid")
        if not hmac.compare_digest(links.signature(upload).encode(), signature.encode()):
            raise Unauthenticated("documents.upload_link_invalid")
        if self._now >= upload.expires_at:
            raise Gone("documents.upload_expired")
        if upload.document_id is not None:
            raise Conflict("documents.upload_completed")
        return upload

    async def complete(self, upload_id: UUID) -> Document:
        """Make the file that was put a document. Doing it again gives the same document.

        What cannot be evidence is removed from the storage, and the sender may put another try until the
        upload expires.

        Raises:
            NotFound: ``documents.upload_not_found``; also when it is not the caller's.
            Gone: ``documents.upload_expired``.
            RuleViolation: ``documents.upload_missing``; nothing has been put yet.
            Invalid: ``documents.size_differs``, ``documents.hash_differs``; as ``DocumentService.take_in``.
            Conflict, Forbidden: as ``DocumentService.take_in``.
        """
        upload = await self._rows.find_upload(upload_id, lock=True)
        if upload is None:
            raise NotFound("documents.upload_not_found")
        producer = await ProducerService(self._session, self._actor, self._now).get(upload.producer_id)
        try:
            self._documents.require_edit(producer.id, producer.area_path)
        except Forbidden as error:
            raise NotFound("documents.upload_not_found") from error
        if upload.document_id is not None:
            return await self._documents.get(upload.document_id)
        if self._now >= upload.expires_at:
            raise Gone("documents.upload_expired")
        key = incoming_key(upload.id)
        try:
            file = await self._arrived(upload, key)
            with file:
                said = dict(upload.facts)
                name = said.pop("file_name", None)
                facts = DocumentFacts.model_validate(said)
                document = await self._documents.take_in(producer.id, producer.area_path, facts, file, name)
        except (Invalid, Conflict):
            await self._store.delete(key)
            raise
        upload.document_id = document.id
        # Once the document is committed; a completion that fails to commit still needs the file.
        await enqueue(self._session, "documents.forget_incoming", {"upload_id": str(upload.id)})
        return document

    async def _arrived(self, upload: DocumentUpload, key: str) -> IO[bytes]:
        found = await self._store.head(key)
        if found is None:
            raise RuleViolation("documents.upload_missing")
        if found.size != upload.size:
            raise Invalid("documents.size_differs", expected=upload.size, found=found.size)
        file = await fetched(self._store, key, upload.size)
        if file is None:
            raise RuleViolation("documents.upload_missing")
        size, digest = await asyncio.to_thread(measure, file)
        if (size, digest) != (upload.size, upload.sha256):
            file.close()
            raise Invalid("documents.hash_differs", expected=upload.sha256, found=digest)
        return file


async def receive(
    store: ObjectStore, upload_id: UUID, size: int, sha256: str, pieces: AsyncIterable[bytes]
) -> None:
    """Store what is put to an upload's address, exactly as announced or not at all.

    Takes no database connection, so that slow senders hold none.

    Raises:
        Invalid: ``documents.size_differs``, ``documents.hash_differs``.
    """
    digest = hashlib.sha256()
    count = 0

    async def checked() -> AsyncIterator[bytes]:
        nonlocal count
        async for piece in pieces:
            digest.update(piece)
            count += len(piece)
            yield piece
        # Said inside the stream: the storage drops what has come so far when its source fails.
        if count != size:
            raise Invalid("documents.size_differs", expected=size, found=count)
        if digest.hexdigest() != sha256:
            raise Invalid("documents.hash_differs", expected=sha256, found=digest.hexdigest())

    try:
        await store.put_stream(incoming_key(upload_id), checked(), limit=size)
    except TooLargeError as error:
        raise Invalid("documents.size_differs", expected=size, found=count) from error
