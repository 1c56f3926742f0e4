"""How a council's result explains itself, step by step, for its minutes (*biên bản*)."""

from collections.abc import Iterator

from ocop_api.domain.rubric.consolidation import Consolidation, GateVote, MinimumVote
from ocop_api.domain.rubric.criteria import Band
from ocop_api.domain.rubric.evaluation import verdict
from ocop_api.domain.rubric.rating import Outcome
from ocop_api.domain.rubric.statements import Statement, statement


def explain_consolidation(result: Consolidation) -> tuple[Statement, ...]:
    """Return the steps: gates and their votes, mean, spread, minimums without a majority, result."""
    return tuple(_steps(result))


def _steps(result: Consolidation) -> Iterator[Statement]:
    yield from (_gate(vote) for vote in result.gates)
    if result.band is not None:
        yield from _points(result, result.band)
        yield from _spread(result)
    if result.outcome in {Outcome.STOPPED, Outcome.DISQUALIFIED}:
        yield verdict(result.outcome, None, result.recognised_from)
        return
    if result.unscored:
        yield statement("council_unscored", count=len(result.unscored), members=result.unscored)
    yield from _minimums(result)
    if result.star is None:
        yield statement("council_new_round")
    else:
        yield verdict(result.outcome, result.star, result.recognised_from)


def _gate(vote: GateVote) -> Statement:
    return statement(
        "council_gate_carried" if vote.carried else "council_gate_not_carried",
        gate=vote.gate.id,
        label=vote.gate.text,
        votes=vote.votes,
        counted=vote.counted,
    )


def _points(result: Consolidation, band: Band) -> Iterator[Statement]:
    shown = result.displayed_mean
    yield statement(
        "council_mean",
        counted=result.counted - len(result.unscored),
        mean=shown,
        least=result.least,
        most=result.most,
        star=band.star,
        **{"from": band.points_from},
    )
    for star in result.stars:
        if not star.band_met and shown is not None and shown >= star.points_from:
            yield statement("council_rounding", mean=shown, star=star.star, **{"from": star.points_from})


def _spread(result: Consolidation) -> Iterator[Statement]:
    if result.spread_limit is not None:
        code = "council_spread_exceeded" if result.spread_exceeded else "council_spread_accepted"
        yield statement(code, spread=result.spread, limit=result.spread_limit)


def _minimums(result: Consolidation) -> Iterator[Statement]:
    for star in reversed(result.stars):
        if not star.band_met or (result.indicated_star or 0) > star.star:
            continue
        yield from (_missed(vote) for vote in star.missed)
        if not star.missed:
            yield statement("minimums_met", star=star.star, count=len(star.minimums))
    if result.band is not None and result.indicated_star not in {None, result.band.star}:
        yield statement("star_lowered", band_star=result.band.star, star=result.indicated_star)


def _missed(vote: MinimumVote) -> Statement:
    return statement(
        "council_minimum_missed",
        star=vote.star,
        criterion=vote.criterion,
        label=vote.criterion_text,
        required=vote.required_text,
        level=vote.required_level,
        reached=vote.reached,
        counted=vote.counted,
    )
