"""The smallest sets of lifts that gain enough points: an exact search over whole numbers.

The search knows nothing of criteria; it is given *climbs* (what each criterion may still gain) and a
window of points, and yields selections in the order

1. fewest climbs, 2. fewest steps, 3. most points, 4. the earlier climbs, then the smaller rungs.

Every selection is minimal: none of its rungs can be left out or exchanged for a lesser one.

How it works. Let ``need`` be the points still lacking when every compulsory climb stands on its first
rung. A selection that overshoots the need by ``slack`` points is minimal exactly when each rung beyond
what is compulsory gains more than ``slack`` over the rung below it; so for a fixed slack the rungs that
may occur are known beforehand, and what is left is a knapsack with an exact sum. It is solved from the
last climb to the first: for each state (climbs to come, climbs to use, points to gain) the step counts
with which it can be completed are the bits of one integer. States whose points exceed what the best
climbs to come can give are cut off, which leaves few of them, because with the least possible number
of climbs the best ones must nearly all be used. Reading selections off these states in order never
runs into a dead end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

Selection = tuple[tuple[int, "Rung"], ...]
"""Chosen rungs, each with the position of its climb, in ascending position."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A level to which a criterion may be lifted: the points gained and the steps climbed."""

    gain: int
    steps: int
    level: int
    case: int | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """The rungs of one criterion; gain and steps both rise from rung to rung.

    A ``compulsory`` climb must be made at least to its first rung.
    """

    position: int
    rungs: tuple[Rung, ...]
    compulsory: bool = False

    @property
    def base(self) -> int:
        """Points gained whatever is selected."""
        return self.rungs[0].gain if self.compulsory else 0

    @property
    def most(self) -> int:
        """Most points that can be gained."""
        return self.rungs[-1].gain


def order_of(selection: Selection) -> tuple[int, int, int, tuple[tuple[int, int], ...]]:
    """The key by which selections are ordered, best first."""
    return (
        len(selection),
        sum(rung.steps for _, rung in selection),
        -sum(rung.gain for _, rung in selection),
        tuple((position, rung.gain) for position, rung in selection),
    )


def pareto(rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    """Return the rungs worth climbing: no other gains as much in as few steps.

    Of equal ones the lower case, then the lower level stays.
    """
    kept: list[Rung] = []
    for rung in sorted(rungs, key=lambda rung: (-rung.gain, rung.steps, rung.case or 0, rung.level)):
        if not kept or rung.steps < kept[-1].steps:
            kept.append(rung)
    return tuple(reversed(kept))


def selections(climbs: Sequence[Climb], least: int, below: int | None = None) -> Iterator[Selection]:
    """Yield every minimal selection that gains at least ``least`` and less than ``below`` points, best first.

    ``climbs`` stand in ascending position. Nothing is yielded when the window cannot be met.
    """
    base = sum(climb.base for climb in climbs)
    if below is not None and base >= below:
        return
    need = least - base
    if need <= 0:
        yield tuple((climb.position, climb.rungs[0]) for climb in climbs if climb.compulsory)
        return
    widest = max((max(_differences(climb), default=0) for climb in climbs), default=0)
    slacks = range(widest if below is None else min(widest, below - least))
    tables = [_Table(climbs, slack) for slack in slacks]
    for count in range(len(climbs) + 1):
        completions = [(table, table.completions(0, count, need + table.slack)) for table in tables]
        for steps in range(max((bits.bit_length() for _, bits in completions), default=0)):
            for table, bits in reversed(completions):
                if bits >> steps & 1:
                    yield from table.read(0, count, need + table.slack, steps)


def _differences(climb: Climb) -> list[int]:
    """What each rung gains over the one below it; the first of a compulsory climb has none below."""
    gains = [rung.gain for rung in climb.rungs]
    rises = [upper - lower for lower, upper in pairwise(gains)]
    return rises if climb.compulsory else [*gains[:1], *rises]


@dataclass(frozen=True, slots=True)
class _Option:
    """A rung that may be chosen, or none; ``count`` is 1 where choosing it takes one more climb."""

    count: int
    gain: int
    steps: int
    rung: Rung | None


@dataclass(slots=True)
class _Table:
    """The states of the search for one slack; ``gain`` counts what goes beyond the compulsory rungs."""

    climbs: Sequence[Climb]
    slack: int
    options: list[list[_Option]] = field(init=False)
    bounds: list[list[int]] = field(init=False)
    known: dict[tuple[int, int, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.options = [_options(climb, self.slack) for climb in self.climbs]
        self.bounds = _bounds(self.options)

    def completions(self, start: int, count: int, gain: int) -> int:
        """The numbers of steps, as bits, in which climbs from ``start`` on gain exactly ``gain``."""
        bound = self.bounds[start]
        if count >= len(bound) or gain > bound[count]:
            return 0
        if start == len(self.options):
            # The bound has already seen to it that nothing is left to use; nothing may be left to gain.
            return 1
        state = (start, count, gain)
        bits = self.known.get(state)
        if bits is None:
            bits = 0
            for option in self.options[start]:
                if option.count <= count and option.gain <= gain:
                    rest = self.completions(start + 1, count - option.count, gain - option.gain)
                    bits |= rest << option.steps
            self.known[state] = bits
        return bits

    def read(self, start: int, count: int, gain: int, steps: int) -> Iterator[Selection]:
        """The selections behind one bit of ``completions``, in order."""
        if start == len(self.options):
            yield ()
            return
        position = self.climbs[start].position
        for option in self.options[start]:
            if option.count <= count and option.gain <= gain and option.steps <= steps:
                state = (start + 1, count - option.count, gain - option.gain)
                if self.completions(*state) >> (steps - option.steps) & 1:
                    head = () if option.rung is None else ((position, option.rung),)
                    for rest in self.read(*state, steps - option.steps):
                        yield (*head, *rest)


def _options(climb: Climb, slack: int) -> list[_Option]:
    """What may be done with a climb so that nothing of it is superfluous; climbing less comes first."""
    if climb.compulsory:
        first, *higher = climb.rungs
        return [_Option(0, 0, 0, first)] + [
            _Option(0, rung.gain - first.gain, rung.steps - first.steps, rung)
            for rung, rise in zip(higher, _differences(climb), strict=True)
            if rise > slack
        ]
    allowed = [
        _Option(1, rung.gain, rung.steps, rung)
        for rung, rise in zip(climb.rungs, _differences(climb), strict=True)
        if rise > slack
    ]
    return [*allowed, _Option(0, 0, 0, None)]


def _bounds(options: Sequence[Sequence[_Option]]) -> list[list[int]]:
    """For each start the most points that 0, 1, 2, ... further climbs can gain, as far as there are any."""
    found: list[list[int]] = [[0]]
    free, paid = 0, list[int]()
    for choices in reversed(options):
        free += max(option.gain for option in choices if option.count == 0)
        taken = [option.gain for option in choices if option.count == 1]
        if taken:
            paid.append(max(taken))
            paid.sort(reverse=True)
        found.append([free + most for most in accumulate(paid, initial=0)])
    return found[::-1]
