"""Cold start: models of which nothing was learnt, sold after the last cut."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

_SEED: Final = 15
_SHARE: Final = 0.15
_LEAST: Final = 20

Split = tuple[pl.DataFrame, pl.DataFrame]


def held_out(learnt: pl.DataFrame, judged: pl.DataFrame, draws: int) -> list[Split]:
    """Take whole models out of what is learnt from, and judge on those alone.

    Parameters
    ----------
    learnt, judged : polars.DataFrame
    draws : int
        How often 15 % of the models with at least 20 sales are taken, no model twice.

    Returns
    -------
    list of (learnt, judged)
    """
    sold = (
        pl.concat([learnt, judged]).group_by("make", "model").len().filter(pl.col("len") >= _LEAST)
    )
    models = sold.select("make", "model").sort("make", "model")
    order = np.random.default_rng(_SEED).permutation(len(models))
    count = round(_SHARE * len(models))
    return [
        _without(models[order[draw * count : (draw + 1) * count].tolist()], learnt, judged)
        for draw in range(draws)
    ]


def _without(models: pl.DataFrame, learnt: pl.DataFrame, judged: pl.DataFrame) -> Split:
    keys = ["make", "model"]
    return (
        learnt.join(models, on=keys, how="anti", maintain_order="left"),
        judged.join(models, on=keys, how="semi", maintain_order="left"),
    )
