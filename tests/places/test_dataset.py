"""The administrative reference data holds what the law says and hangs together."""

import time
from collections import Counter, defaultdict
from datetime import date
from importlib.resources import files
from itertools import pairwise
from unicodedata import is_normalized

import pytest

from ocop_api.places.dataset import (
    READY_STRUCTURES,
    CrosswalkRow,
    Extent,
    Level,
    Structure,
    UnitRow,
    read_crosswalk,
    read_units,
    structure_on,
)

OLD, NEW = Structure.PROVINCES_63, Structure.PROVINCES_34
Units = dict[tuple[Structure, str], UnitRow]
Links = dict[str, list[CrosswalkRow]]


@pytest.fixture(scope="module")
def units() -> Units:
    rows = list(read_units())
    by_identity = {(row.structure, row.code): row for row in rows}
    assert len(by_identity) == len(rows), "structure and code identify a unit"
    return by_identity


@pytest.fixture(scope="module")
def links() -> Links:
    by_old: Links = defaultdict(list)
    for row in read_crosswalk():
        by_old[row.old_code].append(row)
    return dict(by_old)


def test_both_structures_have_the_official_number_of_units(units: Units) -> None:
    counts = Counter((row.structure, row.level) for row in units.values())
    assert counts == {
        (OLD, Level.PROVINCE): 63,
        (OLD, Level.DISTRICT): 696,
        (OLD, Level.COMMUNE): 10_035,
        (NEW, Level.PROVINCE): 34,
        (NEW, Level.COMMUNE): 3_321,
    }


def test_new_communes_are_of_the_three_kinds_of_the_law(units: Units) -> None:
    kinds = Counter(row.kind for row in units.values() if row.structure is NEW and row.level is Level.COMMUNE)
    assert kinds == {"Xã": 2_621, "Phường": 687, "Đặc khu": 13}


def test_six_cities_are_run_by_the_centre_in_both_structures(units: Units) -> None:
    cities = {
        structure: {
            row.name
            for row in units.values()
            if row.structure is structure and row.level is Level.PROVINCE and row.kind == "Thành phố"
        }
        for structure in Structure
    }
    assert cities[OLD] == cities[NEW]
    assert len(cities[NEW]) == 6
    assert "Thành phố Huế" in cities[NEW]


def test_code_length_tells_the_level(units: Units) -> None:
    digits = {Level.PROVINCE: 2, Level.DISTRICT: 3, Level.COMMUNE: 5}
    assert all(row.code.isdecimal() and len(row.code) == digits[row.level] for row in units.values())


def test_every_parent_is_one_level_up_in_the_same_structure_and_comes_first() -> None:
    above = {
        (OLD, Level.COMMUNE): Level.DISTRICT,
        (OLD, Level.DISTRICT): Level.PROVINCE,
        (NEW, Level.COMMUNE): Level.PROVINCE,
    }
    seen: dict[tuple[Structure, str], Level] = {}
    for row in read_units():
        if row.parent_code is None:
            assert row.level is Level.PROVINCE
        else:
            assert seen[row.structure, row.parent_code] is above[row.structure, row.level]
        seen[row.structure, row.code] = row.level


def test_names_are_normalised_and_start_with_the_kind(units: Units) -> None:
    for row in units.values():
        assert row.name.startswith(row.kind + " ")
        assert is_normalized("NFC", row.name)
        assert row.name == " ".join(row.name.split())


def test_names_keep_their_accented_capitals(units: Units) -> None:
    assert units[OLD, "00679"].name == "Xã Đại Áng"
    assert units[OLD, "03742"].name == "Xã É Tòng"


def test_centroids_lie_in_the_country_and_only_in_the_new_structure(units: Units) -> None:
    for row in units.values():
        if row.structure is OLD:
            assert row.lat is None
            assert row.lon is None
        elif row.lat is not None:
            assert row.lon is not None
            assert 8 < row.lat < 23.5
            assert 102 < row.lon < 115
    without = [row.code for row in units.values() if row.structure is NEW and row.lat is None]
    assert len(without) == 9


def test_dak_nong_exists_only_before_the_merger_and_lam_dong_in_both(units: Units) -> None:
    assert units[OLD, "67"].name == "Tỉnh Đắk Nông"
    assert (NEW, "67") not in units
    assert units[OLD, "68"].name == units[NEW, "68"].name == "Tỉnh Lâm Đồng"


def test_dak_nong_has_its_eight_districts_and_71_communes(units: Units) -> None:
    districts = {row.code for row in units.values() if row.parent_code == "67"}
    assert districts == {str(code) for code in range(660, 668)}
    communes = [row for row in units.values() if row.structure is OLD and row.parent_code in districts]
    assert len(communes) == 71
    assert units[OLD, "24664"].name == "Thị trấn Đắk Mil"


def test_a_code_that_lives_on_may_stand_for_another_unit(units: Units) -> None:
    assert units[OLD, "24611"].name == "Phường Nghĩa Đức"
    assert units[NEW, "24611"].name == "Phường Bắc Gia Nghĩa"


