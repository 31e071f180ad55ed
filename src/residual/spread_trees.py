"""Traits that act together on how far prices stray: boosted trees, used where they pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from residual.covariates import NAMED
from residual.curves import Floats
from residual.held_out import runs_of, sure
from residual.trees import booster, spread_of

if TYPE_CHECKING:
    from lightgbm import Booster

#: Later sales without which none are grown.
_FEWEST: Final = 2000
#: Rounds that are tried.
_ROUNDS: Final = (20, 40, 60, 80)
#: Runs of sales, one after the other, each of which is told by trees grown on the others.
_PARTS: Final = 4
#: Errors count up to so many times their middle.
_CLIP: Final = 5.0
#: Columns of the scale that are looked at beside counts, the constant and what others tell
#: left out.
_LOOKED_AT: Final = (1, 3, 4, 6, 7, 8, 9, 11)
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "gamma", "num_leaves": 6, "learning_rate": 0.05, "min_data_in_leaf": 80,
    "lambda_l2": 20.0, "feature_fraction": 0.5, "max_bin": 63, "seed": 20150125,
    "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpreadTrees:
    """Boosted trees on the size of standardised errors (Friedman 2001; Ke et al. 2017).

    Attributes
    ----------
    text : str
        The LightGBM model in its own format.
    rounds : int
    centre : float
        What is taken off its logs, so that standardised errors keep their spread.

    Notes
    -----
    The log-linear scale adds up what grade, age, odometer, worth and ignorance do each by itself.
    Sizes are gamma distributed with a mean that trees tell, the likelihood of a dispersion model
    (Smyth 1989).
    """

    text: str
    rounds: int
    centre: float

    def log_factor(self, columns: Floats, ignorance: Floats, log_scale: Floats) -> Floats:
        """Log of the factor on the scale of each unit.

        Parameters
        ----------
        columns : float64[n, k]
            Of `residual.covariates.scale_columns`.
        ignorance : float64[n, 3]
            Of `Hedonic.ignorance`.
        log_scale : float64[n]
            Log of the scale without trees.
        """
        if not len(columns):
            return np.zeros(0)
        told = _told(booster(self.text), _looked_at(columns, ignorance, log_scale), self.rounds)
        return told - self.centre


def learn_spread_trees(
    standardised: Floats,
    columns: Floats,
    ignorance: Floats,
    log_scale: Floats,
    rounds: int | None = None,
) -> tuple[SpreadTrees, Floats] | None:
    """Learn what acts together on the size of errors; None where that does not pay.

    Parameters
    ----------
    standardised : float64[n]
        Errors of later sales over the scale without trees, in order of time.
    columns, ignorance, log_scale
        As in `SpreadTrees.log_factor`.
    rounds : int, optional
        So many, whether they pay or not.

    Returns
    -------
    SpreadTrees, and the log factor of each sale as told by trees that have not seen its like.

    Notes
    -----
    A run of sales is told by trees grown on those before and after it. The rounds of the least
    gamma deviance are taken if they gain on none at all by twice the standard error of that gain,
    sales of a twelfth of the time taken to go together.
    """
    count = len(standardised)
    if count < _FEWEST:
        return None
    looked_at = _looked_at(columns, ignorance, log_scale)
    size = _sizes(standardised)
    part = runs_of(count, _PARTS)
    tried = _ROUNDS if rounds is None else (rounds,)
    told = np.empty((len(tried), len(size)))
    level = np.empty(len(size))
    for number in range(_PARTS):
        own = part == number
        level[own] = np.log(np.mean(size[~own]))
        grown = _grow(looked_at[~own], size[~own], tried[-1])
        for place, some in enumerate(tried):
            told[place, own] = _told(grown, looked_at[own], some)
    gain = _deviance(size, level) - _deviance(size, told)
    best = int(np.argmax(gain.sum(axis=1)))
    if rounds is None and not sure(gain[best]):
        return None
    left = standardised * np.exp(level - told[best])
    centre = float(np.mean(level)) - float(np.log(_spread(left) / _spread(standardised)))
    text = _grow(looked_at, size, tried[best]).model_to_string()
    return SpreadTrees(text, tried[best], centre), told[best] - centre


def _looked_at(columns: Floats, ignorance: Floats, log_scale: Floats) -> Floats:
    named, counted = columns[:, _LOOKED_AT], columns[:, NAMED:]
    return np.column_stack([named, np.log1p(ignorance), log_scale, counted])


def _sizes(standardised: Floats) -> Floats:
    size = np.abs(standardised)
    return np.clip(size, 1e-6, _CLIP * spread_of(standardised))


def _grow(columns: Floats, size: Floats, rounds: int) -> Booster:
    import lightgbm

    data = lightgbm.Dataset(columns, size, params={"verbose": -1, "max_bin": 63})
    return lightgbm.train(_SETTINGS, data, rounds)


def _told(grown: Booster, columns: Floats, rounds: int) -> Floats:
    told = grown.predict(columns, num_iteration=rounds, raw_score=True, num_threads=1)
    return np.asarray(told, dtype=np.float64)


def _deviance(size: Floats, log_mean: Floats) -> Floats:
    """Half the gamma deviance of each size, but for what does not depend on its mean."""
    return np.asarray(log_mean + size * np.exp(-log_mean))


def _spread(standardised: Floats) -> float:
    bound = 6.0 * spread_of(standardised)
    return float(np.sqrt(np.mean(np.clip(standardised, -bound, bound) ** 2)))
