"""From the text of a cell to a value, as people and spreadsheets in Vietnam write it. No data access."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from ocop_api.bulk.findings import nearest
from ocop_api.domain.errors import Invalid
from ocop_api.domain.product_code import ProductCode
from ocop_api.domain.registration import tax_code
from ocop_api.domain.rubric.edition import editions, load_edition
from ocop_api.domain.traceability.gs1 import check_digit
from ocop_api.domain.vietnamese import fold

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:\s+0{1,2}:00(?::00)?)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_SHORT_YEAR = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2})", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:[.,]0+)?", re.ASCII)
_SERIAL_START = date(1899, 12, 30)
"""Day zero of a spreadsheet's 1900 system, whose non-existent 29 February 1900 is behind us."""
_SERIALS = range(20_000, 80_000)
"""October 1954 to January 2119; other numbers in a column of dates are no dates."""

_GROUPED = re.compile(r"\d{1,3}(?:[.,\s]\d{3})+|\d+", re.ASCII)
_CURRENCY = re.compile(r"\s*(?:đ|₫|đồng|vnd|vnđ)\.?\s*$", re.IGNORECASE)
_ZERO_DECIMALS = re.compile(r"(?<=\d)[.,](?:0{1,2}|0{4,})$", re.ASCII)
_EXPONENT = re.compile(r"\d+(?:[.,]\d+)?\s*[eE]\s*\+?\s*\d+", re.ASCII)
_MAX_DIGITS = 14

_STARS = re.compile(
    r"(?:(?:ocop|hạng|đạt)\s+)*([3-5])(?:[.,]0+)?\s*(?:ocop\s*)?(?:sao|stars?|\*|★)?(?:\s+ocop)?",
    re.IGNORECASE,
)
_DRAWN_STARS = re.compile(r"[★*⭐]{3,5}")
_YES = frozenset({"co", "x", "yes", "y", "true", "1", "dung", "c", "✓", "v"})
_NO = frozenset({"khong", "no", "n", "false", "0", "sai", "k", "-"})

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_URL = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value that was read; ``remark`` is the code of what is to be said about it."""

    value: Any
    remark: str | None = None


@dataclass(eq=False)
class UnreadableError(Exception):
    """A cell cannot be what its column holds."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)
    suggestion: str | None = None


def _refused(code: str, cell: str, suggestion: str | None = None) -> UnreadableError:
    return UnreadableError(code, {"value": cell[:60]}, suggestion)


