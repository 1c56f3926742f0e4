"""Shapes of comparisons between versions of a file."""

from typing import Any
from uuid import UUID

from pydantic import Field

from ocop_api.dossiers.comparing import FileChangeKind, FileSection
from ocop_api.web.schemas import Output

_ID = "0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"


class FileChangeRead(Output):
    """One change."""

    section: FileSection
    kind: FileChangeKind
    pointer: str = Field(
        description="where in the later file; in the earlier one when it is gone", examples=["/evidence/3"]
    )
    before: Any = Field(description="null when it was added")
    after: Any = Field(description="null when it was removed")
    vi: str = Field(examples=["Điện thoại: 0261 3 123 456 → 0261 3 654 321"])
    en: str = Field(examples=["Phone: 0261 3 123 456 → 0261 3 654 321"])


class FileSide(Output):
    """A state of a file."""

    dossier_id: UUID = Field(examples=[_ID])
    version: int | None = Field(description="frozen version; null for the file as it is being written")
    sha256: str | None = Field(description="of the frozen version")


class FileComparison(Output):
    """What changed between two states of a file, or between two files of one product."""

    before: FileSide | None = Field(description="null when there is nothing to compare with")
    after: FileSide
    comparable_criteria: bool = Field(
        description="whether both follow one set of one edition; choices are compared only then"
    )
    changes: list[FileChangeRead] = Field(
        description="in the order of the forms; none when there is nothing to compare with"
    )
