"""Words and numbers of a registered business: tax codes, phone numbers, grades of cooperatives."""

import re
from enum import StrEnum
from typing import Final

_TAX_WEIGHTS: Final = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_BRANCH_DIGITS: Final = 13
_PERSONAL_DIGITS: Final = 12
_LAST_PROVINCE_OF_BIRTH: Final = 96
_NATIONAL: Final = "0"
_COUNTRY: Final = "+84"
_MOBILE: Final = re.compile(r"0[35789]\d{8}")
_LANDLINE: Final = re.compile(r"02\d{8,9}")
_SERVICE: Final = re.compile(r"1[89]00\d{4,6}")
_FOREIGN: Final = re.compile(r"\+[1-9]\d{6,14}")


class CooperativeClass(StrEnum):
    """Yearly grade of a cooperative (*phân loại hợp tác xã*: tốt, khá, trung bình, yếu)."""

    GOOD = "good"
    FAIR = "fair"
    AVERAGE = "average"
    WEAK = "weak"


def tax_code(typed: str) -> str:
    """A tax code (*mã số thuế*) in its normal form: 10 digits, 10 and a branch of 3, or 12.

    Ten digits end in a check digit: 10 less the weighted sum of the others modulo 11. Twelve are the
    personal number that serves a household since July 2025; it begins with the province of birth.

    Raises:
        ValueError: it is none of these.
    """
    compact = re.sub(r"[\s.]", "", typed)
    digits = compact.replace("-", "", 1) if re.fullmatch(r"\d{10}-\d{3}", compact) else compact
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in {
        10,
        _PERSONAL_DIGITS,
        _BRANCH_DIGITS,
    }:
        raise ValueError("a tax code has 10 digits, 10 and a branch of 3, or 12 (personal number)")
    if len(digits) == _PERSONAL_DIGITS:
        if not 1 <= int(digits[:3]) <= _LAST_PROVINCE_OF_BIRTH:
            raise ValueError("a personal number begins with the code of a province, 001 to 096")
        return digits
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, _TAX_WEIGHTS, strict=False))
    if int(digits[9]) != 10 - weighted % 11:
        raise ValueError("the tenth digit of the tax code does not fit the others")
    return digits if len(digits) != _BRANCH_DIGITS else f"{digits[:10]}-{digits[10:]}"


def phone(typed: str) -> str:
    """A phone number as it is dialled from anywhere: ``0912 345 678`` is ``+84912345678``.

    Service numbers (1800, 1900) are not reached from abroad and stay as they are.

    Raises:
        ValueError: it is no number of Viet Nam and has no country's prefix.
    """
    compact = re.sub(r"[\s().\-/]", "", typed)
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    national = re.sub(r"^(\+84|84(?=\d{9,10}$))0?", _NATIONAL, compact)
    if _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national):
        return _COUNTRY + national[1:]
    if _SERVICE.fullmatch(compact):
        return compact
    if _FOREIGN.fullmatch(compact) and not compact.startswith(_COUNTRY):
        return compact
    raise ValueError("a phone number of Viet Nam has 10 or 11 digits; others begin with + and the country")


def phone_as_written(number: str) -> str:
    """A stored number as people write it: ``0912 345 678``, ``0261 3123 456``; others as they are."""
    if not number.startswith(_COUNTRY):
        return number
    national = _NATIONAL + number.removeprefix(_COUNTRY)
    # Area codes of landlines have three digits in Hà Nội and Hồ Chí Minh City, else four.
    head = 3 if national.startswith(("024", "028")) else 4
    rest = national[head:]
    return f"{national[:head]} {rest[:-3]} {rest[-3:]}"
