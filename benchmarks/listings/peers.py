"""Kaplan-Meier, Cox and boosted hazards, on what ours is given on the day of a listing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl
from scipy.linalg import qr

from benchmarks.listings.features import Features
from benchmarks.listings.measures import kaplan_meier
from benchmarks.listings.store import Flags, Floats

#: From features and times of past listings, features of those judged and days to the chance to
#: be unsold after each day, float64[n, k].
Peer = Callable[[Features, Floats, Flags, Features, Floats], Floats]

#: Listings of a level that has a column of its own in Cox's model.
_FEWEST: Final = 30
#: A day on which all are sold counts as one on which nearly all are.
_ALL: Final = 1.0 - 1e-9
#: Starts of the stretches of days within which the boosted hazard stands still.
_PIECES: Final = np.array([0, 1, 3, 7, 14, 21, 28, 42, 56, 84])
_ROUNDS: Final = 2000
_PATIENCE: Final = 50
_NEWEST: Final = 0.15


def history(past: Features, days: Floats, sold: Flags, judged: Features, at: Floats) -> Floats:
    """Kaplan-Meier estimate of all past listings, the same for every listing."""
    return np.tile(kaplan_meier(days, sold, at)[0], (len(judged), 1))


def cox(past: Features, days: Floats, sold: Flags, judged: Features, at: Floats) -> Floats:
    """Cox's model by `statsmodels.PHReg`, ties as Efron has them, baseline by Breslow.

    Numbers stand as they are; each place, make and model of `_FEWEST` past listings has a column.
    Columns that others add up to are left out. Days are whole, so the step of a day counts as the
    share that is sold on it.
    """
    from statsmodels.duration.hazard_regression import PHReg

    columns, others = _coded(past, judged)
    free = _independent(columns)
    centre, spread = columns[:, free].mean(axis=0), columns[:, free].std(axis=0)
    known = (columns[:, free] - centre) / spread
    fit = PHReg(days + 1.0, known, status=sold.astype(int), ties="efron").fit()
    moments, hazard, _ = fit.baseline_cumulative_hazard[0]
    moments, last = np.unique(moments[::-1], return_index=True)
    steps = np.diff(hazard[::-1][last], prepend=0.0)
    total = np.append(0.0, np.cumsum(-np.log1p(-np.clip(steps, 0.0, _ALL))))
    total = total[np.searchsorted(moments, at + 1.0, side="right")]
    rate = np.exp((others[:, free] - centre) / spread @ np.asarray(fit.params))
    return np.asarray(np.exp(-rate[:, None] * total))


def boosted(past: Features, days: Floats, sold: Flags, judged: Features, at: Floats) -> Floats:
    """LightGBM's Poisson trees for the sales of each stretch of days, per day at risk.

    Rounds come from early stopping on the newest listings, then all is learnt. The hazard in a
    stretch of days is what the piecewise exponential model has (Friedman, Annals of Statistics
    10, 1982).
    """
    import lightgbm

    owner, piece = np.nonzero(days[:, None] >= _PIECES)
    ends = np.append(_PIECES[1:], np.inf)
    spent = np.minimum(days[owner] + 1.0, ends[piece]) - _PIECES[piece]
    bought = sold[owner] & (days[owner] < ends[piece])
    table, others = past.coded(judged)
    rows = np.column_stack([table[owner], piece])
    level = np.log(bought.sum() / spent.sum())
    names = list(range(len(past.numbers.columns), table.shape[1]))
    settings: dict[str, Any] = {
        "objective": "poisson", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 100,
        "cat_smooth": 50.0, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1,
        "num_threads": 1, "seed": 1, "deterministic": True, "verbosity": -1,
    }  # fmt: skip

    def data(part: Flags) -> Any:
        start = level + np.log(spent[part])
        return lightgbm.Dataset(
            rows[part],
            bought[part].astype(float),
            init_score=start,
            categorical_feature=names,
            free_raw_data=False,
        )

    newest = (past.order >= np.quantile(past.order, 1.0 - _NEWEST))[owner]
    stopping = lightgbm.early_stopping(_PATIENCE, verbose=False)
    tried = lightgbm.train(
        settings, data(~newest), _ROUNDS, valid_sets=[data(newest)], callbacks=[stopping]
    )
    booster = lightgbm.train(settings, data(np.ones(owner.size, dtype=bool)), tried.best_iteration)
    spans = np.clip(at[:, None] + 1.0 - _PIECES, 0.0, ends - _PIECES)
    total = np.zeros((len(judged), at.size))
    for place in range(_PIECES.size):
        shown = np.column_stack([others, np.full(len(judged), place)])
        rate = np.exp(level + np.asarray(booster.predict(shown, raw_score=True)))
        total += rate[:, None] * spans[:, place]
    return np.asarray(np.exp(-total))


PEERS: Final[dict[str, Peer]] = {"Kaplan-Meier": history, "Cox": cox, "LightGBM": boosted}


def _coded(past: Features, judged: Features) -> tuple[Floats, Floats]:
    """Columns of past listings and of those judged, levels as noughts and ones."""
    out = [[part.numbers.to_numpy()] for part in (past, judged)]
    for name in past.levels.columns:
        count = past.levels[name].value_counts().filter(pl.col("count") >= _FEWEST)
        for level in count[name].drop_nulls().sort().to_list():
            for part, columns in zip((past, judged), out, strict=True):
                own = (part.levels[name] == level).fill_null(value=False)
                columns.append(own.cast(pl.Float64).to_numpy()[:, None])
    known, others = (np.hstack(columns) for columns in out)
    return known, others


def _independent(columns: Floats) -> list[int]:
    """Columns of which none is a sum of others and a constant."""
    centred = columns - columns.mean(axis=0)
    scale = centred.std(axis=0)
    usable = np.flatnonzero(scale > 0.0)
    _, triangle, order = qr(centred[:, usable] / scale[usable], mode="economic", pivoting=True)
    size = np.abs(np.diag(triangle))
    return sorted(usable[order[size > 1e-8 * size[0]]].tolist())
