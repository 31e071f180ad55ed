"""The one value to state when being wrong upwards and downwards does not cost the same."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from residual.curves import Floats

if TYPE_CHECKING:
    from residual.model import ResidualModel

Loss = Literal["linear", "square"]
#: Equally likely prices that stand for a distribution, and units taken at a time.
_PRICES: Final = 200
_BLOCK: Final = 8192
_ROUNDS: Final = 60


def point_value(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    on: dt.date | str,
    over: float,
    under: float,
    loss: Loss,
) -> pl.DataFrame:
    """Return the value of least expected cost; see `ResidualModel.point_value`."""
    for name, cost in (("over", over), ("under", under)):
        if not 0.0 < cost < np.inf:
            raise ValueError(f"{name} must be finite and above zero, not {cost}")
    if loss == "linear":
        share = under / (over + under)
        told = model.predict(vehicles, on, (share,))
        column = next(name for name in told.columns if name.startswith("q"))
        return told.select("vehicle_id", value=pl.col(column), support="support")
    if loss != "square":
        raise ValueError(f'loss must be "linear" or "square", not {loss!r}')
    chances = (np.arange(_PRICES) + 0.5) / _PRICES
    parts = []
    for begin in range(0, max(len(vehicles), 1), _BLOCK):
        told = model.predict(vehicles[begin : begin + _BLOCK], on, tuple(chances.tolist()))
        prices = told.drop("vehicle_id", "mean", "sd", "support").to_numpy()
        value = expectile(prices, under / (over + under))
        parts.append(told.select("vehicle_id", value=pl.Series(value), support="support"))
    return pl.concat(parts)


def expectile(values: Floats, share: float) -> Floats:
    """Expectile of equally likely values, row by row.

    Parameters
    ----------
    values : float64[n, k]
    share : float
        Weight of what lies above over the sum of both weights, in (0, 1); one half gives the mean.

    Notes
    -----
    Newey and Powell (1987): e with share E[(y - e)+] = (1 - share) E[(e - y)+], by weighted means
    until nothing changes sides.
    """
    at = values.mean(axis=1) if values.size else np.zeros(len(values))
    for _ in range(_ROUNDS):
        weight = np.where(values > at[:, None], share, 1.0 - share)
        moved = np.sum(weight * values, axis=1) / np.sum(weight, axis=1)
        if np.array_equal(moved, at):
            break
        at = moved
    return np.asarray(at)
