"""Rebuild the administrative reference data from the PyPI package ``vietnamadminunits``.

The package (MIT) is the source of ``src/ocop_api/places/data/*.csv``. It is not a dependency of the
application: install it in an environment of its own and run this script with that interpreter,
nothing else is needed::

    python -m venv /tmp/places && /tmp/places/bin/pip install vietnamadminunits==1.0.4
    /tmp/places/bin/python bench/build_places.py            # rewrite the CSV files
    /tmp/places/bin/python bench/build_places.py --check    # exit 1 if they differ from a rebuild

The output is deterministic: rows are sorted by structure, level and code, and nothing depends on
the clock or on the order of the source. ``--check`` therefore proves that nobody edited the files.

What is changed on the way, and why:

* Coordinates of the 63-province structure are left out. The package took them from a commercial
  geocoding service whose terms forbid redistribution; an MIT label cannot lift that.
* ``FALSE_LINKS`` are dropped: the source joined split communes by their accent-free name within the
  new province, so namesakes inherited each other's successors.
* ``WRONG_CENTROIDS`` are left empty: the source swapped or misplaced them.
* Names whose first accented capital was lost ("Xã Đại áng") get it back, and unit types their
  official spelling ("Thành Phố Bắc Kạn").
* The unit type is read from the name; the source's column contradicts the name in seven lines.
"""

import argparse
import csv
import importlib.metadata
import importlib.util
import io
import json
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

PACKAGE = "vietnamadminunits"
VERSION = "1.0.4"
TARGET = Path(__file__).resolve().parent.parent / "src" / "ocop_api" / "places" / "data"

UNIT_HEADER = ("structure", "level", "code", "kind", "name", "parent", "lat", "lon")
CROSSWALK_HEADER = ("old_code", "new_code", "extent")

LEVELS = ("province", "district", "commune")
KINDS = (
    "Tỉnh",
    "Thành phố",
    "Huyện",
    "Quận",
    "Thị xã",
    "Xã",
    "Phường",
    "Thị trấn",
    "Đặc khu",
)

# Old commune -> new commune links of the source that are false. In each pair another commune of the
# same accent-free name in the same new province truly became the new unit, the two lie 20 to 100 km
# apart (but for 31379/31582, whose geocoded position is itself that of the namesake), and a second,
# independent mapping (PyPI vietnam-address-converter 1.0.5, Apache-2.0) does not have the pair.
FALSE_LINKS = frozenset(
    {
        ("06079", "06184"),  # Hồng Phong: Bình Gia is not Cao Lộc
        ("10798", "11911"),  # Hòa Bình: Kim Thành is not Vĩnh Bảo
        ("11890", "10804"),
        ("11890", "10843"),
        ("25462", "27694"),  # Phường 4: Tây Ninh is not Tân An
        ("27691", "25459"),
        ("28252", "29869"),  # Phường 4: Mỹ Tho, Cai Lậy, Sa Đéc are not Cao Lãnh
        ("28439", "29869"),
        ("29908", "29869"),
        ("28270", "29869"),  # Phường 6: Mỹ Tho is not Cao Lãnh
        ("28437", "29869"),  # Phường 3: Cai Lậy, Sa Đéc are not Cao Lãnh
        ("29902", "29869"),
        ("28924", "29734"),  # Hòa Lộc: Mỏ Cày Bắc is not Tam Bình
        ("29734", "28921"),
        ("29623", "29182"),  # Mỹ An: Mang Thít is not Thạnh Phú
        ("31246", "31726"),  # Thạnh Quới: Vĩnh Thạnh is not Mỹ Xuyên
        ("31714", "31246"),
        ("31268", "31666"),  # Tân Thạnh: Thới Lai is not Long Phú
        ("31666", "31288"),
        ("31378", "31654"),  # Phú Hữu: Châu Thành (Hậu Giang) is not Long Phú
        ("31657", "31378"),
        ("31379", "31582"),  # Phú Tân: Châu Thành (Hậu Giang) is not Châu Thành (Sóc Trăng)
        ("31582", "31378"),
        ("31438", "31741"),  # Tân Long: Phụng Hiệp is not Ngã Năm
        ("31741", "31408"),
        ("31474", "31741"),  # Long Bình: Long Mỹ is not Ngã Năm
        ("31744", "31473"),
        ("31480", "31639"),  # Long Phú: thị xã Long Mỹ is not huyện Long Phú
        ("31669", "31480"),
        ("31483", "31591"),  # Thuận Hưng: Long Mỹ is not Mỹ Tú
        ("31606", "31495"),
    }
)

