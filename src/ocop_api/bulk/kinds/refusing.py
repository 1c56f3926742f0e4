"""Telling at which cell a register refused a row."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from ocop_api.bulk.findings import Finding, RowRejectedError
from ocop_api.db.violations import as_domain_error
from ocop_api.domain.errors import DomainError, Forbidden


def before_writing(rejection: RowRejectedError) -> bool:
    """Whether a kind rejected the row itself, before a register was touched.

    What a register refused leaves the transaction unusable, so it has to be raised.
    """
    return isinstance(rejection.__cause__, Forbidden) or rejection.__cause__ is None


@contextmanager
def refused_at(columns: Mapping[str, str], *, place: str = "—") -> Iterator[None]:
    """Turn what the registers refuse into a rejection at the column that ``columns`` names by code.

    ``place`` is told when the thing lies outside of the actor's area.

    Raises:
        RowRejectedError: in place of a domain error or a known violation of a constraint.
    """
    try:
        yield
    except Forbidden as error:
        raise RowRejectedError(Finding(None, "bulk.outside_your_area", {"place": place})) from error
    except DomainError as error:
        raise RowRejectedError(Finding(columns.get(error.code), error.code, error.data)) from error
    except DBAPIError as error:
        known = as_domain_error(error)
        if known is None:
            raise
        raise RowRejectedError(Finding(columns.get(known.code), known.code, known.data)) from error
