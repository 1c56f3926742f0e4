"""Vietnamese text is folded, ordered and spelt as a Vietnamese reader expects."""

import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.vietnamese import (
    date_in_words,
    fold,
    format_number,
    number_in_words,
    place_key,
    slug,
    sort_key,
    strip_unit_prefix,
)

ALPHABET = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")

syllables = st.builds(
    lambda head, vowel, tone, tail: unicodedata.normalize("NFC", head + vowel + tone + tail),
    st.sampled_from(["", "b", "c", "đ", "d", "h", "ngh", "tr", "Đ", "K"]),
    st.sampled_from(VOWELS),
    st.sampled_from(TONES),
    st.sampled_from(["", "n", "ng", "k", "c", "t"]),
)
phrases = st.lists(syllables, min_size=1, max_size=5).map(" ".join)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


# --- fold and slug -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Cà phê Đắk Mil", "ca phe dak mil"),
        ("  HỒ   TIÊU\tĐẮK  SONG ", "ho tieu dak song"),
        ("Đắk R'lấp - 2024", "dak r lap 2024"),
        ("Đắk R’lấp", "dak r lap"),
        ("Ðăk Nông", "dak nong"),  # an Icelandic eth stands for the Đ
        ("Nguyễn Thị Ngọc Ưỡng", "nguyen thi ngoc uong"),
        ("½ kg", "1 2 kg"),
        ("…", ""),
        ("", ""),
    ],
)
def test_fold_drops_accents_case_and_punctuation(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_fold_does_not_see_the_normal_form(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert fold(composed) == fold(decomposed(text)) == fold(text)


@given(phrases)
def test_fold_of_vietnamese_is_ascii_and_does_not_see_case(text: str) -> None:
    assert fold(text).isascii()
    assert fold(text.upper()) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cà phê bột Đắk Mil (500g)", "ca-phe-bot-dak-mil-500g"),
        ("--Mật ong--", "mat-ong"),
        ("日本", ""),
    ],
)
def test_slug_joins_ascii_words_by_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text())
def test_slug_has_only_lower_case_ascii_letters_digits_and_single_hyphens(text: str) -> None:
    parts = slug(text).split("-")
    assert parts == [""] or all(part and part.isascii() and part.isalnum() for part in parts)
    assert slug(text) == slug(text).lower()


# --- alphabetical order --------------------------------------------------------------------------


def in_order(texts: list[str]) -> list[str]:
    """As PostgreSQL's C collation would sort the stored keys."""
    return sorted(texts, key=lambda text: sort_key(text).encode())


def test_letters_come_in_the_order_of_the_alphabet() -> None:
    assert in_order(sorted(ALPHABET)) == list(ALPHABET)


def test_the_letter_decides_before_whatever_follows_it() -> None:
    words = ["azz", "ă", "ăn", "âm", "ban", "dzz", "đa", "ezz", "êm", "ozz", "ôi", "ơi", "uzz", "ưa", "va"]
    assert in_order(words[::-1]) == words


def test_tones_follow_ngang_huyen_hoi_nga_sac_nang() -> None:
    words = ["ma", "mà", "mả", "mã", "má", "mạ"]
    assert in_order(words[::-1]) == words


def test_tones_count_only_between_equal_letters() -> None:
    words = ["bà", "bạ", "ban", "bàn", "bán", "băn", "bân"]
    assert in_order(words[::-1]) == words
    assert in_order(["mạ a", "ma b"]) == ["mạ a", "ma b"]


def test_names_sort_word_by_word() -> None:
    names = ["An Lão", "An Lộc", "Anh Sơn", "Ân Thi", "Đắk Mil", "Đắk Song", "Eo Gió"]
    assert in_order(names[::-1]) == names


def test_provinces_sort_as_in_the_official_lists() -> None:
    names = [
        "Cà Mau",
        "Cao Bằng",
        "Cần Thơ",
        "Đà Nẵng",
        "Đắk Lắk",
        "Điện Biên",
        "Đồng Nai",
        "Gia Lai",
        "Hà Nội",
    ]
    assert in_order(names[::-1]) == names


def test_numbers_sort_by_value_and_before_letters() -> None:
    names = ["Phường 2", "Phường 03", "Phường 10", "Phường 123456789", "Phường 1234567890", "Phường An"]
    assert in_order(names[::-1]) == names


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_of_any_length_sort_by_value(left: int, right: int) -> None:
    assert (sort_key(str(left)) < sort_key(str(right))) == (left < right)


