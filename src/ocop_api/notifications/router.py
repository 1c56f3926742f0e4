"""The caller's notices."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from ocop_api.notifications.schemas import NotificationFilter, NotificationRead
from ocop_api.notifications.service import NotificationService
from ocop_api.web.caller import Caller, Now
from ocop_api.web.problems import language_of
from ocop_api.web.routing import feature_router
from ocop_api.web.schemas import Page
from ocop_api.web.session import ReadSession, WriteSession

router = feature_router("/v1/notifications", "notifications")
routers = (router,)


@router.get("")
async def list_notifications(
    request: Request,
    session: ReadSession,
    caller: Caller,
    now: Now,
    wanted: Annotated[NotificationFilter, Query()],
) -> Page[NotificationRead]:
    """List the caller's notices, newest first, worded in the language of `Accept-Language`."""
    return await NotificationService(session, caller, now(), language_of(request)).page(wanted)


@router.post("/{notification_id}/read")
async def read_notification(
    request: Request, notification_id: UUID, session: WriteSession, caller: Caller, now: Now
) -> NotificationRead:
    """Mark one of the caller's notices read; the first time of reading stays."""
    service = NotificationService(session, caller, now(), language_of(request))
    return await service.mark_read(notification_id)
