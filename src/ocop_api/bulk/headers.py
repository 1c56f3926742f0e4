"""Which column of a kind each heading of a file means, whatever its language, accents and spelling."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from ocop_api.bulk.columns import Column
from ocop_api.bulk.findings import Finding
from ocop_api.domain.errors import Invalid
from ocop_api.domain.vietnamese import fold

MAX_COLUMNS = 256
REASONS = ("import_row", "import_columns", "import_codes", "import_messages")
"""Columns that files of rejected rows carry beside the original ones; a corrected file may keep them."""
REASON_TITLES = {
    "vi": ("Dòng gốc", "Lỗi cần sửa", "Gợi ý"),
    "en": ("Source row", "To correct", "Suggestion"),
}
"""The same in workbooks of rejected rows: where the row stood, what is wrong, what may be meant."""
_SURE = 92.0
"""Likeness from which a heading is taken for the column; the next column must be clearly less alike."""
_LEAD = 6.0
_THINKABLE = 60.0
_TOLD = 20
_UNITS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[*:]")


@dataclass(frozen=True, slots=True)
class Matching:
    """For each heading the column it means (None: ignored), and what is to be said about the header."""

    names: tuple[str | None, ...]
    remarks: tuple[Finding, ...] = ()

    @property
    def recognised(self) -> int:
        """How many columns of the kind the header has."""
        return sum(name is not None for name in self.names)


def heading_key(text: str) -> str:
    """A heading without accents, case, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", fold(text[:200]))


REASON_KEYS = frozenset(heading_key(name) for name in (*REASONS, *REASON_TITLES["vi"], *REASON_TITLES["en"]))
"""Keys of the headings above, which are never taken for a column."""


class HeaderMatcher:
    """Finds the columns of one kind."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = {column.name: column for column in columns}
        self._by_key: dict[str, str] = {}
        for column in columns:
            for heading in column.headings:
                self._by_key.setdefault(heading_key(heading), column.name)
        self._reasons = REASON_KEYS

    def exact(self, heading: str) -> str | None:
        """The column a heading names, None when it names none."""
        return self._by_key.get(heading_key(heading)) or self._by_key.get(
            heading_key(_UNITS.sub(" ", heading))
        )

    def likeness(self, headings: Sequence[str]) -> int:
        """How many different columns a row of cells names; what tells a header from a title."""
        return len({self.exact(text) for text in headings[:MAX_COLUMNS] if text} - {None})

    def match(self, headings: Sequence[str]) -> Matching:
        """The columns of a header.

        A heading that is nearly a column's is taken for it with a remark; any other unknown heading is
        ignored with one, and with the column that may be meant.

        Raises:
            Invalid: ``bulk.too_many_columns``; ``bulk.repeated_column``; ``bulk.unknown_header``, no
                heading is known; ``bulk.missing_column`` with the headings that may be meant.
        """
        written = list(headings)
        while written and not written[-1].strip():
            written.pop()
        if len(written) > MAX_COLUMNS:
            raise Invalid("bulk.too_many_columns", columns=len(written), limit=MAX_COLUMNS)
        names: list[str | None] = [self.exact(text) if text else None for text in written]
        repeated = [name for name, times in Counter(names).items() if name is not None and times > 1]
        if repeated:
            told = [f"{written[names.index(name)]} ({name})" for name in repeated[:_TOLD]]
            raise Invalid("bulk.repeated_column", columns=told)
        remarks = self._complete(written, names)
        if not any(names):
            known = [f"{c.title_vi} ({c.name})" for c in self._columns.values() if c.required]
            raise Invalid("bulk.unknown_header", columns=_shown(written), known=known)
        self._require(written, names)
        return Matching(tuple(names), tuple(remarks))

    def meant(self, heading: str, taken: Sequence[str | None] = ()) -> tuple[str | None, bool]:
        """The column a heading is probably meant to name, and whether that is sure."""
        key = heading_key(heading)
        offered = {known: known for known, name in self._by_key.items() if name not in taken}
        if not key or not offered:
            return None, False
        found = process.extract(key, offered, scorer=fuzz.ratio, limit=8, score_cutoff=_THINKABLE)
        if not found:
            # "ten sp" stands for "tên sản phẩm": the same words, cut short.
            found = process.extract(
                key, offered, scorer=fuzz.partial_ratio, limit=1, score_cutoff=100 - _LEAD
            )
            return (self._by_key[found[0][0]], False) if found and len(key) > len("sp") else (None, False)
        name = self._by_key[found[0][0]]
        rest = [score for known, score, _ in found if self._by_key[known] != name]
        sure = found[0][1] >= _SURE and (not rest or found[0][1] - rest[0] >= _LEAD)
        return name, sure

    def _complete(self, written: Sequence[str], names: list[str | None]) -> list[Finding]:
        remarks = []
        for index, text in enumerate(written):
            if names[index] is not None or not text.strip() or heading_key(text) in self._reasons:
                continue
            name, sure = self.meant(text, names)
            if name is not None and sure:
                names[index] = name
                remarks.append(Finding(name, "bulk.header_guessed", {"heading": text[:60], "column": name}))
            else:
                suggestion = None if name is None else self._title(name)
                remarks.append(Finding(None, "bulk.header_ignored", {"heading": text[:60]}, suggestion))
        return remarks

    def _require(self, written: Sequence[str], names: Sequence[str | None]) -> None:
        missing = [
            c
            for c in self._columns.values()
            if c.required and c.name not in names and (c.unless is None or c.unless not in names)
        ]
        if not missing:
            return
        free = [text for text, name in zip(written, names, strict=True) if name is None and heading_key(text)]
        told = []
        for column in missing:
            near = [text[:60] for text in free if self.meant(text, names)[0] == column.name]
            told.append(f"{column.title_vi} ({column.name})" + (f" ← {near[0]}?" if near else ""))
        raise Invalid("bulk.missing_column", columns=told)

    def _title(self, name: str) -> str:
        return f"{self._columns[name].title_vi} ({name})"


def _shown(written: Sequence[str]) -> list[str]:
    return [text[:60] or "—" for text in written[:_TOLD]]
