"""From a request to the problem: every rule becomes a cap on use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from _core.prints import content_print
from auction.allocation.caps import Cap, stacked
from auction.allocation.constraints import Constraints, whole_units
from auction.allocation.exposure import EXPOSURE, exposure_caps, limits_in_money, within_limits
from auction.allocation.limits import limits
from auction.allocation.passes import Executor, Here
from auction.allocation.problem import FREE, Problem, Rule
from auction.allocation.quantities import quantities
from auction.allocation.rules import BARS, MATCHED, Admission, admit
from auction.allocation.steps import Steps
from auction.allocation.targets import cash_caps
from auction.cash import READ
from auction.hedges import Hedges
from auction.option_table import OptionTable
from auction.options import Options
from auction.risk import CVaR

LEAST_USE = 1e-12
#: Items that a print is made of at once.
_PRINTED: Final = 2**23
#: Columns, more or less, by which the scale of money is told.
SCALED_COLUMNS = 100_000


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled request, for later ones that differ in their worths or their risk.

    Most of the time that compiling takes goes to what options use of scarce things. A request
    that has the same ways, uses and rules as this one takes the finished rows over, whatever its
    options are worth. Whether they are the same is told by their content, not by which arrays
    hold it: options may be replaced or written into in the meantime.

    Parameters
    ----------
    problem : Problem
        What was compiled.
    constraints, overrides, offers
        As for :func:`auction.allocation.allocate`.
    floors : dict of str to float
        Limits of unit floors.
    kept : dict of str to float
        Money of each counterparty's limit that is kept for puts and layers.
    read : tuple of str
        Columns of the options that compiling read.
    prints : tuple
        Prints of the vehicles and of the uses.
    worths : tuple or None
        Print of the worths where they were sent away; None where they lie in this process.
    executor : Executor
        Where passes are made.
    """

    problem: Problem
    constraints: Constraints
    overrides: pl.DataFrame | None
    offers: pl.DataFrame | None
    floors: dict[str, float]
    kept: dict[str, float]
    read: tuple[str, ...]
    prints: tuple[object, ...]
    worths: tuple[object, ...] | None
    executor: Executor

    @classmethod
    def of(cls, problem: Problem, request: _Request) -> Compiled:
        """Keep what a later request is held against.

        Parameters
        ----------
        problem : Problem
            The problem.
        request : object
            What it was compiled from.
        """
        overrides, offers = request.overrides, request.offers
        return cls(
            problem,
            request.constraints,
            None if overrides is None else overrides.clone(),
            None if offers is None else offers.clone(),
            dict(request.hedges.floors),
            request.hedges.kept,
            _read(request),
            _prints(request.options),
            _worths(request),
            request.executor,
        )

    def for_request(self, request: _Request) -> Problem | None:
        """Return the problem of another request; None where more than its worths differs.

        Parameters
        ----------
        request : object
            The other request.
        """
        options, last = request.options, self.problem
        if not (
            options.vehicle_ids == last.options.vehicle_ids
            and options.resources == last.options.resources
            and request.constraints == self.constraints
            and request.hedges.floors == self.floors
            and (request.hedges.kept == self.kept or not limits_in_money(request.constraints))
            and _same(request.overrides, self.overrides)
            and _same(request.offers, self.offers)
            and _read(request) == self.read
            and _alike(options.table, last.options.table, self.read)
            and _prints(options) == self.prints
        ):
            return None
        worths, choices = _worths(request), last.choices
        # the last passes look at the last arrays, which may hold something else by now
        same = options.coefficient is last.options.coefficient
        same &= options.group is last.options.group
        kept = same and worths == self.worths
        if worths is None or request.executor is not self.executor or not kept:
            choices = request.executor.passes(
                options, last.start, last.column, last.use, last.offer
            )
        problem = replace(
            last,
            options=options,
            risk=request.risk,
            choices=choices,
            hedges=request.hedges,
            payoff=_payoff(options, request.hedges),
            lots=_lots(request.hedges),
            moments=_moments(options),
            lift=partial(_compiled, request),
        )
        compiled = replace(self, problem=problem, worths=worths, executor=request.executor)
        return replace(problem, scale=_scale(problem), compiled=compiled)