def test_case_and_the_place_of_the_tone_mark_do_not_count() -> None:
    assert sort_key("HOÀ BÌNH") == sort_key("Hòa Bình")


@given(phrases)
def test_sort_key_does_not_see_the_normal_form_and_can_be_stored(text: str) -> None:
    key = sort_key(text)
    assert key == sort_key(decomposed(text))
    assert "\x00" not in key


@given(phrases, phrases)
def test_sort_key_agrees_with_a_comparison_by_letters_then_tones(left: str, right: str) -> None:
    def weights(text: str) -> tuple[list[int], list[int]]:
        letters, tones = [], []
        for word in unicodedata.normalize("NFC", text.lower()).split():
            tone = 0
            for character in word:
                marks = unicodedata.normalize("NFD", character)
                found = [TONES.index(mark) for mark in marks if mark in TONES[1:]]
                tone = tone or (found[0] if found else 0)
                bare = "".join(mark for mark in marks if mark not in TONES[1:])
                letters.append(1 + ALPHABET.index(unicodedata.normalize("NFC", bare)))
            letters.append(0)
            tones.append(tone)
        return letters[:-1], tones

    assert (sort_key(left).encode() < sort_key(right).encode()) == (weights(left) < weights(right))


# --- numbers and dates ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (25, "hai mươi lăm"),
        (55, "năm mươi lăm"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (105, "một trăm linh năm"),
        (110, "một trăm mười"),
        (115, "một trăm mười lăm"),
        (999, "chín trăm chín mươi chín"),
        (1_000, "một nghìn"),
        (1_005, "một nghìn không trăm linh năm"),
        (1_050, "một nghìn không trăm năm mươi"),
        (2_024, "hai nghìn không trăm hai mươi tư"),
        (10_000, "mười nghìn"),
        (1_000_000, "một triệu"),
        (1_000_001, "một triệu không trăm linh một"),
        (1_005_000, "một triệu không trăm linh năm nghìn"),
        (1_234_567, "một triệu hai trăm ba mươi tư nghìn năm trăm sáu mươi bảy"),
        (1_000_000_000, "một tỷ"),
        (5_000_000_015, "năm tỷ không trăm mười lăm"),
        (1_000_000_000_000, "một nghìn tỷ"),
        (10**18, "một tỷ tỷ"),
        (-21, "âm hai mươi mốt"),
    ],
)
def test_numbers_are_read_as_they_are_spoken(number: int, words: str) -> None:
    assert number_in_words(number) == words


def value_of(words: list[str]) -> int:
    """Read the words back, from the greatest unit down."""
    if not words:
        return 0
    for name, value in (("tỷ", 10**9), ("triệu", 10**6), ("nghìn", 1000), ("trăm", 100), ("mươi", 10)):
        if name in words:
            # The last "tỷ" is the greatest: "một tỷ tỷ" is a billion of "một tỷ".
            at = len(words) - 1 - words[::-1].index(name) if name == "tỷ" else words.index(name)
            return value_of(words[:at]) * value + value_of(words[at + 1 :])
    if words[0] == "mười":
        return 10 + value_of(words[1:])
    if words[0] == "linh":
        return value_of(words[1:])
    digits = {"mốt": 1, "tư": 4, "lăm": 5}
    digits |= {
        word: digit
        for digit, word in enumerate(["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"])
    }
    (word,) = words
    return digits[word]


@given(st.integers(0, 10**17))
def test_the_words_of_a_number_can_be_read_back(number: int) -> None:
    assert value_of(number_in_words(number).split()) == number


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2024, 3, 5), "ngày 05 tháng 3 năm 2024"),
        (date(2024, 1, 31), "ngày 31 tháng 01 năm 2024"),
        (date(2024, 2, 9), "ngày 09 tháng 02 năm 2024"),
        (date(2025, 10, 10), "ngày 10 tháng 10 năm 2025"),
    ],
)
def test_dates_are_padded_so_that_no_digit_can_be_added(day: date, words: str) -> None:
    assert date_in_words(day) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234.56"), "1.234,56"),
        (Decimal("1234.50"), "1.234,50"),
        (Decimal(999), "999"),
        (Decimal(1000), "1.000"),
        (Decimal("1E+6"), "1.000.000"),
        (Decimal("-1234567.8"), "-1.234.567,8"),
        (Decimal("0.123456"), "0,123456"),
        (Decimal("-0"), "0"),
        (150000, "150.000"),
    ],
)
def test_numbers_are_written_with_dots_for_thousands_and_a_decimal_comma(
    value: Decimal | int, text: str
) -> None:
    assert format_number(value) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_written_number_can_be_read_back(value: Decimal) -> None:
    assert Decimal(format_number(value).replace(".", "").replace(",", ".")) == value


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_finite_number_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        format_number(Decimal(value))


