"""What the API takes and gives about keys of machines, password resets and invitations."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from ocop_api.accounts.schemas import Email, GivenToken, GrantCreate, NewPassword
from ocop_api.domain.actor import Permission
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText

_ID = ["0197f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]
_PLACE = ["34:24611"]
_AT = ["2026-06-15T02:00:00Z"]
_LATER = ["2027-06-15T02:00:00Z"]
_SCOPES: list[list[str]] = [["product:read", "product:edit"]]
_KEY = ["ocop_key_4f7k2m9q1x_" + "Zk3m0gJcV3y0S8m7eXhYQv1v1b0l2m3n4o5p6q7r8s9tUvW01"]
_EMAIL = ["lan.nguyen@example.vn"]
_PASSWORD = ["một câu dài dễ nhớ"]
_RESET = ["ocop_pr_Zk3m0gJcV3y0S8m7eXhYQv1v1b0l2m3n4o5p6q7r8s9"]
_INVITATION = ["ocop_iv_Zk3m0gJcV3y0S8m7eXhYQv1v1b0l2m3n4o5p6q7r8s9"]


class ApiKeyCreate(Input):
    """A new key of the caller's."""

    name: ShortText = Field(description="what it is for, to recognise it by", examples=["Đồng bộ sàn TMĐT"])
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=100)] = Field(
        description="permissions the caller holds now; when the key is used, those the caller still "
        "holds then. `grant:assign` and `user:create` need a person.",
        examples=_SCOPES,
    )
    expires_at: AwareDatetime = Field(description="at most 366 days from now", examples=_LATER)
    place_id: Code | None = Field(
        None, description="only area the key acts in; wherever the caller may, if left out", examples=_PLACE
    )


class ApiKeyRead(Output):
    """A key as its owner and administrators see it; the key itself is shown once, when it is made."""

    id: UUID = Field(examples=_ID)
    name: str = Field(examples=["Đồng bộ sàn TMĐT"])
    prefix: str = Field(description="the key begins with it", examples=["ocop_key_4f7k2m9q1x"])
    scopes: list[Permission] = Field(examples=_SCOPES)
    place_id: str | None = Field(examples=_PLACE)
    created_at: Instant = Field(examples=_AT)
    expires_at: Instant = Field(examples=_LATER)
    last_used_at: Instant | None = Field(description="to the minute; null if never", examples=_AT)
    replaced_by: UUID | None = Field(description="the key that takes its place", examples=[None])
    revoked_at: Instant | None = Field(examples=[None])
    version: int = Field(examples=[1])


class ApiKeyCreated(ApiKeyRead):
    """A new key, with the key itself. It cannot be fetched again."""

    key: str = Field(description="send as `Authorization: Bearer …`; keep it like a password", examples=_KEY)


class ApiKeyRotate(Input):
    """How long the old key goes on beside the new one."""

    overlap_hours: int = Field(24, ge=0, le=168, description="0 ends the old key at once", examples=[24])


class ApiKeys(Output):
    """Keys of one user that are not revoked, newest first."""

    items: list[ApiKeyRead]


class PasswordResetRequest(Input):
    """Whose password is forgotten."""

    email: str = Field(min_length=1, max_length=254, examples=_EMAIL)


class PasswordResetAccepted(Output):
    """What is said in any case, whether the e-mail has an account or not."""

    valid_minutes: int = Field(description="how long a link that has been sent holds", examples=[30])


class PasswordResetConfirm(Input):
    """The token of the letter and the password that shall hold from now on."""

    token: GivenToken = Field(examples=_RESET)
    new_password: NewPassword = Field(examples=_PASSWORD)


class InvitationState(StrEnum):
    """How an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class InvitationCreate(Input):
    """Who is asked to take an account, at home where, with which roles."""

    email: Email = Field(examples=_EMAIL)
    place_id: Code | None = Field(
        None,
        description="area whose administrators keep the account; without it only administrators of all do",
        examples=_PLACE,
    )
    grants: Annotated[list[GrantCreate], Field(max_length=20)] = Field(
        description="roles from the moment of acceptance; `valid_from` has no place here",
        examples=[[{"role": "officer", "bound": "area", "place_id": "34:24611"}]],
    )


class InvitationFilter(PageQuery):
    """Which invitations to list. Sorts: `created`, `-created`."""

    state: InvitationState | None = Field(None, description="only those that stand so")


class InvitationRead(Output):
    """An invitation as administrators see it."""

    id: UUID = Field(examples=_ID)
    email: str = Field(examples=_EMAIL)
    place_id: str | None = Field(examples=_PLACE)
    grants: list[GrantCreate]
    state: InvitationState = Field(examples=["open"])
    invited_by: UUID = Field(examples=_ID)
    created_at: Instant = Field(examples=_AT)
    sent_at: Instant | None = Field(description="when the newest letter was written", examples=_AT)
    expires_at: Instant = Field(examples=["2026-06-29T02:00:00Z"])
    accepted_at: Instant | None = Field(examples=[None])
    accepted_by: UUID | None = Field(examples=[None])
    withdrawn_at: Instant | None = Field(examples=[None])
    version: int = Field(examples=[1])


class InvitationAnswer(Input):
    """The token of the letter, for somebody who has signed in."""

    token: GivenToken = Field(examples=_INVITATION)


class InvitationAccept(InvitationAnswer):
    """The token of the letter, and the account to make."""

    display_name: ShortText = Field(examples=["Nguyễn Thị Lan"])
    password: NewPassword = Field(examples=_PASSWORD)
