"""A file of a criteria edition, checked before anybody adds it: its shape, its sums, what it would join."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.admitting import admit
from ocop_api.domain.rubric.comparing import EditionChanges, compare_editions
from ocop_api.domain.rubric.consistency import EditionError, Fault
from ocop_api.domain.rubric.criteria import Edition, EditionHeader, Text
from ocop_api.domain.rubric.edition import load_edition
from ocop_api.scoring.schemas.edition_file import MAX_BYTES, EditionFile
from ocop_api.web.field_texts import field_text

Node: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class FileFault:
    """One fault of a file and where it lies (JSON Pointer)."""

    pointer: str
    said: Text


class EditionRefused(Invalid):
    """Everything that is wrong with a file of an edition; code ``rubric.edition_invalid``."""

    def __init__(self, faults: list[FileFault]) -> None:
        super().__init__("rubric.edition_invalid", faults=len(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class CheckedEdition:
    """An edition that may be added, and what it changes in the one that is in force before it."""

    document: dict[str, Any]
    """As it is to be kept."""
    edition: Edition
    changes: EditionChanges | None
    """None for an edition older than all others."""


def check_edition_file(content: bytes, held: Iterable[EditionHeader]) -> CheckedEdition:
    """Check a file against the editions that are there, without keeping anything.

    Args:
        content: JSON, the document of an edition.
        held: the editions it would stand beside.

    Raises:
        Invalid, EditionRefused: as ``read_edition_file`` and, where the shape is right, ``check_edition``.
    """
    return check_edition(read_edition_file(content), held)


def read_edition_file(content: bytes) -> EditionFile:
    """The document in a file, of the right shape.

    Raises:
        Invalid: ``rubric.edition_too_large``, ``rubric.edition_not_json``.
        EditionRefused: with every fault of the shape.
    """
    if len(content) > MAX_BYTES:
        raise Invalid("rubric.edition_too_large", size=len(content), limit=MAX_BYTES)
    try:
        return EditionFile.model_validate_json(content, strict=True)
    except ValidationError as error:
        found = error.errors()
        if found[0]["type"] == "json_invalid":
            raise Invalid("rubric.edition_not_json", reason=str(found[0]["ctx"]["error"])) from error
        raise EditionRefused(
            [
                FileFault(
                    _pointer(one["loc"]),
                    Text(field_text(one["type"], one["msg"], one.get("ctx", {}), "vi"), one["msg"]),
                )
                for one in found
            ]
        ) from error


def check_edition(file: EditionFile, held: Iterable[EditionHeader]) -> CheckedEdition:
    """Check an edition of the right shape against those that are there, without keeping anything.

    Half a second of work: call it in a thread.

    Raises:
        EditionRefused: with every fault of the criteria.
    """
    # The document is read back from the model: trimmed, in NFC, and with nothing of unknown meaning in it.
    document = file.model_dump(mode="json", by_alias=True, exclude_unset=True)
    others = list(held)
    try:
        edition = admit(document, others)
    except EditionError as error:
        raise EditionRefused(
            [
                FileFault(_pointer(_path(document, fault)), Text(fault.sentence("vi"), fault.sentence("en")))
                for fault in error.faults
            ]
        ) from error
    earlier = [other for other in others if other.in_force_from < edition.in_force_from]
    if not earlier:
        return CheckedEdition(document, edition, None)
    before = load_edition(max(earlier, key=lambda other: other.in_force_from).code)
    return CheckedEdition(document, edition, compare_editions(before, edition))


def _pointer(path: Iterable[int | str]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _path(document: Node, fault: Fault) -> list[int | str]:
    """Where the fault lies, as far down as it says and the document has it."""
    path: list[int | str] = []
    if fault.set_number is not None:
        step = _place(document["sets"], "number", fault.set_number)
        path += ["sets", step, *_way(document["sets"][step], fault)]
    return path if fault.field is None else [*path, fault.field]


def _way(criteria_set: Node, fault: Fault) -> Iterator[int | str]:
    """From a set to the part, group, criterion or option that a fault names."""
    for p, part in enumerate(criteria_set["parts"]):
        if fault.criterion is fault.group is None and part["code"] == fault.part:
            yield from ("parts", p)
            return
        for g, group in enumerate(part["groups"]):
            if fault.criterion is None and group["code"] == fault.group:
                yield from ("parts", p, "groups", g)
                return
            for c, criterion in enumerate(group["criteria"]):
                if criterion["code"] == fault.criterion:
                    yield from ("parts", p, "groups", g, "criteria", c)
                    if fault.option is not None:
                        yield from ("options", _place(criterion["options"], "level", fault.option))
                    return


def _place(items: Node, key: str, wanted: object) -> int:
    return next((place for place, item in enumerate(items) if item[key] == wanted), 0)
