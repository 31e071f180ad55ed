from typing import Final

from numpy import float64
from numpy.typing import ArrayLike, NDArray

HOPELESS: Final[float]

def auction_outcomes(
    seed: int,
    stream: int,
    keys: ArrayLike,
    log_value: ArrayLike,
    unit_scale: ArrayLike,
    step_log_value: ArrayLike,
    arrival: ArrayLike,
    spread: ArrayLike,
    accept_level: ArrayLike,
    accept_slope: ArrayLike,
    sealed: ArrayLike,
    rivals: ArrayLike,
    reserve: ArrayLike,
    unsold_fee: ArrayLike,
    fees: ArrayLike,
    sale_above: ArrayLike,
    sale_fixed: ArrayLike,
    sale_rate: ArrayLike,
    tax_rate: ArrayLike,
    return_rate: ArrayLike,
    return_fixed: ArrayLike,
    return_share: ArrayLike,
    floor_price: ArrayLike,
    largest_payout: ArrayLike,
    worth: ArrayLike,
    spent: ArrayLike,
    step_discount: float,
    step_cost: float,
    fallback: float,
    shock: ArrayLike,
    factor: ArrayLike,
    group: ArrayLike,
    place: ArrayLike,
    slot: ArrayLike,
    slots: int,
    gone: ArrayLike | None = None,
    threads: int = 1,
) -> tuple[NDArray[float64], NDArray[float64], NDArray[float64]]:
    """What b lots bring in n scenarios that follow their reserves over K runs to the end.

    In run k of scenario s a unit is worth exp(log_value + unit_scale shock[s] + k step_log_value
    + factor[group, place[k], s]) to bidders on average. Of the bidders, Poisson in number and
    lognormal in value, the two highest are drawn: the expected numbers above them are the first
    points of a unit Poisson process. The hammer falls at the second highest or the reserve,
    whichever is more, where the highest reaches it; otherwise the seller may take the second
    highest. What is not sold goes on to the next run, and after the last to the trade. Draws are
    those of `_core.rng.uniforms`: steps 2 k and 2 k + 1 are the bidders of run k, 2 K + k the
    seller's mind in it, 3 K whether a sale is undone. Beside the results memory is about 300 bytes
    a lot, 32 KiB a thread and 4 slots n bytes a thread.

    Parameters
    ----------
    seed, stream : int
        In [0, 2**64).
    keys : array_like of uint64, shape (b,)
        As of `_core.streams.unit_keys`.
    log_value, unit_scale, step_log_value : array_like, shape (b,)
        ln of the unit's median value at the first run, scale of its shock, and change of the log
        value from one run to the next.
    arrival, spread : array_like, shape (b,)
        Bidders, as in `_core.bids.sale`.
    accept_level, accept_slope : array_like, shape (b,)
        Haggling, as in `_core.reserves.auction_policy`; -inf: none. A reserve `HOPELESS` spreads
        or more above the value is not haggled about.
    sealed : array_like of int, shape (b,)
        Row of `rivals` where bids are sealed, so that the highest pays what it bid; -1: open.
    rivals : array_like, shape (T, m)
        The chance that no other bidder lies above, summed along the price up to each of m even
        steps of ln(price / value), from -6.5 to 6.5 spreads.
    reserve, unsold_fee : array_like, shape (b, K)
        What is asked in each run, and charged where it does not sell, money.
    fees : array_like of int, shape (b,)
        Row of the schedules.
    sale_above, sale_fixed, sale_rate : array_like, shape (N, J)
        Fees of sales, as in `_core.reserves.auction_policy`.
    tax_rate : array_like, shape (b,)
        Share of the price.
    return_rate, return_fixed, return_share : array_like, shape (b,)
        Chance that a sale is undone, and the money and share of its price that this loses.
    floor_price, largest_payout : array_like, shape (b,)
        As in `_core.reserves.auction_policy`.
    worth, spent : array_like, shape (b,)
        Discount factor of money of the first run, and what is spent before, money of today.
    step_discount, step_cost : float
        From one run to the next: discount factor, and cost as money of the later day.
    fallback : float
        What the trade pays for what no run sold, as a share of its value then.
    shock : array_like, shape (b, n)
        Standardised shock of each unit.
    factor : array_like, shape (G, D, n)
        ln deviation of each market at each date.
    group : array_like of int, shape (b,)
        Market of each unit.
    place : array_like of int, shape (b, K + 1)
        Date of each run, and of the trade after the last.
    slot : array_like of int, shape (b, K)
        Where the offering of each run is counted.
    slots : int
        How many counts there are.
    gone : array_like of bool, shape (b, n), optional
        Where a unit is not there to be offered.
    threads : int
        At least 1; the result does not depend on it.

    Returns
    -------
    net : ndarray of float64, shape (b, n)
        Money of today.
    sold : ndarray of float64, shape (b, K)
        Share of the scenarios in which a lot is sold in a run.
    offered : ndarray of float64, shape (slots, n)
        Units offered in each scenario.

    Raises
    ------
    ValueError
        If a shape, number or code is not as stated.
    """
