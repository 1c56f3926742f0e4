"""Pure decisions about producers."""

from collections.abc import Iterable, Mapping
from typing import Any

from ocop_api.db.tables.producers import Producer
from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.errors import Invalid
from ocop_api.domain.vietnamese import fold, sort_key
from ocop_api.producers.schemas import COOPERATIVE_FORMS

_CURRENT_STRUCTURE = "34"
_PROVINCE_CODE_LENGTH = 2
_PARTS = {
    "member_count": ("members_women", "members_ethnic_minority", "members_poor_households"),
    "labour_in_province": ("labour_in_commune",),
    "labour_count": (
        "labour_in_commune",
        "labour_in_province",
        "labour_women",
        "labour_ethnic_minority",
        "labour_disabled",
    ),
}
COUNTS = tuple(dict.fromkeys((*_PARTS, *(part for parts in _PARTS.values() for part in parts))))
"""Columns that ``check_counts`` compares."""


def is_cooperative(legal_form: str) -> bool:
    """Whether a producer of this form is counted among the cooperatives, which the programme favours."""
    return legal_form in COOPERATIVE_FORMS


def province_of(area_path: Iterable[str]) -> str | None:
    """The province in an area path, today's one where it is known (``"34:68"``), else the former one."""
    provinces = [unit for unit in area_path if len(unit.partition(":")[2]) == _PROVINCE_CODE_LENGTH]
    # Today's provinces come first; the code settles the order among equals.
    provinces.sort(key=lambda unit: (not unit.startswith(f"{_CURRENT_STRUCTURE}:"), unit))
    return provinces[0] if provinces else None


def search_words(*texts: str | None) -> str:
    """The folded words of all texts, as they are stored for searching."""
    return " ".join(filter(None, (fold(text) for text in texts if text)))


def may_create(actor: Actor, area_path: Iterable[str]) -> bool:
    """Whether the actor may register a producer there; without a known area only one who may anywhere."""
    return actor.scope(Permission.PRODUCER_CREATE).covers(area_path=area_path)


def names_of(name: str) -> dict[str, str]:
    """The columns that follow from a producer's name.

    Raises:
        Invalid: ``producers.name_without_letters``.
    """
    folded = fold(name)
    if not folded:
        raise Invalid("producers.name_without_letters", name=name)
    return {"name_folded": folded, "sort_key": sort_key(name), "search_text": folded}


def check_counts(values: Mapping[str, Any]) -> None:
    """Refuse a part of the members or labour that is more than the whole, where both are known.

    Raises:
        Invalid: ``producers.part_exceeds_whole``.
    """
    for whole, parts in _PARTS.items():
        limit = values.get(whole)
        for part in parts:
            count = values.get(part)
            if limit is not None and count is not None and count > limit:
                raise Invalid(
                    "producers.part_exceeds_whole", part=part, count=count, whole=whole, limit=limit
                )


def created_facts(row: Producer) -> dict[str, Any]:
    """What the ledger tells of a new producer; nothing personal."""
    return {"name": row.name, "legal_form": str(row.legal_form), "place_id": row.place_id}
