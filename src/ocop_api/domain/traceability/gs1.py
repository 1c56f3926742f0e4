"""GS1 identification keys: what a valid number is, and how it is normalised.

Source of the rules: GS1 General Specifications (application identifiers 00, 01, 10, 21, 414; character
set 82 of figure 7.11; check digit of section 7.9), which TCVN 13274 takes over for Viet Nam.

Every key is a frozen value that cannot exist with a wrong check digit. ``parse`` accepts what people
type (spaces, hyphens); the constructor accepts the normal form only.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from ocop_api.domain.errors import Invalid

GTIN_LENGTHS: Final = (8, 12, 13, 14)
CHARACTER_SET_82: Final = frozenset(
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
)
LOT_MAX_LENGTH: Final = 20
INTERNAL_PREFIX: Final = "299"
INTERNAL_SERIALS: Final = 10**9

_DIGITS: Final = frozenset("0123456789")
_TYPED_SEPARATORS: Final = re.compile(r"[ \u00a0\-]")
_SPREADSHEET_NUMBER: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+|[0-9]+[.,]0*")


def check_digit(payload: str) -> int:
    """The mod-10 check digit (0 to 9) of ``payload``, the digits of a key without its last one.

    Weights 3 and 1 alternate from the right, so leading zeros never change the result.
    """
    require_digits(payload, key="payload")
    weighted = (int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(payload)))
    return -sum(weighted) % 10


def with_check_digit(payload: str) -> str:
    """``payload`` followed by its check digit."""
    return f"{payload}{check_digit(payload)}"


def require_digits(text: str, *, key: str) -> None:
    """Refuse anything but ASCII digits (``gs1.bad_character``).

    ``str.isdecimal`` is not enough: it accepts the digits of every script.
    """
    _require_characters(text, _DIGITS, key=key)


def require_check_digit(digits: str, *, key: str) -> None:
    """Refuse digits whose last one is not the check digit of the others (``gs1.bad_check_digit``)."""
    expected = check_digit(digits[:-1])
    given = int(digits[-1])
    if given != expected:
        raise Invalid("gs1.bad_check_digit", key=key, value=digits, given=given, expected=expected)


def require_text_82(text: str, *, key: str, max_length: int) -> None:
    """Refuse text that is empty or too long, or leaves GS1 character set 82.

    Vietnamese letters and spaces are outside the set; a scanner could not read them back.
    """
    if not 1 <= len(text) <= max_length:
        raise Invalid("gs1.bad_length", key=key, length=len(text), allowed=f"1-{max_length}")
    _require_characters(text, CHARACTER_SET_82, key=key)


def _require_characters(text: str, allowed: frozenset[str], *, key: str) -> None:
    for position, character in enumerate(text, start=1):
        if character not in allowed:
            raise Invalid("gs1.bad_character", key=key, character=character, position=position)


def _require_length(digits: str, allowed: tuple[int, ...], *, key: str) -> None:
    if len(digits) not in allowed:
        spelled = "/".join(str(length) for length in allowed)
        raise Invalid("gs1.bad_length", key=key, length=len(digits), allowed=spelled)


def _typed_digits(text: str, *, key: str) -> str:
    """The digits a person or a spreadsheet meant, without separators.

    ``8.93605E+12`` has lost digits for good, and even ``8936046120049.0`` shows that the column went
    through a number, where leading zeros vanish: both are refused by name so that the sender can fix
    the column instead of hunting for a wrong digit.
    """
    trimmed = text.strip()
    if _SPREADSHEET_NUMBER.fullmatch(trimmed):
        raise Invalid("gs1.mangled_by_spreadsheet", key=key, value=trimmed)
    digits = _TYPED_SEPARATORS.sub("", trimmed)
    require_digits(digits, key=key)
    return digits


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """A Global Trade Item Number, always held as 14 digits (shorter forms are padded with zeros)."""

    value: str

    def __post_init__(self) -> None:
        require_digits(self.value, key="gtin")
        _require_length(self.value, (14,), key="gtin")
        require_check_digit(self.value, key="gtin")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The GTIN written as 8, 12, 13 or 14 digits, separators allowed.

        Raises ``Invalid``: ``gs1.mangled_by_spreadsheet``, ``gs1.bad_character``, ``gs1.bad_length``,
        ``gs1.bad_check_digit``.
        """
        digits = _typed_digits(text, key="gtin")
        _require_length(digits, GTIN_LENGTHS, key="gtin")
        return cls(digits.zfill(14))

    @property
    def printed(self) -> str:
        """The shortest standard form (8, 12, 13 or 14 digits): what stands under a barcode."""
        significant = len(self.value.lstrip("0"))
        length = next(allowed for allowed in GTIN_LENGTHS if allowed >= significant)
        return self.value[-length:]

    @property
    def is_restricted(self) -> bool:
        """Whether the number is for restricted circulation (GS1 prefixes 02, 04, 2; GTIN-8 0 and 2).

        Such a number means something only inside the company or region that gave it: it may not be
        printed as a barcode for sale, nor be stated as a world-wide key.
        """
        printed = self.printed
        if len(printed) == 8:  # noqa: PLR2004 - the length of a GTIN-8
            return printed[0] in "02"
        prefix = self.value[1:4]
        return prefix[0] == "2" or prefix[:2] in {"02", "04"}

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Gln:
    """A Global Location Number: a party or a place, 13 digits."""

    value: str

    def __post_init__(self) -> None:
        require_digits(self.value, key="gln")
        _require_length(self.value, (13,), key="gln")
        require_check_digit(self.value, key="gln")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The GLN written as 13 digits, separators allowed; errors as ``Gtin.parse``."""
        return cls(_typed_digits(text, key="gln"))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Sscc:
    """A Serial Shipping Container Code: one logistic unit (a carton, a pallet), 18 digits."""

    value: str

    def __post_init__(self) -> None:
        require_digits(self.value, key="sscc")
        _require_length(self.value, (18,), key="sscc")
        require_check_digit(self.value, key="sscc")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The SSCC written as 18 digits, separators allowed; errors as ``Gtin.parse``."""
        return cls(_typed_digits(text, key="sscc"))

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class LotCode:
    """A batch or lot number (số lô, AI 10): 1 to 20 characters of set 82, case sensitive."""

    value: str

    def __post_init__(self) -> None:
        require_text_82(self.value, key="lot", max_length=LOT_MAX_LENGTH)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class SerialNumber:
    """A serial number (số sê-ri, AI 21): 1 to 20 characters of set 82, case sensitive."""

    value: str

    def __post_init__(self) -> None:
        require_text_82(self.value, key="serial", max_length=LOT_MAX_LENGTH)

    def __str__(self) -> str:
        return self.value


def internal_gtin(serial: int) -> Gtin:
    """A restricted-circulation GTIN-13 (``299`` + nine digits of ``serial`` + check digit).

    For products of producers without a GS1 company prefix, so that their lots can have a Digital Link
    of this system. **Internal only**: it is not unique in the world, so it is never printed as a
    barcode for sale, never sent to a shop as a GTIN, and its links use this system's own domain
    (``DigitalLink.canonical_key`` keeps that domain for the same reason).

    Raises ``Invalid`` (``gs1.internal_serial_out_of_range``) unless 0 <= serial < 10**9.
    """
    if not 0 <= serial < INTERNAL_SERIALS:
        raise Invalid("gs1.internal_serial_out_of_range", serial=serial, below=INTERNAL_SERIALS)
    return Gtin.parse(with_check_digit(f"{INTERNAL_PREFIX}{serial:09d}"))
