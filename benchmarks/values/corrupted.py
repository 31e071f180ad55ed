"""Rows spoilt as real files are: sentinel odometers, slipped decimals, miles taken for km."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from benchmarks.values.files import MILE

_SEED: Final = 1
_SENTINELS: Final = (999_999.0, 999_999.0 * MILE, 1.0)
_SLIPS: Final = (10.0, 0.1)
_UNITS: Final = (MILE, 1.0 / MILE)


def spoil(rows: pl.DataFrame, share: float = 0.01) -> pl.DataFrame:
    """Spoil a share of the rows, a third of them in each of three ways.

    Parameters
    ----------
    rows : polars.DataFrame
    share : float
        In [0, 1].

    Returns
    -------
    polars.DataFrame
        Of the spoilt rows a third has a sentinel for an odometer, a third a price ten times too
        high or too low, and a third an odometer in the wrong unit.
    """
    rng = np.random.default_rng(_SEED)
    chosen = rng.permutation(len(rows))[: round(share * len(rows))]
    sentinel, slip, unit = np.array_split(chosen, 3)
    odometer = rows["odometer"].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    price = rows["price"].cast(pl.Float64).to_numpy().copy()
    odometer[sentinel] = rng.choice(_SENTINELS, len(sentinel))
    odometer[unit] *= rng.choice(_UNITS, len(unit))
    price[slip] *= rng.choice(_SLIPS, len(slip))
    return rows.with_columns(
        pl.Series("odometer", odometer).fill_nan(None), pl.Series("price", price)
    )
