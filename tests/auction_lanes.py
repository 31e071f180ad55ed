"""Made-up offerings whose bidders, sellers and values are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from residual.distribution import HammerShape, fit_shape
from residual.lots import Lots
from residual.offerings import Offerings

#: Reserves that lie so low are none.
NO_RESERVE = -6.0


@dataclass(frozen=True)
class Lane:
    """How lots come and go, in units of the scale of an unselected hammer."""

    lots: int = 3000
    share: float = 0.6
    unit: float = 0.9
    rate: float = 6.0
    asked: float = 0.3
    noise: float = 0.4
    known: float = 0.8
    drawn: float = 0.0
    hidden: bool = False
    heavy: bool = False


@dataclass(frozen=True)
class Past:
    """What a file would hold, and the truth in units of the scale of a sold hammer."""

    offered: Offerings
    sold_hammers: np.ndarray
    shape: HammerShape
    value: float
    share: float
    unit: float


def past(lane: Lane, seed: int) -> Past:
    """Offer the lots of a lane: bids by the book, reserves by what sellers know."""
    rng, n = np.random.default_rng(seed), lane.lots
    own = rng.standard_t(6, n) * np.sqrt(4 / 6) if lane.heavy else rng.standard_normal(n)
    number = rng.poisson(lane.rate, n)
    drawn = np.log1p(number) - np.log1p(lane.rate)
    value = lane.unit * own + lane.drawn * drawn
    reserve = lane.asked + lane.known * value + lane.noise * rng.standard_normal(n)
    highest, second = top_two(rng, value, lane.share, number)
    sold = highest >= reserve
    hammer = np.maximum(second, reserve)
    exact = sold & (second > reserve)
    usual = sold if lane.asked > NO_RESERVE else exact
    zero, size = hammer[usual].mean(), hammer[usual].std()
    z, x = (hammer - zero) / size, (reserve - zero) / size
    counted = np.full(n, np.nan) if lane.hidden else number.astype(np.float64)
    lots = Lots(
        np.where(exact, z, x), x, sold, exact, np.zeros(n, dtype=np.bool_), counted,
        0.0 * z if lane.hidden else drawn, np.zeros(n), np.zeros(n, dtype=np.int64),
    )  # fmt: skip
    offered = Offerings(
        lots, ["a"], np.full(n, 0.1), int((~sold).sum()), int((sold & ~exact).sum()),
        int(np.isfinite(counted).sum()), 0, {},
    )  # fmt: skip
    shape = fit_shape(z[usual], 0.6, 6.0, 5.0)
    return Past(offered, z[usual], shape, -zero / size, lane.share / size, lane.unit / size)


def spread_of(units: pl.DataFrame) -> np.ndarray:
    """Scale of ln hammer of a unit where nothing is withheld: three times as wide at grade 1."""
    return np.asarray(0.08 * (1.0 + (5.0 - units["condition_grade"].to_numpy()) / 2.0))


def offer(
    units: pl.DataFrame, lane: Lane, seed: int, rate: dict[str, float] | None = None
) -> pl.DataFrame:
    """Offer units whose price column holds the level of their value, at their venue."""
    rng, n = np.random.default_rng(seed), units.height
    spread, level = spread_of(units), np.log(units["price"].to_numpy())
    own = lane.unit * rng.standard_normal(n)
    busy = units["venue_id"].replace_strict(rate, return_dtype=pl.Float64) if rate else lane.rate
    number = rng.poisson(busy, n)
    asked = lane.asked + lane.known * own + lane.noise * rng.standard_normal(n)
    highest, second = top_two(rng, level + spread * own, lane.share * spread, number)
    reserve = level + spread * asked
    sold = highest >= reserve
    price = np.where(sold, np.exp(np.maximum(second, reserve)), np.nan)
    return units.with_columns(
        run=pl.lit(1),
        outcome=pl.Series(np.where(sold, "sold", "no-sale")),
        price=pl.Series(price).fill_nan(None),
        reserve=pl.Series(np.exp(reserve)),
        bidders=pl.Series(number).cast(pl.Int64),
    )


def top_two(
    rng: np.random.Generator, value: np.ndarray, sigma: np.ndarray | float, number: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The two highest of so many bidders around each value; -inf where there is none."""
    most = max(int(number.max()), 2)
    bids = np.asarray(value)[:, None] + np.reshape(sigma, (-1, 1)) * rng.standard_normal(
        (len(number), most)
    )
    bids[np.arange(most) >= number[:, None]] = -np.inf
    best = np.partition(bids, most - 2, axis=1)
    return best[:, -1], best[:, -2]
