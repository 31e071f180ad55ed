"""Auctions held in every scenario as a user would write them in numba, on one thread."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.numba_kernels import quantile

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
#: Bidders' values are tabled so many spreads around the value; see the kernel's twin.
_SPAN = 6.5


@njit
def _interpolated(x: float, table: Floats) -> float:
    place = (x + _SPAN) / (2.0 * _SPAN) * (table.size - 1)
    i = min(max(int(place), 0), table.size - 2)
    return table[i] + (place - i) * (table[i + 1] - table[i])


@njit
def _sealed(
    log_value: float, log_reserve: float, arrival: float, spread: float, table: Floats
) -> float:
    """What a bidder writes down, in units of the value."""
    own = min(max(log_value / spread, -_SPAN), _SPAN)
    least = min(log_reserve / spread, own)
    nobody = math.exp(-arrival) * (
        math.exp(-_SPAN * spread) - math.exp(spread * min(least, -_SPAN))
    )
    gap = _interpolated(own, table) - _interpolated(max(least, -_SPAN), table)
    value = math.exp(log_value)
    bid = value - (gap + nobody) * math.exp(arrival * 0.5 * math.erfc(own * math.sqrt(0.5)))
    return min(max(bid, math.exp(min(log_reserve, log_value))), value)


@njit
def _hammer(
    draws: Floats, log_value: float, reserve: float, asked: float, arrival: float, spread: float,
    accept_level: float, accept_slope: float, sealed: bool, table: Floats,
) -> float:  # fmt: skip
    """What a lot is sold for, 0 where it is not."""
    highest = -math.log(draws[0])
    if highest >= arrival:
        return 0.0
    first = log_value - spread * quantile(highest / arrival)
    share = (highest - math.log(draws[1])) / arrival
    second = log_value - spread * quantile(share) if share < 1.0 else -math.inf
    if first >= asked:
        if sealed:
            bid = _sealed(first - log_value, asked - log_value, arrival, spread, table)
            return math.exp(log_value) * bid
        return max(math.exp(second), reserve)
    if accept_level == -math.inf or share >= 1.0 or asked - log_value >= _SPAN * spread:
        return 0.0
    odds = accept_level + accept_slope * (second - asked)
    return math.exp(second) if draws[2] < 1.0 / (1.0 + math.exp(-odds)) else 0.0


@njit
def auction_outcomes(
    draws: Floats, log_value: Floats, unit_scale: Floats, step_log_value: Floats, arrival: Floats,
    spread: Floats, accept_level: Floats, accept_slope: Floats, sealed: Places, rivals: Floats,
    reserve: Floats, unsold_fee: Floats, fees: Places, sale_above: Floats, sale_fixed: Floats,
    sale_rate: Floats, tax_rate: Floats, return_rate: Floats, return_fixed: Floats,
    return_share: Floats, floor_price: Floats, largest_payout: Floats, worth: Floats,
    spent: Floats, step_discount: float, step_cost: float, fallback: float, shock: Floats,
    factor: Floats, group: Places, place: Places, slot: Places, gone: NDArray[np.bool_],
    net: Floats, sold: Floats, offered: Floats,
) -> None:  # fmt: skip
    """The loop of `_core.outcomes.auction_outcomes` over draws[b, 3 runs + 1, n]."""
    lots, runs = reserve.shape
    own = np.empty(3)
    for lot in range(lots):
        schedule = fees[lot]
        table = rivals[max(sealed[lot], 0)]
        asked = np.log(reserve[lot])
        for s in range(net.shape[1]):
            if gone[lot, s]:
                net[lot, s] = -spent[lot]
                continue
            base = log_value[lot] + unit_scale[lot] * shock[lot, s]
            money, now, there = 0.0, 1.0, True
            for run in range(runs):
                offered[slot[lot, run], s] += 1.0
                last = factor[group[lot], place[lot, run], s]
                own[0], own[1] = draws[lot, 2 * run, s], draws[lot, 2 * run + 1, s]
                own[2] = draws[lot, 2 * runs + run, s]
                price = _hammer(
                    own, base + (run * step_log_value[lot] + last), reserve[lot, run], asked[run],
                    arrival[lot], spread[lot], accept_level[lot], accept_slope[lot],
                    sealed[lot] >= 0, table,
                )  # fmt: skip
                if price > 0.0:
                    tier = 0
                    while tier + 1 < sale_above.shape[1] and price > sale_above[schedule, tier + 1]:
                        tier += 1
                    kept = price * (1.0 - tax_rate[lot]) - sale_fixed[schedule, tier]
                    kept -= sale_rate[schedule, tier] * price
                    if draws[lot, 3 * runs, s] < return_rate[lot]:
                        kept -= return_share[lot] * price + return_fixed[lot]
                    kept += min(max(floor_price[lot] - price, 0.0), largest_payout[lot])
                    money += now * kept
                    sold[lot, run] += 1.0 / net.shape[1]
                    there = False
                    break
                money -= now * unsold_fee[lot, run]
                now *= step_discount
                money -= now * step_cost
            if there:
                last = factor[group[lot], place[lot, runs], s]
                left = fallback * math.exp(base + (runs * step_log_value[lot] + last))
                short = min(max(floor_price[lot] - left, 0.0), largest_payout[lot])
                money += now * (left + short)
            net[lot, s] = worth[lot] * money - spent[lot]
