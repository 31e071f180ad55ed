"""What trees say of a unit whose model was never sold before, by what they learnt of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.cold import hidden
from residual.curves import Floats
from residual.features import Units
from residual.hedonic import Hedonic
from residual.still import still_columns, still_names
from residual.trees import FEWEST, Trees, grow, paying, spread_of

_KIND: Final = "model"
#: Parts into which models are dealt; each has trees that have not seen it.
_PARTS: Final = 3
#: Models without which nothing is learnt of a further one.
_FEWEST_MODELS: Final = 40
#: Sales of one model that are looked at: a model tells what a further one may be like but once.
_EACH: Final = 50
#: Rounds that are tried.
_ROUNDS: Final = (30, 60, 100)
_RATE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Boosted trees on what stands still, grown where the equation had to do without the model.

    Attributes
    ----------
    trees : tuple of Trees
        Those at place k have not seen the models whose code leaves k when divided by their number.
    rounds : int

    Notes
    -----
    The equation knows of a new model its make, its body and its further traits, each by itself.
    Which of them act together, and for which traits models of that make cost more, trees may see.
    A model that was never sold is told by the mean of all, one that is hidden by those that have
    not seen it, so that past sales show how well models are told that nobody knows.
    """

    trees: tuple[Trees, ...]
    rounds: int

    def value(self, hedonic: Hedonic, units: Units, model: NDArray[np.int64]) -> Floats:
        """Log value to be added to the equation's.

        Parameters
        ----------
        hedonic : Hedonic
        units : Units
            n units whose model was never sold, or is hidden.
        model : int64[n]
            Codes of models that are hidden, -1 for those never sold.
        """
        columns = still_columns(hedonic, units)
        out = np.empty(len(units))
        never = np.flatnonzero(model < 0)
        out[never] = np.mean([trees.predict(columns[never]) for trees in self.trees], axis=0)
        for part, trees in enumerate(self.trees):
            rows = np.flatnonzero((model >= 0) & (model % len(self.trees) == part))
            out[rows] = trees.predict(columns[rows])
        return out


def newcomers_among(units: Units) -> NDArray[np.bool_]:
    """Units whose model is not among past sales."""
    if _KIND not in units.codes:
        return np.zeros(len(units), dtype=np.bool_)
    return np.asarray(units.codes[_KIND] < 0)


def learn_newcomers(
    hedonic: Hedonic, units: Units, y: Floats, rounds: int | None = None
) -> Newcomers | None:
    """Learn what a further model may be like; None where that does not pay on models left out.

    Parameters
    ----------
    hedonic : Hedonic
        Fitted on the sales.
    units : Units
        n sales, in order of time.
    y : float64[n]
        Log value of each.
    rounds : int, optional
        So many, whether they pay or not.
    """
    if _KIND not in hedonic.effects:
        return None
    rows = _each(units.codes[_KIND])
    some = units.take(rows)
    model = some.codes[_KIND]
    if len(rows) < FEWEST or len(np.unique(model)) < _FEWEST_MODELS:
        return None
    there = hidden(some, _KIND)
    error = y[rows] - hedonic.value(there)
    columns, names = still_columns(hedonic, there), still_names(hedonic, there)
    left_out = [np.flatnonzero(model % _PARTS == part) for part in range(_PARTS)]
    most = _ROUNDS[-1] if rounds is None else rounds
    trees = []
    for own in left_out:
        seen = np.delete(np.arange(len(rows)), own)
        trees.append(grow(error[seen], columns[seen], names, most, rate=_RATE))
    if rounds is None:
        each = [
            one.by_rounds(columns[own], _ROUNDS) for one, own in zip(trees, left_out, strict=True)
        ]
        rounds = paying(
            _together(each, left_out),
            error,
            np.full(len(rows), spread_of(error)),
            np.zeros(len(rows), dtype=np.int64),
        )
        trees = [one.cut(rounds) for one in trees]
    return Newcomers(tuple(trees), rounds) if rounds else None


def _together(
    each: list[Iterator[tuple[int, Floats]]], places: list[NDArray[np.int64]]
) -> Iterator[tuple[int, Floats]]:
    """Put together, round by round, what is told of the rows at several places."""
    order = np.argsort(np.concatenate(places))
    for stage in zip(*each, strict=True):
        yield stage[0][0], np.concatenate([told for _, told in stage])[order]


def _each(model: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of known models, at most so many of each, evenly spread over its sales."""
    order = np.argsort(model, kind="stable")
    order = order[model[order] >= 0]
    own = model[order]
    count = np.bincount(own)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    place = np.arange(len(order)) - start[own]
    taken = place * _EACH // np.maximum(count[own], _EACH)
    first = np.concatenate([[True], (taken[1:] != taken[:-1]) | (np.diff(own) != 0)])
    return np.sort(order[first])
