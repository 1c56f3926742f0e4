"""Which criteria set does a product belong to? Ranked sets for its name, with the words that tell.

A Vietnamese name begins with what the product is (*rượu* mơ, *mứt* gừng, *trà* atiso) and goes on with
what it is made of, how, and by whom. So the first known words weigh most, materials follow the way
they are processed (chuối: set 1, chuối *sấy*: set 7), and words that are not known, brands and places,
do not count. The words lie in ``product_words.json``; the names of the sets are added to them.
"""

import difflib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from ocop_api.domain.rubric.criteria import Edition
from ocop_api.domain.vietnamese import fold, sort_key

_FIRST_WEIGHS = (1.0, 0.45, 0.2, 0.1)
"""Weight of the first words that are known, of the next, and so on; the last for all that follow."""
_BARE = 0.9
_OTHER_ACCENTS = 0.4
_GUESSED = 0.6
_FLAVOUR = 0.1
_OPENED_BY_PLANT = 0.5
"""What is left of a broad word's other sets when a plant follows it (*rượu* mơ is no white liquor)."""
_LIKE = 0.84
_SHORTEST_GUESS = 4
_MOST_WORDS = 30
"""Words of a name that are read; the longest official name of a set has fewer."""
_GUESSED_WORDS = 6
_PLANTS_AMONG_NAMES = frozenset({4, 10, 20})


class Telling(StrEnum):
    """What a known word says of a product."""

    NAME = "name"
    """It is what the set holds."""
    BROAD = "broad"
    """It is in several sets; what follows decides."""
    MATERIAL = "material"
    PROCESSING = "processing"
    FRESH = "fresh"
    FLAVOUR = "flavour"


@dataclass(frozen=True, slots=True)
class _Meaning:
    telling: Telling
    raw: Mapping[int, float]
    processed: Mapping[int, float]
    plants: bool = False
    of_plants: int | None = None


