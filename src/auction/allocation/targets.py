"""Cash by a date: what vehicles fall short of their best is capped like any other use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.caps import Cap, Entries
from auction.allocation.constraints import CashTarget
from auction.allocation.problem import Rule
from auction.cash import cash_by

#: Share of a unit below which an option does not fall short.
_LEAST = 1e-12


def cash_caps(
    frame: pl.DataFrame,
    vehicle: NDArray[np.int64],
    vehicles: int,
    targets: tuple[CashTarget, ...],
) -> Iterator[Cap]:
    """Cap what a plan may fall short of the most cash that each vehicle could bring in time.

    A target holds when the vehicles together fall short of their best by no more than what the
    best of all bring beyond it. Money is counted in units about as large as what a vehicle
    brings, so that these rows are of the size of the others.

    Parameters
    ----------
    frame : polars.DataFrame, c rows
        The options that may be taken.
    vehicle : int64[c]
        Vehicle of each.
    vehicles : int
        Number of vehicles.
    targets : tuple of CashTarget

    Raises
    ------
    ValueError
        When the options do not tell when they are paid.
    """
    for target in targets:
        cash = cash_by(frame, target.by)
        best = np.zeros(vehicles)
        np.maximum.at(best, vehicle, cash)
        brought = best[best > 0.0]
        unit = float(2.0 ** np.round(np.log2(brought.mean()))) if brought.size else 1.0
        short = (best[vehicle] - cash) / unit
        short[short < _LEAST] = 0.0
        rule = Rule("cash", target.label, unit, target.amount)
        limit = np.array([(float(best.sum()) - target.amount) / unit])
        where = np.flatnonzero(short)
        entries = Entries(where, np.zeros(where.size, dtype=np.int64), short[where])
        yield Cap((rule,), limit, entries)
