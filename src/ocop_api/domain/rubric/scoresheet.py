"""The score sheet (*phiếu chấm điểm*): what one examiner chose, valid by construction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
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
    gates: tuple[RecordedGate, ...] = ()

    def __post_init__(self) -> None:
        criteria_set = self.criteria_set
        for fault in _faults(criteria_set, self.choices, self.gates):
            raise fault
        ordered = {
            code: _with_case(criterion, self.choices[code])
            for code, criterion in criteria_set.criteria.items()
            if code in self.choices
        }
        object.__setattr__(self, "choices", MappingProxyType(ordered))

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
        return cls(edition, set_number, _choices(choices), tuple(gates))

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


def _with_case(criterion: Criterion, choice: Choice) -> Choice:
    if choice.case is None and choice.level != NONE_REACHED and criterion.cases:
        return Choice(choice.level, criterion.by_level[choice.level].case)
    return choice


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
