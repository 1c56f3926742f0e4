"""Rows of documents, uploads and citations."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, false, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ocop_api.db.merging import survivor_of
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.appeals import AppealEvidence
from ocop_api.db.tables.documents import Document, DocumentCitation, DocumentUpload
from ocop_api.db.tables.inspections import InspectionEvidence
from ocop_api.db.tables.producers import Producer
from ocop_api.db.tables.products import Product
from ocop_api.db.tables.withdrawals import WithdrawalEvidence
from ocop_api.documents.policy import REMINDERS
from ocop_api.documents.schemas import DocumentFilter, ExpiringQuery
from ocop_api.domain.actor import Actor, Permission
from ocop_api.producers.search import has_words

_columns = Document.__table__.c
_ID = SortKey(_columns.id, UUID)
_SORTS = Sorts(
    by_name={
        "-created_at": [
            SortKey(_columns.created_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ],
        "id": [_ID],
    },
    default="-created_at",
)
_BY_EXPIRY = Sorts(
    by_name={"expires_on": [SortKey(func.coalesce(_columns.expires_on, date.max), date), _ID]},
    default="expires_on",
)


class DocumentRepository:
    """Reads and writes of the documents' tables."""

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

    async def find(self, document_id: UUID, actor: Actor, *, lock: bool = False) -> Document | None:
        """One visible document, locked if wished, or None."""
        statement = select(Document).where(Document.id == document_id, self.visible_to(actor))
        if lock:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found: Document | None = await self._session.scalar(statement)
        return found

    async def page(self, actor: Actor, wanted: DocumentFilter) -> Rows:
        """One page of visible documents."""
        statement = select(Document).where(self.visible_to(actor))
        if not wanted.all_versions:
            statement = statement.where(Document.current)
        for name in ("producer_id", "product_id", "kind"):
            value = getattr(wanted, name)
            if value is not None:
                statement = statement.where(_columns[name] == value)
        if wanted.expiring_before is not None:
            statement = statement.where(Document.expires_on < wanted.expiring_before)
        if wanted.q is not None:
            statement = statement.where(has_words(_columns.search, wanted.q))
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def expiring(self, actor: Actor, wanted: ExpiringQuery, today: date) -> Rows:
        """One page of ``(document, producer's name, product's name)``, the first to expire first."""
        statement = (
            select(Document, Producer.name, Product.name)
            .join(Producer, Producer.id == Document.producer_id)
            .outerjoin(Product, Product.id == Document.product_id)
            .where(
                self.visible_to(actor),
                Document.current,
                Document.expires_on.between(today, today + timedelta(days=wanted.within_days)),
            )
        )
        if wanted.producer_id is not None:
            statement = statement.where(Document.producer_id == survivor_of(wanted.producer_id))
        return await fetch_page(self._session, statement, _BY_EXPIRY, wanted.slice(), scalars=False)

    async def to_remind(self, today: date, limit: int) -> Sequence[Document]:
        """Current documents near their end whose producer may not know yet, locked."""
        statement = (
            select(Document)
            .where(
                Document.current,
                Document.expires_on >= today,
                or_(
                    *(
                        and_(
                            Document.expires_on <= today + timedelta(days=days),
                            func.coalesce(Document.reminded_days, days + 1) > days,
                        )
                        for days in REMINDERS
                    )
                ),
            )
            .order_by(Document.expires_on, Document.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return (await self._session.scalars(statement)).all()

    async def versions(self, series_id: UUID, actor: Actor) -> Sequence[Document]:
        """All visible versions, newest first."""
        statement = (
            select(Document)
            .where(Document.series_id == series_id, self.visible_to(actor))
            .order_by(Document.created_at.desc(), Document.id.desc())
        )
        return (await self._session.scalars(statement)).all()

    async def newest_left(self, series_id: UUID) -> Document | None:
        """The newest version of a series that is not withdrawn, locked."""
        found: Document | None = await self._session.scalar(
            select(Document)
            .where(Document.series_id == series_id, Document.withdrawn_at.is_(None))
            .order_by(Document.created_at.desc(), Document.id.desc())
            .limit(1)
            .with_for_update()
        )
        return found

    async def add(self, row: Document | DocumentUpload) -> None:
        """Insert; a duplicate shows here."""
        self._session.add(row)
        await self._session.flush()

    async def processed(
        self,
        document_id: UUID,
        *,
        state: str,
        code: str | None,
        words: str = "",
        has_preview: bool = False,
        search_text: str,
    ) -> None:
        """Keep what reading a file gave. No edit of a person, so the version stays."""
        await self._session.execute(
            update(Document)
            .where(Document.id == document_id)
            .values(
                processing=state,
                processing_code=code,
                content_words=words,
                has_preview=has_preview,
                search_text=search_text,
            )
        )

    async def left_pending(self, before: datetime, limit: int) -> Sequence[UUID]:
        """Documents whose reading was never done: from before it was, or after a lost job."""
        statement = (
            select(Document.id)
            .where(Document.processing == "pending", Document.created_at < before)
            .order_by(Document.id)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def product_of(self, product_id: UUID) -> UUID | None:
        """The producer of a product, or None when there is no such product."""
        found: UUID | None = await self._session.scalar(
            select(Product.producer_id).where(Product.id == product_id)
        )
        return found

    async def is_cited(self, document_id: UUID) -> bool:
        """Whether a dossier, an appeal, a case of withdrawal or a report on an improvement relies on it."""
        citing = (DocumentCitation, AppealEvidence, WithdrawalEvidence, InspectionEvidence)
        cited = [select(one.document_id).where(one.document_id == document_id).exists() for one in citing]
        return (await self._session.scalar(select(or_(*cited)))) is True

    async def citations(self, document_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Dossiers by the document they rely on."""
        statement = (
            select(DocumentCitation.document_id, DocumentCitation.dossier_id)
            .where(DocumentCitation.document_id.in_(document_ids))
            .distinct()
            .order_by(DocumentCitation.dossier_id)
        )
        found: dict[UUID, list[UUID]] = {}
        for document_id, dossier_id in await self._session.execute(statement):
            found.setdefault(document_id, []).append(dossier_id)
        return found

    async def with_content(self, producer_id: UUID, kind: str, sha256: str) -> Document | None:
        """A producer's document of a kind with these bytes, the newest that is not withdrawn."""
        statement = (
            select(Document)
            .where(
                Document.producer_id == producer_id,
                Document.kind == kind,
                Document.sha256 == sha256,
                Document.withdrawn_at.is_(None),
            )
            .order_by(Document.current.desc(), Document.id.desc())
            .limit(1)
        )
        found: Document | None = await self._session.scalar(statement)
        return found

    async def cited_by(self, dossier_id: UUID) -> Sequence[Document]:
        """Every document a dossier was lodged with, oldest first."""
        cited = select(DocumentCitation.document_id).where(DocumentCitation.dossier_id == dossier_id)
        statement = select(Document).where(Document.id.in_(cited)).order_by(Document.id)
        return (await self._session.scalars(statement)).all()

    async def of_producer(self, document_ids: Collection[UUID], producer_id: UUID) -> set[UUID]:
        """Which of them are the producer's, withdrawn or not."""
        statement = select(Document.id).where(
            Document.id.in_(document_ids), Document.producer_id == producer_id
        )
        return set((await self._session.scalars(statement)).all())

    async def cited(self, dossier_id: UUID, document_id: UUID) -> Document | None:
        """A document a dossier was lodged with."""
        found: Document | None = await self._session.scalar(
            select(Document)
            .join(DocumentCitation, DocumentCitation.document_id == Document.id)
            .where(DocumentCitation.dossier_id == dossier_id, Document.id == document_id)
            .limit(1)
        )
        return found

    async def known(self, document_ids: Collection[UUID], actor: Actor) -> dict[UUID, tuple[Document, bool]]:
        """Documents by id, each with whether the actor may see it."""
        statement = select(Document, self.visible_to(actor)).where(Document.id.in_(document_ids))
        return {row.id: (row, bool(seen)) for row, seen in await self._session.execute(statement)}

    async def newest(self, document_ids: Collection[UUID]) -> dict[UUID, Document]:
        """The current version of the series of each document; withdrawn series are left out."""
        asked = aliased(Document)
        statement = (
            select(asked.id, Document)
            .join(Document, Document.series_id == asked.series_id)
            .where(asked.id.in_(document_ids), Document.current, Document.withdrawn_at.is_(None))
        )
        rows = await self._session.execute(statement)
        return {row[0]: row[1] for row in rows}

    async def usable(self, document_ids: Collection[UUID], producer_id: UUID) -> set[UUID]:
        """Which of them belong to the producer and are not withdrawn; they stay so until the commit."""
        statement = (
            select(Document.id)
            .where(
                Document.id.in_(document_ids),
                Document.producer_id == producer_id,
                Document.withdrawn_at.is_(None),
            )
            .order_by(Document.id)
            .with_for_update(read=True)
        )
        return set((await self._session.scalars(statement)).all())

    async def cite(self, dossier_id: UUID, version: int, document_ids: Collection[UUID]) -> None:
        """Note that a frozen version relies on documents."""
        rows = [
            {"document_id": document_id, "dossier_id": dossier_id, "version": version}
            for document_id in document_ids
        ]
        if rows:
            await self._session.execute(insert(DocumentCitation).on_conflict_do_nothing(), rows)

    async def find_upload(self, upload_id: UUID, *, lock: bool = False) -> DocumentUpload | None:
        """One upload, whoever asks; locked if wished."""
        statement = select(DocumentUpload).where(DocumentUpload.id == upload_id)
        if lock:
            statement = statement.with_for_update()
        found: DocumentUpload | None = await self._session.scalar(statement)
        return found

    async def outdated_uploads(self, before: datetime, limit: int) -> Sequence[UUID]:
        """Uploads whose time was over before an instant."""
        statement = (
            select(DocumentUpload.id)
            .where(DocumentUpload.expires_at < before)
            .order_by(DocumentUpload.expires_at)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def forget_uploads(self, upload_ids: Collection[UUID]) -> None:
        """Delete uploads."""
        await self._session.execute(delete(DocumentUpload).where(DocumentUpload.id.in_(upload_ids)))

    async def waiting_uploads(self, upload_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Which of them may still become documents."""
        statement = select(DocumentUpload.id).where(
            DocumentUpload.id.in_(upload_ids),
            DocumentUpload.document_id.is_(None),
            DocumentUpload.expires_at > now,
        )
        return set((await self._session.scalars(statement)).all())
