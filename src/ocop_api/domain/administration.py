"""The levels of administration over time (Decision 19/2025/QĐ-TTg: two tiers since 01/07/2025)."""

from datetime import date
from typing import Final

from ocop_api.domain.actor import Level

LAST_DAY_OF_DISTRICTS: Final = date(2025, 6, 30)
"""Districts, and the structure of 63 provinces, ended with this day."""


def level_in_charge(level: Level, today: date) -> Level:
    """The level whose grants act for ``level`` today.

    The decisions do not say who finishes a file a district held when districts ended; our default is the
    province, whose grants cover the old area through its successors.
    """
    if level is Level.DISTRICT and today > LAST_DAY_OF_DISTRICTS:
        return Level.PROVINCE
    return level
