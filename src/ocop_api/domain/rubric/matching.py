"""Which parts of two editions speak of the same thing, told by their wording first and their code second.

Numbers shift when a criterion is put in between (1.2 of 148/QĐ-TTg is 1.3 of 26/2026/QĐ-TTg), so a code
alone says little. Every function here is deterministic and leaves both lists in their order.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from ocop_api.domain.rubric.criteria import Criterion, Group, Option, Part
from ocop_api.domain.vietnamese import fold

T = TypeVar("T")

ALIKE = 0.5
"""From this likeness on, two wordings are taken for the same criterion, group or option."""
_SAME_CODE = 0.05
"""What an equal code adds, so that it decides between wordings that are equally alike."""
_ENOUGH_WORDS = 2


def likeness(one: str, other: str) -> float:
    """How alike two Vietnamese wordings are, from 0 to 1; 1 only when they are the same words.

    A wording that lies wholly within the other (``Mùi`` within ``Ngoại hình - mùi``) counts as alike from
    two syllables on; below that it would take ``Vị`` for ``Đơn vị``.
    """
    if one == other:
        return 1.0
    first, second = _pieces(one), _pieces(other)
    pieces = 2 * len(first.pairs & second.pairs) / ((len(first.pairs) + len(second.pairs)) or 1)
    shorter, longer = sorted((first.words, second.words), key=len)
    within = len(shorter & longer) / len(longer) if shorter else 0.0
    contained = 0.6 if shorter <= longer and len(shorter) >= _ENOUGH_WORDS else 0.0
    return min(0.99, max(pieces, within, contained))


def pairs_of_criteria(before: Part, after: Part) -> list[tuple[Criterion, Criterion]]:
    """The criteria of a part that both editions have, in the order of the later one.

    Alike in wording; or, where the wording was changed beyond that, with the same options.
    """

    def alike(one: Criterion, other: Criterion) -> float:
        named = likeness(one.text.vi, other.text.vi)
        if named < ALIKE:
            named = min(named + 0.5 * _shared_options(one, other), 0.8)
        return named + _SAME_CODE * (one.code == other.code)

    return pairs(_criteria(before), _criteria(after), alike)


def pairs_of_groups(before: Part, after: Part) -> list[tuple[Group, Group]]:
    """The groups of a part that both editions have, in the order of the later one."""

    def alike(one: Group, other: Group) -> float:
        return likeness(one.text.vi, other.text.vi) + _SAME_CODE * (one.code == other.code)

    return pairs(before.groups, after.groups, alike)


def pairs_of_options(before: Criterion, after: Criterion) -> list[tuple[Option, Option]]:
    """The options of a criterion that both editions have.

    Equal or similar wording goes first. What then remains is paired by level while both have it: a rung
    that was worded anew is still that rung.
    """

    def alike(one: Option, other: Option) -> float:
        return likeness(one.text.vi, other.text.vi) + _SAME_CODE * (one.level == other.level)

    found = pairs(before.options, after.options, alike)
    left = {option.level: option for option in before.options if all(option is not a for a, _ in found)}
    free = [option for option in after.options if all(option is not b for _, b in found)]
    found += [(left[option.level], option) for option in free if option.level in left]
    return sorted(found, key=lambda pair: pair[1].level)


def pairs(before: Sequence[T], after: Sequence[T], alike: Callable[[T, T], float]) -> list[tuple[T, T]]:
    """Pair what is at least ``ALIKE``, the most alike first; each is used once. In the order of ``after``."""
    weighed = sorted(
        (
            (-weight, abs(old - new), old, new)
            for old, one in enumerate(before)
            for new, other in enumerate(after)
            if (weight := alike(one, other)) >= ALIKE
        )
    )
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _, _, old, new in weighed:
        if old not in used and new not in taken:
            taken[new] = old
            used.add(old)
    return [(before[taken[new]], after[new]) for new in sorted(taken)]


class _Pieces:
    """The syllables of a wording, and the pairs of neighbouring letters in it."""

    __slots__ = ("pairs", "words")

    def __init__(self, text: str) -> None:
        folded = fold(text)
        self.words = frozenset(folded.split())
        self.pairs = frozenset(folded[at : at + 3] for at in range(max(len(folded) - 2, 1)))


@lru_cache(maxsize=16_384)
def _pieces(text: str) -> _Pieces:
    return _Pieces(text)


def _criteria(part: Part) -> list[Criterion]:
    return [criterion for group in part.groups for criterion in group.criteria]


def _shared_options(one: Criterion, other: Criterion) -> float:
    first = {option.text.vi for option in one.options}
    second = {option.text.vi for option in other.options}
    return 2 * len(first & second) / ((len(first) + len(second)) or 1)
