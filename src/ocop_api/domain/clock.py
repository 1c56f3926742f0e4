"""Vietnam's calendar over UTC instants. The present itself is always handed in."""

from datetime import date, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Vietnam keeps UTC+7 all year; a fixed offset needs no time zone database on the machine."""


def vietnam_date(instant: datetime) -> date:
    """The calendar date in Vietnam at an aware instant; legal dates and deadlines count by it."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return instant.astimezone(VIETNAM).date()
