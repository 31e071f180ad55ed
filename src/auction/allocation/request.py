"""From a request to the problem: every rule becomes a cap on use."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.allocation.caps import Cap, stacked
from auction.allocation.constraints import Constraints, whole_units
from auction.allocation.limits import limits
from auction.allocation.passes import Executor, Here
from auction.allocation.problem import FREE, Problem, Rule
from auction.allocation.quantities import quantities
from auction.allocation.rules import BARS, Admission, admit
from auction.allocation.steps import Steps
from auction.allocation.targets import cash_caps
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR

LEAST_USE = 1e-12


def compile_problem(
    options: Options,
    constraints: Constraints,
    risk: CVaR,
    hedges: Hedges,
    overrides: pl.DataFrame | None,
    offers: pl.DataFrame | None,
    executor: Executor | None = None,
) -> Problem:
    """Turn a request into arrays.

    Parameters
    ----------
    options, constraints, risk, hedges, overrides, offers, executor
        As for :func:`auction.allocation.allocate`.

    Returns
    -------
    Problem

    Raises
    ------
    InfeasibleError
        When pins and bans leave a vehicle nothing.
    ValueError
        When the pay-offs and the options differ in their number of scenarios, options rest
        on offers that the table lacks, or cash is asked for of options that do not tell when
        they are paid.
    """
    global _last
    request = _Request(options, constraints, risk, hedges, overrides, offers, executor or _HERE)
    last = None if _last is None else _last()
    problem = None if last is None else _reused(last, request)
    problem = problem or _compiled(request, frozenset())
    _last = weakref.ref(problem)
    return problem


@dataclass(frozen=True, slots=True)
class _Request:
    options: Options
    constraints: Constraints
    risk: CVaR
    hedges: Hedges
    overrides: pl.DataFrame | None
    offers: pl.DataFrame | None
    executor: Executor

    def like(self, other: _Request) -> bool:
        """Whether another request has the same arrays: it may differ in its risk alone."""
        named = ("options", "overrides", "offers", "executor")
        if any(getattr(self, name) is not getattr(other, name) for name in named):
            return False
        one, two = self.hedges, other.hedges
        return (
            self.constraints == other.constraints
            and one.floors == two.floors
            and len(one.positions) == len(two.positions)
            and all(a is b for a, b in zip(one.positions, two.positions, strict=True))
        )


#: The problem compiled last, as long as somebody holds it: the points of a frontier share it.
_last: weakref.ref[Problem] | None = None
_HERE: Final = Here()


def _reused(last: Problem, request: _Request) -> Problem | None:
    """Return a problem for another risk without compiling it anew; None where more differs."""
    before = last.request
    if not isinstance(before, _Request) or not before.like(request):
        return None
    return replace(last, risk=request.risk, request=request, lift=partial(_compiled, request))


def _compiled(request: _Request, lifted: frozenset[str]) -> Problem:
    """Turn a request into arrays, as if some kinds of bars barred nothing."""
    options, constraints, hedges = request.options, request.constraints, request.hedges
    admission = admit(options, constraints, request.overrides, set(hedges.floors))
    allowed = admission.allowed
    for kind in sorted(lifted):
        allowed |= admission.bar == BARS.index(kind)
    column = np.flatnonzero(allowed).astype(np.int64)
    every = column.size == options.vehicle.size
    frame = options.frame if every else options.frame[column]
    vehicle = options.vehicle if every else options.vehicle[column]
    some = None if every else column
    resources = _used(options, some)
    steps = Steps.of(options.resources, _stepped(options, some), vehicle, len(options.vehicle_ids))
    caps = list(limits(frame, vehicle, constraints, admission.plannable))
    caps += _floors(frame, hedges)
    offer, minimums, offer_caps = quantities(frame, request.offers)
    caps += offer_caps
    caps += _hold(frame, vehicle, constraints, admission)
    caps += cash_caps(frame, vehicle, len(options.vehicle_ids), constraints.cash)
    payoff = _payoff(options, hedges)
    use = stacked(resources, caps)
    start = np.searchsorted(vehicle, np.arange(len(options.vehicle_ids) + 1)).astype(np.int64)
    uniform = np.full(options.scenarios, 1.0 / options.scenarios)
    passes = request.executor.passes(options, start, column, use, offer)
    nothing = np.zeros(use.shape[0]), np.zeros(len(minimums))
    mean = passes.worths(np.arange(column.size), options.moments(uniform), *nothing)
    typical = float(np.abs(mean).mean()) if mean.size else 1.0
    names = [Rule(resource.kind, resource.label) for resource in options.resources]
    own = np.array([float(resource.limit) for resource in options.resources])
    return Problem(
        options=options,
        risk=request.risk,
        column=column,
        vehicle=vehicle,
        start=start,
        use=use,
        limit=np.concatenate([own, *(cap.limit for cap in caps)]),
        choices=passes,
        rules=(*names, *(rule for cap in caps for rule in cap.rules)),
        steps=steps,
        offer=offer,
        minimums=minimums,
        hedges=hedges,
        payoff=payoff,
        lots=np.array([position.lots for position in hedges.positions], dtype=np.float64),
        mean=mean,
        scale=float(2.0 ** np.round(np.log2(typical))) if typical > 0.0 else 1.0,
        pins=admission.pins,
        bans=admission.bans,
        bar=admission.bar[column],
        lift=partial(_compiled, request),
        request=None if lifted else request,
        openings=np.full(len(minimums), FREE, dtype=np.int8),
    )


def _used(options: Options, column: NDArray[np.int64] | None) -> sparse.csc_array:
    """Return what columns use; None stands for all options."""
    use = sparse.csc_array(options.use)
    if column is not None:
        use = use[:, column]
    # chances next to nothing upset the linear solver and fill no slot
    if (use.data < LEAST_USE).any():
        use = use.copy()
        use.data[use.data < LEAST_USE] = 0.0
        use.eliminate_zeros()
    return use


def _stepped(options: Options, column: NDArray[np.int64] | None) -> sparse.csr_array:
    """Return what columns use of the resources with steps; the rows of others are empty."""
    rows = np.array([i for i, one in enumerate(options.resources) if one.steps], dtype=np.int64)
    use = sparse.csr_array(options.use)[rows]
    if column is not None:
        use = use[:, column]
    count = np.zeros(len(options.resources), dtype=np.int64)
    count[rows] = np.diff(use.indptr)
    pointer = np.append(0, np.cumsum(count))
    return sparse.csr_array((use.data, use.indices, pointer), (count.size, use.shape[1]))


def _floors(frame: pl.DataFrame, hedges: Hedges) -> Iterator[Cap]:
    for hedge_id, units in sorted(hedges.floors.items()):
        mask = (frame["hedge_id"] == hedge_id).fill_null(value=False).to_numpy()
        if mask.any():
            yield Cap.of(Rule("hedge", f"floor {hedge_id}"), float(units), mask)


def _hold(
    frame: pl.DataFrame,
    vehicle: NDArray[np.int64],
    constraints: Constraints,
    admission: Admission,
) -> Iterator[Cap]:
    """Cap the vehicles that are held back although they could be sold."""
    if constraints.max_hold_share is not None:
        cap = whole_units(constraints.max_hold_share, admission.plannable.size)
        rule = Rule("hold", f"at most {cap} vehicles held back")
        held = (frame["channel"] == "hold").to_numpy() & admission.plannable[vehicle]
        yield Cap.of(rule, float(cap), held)


def _payoff(options: Options, hedges: Hedges) -> NDArray[np.float64]:
    payoff = np.zeros((len(hedges.positions), options.scenarios))
    for place, position in enumerate(hedges.positions):
        if position.payoff.shape != (options.scenarios,):
            raise ValueError(
                f"hedge {position.hedge_id} pays off in {position.payoff.shape[0]} scenarios, "
                f"the options have {options.scenarios}"
            )
        payoff[place] = position.payoff
    return payoff