# New communes whose centroid lies 22 to 100 km from every commune they were made of.
WRONG_CENTROIDS = frozenset(
    {
        "04714",  # Yên Bình, Lào Cai
        "04924",  # Lương Sơn, Phú Thọ: has the place of Sơn Lương, and the other way round
        "08296",
        "06172",  # Hoàng Văn Thụ, Lạng Sơn
        "06757",  # Vĩnh Thực and Cái Chiên, Quảng Ninh: one point for both, near Hạ Long
        "06967",
        "28615",  # Lương Hòa Lạc, Đồng Tháp: has the place of Thanh Bình, and the other way round
        "30130",
        "29983",  # Long Khánh, Đồng Tháp: has the place of Long Khánh near Cai Lậy
    }
)


class Unit(NamedTuple):
    """One line of ``units.csv``, in the order of its columns."""

    structure: str
    level: str
    code: str
    kind: str
    name: str
    parent: str
    lat: str
    lon: str


class Link(NamedTuple):
    """One line of ``crosswalk.csv``, in the order of its columns."""

    old_code: str
    new_code: str
    extent: str


class SourceError(Exception):
    """The installed package is absent, of another version or not of the expected shape."""


def package_data() -> Path:
    """Folder with the data files of the installed package, found without importing the package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SourceError(f"install {PACKAGE}=={VERSION} next to this interpreter first")
    installed = importlib.metadata.version(PACKAGE)
    if installed != VERSION:
        raise SourceError(f"{PACKAGE} {installed} is installed; the corrections belong to {VERSION}")
    return Path(spec.submodule_search_locations[0]) / "data"


def rows(database: Path, query: str) -> list[sqlite3.Row]:
    """Result of ``query`` on the package's SQLite file, opened for reading only."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def named(text: str) -> tuple[str, str]:
    """Unit type and official name: the type in its own spelling, accented initials in upper case.

    The type is read from the name, which is what the law gives; the source's own column contradicts
    the name in seven lines. Unaccented small words ("Thị trấn Nông trường Việt Lâm") stay small.
    """
    kind = next(kind for kind in KINDS if text.casefold().startswith(f"{kind} ".casefold()))
    proper = (word if word[0].isascii() else word[0].upper() + word[1:] for word in text[len(kind) :].split())
    return kind, " ".join((kind, *proper))


