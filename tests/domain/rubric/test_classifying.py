"""Names of real products find their criteria set."""

import csv
import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocop_api.domain.rubric.classifying import Telling, classify, names_of_sets
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.domain.vietnamese import fold

EDITION = load_edition("qd26-2026")
INDUSTRIES = {
    "Thực phẩm": {"I"},
    # Lists of before 2023 count coffee and tea among the beverages.
    "Đồ uống": {"I", "II"},
    "Dược liệu và sản phẩm từ dược liệu": {"III"},
    "Thủ công mỹ nghệ": {"IV"},
    "Dịch vụ du lịch cộng đồng, du lịch sinh thái và điểm du lịch": {"VI"},
}


def sets(name: str) -> list[int]:
    return [found.set_number for found in classify(name, EDITION)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mắc ca sấy", 7),
        ("Xoài Đắk Gằn", 1),
        ("Chuối sấy Joy", 7),
        ("Trứng gà tươi TAFA", 2),
        ("Trứng gà nướng TAFA", 8),
        ("Gạo ST24 Krông Nô", 3),
        ("Mật ong Thanh Hảo", 4),
        ("Điều mật ong", 7),
        ("Bánh tráng sa tế tôm hành", 6),
        ("Nước mắm Phú Quốc Khải Hoàn 40 độ đạm", 9),
        ("Muối ớt tôm", 10),
        ("Trà Olong Tam Dương", 11),
        ("Trà táo mèo Shan Thịnh", 12),
        ("Cà phê phin giấy Linh chi", 13),
        ("Rượu gạo sương mù đông trùng hạ thảo", 14),
        ("Rượu mận Bắc Hà", 15),
        ("Vang Sim rừng Măng Đen", 15),
        ("Nước ép chanh dây", 17),
        ("Viên uống mật nhân", 18),
        ("Nước súc miệng Q CLEAN", 19),
        ("Tinh dầu quế Nậm Đét", 20),
        ("Hương trầm Hà Loan", 21),
        ("Bộ trang phục Hà Nhì", 22),
        ("Hoa lan hồ điệp", 23),
        ("Du lịch cộng đồng bản Sì Thâu Chải", 26),
    ],
)
def test_the_set_is_found_by_the_name_with_and_without_accents(name: str, expected: int) -> None:
    assert sets(name)[0] == expected
    assert expected in sets(fold(name))


def test_products_of_provinces_are_put_into_their_industry() -> None:
    sample = resources.files("ocop_api.bulk.samples").joinpath("ocop_products_sample.csv")
    rows = list(csv.DictReader(sample.read_text(encoding="utf-8").splitlines()))
    right = sum(
        EDITION.criteria_set(found[0]).industry.code in INDUSTRIES[row["product_group"]]
        for row in rows
        if (found := sets(row["product_name"]))
    )
    assert len(rows) > 200
    # Names such as "Mộc Bảo An" do not say what they are.
    assert right / len(rows) > 0.95


def test_what_is_written_hastily_is_understood() -> None:
    assert sets("caphe")[0] == sets("cofee")[0] == sets("ca phe")[0] == 13
    assert sets("macca")[0] == 7
    assert sets("mật o")[0] == 4


def test_accents_that_are_written_are_meant() -> None:
    assert sets("dừa")[0] == sets("dưa")[0] == 1
    assert sets("bò")[0] == 2
    assert sets("bơ")[0] == 1
    assert {1, 2} <= set(sets("bo"))


def test_the_words_that_tell_are_named() -> None:
    (found, *_) = classify("Trà gừng mật ong Vũ Minh", EDITION)
    assert (found.words[0].known, found.words[0].telling) == ("trà gừng", Telling.NAME)
    (dried, *_) = classify("chuoi say", EDITION)
    assert [(word.written, word.known) for word in dried.words] == [("chuoi", "chuối"), ("say", "sấy")]


def test_unknown_words_say_nothing() -> None:
    assert sets("Ladodetox Nosamin") == []
    assert sets("!!!") == []


@given(st.text(max_size=40))
def test_any_text_gives_ordered_shares_of_one_whole(name: str) -> None:
    found = classify(name, EDITION, limit=26)
    shares = [match.share for match in found]
    assert shares == sorted(shares, reverse=True)
    assert not found or abs(sum(shares) - 1) < 0.02
    assert found == classify(name, EDITION, limit=26)


def test_every_set_is_found_by_its_own_names_in_both_languages() -> None:
    for number, criteria_set in EDITION.sets.items():
        assert sets(criteria_set.text.vi)[0] == number
        assert sets(criteria_set.text.en)[0] == number
    assert set(names_of_sets()) == set(EDITION.sets)


def test_a_word_stands_once_in_a_list() -> None:
    file = resources.files("ocop_api.domain.rubric").joinpath("product_words.json")
    words = json.loads(file.read_text(encoding="utf-8"))
    lists = [*words["names"].values(), *(kind["words"] for kind in words["materials"]), words["processing"]]
    every = [word for names in words["names"].values() for word in names]
    assert all(len(names) == len(set(names)) for names in lists)
    assert len(every) == len(set(every)), "a name belongs to one set; several sets are a broad word"
