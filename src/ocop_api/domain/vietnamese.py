"""Vietnamese text: folding for search, alphabetical order, numbers and dates in words, place names.

Everything here gives the same result for composed (NFC) and decomposed (NFD) input.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

# The Croatian/Vietnamese d with stroke, and the Icelandic eth and African d that old fonts and
# scanned texts put in its place.
_D_WITH_STROKE: Final = str.maketrans(dict.fromkeys("đðɖ", "d"))

_BREVE, _CIRCUMFLEX, _HORN = "\u0306", "\u0302", "\u031b"
_TONES: Final = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}

# A modified letter is its base followed by a character above "z": "ă" comes after every "a…" and
# before "b" in plain byte order.
_MODIFIED: Final = {
    ("a", _BREVE): "a{",
    ("a", _CIRCUMFLEX): "a|",
    ("e", _CIRCUMFLEX): "e{",
    ("o", _CIRCUMFLEX): "o{",
    ("o", _HORN): "o|",
    ("u", _HORN): "u{",
}

# Letters by Unicode's category that people type for an apostrophe.
_APOSTROPHES: Final = frozenset("'’‘ʼʹ`´′")
_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_ROMAN_TENS: Final = ("", "X")
_ROMAN_UNITS: Final = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_ROMAN: Final = {
    tens + units: 10 * ten + unit
    for ten, tens in enumerate(_ROMAN_TENS)
    for unit, units in enumerate(_ROMAN_UNITS)
    if tens or units
}
_APOSTROPHE_RUN: Final = re.compile(r"\s*[" + "".join(sorted(_APOSTROPHES)) + r"]+\s*")
_UNIT_PREFIX: Final = re.compile(
    r"""
    ^(?:
        (?:tỉnh|thành\s+phố|thủ\s+đô|huyện|quận|thị\s+xã|thị\s+trấn|xã|phường|đặc\s+khu)\s+
      | (?:thanh\s+pho|thi\s+xa|thi\s+tran|dac\s+khu)\s+
      | (?:t\.?\s?p|t\.?\s?x|t\.?\s?t)(?:\s*\.\s*|\s+)
      | [hqpx]\s*\.\s*
      | (?:quan|phuong|q|p)\s*(?=\d)
    )(?=\S)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BILLION: Final = 1_000_000_000


def fold(text: str) -> str:
    """Search form of ``text``: no accents, đ as d, lower case, words parted by single spaces.

    Punctuation counts as a space: ``"Đắk R'lấp - 2024"`` becomes ``"dak r lap 2024"``. Idempotent.
    Letters of other scripts are kept, without their marks.
    """
    characters = []
    for character in _decomposed(text):
        if unicodedata.category(character)[0] == "M":
            continue
        word = character.isalnum() and character not in _APOSTROPHES
        characters.append(character if word else " ")
    return " ".join("".join(characters).translate(_D_WITH_STROKE).split())


