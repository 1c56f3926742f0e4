"""The kinds of evidence as published: limits, and the criteria of a set each one proves."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from ocop_api.db.edition_shelf import EditionShelf
from ocop_api.documents.content import ACCEPTED
from ocop_api.documents.schemas import KindList, KindRead, MediaType
from ocop_api.domain.evidence import KINDS
from ocop_api.domain.regimes import REGIMES, regime_on
from ocop_api.domain.rubric.edition import load_edition


async def kinds_on(session: AsyncSession, day: date, set_number: int | None) -> KindList:
    """All kinds on a day; with the criteria they prove in one set of the edition in force."""
    known = [law.criteria_edition for law in REGIMES if law.criteria_edition]
    edition = await EditionShelf(session).under(regime_on(day).criteria_edition, day) or known[-1]
    titles: dict[str, str] = {}
    if set_number is not None:
        criteria = load_edition(edition).criteria_set(set_number).criteria
        titles = {code: criterion.text.vi for code, criterion in criteria.items()}
    items = [
        KindRead(
            kind=kind,
            item=facts.item,
            vi=facts.vi,
            en=facts.en,
            max_bytes=facts.limit,
            media_types=[MediaType(name) for name in ACCEPTED],
            criteria=facts.criteria(titles),
        )
        for kind, facts in KINDS.items()
    ]
    return KindList(edition=edition, items=items)
