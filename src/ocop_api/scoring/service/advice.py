"""Advice on a sheet that nobody has to store."""

import asyncio

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.advice import advise, check_target
from ocop_api.domain.rubric.criteria import Language
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.rubric.faults import SheetFault, SheetInvalid
from ocop_api.scoring.schemas.advice import AdviceRead, AdviceRequest, advice_read
from ocop_api.scoring.service.rubric import sheet_of


async def advise_content(
    edition: str, set_number: int, request: AdviceRequest, language: Language
) -> AdviceRead:
    """What would bring these choices to the star aimed at.

    Raises:
        SheetInvalid: with every fault of the choices and gates, and that of the star, if it has one too.
        Invalid: ``rubric.unknown_target_star`` when the star alone is at fault.
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """
    header = load_edition(edition)
    header.criteria_set(set_number)
    unknown_star: Invalid | None = None
    try:
        check_target(header, request.target_star)
    except Invalid as fault:
        unknown_star = fault
    try:
        sheet = sheet_of(edition, set_number, request)
    except SheetInvalid as invalid:
        if unknown_star is None:
            raise
        raise SheetInvalid([*invalid.faults, SheetFault("/body/target_star", unknown_star)]) from None
    if unknown_star is not None:
        raise unknown_star
    # The search may take longer than anything else should wait for.
    advice = await asyncio.to_thread(advise, sheet, request.target_star, limit=request.limit)
    return advice_read(advice, language)
