"""What happened to a record, as people read it."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from ocop_api.db.paging import Rows
from ocop_api.producers.merge_schemas import HistoryEntry
from ocop_api.producers.schemas import ProducerPrivate
from ocop_api.web.schemas import Page

PRIVATE_FIELDS = frozenset(ProducerPrivate.model_fields)
"""Fields of a producer whose very change is no matter of the public."""


def entries(rows: Rows, *, insider: bool, hidden: Collection[str] = ()) -> Page[HistoryEntry]:
    """A page of events as entries; who did it and the ``hidden`` fields are for insiders."""
    items = [
        HistoryEntry(
            at=event.at,
            kind=event.kind,
            record_id=UUID(event.subject_id),
            fields=[name for name in _fields(event.data) if insider or name not in hidden],
            change=event.data.get("change"),
            by=name if insider else None,
        )
        for event, name in rows.items
    ]
    return Page.of(rows, items)


def _fields(data: dict[str, Any]) -> Iterable[str]:
    fields = data.get("fields")
    return fields if isinstance(fields, list) else []
