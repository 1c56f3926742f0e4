"""What changed from one product file to another. Pure decisions over frozen contents.

A file is compared as it is frozen: the facts of its head, and the sections of ``DossierContents`` as JSON
values. Criteria are matched by code; evidence by being the same, then by document, then by kind and
number; what an upgrade changed by being the same, then by place. Reordering is therefore no change. Where
a part of the self-assessment was taken over from is not compared: it says nothing about the product.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

from ocop_api.domain.rubric.criteria import NONE_REACHED, CriteriaSet, Language, Text
from ocop_api.dossiers.comparing_words import FIELDS, sentence_of

Json: TypeAlias = Mapping[str, Any]
HEAD: Final = ("producer_id", "place_id", "regime", "edition", "set_number")
"""Facts of the head that are compared; number, kind and day of lodging only name the file."""
_NOTHING: Final[Any] = (None, "", [])


class FileSection(StrEnum):
    """What of a file a change is in."""

    HEADER = "header"
    """Facts about the file: its place, criteria edition and set."""
    REGISTRATION = "registration"
    REPORT = "report"
    SELF_ASSESSMENT = "self_assessment"
    EVIDENCE = "evidence"
    CHANGES = "changes"
    UPDATES = "updates"


class FileChangeKind(StrEnum):
    """What became of it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionChange:
    """A choice before and after; words and points are None where the criteria are not held."""

    code: str
    text: Text | None
    level_before: int | None
    level_after: int | None
    points_before: Decimal | None
    points_after: Decimal | None

    @property
    def vi(self) -> str | None:
        """The criterion's own words in Vietnamese."""
        return None if self.text is None else self.text.vi

    @property
    def en(self) -> str | None:
        """The criterion's own words in English."""
        return None if self.text is None else self.text.en


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One difference: where it is, and what stood there before and stands there after (JSON values).

    ``pointer`` leads into the later file, into the earlier one for what is gone; ``field`` names what
    changed within the section, for the sentence.
    """

    section: FileSection
    pointer: str
    kind: FileChangeKind
    before: Any
    after: Any
    field: str | None = None
    subject: Json | None = None
    """The piece of evidence a changed field belongs to, as it is later."""
    criterion: CriterionChange | None = None

    def sentence(self, language: Language) -> str:
        """The change for a person."""
        return sentence_of(self, language)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, section by section.

    ``comparable_criteria`` is False when the files follow different criteria: the same code may then
    stand for another question, and levels are not compared.
    """

    comparable_criteria: bool
    changes: tuple[FileChange, ...]


def compare(before: Json, after: Json, criteria: CriteriaSet | None = None) -> Comparison:
    """What changed from one file to another.

    Args:
        before: the earlier file as frozen; an empty mapping stands for a file with nothing in it.
        after: the later file as frozen.
        criteria: the set both files follow, for words and points; None where it is not held.
    """
    comparable = not before or all(before.get(name) == after.get(name) for name in ("edition", "set_number"))
    changes = [
        *_fields(FileSection.HEADER, before, after, HEAD),
        *_of_mapping(FileSection.REGISTRATION, before, after),
        *_of_mapping(FileSection.REPORT, before, after),
        *(_choices(before, after, criteria) if comparable else ()),
        *_evidence(before.get("evidence") or [], after.get("evidence") or []),
        *_texts(before.get("changes") or [], after.get("changes") or []),
        *_of_mapping(FileSection.UPDATES, before, after),
    ]
    return Comparison(comparable, tuple(changes))


def _kind(before: Any, after: Any) -> FileChangeKind | None:
    """What became of a value; None when it is the same, or empty before and after."""
    if before == after or (before in _NOTHING and after in _NOTHING):
        return None
    if before in _NOTHING:
        return FileChangeKind.ADDED
    return FileChangeKind.REMOVED if after in _NOTHING else FileChangeKind.CHANGED


def _fields(
    section: FileSection, before: Json, after: Json, names: Iterable[str], base: str = ""
) -> Iterator[FileChange]:
    for name in names:
        was, now = before.get(name), after.get(name)
        kind = _kind(was, now)
        if kind is not None:
            pointer = f"{base}/{_escaped(name)}"
            yield FileChange(section=section, pointer=pointer, kind=kind, before=was, after=now, field=name)


