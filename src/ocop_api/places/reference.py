"""The reference data as rows of the tables: ids, names in full, keys for search and order."""

from typing import Any

from ocop_api.domain.vietnamese import place_key, sort_key, strip_unit_prefix
from ocop_api.places.dataset import Structure, read_crosswalk, read_units

Row = dict[str, Any]
"""Column names and JSON values of one table row."""


def place_id(structure: str, code: str) -> str:
    """Id of a unit: ``34:24611``."""
    return f"{structure}:{code}"


def unit_rows() -> list[Row]:
    """Every unit as a row of ``place``; parents come before their children."""
    rows: dict[str, Row] = {}
    for unit in read_units():
        own_id = place_id(unit.structure, unit.code)
        parent_id = place_id(unit.structure, unit.parent_code) if unit.parent_code else None
        above = rows[parent_id] if parent_id else None
        rows[own_id] = {
            "id": own_id,
            "structure": str(unit.structure),
            "code": unit.code,
            "level": str(unit.level),
            "kind": unit.kind,
            "name": unit.name,
            "full_name": f"{unit.name}, {above['full_name']}" if above else unit.name,
            "place_key": place_key(unit.name),
            "sort_key": sort_key(strip_unit_prefix(unit.name)),
            "parent_id": parent_id,
            "path": [*(above["path"] if above else ()), own_id],
            "valid_from": unit.valid_from,
            "valid_to": unit.valid_to,
            "lat": unit.lat,
            "lon": unit.lon,
        }
    return list(rows.values())


def succession_rows() -> list[Row]:
    """Every link from an old unit to a new one as a row of ``place_succession``."""
    return [
        {
            "old_id": place_id(Structure.PROVINCES_63, link.old_code),
            "new_id": place_id(Structure.PROVINCES_34, link.new_code),
            "extent": str(link.extent),
        }
        for link in read_crosswalk()
    ]
