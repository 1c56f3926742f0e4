"""Rows of self-assessments and who may see them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import TEXT, ColumnElement, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.assessments.schemas import AssessmentFilter
from ocop_api.db.paging import Rows, SortKey, Sorts, fetch_page
from ocop_api.db.tables.products import Product
from ocop_api.db.tables.self_assessment import SelfAssessment
from ocop_api.domain.actor import Actor, Permission

_columns = SelfAssessment.__table__.c
_SORTS = Sorts(
    by_name={
        "-created_at": [
            SortKey(_columns.created_at, datetime, descending=True),
            SortKey(_columns.id, UUID, descending=True),
        ],
        "created_at": [SortKey(_columns.created_at, datetime), SortKey(_columns.id, UUID)],
    },
    default="-created_at",
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Those of products the actor looks after: its producer's people and the officers of its area."""
    scope = actor.scope(Permission.PRODUCT_READ)
    return or_(
        literal(scope.everywhere),
        Product.area_path.overlap(literal(sorted(scope.place_ids), ARRAY(TEXT))),
        Product.producer_id.in_(scope.producer_ids),
    )


class AssessmentRepository:
    """Self-assessments in one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(
        self, assessment_id: UUID, actor: Actor, *, lock: bool
    ) -> tuple[SelfAssessment, Product] | None:
        """One visible row with its product, read afresh and locked if wished."""
        statement = (
            select(SelfAssessment, Product)
            .join(Product, Product.id == SelfAssessment.product_id)
            .where(SelfAssessment.id == assessment_id, visible_to(actor))
        )
        if lock:
            statement = statement.with_for_update(of=SelfAssessment).execution_options(populate_existing=True)
        found = (await self._session.execute(statement)).one_or_none()
        return None if found is None else (found[0], found[1])

    async def page(self, product_id: UUID, wanted: AssessmentFilter) -> Rows:
        """One page of a product's rows."""
        statement = select(SelfAssessment).where(SelfAssessment.product_id == product_id)
        if wanted.state is not None:
            statement = statement.where(SelfAssessment.state == wanted.state.value)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def remove(self, row: SelfAssessment) -> None:
        """Delete a row; copies of it stay."""
        await self._session.delete(row)
        # The ledger event that follows tells of what is gone.
        await self._session.flush()
