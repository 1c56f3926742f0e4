"""What somebody types into the search box, as a query of the product's words, units and sets.

Every word must be found. A phrase that names a place or a set (or says a set in everyday words) is also
found by the product's area and set; a word that no product has is also read as its nearest spelling.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ocop_api.domain.vietnamese import fold, place_key
from ocop_api.products.set_words import LONGEST, sets_by_phrase

MAX_WORDS: Final = 16
"""Words that count; what is typed after them is left out."""
_LONGEST_WORD: Final = 100
_CORRECTED: Final = 3
_SHORTEST_CORRECTED: Final = 4
_SPELLINGS: Final = 4
# Without accents, as people type them before a place's name.
_UNIT_WORDS: Final = frozenset(
    {
        ("xa",),
        ("phuong",),
        ("huyen",),
        ("quan",),
        ("tinh",),
        ("thi", "xa"),
        ("thi", "tran"),
        ("thanh", "pho"),
        ("dac", "khu"),
    }
)


@dataclass(frozen=True, slots=True)
class Search:
    """A search ready for the database: folded words, and the text of a ``tsquery``."""

    words: tuple[str, ...]
    query: str

    @property
    def phrase(self) -> str:
        """The words in a row."""
        return " ".join(self.words)


def words_of(typed: str) -> tuple[str, ...]:
    """The folded words that count; none for text without letters and digits."""
    return tuple(word[:_LONGEST_WORD] for word in fold(typed).split()[:MAX_WORDS])


def place_keys(words: Sequence[str]) -> dict[str, str]:
    """Phrases among the words that may name a place, by phrase, as the key of ``place.place_key``."""
    found = {phrase: place_key(phrase) for _, _, phrase in _phrases(words)}
    return {phrase: key for phrase, key in found.items() if key and not key.isdecimal()}


def corrections(words: Sequence[str], vocabulary: Collection[str]) -> dict[str, list[tuple[str, ...]]]:
    """Other readings of words that no product has: one typing error away, or two words run together.

    Args:
        words: folded words.
        vocabulary: every word of products' and producers' names.
    """
    readings: dict[str, list[tuple[str, ...]]] = {}
    for position, word in enumerate(words):
        unfinished = position == len(words) - 1
        if len(word) < _SHORTEST_CORRECTED or word.isdecimal() or word in vocabulary or word in readings:
            continue
        if unfinished and any(known.startswith(word) for known in vocabulary):
            continue
        near = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=1, limit=_SPELLINGS)
        found: list[tuple[str, ...]] = [(str(known),) for known, _, _ in near]
        pairs = ((word[:cut], word[cut:]) for cut in range(2, len(word) - 1))
        found += [pair for pair in pairs if pair[0] in vocabulary and pair[1] in vocabulary][:_SPELLINGS]
        if found:
            readings[word] = found
        if len(readings) == _CORRECTED:
            break
    return readings


def build(
    words: Sequence[str],
    places: Mapping[str, Collection[str]],
    readings: Mapping[str, Sequence[tuple[str, ...]]],
) -> Search:
    """The query of these words.

    Args:
        words: from ``words_of``; not empty.
        places: ids of units by the phrase that names them.
        readings: from ``corrections``.
    """
    groups: list[str] = []
    position = 0
    while position < len(words):
        unit = _unit_before_place(words, position, places)
        if unit:
            # "xã Đắk Gằn" asks for the place; products do not say "xã".
            position += unit
            continue
        length, tokens = _named(words, position, places)
        part = words[position : position + length]
        plain = " & ".join(_lexeme(word, words, position + i) for i, word in enumerate(part))
        spelt = [" & ".join(f"'{word}'" for word in reading) for reading in readings.get(part[0], ())]
        others = spelt if length == 1 else []
        alternatives = [
            f"({plain})",
            *(f"({other})" for other in others),
            *(f"'{t}'" for t in sorted(tokens)),
        ]
        groups.append(f"({' | '.join(alternatives)})")
        position += length
    return Search(tuple(words), " & ".join(groups))


def _lexeme(word: str, words: Sequence[str], position: int) -> str:
    # Folded words are letters and digits only, so quoting them cannot be escaped from.
    return f"'{word}':*" if position == len(words) - 1 else f"'{word}'"


def _phrases(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for start in range(len(words)):
        for length in range(1, min(LONGEST, len(words) - start) + 1):
            yield start, length, " ".join(words[start : start + length])


def _named(
    words: Sequence[str], start: int, places: Mapping[str, Collection[str]]
) -> tuple[int, frozenset[str]]:
    """Length of the longest phrase from here that names a place or set, and what it names; else one word."""
    for length in range(min(LONGEST, len(words) - start), 0, -1):
        phrase = " ".join(words[start : start + length])
        tokens = frozenset(places.get(phrase, ()))
        tokens |= {f"#{number}" for number in sets_by_phrase().get(phrase, ())}
        if tokens:
            return length, tokens
    return 1, frozenset()


def _unit_before_place(words: Sequence[str], start: int, places: Mapping[str, Collection[str]]) -> int:
    for length in (2, 1):
        after = start + length
        if tuple(words[start:after]) in _UNIT_WORDS and any(
            " ".join(words[after : after + long]) in places for long in range(1, LONGEST + 1)
        ):
            return length
    return 0
