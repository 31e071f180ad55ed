"""A random search of a peer's settings on folds in time, before the first cut of a file.

Scores are told after each fold's common error of ln price has been taken out: the market's drift
over a few weeks is the larger part of the error on some files, and settings that happen to err the
same way would win, and lose later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.values.files import File
from benchmarks.values.forecasts import Found, peer_point, peer_quantiles
from benchmarks.values.peer import Peer, Settings
from benchmarks.values.windows import folds, learnt_and_judged
from residual.scoring import mean_absolute_error, mean_pinball

_SEED: Final = 20
#: A trial is given up where its folds so far are worse than the best trial's by more than this.
_GIVEN_UP: Final = 0.05

#: Quantiles by which settings are judged.
_LEVELS: Final = (0.1, 0.5, 0.9)

Trial = dict[str, Any]


def trials(
    peer: Peer,
    file: File,
    rows: pl.DataFrame,
    count: int,
    threads: int,
    guide: bool = False,
    done: Sequence[Trial] = (),
) -> Iterator[list[Trial]]:
    """Try settings, the peer's own guess first.

    Parameters
    ----------
    peer : Peer
    file : File
    rows : polars.DataFrame
        The whole file; only what lies before its first cut is looked at.
    count : int
        Number of trials.
    threads : int
        Threads.
    guide : bool
        Whether ln guide_value is a column.
    done : sequence of dict
        Trials of an earlier run, which are the first of this one.

    Yields
    ------
    list of dict
        After every trial, all so far: "settings", and for "point" and "quantiles" the scores by
        fold, the earliest first, up to where it is plain that another trial is better.
    """
    learnt, _ = learnt_and_judged(file, rows, 0)
    splits = list(folds(learnt))
    rng = np.random.default_rng(_SEED)
    tried = list(done[:count])
    for trial in range(count):
        settings = peer.guess() if trial == 0 else peer.draw(rng)
        if trial < len(tried):
            continue
        told: Trial = {"settings": settings}
        for kind, score in _SCORES.items():
            told[kind] = []
            for earlier, later in splits:
                told[kind].append(score(peer, settings, earlier, later, guide, threads))
                if tried and _behind(told[kind], _best(tried, kind)[kind]):
                    break
        tried.append(told)
        yield tried


def best(tried: Sequence[Trial]) -> Found:
    """Return the settings of the lowest mean scores, of the first among equals."""
    return Found(*(_best(tried, kind)["settings"] for kind in _SCORES))


def _best(tried: Sequence[Trial], kind: str) -> Trial:
    whole = [trial for trial in tried if len(trial[kind]) == len(tried[0][kind])]
    return min(whole, key=lambda trial: sum(trial[kind]))


def _behind(scores: list[float], of_best: list[float]) -> bool:
    return sum(scores) > (1.0 + _GIVEN_UP) * sum(of_best[: len(scores)])


def _point(
    peer: Peer,
    settings: Settings,
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    guide: bool,
    threads: int,
) -> float:
    """Mean of the MAE in shares of the mean price and of the MAE of ln price, level put right."""
    foretold = peer_point(peer, settings, earlier, later, threads, guide)
    price = later["price"].to_numpy()
    foretold += np.median(np.log(price) - foretold)
    in_money = mean_absolute_error(price, np.exp(foretold)) / float(np.mean(price))
    return (in_money + mean_absolute_error(np.log(price), foretold)) / 2.0


def _quantiles(
    peer: Peer,
    settings: Settings,
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    guide: bool,
    threads: int,
) -> float:
    """Mean pinball of the price in shares of the mean and of ln price at three levels, likewise."""
    foretold = peer_quantiles(peer, settings, earlier, later, threads, guide, _LEVELS)
    price, levels = later["price"].to_numpy(), np.array(_LEVELS)
    foretold += np.median(np.log(price) - foretold[:, 1])
    in_money = mean_pinball(price, np.exp(foretold), levels) / float(np.mean(price))
    return (in_money + mean_pinball(np.log(price), foretold, levels)) / 2.0


_SCORES: Final[dict[str, Callable[..., float]]] = {"point": _point, "quantiles": _quantiles}
