"""Plain NumPy twins of the auction kernels: the same signatures, written to be read.

They integrate over bids by quadrature instead of a table, and serve the tests; `threads` is
accepted and ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_Array = NDArray[np.float64]
#: Beyond this many spreads above V no bidder is counted.
_SPAN = 6.5
_LEGENDRE = np.polynomial.legendre.leggauss(96)


def _first_and_above(log_ratio: _Array, arrival: float, spread: float) -> tuple[_Array, _Array]:
    """Return P1 and the integral of P2 above the prices V exp(log_ratio), in units of V."""
    start = np.minimum(np.asarray(log_ratio) / spread, _SPAN)
    first = -np.expm1(-arrival * ndtr(-start))
    # Below -_SPAN every bidder is above: P2 is constant there, and the integral closed.
    inside = np.maximum(start, -_SPAN)
    half = 0.5 * (_SPAN - inside)[..., None]
    t = inside[..., None] + half * (_LEGENDRE[0] + 1.0)
    u = arrival * ndtr(-t)
    second = 1.0 - np.exp(-u) * (1.0 + u)
    above = (half * _LEGENDRE[1] * second * np.exp(spread * t) * spread).sum(axis=-1)
    everyone = 1.0 - np.exp(-arrival) * (1.0 + arrival)
    return np.asarray(first), np.asarray(
        above + everyone * (np.exp(spread * inside) - np.exp(spread * start))
    )


def sale(
    log_ratio: _Array, arrival: _Array, spread: _Array, threads: int = 1
) -> tuple[_Array, _Array]:
    """Twin of `_core.bids.sale`."""
    chance, above = np.empty(len(log_ratio)), np.empty(len(log_ratio))
    for i, ratio in enumerate(log_ratio):
        first, rest = _first_and_above(np.array([ratio]), arrival[i], spread[i])
        chance[i], above[i] = first[0], rest[0]
    return chance, np.exp(log_ratio) * chance + above


class Terms:
    """Schedules of fees of one row: by the price of a sale, by the reserve of a no-sale."""

    def __init__(self, sale: _Array, unsold: _Array) -> None:
        self.sale, self.unsold = sale, unsold

    @staticmethod
    def fee(schedule: _Array, price: float) -> float:
        """Fee of a price, by the tier that it falls into."""
        above, fixed, rate = schedule
        tier = max(int(np.sum(above < price)) - 1, 0)
        return float(fixed[tier] + rate[tier] * price)


def _sold(
    log_reserve: float, log_value: _Array, row: dict[str, float], terms: Terms
) -> tuple[_Array, _Array, _Array]:
    """Chance of a sale at each value, its mean price and its mean fee."""
    arrival, spread, reserve = row["arrival"], row["spread"], float(np.exp(log_reserve))
    ratio = log_reserve - log_value
    first, above = _first_and_above(ratio, arrival, spread)
    price = reserve * first + np.exp(log_value) * above
    u = arrival * ndtr(-ratio / spread)
    fee = terms.fee(terms.sale, reserve) * u * np.exp(-u)
    start, fixed, rate = terms.sale
    stop = np.append(start[1:], np.inf)
    for low, high, base, share in zip(start, stop, fixed, rate, strict=True):
        if np.isfinite(low) and high > reserve:
            edge = (np.log(max(low, reserve)) - log_value) / spread
            other = (np.log(high) - log_value) / spread
            number, money = _second_between(edge, other, arrival, spread)
            fee = fee + base * number + share * np.exp(log_value) * money
    if row["accept_level"] > -40.0:
        number, money = _haggled(ratio / spread, row)
        first, price = first + number, price + np.exp(log_value) * money
        # what is haggled for is charged by the tier of the reserve
        tier = max(int(np.sum(start < reserve)) - 1, 0)
        fee = fee + fixed[tier] * number + rate[tier] * np.exp(log_value) * money
    return first, price, fee


def _second_between(
    low: _Array, high: _Array, arrival: float, spread: float
) -> tuple[_Array, _Array]:
    """Chance that the second highest lies between two points, and its mean there over V."""
    here, there = np.clip(low, -_SPAN, _SPAN), np.clip(high, -_SPAN, _SPAN)
    half = 0.5 * (there - here)[..., None]
    t = here[..., None] + half * (_LEGENDRE[0] + 1.0)
    u = arrival * ndtr(-t)
    mass = half * _LEGENDRE[1] * u * np.exp(-u) * arrival * _density(t)
    return mass.sum(axis=-1), (mass * np.exp(spread * t)).sum(axis=-1)


def _haggled(reserve: _Array, row: dict[str, float]) -> tuple[_Array, _Array]:
    """Chance that a bid below the reserve is taken, and its mean over V."""
    arrival, spread = row["arrival"], row["spread"]
    end = np.clip(reserve, -_SPAN, _SPAN)
    half = 0.5 * (end + _SPAN)[..., None]
    t = -_SPAN + half * (_LEGENDRE[0] + 1.0)
    taken = row["accept_level"] + row["accept_slope"] * spread * (t - reserve[..., None])
    u = arrival * ndtr(-t)
    mass = half * _LEGENDRE[1] / (1.0 + np.exp(-taken)) * arrival * _density(t) * np.exp(-u)
    mass = mass * (u - arrival * ndtr(-end)[..., None]) * (reserve < _SPAN)[..., None]
    return mass.sum(axis=-1), (mass * np.exp(spread * t)).sum(axis=-1)


def _density(t: _Array) -> _Array:
    return np.asarray(np.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi))


class _Unit:
    """One row of `auction_policy`: its terms and the formulas on them."""

    def __init__(self, row: dict[str, float], terms: Terms, runs: int) -> None:
        self.row = row
        self.terms = terms
        self.runs = runs

    def offered(self, log_reserve: float, log_value: _Array, onward: _Array) -> _Array:
        """Net worth of offering at a reserve, given what comes after a no-sale."""
        first, price, fee = _sold(log_reserve, log_value, self.row, self.terms)
        charged = self.terms.fee(self.terms.unsold, float(np.exp(log_reserve)))
        return np.asarray(price - fee + (1 - first) * (onward - charged))

    def onward(self, log_reserve: _Array, log_value: _Array, run: int) -> _Array:
        """Worth of what comes after a no-sale in a run, under the reserves of the later ones."""
        row, step = self.row, self.row["step_log_value"]
        worth = row["fallback"] * np.exp(log_value + self.runs * step)
        for later in range(self.runs - 1, run, -1):
            worth = self.offered(log_reserve[later], log_value + later * step, self._next(worth))
        return self._next(worth)

    def _next(self, worth: _Array) -> _Array:
        return self.row["step_discount"] * (worth - self.row["step_cost"])

    def choose(self, deviation: _Array, weight: _Array, width: float) -> _Array:
        """Reserves of all runs by coordinate ascent, until a pass hardly moves them.

        `deviation` is how far the unit's log value may stray, under weights.
        """
        row, step = self.row, self.row["step_log_value"]
        log_value = row["log_value"] + deviation
        log_reserve: _Array = row["log_value"] + step * np.arange(self.runs, dtype=np.float64)
        for sweep in range(60):
            before_sweep = log_reserve.copy()
            for run in range(self.runs - 1, -1, -1):
                belief = weight.copy()
                for before in range(run):
                    there = log_value + before * step
                    belief *= 1 - _sold(log_reserve[before], there, row, self.terms)[0]
                onward = self.onward(log_reserve, log_value, run)
                here = log_value + run * step

                def worth(
                    x: float, belief: _Array = belief, here: _Array = here, onward: _Array = onward
                ) -> float:
                    return float(np.sum(belief * self.offered(x, here, onward)))

                if sweep < 2:
                    log_reserve[run] = _best_of(worth, log_reserve[run], width, 13)
                log_reserve[run] = _best_of(worth, log_reserve[run], width / 12, 9)
            if np.abs(log_reserve - before_sweep).max() < 2e-4:
                break
        return log_reserve

    def follow(self, log_reserve: _Array, log_value: float) -> tuple[float, _Array, _Array, _Array]:
        """Net proceeds, components, and the chances of a sale in and of reaching each run."""
        row, step, terms = self.row, self.row["step_log_value"], self.terms
        item, alive, discount, fees = np.zeros(10), 1.0, 1.0, 0.0
        sold, reach = np.zeros(self.runs), np.zeros(self.runs)
        for run in range(self.runs):
            here = log_value + run * step
            reserve, value = float(np.exp(log_reserve[run])), np.exp(here)
            told = _sold(log_reserve[run], np.array([here]), row, terms)
            first, price, fee = (float(x[0]) for x in told)
            reach[run], sold[run] = alive, alive * first
            item[:2] += alive * price, alive * discount * price
            item[4:6] += alive * discount * first, alive * discount * (1 - first)
            charged = terms.fee(terms.unsold, reserve)
            fees += alive * discount * (fee + (1 - first) * charged)
            plain = terms.sale[1][0] * first + terms.sale[2][0] * price
            item[8] += alive * discount * (fee - plain)
            item[9] += alive * discount * (1 - first) * (charged - terms.unsold[1][0])
            used_up = row["floor_price"] - row["largest_payout"]
            for sign, price_told in ((1.0, row["floor_price"]), (-1.0, used_up)):
                if price_told > reserve:
                    ratio = np.log([reserve, price_told]) - here
                    _, above = _first_and_above(ratio, row["arrival"], row["spread"])
                    short = (price_told - reserve) * first - value * (above[0] - above[1])
                    item[7] += sign * alive * discount * short
            alive, discount = alive * (1 - first), discount * row["step_discount"]
            item[6] += alive * discount
        fallback = row["fallback"] * np.exp(log_value + self.runs * step)
        item[2:4] += alive * fallback, alive * discount * fallback
        item[7] += (
            alive * discount * np.clip(row["floor_price"] - fallback, 0.0, row["largest_payout"])
        )
        net = item[1] + item[3] + item[7] - fees
        return float(net - row["step_cost"] * item[6]), item, sold, reach


def _best_of(
    worth: Callable[[float], float], centre: float, width: float, candidates: int
) -> float:
    """Best point of an even grid, refined by the parabola through its neighbours."""
    grid = centre - width + 2 * width / (candidates - 1) * np.arange(candidates)
    values = np.array([worth(float(x)) for x in grid])
    best = int(values.argmax())
    shift = 0.0
    if 0 < best < candidates - 1:
        left, right = values[best - 1] - values[best], values[best + 1] - values[best]
        if left + right < 0:
            shift = 0.5 * (left - right) / (left + right)
    return float(centre - width + (best + shift) * 2 * width / (candidates - 1))


def auction_policy(
    log_value: _Array, unit_scale: _Array, spread: _Array, arrival: _Array,
    step_log_value: _Array, step_discount: _Array,
    step_cost: _Array, fallback: _Array, tilt: _Array, floor_price: _Array,
    largest_payout: _Array, accept_level: _Array, accept_slope: _Array, fees: NDArray[np.intp],
    sale_above: _Array, sale_fixed: _Array, sale_rate: _Array,
    unsold_above: _Array, unsold_fixed: _Array, unsold_rate: _Array,
    group: NDArray[np.intp], half_width: _Array, mean_weight: _Array, move: _Array, node: _Array,
    interpolation: _Array, shock: _Array, weight: _Array, shape: NDArray[np.intp],
    runs: int, asked: _Array | None = None, threads: int = 1,
) -> tuple[_Array, _Array, _Array, _Array, _Array]:  # fmt: skip
    """Twin of `_core.reserves.auction_policy`."""
    terms = {
        "log_value": log_value, "unit_scale": unit_scale, "spread": spread,
        "arrival": arrival, "step_log_value": step_log_value, "step_discount": step_discount,
        "step_cost": step_cost, "fallback": fallback, "floor_price": floor_price,
        "largest_payout": largest_payout, "accept_level": accept_level,
        "accept_slope": accept_slope,
    }  # fmt: skip
    market: dict[str, NDArray[Any]] = {
        "group": group, "half_width": half_width, "mean_weight": mean_weight, "node": node,
        "interpolation": interpolation, "shock": shock, "weight": weight, "shape": shape,
        "fees": fees, "sale_above": sale_above, "sale_fixed": sale_fixed, "sale_rate": sale_rate,
        "unsold_above": unsold_above, "unsold_fixed": unsold_fixed, "unsold_rate": unsold_rate,
    }  # fmt: skip
    reserve = np.zeros((len(log_value), runs))
    for i in range(len(log_value)):
        if asked is not None and not np.isnan(asked[i]).any():
            reserve[i] = asked[i]
            continue
        row = {name: float(column[i]) for name, column in terms.items()}
        unit = _Unit(row, _terms(market, i), runs)
        half, own = half_width[group[i]], shock[shape[i]]
        moves = move[group[i]]
        stray = (unit_scale[i] * own[None, :] + moves[:, None]).ravel()
        likely = np.tile(weight, moves.size) / moves.size
        width = 2.5 * (unit_scale[i] + spread[i]) + half
        reserve[i] = tilt[i] * np.exp(unit.choose(stray, likely, width))
    return reserve, *proceeds(reserve, terms, market)


def _terms(market: dict[str, NDArray[Any]], row: int) -> Terms:
    """Return the schedules of a row."""
    at = market["fees"][row]
    sale, unsold = (
        np.stack([market[f"{on}_{part}"][at] for part in ("above", "fixed", "rate")])
        for on in ("sale", "unsold")
    )
    return Terms(sale, unsold)


def proceeds(
    reserve: _Array, terms: dict[str, _Array], market: dict[str, NDArray[Any]]
) -> tuple[_Array, _Array, _Array, _Array]:
    """What given reserves bring: the results of `auction_policy` but for the first."""
    (rows, runs), node = reserve.shape, market["node"]
    coefficient, component = np.zeros((rows, len(node))), np.zeros((rows, 10))
    sold, reach = np.zeros((rows, runs)), np.zeros((rows, runs))
    for i in range(rows):
        row = {name: float(column[i]) for name, column in terms.items()}
        unit, group = _Unit(row, _terms(market, i), runs), int(market["group"][i])
        net = np.zeros(len(node))
        for r, x in enumerate(node):
            middle = row["log_value"] + market["half_width"][group] * x
            for z, w in zip(market["shock"][market["shape"][i]], market["weight"], strict=True):
                money, item, here, there = unit.follow(
                    np.log(reserve[i]), middle + row["unit_scale"] * z
                )
                net[r] += w * money
                share = w * market["mean_weight"][group, r]
                component[i] += share * item
                sold[i] += share * here
                reach[i] += share * there
        coefficient[i] = market["interpolation"] @ net
    return coefficient, component, sold, reach
