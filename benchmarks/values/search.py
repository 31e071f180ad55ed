"""A random search of a peer's settings on folds in time, before the first cut of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from benchmarks.values.files import File
from benchmarks.values.forecasts import peer_point
from benchmarks.values.peer import Peer, Settings
from benchmarks.values.windows import folds, learnt_and_judged
from residual.scoring import mean_absolute_error

_SEED: Final = 20
#: A trial is given up where its first fold is worse than the best trial's by more than this share.
_GIVEN_UP: Final = 0.01

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
        After every trial, all so far: "settings" and "scores", one for each fold, the latest
        first, or for that alone where it tells that the trial is worse than another. A score is
        the mean of the MAE in shares of the mean price and of the MAE of ln price, so that dear
        and cheap units both count.
    """
    learnt, _ = learnt_and_judged(file, rows, 0)
    splits = list(folds(learnt))[::-1]
    rng = np.random.default_rng(_SEED)
    tried = list(done[:count])
    for trial in range(count):
        settings = peer.guess() if trial == 0 else peer.draw(rng)
        if trial < len(tried):
            continue
        scores: list[float] = []
        for earlier, later in splits:
            scores.append(_score(peer, settings, earlier, later, guide, threads))
            if tried and scores[0] > (1.0 + _GIVEN_UP) * _best(tried)["scores"][0]:
                break
        tried.append({"settings": settings, "scores": scores})
        yield tried


def best(tried: Sequence[Trial]) -> Settings:
    """Return the settings of the lowest mean score, of the first among equals."""
    settings: Settings = _best(tried)["settings"]
    return settings


def _best(tried: Sequence[Trial]) -> Trial:
    folds_of_all = max(len(trial["scores"]) for trial in tried)
    whole = [trial for trial in tried if len(trial["scores"]) == folds_of_all]
    return min(whole, key=lambda trial: sum(trial["scores"]))


def _score(
    peer: Peer,
    settings: Settings,
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    guide: bool,
    threads: int,
) -> float:
    foretold = peer_point(peer, settings, earlier, later, threads, guide)
    price = later["price"].to_numpy()
    in_money = mean_absolute_error(price, np.exp(foretold)) / float(np.mean(price))
    return (in_money + mean_absolute_error(np.log(price), foretold)) / 2.0
