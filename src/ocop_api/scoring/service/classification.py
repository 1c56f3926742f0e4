"""The sets that a product's name speaks for."""

from ocop_api.domain.rubric.classifying import classify
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.scoring.schemas.classification import (
    ClassificationMatch,
    ProductClassification,
    TellingWordRead,
)
from ocop_api.scoring.schemas.editions import set_summary


def classified(edition_code: str, q: str, limit: int) -> ProductClassification:
    """Ranked sets of an edition for what was asked.

    Raises:
        NotFound: ``rubric.unknown_edition``.
    """
    edition = load_edition(edition_code)
    return ProductClassification(
        edition=edition.code,
        q=q,
        items=[
            ClassificationMatch(
                set=set_summary(edition.criteria_set(found.set_number)),
                share=found.share,
                words=[TellingWordRead.model_validate(word) for word in found.words],
            )
            for found in classify(q, edition, limit=limit)
        ],
    )
