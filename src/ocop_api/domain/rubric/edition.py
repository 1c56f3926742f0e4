"""Read criteria editions, checked on loading, and hold them for the process.

Two editions are shipped with the package; further ones are added to the database by an administrator and
put on the shelf here.

A shipped edition lies in ``editions/<code>/``: ``edition.json`` is its header, ``set-NN.json`` one file for
each set. Labels are our own short wording, not the official text; points, star minimums, gates and
notes are those of the decision.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

from ocop_api.domain.errors import NotFound
from ocop_api.domain.rubric.consistency import EditionError, Fault, check_header, check_set
from ocop_api.domain.rubric.criteria import (
    Band,
    Case,
    Classification,
    CriteriaSet,
    Criterion,
    Edition,
    EditionHeader,
    Gate,
    GateEffect,
    Group,
    KnownGap,
    Note,
    NoteKind,
    Option,
    Part,
    Problem,
    Text,
)

__all__ = [
    "Case",
    "CriteriaSet",
    "Criterion",
    "Edition",
    "EditionError",
    "EditionHeader",
    "Gate",
    "GateEffect",
    "Group",
    "Note",
    "Option",
    "Part",
    "Problem",
    "Shelved",
    "Text",
    "added",
    "assemble",
    "edition_in_force",
    "edition_under",
    "editions",
    "held_editions",
    "latest_in_force",
    "load_edition",
    "on_shelf",
    "put_on_shelf",
    "read_edition",
    "read_header",
    "read_set",
    "shipped",
    "shipped_document",
    "take_off_shelf",
]

Json: TypeAlias = Mapping[str, Any]


class Period(Protocol):
    """Anything that says which edition is in force from when to when; the last day is inclusive."""

    @property
    def code(self) -> str: ...
    @property
    def in_force_from(self) -> date: ...
    @property
    def in_force_to(self) -> date | None: ...


P = TypeVar("P", bound=Period)


@dataclass(frozen=True, slots=True)
class Shelved:
    """An added edition as a process holds it, the digest of the content it was built from, its version."""

    edition: Edition
    digest: str
    version: int


_added: dict[str, Shelved] = {}
# A dictionary's single operations are atomic, so threads that score see the old or the new edition, whole.


@cache
def editions() -> tuple[EditionHeader, ...]:
    """Return the headers of the editions shipped with the package, oldest first, without their sets.

    Raises:
        EditionError: the header of an edition contradicts itself.
    """
    folders = (folder for folder in _shelf().iterdir() if folder.joinpath("edition.json").is_file())
    headers = (read_header(_read(folder.joinpath("edition.json"))) for folder in folders)
    return tuple(sorted(headers, key=lambda header: header.in_force_from))


def shipped(code: str) -> bool:
    """Whether an edition comes with the package; such editions never change."""
    return code in _shipped_codes()


def load_edition(code: str) -> Edition:
    """Return the edition of that code with all its sets: shipped, or added and put on the shelf.

    A shipped edition is read and checked once per process.

    Raises:
        NotFound: ``rubric.unknown_edition`` with the codes that exist.
        EditionError: the data contradict themselves where they do not declare to.
    """
    added = _added.get(code)
    if added is not None:
        return added.edition
    if code not in _shipped_codes():
        raise NotFound("rubric.unknown_edition", edition=code, editions=[*_shipped_codes(), *sorted(_added)])
    return _load_shipped(code)


def put_on_shelf(edition: Edition, digest: str, version: int = 1) -> None:
    """Let ``load_edition`` of this process give an added edition; one of the same code is replaced.

    ``digest`` tells one content from another. Whoever takes a code from outside must first make sure that
    the shelf agrees with what is stored (``ocop_api.db.edition_shelf``).
    """
    if shipped(edition.code):
        raise ValueError(f"{edition.code} is shipped and cannot be replaced")
    _added[edition.code] = Shelved(edition, digest, version)


def take_off_shelf(code: str) -> None:
    """Forget an added edition in this process."""
    _added.pop(code, None)


def on_shelf(code: str) -> Shelved | None:
    """The added edition as this process holds it, if it does."""
    return _added.get(code)


def added() -> tuple[str, ...]:
    """Codes of the added editions that this process holds."""
    return tuple(_added)


def edition_in_force(on: date) -> Edition:
    """Return the edition by which dossiers lodged on that day (Asia/Ho_Chi_Minh) are scored.

    The criteria of 148/QĐ-TTg serve both of the regimes before 26/2026/QĐ-TTg. Added editions count as far
    as this process holds them.

    Raises:
        NotFound: ``rubric.no_edition_in_force``; the criteria in force before 24/02/2023 are not shipped.
    """
    return load_edition(latest_in_force(held_editions(), on).code)


def held_editions() -> tuple[EditionHeader, ...]:
    """The shipped editions and the added ones that this process holds, oldest first."""
    held = [*editions(), *(shelved.edition for shelved in tuple(_added.values()))]
    return tuple(sorted(held, key=lambda edition: edition.in_force_from))


def edition_under(edition_of_regime: str | None, on: date) -> str | None:
    """Code of the edition by which a file lodged on a day is scored, None where the regime ships none.

    An edition added since the regime began takes the place of the one the regime names.
    """
    return None if edition_of_regime is None else edition_in_force(on).code


def latest_in_force(periods: Iterable[P], on: date) -> P:
    """Of several editions, the one in force on a day: the latest to begin whose period holds the day.

    A later edition closes the earlier from its first day on; when it ends, the earlier is in force again.

    Raises:
        NotFound: ``rubric.no_edition_in_force``.
    """
    holding = [
        period
        for period in periods
        if period.in_force_from <= on and (period.in_force_to is None or on <= period.in_force_to)
    ]
    if not holding:
        raise NotFound("rubric.no_edition_in_force", on=on.isoformat())
    return max(holding, key=lambda period: period.in_force_from)


def read_edition(header: Json, sets: Sequence[Json]) -> Edition:
    """Build an edition from decoded JSON and check it.

    Raises:
        EditionError: with every contradiction found that the data do not declare as a problem.
    """
    edition, faults = assemble(header, sets)
    if faults:
        raise EditionError(edition.code, faults)
    return edition


def assemble(header: Json, sets: Sequence[Json]) -> tuple[Edition, list[Fault]]:
    """Build an edition from decoded JSON as it stands; gives it and every contradiction found."""
    head, faults = _header(header)
    built = [read_set(head, raw) for raw in sets]
    faults += [fault for criteria_set in built for fault in check_set(head, criteria_set)]
    if tuple(criteria_set.number for criteria_set in built) != head.set_numbers:
        faults.append(
            Fault(
                Text(
                    f"các bộ phải đánh số {head.set_numbers}", f"the sets must be numbered {head.set_numbers}"
                )
            )
        )
    edition = Edition(
        **{name: getattr(head, name) for name in EditionHeader.__slots__},
        sets=MappingProxyType({criteria_set.number: criteria_set for criteria_set in built}),
    )
    return edition, faults


@cache
def _shipped_codes() -> tuple[str, ...]:
    return tuple(header.code for header in editions())


@cache
def _load_shipped(code: str) -> Edition:
    document = shipped_document(code)
    sets = document["sets"]
    return read_edition({**document, "sets": [one["number"] for one in sets]}, sets)


def shipped_document(code: str) -> dict[str, Any]:
    """A shipped edition as one document: its header, with the whole sets instead of their numbers.

    Raises:
        NotFound: ``rubric.unknown_edition`` with the codes that are shipped.
    """
    if code not in _shipped_codes():
        raise NotFound("rubric.unknown_edition", edition=code, editions=[*_shipped_codes()])
    folder = _shelf().joinpath(code)
    header = _read(folder.joinpath("edition.json"))
    sets = [_read(folder.joinpath(f"set-{number:02d}.json")) for number in header["sets"]]
    return {**header, "sets": sets}


def _shelf() -> Traversable:
    return resources.files("ocop_api.domain.rubric").joinpath("editions")


def _read(file: Traversable) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_bytes())
    return content


def read_header(raw: Json) -> EditionHeader:
    """Build the header of an edition from decoded JSON and check it; raises as ``read_edition``."""
    header, faults = _header(raw)
    if faults:
        raise EditionError(header.code, faults)
    return header


def _header(raw: Json) -> tuple[EditionHeader, list[Fault]]:
    header = EditionHeader(
        code=raw["edition"],
        legal_basis=raw["legal_basis"],
        in_force_from=date.fromisoformat(raw["in_force_from"]),
        in_force_to=None if raw["in_force_to"] is None else date.fromisoformat(raw["in_force_to"]),
        about=raw["about"],
        bands=tuple(Band(star=band["star"], points_from=_points(band["from"])) for band in raw["bands"]),
        recognised_from=raw["recognised_from"],
        total=_points(raw["total"]),
        part_maxima=MappingProxyType({code: _points(points) for code, points in raw["part_maxima"].items()}),
        gates=MappingProxyType({gate["id"]: _gate(gate) for gate in raw["gates"]}),
        known_gaps=tuple(_known_gap(gap) for gap in raw.get("known_gaps", ())),
        set_numbers=tuple(raw["sets"]),
    )
    faults = list(check_header(header))
    if len(header.gates) != len(raw["gates"]):
        faults.append(Fault(Text("mã gate bị lặp", "gate ids are not unique")))
    return header, faults


def _points(value: int) -> Decimal:
    # A float in the file would bring its binary rounding along, hence the way over its printed form.
    return Decimal(str(value))


def _text(raw: Json) -> Text:
    return Text(vi=raw["vi"], en=raw["en"])


def _gate(raw: Json) -> Gate:
    return Gate(id=raw["id"], effect=GateEffect(raw["effect"]), text=_text(raw))


def _known_gap(raw: Json) -> KnownGap:
    where: object = raw["set"]
    return KnownGap(
        issue=raw["issue"],
        sets=(where,) if isinstance(where, int) else tuple(where) if isinstance(where, list) else (),
        scope=where if isinstance(where, str) else None,
        criterion=raw.get("criterion"),
    )


def _notes(raw: Json) -> tuple[Note, ...]:
    return tuple(
        Note(text=_text(note), kind=NoteKind(note["kind"]), gate=note.get("gate"))
        for note in raw.get("notes", ())
    )


def _option(raw: Json) -> Option:
    return Option(
        level=raw["level"],
        points=_points(raw["points"]),
        text=_text(raw),
        min_star=raw.get("min_star"),
        case=raw.get("case"),
        star_mark_on=raw.get("star_mark_on"),
        inferred=raw.get("inferred", False),
        notes=_notes(raw),
    )


def _criterion(raw: Json) -> Criterion:
    return Criterion(
        code=raw["code"],
        text=_text(raw),
        max=_points(raw["max"]),
        options=tuple(_option(option) for option in raw["options"]),
        cases=tuple(Case(int(number), _text(case)) for number, case in raw.get("cases", {}).items()),
        commune_topic=raw.get("commune_topic"),
        heading=_text(raw["heading"]) if raw.get("heading") is not None else None,
        inferred_options=raw.get("inferred_options", False),
        notes=_notes(raw),
    )


def _group(raw: Json) -> Group:
    return Group(
        code=raw["code"],
        text=_text(raw),
        max=_points(raw["max"]),
        criteria=tuple(_criterion(criterion) for criterion in raw["criteria"]),
        notes=_notes(raw),
    )


def read_set(header: EditionHeader, raw: Json) -> CriteriaSet:
    """Build one set from decoded JSON; ``consistency.check_set`` checks it."""
    parts = tuple(
        Part(
            code=part["code"],
            text=_text(part),
            max=_points(part["max"]),
            groups=tuple(_group(group) for group in part["groups"]),
        )
        for part in raw["parts"]
    )
    notes = _notes(raw)
    introduced = {note.gate for note in notes} | {note.gate for part in parts for note in _notes_within(part)}
    return CriteriaSet(
        edition=header.code,
        number=raw["number"],
        text=_text(raw),
        industry=Classification(raw["industry"]["code"], _text(raw["industry"])),
        group=Classification(raw["group"]["code"], _text(raw["group"])),
        ministries=tuple(raw["ministries"]),
        samples_required=raw["samples_required"],
        parts=parts,
        attainable=_points(raw["attainable"]),
        gates=MappingProxyType({id_: gate for id_, gate in header.gates.items() if id_ in introduced}),
        notes=notes,
        problems=tuple(Problem(**problem) for problem in raw.get("problems", ())),
        classification_note=raw.get("classification_note"),
    )


def _notes_within(part: Part) -> list[Note]:
    return [
        note
        for group in part.groups
        for notes in (
            group.notes,
            *(criterion.notes for criterion in group.criteria),
            *(option.notes for criterion in group.criteria for option in criterion.options),
        )
        for note in notes
    ]
