"""Finding by words without accents: ``ca phe`` finds "Cà phê"."""

from typing import Any

from sqlalchemy import ColumnElement, cast, false
from sqlalchemy.dialects.postgresql import TSQUERY

from ocop_api.domain.vietnamese import fold


def has_words(vector: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    """The condition that ``vector`` holds every typed word, the last one perhaps unfinished.

    Text without a letter or digit finds nothing.
    """
    words = fold(typed).split()
    if not words:
        return false()
    # Folded words are letters and digits only, so quoting them cannot be escaped from.
    query = " & ".join(f"'{word}'" for word in words) + ":*"
    return vector.bool_op("@@")(cast(query, TSQUERY))