def slug(text: str) -> str:
    """``text`` for a URL path: ASCII letters and digits joined by hyphens, possibly empty."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def sort_key(text: str) -> str:
    """Text whose plain byte order (PostgreSQL's ``C`` collation) is Vietnamese alphabetical order.

    Letters are compared first, in the order a ă â b c d đ e ê f g … o ô ơ … u ư v …; only between
    equal letters the tones count, word by word: ngang, huyền, hỏi, ngã, sắc, nặng. A space comes
    before every letter, numbers before letters and by value ("Phường 2" before "Phường 10"). Case,
    punctuation and the place of the tone mark (hoà, hòa) do not count, so different texts may share a
    key: a sort needs a further, unique criterion. Letters of other scripts come after z.
    """
    words: list[list[str]] = [[]]
    tones: list[str] = [""]
    base = ""
    for character in _decomposed(text):
        word = words[-1]
        if unicodedata.category(character)[0] == "M":
            if character in _TONES:
                tones[-1] += _TONES[character]
            elif word and (base, character) in _MODIFIED:
                word[-1] = _MODIFIED[base, character]
        elif character.isalnum() and character not in _APOSTROPHES:
            base = character
            word.append("d{" if character in "đðɖ" else character)
        elif word:
            words.append([])
            tones.append("")
            base = ""
    letters = " ".join("".join(word) for word in words if word)
    marks = "".join(tone or "0" for word, tone in zip(words, tones, strict=True) if word)
    return f"{re.sub(r'[0-9]+', _number_by_value, letters)}\t{marks}"


def number_in_words(number: int) -> str:
    """``number`` as it is read: 21 "hai mươi mốt", 105 "một trăm linh năm", 15 "mười lăm".

    Northern administrative usage: linh (not lẻ), nghìn (not ngàn), tư after mươi. Negative numbers
    begin with "âm".
    """
    if number < 0:
        return f"âm {number_in_words(-number)}"
    if number == 0:
        return _DIGITS[0]
    return " ".join(_below_any(number, padded=False))


def date_in_words(day: date) -> str:
    """``day`` as in the place-and-date line of official documents: "ngày 05 tháng 3 năm 2024".

    Days below 10 and the months 1 and 2 get a leading zero (Decree 30/2020/NĐ-CP, Annex I).
    """
    month = f"{day.month:02d}" if day.month in (1, 2) else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def format_number(value: Decimal | int) -> str:
    """``value`` the Vietnamese way, with all its decimals: ``Decimal("1234.50")`` is "1.234,50".

    Raises:
        ValueError: ``value`` is infinite or not a number.
    """
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value}")
    # Taken from the text: abs() would round to the precision of the decimal context.
    whole, _, decimals = f"{number:f}".removeprefix("-").partition(".")
    grouped = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ".", whole)
    sign = "-" if number < 0 else ""
    return f"{sign}{grouped},{decimals}" if decimals else f"{sign}{grouped}"


def strip_unit_prefix(name: str) -> str:
    """Place name without its unit type: "Thị trấn Đắk Mil" is "Đắk Mil", "TP.HCM" is "HCM", "P.7" is "7".

    Knows the official types, their usual abbreviations (a one-letter one needs its dot or a number) and
    the accent-free spellings that cannot begin a name. "Xa Ly" and "Quan Hoa" stay whole: without
    accents they may be names. A type standing alone is returned as it is. The result is NFC.
    """
    text = " ".join(unicodedata.normalize("NFC", name).split())
    return _UNIT_PREFIX.sub("", text, count=1)


def place_key(name: str) -> str:
    """Key under which the spellings of one place name met in the wild meet.

    Drops the unit type, accents, spaces, hyphens and apostrophes; Đăk, Đắk, Đắc and Dak are one, as are
    i and y closing a syllable (Mỹ, Mĩ), "Phường 07" and "Phường 7", "Phường IV" and "Phường 4".

    Different places may share a key (Tân Thanh and Tân Thạnh do). Use it to find candidates below a
    known parent, and prefer the candidate whose name is exactly the one asked for.
    """
    words = _APOSTROPHE_RUN.sub("", strip_unit_prefix(name)).replace("-", " ").split()
    if words and words[-1] in _ROMAN:
        words[-1] = str(_ROMAN[words[-1]])
    return "".join(_spelling(syllable) for syllable in fold(" ".join(words)).split())


def _decomposed(text: str) -> str:
    # Case folding may bring back composed characters, hence the second decomposition.
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def _number_by_value(match: re.Match[str]) -> str:
    digits = match.group().lstrip("0") or "0"
    length = len(digits)
    # The length in front makes longer numbers greater; beyond eight digits every nine is a carry.
    return "9" * (length // 9) + str(length % 9) + digits


def _spelling(syllable: str) -> str:
    if syllable.isdecimal():
        return syllable.lstrip("0") or "0"
    # A k closing a syllable is the spelling of the highlands for the c of the standard alphabet; the
    # syllable may be glued to the next one (ĐắkR'lấp).
    syllable = re.sub(r"(?<=[aeiouy])k(?![aeiouyh])", "c", syllable)
    return re.sub(r"^([bcdghklmnpqrstvx]{1,3}|qu)y$", r"\1i", syllable)


def _below_hundred(number: int) -> list[str]:
    tens, unit = divmod(number, 10)
    if tens == 0:
        return [_DIGITS[unit]]
    words = ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if unit == 0:
        return words
    if unit == 5:  # noqa: PLR2004 - the digit whose reading changes
        return [*words, "lăm"]
    if tens > 1:
        return [*words, {1: "mốt", 4: "tư"}.get(unit, _DIGITS[unit])]
    return [*words, _DIGITS[unit]]


def _below_thousand(number: int, *, padded: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [_DIGITS[hundreds], "trăm"] if hundreds or padded else []
    if rest == 0:
        return words
    if words and rest < 10:  # noqa: PLR2004 - a single digit after the hundreds
        words.append("linh")
    return words + _below_hundred(rest)


def _below_any(number: int, *, padded: bool) -> list[str]:
    """Words of a positive number; ``padded`` when greater groups stand before it."""
    words: list[str] = []
    if number >= _BILLION:
        above, number = divmod(number, _BILLION)
        words = [*_below_any(above, padded=padded), "tỷ"]
    for value, name in ((1_000_000, "triệu"), (1_000, "nghìn"), (1, "")):
        group, number = divmod(number, value)
        if group:
            words += _below_thousand(group, padded=padded or bool(words))
            words += [name] if name else []
    return words
