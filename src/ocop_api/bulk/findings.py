"""What is to be said about a row or a file: a stable code, its facts, and what may be meant instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from rapidfuzz import fuzz, process

from ocop_api.domain.vietnamese import fold

_NEAR = 70.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to reject a row, or a remark on it; ``column`` is None when it is about the whole row."""

    column: str | None
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)
    suggestion: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored; values that JSON lacks become text."""
        data = orjson.loads(orjson.dumps(dict(self.data), default=str))
        return {"column": self.column, "code": self.code, "data": data, "suggestion": self.suggestion}


class RowRejectedError(Exception):
    """The row cannot be stored; all reasons at once."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Said:
    """How often something was said of rows, with the first of them."""

    code: str
    column: str | None
    outcome: str
    rows: int
    data: dict[str, Any]
    examples: list[int]


def nearest(typed: str, offered: Sequence[str]) -> str | None:
    """The offered word that is most probably meant, None when nothing is near."""
    found = process.extractOne(
        fold(typed[:100]), offered, scorer=fuzz.ratio, processor=fold, score_cutoff=_NEAR
    )
    return None if found is None else found[0]
