"""How many of the certificates of an area were inspected, for the plans of the programme above."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.inspections.repository.candidates import CandidateRepository
from ocop_api.inspections.schemas.plans import InspectionCandidateQuery, Which


class InspectionCounts:
    """Counts over everybody's inspections; figures of a province are public, single findings are not."""

    def __init__(self, session: AsyncSession) -> None:
        self._rows = CandidateRepository(session)

    async def expiring(self, area: str, year: int, until: date) -> tuple[int, int]:
        """Of the certificates whose term ends in a year, those inspected in it until a day; and all of them.

        Certificates withdrawn or replaced by that day are not among them.
        """
        query = InspectionCandidateQuery(which=Which.EXPIRING, expiring_year=year, on=until, place_id=area)
        return await self._rows.share_inspected(query, until)

    async def in_force(self, area: str, on: date) -> tuple[int, int]:
        """Of the certificates in force on a day, those inspected in its year until then; and all of them."""
        query = InspectionCandidateQuery(which=Which.IN_FORCE, on=on, place_id=area)
        return await self._rows.share_inspected(query, on)
