"""What the accounts API takes and gives."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from ocop_api.domain.actor import Bound, Level, Permission, Role
from ocop_api.web.schemas import Code, Input, Instant, Output, PageQuery, ShortText

Email = Annotated[
    str,
    # Signs that mean something in the header of a letter stay out: one address is one person.
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+\.[^@\s.,;:<>()\[\]\\\"]+$",
    ),
]
# Plain text kept out of every repr; pydantic's SecretStr would call a short password a short list.
_UNSEEN = Field(repr=False, json_schema_extra={"format": "password", "writeOnly": True})
NewPassword = Annotated[str, StringConstraints(min_length=10, max_length=128), _UNSEEN]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=200), _UNSEEN]
GivenToken = Annotated[str, StringConstraints(min_length=1, max_length=200), _UNSEEN]

_EMAIL = ["lan.nguyen@example.vn"]
_NAME = ["Nguyễn Thị Lan"]
_ID = ["0197f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]
_PLACE = ["34:24611"]
_AT = ["2026-06-15T02:00:00Z"]
_ACCESS = ["ocop_at_Zk3m0gJcV3y0S8m7eXhYQv1v1b0l2m3n4o5p6q7r8s9"]
_REFRESH = ["ocop_rt_b0l2m3n4o5p6q7r8s9Zk3m0gJcV3y0S8m7eXhYQv1v1"]


class SignIn(Input):
    """Name and password of an account."""

    email: str = Field(min_length=1, max_length=254, examples=_EMAIL)
    password: GivenPassword = Field(examples=["một câu dài dễ nhớ"])


class TokenRefresh(Input):
    """The refresh token of the newest answer."""

    refresh_token: GivenToken = Field(examples=_REFRESH)


class TokenPair(Output):
    """The two tokens of a sign-in. Neither can be fetched again."""

    access_token: str = Field(description="send as `Authorization: Bearer …`", examples=_ACCESS)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme, not a secret
    expires_in: int = Field(description="seconds the access token holds", examples=[900])
    refresh_token: str = Field(
        description="good for one `POST /v1/auth/refresh`; each refresh gives a new one", examples=_REFRESH
    )
    refresh_expires_in: int = Field(description="seconds the refresh token holds", examples=[2_592_000])


class PasswordChange(Input):
    """The present password and the one that shall replace it."""

    current_password: GivenPassword = Field(examples=["một câu dài dễ nhớ"])
    new_password: NewPassword = Field(
        description="10 to 128 characters of any kind; no common password, not the e-mail",
        examples=["một câu khác cũng dài"],
    )


class UserCreate(Input):
    """A new account. It may do nothing until a role is granted."""

    email: Email = Field(description="the name to sign in with; case does not matter", examples=_EMAIL)
    display_name: ShortText = Field(examples=_NAME)
    password: NewPassword = Field(
        description="10 to 128 characters; the person changes it after the first sign-in",
        examples=["một câu dài dễ nhớ"],
    )
    place_id: Code | None = Field(
        None,
        description="area whose administrators keep the account; without it only administrators of all do",
        examples=_PLACE,
    )


class UserUpdate(Input):
    """What shall change; a field left out stays as it is."""

    display_name: ShortText | None = Field(None, examples=_NAME)
    disabled: bool | None = Field(
        None, description="true ends every session of the account and refuses new ones", examples=[True]
    )


class UserFilter(PageQuery):
    """Which accounts to list. Sorts: `name`, `-name`, `created`, `-created`."""

    q: str | None = Field(None, max_length=100, description="part of name or e-mail; accents do not matter")
    disabled: bool | None = Field(None, description="only disabled ones, or only those in use")
    role: Role | None = Field(None, description="only accounts that hold this role")
    place_id: str | None = Field(None, max_length=64, description="only accounts at home in this area")


class UserRead(Output):
    """An account, as its administrators and its owner see it."""

    id: UUID = Field(examples=_ID)
    email: str = Field(examples=_EMAIL)
    display_name: str = Field(examples=_NAME)
    place_id: str | None = Field(description="home area", examples=_PLACE)
    disabled_at: Instant | None = Field(description="since when nobody can sign in with it", examples=[None])
    created_at: Instant = Field(examples=_AT)
    updated_at: Instant = Field(examples=_AT)
    version: int = Field(examples=[1])


class GrantCreate(Input):
    """One role within one bound; exactly the id that belongs to the bound is given.

    `admin`, `officer`, `leader` and `inspector` are bound to an area or to everything, the council's
    roles to one council, `producer` to one producer.
    """

    role: Role = Field(examples=["officer"])
    bound: Bound = Field(examples=["area"])
    place_id: Code | None = Field(None, description="for `area`", examples=_PLACE)
    council_id: UUID | None = Field(None, description="for `council`", examples=[None])
    producer_id: UUID | None = Field(None, description="for `producer`", examples=[None])
    valid_from: AwareDatetime | None = Field(None, description="now, if left out", examples=_AT)


class GrantRead(Output):
    """A role somebody holds or held."""

    id: UUID = Field(examples=_ID)
    user_id: UUID = Field(examples=_ID)
    role: Role = Field(examples=["officer"])
    bound: Bound = Field(examples=["area"])
    level: Level | None = Field(description="level of the place; null unless bound to an area")
    place_id: str | None = Field(examples=_PLACE)
    place_name: str | None = Field(
        description="name of the place and what lies above it",
        examples=["Phường Bắc Gia Nghĩa, Tỉnh Lâm Đồng"],
    )
    council_id: UUID | None = Field(examples=[None])
    producer_id: UUID | None = Field(examples=[None])
    valid_from: Instant = Field(examples=_AT)
    granted_at: Instant = Field(examples=_AT)
    granted_by: UUID | None = Field(description="null when the system granted it", examples=_ID)
    revoked_at: Instant | None = Field(examples=[None])
    version: int = Field(examples=[1])


class UserDetail(UserRead):
    """An account with the roles it holds now or will hold."""

    grants: list[GrantRead]


class PermissionRead(Output):
    """One thing the caller may do, where, and by which grants."""

    permission: Permission = Field(examples=["dossier:receive"])
    everywhere: bool = Field(examples=[False])
    place_ids: list[str] = Field(description="areas, each with everything below it", examples=[_PLACE])
    council_ids: list[UUID] = Field(examples=[[]])
    producer_ids: list[UUID] = Field(examples=[[]])
    grant_ids: list[UUID] = Field(description="the grants it comes from", examples=[_ID])


class MeUpdate(Input):
    """What the caller may change of the own account."""

    display_name: ShortText = Field(examples=_NAME)


class PermissionOrigin(Output):
    """A grant that a permission comes from."""

    grant_id: UUID = Field(examples=_ID)
    role: Role = Field(examples=["officer"])
    bound: Bound = Field(examples=["area"])
    place_id: str | None = Field(examples=_PLACE)
    council_id: UUID | None = Field(examples=[None])
    producer_id: UUID | None = Field(examples=[None])
    granted_at: Instant = Field(examples=_AT)
    granted_by: UUID | None = Field(description="null when the system granted it", examples=_ID)


class ExplainedPermission(PermissionRead):
    """One thing somebody may do, where, and how they came by it."""

    origins: list[PermissionOrigin]


class Permissions(Output):
    """Everything somebody may do now, sorted by permission; empty without a role."""

    items: list[ExplainedPermission]


class Me(UserDetail):
    """Who the caller is and what they may do now."""

    permissions: list[PermissionRead] = Field(description="sorted by permission; empty without a role")
