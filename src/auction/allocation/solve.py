"""The best plan for a fleet, with the proof of how good it is."""

from __future__ import annotations

import polars as pl

from auction.allocation.clock import Clock
from auction.allocation.constraints import Constraints, Stop
from auction.allocation.passes import Executor
from auction.allocation.request import Compiled, compile_problem
from auction.allocation.result import Allocation
from auction.allocation.search import Progress, Search
from auction.allocation.start import Start
from auction.allocation.warm import Warm
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR


def allocate(
    options: Options,
    constraints: Constraints | None = None,
    *,
    risk: CVaR | None = None,
    hedges: Hedges | None = None,
    overrides: pl.DataFrame | None = None,
    offers: pl.DataFrame | None = None,
    stop: Stop | None = None,
    threads: int = 1,
    progress: Progress | None = None,
    start: Allocation | Warm | None = None,
    churn: float = 0.0,
    executor: Executor | None = None,
    compiled: Compiled | None = None,
) -> Allocation:
    """Choose one option for each vehicle and lots of hedges, and prove how good that is.

    Maximises ``(1 - k) * E[X] + k * CVaR(X)`` of the discounted proceeds X of fleet and
    hedges in whole numbers, the CVaR kept above the floor of the risk. Prices of all that is
    scarce come from the linear relaxation of the whole problem (columns and tail cuts added as
    needed); they bound every plan. Options that the prices rule out are left aside, the rest
    is solved exactly, in cores that grow until bound and plan meet.

    Parameters
    ----------
    options : Options
        What may be done with each vehicle, with capacities.
    constraints : Constraints, optional
        Further rules; none by default.
    risk : CVaR, optional
        Appetite for risk; neutral by default.
    hedges : Hedges, optional
        Limits of unit floors, and index puts to buy.
    overrides : polars.DataFrame, optional
        Pins and bans: vehicle_id, action, venue_id, channel, event_id.
    offers : polars.DataFrame, optional
        offer_id, min_units, max_units of the dealers' bids; package and package_min_units
        where bids are taken together or not at all.
    stop : Stop, optional
        Gap, time limit and work limit.
    threads : int
        At least 1. The plan does not depend on it; the solvers used run on one thread.
    progress : callable, optional
        Called with stage, share done (or None) and a message.
    start : Allocation or Warm, optional
        The last plan, or what it kept for the next (``Allocation.warm``). Vehicles are found
        again by their names, their ways by channel, place, date, offer and terms, scarce
        things by kind and label. It saves time and proves no less; the plan may differ from
        that of a search from nothing, within the gap asked for.
    churn : float
        What it costs to move a vehicle from its last place of sale to another, money; taken
        from the objective, not from the proceeds, and told in ``Allocation.started``. Other
        terms at the same place cost nothing, nor does leaving a place that is gone. A floor
        of the risk must be kept with these costs taken off as well.
    executor : Executor, optional
        Where the worths of the options are looked at, such as an `auction.Cluster`; this process
        by default. The plan has the same bits.
    compiled : Compiled, optional
        What an earlier request was compiled into (``Allocation.compiled``); that of the start by
        default where it is a plan. Where ways, uses of scarce things and rules are the same, told
        by their content, they are not compiled again; the plan has the same bits.

    Returns
    -------
    Allocation

    Raises
    ------
    InfeasibleError
        When no plan keeps every rule; the conflict and the cheapest way out are named.
    ValueError
        When an argument is out of range or of another size than the options, or the start
        is a plan of another fleet.

    Notes
    -----
    Capacities are kept to a millionth of a unit. A search that ends by its gap or by its work
    limit finds the same plan, bit for bit, on every run with the same start. Ctrl-C ends
    the search and returns the best plan so far.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    if churn and start is None:
        raise ValueError("churn is the cost of leaving the last plan: a start is needed")
    stop = stop or Stop()
    search = Search(stop, Clock(stop.seconds), progress, threads)
    if start is not None:
        search.start = Start.of(start if isinstance(start, Warm) else start.warm, options, churn)
    if compiled is None and isinstance(start, Allocation):
        compiled = start.compiled
    problem = compile_problem(
        options if search.start is None else search.start.charged(options),
        constraints or Constraints(),
        risk or CVaR(),
        hedges or Hedges(),
        overrides,
        offers,
        executor,
        compiled,
    )
    search.mark("compile")
    return search.run(problem)
