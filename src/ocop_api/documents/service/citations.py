"""Who relies on a document: what dossiers ask before they cite one, and show to those who read them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.tables.documents import Document
from ocop_api.documents.repository import DocumentRepository
from ocop_api.domain.actor import Actor
from ocop_api.domain.errors import Invalid, NotFound


class CitationService:
    """Citations of documents; the citing feature answers for who may cite and see them."""

    def __init__(self, session: AsyncSession) -> None:
        self._rows = DocumentRepository(session)

    async def check(self, producer_id: UUID, document_ids: Collection[UUID]) -> None:
        """Hold documents to be the producer's and not withdrawn, until the transaction ends.

        Raises:
            NotFound: ``documents.not_of_producer`` with those that are not the producer's.
            Invalid: ``documents.cited_withdrawn`` with the own ones that were withdrawn.
        """
        wanted = set(document_ids)
        if not wanted:
            return
        missing = wanted - await self._rows.usable(wanted, producer_id)
        if not missing:
            return
        withdrawn = await self._rows.of_producer(missing, producer_id)
        foreign = missing - withdrawn
        if foreign:
            # Whether somebody else has such a document is not told.
            raise NotFound("documents.not_of_producer", document_ids=sorted(map(str, foreign)))
        raise Invalid("documents.cited_withdrawn", document_ids=sorted(map(str, withdrawn)))

    async def known(self, document_ids: Collection[UUID], actor: Actor) -> dict[UUID, tuple[Document, bool]]:
        """Documents by id, each with whether the actor may see it; ids of none are left out."""
        return await self._rows.known(document_ids, actor) if document_ids else {}

    async def newest(self, document_ids: Collection[UUID]) -> dict[UUID, Document]:
        """The newest version of each document that is not withdrawn, by the id asked for."""
        return await self._rows.newest(document_ids) if document_ids else {}

    async def cite(
        self, dossier_id: UUID, version: int, producer_id: UUID, document_ids: Collection[UUID]
    ) -> None:
        """Note that a frozen version of a dossier relies on documents; they cannot be withdrawn any more.

        Raises:
            Invalid: as ``check``.
        """
        await self.check(producer_id, document_ids)
        await self._rows.cite(dossier_id, version, set(document_ids))

    async def cited_by(self, dossier_id: UUID) -> list[Document]:
        """Every document that some frozen version of the dossier relies on, oldest first."""
        return list(await self._rows.cited_by(dossier_id))

    async def cited(self, dossier_id: UUID, document_id: UUID) -> Document:
        """A document that some frozen version of the dossier relies on.

        Raises:
            NotFound: ``documents.not_found``.
        """
        found = await self._rows.cited(dossier_id, document_id)
        if found is None:
            raise NotFound("documents.not_found")
        return found