def parse_date(cell: str) -> Parsed:
    """A calendar day: 31/12/2026, 2026-12-31, or a spreadsheet's serial number (with a remark).

    Raises:
        UnreadableError: ``bulk.date_two_digit_year`` with what is probably meant, ``bulk.date_invalid``.
    """
    short = _SHORT_YEAR.fullmatch(cell)
    if short is not None:
        day = _day(2000 + int(short[3]), int(short[2]), int(short[1]))
        raise _refused("bulk.date_two_digit_year", cell, None if day is None else f"{day:%d/%m/%Y}")
    serial = _SERIAL.fullmatch(cell)
    if serial is not None and int(serial[1]) in _SERIALS:
        return Parsed(_SERIAL_START + timedelta(days=int(serial[1])), "bulk.date_from_serial")
    day_first, year_first = _DAY_FIRST.fullmatch(cell), _YEAR_FIRST.fullmatch(cell)
    day = None
    if day_first is not None:
        day = _day(int(day_first[3]), int(day_first[2]), int(day_first[1]))
    elif year_first is not None:
        day = _day(int(year_first[1]), int(year_first[2]), int(year_first[3]))
    if day is None:
        raise _refused("bulk.date_invalid", cell)
    return Parsed(day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_integer(cell: str) -> Parsed:
    """A whole number, digits grouped or not ("1.200", "1,200", "12.0").

    Raises:
        UnreadableError: ``bulk.number_invalid``.
    """
    text = _ZERO_DECIMALS.sub("", cell.strip().lstrip("+"))
    sign = -1 if text.startswith("-") else 1
    return Parsed(sign * int(_digits(text.removeprefix("-"), cell, "bulk.number_invalid")))


def parse_money(cell: str) -> Parsed:
    """Whole đồng: "85000", "85.000", "85,000 đ", "85 000 VNĐ".

    Raises:
        UnreadableError: ``bulk.price_invalid``.
    """
    text = _ZERO_DECIMALS.sub("", _CURRENCY.sub("", cell.strip()))
    return Parsed(Decimal(_digits(text, cell, "bulk.price_invalid")))


def _digits(text: str, cell: str, code: str) -> str:
    if _GROUPED.fullmatch(text) is None:
        raise _refused(code, cell)
    digits = re.sub(r"\D", "", text)
    if len(digits) > _MAX_DIGITS:
        raise _refused(code, cell)
    return digits


def parse_decimal(cell: str) -> Parsed:
    """A number with decimals: "85,5", "85.5", "1.234,5", "1,234.5".

    One sign with three digits behind it ("1.234") may be a thousand or a fraction and is refused.
    Readers write numeric cells with three decimals as four ("1.2340"), which are never refused so.

    Raises:
        UnreadableError: ``bulk.number_ambiguous``, ``bulk.number_invalid``.
    """
    text = cell.strip().replace(" ", "").replace("\xa0", "").lstrip("+")
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-")
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", text, re.ASCII):
        whole = text.replace(".", "").replace(",", "")
        raise _refused("bulk.number_ambiguous", cell, f"{sign}{whole}")
    last = max(text.rfind("."), text.rfind(","))
    whole, fraction = (text, "") if last < 0 else (text[:last], text[last + 1 :])
    if last >= 0 and text.count(text[last]) > 1:
        # A sign that stands twice groups digits.
        whole, fraction = text, ""
    if _GROUPED.fullmatch(whole) is None or not re.fullmatch(r"\d*", fraction, re.ASCII):
        raise _refused("bulk.number_invalid", cell)
    digits = re.sub(r"\D", "", whole)
    if len(digits) + len(fraction) > 2 * _MAX_DIGITS or len(digits) > _MAX_DIGITS:
        raise _refused("bulk.number_invalid", cell)
    return Parsed(Decimal(f"{sign}{digits}.{fraction or 0}"))


def parse_boolean(cell: str) -> Parsed:
    """Yes or no in Vietnamese, English or ticks.

    Raises:
        UnreadableError: ``bulk.boolean_invalid``.
    """
    typed = fold(cell) or cell.strip().lower()
    if typed in _YES:
        return Parsed(value=True)
    if typed in _NO:
        return Parsed(value=False)
    raise _refused("bulk.boolean_invalid", cell)


def parse_stars(cell: str) -> Parsed:
    """The rank 3 to 5: "4", "4 sao", "hạng 4 sao", "4.0", "★★★★".

    Raises:
        UnreadableError: ``bulk.stars_invalid``.
    """
    typed = cell.replace("\ufe0f", "").strip()
    if _DRAWN_STARS.fullmatch(typed):
        return Parsed(len(typed))
    match = _STARS.fullmatch(typed)
    if match is None:
        raise _refused("bulk.stars_invalid", cell)
    return Parsed(int(match[1]))


def parse_gtin(cell: str) -> Parsed:
    """A GTIN of 8, 12, 13 or 14 digits with its check digit.

    Raises:
        UnreadableError: ``bulk.gtin_mangled`` for what a spreadsheet made of one (an exponent, decimals,
            a lost leading zero, with what is meant where it can be told); ``bulk.gtin_invalid``.
    """
    text = re.sub(r"[\s-]", "", cell)
    if _EXPONENT.fullmatch(text):
        raise _refused("bulk.gtin_mangled", cell)
    decimals = re.fullmatch(r"(\d+)[.,]0+", text, re.ASCII)
    if decimals is not None:
        raise _refused("bulk.gtin_mangled", cell, _valid_gtin(decimals[1]))
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise _refused("bulk.gtin_invalid", cell)
    if _has_check_digit(text) and len(text) in {8, 12, 13, 14}:
        return Parsed(text)
    meant = _valid_gtin(text)
    if meant is not None:
        raise _refused("bulk.gtin_mangled", cell, meant)
    raise _refused("bulk.gtin_invalid", cell)


def _valid_gtin(digits: str) -> str | None:
    # Zeros in front do not move a check digit, so a number that lost some still shows it.
    for length in (8, 13):
        if length - 3 <= len(digits) <= length and _has_check_digit(digits):
            return digits.zfill(length)
    return None


def _has_check_digit(digits: str) -> bool:
    return len(digits) > 1 and check_digit(digits[:-1].zfill(13)) == int(digits[-1])


def parse_phone(cell: str) -> Parsed:
    """A telephone number in digits; the zero that a spreadsheet drops is put back with a remark.

    Raises:
        UnreadableError: ``bulk.phone_invalid``.
    """
    text = re.sub(r"[\s().-]", "", cell)
    text = re.sub(r"^(?:\+|00)84", "0", text)
    if re.fullmatch(r"0\d{8,10}|1[89]00\d{4,6}|\+\d{7,15}", text, re.ASCII):
        return Parsed(text)
    if re.fullmatch(r"[2-9]\d{8,9}", text, re.ASCII):
        return Parsed(f"0{text}", "bulk.leading_zero_restored")
    raise _refused("bulk.phone_invalid", cell)


def parse_tax_code(cell: str) -> Parsed:
    """A tax code: 10 digits, 10 and 3 of a branch, or the 12 of a person.

    Raises:
        UnreadableError: ``bulk.tax_code_invalid``, with the leading zero put back where that fits.
    """
    code = _tax_code(cell)
    if code is None:
        raise _refused("bulk.tax_code_invalid", cell, _tax_code(f"0{cell.strip()}"))
    return Parsed(code)


def _tax_code(typed: str) -> str | None:
    try:
        return tax_code(typed)
    except ValueError:
        return None


def parse_email(cell: str) -> Parsed:
    """An e-mail address, in lower case.

    Raises:
        UnreadableError: ``bulk.email_invalid``.
    """
    text = cell.strip().removeprefix("mailto:")
    if _EMAIL.fullmatch(text) is None:
        raise _refused("bulk.email_invalid", cell)
    return Parsed(text.lower())


def parse_url(cell: str) -> Parsed:
    """An address on the web; without ``https://`` in front it is added with a remark.

    Raises:
        UnreadableError: ``bulk.url_invalid``.
    """
    if _URL.fullmatch(cell):
        return Parsed(cell)
    if _URL.fullmatch(f"https://{cell}") and ":" not in cell:
        return Parsed(f"https://{cell}", "bulk.url_completed")
    raise _refused("bulk.url_invalid", cell)


@cache
def _sets() -> dict[str, int]:
    found = load_edition(editions()[-1].code).sets
    return {fold(entry.text.vi): number for number, entry in found.items()} | {
        fold(entry.text.en): number for number, entry in found.items()
    }


def parse_set_number(cell: str) -> Parsed:
    """The number of a criteria set 1 to 26, by number ("5", "Bộ 5") or name.

    Raises:
        UnreadableError: ``bulk.set_unknown``.
    """
    match = re.fullmatch(r"(?:bộ(?:\s+số)?\s*)?(\d{1,2})(?:[.,]0+)?", cell.strip(), re.ASCII | re.IGNORECASE)
    number = int(match[1]) if match is not None else _sets().get(fold(cell), 0)
    if number not in _sets().values():
        raise _refused("bulk.set_unknown", cell)
    return Parsed(number)


@cache
def _industries() -> dict[str, str]:
    sets = load_edition(editions()[-1].code).sets.values()
    by_name = {fold(found.industry.text.vi): found.industry.code for found in sets}
    # Earlier decisions name the handicrafts without "hàng".
    return by_name | {code.lower(): code for code in by_name.values()} | {"thu cong my nghe": "IV"}


@lru_cache(maxsize=1024)
def _industry(cell: str) -> str | None:
    return _industries().get(fold(cell))


def parse_industry(cell: str) -> Parsed:
    """The industry I to VI (*ngành*) by numeral or name.

    Raises:
        UnreadableError: ``bulk.group_unknown``, with the numeral that is probably meant.
    """
    found = _industry(cell)
    if found is None:
        near = nearest(cell, list(_industries()))
        raise _refused("bulk.group_unknown", cell, None if near is None else _industries()[near])
    return Parsed(found)


def parse_product_code(cell: str) -> Parsed:
    """A product code in one of the known forms, as it is printed.

    Raises:
        UnreadableError: ``bulk.product_code_invalid``.
    """
    try:
        return Parsed(str(ProductCode.parse(cell)))
    except Invalid:
        raise _refused("bulk.product_code_invalid", cell) from None
