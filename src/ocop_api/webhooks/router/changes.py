"""Delta synchronisation."""

from typing import Annotated

from fastapi import Query

from ocop_api.web.caller import Visitor
from ocop_api.web.problems import refusal
from ocop_api.web.routing import feature_router
from ocop_api.web.session import ReadSession
from ocop_api.webhooks.schemas import ChangesQuery, ChangesRead
from ocop_api.webhooks.service.changes import ChangeService

router = feature_router("/v1/changes", "changes")


@router.get(
    "",
    responses=refusal(
        410,
        "The token does not fit this ledger or this caller any more: fetch everything anew, then follow "
        "from `since=now` taken before",
    ),
)
async def list_changes(
    session: ReadSession, visitor: Visitor, wanted: Annotated[ChangesQuery, Query()]
) -> ChangesRead:
    """List what changed after a token, strictly ordered; nothing committed late is ever skipped.

    The public sees changes of products and certificates; callers with `ledger:read` see every kind in
    their areas too. New changes appear within about a minute.
    """
    return await ChangeService(session, visitor).since(wanted)