def compile_problem(
    options: Options,
    constraints: Constraints,
    risk: CVaR,
    hedges: Hedges,
    overrides: pl.DataFrame | None,
    offers: pl.DataFrame | None,
    executor: Executor | None = None,
    compiled: Compiled | None = None,
) -> Problem:
    """Turn a request into arrays.

    Parameters
    ----------
    options, constraints, risk, hedges, overrides, offers, executor, compiled
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
    hedges = within_limits(hedges, constraints)
    request = _Request(options, constraints, risk, hedges, overrides, offers, executor or _HERE)
    problem = None if compiled is None else compiled.for_request(request)
    problem = problem or _compiled(request, frozenset())
    options.forget()
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


_HERE: Final = Here()


def _read(request: _Request) -> tuple[str, ...]:
    """Return which columns of the options a request reads while it is compiled."""
    names = {"channel", "hedge_id", "offer_id"}
    if request.constraints.bounds_sacrifice:
        names |= {"expected_net", "reconditioning_id"}
    if request.overrides is not None and not request.overrides.is_empty():
        names.update(MATCHED)
    for limit in request.constraints.limits:
        names.update(limit.columns)
    if limits_in_money(request.constraints):
        names |= {"counterparty", EXPOSURE}
    if request.constraints.cash:
        names.update(READ)
    return tuple(sorted(names.intersection(request.options.table.columns)))


def _alike(one: OptionTable, other: OptionTable, names: Sequence[str]) -> bool:
    """Whether some columns of two tables are alike; tables are never written into."""
    return one is other or _same(one.read(names), other.read(names))


def _prints(options: Options) -> tuple[object, ...]:
    use = options.use
    prints: list[object] = [use.shape]
    for array in (options.vehicle, use.indptr, use.indices, use.data):
        # in pieces, so that little of what lies on the disk is in memory at any time
        for start in range(0, array.size, _PRINTED):
            prints.append(content_print(array[start : start + _PRINTED]))
            options.forget()
    return tuple(prints)


def _worths(request: _Request) -> tuple[object, ...] | None:
    """Return a print of what workers hold of the options' worths, None where there are none."""
    if request.executor is _HERE:
        return None
    options = request.options
    whole = (options.coefficient, options.group, options.basis)
    return tuple(content_print(array) for array in whole)


def _same(one: pl.DataFrame | None, other: pl.DataFrame | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.schema == other.schema and one.equals(other)


def _compiled(request: _Request, lifted: frozenset[str]) -> Problem:
    """Turn a request into arrays, as if some kinds of bars barred nothing."""
    options, constraints, hedges = request.options, request.constraints, request.hedges
    admission = admit(options, constraints, request.overrides, set(hedges.floors))
    allowed = admission.allowed
    for kind in sorted(lifted):
        allowed |= admission.bar == BARS.index(kind)
    column = np.flatnonzero(allowed).astype(np.int64)
    every = column.size == options.vehicle.size
    some = None if every else column
    frame = options.table.read(_read(request), some)
    vehicle = options.vehicle if every else options.vehicle[column]
    steps = Steps.of(options.resources, _stepped(options, some), vehicle, len(options.vehicle_ids))
    caps = list(limits(frame, vehicle, constraints, admission.plannable))
    caps += exposure_caps(frame, constraints, hedges)
    caps += _floors(frame, hedges)
    offer, minimums, offer_caps = quantities(frame, request.offers)
    caps += offer_caps
    caps += _hold(frame, vehicle, constraints, admission)
    caps += cash_caps(frame, vehicle, len(options.vehicle_ids), constraints.cash)
    # chances next to nothing upset the linear solver and fill no slot
    del frame  # of many options it is large
    use = stacked(options.use, caps, some, LEAST_USE, options.forget)
    start = np.searchsorted(vehicle, np.arange(len(options.vehicle_ids) + 1)).astype(np.int64)
    passes = request.executor.passes(options, start, column, use, offer)
    names = [Rule(resource.kind, resource.label) for resource in options.resources]
    own = np.array([float(resource.limit) for resource in options.resources])
    problem = Problem(
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
        payoff=_payoff(options, hedges),
        lots=_lots(hedges),
        moments=_moments(options),
        scale=1.0,
        pins=admission.pins,
        bans=admission.bans,
        bar=admission.bar[column],
        lift=partial(_compiled, request),
        compiled=None,
        openings=np.full(len(minimums), FREE, dtype=np.int8),
    )
    problem = replace(problem, scale=_scale(problem))
    return problem if lifted else replace(problem, compiled=Compiled.of(problem, request))


def _lots(hedges: Hedges) -> NDArray[np.float64]:
    return np.array([position.lots for position in hedges.positions], dtype=np.float64)


def _moments(options: Options) -> NDArray[np.float64]:
    return options.moments(np.full(options.scenarios, 1.0 / options.scenarios))


def _scale(problem: Problem) -> float:
    """Return the power of two next to what a column is worth, of some columns all over."""
    stride = max(1, problem.column.size // SCALED_COLUMNS)
    worth = problem.mean_of(np.arange(0, problem.column.size, stride))
    typical = float(np.abs(worth).mean()) if worth.size else 1.0
    return float(2.0 ** np.round(np.log2(typical))) if typical > 0.0 else 1.0


def _stepped(options: Options, column: NDArray[np.int64] | None) -> sparse.csr_array:
    """Return what columns use of the resources with steps; the rows of others are empty."""
    rows = np.array([i for i, one in enumerate(options.resources) if one.steps], dtype=np.int64)
    if not rows.size:
        return sparse.csr_array((len(options.resources), _width(options, column)))
    use = sparse.csr_array(options.use[rows])
    if column is not None:
        use = use[:, column]
    count = np.zeros(len(options.resources), dtype=np.int64)
    count[rows] = np.diff(use.indptr)
    pointer = np.append(0, np.cumsum(count))
    return sparse.csr_array((use.data, use.indices, pointer), (count.size, use.shape[1]))


def _width(options: Options, column: NDArray[np.int64] | None) -> int:
    return int(options.vehicle.size if column is None else column.size)


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
