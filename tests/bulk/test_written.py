"""Whole addresses and decisions in one cell, as lists of provinces write them."""

from datetime import date

import pytest

from ocop_api.bulk.written import AddressUnits, decision_parts, units_of_address


@pytest.mark.parametrize(
    ("text", "units"),
    [
        (
            "xã Phú Cần, huyện Tiểu Cần, tỉnh Trà Vinh.",
            AddressUnits("Xã Phú Cần", "Huyện Tiểu Cần", "Trà Vinh"),
        ),
        (
            "Số 12, TT. Dương Đông, H. Phú Quốc, Kiên Giang",
            AddressUnits("Thị trấn Dương Đông", "Huyện Phú Quốc", "Kiên Giang"),
        ),
        (
            "Phường Phú Khương, TP Bến Tre, Bến Tre",
            AddressUnits("Phường Phú Khương", "Thành phố Bến Tre", "Bến Tre"),
        ),
        ("Thôn 3 - xã Đắk Mil - tỉnh Lâm Đồng", AddressUnits("Xã Đắk Mil", "", "Lâm Đồng")),
        ("Phú Cần, Tiểu Cần, Trà Vinh", AddressUnits("Phú Cần", "Tiểu Cần", "Trà Vinh")),
        ("Phường 5, TP. Hồ Chí Minh", AddressUnits("Phường 5", "", "Thành phố Hồ Chí Minh")),
        ("Đắk Gằn, Đắk Mil", AddressUnits("", "", "Đắk Mil")),
        ("xã Đắk Wil (nay là xã Cư Jút), huyện Cư Jút", AddressUnits("Xã Đắk Wil", "Huyện Cư Jút", "")),
        ("Lâm Đồng", AddressUnits("", "", "Lâm Đồng")),
        ("Xuân Trường, Xuân Trường, Nam Định", AddressUnits("Xuân Trường", "Xuân Trường", "Nam Định")),
        (" , ;", AddressUnits()),
    ],
)
def test_an_address_gives_its_units(text: str, units: AddressUnits) -> None:
    assert units_of_address(text) == units


@pytest.mark.parametrize(
    ("text", "number", "day"),
    [
        ("Quyết định số 1887/QĐ-UBND ngày 16/6/2025", "1887/QĐ-UBND", date(2025, 6, 16)),
        ("2948/QĐ-BNN-VPĐP", "2948/QĐ-BNN-VPĐP", None),
        ("QĐ số 15/2024/QĐ-UBND, ngày 05 tháng 01 năm 2024", "15/2024/QĐ-UBND", date(2024, 1, 5)),
        ("số 77 ngày 31/02/2024", "77", None),
        ("chưa có", "chưa có", None),
    ],
)
def test_a_decision_gives_number_and_date(text: str, number: str, day: date | None) -> None:
    assert decision_parts(text) == (number, day)
