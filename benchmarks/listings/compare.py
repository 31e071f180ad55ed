"""Fit ours and the peers at each cut and score what they foretell of later listings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

import residual
from benchmarks.listings.features import judged_features, past_features
from benchmarks.listings.measures import LONGEST, WITHIN, Share, brier, integrated, shares
from benchmarks.listings.peers import PEERS
from benchmarks.listings.store import Flags, Floats, split, times

OURS: Final = "ours"
_AT: Final = np.arange(LONGEST + 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of listings, and what every contender foretold of them.

    Attributes
    ----------
    days, sold : float64[n], bool[n]
    left : dict of float64[n, LONGEST + 1]
        Chance to be unsold after each day.
    """

    days: Floats
    sold: Flags
    left: dict[str, Floats]


def foretell(listings: pl.DataFrame, cut: dt.date, until: dt.date) -> Judged:
    """Let every contender learn what was known at a cut and foretell what was put up later."""
    parts = split(listings, cut, until)
    model = residual.fit(parts.sales, as_of=cut)
    clock = residual.fit_time_to_sale(model, parts.sales, parts.price_changes)
    left = {OURS: clock.survival(parts.judged, _AT + 1.0)}
    past, rows = past_features(model, parts)
    judged = judged_features(model, parts)
    for name, peer in PEERS.items():
        left[name] = peer(past, *times(rows, cut), judged, _AT)
    return Judged(parts.days, parts.sold, left)


def joined(parts: Sequence[Judged]) -> Judged:
    """All listings judged at several cuts."""
    names = parts[0].left
    return Judged(
        np.concatenate([part.days for part in parts]),
        np.concatenate([part.sold for part in parts]),
        {name: np.concatenate([part.left[name] for part in parts]) for name in names},
    )


def scores(judged: Judged) -> dict[str, float]:
    """Integrated Brier score of every contender."""
    return {
        name: integrated(brier(left, judged.days, judged.sold, _AT), _AT)
        for name, left in judged.left.items()
    }


def calibration(judged: Judged) -> dict[str, list[Share]]:
    """Shares sold, foretold and seen, of every contender."""
    return {
        name: [
            share
            for day in WITHIN
            for share in shares(1.0 - left[:, day], judged.days, judged.sold, day)
        ]
        for name, left in judged.left.items()
    }


def compare(
    listings: pl.DataFrame, cuts: Sequence[dt.date], say: Callable[[str], None]
) -> dict[str, Any]:
    """Score all contenders at each cut and over all.

    Parameters
    ----------
    listings : polars.DataFrame
        As of `benchmarks.listings.store.read`.
    cuts : sequence of datetime.date
        In order; judged is what was put up after each and by the next, so the last one only ends.
    say : callable
        Told of progress.

    Returns
    -------
    dict
        "cuts" with listings and scores of each, and "scores" and "calibration" over all.
    """
    found: list[Judged] = []
    told = []
    for cut, until in pairwise(cuts):
        say(f"known on {cut}, judged on what was put up by {until}")
        found.append(foretell(listings, cut, until))
        told.append(
            {
                "cut": cut.isoformat(),
                "until": until.isoformat(),
                "listings": found[-1].days.size,
                "scores": scores(found[-1]),
                "calibration": _plain(calibration(found[-1])),
            }
        )
    every = joined(found)
    return {
        "cuts": told,
        "listings": every.days.size,
        "scores": scores(every),
        "calibration": _plain(calibration(every)),
    }


def _plain(told: dict[str, list[Share]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [{**asdict(s), "held": s.held} for s in each] for name, each in told.items()}
