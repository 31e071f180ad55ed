"""Twin of `_core.outcomes`: auctions held one by one, in plain NumPy and SciPy."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtr, ndtri

from _core.reference import uniforms

_Floats = NDArray[np.float64]
#: Bidders' values are tabled so many spreads around V.
_SPAN: Final = 6.5
#: Nobody haggles about a reserve that stands so many spreads or more above the value.
_HOPELESS: Final = 6.5


def two_highest(
    draws: _Floats, arrival: _Floats | float, spread: _Floats | float
) -> tuple[_Floats, _Floats]:
    """Return the log values of the two highest bidders relative to V, -inf where absent.

    The expected numbers of bidders above the highest and the second-highest value are the
    first two points of a unit Poisson process; a point beyond the mean number of bidders is
    a bidder who did not come.

    Parameters
    ----------
    draws : float64[2, ...]
        Uniform draws.
    arrival, spread : float64, any shape that fits
        Mean number of bidders, and the standard deviation of their log values.
    """
    highest = -np.log(draws[0])
    values = []
    for count in (highest, highest - np.log(draws[1])):
        share = count / arrival
        value = -spread * ndtri(np.where(share < 1.0, share, 0.5))
        values.append(np.where(share < 1.0, value, -np.inf))
    return values[0], values[1]


def hammers(
    draws: _Floats,
    log_value: _Floats,
    reserve: float,
    terms: dict[str, float],
    rivals: _Floats | None = None,
) -> _Floats:
    """Return what a lot is sold for in each scenario, 0 where it is not, float64[n].

    In an open auction the price is the second highest value or the reserve, whichever is
    more. Where the highest lies below the reserve the seller may take the second highest,
    but for a reserve 6.5 spreads above the value: there quotes count no such sale.

    Parameters
    ----------
    draws : float64[3, n]
        Uniform draws of the two highest bidders and of the seller's mind.
    log_value : float64[n]
        ln of the unit's value to its bidders.
    reserve : float
        Money.
    terms : dict
        ``arrival``, ``spread``, ``accept_level`` and ``accept_slope`` of the lot.
    rivals : float64[m], optional
        Where bids are sealed: as in `sealed_bids`.
    """
    arrival, spread, asked = terms["arrival"], terms["spread"], np.log(reserve)
    first, second = two_highest(draws[:2], arrival, spread)
    reached = log_value + first >= asked
    offered = log_value + second
    price = np.where(reached, np.maximum(np.exp(offered), reserve), 0.0)
    if terms["accept_level"] > -np.inf:
        open_to = ~reached & (second > -np.inf) & (asked - log_value < _HOPELESS * spread)
        chance = expit(terms["accept_level"] + terms["accept_slope"] * (offered - asked))
        price = np.where(open_to & (draws[2] < chance), np.exp(offered), price)
    if rivals is not None:
        bids = sealed_bids(first[reached], asked - log_value[reached], arrival, spread, rivals)
        price[reached] = np.exp(log_value[reached]) * bids
    return np.asarray(price)


def sealed_bids(
    log_value: _Floats, log_reserve: _Floats, arrival: float, spread: float, rivals: _Floats
) -> _Floats:
    """Return what bidders write down who know the reserve but not how many others bid.

    Parameters
    ----------
    log_value : float64[m]
        ln of the bidder's own value over V, at or above the reserve.
    log_reserve : float64[m]
        ln of the reserve over V.
    arrival : float
        Mean of the Poisson number of bidders.
    spread : float
        Standard deviation of their log values.
    rivals : float64[k]
        The chance that no other bidder lies above, summed along the price up to each of k even
        steps of ln(price / V), from -6.5 to 6.5 spreads.

    Returns
    -------
    float64[m]
        Bids in units of V, from the reserve to the bidder's own value.

    Notes
    -----
    In the symmetric equilibrium a bidder with value v bids what the highest of the others is
    expected to hold, the reserve at least, given that v is above it (Vickrey 1961; a Poisson
    number of bidders as in McAfee and McMillan 1987):
    v - int exp(-(u(x) - u(v))) dx from the reserve to v, with u(x) the mean number of bidders
    above x. Sale chance and mean price are then those of an open auction (Myerson 1981), the
    price varies less.
    """
    grid = np.linspace(-_SPAN, _SPAN, rivals.size)
    own = np.clip(log_value / spread, -_SPAN, _SPAN)
    # Below the table everybody lies above, so that the integrand is that of a bare price.
    least = np.minimum(log_reserve / spread, own)
    nobody = np.exp(-arrival) * (
        np.exp(-_SPAN * spread) - np.exp(spread * np.minimum(least, -_SPAN))
    )
    gap = np.interp(own, grid, rivals) - np.interp(np.maximum(least, -_SPAN), grid, rivals)
    value = np.exp(log_value)
    bid = value - (gap + nobody) * np.exp(arrival * ndtr(-own))
    return np.asarray(np.clip(bid, np.exp(np.minimum(log_reserve, log_value)), value))


def auction_outcomes(
    seed: int, stream: int, keys: ArrayLike, log_value: _Floats, unit_scale: _Floats,
    step_log_value: _Floats, arrival: _Floats, spread: _Floats, accept_level: _Floats,
    accept_slope: _Floats, sealed: NDArray[np.int64], rivals: _Floats, reserve: _Floats,
    unsold_fee: _Floats, fees: NDArray[np.int64], sale_above: _Floats, sale_fixed: _Floats,
    sale_rate: _Floats, tax_rate: _Floats, return_rate: _Floats, return_fixed: _Floats,
    return_share: _Floats, floor_price: _Floats, largest_payout: _Floats, worth: _Floats,
    spent: _Floats, step_discount: float, step_cost: float, fallback: float, shock: _Floats,
    factor: _Floats, group: NDArray[np.int64], place: NDArray[np.int64], slot: NDArray[np.int64],
    slots: int, gone: NDArray[np.bool_] | None = None, threads: int = 1,
) -> tuple[_Floats, _Floats, _Floats]:  # fmt: skip
    """Twin of `_core.outcomes.auction_outcomes`."""
    b, runs = reserve.shape
    n = factor.shape[2]
    net, sold, offered = np.empty((b, n)), np.zeros((b, runs)), np.zeros((slots, n))
    draws = uniforms(seed, stream, keys, 3 * runs + 1, n)
    for lot in range(b):
        terms: dict[str, Any] = {
            "arrival": arrival[lot], "spread": spread[lot], "accept_level": accept_level[lot],
            "accept_slope": accept_slope[lot],
        }  # fmt: skip
        base = log_value[lot] + unit_scale[lot] * shock[lot]
        there = np.ones(n, dtype=np.bool_) if gone is None else ~gone[lot].astype(np.bool_)
        money, now = np.zeros(n), 1.0
        schedule = sale_above[fees[lot]], sale_fixed[fees[lot]], sale_rate[fees[lot]]
        for run in range(runs):
            offered[slot[lot, run]] += there
            value = base + (run * step_log_value[lot] + factor[group[lot], place[lot, run]])
            own = draws[lot][[2 * run, 2 * run + 1, 2 * runs + run]]
            table = rivals[sealed[lot]] if sealed[lot] >= 0 else None
            price = hammers(own, value, reserve[lot, run], terms, table)
            tier = (price[:, None] > schedule[0][None, 1:]).sum(axis=1)
            kept = price * (1.0 - tax_rate[lot]) - schedule[1][tier] - schedule[2][tier] * price
            undone = draws[lot][3 * runs] < return_rate[lot]
            kept -= np.where(undone, return_share[lot] * price + return_fixed[lot], 0.0)
            kept += np.minimum(np.maximum(floor_price[lot] - price, 0.0), largest_payout[lot])
            goes = there & (price > 0.0)
            stays = there & ~goes
            money[goes] += now * kept[goes]
            sold[lot, run] = goes.mean()
            money[stays] -= now * unsold_fee[lot, run]
            now *= step_discount
            money[stays] -= now * step_cost
            there = stays
        last = factor[group[lot], place[lot, runs]]
        left = fallback * np.exp(base + (runs * step_log_value[lot] + last))
        short = np.minimum(np.maximum(floor_price[lot] - left, 0.0), largest_payout[lot])
        money[there] += now * (left + short)[there]
        net[lot] = worth[lot] * money - spent[lot]
    return net, sold, offered
