"""What comes back when an edition of the criteria is added or replaced."""

from pydantic import Field

from ocop_api.scoring.schemas.editions import EditionRead
from ocop_api.scoring.schemas.editions_changes import AllChangesRead
from ocop_api.web.schemas import Input, Output


class EditionAdmission(Output):
    """An edition that is in order, and what it changes."""

    edition: EditionRead
    stored: bool = Field(description="false for a dry run")
    changes: AllChangesRead | None = Field(
        description="since the edition in force before its first day; null when there is none"
    )
    version: int | None = Field(description="for `If-Match`; null for a dry run of a new edition")


class EditionOrder(Input):
    """How to take a document."""

    dry_run: bool = Field(False, description="check everything, show the differences, store nothing")
