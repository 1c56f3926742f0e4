"""Pure decisions about producers."""

from collections.abc import Iterable

from ocop_api.domain.actor import Actor, Permission
from ocop_api.domain.vietnamese import fold
from ocop_api.producers.schemas import COOPERATIVE_FORMS

_CURRENT_STRUCTURE = "34"
_PROVINCE_CODE_LENGTH = 2


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