@dataclass(frozen=True, slots=True)
class _Phrase:
    text: str
    accents: str
    meanings: tuple[_Meaning, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    written: str
    phrase: _Phrase
    certainty: float


@dataclass(frozen=True, slots=True)
class TellingWord:
    """A word of the query that speaks for a set: as ``written``, as ``known``, and what it says."""

    written: str
    known: str
    telling: Telling


@dataclass(frozen=True, slots=True)
class Classified:
    """A set that may be meant. ``share`` is its part of all that the words say, above 0 and at most 1."""

    set_number: int
    share: float
    words: tuple[TellingWord, ...]


def classify(name: str, edition: Edition, *, limit: int = 3) -> tuple[Classified, ...]:
    """Return the sets a product of that name most likely belongs to, best first; none if no word is known.

    Accents, their absence, spaces inside words (macca), an unfinished last word and small slips are
    understood; a word with other accents than a known one counts less.
    """
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFC", name).lower()) if fold(word)]
    del words[_MOST_WORDS:]
    lexicon = _lexicon(edition)
    found = list(_known(words, lexicon)) or list(_guessed(words, lexicon))
    points, told = _weighed(found)
    every = sum(points.values())
    ranked = sorted(points.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Classified(number, round(value / every, 3), tuple(dict.fromkeys(told[number])))
        for number, value in ranked[:limit]
        if number in edition.sets
    )


@cache
def names_of_sets() -> Mapping[int, tuple[str, ...]]:
    """Everyday names of what each set holds, in Vietnamese and English."""
    return {int(number): tuple(names) for number, names in _words()["names"].items()}


@cache
def _words() -> dict[str, Any]:
    file = resources.files("ocop_api.domain.rubric").joinpath("product_words.json")
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def _meanings() -> Iterator[tuple[str, _Meaning]]:
    words = _words()
    for number, names in names_of_sets().items():
        sets = {number: 1.0}
        plants = number in _PLANTS_AMONG_NAMES
        yield from ((name, _Meaning(Telling.NAME, sets, sets, plants=plants)) for name in names)
    for name, entry in words["broad"].items():
        sets = _numbered(entry["sets"])
        yield name, _Meaning(Telling.BROAD, sets, sets, of_plants=entry["of_plants"])
    for kind in words["materials"]:
        raw, processed = _numbered(kind["raw"]), _numbered(kind["processed"])
        material = _Meaning(Telling.MATERIAL, raw, processed, plants=kind["plants"])
        yield from ((name, material) for name in kind["words"])
    for telling in (Telling.PROCESSING, Telling.FRESH, Telling.FLAVOUR):
        yield from ((name, _Meaning(telling, {}, {})) for name in words[telling])


def _numbered(sets: Mapping[str, float]) -> dict[int, float]:
    return {int(number): weight for number, weight in sets.items()}


@lru_cache(maxsize=8)
def _lexicon(edition: Edition) -> Mapping[str, tuple[_Phrase, ...]]:
    """Phrases by their letters without accents and spaces."""
    meanings: dict[str, list[_Meaning]] = defaultdict(list)
    for text, meaning in _meanings():
        meanings[text].append(meaning)
    for number, criteria_set in edition.sets.items():
        for official in (criteria_set.text.vi, criteria_set.text.en):
            meanings[official.lower()].append(_Meaning(Telling.NAME, {number: 1.0}, {number: 1.0}))
    lexicon: dict[str, list[_Phrase]] = defaultdict(list)
    for text, own in meanings.items():
        lexicon[_key(text)].append(_Phrase(text, sort_key(text), tuple(own)))
    return {key: tuple(phrases) for key, phrases in lexicon.items()}


def _key(text: str) -> str:
    return fold(text).replace(" ", "")


def _known(words: list[str], lexicon: Mapping[str, tuple[_Phrase, ...]]) -> Iterator[_Found]:
    # Who writes accents means them: "bộ" in a name is then neither "bò" nor "bơ".
    accented = any(sort_key(word) != sort_key(fold(word)) for word in words)
    keys = [_key(word) for word in words]
    start = 0
    while start < len(words):
        for end in range(len(words), start, -1):
            phrases = lexicon.get("".join(keys[start:end]), ())
            fitting = list(_fitting(" ".join(words[start:end]), phrases)) if phrases else []
            if fitting and (not accented or end - start > 1 or fitting[0].certainty == 1.0):
                yield from fitting
                start = end
                break
        else:
            start += 1


def _fitting(written: str, phrases: tuple[_Phrase, ...]) -> Iterator[_Found]:
    accents = sort_key(written)
    same = [phrase for phrase in phrases if phrase.accents == accents]
    if same:
        yield from (_Found(written, phrase, 1.0) for phrase in same)
        return
    bare = accents == sort_key(fold(written))
    # Without accents any of them may be meant; with others than known, perhaps a slip.
    yield from (_Found(written, phrase, _BARE if bare else _OTHER_ACCENTS) for phrase in phrases)


def _guessed(words: list[str], lexicon: Mapping[str, tuple[_Phrase, ...]]) -> Iterator[_Found]:
    words = words[:_GUESSED_WORDS]
    for size in range(min(3, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            written = " ".join(words[start : start + size])
            key = _key(written)
            if len(key) < _SHORTEST_GUESS:
                continue
            # A slip in the first letter is rare, and to compare with every word would take long.
            near = [known for known in lexicon if known[0] == key[0]]
            begun = sorted((known for known in near if known.startswith(key)), key=len)
            for known in begun[:1] or difflib.get_close_matches(key, near, n=1, cutoff=_LIKE):
                yield from (_Found(written, phrase, _GUESSED) for phrase in lexicon[known])
                return


def _weighed(found: list[_Found]) -> tuple[dict[int, float], dict[int, list[TellingWord]]]:
    points: dict[int, float] = defaultdict(float)
    told: dict[int, list[TellingWord]] = defaultdict(list)
    later = {meaning.telling for hit in found[1:] for meaning in hit.phrase.meanings}
    processed, fresh = Telling.PROCESSING in later, Telling.FRESH in later
    # Alone or in front, a word such as "mật ong" is the product and not a way to process it.
    position, flavour = 0, False
    for index, hit in enumerate(found):
        speaking = [m for m in hit.phrase.meanings if m.raw]
        if index and any(m.telling is Telling.PROCESSING for m in hit.phrase.meanings):
            speaking = []
        for meaning in speaking:
            weight = _FIRST_WEIGHS[min(position, len(_FIRST_WEIGHS) - 1)] * hit.certainty / len(speaking)
            sets = dict(meaning.processed if processed and not fresh else meaning.raw)
            if meaning.of_plants is not None and _plant_follows(found[index + 1 :]):
                sets = {number: part * _OPENED_BY_PLANT for number, part in sets.items()}
                sets[meaning.of_plants] = 1.0
            for number, part in sets.items():
                points[number] += part * weight * (_FLAVOUR if flavour else 1.0)
                told[number].append(TellingWord(hit.written, hit.phrase.text, meaning.telling))
        position += bool(speaking)
        flavour = any(m.telling is Telling.FLAVOUR for m in hit.phrase.meanings)
    if processed:
        for hit in found[1:]:
            if any(m.telling is Telling.PROCESSING for m in hit.phrase.meanings):
                for number in points:
                    told[number].append(TellingWord(hit.written, hit.phrase.text, Telling.PROCESSING))
    return points, told


def _plant_follows(rest: list[_Found]) -> bool:
    return any(meaning.plants for hit in rest for meaning in hit.phrase.meanings)
