"""Rows of examinations, and of councils and reports as far as assessing a dossier needs them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.dossier_examinations import DossierExamination
from ocop_api.db.tables.scoring import Council, CouncilAdviser
from ocop_api.dossiers.examinations_schemas import ExaminationFilter, ExaminationState

_ROW = DossierExamination.__table__.c
_SORTS = Sorts(
    by_name={
        "created_at": [SortKey(_ROW.created_at, datetime), SortKey(_ROW.id, UUID)],
        "-created_at": [
            SortKey(_ROW.created_at, datetime, descending=True),
            SortKey(_ROW.id, UUID, descending=True),
        ],
    },
    default="created_at",
)


class ExaminationRepository:
    """Examinations of dossiers that the caller has found visible."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, dossier_id: UUID, examination_id: UUID) -> DossierExamination | None:
        """One examination of the dossier, read afresh."""
        statement = (
            select(DossierExamination)
            .where(DossierExamination.id == examination_id, DossierExamination.dossier_id == dossier_id)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one_or_none()

    async def page(self, dossier_id: UUID, wanted: ExaminationFilter) -> Rows:
        """One page of the examinations of a dossier."""
        statement = select(DossierExamination).where(DossierExamination.dossier_id == dossier_id)
        for name in ("kind", "state"):
            value = getattr(wanted, name)
            if value is not None:
                statement = statement.where(_ROW[name] == value)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def of_dossier(
        self, dossier_id: UUID, state: ExaminationState | None = None
    ) -> Sequence[DossierExamination]:
        """All examinations of a dossier, or those in one state, oldest first."""
        statement = select(DossierExamination).where(DossierExamination.dossier_id == dossier_id)
        if state is not None:
            statement = statement.where(DossierExamination.state == state.value)
        statement = statement.order_by(DossierExamination.created_at, DossierExamination.id)
        return (await self._session.scalars(statement)).all()


class AdvisoryRepository:
    """Who advises on dossiers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def council(self, council_id: UUID) -> tuple[Council, bool] | None:
        """A council and whether it has an advisory group; locked, so that neither changes meanwhile."""
        group = exists().where(CouncilAdviser.council_id == Council.id)
        statement = select(Council, group).where(Council.id == council_id).with_for_update(read=True)
        row = (await self._session.execute(statement)).one_or_none()
        return None if row is None else (row[0], bool(row[1]))
