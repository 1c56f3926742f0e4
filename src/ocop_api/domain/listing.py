"""Selling channels and the life of a listing on one of them.

The plan of 2024 (230/KH-UBND, I.2 and task 6) wants every OCOP product on at least one e-commerce
platform, and on the province's website; a listing counts only while it is live.
"""

from enum import StrEnum

from ocop_api.domain.errors import RuleViolation


class ChannelKind(StrEnum):
    """What a channel is; only ``ecommerce`` counts for the plan's e-commerce target."""

    ECOMMERCE = "ecommerce"
    """E-commerce platform (*sàn giao dịch thương mại điện tử*)."""
    SOCIAL = "social"
    """Social network or live stream (*bán hàng tương tác trực tiếp*)."""
    WEBSITE = "website"
    """Own or provincial website."""
    STORE = "store"
    """Shop or display point (*điểm giới thiệu và bán sản phẩm*)."""


class ListingState(StrEnum):
    """Where a listing stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under_review"
    LIVE = "live"
    REJECTED = "rejected"
    DELISTED = "delisted"


class ListingAction(StrEnum):
    """What can be done to a listing."""

    SUBMIT = "submit"
    REVIEW = "review"
    PUBLISH = "publish"
    REJECT = "reject"
    DELIST = "delist"
    REDRAFT = "redraft"


class ListingSource(StrEnum):
    """Who says so: the channel's own interface, an imported file, or a person."""

    API = "api"
    IMPORT = "import"
    DECLARED = "declared"


_S, _A = ListingState, ListingAction
TRANSITIONS: dict[tuple[ListingState, ListingAction], ListingState] = {
    (_S.DRAFT, _A.SUBMIT): _S.SUBMITTED,
    (_S.DRAFT, _A.PUBLISH): _S.LIVE,
    (_S.SUBMITTED, _A.REVIEW): _S.UNDER_REVIEW,
    (_S.SUBMITTED, _A.PUBLISH): _S.LIVE,
    (_S.SUBMITTED, _A.REJECT): _S.REJECTED,
    (_S.UNDER_REVIEW, _A.PUBLISH): _S.LIVE,
    (_S.UNDER_REVIEW, _A.REJECT): _S.REJECTED,
    (_S.LIVE, _A.DELIST): _S.DELISTED,
    (_S.REJECTED, _A.REDRAFT): _S.DRAFT,
    (_S.DELISTED, _A.PUBLISH): _S.LIVE,
    (_S.DELISTED, _A.REDRAFT): _S.DRAFT,
}
"""A listing declared by a person may go live at once: the shop page is there already."""


def allowed(state: ListingState) -> tuple[ListingAction, ...]:
    """The actions that have a place in this state, sorted."""
    return tuple(sorted(action for (origin, action) in TRANSITIONS if origin is state))


def apply(state: ListingState, action: ListingAction) -> ListingState:
    """The state after an action.

    Raises:
        RuleViolation: ``listings.action_not_allowed`` with the actions that are.
    """
    target = TRANSITIONS.get((state, action))
    if target is None:
        raise RuleViolation(
            "listings.action_not_allowed",
            state=state.value,
            action=action.value,
            allowed=list(allowed(state)),
        )
    return target
