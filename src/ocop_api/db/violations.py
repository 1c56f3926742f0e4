"""What a violated constraint means in the words of the trade.

Uniqueness rests on constraints, never on looking first. A table says what its constraint means in
``info={"code": "<feature>.<what>"}``; this module finds it by the name PostgreSQL reports.
"""

from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError

from ocop_api.db.base import Base
from ocop_api.domain.errors import Conflict, DomainError, Invalid

_UNIQUE = "23505"
_FOREIGN_KEY = "23503"
_EXCLUSION = "23P01"


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for table in Base.metadata.tables.values():
        for item in (*table.constraints, *table.indexes):
            code = item.info.get("code")
            name = getattr(item, "name", None)
            if code is not None and name is not None:
                codes[str(name)] = code
    return codes


def sqlstate_of(error: DBAPIError) -> str:
    """The five-character SQLSTATE behind an SQLAlchemy error, or an empty string."""
    return str(_attribute(error, "sqlstate") or "")


def constraint_of(error: DBAPIError) -> str:
    """The name of the violated constraint, or an empty string."""
    return str(_attribute(error, "constraint_name") or "")


def _attribute(error: DBAPIError, name: str) -> Any:
    # SQLAlchemy wraps asyncpg's error twice; the innermost one carries the server's fields.
    seen: BaseException | None = error.orig
    while seen is not None:
        value = getattr(seen, name, None)
        if value is not None:
            return value
        seen = seen.__cause__
    return None


def as_domain_error(error: DBAPIError) -> DomainError | None:
    """The refusal behind a database error, or None when it is a fault of ours.

    23xxx (constraint) becomes ``Conflict`` with the constraint's own code, or ``db.conflict``;
    22xxx (a value that PostgreSQL cannot hold) becomes ``Invalid`` ``request.value_out_of_range``.
    """
    state = sqlstate_of(error)
    if state.startswith("22"):
        return Invalid("request.value_out_of_range")
    if state.startswith("23"):
        name = constraint_of(error)
        fallback = {_UNIQUE: "db.duplicate", _FOREIGN_KEY: "db.still_referenced", _EXCLUSION: "db.overlap"}
        return Conflict(_codes().get(name) or fallback.get(state, "db.conflict"), constraint=name)
    return None
