"""Shapes of the stream of changes."""

from pydantic import Field

from ocop_api.web.schemas import Input, Instant, Output


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