def test_codes_of_old_product_codes_resolve(units: Units) -> None:
    ward = units[OLD, "28780"]
    assert (ward.name, ward.parent_code) == ("Phường 7", "829")
    assert units[OLD, "829"].parent_code == "83"


def test_every_commune_has_a_successor_and_every_new_one_a_predecessor(units: Units, links: Links) -> None:
    old = {row.code for row in units.values() if row.structure is OLD and row.level is not Level.DISTRICT}
    islands = {"318", "471", "498", "536", "755"}
    assert set(links) == old | islands
    reached = {row.new_code for rows in links.values() for row in rows}
    assert reached == {row.code for row in units.values() if row.structure is NEW}


def test_island_districts_without_communes_became_special_zones(units: Units, links: Links) -> None:
    for code in ("318", "471", "498", "536", "755"):
        (link,) = links[code]
        assert units[NEW, link.new_code].kind == "Đặc khu"
        assert not any(row.parent_code == code and row.structure is OLD for row in units.values())


def test_a_divided_unit_is_marked_part_on_every_row_and_no_other(links: Links) -> None:
    for rows in links.values():
        assert {row.extent for row in rows} == {Extent.WHOLE if len(rows) == 1 else Extent.PART}
        assert len({row.new_code for row in rows}) == len(rows)
    assert sum(len(rows) > 1 for rows in links.values()) > 400


def test_a_commune_stays_inside_the_successor_of_its_province(units: Units, links: Links) -> None:
    for code, rows in links.items():
        unit = units[OLD, code]
        if unit.level is Level.PROVINCE:
            continue
        district = unit if unit.level is Level.DISTRICT else units[OLD, unit.parent_code or ""]
        (province,) = links[district.parent_code or ""]
        assert {units[NEW, row.new_code].parent_code for row in rows} == {province.new_code}


def test_dak_nong_communes_went_whole_to_lam_dong(units: Units, links: Links) -> None:
    districts = {row.code for row in units.values() if row.parent_code == "67"}
    communes = {row.code for row in units.values() if row.structure is OLD and row.parent_code in districts}
    went = [row for code in communes for row in links[code]]
    assert len(went) == 71
    assert all(row.extent is Extent.WHOLE for row in went)
    assert {units[NEW, row.new_code].parent_code for row in went} == {"68"}
    assert [row.new_code for row in links["24612"]] == ["24611"]


def test_namesakes_do_not_inherit_each_others_successors(links: Links) -> None:
    # Xã Thạnh Quới is in huyện Vĩnh Thạnh (31246) and, 100 km away, in huyện Mỹ Xuyên (31714).
    assert [(row.new_code, row.extent) for row in links["31246"]] == [("31246", Extent.WHOLE)]
    assert [(row.new_code, row.extent) for row in links["31714"]] == [("31726", Extent.WHOLE)]
    # Phường 4 of Cao Lãnh became part of Cao Lãnh; those of Mỹ Tho, Sa Đéc and Cai Lậy did not.
    for code in ("28252", "29908", "28439"):
        assert "29869" not in {row.new_code for row in links[code]}


def test_structures_follow_one_another_without_gap() -> None:
    assert list(READY_STRUCTURES) == list(Structure)
    for earlier, later in pairwise(READY_STRUCTURES.values()):
        assert earlier.valid_to is not None
        assert later.valid_from is not None
        assert (later.valid_from - earlier.valid_to).days == 1


@pytest.mark.parametrize(
    ("day", "structure"),
    [
        (date(1990, 1, 1), OLD),
        (date(2025, 6, 30), OLD),
        (date(2025, 7, 1), NEW),
        (date(2030, 1, 1), NEW),
    ],
)
def test_the_reorganisation_takes_effect_on_the_first_of_july(day: date, structure: Structure) -> None:
    assert structure_on(day) is structure
    assert [s for s, validity in READY_STRUCTURES.items() if validity.contains(day)] == [structure]


def test_a_unit_carries_the_validity_of_its_structure(units: Units) -> None:
    assert (units[OLD, "68"].valid_from, units[OLD, "68"].valid_to) == (None, date(2025, 6, 30))
    assert (units[NEW, "68"].valid_from, units[NEW, "68"].valid_to) == (date(2025, 7, 1), None)


def test_reading_everything_takes_well_under_a_second() -> None:
    start = time.process_time()
    assert sum(1 for _ in read_units()) + sum(1 for _ in read_crosswalk()) > 24_000
    # The aim is 0.3 s; the bound leaves room for a busy machine and still catches a wrong approach.
    assert time.process_time() - start < 1.5


def test_the_licence_of_the_source_ships_with_the_data() -> None:
    notice = (files("ocop_api.places") / "data" / "NOTICE").read_text(encoding="utf-8")
    assert "MIT License" in notice
    assert "Copyright (c) 2025 Tran Ngoc Minh Hieu" in notice
