"""Decisions of recognition, their annexes and signed papers. Decisions are public; there is no row scope."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.certificates.decisions_schemas import DecisionFilter
from ocop_api.certificates.repository import CertificateRecord, with_ends
from ocop_api.db.paging import Rows, Slice, SortKey, Sorts, fetch_page
from ocop_api.db.tables.certificates import Certificate
from ocop_api.db.tables.dossiers import Dossier
from ocop_api.db.tables.recognition_decisions import RecognitionDecision, SignedDecision
from ocop_api.domain.errors import Unavailable

_TABLE = RecognitionDecision.__table__.c
_ID = SortKey(_TABLE.id, UUID)
_SORTS = Sorts(
    {
        "-decided_on": (SortKey(_TABLE.decided_on, date, descending=True), _ID),
        "decided_on": (SortKey(_TABLE.decided_on, date), _ID),
        "number": (SortKey(_TABLE.number, str), _ID),
    },
    default="-decided_on",
)
_PLACE = Certificate.__table__.c.annex_place
_ANNEX_SORTS = Sorts({"annex_place": (SortKey(_PLACE, int),)}, default="annex_place")
_SIGNED = SortKey(SignedDecision.__table__.c.id, UUID, descending=True)
_SIGNED_SORTS = Sorts({"-uploaded": (_SIGNED,)}, default="-uploaded")


@dataclass(frozen=True, slots=True)
class AnnexRow:
    """A certificate of an annex with the product code of its dossier."""

    record: CertificateRecord
    product_code: str | None


class DecisionRepository:
    """Rows of decisions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, key: Mapping[str, Any]) -> RecognitionDecision | None:
        """The decision with this ``level``, ``place_id``, ``number`` and ``decided_on``, locked."""
        statement = select(RecognitionDecision).where(
            RecognitionDecision.level == key["level"],
            RecognitionDecision.place_id.is_not_distinct_from(key["place_id"]),
            RecognitionDecision.number == key["number"],
            RecognitionDecision.decided_on == key["decided_on"],
        )
        return (await self._session.scalars(statement.with_for_update())).one_or_none()

    async def find_or_add(
        self, key: Mapping[str, Any], values: Mapping[str, Any]
    ) -> tuple[RecognitionDecision, bool]:
        """As ``find``; made of the values if there is none. True when it is new.

        Whoever makes the same one at the same time waits here and then finds it.
        """
        added = await self._session.execute(
            insert(RecognitionDecision)
            .values({**key, **values})
            .on_conflict_do_nothing(constraint="uq_recognition_decision__issuer_number_day")
            .returning(RecognitionDecision.id)
        )
        new = added.first() is not None
        found = await self.find(key)
        if found is None:
            raise Unavailable("request.database_unavailable")
        return found, new

    async def get(self, decision_id: UUID, *, lock: bool = False) -> RecognitionDecision | None:
        """One decision; ``lock`` holds its row until the transaction ends."""
        statement = select(RecognitionDecision).where(RecognitionDecision.id == decision_id)
        if lock:
            statement = statement.with_for_update()
        return (await self._session.scalars(statement)).one_or_none()

    async def next_place(self, decision_id: UUID) -> int:
        """The next place in the annex of a locked decision."""
        statement = select(func.coalesce(func.max(Certificate.annex_place), 0) + 1).where(
            Certificate.recognition_decision_id == decision_id
        )
        return int((await self._session.execute(statement)).scalar_one() or 1)

    async def page(self, wanted: DecisionFilter) -> Rows:
        """One page of decisions."""
        statement = select(RecognitionDecision)
        if wanted.year is not None:
            first, last = date(wanted.year, 1, 1), date(wanted.year, 12, 31)
            statement = statement.where(RecognitionDecision.decided_on.between(first, last))
        if wanted.level is not None:
            statement = statement.where(RecognitionDecision.level == wanted.level)
        if wanted.place_id is not None:
            statement = statement.where(RecognitionDecision.area_path.contains([wanted.place_id]))
        if wanted.number is not None:
            statement = statement.where(RecognitionDecision.number == wanted.number)
        return await fetch_page(self._session, statement, _SORTS, wanted.slice())

    async def stars(self, decision_ids: Collection[UUID]) -> dict[UUID, dict[int, int]]:
        """By decision, how many products of its annex have how many stars."""
        statement = (
            select(Certificate.recognition_decision_id, Certificate.stars, func.count())
            .where(Certificate.recognition_decision_id.in_(decision_ids))
            .group_by(Certificate.recognition_decision_id, Certificate.stars)
            .order_by(Certificate.stars)
        )
        found: dict[UUID, dict[int, int]] = {}
        for decision_id, stars, count in await self._session.execute(statement):
            if decision_id is not None:
                found.setdefault(decision_id, {})[stars] = count
        return found

    async def annex(self, decision_id: UUID, wanted: Slice) -> Rows:
        """One page of ``AnnexRow`` in the order of the annex."""
        statement = (
            with_ends()
            .add_columns(Dossier.product_code)
            .outerjoin(Dossier, Dossier.id == Certificate.dossier_id)
            .where(Certificate.recognition_decision_id == decision_id)
        )
        rows = await fetch_page(self._session, statement, _ANNEX_SORTS, wanted, scalars=False)
        items = [AnnexRow(CertificateRecord(*row[:-1]), row[-1]) for row in rows.items]
        return Rows(items=items, next_cursor=rows.next_cursor, total=rows.total)

    async def annex_between(self, decision_id: UUID, first: int, last: int) -> list[AnnexRow]:
        """The places ``first`` to ``last`` of an annex, in order."""
        statement = (
            with_ends()
            .add_columns(Dossier.product_code)
            .outerjoin(Dossier, Dossier.id == Certificate.dossier_id)
            .where(
                Certificate.recognition_decision_id == decision_id,
                Certificate.annex_place.between(first, last),
            )
            .order_by(Certificate.annex_place)
        )
        rows = await self._session.execute(statement)
        return [AnnexRow(CertificateRecord(*row[:-1]), row[-1]) for row in rows]

    async def current_signed(self, decision_ids: Collection[UUID]) -> dict[UUID, SignedDecision]:
        """By decision, the signed paper that counts."""
        later = select(SignedDecision.replaces_id).where(SignedDecision.replaces_id.is_not(None))
        statement = select(SignedDecision).where(
            SignedDecision.decision_id.in_(decision_ids), SignedDecision.id.not_in(later)
        )
        return {row.decision_id: row for row in await self._session.scalars(statement)}

    async def signed(self, decision_id: UUID, wanted: Slice) -> Rows:
        """One page of the signed papers of a decision, the latest first."""
        statement = select(SignedDecision).where(SignedDecision.decision_id == decision_id)
        return await fetch_page(self._session, statement, _SIGNED_SORTS, wanted)

    async def find_signed(self, decision_id: UUID, signed_id: UUID) -> SignedDecision | None:
        """One signed paper of a decision."""
        statement = select(SignedDecision).where(
            SignedDecision.id == signed_id, SignedDecision.decision_id == decision_id
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def replaced(self, signed_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the signed papers that another one took the place of."""
        statement = select(SignedDecision.replaces_id).where(SignedDecision.replaces_id.in_(signed_ids))
        return {found for found in await self._session.scalars(statement) if found is not None}