# --- place names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Tỉnh Đắk Nông", "Đắk Nông"),
        ("tỉnh  Đắk Nông", "Đắk Nông"),
        ("Thành phố Gia Nghĩa", "Gia Nghĩa"),
        ("TP. Gia Nghĩa", "Gia Nghĩa"),
        ("TP.HCM", "HCM"),
        ("TP Huế", "Huế"),
        ("T.P Huế", "Huế"),
        ("Huyện Đắk R'lấp", "Đắk R'lấp"),
        ("H. Cư Jút", "Cư Jút"),
        ("Thị xã Sơn Tây", "Sơn Tây"),
        ("TX. Sơn Tây", "Sơn Tây"),
        ("TX Sơn Tây", "Sơn Tây"),
        ("Thị trấn Đắk Mil", "Đắk Mil"),
        ("TT Đắk Mil", "Đắk Mil"),
        ("thi tran Dak Mil", "Dak Mil"),
        ("Xã Thuận An", "Thuận An"),
        ("X. Thuận An", "Thuận An"),
        ("Xã Xã", "Xã"),
        ("Phường Nghĩa Tân", "Nghĩa Tân"),
        ("P.7", "7"),
        ("Q1", "1"),
        ("quan 1", "1"),
        ("Đặc khu Phú Quý", "Phú Quý"),
        ("Thuận An", "Thuận An"),
    ],
)
def test_the_unit_type_is_taken_off(name: str, bare: str) -> None:
    assert strip_unit_prefix(name) == bare
    assert strip_unit_prefix(decomposed(name)) == bare


@pytest.mark.parametrize(
    "name", ["Quan Hóa", "Xa Ly", "Phương Liễu", "Tinh Nhuệ", "Tây Hồ", "Phú Yên", "Xã", "Hội An"]
)
def test_names_that_only_look_like_a_unit_type_stay_whole(name: str) -> None:
    assert strip_unit_prefix(name) == name


@pytest.mark.parametrize(
    "variants",
    [
        ["Đắk Gằn", "Đăk Gằn", "Dak Gan", "Đak Găn", "Xã Đắk Gằn", "ĐẮK GẰN", "Đắc Gằn", "Ðắk Gằn"],
        ["Huyện Đắk R'lấp", "Đắk R’lấp", "Đăk Rlấp", "Đắk R' Lấp", "Dak R`lap", "ĐắkR'lấp"],
        ["Bà Rịa - Vũng Tàu", "Bà Rịa–Vũng Tàu", "Ba Ria Vung Tau", "Tỉnh Bà Rịa-Vũng Tàu"],
        ["Mỹ Tho", "Mĩ Tho", "TP. Mỹ Tho"],
        ["Phú Quý", "Phú Quí", "Đặc khu Phú Quý"],
        ["Kỳ Sơn", "Kì Sơn"],
        ["Phường 07", "Phường 7", "P.7", "P7", "phuong 07"],
        ["Phường IV", "Phường 4"],
        ["Xã Tam Xuân II", "Tam Xuân 2"],
        ["Xã Quảng Hoà", "Xã Quảng Hòa"],
        ["Kon Tum", "KonTum", "Tỉnh Kon Tum"],
    ],
)
def test_spellings_of_one_place_share_a_key(variants: list[str]) -> None:
    keys = {variant: place_key(variant) for variant in variants}
    assert len(set(keys.values())) == 1, keys
    assert "" not in keys.values()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Phường 7", "Phường 17"),
        ("Phường 10", "Phường 1"),
        ("Phường IV", "Phường VI"),
        ("Tây Sơn", "Tai Sơn"),
        ("Đắk Mil", "Đắk Song"),
        ("Đại Ly", "Đại La"),
    ],
)
def test_places_that_differ_in_letters_keep_different_keys(left: str, right: str) -> None:
    assert place_key(left) != place_key(right)


@given(phrases)
def test_place_key_does_not_see_accents_case_or_the_normal_form(name: str) -> None:
    key = place_key(name)
    assert key.isascii()
    assert place_key(decomposed(name)) == key
    assert place_key(f"Xã {name}") == key
