"""What a form consists of, whatever it is written as. Plain data: nothing in it can act as markup."""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Align = Literal["left", "center", "right"]
"""How the cells of a column stand."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The national heading; ``office`` stands at the left where an authority writes.

    ``above`` names the body that the office belongs to. ``number`` (Số: …) stands below the office and
    ``dated`` (place and date) below the motto, as Decree 30/2020 has it.
    """

    office: tuple[str, ...] = ()
    above: str = ""
    number: str = ""
    dated: str = ""
    new_page: bool = False
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Title:
    """The name of the form, and what stands below it."""

    text: str
    below: str = ""
    kind: Literal["title"] = "title"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading inside of the form; ``centred`` for a part, which may begin a page."""

    text: str
    centred: bool = False
    new_page: bool = False
    kind: Literal["section"] = "section"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line breaks stay. ``empty`` asks for dotted lines when there is no text.

    ``lead`` stands in bold before the text. ``indented`` sets it as the body of an administrative document:
    first line indented, both edges straight.
    """

    text: str
    italic: bool = False
    empty: int = 0
    lead: str = ""
    indented: bool = False
    centred: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Field:
    """A label with what was filled in, or dots to fill in by hand."""

    label: str
    value: str = ""
    kind: Literal["field"] = "field"


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes to tick, in one line."""

    items: tuple[tuple[str, bool], ...]
    label: str = ""
    kind: Literal["boxes"] = "boxes"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``widths`` are shares of the line.

    A row of one cell runs through all columns. ``aligns`` says how each column stands (all at the left if
    left out), ``strong`` which rows are bold, counted from 0; a bold one of one cell is a heading among the
    rows and stays with the row below it. ``small`` is for many columns.
    """

    widths: tuple[int, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    aligns: tuple[Align, ...] = ()
    strong: tuple[int, ...] = ()
    small: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Signature:
    """The block at the right where somebody signs."""

    dated: str
    who: str
    how: str
    name: str = ""
    kind: Literal["signature"] = "signature"


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of an administrative document: who receives it or a second signature, then the signature.

    ``last`` is the last sentence; it stays on the page of the signatures, so that none stands alone;
    ``lead`` and ``indented`` as of a paragraph.
    """

    right: Signature
    left: Signature | None = None
    recipients: tuple[str, ...] = ()
    last: str = ""
    lead: str = ""
    indented: bool = True
    kind: Literal["closing"] = "closing"


Block = Heading | Title | Section | Paragraph | Field | Boxes | Table | Signature | Closing


@dataclass(frozen=True, slots=True)
class Form:
    """A form, ready to be written. ``note`` stands at the foot of each page, ``mark`` across a draft."""

    number: str
    title: str
    note: str
    draft: bool
    blocks: Sequence[Block] = field(default_factory=tuple)
    mark: str = "BẢN NHÁP"
    landscape: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form as JSON values, without letters that no paper can show."""
        cleaned: dict[str, Any] = _clean(asdict(self))
        return cleaned


_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn", "Co"})


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(c for c in value if c == "\n" or unicodedata.category(c) not in _UNPRINTABLE)
    if isinstance(value, dict):
        return {name: _clean(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value
