"""How many bidders a lot draws at each auction venue, and there by segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.unused import few_of

_Floats = NDArray[np.float64]
_Codes = NDArray[np.int64]

#: Past lots that weigh as much as the prior number of bidders.
_PRIOR_LOTS: Final = 20.0
#: A venue is never taken to draw fewer bidders a lot than this.
_FEWEST_BIDDERS: Final = 0.5
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Mean number of bidders on a lot: that of the venue, times what its segment draws.

    Attributes
    ----------
    rate : float64[N]
        Of each venue, over the lots that it sold.
    factor : float64[N, S]
        What a segment draws there against the venue's rate; 1 where nothing tells.
    error : float64[N, S]
        Standard error of the log of rate times factor.
    lots : int64[N, S]
        Lots of which the bidders were counted.
    """

    rate: _Floats
    factor: _Floats
    error: _Floats
    lots: _Codes

    @property
    def bidders(self) -> _Floats:
        """Mean number of bidders of each segment at each venue, float64[N, S]."""
        return np.maximum(self.rate[:, None] * self.factor, _FEWEST_BIDDERS)


def arrivals(
    venues: pl.DataFrame,
    sales: pl.DataFrame | None,
    prior: float,
    segment: _Codes,
    segments: int,
) -> Arrivals:
    """Estimate the mean number of bidders on a lot by venue and segment.

    Numbers of bidders seen in the past offerings count against a prior of twenty lots: the
    venue's stated number, or the general one. A count of bidders is a Poisson draw whether
    or not the lot sells, so the mean needs no correction for unsold lots.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Columns venue_id and bidders.
    sales : polars.DataFrame or None, m rows
        Past offerings with venue_id and bidders.
    prior : float
        Mean number of bidders where the venue states none.
    segment : int64[m]
        Segment of each past offering, from 0.
    segments : int
        Number of segments.

    Returns
    -------
    Arrivals

    Notes
    -----
    Counts of a cell are Poisson around rate times factor, more spread by what they show (Wedderburn
    1974). Factors of segments, and of cells against both, are gamma distributed around 1 with a
    variance told by moments, and shrunk by it (Clayton and Kaldor 1987): where segments differ no
    more than counts do by chance they are all 1. Rates and factors are found in turn.
    """
    stated = venues["bidders"].fill_null(prior).to_numpy().astype(np.float64)
    count, total, square = _cells(venues, sales, segment, segments)
    lots, drawn = count.sum(axis=1), total.sum(axis=1)
    factor = np.ones((venues.height, segments))
    rate = (drawn + _PRIOR_LOTS * stated) / (lots + _PRIOR_LOTS)
    spread, leeway = 1.0, np.zeros(count.shape)
    for _ in range(_ROUNDS if lots.any() else 0):
        common, loose = _shrunk(total.sum(axis=0), (rate[:, None] * count).sum(axis=0), spread)
        own, left = _shrunk(total, rate[:, None] * common[None, :] * count, spread)
        factor, leeway = common[None, :] * own, loose[None, :] + left
        # the venue's rate is that of the lots that it had
        seen = (factor * count).sum(axis=1)
        factor = factor * np.where(lots > 0.0, lots / np.maximum(seen, 1e-12), 1.0)[:, None]
        rate = (drawn + _PRIOR_LOTS * stated) / (lots + _PRIOR_LOTS)
        spread = _overdispersion(count, total, square, rate[:, None] * factor)
    known = spread / np.maximum(drawn + _PRIOR_LOTS * stated, 1e-12)
    return Arrivals(
        np.maximum(rate, _FEWEST_BIDDERS),
        factor,
        np.sqrt(known[:, None] + leeway),
        count.astype(np.int64),
    )


def uncounted(venues: pl.DataFrame, found: Arrivals, prior: float, open_to: pl.Series) -> list[str]:
    """Say where the mean number of bidders is assumed, as nothing tells it.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Auction venues; columns venue_id and bidders.
    found : Arrivals
        At these venues.
    prior : float
        What is assumed.
    open_to : polars.Series
        The venue_id of every option. A venue that takes no vehicle is not told.

    Returns
    -------
    list of str
        One sentence, or none.
    """
    silent = pl.Series(found.lots.sum(axis=1) == 0)
    names = venues.filter(silent & venues["bidders"].is_null())["venue_id"]
    names = names.filter(names.is_in(open_to.unique().cast(pl.String).implode()))
    if names.is_empty():
        return []
    return [
        (
            "auctions whose bidders no sale counts and no row states, so that "
            f"{prior:g} on a lot are assumed: {few_of(names.to_list())}"
        )
    ]


def _cells(
    venues: pl.DataFrame, sales: pl.DataFrame | None, segment: _Codes, segments: int
) -> tuple[_Floats, _Floats, _Floats]:
    """Lots with counted bidders, the sum of these and of their squares, float64[N, S] each."""
    shape = (venues.height, segments)
    if sales is None or not sales.height or not venues.height:
        return np.zeros(shape), np.zeros(shape), np.zeros(shape)
    place = {venue: row for row, venue in enumerate(venues["venue_id"].to_list())}
    told = sales.select(
        pl.col("venue_id").replace_strict(place, default=None, return_dtype=pl.Int64),
        pl.col("bidders").cast(pl.Float64),
    )
    rows = np.flatnonzero(told.select(pl.all_horizontal(pl.all().is_not_null())).to_series())
    bidders = told["bidders"].to_numpy()[rows]
    cell = told["venue_id"].to_numpy()[rows].astype(np.int64) * segments + segment[rows]
    size = shape[0] * segments
    count, total, square = (
        np.bincount(cell, weights=each, minlength=size).astype(np.float64).reshape(shape)
        for each in (np.ones(rows.size), bidders, bidders**2)
    )
    return count, total, square


def _shrunk(total: _Floats, expected: _Floats, spread: float) -> tuple[_Floats, _Floats]:
    """Factors on what was expected, and the variance of their logs.

    That a few factors seem to differ by chance alone does not prove that they do not differ: for
    their errors, their variance is taken for larger by its own standard error.
    """
    seen = expected > 0.0
    if np.count_nonzero(seen) < 2:
        return np.ones(total.shape), np.zeros(total.shape)
    mass = float(np.sum(expected[seen] ** 2))
    beyond = float(np.sum((total[seen] - expected[seen]) ** 2 - spread * expected[seen]))
    variance = max(beyond / mass, 0.0)
    least = spread * float(np.sqrt(2.0 / mass))
    leeway = spread / (expected + spread / (variance + least))
    if variance == 0.0:
        return np.ones(total.shape), leeway
    weight = spread / variance
    return (total + weight) / (expected + weight), leeway


def _overdispersion(count: _Floats, total: _Floats, square: _Floats, mean: _Floats) -> float:
    """Variance of counts over their mean, never below that of a Poisson draw."""
    lots = float(count.sum())
    errors = square - 2.0 * mean * total + mean**2 * count
    return max(float(errors.sum() / max(np.sum(mean * count), 1e-12)), 1.0) if lots else 1.0
