"""How long fits take: ours and LightGBM's in turn, in one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import polars as pl

from benchmarks.values.columns import Reader, log_price
from benchmarks.values.forecasts import our_model
from benchmarks.values.light import light_fit, light_rounds
from benchmarks.values.peer import Settings


def fit_seconds(
    rows: pl.DataFrame, settings: Settings, rounds: int, threads: int
) -> dict[str, dict[str, float | int]]:
    """Time fits on all the rows of a file, alternating.

    Parameters
    ----------
    rows : polars.DataFrame
    settings : dict
        LightGBM's, as tuned.
    rounds : int
        How often each is timed.
    threads : int
        LightGBM's.

    Returns
    -------
    dict
        For "ours" (the whole model with its spread), "lightgbm" (rounds found by early stopping,
        then a fit on all; a point forecast alone) and "lightgbm, rounds known" (that last fit
        alone): the median and the least of the seconds taken, and the sales learnt from.
    """
    known = 0

    def whole() -> None:
        nonlocal known
        reader = Reader.learn(rows, guide=False, joined=settings["joined"], ratio=False)
        table, y = reader.read(rows), log_price(rows)
        known = light_rounds(table, y, settings, threads)
        light_fit(table, y, settings, known, threads)

    def last() -> None:
        reader = Reader.learn(rows, guide=False, joined=settings["joined"], ratio=False)
        light_fit(reader.read(rows), log_price(rows), settings, known, threads)

    works: dict[str, Callable[[], object]] = {
        "ours": lambda: our_model(rows),
        "lightgbm": whole,
        "lightgbm, rounds known": last,
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    return {
        name: {
            "median": float(np.median(seconds)),
            "least": min(seconds),
            "sales": len(rows),
            "threads": threads,
        }
        for name, seconds in taken.items()
    }