def _of_mapping(section: FileSection, before: Json, after: Json) -> Iterator[FileChange]:
    was, now = before.get(section.value) or {}, after.get(section.value) or {}
    names = sorted({*was, *now}, key=lambda name: (list(FIELDS).index(name) if name in FIELDS else 999, name))
    yield from _fields(section, was, now, names, f"/{section.value}")


def _choices(before: Json, after: Json, criteria: CriteriaSet | None) -> Iterator[FileChange]:
    was, now = before.get("self_assessment") or {}, after.get("self_assessment") or {}
    order = [] if criteria is None else [code for code in criteria.criteria if code in was or code in now]
    for code in dict.fromkeys([*order, *sorted({*was, *now})]):
        old, new = was.get(code), now.get(code)
        kind = _kind(old, new)
        if kind is None:
            continue
        held = None if criteria is None else criteria.criteria.get(code)

        def points(choice: Json | None, held: Any = held) -> Decimal | None:
            if choice is None or held is None:
                return None
            if choice["level"] == NONE_REACHED:
                return Decimal(0)
            option = held.by_level.get(choice["level"])
            return None if option is None else option.points

        yield FileChange(
            section=FileSection.SELF_ASSESSMENT,
            pointer=f"/self_assessment/{_escaped(code)}",
            kind=kind,
            before=old,
            after=new,
            field=code,
            criterion=CriterionChange(
                code=code,
                text=None if held is None else held.text,
                level_before=None if old is None else old["level"],
                level_after=None if new is None else new["level"],
                points_before=points(old),
                points_after=points(new),
            ),
        )


def _evidence(before: list[Json], after: list[Json]) -> Iterator[FileChange]:
    was = {position: _settled(item) for position, item in enumerate(before)}
    now = {position: _settled(item) for position, item in enumerate(after)}
    # What is the same is taken out first, or one of two alike pieces could be matched with a changed one.
    _matched(was, now, lambda item: tuple((name, str(item[name])) for name in sorted(item)))
    pairs = [
        *_matched(was, now, lambda item: item.get("document_id")),
        *_matched(was, now, lambda item: (item.get("kind"), item.get("number"))),
    ]
    for old, new, position in sorted(pairs, key=lambda pair: pair[2]):
        names = [name for name in FIELDS if name in old or name in new]
        base = f"/evidence/{position}"
        for change in _fields(FileSection.EVIDENCE, old, new, names, base):
            yield FileChange(
                section=FileSection.EVIDENCE,
                pointer=change.pointer,
                kind=change.kind,
                before=change.before,
                after=change.after,
                field=change.field,
                subject=new,
            )
    yield from _left(FileSection.EVIDENCE, was, now)


def _settled(item: Json) -> dict[str, Any]:
    """A piece of evidence with the criteria it is cited for in one order."""
    return {**item, "criteria": sorted(item.get("criteria") or [])}


def _matched(
    was: dict[int, Any], now: dict[int, Any], key: Callable[[Any], Hashable]
) -> list[tuple[Any, Any, int]]:
    """Take pairs with the same key, None aside, out of both; gives them with the later position."""
    waiting: dict[Hashable, list[int]] = {}
    for position, item in was.items():
        waiting.setdefault(key(item), []).append(position)
    found = []
    for position, item in list(now.items()):
        mark = key(item)
        if mark is not None and waiting.get(mark):
            found.append((was.pop(waiting[mark].pop(0)), now.pop(position), position))
    return found


def _texts(before: list[str], after: list[str]) -> Iterator[FileChange]:
    was, now = dict(enumerate(before)), dict(enumerate(after))
    _matched(was, now, lambda text: text)
    for position in sorted(was.keys() & now.keys()):
        yield FileChange(
            section=FileSection.CHANGES,
            pointer=f"/changes/{position}",
            kind=FileChangeKind.CHANGED,
            before=was.pop(position),
            after=now.pop(position),
        )
    yield from _left(FileSection.CHANGES, was, now)


def _left(section: FileSection, was: Mapping[int, Any], now: Mapping[int, Any]) -> Iterator[FileChange]:
    """What is in one of two lists alone."""
    for kind, items in ((FileChangeKind.REMOVED, was), (FileChangeKind.ADDED, now)):
        for position, item in items.items():
            gone = kind is FileChangeKind.REMOVED
            yield FileChange(
                section=section,
                pointer=f"/{section.value}/{position}",
                kind=kind,
                before=item if gone else None,
                after=None if gone else item,
            )


def _escaped(name: str) -> str:
    """A name as a token of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
