"""Hammers simulated from what a fit found of bidders and sellers, beside what it predicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import polars as pl

import residual
from auction.forecasting import fitted
from auction.sample import write_sample
from auction.workspace import load_workspace
from benchmarks.auctions.bidders import Floats, hammer, top_two
from residual.likeliest import MIDDLE
from residual.prices import quantile_name

CHANCES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
#: Standard errors within which a simulated quantile is to lie.
_TWO_SIDED: Final = 2.576
#: Of the fleet every so manieth vehicle is looked at.
_EVERY: Final = 7


@dataclass(frozen=True, slots=True)
class Repeated:
    """One quantile over all vehicles.

    Attributes
    ----------
    chance : float
    below : float
        Share of simulated hammers at most the predicted quantile, mean over vehicles.
    off : float
        Simulated less predicted quantile of ln hammer in units of the scale, mean over vehicles.
    error : float
        Its standard error, from the number of past hammers that the quantile was learnt from.
    """

    chance: float
    below: float
    off: float
    error: float

    @property
    def within(self) -> bool:
        """Whether both agree at 99 %."""
        return abs(self.off) <= _TWO_SIDED * self.error


def first_runs() -> tuple[residual.ResidualModel, pl.DataFrame]:
    """Fit the first offerings of the bundled sample; return the model and some of its fleet.

    Later runs are left out: what sellers ask after a no-sale is not among the estimates.
    """
    with TemporaryDirectory() as scratch:
        write_sample(Path(scratch) / "sample")
        workspace = load_workspace(Path(scratch) / "sample")
    tables = workspace.tables | {"sales": workspace.tables["sales"].filter(pl.col("run") == 1)}
    return fitted(replace(workspace, tables=tables)), tables["vehicles"][::_EVERY]


def repeated(
    model: residual.ResidualModel,
    vehicles: pl.DataFrame,
    lots: int,
    seed: int,
    say: Callable[[str], None],
) -> list[Repeated]:
    """Offer each vehicle so many times today, at reserves as past sellers set them.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
    lots : int
        For each vehicle.
    seed : int
    say : callable
        Told of progress.
    """
    say(f"hammers: {vehicles.height} vehicles, {lots:,} lots each")
    book = residual.simulate(model, vehicles, [model.as_of], as_of=model.as_of, n=lots, seed=seed)
    rng = np.random.default_rng((seed, 4))
    days = np.full(vehicles.height, np.datetime64(model.as_of, "D").astype(np.int64))
    place = model.locate(vehicles, days)
    names = [quantile_name(chance) for chance in CHANCES]
    expected = np.log(model.predict(vehicles, model.as_of, CHANCES).select(names).to_numpy())
    middles = [float(shock.quantile(MIDDLE).mean()) for shock in book.shocks]
    shock, told = book.unit_shocks(1, lots), model.bidding
    below, off = np.zeros((2, vehicles.height, len(CHANCES)))
    for row in range(vehicles.height):
        value = book.log_value[row, 0] + book.unit_scale[row] * shock[row]
        known = told.unit_ratio * (shock[row] - middles[book.form[row]])
        asks = told.asked + told.known * known + told.strays * rng.standard_normal(lots)
        bids = top_two(rng, rng.poisson(told.bidders, lots))
        highest, second = (value + book.sale_spread[row] * bid for bid in bids)
        price = hammer(highest, second, place.log_hammer[row] + place.scale[row] * asks)
        made = (price + book.factor[book.group[row], 0])[np.isfinite(price)]
        below[row] = (made[:, None] <= expected[row]).mean(axis=0)
        off[row] = (np.quantile(made, CHANCES) - expected[row]) / place.scale[row]
    errors = _errors(model, told.lots - told.no_sales)
    return [
        Repeated(*(float(x) for x in row))
        for row in zip(CHANCES, below.mean(axis=0), off.mean(axis=0), errors, strict=True)
    ]


def _errors(model: residual.ResidualModel, sold: int) -> Floats:
    """Standard errors of the quantiles of so many hammers, in scales.

    Notes
    -----
    sqrt(p (1 - p) / n) over the density at the quantile, by its slope in p. Errors of the
    simulation are far smaller and left out.
    """
    still, step, plain = np.zeros(1), 0.01, np.full(1, len(model.shape.skews) // 2)

    def quantile(chance: float) -> float:
        return float(model.shape.quantile(chance, still, plain)[0])

    slope = [(quantile(p + step) - quantile(p - step)) / (2.0 * step) for p in CHANCES]
    p = np.array(CHANCES)
    return np.asarray(np.sqrt(p * (1.0 - p) / sold) * np.array(slope))
