"""Shapes of packages."""

from uuid import UUID

from pydantic import Field

from ocop_api.web.schemas import Output


class PackageRead(Output):
    """What was taken over from a package; the draft has it now."""

    dossier_id: UUID = Field(description="the draft", examples=["0192f7c4-6f0e-7a3b-9c56-1f2e3d4c5b6a"])
    pieces: int = Field(description="pieces of evidence in the draft", examples=[12])
    documents_added: int = Field(description="documents that are new among the producer's", examples=[11])
    documents_known: int = Field(description="documents whose bytes the producer had already")
    without_file: int = Field(description="pieces of evidence without a file")
    version: int = Field(description="of the draft")
