"""What a column of an import holds: its names in both languages, its type, and when a cell is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from ocop_api.bulk.findings import Finding, nearest
from ocop_api.bulk.parsing import (
    Parsed,
    UnreadableError,
    parse_boolean,
    parse_date,
    parse_decimal,
    parse_email,
    parse_gtin,
    parse_integer,
    parse_money,
    parse_phone,
    parse_set_number,
    parse_stars,
    parse_tax_code,
    parse_url,
)
from ocop_api.domain.vietnamese import fold

# The same few words stand in every row of a column of choices.
_folded = lru_cache(maxsize=4096)(fold)

MAX_CELL = 10_000
"""Characters of a cell; a longer one rejects its row."""


class ColumnType(StrEnum):
    """How the text of a cell is read, and the Python type of its value."""

    TEXT = "text"
    """``str``, NFC, without spaces around."""
    INTEGER = "integer"
    """``int``; digits may be grouped."""
    DECIMAL = "decimal"
    """``Decimal``; Vietnamese or English decimal sign."""
    MONEY = "money"
    """``Decimal``: whole đồng, with or without the unit behind it."""
    DATE = "date"
    """``date``; day first, ISO, or the serial number a spreadsheet keeps."""
    BOOLEAN = "boolean"
    """``bool``; có/không, x, yes/no, 1/0."""
    CHOICE = "choice"
    """``str``: the ``value`` of one of ``choices``."""
    GTIN = "gtin"
    """``str``: digits with a valid check digit."""
    PLACE = "place"
    """``str``: name or code of an administrative unit; resolved later, with the cells beside it."""
    PHONE = "phone"
    """``str``: digits, with a leading + for a foreign one."""
    TAX_CODE = "tax_code"
    """``str``: 10 digits, 10-3, or the 12 digits of a person."""
    EMAIL = "email"
    URL = "url"
    SET_NUMBER = "set_number"
    """``int`` 1 to 26, by number or name of the set (*bộ sản phẩm*)."""
    STARS = "stars"
    """``int`` 3 to 5."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a choice column takes: as stored, and as people write it."""

    value: str
    title_vi: str
    title_en: str
    synonyms: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[str, ...]:
        """Every accepted spelling."""
        return (self.value, self.title_vi, self.title_en, *self.synonyms)


Parser = Callable[[str], Parsed]
_PARSERS: dict[ColumnType, Parser] = {
    ColumnType.INTEGER: parse_integer,
    ColumnType.DECIMAL: parse_decimal,
    ColumnType.MONEY: parse_money,
    ColumnType.DATE: parse_date,
    ColumnType.BOOLEAN: parse_boolean,
    ColumnType.GTIN: parse_gtin,
    ColumnType.PHONE: parse_phone,
    ColumnType.TAX_CODE: parse_tax_code,
    ColumnType.EMAIL: parse_email,
    ColumnType.URL: parse_url,
    ColumnType.SET_NUMBER: parse_set_number,
    ColumnType.STARS: parse_stars,
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a kind.

    Attributes:
        name: the English key: in files, in the API, in ``Batch`` values.
        title_vi: heading in Vietnamese, as the template prints it.
        title_en: heading in English.
        type: how a cell is read.
        required: an empty cell rejects the row, a missing column the file.
        unless: name of another column that may say the same; with it in the file this one may be missing
            or empty, and the kind decides whether a row says enough.
        lenient: a cell that cannot be read is left out with a remark instead of rejecting the row.
        synonyms: further headings under which the column is met.
        choices: of a choice column.
        limit: characters.
        minimum, maximum: of a number, inclusive.
        example: a cell, for templates.
        help_vi, help_en: one sentence for templates and for the description of the kind.
        parser: overrides the reading of the type.
    """

    name: str
    title_vi: str
    title_en: str
    type: ColumnType = ColumnType.TEXT
    required: bool = False
    unless: str | None = None
    lenient: bool = False
    synonyms: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    limit: int = 300
    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    example: str = ""
    help_vi: str = ""
    help_en: str = ""
    parser: Parser | None = None

    def __post_init__(self) -> None:
        spellings = {fold(text): choice for choice in self.choices for text in choice.written}
        object.__setattr__(self, "_spellings", spellings)

    @property
    def headings(self) -> tuple[str, ...]:
        """Every accepted heading."""
        return (self.name, self.title_vi, self.title_en, *self.synonyms)

    def read(self, cell: str) -> tuple[Any, Finding | None]:
        """The value of a cell and what is to be said about it.

        Returns:
            The value, None for an empty cell or one that cannot be read; with a finding that is a remark
            on a value, or the fault of a cell without one.
        """
        if len(cell) > self.limit:
            return None, Finding(self.name, "bulk.cell_too_long", {"limit": self.limit, "found": len(cell)})
        if not cell:
            needed = self.required and self.unless is None
            return None, Finding(self.name, "bulk.required_missing") if needed else None
        return self._choose(cell) if self.choices else self._parse(cell)

    def _parse(self, cell: str) -> tuple[Any, Finding | None]:
        parser = self.parser or _PARSERS.get(self.type, Parsed)
        try:
            parsed = parser(cell)
        except UnreadableError as error:
            return None, Finding(self.name, error.code, error.data, error.suggestion)
        outside = self._outside(parsed.value)
        if outside is not None:
            return None, outside
        if parsed.remark is None:
            return parsed.value, None
        return parsed.value, Finding(
            self.name, parsed.remark, {"value": cell[:60], "used": str(parsed.value)}
        )

    def _choose(self, cell: str) -> tuple[str | None, Finding | None]:
        known: dict[str, Choice] = self.__dict__["_spellings"]
        found = known.get(_folded(cell))
        if found is not None:
            return found.value, None
        near = nearest_choice(cell, self.choices)
        accepted = [choice.title_vi for choice in self.choices]
        return None, Finding(
            self.name,
            "bulk.choice_unknown",
            {"value": cell[:60], "accepted": accepted},
            None if near is None else near.title_vi,
        )

    def _outside(self, value: Any) -> Finding | None:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            return None
        too_small = self.minimum is not None and value < self.minimum
        if not too_small and (self.maximum is None or value <= self.maximum):
            return None
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        told = {name: "—" if bound is None else str(bound) for name, bound in bounds.items()}
        return Finding(self.name, "bulk.number_out_of_range", {"value": str(value)[:60], **told})


def nearest_choice(cell: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The choice that is most probably meant, None when nothing is near."""
    spellings = {text: choice for choice in choices for text in choice.written}
    found = nearest(cell, list(spellings))
    return None if found is None else spellings[found]
