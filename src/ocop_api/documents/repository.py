"""Rows of documents."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.documents import Document
from ocop_api.domain.actor import Actor, Permission

_columns = Document.__table__.c
_SORTS = Sorts(
    by_name={
        "-created_at": [
            SortKey(_columns.created_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ],
        "id": [SortKey(_columns.id, UUID)],
    },
    default="-created_at",
)


class DocumentRepository:
    """Reads and writes of the documents' table."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def visible_to(self, actor: Actor) -> ColumnElement[bool]:
        """Those whose dossiers the caller may read: the producer's people and the area's officers."""
        scope = actor.scope(Permission.DOSSIER_READ)
        conditions: list[ColumnElement[bool]] = [true() if scope.everywhere else false()]
        if scope.place_ids:
            conditions.append(Document.area_path.overlap(sorted(scope.place_ids)))
        if scope.producer_ids:
            conditions.append(Document.producer_id.in_(scope.producer_ids))
        return or_(*conditions)

    async def find(self, document_id: UUID, actor: Actor) -> Document | None:
        """One visible document, or None."""
        found: Document | None = await self._session.scalar(
            select(Document).where(Document.id == document_id, self.visible_to(actor))
        )
        return found

    async def page(
        self,
        actor: Actor,
        wanted: Slice,
        *,
        producer_id: UUID | None,
        kind: str | None,
        expiring_before: date | None,
    ) -> Rows:
        """One page of visible documents."""
        statement = select(Document).where(self.visible_to(actor))
        if producer_id is not None:
            statement = statement.where(Document.producer_id == producer_id)
        if kind is not None:
            statement = statement.where(Document.kind == kind)
        if expiring_before is not None:
            statement = statement.where(Document.expires_on < expiring_before)
        return await fetch_page(self._session, statement, _SORTS, wanted)

    async def add(self, document: Document) -> None:
        """Insert; a duplicate shows here."""
        self._session.add(document)
        await self._session.flush()
