"""Score the engine's forecast of a level and its peers from rolling origins."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import norm
from scipy.stats import t as student

from benchmarks.index.peers import Arima, Floats, Normal, ets, random_walk
from benchmarks.index.scores import crps_normal, crps_student
from residual import Priors
from residual.density import Density, forecast_growth
from residual.monthly import monthly

#: CRPS, coverage and number of origins by model and horizon.
Table = dict[str, dict[str, dict[str, float]]]

ROOT = Path(__file__).resolve().parents[2]
HORIZONS = (1, 3, 6, 12, 24)
FURTHER = (36, 60)
TWENTY_YEARS = 240
PEERS = ("random walk", "ETS", "ARIMA")
SERIES = {
    "CUSR0000SETA02": "US CPI, used cars and trucks: seasonally adjusted and revised, so that each "
    "origin sees figures that were not all known in its day, and no season",
    "CUSR0000SETA01": "US CPI, new vehicles: seasonally adjusted and revised",
    "WPU1012": "US PPI, iron and steel scrap: unadjusted",
}
VOLATILITY = {"WPU1012": Priors().monthly_scrap_volatility}


@dataclass(frozen=True)
class Score:
    """One forecast held against what came."""

    model: str
    year: int
    horizon: int
    crps: float
    covered: bool


def read(name: str) -> tuple[list[dt.date], Floats]:
    """Months and log levels of a series."""
    folder = Path(os.environ.get("DISPOSAL_REAL_DATA", ROOT / ".." / "shared" / "data"))
    table = pl.read_parquet(folder / "price_indices.parquet").filter(pl.col("series") == name)
    series = monthly(table)
    return series.months, series.log_level


def scores(name: str, first: int, step: int) -> Iterator[Score]:
    """Score every model at every origin and horizon."""
    months, level = read(name)
    arima = {"": Arima(), ", 20 years": Arima()}
    longest = max(FURTHER)
    for at, month in enumerate(months):
        if month.year < first or (month.month - 1) % step:
            continue
        past = level[: at + 1]
        told: dict[str, Density | Normal] = {"ours": own_forecast(name, past, longest)}
        for word, window in (("", past), (", 20 years", past[-TWENTY_YEARS:])):
            told[f"random walk{word}"] = random_walk(window, longest)
            told[f"ETS{word}"] = ets(window, longest)
            told[f"ARIMA{word}"] = arima[word](window, longest, month.year)
        for horizon in (*HORIZONS, *FURTHER):
            if at + horizon < len(level):
                came = float(level[at + horizon] - level[at])
                for model, density in told.items():
                    crps, covered = judge(density, horizon, came)
                    yield Score(model, month.year, horizon, crps, covered)


def own_forecast(name: str, past: Floats, months: int) -> Density:
    """The engine's forecast from the last month on."""
    expected = VOLATILITY.get(name, Priors().monthly_market_volatility)
    change = np.diff(past)
    return forecast_growth(change, np.ones(len(change)), expected, 0.0, months)


def judge(density: Density | Normal, horizon: int, came: float) -> tuple[float, bool]:
    """CRPS in thousandths of log price, and whether the 90 % interval held."""
    if isinstance(density, Normal):
        sd = float(density.sd[horizon - 1])
        z = (came - float(density.mean[horizon - 1])) / sd
        return 1000.0 * sd * crps_normal(z), abs(z) <= float(norm.ppf(0.95))
    dof = 1.0 / max(float(density.tail[horizon]), 1e-4)
    scale = float(np.sqrt(density.variance[horizon] * (1.0 - 2.0 / dof)))
    z = (came - float(density.mean[horizon])) / scale
    return 1000.0 * scale * crps_student(z, dof), abs(z) <= float(student.ppf(0.95, dof))


def table(found: list[Score]) -> Table:
    """Mean CRPS and coverage by model and horizon."""
    out: Table = {}
    for model in dict.fromkeys(score.model for score in found):
        for horizon in (*HORIZONS, *FURTHER):
            own = [s for s in found if s.model == model and s.horizon == horizon]
            if own:
                out.setdefault(model, {})[str(horizon)] = {
                    "crps": round(float(np.mean([s.crps for s in own])), 4),
                    "coverage": round(100.0 * float(np.mean([s.covered for s in own])), 2),
                    "origins": len(own),
                }
    return out


def against(told: Table, names: Sequence[str]) -> dict[str, float]:
    """Ours against the best of some models, in per cent by horizon; below 0 is better."""
    out = {}
    for horizon, own in told["ours"].items():
        best = min(told[name][horizon]["crps"] for name in names)
        out[horizon] = round(100.0 * (own["crps"] / best - 1.0), 2)
    return out
