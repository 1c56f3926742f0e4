"""Everything that is wrong with choices at once, and where in what was sent each fault lies."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.scoresheet import RecordedGate

_CHOICE_FIELDS: Final = {
    "rubric.unknown_level": "level",
    "rubric.unknown_case": "case",
    "rubric.case_not_applicable": "case",
}


@dataclass(frozen=True, slots=True)
class SheetFault:
    """One fault of a sheet and where in the request it lies, as a JSON Pointer."""

    pointer: str
    fault: Invalid


class SheetInvalid(Invalid):
    """Everything that is wrong with a sheet at once; code ``rubric.sheet_invalid``."""

    def __init__(self, faults: list[SheetFault]) -> None:
        super().__init__("rubric.sheet_invalid", faults=len(faults))
        self.faults = faults


def located(
    faults: Iterable[Invalid],
    gates: Sequence[RecordedGate],
    spelled_out: Collection[str],
    *,
    root: str = "/body",
    choices: str = "choices",
) -> list[SheetFault]:
    """The faults that ``find_faults`` reports, each with its place in what was sent.

    Args:
        faults: in the order in which they were reported.
        gates: the gates as they were sent.
        spelled_out: criteria whose choice was sent as an object; a bare level is its own place.
        root: where the choices and gates lie.
        choices: name of the field that holds the choices by criterion.
    """
    found: list[SheetFault] = []
    met: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        if "criterion" in fault.data:
            code = str(fault.data["criterion"])
            path = [choices, escaped(code)]
            if fault.code in _CHOICE_FIELDS and code in spelled_out:
                path.append(_CHOICE_FIELDS[fault.code])
        else:
            gate = str(fault.data["gate"])
            places = _places_of(fault, gate, gates)
            path = ["gates", str(places[met[fault.code, gate]])]
            met[fault.code, gate] += 1
            path.append("reason" if fault.code == "rubric.gate_reason_missing" else "gate")
        found.append(SheetFault(root + "/" + "/".join(path), fault))
    return found


def escaped(key: str) -> str:
    """A key of an object as one step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def _places_of(fault: Invalid, gate: str, gates: Sequence[RecordedGate]) -> list[int]:
    """Positions in the list of gates that earn this fault, in the order in which it is reported."""
    named = [place for place, found in enumerate(gates) if found.gate == gate]
    if fault.code == "rubric.gate_recorded_twice":
        return named[1:]
    if fault.code == "rubric.gate_reason_missing":
        return [place for place in named if not gates[place].reason.strip()]
    return named
