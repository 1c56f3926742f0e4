"""Rows of comments, samples and single frozen versions, of dossiers the caller has found visible."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.dossier_remarks import DossierComment, DossierSample
from ocop_api.db.tables.dossiers import Dossier, DossierStep, DossierVersion
from ocop_api.domain.dossier import Action, State
from ocop_api.dossiers.comments_schemas import CommentFilter

_COMMENT = DossierComment.__table__.c
_SAMPLE = DossierSample.__table__.c
_COMMENT_SORTS = Sorts(
    by_name={
        "created_at": [SortKey(_COMMENT.created_at, datetime), SortKey(_COMMENT.id, UUID)],
        "-created_at": [
            SortKey(_COMMENT.created_at, datetime, descending=True),
            SortKey(_COMMENT.id, UUID, descending=True),
        ],
    },
    default="created_at",
)
_SAMPLE_SORTS = Sorts(
    by_name={
        "created_at": [SortKey(_SAMPLE.created_at, datetime), SortKey(_SAMPLE.id, UUID)],
        "-created_at": [
            SortKey(_SAMPLE.created_at, datetime, descending=True),
            SortKey(_SAMPLE.id, UUID, descending=True),
        ],
    },
    default="created_at",
)


class CommentRepository:
    """Comments, as far as one side may read them.

    Those who act for the producer see what is not internal; everybody else what is not about the draft.
    """

    def __init__(self, session: AsyncSession, *, for_producer: bool) -> None:
        self._session = session
        hidden = DossierComment.internal if for_producer else DossierComment.version_number.is_(None)
        self._readable = ~hidden

    async def find(self, dossier_id: UUID, comment_id: UUID) -> DossierComment | None:
        """One readable comment of the dossier, read afresh."""
        statement = (
            select(DossierComment)
            .where(DossierComment.id == comment_id, DossierComment.dossier_id == dossier_id, self._readable)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, dossier_id: UUID, wanted: CommentFilter) -> Rows:
        """One page of the readable comments of a dossier."""
        statement = select(DossierComment).where(DossierComment.dossier_id == dossier_id, self._readable)
        if wanted.section is not None:
            statement = statement.where(DossierComment.section == wanted.section.value)
        if wanted.version_number is not None:
            statement = statement.where(DossierComment.version_number == wanted.version_number)
        if wanted.unresolved is not None:
            open_ones = DossierComment.resolved_at.is_(None)
            statement = statement.where(open_ones if wanted.unresolved else ~open_ones)
        return await fetch_page(self._session, statement, _COMMENT_SORTS, wanted.slice())


class SampleRepository:
    """Records of samples."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, dossier_id: UUID, sample_id: UUID) -> DossierSample | None:
        """One record of the dossier, read afresh."""
        statement = (
            select(DossierSample)
            .where(DossierSample.id == sample_id, DossierSample.dossier_id == dossier_id)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, dossier_id: UUID, wanted: Slice) -> Rows:
        """One page of the records of a dossier."""
        statement = select(DossierSample).where(DossierSample.dossier_id == dossier_id)
        return await fetch_page(self._session, statement, _SAMPLE_SORTS, wanted)

    async def arrivals(self, dossier_id: UUID, level: str) -> int:
        """How often a lower council's result has sent the dossier up to a level."""
        statement = (
            select(func.count())
            .select_from(DossierStep)
            .where(
                DossierStep.dossier_id == dossier_id,
                DossierStep.action == Action.FORWARD.value,
                DossierStep.from_state == State.AWAITING_DECISION.value,
                DossierStep.to_level == level,
            )
        )
        return (await self._session.execute(statement)).scalar_one()

    async def units(self, dossier_id: UUID, for_level: str, arrival: int) -> int:
        """Sum of the units that hold for a council."""
        statement = select(func.coalesce(func.sum(DossierSample.units), 0)).where(
            DossierSample.dossier_id == dossier_id,
            DossierSample.for_level == for_level,
            DossierSample.arrival == arrival,
            DossierSample.cancelled_at.is_(None),
        )
        return int((await self._session.execute(statement)).scalar_one())


class VersionRepository:
    """Single frozen versions, and the dossier a product's recognition came from."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, dossier_id: UUID, number: int) -> DossierVersion | None:
        """One frozen version by number."""
        statement = select(DossierVersion).where(
            DossierVersion.dossier_id == dossier_id, DossierVersion.number == number
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def latest(self, dossier_id: UUID) -> DossierVersion | None:
        """The last frozen version; None of a draft."""
        statement = (
            select(DossierVersion)
            .where(DossierVersion.dossier_id == dossier_id)
            .order_by(DossierVersion.number.desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def latest_number(self, dossier_id: UUID) -> int | None:
        """Number of the last frozen version; None of a draft."""
        statement = select(func.max(DossierVersion.number)).where(DossierVersion.dossier_id == dossier_id)
        return (await self._session.execute(statement)).scalar_one()

    async def recognised_before(self, dossier: Dossier) -> Dossier | None:
        """The latest recognised dossier of the same product from before this one."""
        # A product has one open dossier at a time, so the order of making is the order of recognition.
        earlier = tuple_(Dossier.created_at, Dossier.id) < tuple_(dossier.created_at, dossier.id)
        statement = (
            select(Dossier)
            .where(
                Dossier.product_id == dossier.product_id,
                Dossier.state == State.RECOGNISED.value,
                earlier,
            )
            .order_by(Dossier.created_at.desc(), Dossier.id.desc())
            .limit(1)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()
