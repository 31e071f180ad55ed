"""Boosted trees: grown on errors, cut where later sales ask for it, kept as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.week_errors import block_effects

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

#: Rounds that are tried.
ROUNDS: Final = (50, 100, 150, 200)
#: Sales without which none are grown.
FEWEST: Final = 2000
#: Share by which the error on later sales has to fall.
_PAYS: Final = 0.0005
_CLIP: Final = 5.0
#: Errors beyond so many robust standard deviations are slips of the pen: they teach nothing.
_SLIP: Final = 12.0
_BINS: Final = 63
#: An ordered column may not split the first levels of a tree, where its order would bind all below.
_ORDER_LATE: Final = 2.0
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "huber", "alpha": 1.0, "num_leaves": 20,
    "min_data_in_leaf": 30, "lambda_l2": 20.0, "cat_smooth": 30.0,
    "cat_l2": 30.0, "max_bin": _BINS, "seed": 20150125, "deterministic": True,
    "force_col_wise": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted regression trees (Friedman 2001; Ke et al. 2017).

    Attributes
    ----------
    text : str
        The LightGBM model in its own format.
    unit : float
        Log value of one unit of its target.
    rounds : int
    """

    text: str
    unit: float
    rounds: int

    def predict(self, columns: Floats) -> Floats:
        """Log value of each row of float64[n, k]."""
        if not len(columns):
            return np.zeros(0)
        told = booster(self.text).predict(columns, num_threads=1)
        return self.unit * np.asarray(told, dtype=np.float64)

    def cut(self, rounds: int) -> Trees:
        """Return the same after fewer rounds."""
        return Trees(booster(self.text).model_to_string(num_iteration=rounds), self.unit, rounds)

    def by_rounds(
        self, columns: Floats, tried: Sequence[int] = ROUNDS
    ) -> Iterator[tuple[int, Floats]]:
        """Yield each number of rounds that is tried, with the log values told after it."""
        trees, told, start = booster(self.text), np.zeros(len(columns)), 0
        for rounds in tried:
            more = trees.predict(
                columns, start_iteration=start, num_iteration=rounds - start, num_threads=1
            )
            told, start = told + self.unit * np.asarray(more), rounds
            yield rounds, told


def best_rounds(
    tried: Iterable[tuple[int, Floats]],
    error: Floats,
    scale: Floats,
    block: NDArray[np.int64],
    least: float,
) -> int:
    """Rounds with the least loss on later sales; 0 if none falls below a bound.

    Parameters
    ----------
    tried : iterable of (int, float64[n])
        Rounds, and what so many tell of the later sales.
    error : float64[n]
        What they have to tell.
    scale : float64[n]
    block : int64[n]
        As of `loss`.
    least : float
        The bound.
    """
    best = 0
    for rounds, told in tried:
        left = loss(error - told, scale, block)
        if left < least:
            least, best = left, rounds
    return best


def paying(
    tried: Iterable[tuple[int, Floats]], error: Floats, scale: Floats, block: NDArray[np.int64]
) -> int:
    """Rounds with the least error on later sales; 0 if that does not pay.

    Parameters
    ----------
    tried, error, scale, block
        As of `best_rounds`.
    """
    least = (1.0 - _PAYS) * loss(error, scale, block)
    return best_rounds(tried, error, scale, block, least)


def grow(
    error: Floats,
    columns: Floats,
    names: Sequence[str],
    rounds: int,
    weight: Floats | None = None,
    monotone: Sequence[int] | None = None,
    features: float = 0.4,
    rate: float = 0.12,
    bend: Floats | None = None,
) -> Trees:
    """Grow trees.

    Parameters
    ----------
    error : float64[n]
        What they have to tell.
    columns : float64[n, k]
    names : sequence of str
        Of the columns; those that begin with "code" are categories.
    rounds : int
    weight : float64[n], optional
    monotone : sequence of int, optional
        For each column 1 where the trees must not fall in it, -1 where they must not rise, else 0.
    features : float
        Share of the columns that each tree may use.
    rate : float
        Share of what a tree finds that is taken.
    bend : float64[n], optional
        How many times the ordinary size of an error each may reach before it counts by its sign
        alone (Huber 1964); 1 where none is given. Errors of rows that are known to stray far tell
        of their place, where those of others are slips.
    """
    import lightgbm

    middle = float(np.median(error))
    unit = 1.4826 * spread_of(error - middle)
    reach = np.ones(len(error)) if bend is None else bend
    rows = np.flatnonzero(np.abs(error - middle) <= _SLIP * unit * reach)
    furthest = _CLIP * reach[rows]
    target = np.clip((error[rows] - middle) / unit, -furthest, furthest) + middle / unit
    data = lightgbm.Dataset(
        columns[rows],
        target,
        weight=None if weight is None else weight[rows],
        feature_name=list(names),
        categorical_feature=[name for name in names if name.startswith("code")],
        params={"verbose": -1, "max_bin": _BINS},
    )
    settings = _SETTINGS | {"feature_fraction": features, "learning_rate": rate}
    if bend is not None:
        settings |= {"objective": _bent(reach[rows])}
    if monotone is not None:
        settings |= {"monotone_constraints": [*monotone], "monotone_penalty": _ORDER_LATE}
    return Trees(lightgbm.train(settings, data, rounds).model_to_string(), unit, rounds)


def _bent(bend: Floats) -> Callable[[Floats, Dataset], tuple[Floats, Floats]]:
    """Huber's loss that turns from squared to absolute at each row's own size."""

    def slopes(told: Floats, data: Dataset) -> tuple[Floats, Floats]:
        given = data.get_weight()
        weight = np.ones(len(told)) if given is None else np.asarray(given, dtype=np.float64)
        missed = told - np.asarray(data.get_label(), dtype=np.float64)
        return weight * np.clip(missed, -bend, bend), weight

    return slopes


def spread_of(error: Floats) -> float:
    """Median of the sizes of float64[n] errors, which is never nought."""
    return max(float(np.median(np.abs(error))), 1e-6)


def loss(left: Floats, scale: Floats, block: NDArray[np.int64]) -> float:
    """Mean absolute error in units of its scale, held at 5, the level of each week aside.

    Parameters
    ----------
    left, scale : float64[n]
    block : int64[n]
        Week of each sale, from 0.
    """
    week, _ = block_effects(left, scale, block)
    return float(np.mean(np.minimum(np.abs(left - week[block]) / scale, 5.0)))


@lru_cache(maxsize=8)
def booster(text: str) -> Booster:
    """Read trees from LightGBM's own text, the last few of which are kept at hand."""
    import lightgbm

    return lightgbm.Booster(model_str=text)
