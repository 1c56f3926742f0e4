"""The score sheet (*phiếu chấm điểm*): what one examiner chose, valid by construction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ocop_api.domain.errors import Invalid
from ocop_api.domain.rubric.criteria import NONE_REACHED, CriteriaSet, Criterion
from ocop_api.domain.rubric.edition import load_edition


@dataclass(frozen=True, slots=True)
class Choice:
    """The option chosen in one criterion.

    ``level`` is that of an option, or ``NONE_REACHED`` (0). In a criterion with cases ``case`` is
    the alternative that fits the product; levels count through both cases, so it may be left out
    where the level already tells.
    """

    level: int
    case: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedGate:
    """A gate an examiner found, with the reason in their own words."""

    gate: str
    reason: str


RawChoice = int | tuple[int, int] | Choice
"""A level, a pair ``(case, level)``, or a choice."""

Sayable = Mapping[int | tuple[int | None, int], Choice]
"""Every way to say a valid choice in a criterion, a level or ``(case, level)``, with the choice meant."""


@dataclass(frozen=True, slots=True, init=False)
class Scoresheet:
    """One examiner's choices under one set of an edition; criteria not yet scored are simply absent.

    Build it with ``Scoresheet.of``. A sheet that exists is valid: ``choices`` is read-only, in the
    order of the set, and every choice in a criterion with cases states its case (unless nothing was
    reached and no case was named).

    Raises:
        Invalid: the first of the faults ``find_faults`` reports.
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """

    edition: str
    set_number: int
    choices: Mapping[str, Choice]
    gates: tuple[RecordedGate, ...]

    def __init__(
        self,
        edition: str,
        set_number: int,
        choices: Mapping[str, RawChoice],
        gates: Iterable[RecordedGate] = (),
    ) -> None:
        recorded = tuple(gates)
        settled = _settled(load_edition(edition).criteria_set(set_number), choices, recorded)
        object.__setattr__(self, "edition", edition)
        object.__setattr__(self, "set_number", set_number)
        object.__setattr__(self, "choices", MappingProxyType(settled))
        object.__setattr__(self, "gates", recorded)

    @classmethod
    def of(
        cls,
        edition: str,
        set_number: int,
        choices: Mapping[str, RawChoice],
        gates: Iterable[RecordedGate] = (),
    ) -> "Scoresheet":
        """Return the sheet for choices given as ``{"1.1": 2, "8": (case, level)}``.

        Raises:
            Invalid: ``rubric.unknown_criterion``, ``rubric.unknown_level``, ``rubric.unknown_case``,
                ``rubric.case_not_applicable``, ``rubric.unknown_gate``, ``rubric.gate_reason_missing``
                or ``rubric.gate_recorded_twice``, with the values that would do.
            NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
        """
        return cls(edition, set_number, choices, gates)

    @property
    def criteria_set(self) -> CriteriaSet:
        """The set the sheet is scored by."""
        return load_edition(self.edition).criteria_set(self.set_number)


def find_faults(
    edition: str,
    set_number: int,
    choices: Mapping[str, RawChoice],
    gates: Iterable[RecordedGate] = (),
) -> list[Invalid]:
    """Return everything that keeps these choices from being a sheet, empty when nothing does.

    For forms and imports that want to show all faults at once.

    Raises:
        NotFound: ``rubric.unknown_edition`` or ``rubric.unknown_set``.
    """
    criteria_set = load_edition(edition).criteria_set(set_number)
    return list(_faults(criteria_set, _choices(choices), tuple(gates)))


def _choices(raw: Mapping[str, RawChoice]) -> dict[str, Choice]:
    return {
        code: choice
        if isinstance(choice, Choice)
        else Choice(choice)
        if isinstance(choice, int)
        else Choice(level=choice[1], case=choice[0])
        for code, choice in raw.items()
    }


@lru_cache(maxsize=512)
def _valid_choices(criteria_set: CriteriaSet) -> tuple[tuple[str, Sayable], ...]:
    """Return for each criterion, in the order of the set, what may be chosen in it."""
    valid: list[tuple[str, Sayable]] = []
    for code, criterion in criteria_set.criteria.items():
        choices: dict[int | tuple[int | None, int], Choice] = {}
        for level in criterion.levels():
            # Levels count through the cases, so a level tells the case it belongs to.
            case = None if level == NONE_REACHED else criterion.by_level[level].case
            choices[level] = choices[None, level] = Choice(level, case)
        for case in (case.number for case in criterion.cases):
            choices.update({(case, level): Choice(level, case) for level in criterion.levels(case)})
        valid.append((code, choices))
    return tuple(valid)


def _settled(
    criteria_set: CriteriaSet, raw: Mapping[str, RawChoice], gates: tuple[RecordedGate, ...]
) -> dict[str, Choice]:
    """Return the choices in the order of the set, each with its case; raise the first fault otherwise."""
    settled = _looked_up(criteria_set, raw)
    if settled is None or gates:
        # Only a look-up that fails asks what is wrong: finding and naming faults costs far more.
        choices = _choices(raw)
        for fault in _faults(criteria_set, choices, gates):
            raise fault
        settled = _looked_up(criteria_set, choices)
    return {} if settled is None else settled


def _looked_up(criteria_set: CriteriaSet, raw: Mapping[str, RawChoice]) -> dict[str, Choice] | None:
    try:
        found = {
            code: valid[(said.case, said.level) if isinstance(said := raw[code], Choice) else said]
            for code, valid in _valid_choices(criteria_set)
            if code in raw
        }
    except KeyError:
        return None
    return found if len(found) == len(raw) else None


def _faults(
    criteria_set: CriteriaSet, choices: Mapping[str, Choice], gates: tuple[RecordedGate, ...]
) -> Iterator[Invalid]:
    for code, choice in choices.items():
        criterion = criteria_set.criteria.get(code)
        if criterion is None:
            yield Invalid(
                "rubric.unknown_criterion",
                criterion=code,
                edition=criteria_set.edition,
                set_number=criteria_set.number,
                criteria=list(criteria_set.criteria),
            )
        else:
            yield from _choice_faults(criterion, choice)
    seen: set[str] = set()
    for recorded in gates:
        if recorded.gate not in criteria_set.gates:
            yield Invalid("rubric.unknown_gate", gate=recorded.gate, gates=list(criteria_set.gates))
        elif recorded.gate in seen:
            yield Invalid("rubric.gate_recorded_twice", gate=recorded.gate)
        if not recorded.reason.strip():
            yield Invalid("rubric.gate_reason_missing", gate=recorded.gate)
        seen.add(recorded.gate)


def _choice_faults(criterion: Criterion, choice: Choice) -> Iterator[Invalid]:
    cases = [case.number for case in criterion.cases]
    if choice.case is not None and not cases:
        yield Invalid("rubric.case_not_applicable", criterion=criterion.code, case=choice.case)
    elif choice.case is not None and choice.case not in cases:
        yield Invalid("rubric.unknown_case", criterion=criterion.code, case=choice.case, cases=cases)
    elif choice.level not in (levels := criterion.levels(choice.case)):
        case = {} if choice.case is None else {"case": choice.case}
        yield Invalid(
            "rubric.unknown_level", criterion=criterion.code, level=choice.level, levels=list(levels), **case
        )
