"""Scores of forecasts that were made before the sales, over all and by segment."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual import scoring
from residual.calibration import INTERVALS, PARTS, share_error
from residual.curves import Floats

#: Probabilities whose mean pinball loss is told.
NINETEEN: Final[Floats] = np.arange(1, 20, dtype=np.float64) / 20.0
#: Mid-points over which the CRPS is averaged.
MIDDLES: Final[Floats] = (np.arange(100, dtype=np.float64) + 0.5) / 100.0
#: Every probability that is foretold.
LEVELS: Final[Floats] = np.unique(np.round(np.concatenate([NINETEEN, MIDDLES]), 6))

_POINT: Final = ("mae", "mape", "median_ape", "bias_ln")
_SPREAD: Final = (
    "pinball_ln", "pinball", "crps",
    *(f"coverage_{level}{suffix}" for level in INTERVALS for suffix in ("", "_error")),
    "ks",
)  # fmt: skip
SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "dimension": pl.String,
    "group": pl.String,
    "forecaster": pl.String,
    "forecasts": pl.Int64,
    **dict.fromkeys((*_POINT, *_SPREAD), pl.Float64),
}


def transform(log_price: Floats, log_quantiles: Floats) -> Floats:
    """Probability integral transform: the chance foretold of a price no higher than it was.

    Parameters
    ----------
    log_price : float64[n]
    log_quantiles : float64[n, k]
        At `LEVELS`.

    Returns
    -------
    float64[n]
        Linear between the quantiles; half the outermost chance beyond them.
    """
    low, high = LEVELS[0] / 2.0, (1.0 + LEVELS[-1]) / 2.0
    pairs = zip(log_price.tolist(), log_quantiles, strict=True)
    return np.array([np.interp(y, row, LEVELS, left=low, right=high) for y, row in pairs])


def ks_distance(pit: Floats) -> float:
    """Greatest distance between the shares of transforms and the even distribution."""
    ordered = np.sort(pit)
    count = len(ordered)
    above = np.arange(1, count + 1) / count - ordered
    below = ordered - np.arange(count) / count
    return float(np.max(np.maximum(above, below)))


def pit_counts(pit: Floats) -> list[int]:
    """How many transforms fell into each of twenty equal parts, lowest first."""
    part = np.minimum((pit * PARTS).astype(np.int64), PARTS - 1)
    counts: list[int] = np.bincount(part, minlength=PARTS).tolist()
    return counts


def point_scores(price: Floats, forecast: Floats) -> dict[str, float]:
    """Scores of one figure for each sale."""
    return {
        "mae": scoring.mean_absolute_error(price, forecast),
        "mape": scoring.mean_absolute_percentage_error(price, forecast),
        "median_ape": scoring.median_absolute_percentage_error(price, forecast),
        "bias_ln": scoring.bias(np.log(price), np.log(forecast)),
    }


def spread_scores(
    price: Floats, log_quantiles: Floats, pit: Floats, week: NDArray[np.int64]
) -> dict[str, float]:
    """Scores of whole distributions.

    Parameters
    ----------
    price : float64[n]
    log_quantiles : float64[n, k]
        At `LEVELS`.
    pit : float64[n]
        Of `transform`.
    week : int64[n]
        Sales of one week err together.

    Returns
    -------
    dict of float
        pinball_ln and pinball (means over the 19 probabilities 5 % to 95 %, of ln price and of
        money), crps (money), coverage of the central intervals with standard errors, and ks.
    """
    log_price, quantiles = np.log(price), np.exp(log_quantiles)
    nineteen = np.searchsorted(LEVELS, NINETEEN - 1e-9)
    middles = np.searchsorted(LEVELS, MIDDLES - 1e-9)
    out = {
        "pinball_ln": _mean_pinball(log_price, log_quantiles[:, nineteen]),
        "pinball": _mean_pinball(price, quantiles[:, nineteen]),
        "crps": scoring.crps_from_quantiles(price, quantiles[:, middles], MIDDLES),
    }
    for level in INTERVALS:
        tail = (1.0 - level / 100.0) / 2.0
        low, high = (int(np.searchsorted(LEVELS, p - 1e-9)) for p in (tail, 1.0 - tail))
        inside = (log_price >= log_quantiles[:, low]) & (log_price <= log_quantiles[:, high])
        out[f"coverage_{level}"] = float(inside.mean())
        out[f"coverage_{level}_error"] = share_error(inside, week)
    return {**out, "ks": ks_distance(pit)}


def _mean_pinball(actual: Floats, quantiles: Floats) -> float:
    losses = [scoring.pinball(actual, quantiles[:, i], float(p)) for i, p in enumerate(NINETEEN)]
    return float(np.mean(losses))


def score_rows(
    table: pl.DataFrame, log_quantiles: Floats, dimension: str, group: str
) -> list[dict[str, Any]]:
    """Score the forecasts of a group, with those of its peers.

    Parameters
    ----------
    table : polars.DataFrame
        n rows with date, price, q50, pit, naive and guide_value (null where there is none).
    log_quantiles : float64[n, k]
    dimension, group : str
        What the rows are told as.

    Returns
    -------
    list of dict
        One for each forecaster: "model"; "naive"; "guide", over the rows that have one; and
        "model_beside_guide", the model over the same rows where those are not all.
    """
    price = table["price"].to_numpy()
    week = table["date"].cast(pl.Int32).to_numpy().astype(np.int64) // 7
    head = {"dimension": dimension, "group": group}

    def point(name: str, column: str, rows: NDArray[np.bool_]) -> dict[str, Any]:
        scores = point_scores(price[rows], table[column].to_numpy()[rows])
        return {**head, "forecaster": name, "forecasts": int(rows.sum()), **scores}

    every = np.ones(len(price), dtype=np.bool_)
    guided = table["guide_value"].is_not_null().to_numpy()
    spread = spread_scores(price, log_quantiles, table["pit"].to_numpy(), week)
    out = [{**point("model", "q50", every), **spread}, point("naive", "naive", every)]
    if guided.any():
        out.append(point("guide", "guide_value", guided))
        if not guided.all():
            out.append(point("model_beside_guide", "q50", guided))
    return out
