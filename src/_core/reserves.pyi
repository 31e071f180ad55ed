from numpy import float64, intp
from numpy.typing import NDArray

def auction_policy(
    log_value: NDArray[float64],
    unit_scale: NDArray[float64],
    spread: NDArray[float64],
    arrival: NDArray[float64],
    step_log_value: NDArray[float64],
    step_discount: NDArray[float64],
    step_cost: NDArray[float64],
    fallback: NDArray[float64],
    tilt: NDArray[float64],
    floor_price: NDArray[float64],
    largest_payout: NDArray[float64],
    accept_level: NDArray[float64],
    accept_slope: NDArray[float64],
    fees: NDArray[intp],
    sale_above: NDArray[float64],
    sale_fixed: NDArray[float64],
    sale_rate: NDArray[float64],
    unsold_above: NDArray[float64],
    unsold_fixed: NDArray[float64],
    unsold_rate: NDArray[float64],
    group: NDArray[intp],
    half_width: NDArray[float64],
    mean_weight: NDArray[float64],
    move: NDArray[float64],
    node: NDArray[float64],
    interpolation: NDArray[float64],
    shock: NDArray[float64],
    weight: NDArray[float64],
    shape: NDArray[intp],
    runs: int,
    asked: NDArray[float64] | None = None,
    threads: int = 1,
) -> tuple[
    NDArray[float64], NDArray[float64], NDArray[float64], NDArray[float64], NDArray[float64]
]:
    """Reserves of finitely many runs, and the proceeds as a function of the market.

    Reserves maximise the mean of the net proceeds over the unit's shock and the market's
    moves, by coordinate ascent over the runs: first the best of an even grid, then the
    root of the derivative. In a later run the belief about the unit is updated for the
    no-sales before it. The proceeds are integrated over the unit's shock at Chebyshev nodes of
    the market's deviation and turned into coefficients. All money is worth of the day of the
    first run. The market is taken to stay where it was at the first run.

    A lot is worked out on a ladder of values, about a fifth of the bidders' spread apart, and
    what stands between two rungs is interpolated in the fifth degree: at 32 nodes or more the
    net is out by less than 1e-6 of the value where the unit's scale is at least half the
    bidders' spread, and by 1e-5 where it is less.

    Parameters
    ----------
    log_value : ndarray of float64, shape (m,)
        ln of the unit's median value at the venue on the day of the first run.
    unit_scale : ndarray of float64, shape (m,)
        Scale of the unit's shock.
    spread, arrival : ndarray of float64, shape (m,)
        Bidders, as in `_core.bids.sale`.
    step_log_value, step_discount, step_cost : ndarray of float64, shape (m,)
        From one run to the next: change of the log value, discount factor, and cost as money
        of the later day.
    fallback : ndarray of float64, shape (m,)
        Net worth of a unit that no run sold, as a share of its value then.
    tilt : ndarray of float64, shape (m,)
        Share of the best reserves that is asked, positive.
    floor_price : ndarray of float64, shape (m,)
        Guaranteed price; the guarantor pays what the price falls short of it. 0: none. It is
        exact for sellers who do not haggle.
    largest_payout : ndarray of float64, shape (m,)
        Most that the guarantor pays, not discounted, 0 or more; inf: whatever is short.
    accept_level, accept_slope : ndarray of float64, shape (m,)
        Where the highest value lies below the reserve, the seller takes the second highest x at
        reserve r with chance 1 / (1 + exp(-(level + slope ln(x / r)))). A level below -40
        (-inf): never. The slope is 0 or more. Nobody haggles about reserves 6.5 spreads above
        the value.
    fees : ndarray of intp, shape (m,)
        Schedules of each row, in 0..N-1.
    sale_above, sale_fixed, sale_rate : ndarray of float64, shape (N, J)
        Fee of a sale: of a price p with above[j] < p <= above[j + 1] it is fixed[j] + rate[j] p.
        The first tier begins at 0; tiers that begin at infinity are none. What is sold below
        its reserve is charged by the tier of the reserve.
    unsold_above, unsold_fixed, unsold_rate : ndarray of float64, shape (N, L)
        Fee of an offering that does not sell, by its reserve.
    group : ndarray of intp, shape (m,)
        Market of each row, in 0..G-1.
    half_width : ndarray of float64, shape (G,)
        Log deviation that the outermost node stands for.
    mean_weight : ndarray of float64, shape (G, R)
        Weights of the nodes that give the mean over scenarios.
    move : ndarray of float64, shape (G, Q)
        Equally likely log deviations of each market, within its half width. Reserves are chosen
        with them, as interpolated scenarios may count less than nothing.
    node : ndarray of float64, shape (R,)
        Chebyshev nodes on [-1, 1], R at most 32.
    interpolation : ndarray of float64, shape (R, R)
        Turns values at the nodes into coefficients.
    shock : ndarray of float64, shape (S, U)
        Nodes of the standardised shock, U at most 4096, for each of its shapes.
    weight : ndarray of float64, shape (U,)
        Their weights.
    shape : ndarray of intp, shape (m,)
        Shape of each row's shock, in 0..S-1.
    runs : int
        Number of runs K, 1 to 8.
    asked : ndarray of float64, shape (m, K), optional
        Reserves of rows whose are known already, as they are asked: the tilt does not count
        there. NaN in all runs of rows whose reserves are to be chosen.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    reserve : ndarray of float64, shape (m, K)
    coefficient : ndarray of float64, shape (m, R)
        Net proceeds on the basis.
    component : ndarray of float64, shape (m, 10)
        Means of: hammer price; the same discounted; fallback; the same discounted;
        discounted number of sales, of no-sales, of gaps between runs; insured shortfall,
        discounted; what fees of sales are beyond fixed[0] + rate[0] p, and those of no-sales
        beyond fixed[0], both discounted.
    sold, reach : ndarray of float64, shape (m, K)
        Chance that the unit is sold in a run; that it is offered in it.

    Raises
    ------
    ValueError
        If a shape or number is not as stated, or a spread so small beside what the unit and
        the market may do that a ladder would have more than 65,536 rungs.
    """