def degrees(value: float | None) -> str:
    """Coordinate as text, at most six decimals (about 0.1 m), empty when unknown."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def province_unit(structure: str, row: sqlite3.Row, lat: str, lon: str) -> Unit:
    """The province a line of the source belongs to."""
    kind, name = named(row["province"])
    return Unit(structure, "province", row["provinceCode"], kind, name, "", lat, lon)


def commune_unit(structure: str, row: sqlite3.Row, parent: str, lat: str, lon: str) -> Unit:
    """The commune of a line of the source."""
    kind, name = named(row["ward"])
    return Unit(structure, "commune", row["wardCode"], kind, name, parent, lat, lon)


def old_units(old: Iterable[sqlite3.Row]) -> set[Unit]:
    """Provinces, districts and communes until 2025-06-30."""
    units: set[Unit] = set()
    for row in old:
        units.add(province_unit("63", row, "", ""))
        kind, name = named(row["district"])
        units.add(Unit("63", "district", row["districtCode"], kind, name, row["provinceCode"], "", ""))
        # Five island districts had no communes; the source has one line without a ward for each.
        if row["wardCode"]:
            units.add(commune_unit("63", row, row["districtCode"], "", ""))
    return units


def new_units(new: Iterable[sqlite3.Row]) -> set[Unit]:
    """Provinces and communes since 2025-07-01, with centroids."""
    units: set[Unit] = set()
    for row in new:
        units.add(province_unit("34", row, degrees(row["provinceLat"]), degrees(row["provinceLon"])))
        known = row["wardCode"] not in WRONG_CENTROIDS
        lat, lon = (degrees(row["wardLat"]), degrees(row["wardLon"])) if known else ("", "")
        units.add(commune_unit("34", row, row["provinceCode"], lat, lon))
    return units


def links(old: Sequence[sqlite3.Row], new: Sequence[sqlite3.Row], converter: Path) -> list[Link]:
    """Which new unit each old province and each old commune (or island district) went to.

    The package joins by accent-free keys; they are unique within a district and within a new
    province, which is asserted here rather than trusted.
    """
    old_code: dict[str, str] = {}
    for row in old:
        key = f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"
        assert key not in old_code, key
        old_code[key] = row["wardCode"] or row["districtCode"]
    new_code = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in new}
    assert len(new_code) == len(new)

    mapping = json.loads(converter.read_text(encoding="utf-8"))
    pairs = [
        (source, new_code[province, ward])
        for province, wards in mapping["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
        for ward, sources in wards.items()
        for source in sources
    ]
    pairs += [
        (source, new_code[province, ward["newWardKey"]])
        for province, sources in mapping["DICT_PROVINCE_WARD_DIVIDED"].items()
        for source, wards in sources.items()
        for ward in wards
    ]
    successors: dict[str, set[str]] = defaultdict(set)
    for source, after in pairs:
        successors[old_code[source]].add(after)
    for before, after in FALSE_LINKS:
        successors[before].remove(after)

    province_codes = {row["provinceKey"]: row["provinceCode"] for row in new}
    old_province_codes = {row["provinceKey"]: row["provinceCode"] for row in old}
    for province, sources in mapping["DICT_PROVINCE"].items():
        for source in sources:
            successors[old_province_codes[source]].add(province_codes[province])

    assert set(old_code.values()) | set(old_province_codes.values()) == set(successors)
    assert all(successors.values())
    return [
        Link(before, after, "whole" if len(after_all) == 1 else "part")
        for before, after_all in successors.items()
        for after in after_all
    ]


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """CSV text with Unix line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


def build() -> dict[str, str]:
    """File name to content of everything this script owns."""
    data = package_data()
    old = rows(data / "dataset.db", "SELECT * FROM admin_units_legacy")
    new = rows(data / "dataset.db", "SELECT * FROM admin_units")
    units = sorted(
        old_units(old) | new_units(new),
        key=lambda unit: (-int(unit.structure), LEVELS.index(unit.level), unit.code),
    )
    identities = {(unit.structure, unit.code) for unit in units}
    assert len(identities) == len(units), "a code stands for two units of one structure"
    crosswalk = sorted(
        links(old, new, data / "converter_2025.json"), key=lambda link: (len(link.old_code), link)
    )
    return {"units.csv": table(UNIT_HEADER, units), "crosswalk.csv": table(CROSSWALK_HEADER, crosswalk)}


def main() -> int:
    """Write the files, or compare them when ``--check`` is given."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--check", action="store_true", help="compare instead of writing")
    check = arguments.parse_args().check
    try:
        files = build()
    except SourceError as error:
        print(error, file=sys.stderr)
        return 2
    stale = False
    for name, content in files.items():
        path = TARGET / name
        if check:
            same = path.exists() and path.read_bytes() == content.encode()
            stale |= not same
            print(f"{name}: {'as built' if same else 'DIFFERS'}")
        else:
            path.write_text(content, encoding="utf-8", newline="\n")
            print(f"{name}: {content.count(chr(10)) - 1} rows, {len(content.encode())} bytes")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
