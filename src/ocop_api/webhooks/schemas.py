"""Shapes of the stream of changes, and of the messages pushed to other systems."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from ocop_api.web.schemas import Input, Instant, Output, PageQuery

_ID = ["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"]
_AT = ["2026-06-15T02:00:00Z"]
_URL = ["https://htx-ca-phe.example.vn/ocop"]
_KINDS: list[list[str]] = [["dossier.*", "certificate.issued"]]
DeliveryState = Literal["waiting", "delivered", "failed"]
DisabledReason = Literal["by_owner", "gone", "failing", "secret_unreadable"]
KindPattern = Annotated[
    str, StringConstraints(pattern=r"^(\*|[a-z_]{1,40}\.(\*|[a-z_.]{1,60}))$", max_length=101)
]
"""A kind of event, ``dossier.*`` for every kind that begins so, or ``*`` for all."""
Kinds = Annotated[list[KindPattern], Field(min_length=1, max_length=50)]


class ChangesQuery(Input):
    """Where to go on, and how many entries at most."""

    since: str | None = Field(
        None,
        max_length=500,
        description="`next` of the answer before; left out: from the first change; `now`: nothing, only a "
        "token from which later changes follow",
    )
    limit: int = Field(100, ge=1, le=1000, description="entries per answer")


class SubjectRead(Output):
    """The thing that changed."""

    type: str = Field(examples=["product"])
    id: str = Field(examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])


class ChangeRead(Output):
    """One change. Fetch the subject for its present state."""

    seq: int = Field(description="place in the strict order of all changes", examples=[412])
    at: Instant
    kind: str = Field(description="what happened", examples=["product.updated"])
    subject: SubjectRead
    tombstone: bool = Field(description="the subject is gone: drop the copy")


class ChangesRead(Output):
    """Changes in their final order. Nothing is ever inserted before an entry that was given out."""

    items: list[ChangeRead]
    next: str = Field(description="pass as `since` next time, also after an empty answer")
    has_more: bool = Field(description="more can be fetched at once", examples=[False])


class WebhookCreate(Input):
    """An address of another system, and what it wants to be told."""

    url: str = Field(
        min_length=1, max_length=2000, description="https; never an internal address", examples=_URL
    )
    kinds: Kinds = Field(
        description="kinds of changes: `dossier.due_soon`, `dossier.*` or `*`", examples=_KINDS
    )
    description: str = Field("", max_length=300, description="to recognise it by", examples=["Phần mềm HTX"])


class WebhookUpdate(Input):
    """What shall be different; what is left out stays."""

    url: str | None = Field(None, min_length=1, max_length=2000, examples=_URL)
    kinds: Kinds | None = Field(None, examples=_KINDS)
    description: str | None = Field(None, max_length=300, examples=["Phần mềm HTX"])
    enabled: bool | None = Field(
        None,
        description="false stops messages; true starts them again, also after a failure",
        examples=[True],
    )


class WebhookRead(Output):
    """An endpoint as its owner sees it; its secret is shown once, when it is made."""

    id: UUID = Field(examples=_ID)
    url: str = Field(examples=_URL)
    kinds: list[str] = Field(examples=_KINDS)
    description: str = Field(examples=["Phần mềm HTX"])
    enabled: bool = Field(examples=[True])
    disabled_reason: DisabledReason | None = Field(
        description="`gone`: it answered 410; `failing`: it took nothing for five days", examples=[None]
    )
    failing_since: Instant | None = Field(description="first failure since the last success", examples=[None])
    paused_until: Instant | None = Field(
        description="left alone until then, as it did not answer at all", examples=[None]
    )
    created_at: Instant = Field(examples=_AT)
    version: int = Field(examples=[1])


class WebhookCreated(WebhookRead):
    """An endpoint with the secret that its messages are signed with. It cannot be fetched again."""

    secret: str = Field(
        description="key of the signatures (Standard Webhooks)",
        examples=["whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class Webhooks(Output):
    """The caller's endpoints, oldest first."""

    items: list[WebhookRead]


class WebhookDeliveryFilter(PageQuery):
    """Which messages of an endpoint."""

    state: DeliveryState | None = Field(None, description="only those in this state")


class WebhookDeliverySummary(Output):
    """One message for an endpoint."""

    id: UUID = Field(description="`webhook-id` of the message, the same at every attempt", examples=_ID)
    kind: str = Field(examples=["dossier.due_soon"])
    state: DeliveryState = Field(examples=["delivered"])
    attempts: int = Field(examples=[1])
    due_at: Instant = Field(description="of the next attempt while it waits", examples=_AT)
    created_at: Instant = Field(examples=_AT)
    settled_at: Instant | None = Field(description="when it was taken, or given up", examples=_AT)


class WebhookAttemptRead(Output):
    """One attempt at delivering a message."""

    number: int = Field(examples=[1])
    at: Instant = Field(examples=_AT)
    status: int | None = Field(description="of the answer; null without one", examples=[204])
    error: str | None = Field(
        description="why there was no answer: `internal_address`, `name_not_found`, `connection`, "
        "`certificate`, `timeout`, `protocol`",
        examples=[None],
    )
    milliseconds: int = Field(examples=[84])


class WebhookDeliveryRead(WebhookDeliverySummary):
    """A message with what was sent and every attempt."""

    body: str = Field(
        description="the JSON text that is signed and sent",
        examples=['{"type":"dossier.due_soon","timestamp":"2026-06-15T02:00:00Z","data":{}}'],
    )
    tries: list[WebhookAttemptRead] = Field(description="every attempt, oldest first")


class WebhookReplay(Input):
    """Which failed messages to send again."""

    since: AwareDatetime = Field(description="those made from this instant on", examples=_AT)


class WebhookReplayed(Output):
    """How many messages were put in line again."""

    replayed: int = Field(examples=[12])
