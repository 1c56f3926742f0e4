"""What every format is read into."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ocop_api.bulk.findings import Finding


class FileFormat(StrEnum):
    """How the rows are written down."""

    CSV = "csv"
    NDJSON = "ndjson"
    XLSX = "xlsx"
    ODS = "ods"


@dataclass(slots=True)
class Record:
    """One row of a file: its number as a spreadsheet counts, and its cells beside ``Source.header``.

    ``faults`` reject the row, whatever its cells say; ``remarks`` do not.
    """

    number: int
    cells: list[str]
    faults: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)


class Source(ABC):
    """A readable file whose header is matched to the columns of a kind.

    Attributes:
        format: how it is written.
        header: headings as written.
        names: the column each means, None when it is ignored.
        remarks: what is to be said about the file; reading further may add to it.
        sheet: the sheet of a workbook.
    """

    format: FileFormat
    header: list[str]
    names: tuple[str | None, ...]
    remarks: list[Finding]
    sheet: str | None = None

    @abstractmethod
    def records(self, *, after: int = 0) -> Iterator[Record]:
        """The records with a greater number, in order; rows without any text are passed over.

        Raises:
            Invalid: the file cannot be read on.
        """

    def close(self) -> None:
        """Give the file back; no records after that."""
        return
