"""How often sellers take a bid below their reserve after all, as past offerings show it.

Of lots whose bids ended below the reserve some are sold all the same: on the spot, or after the
hammer. The chance of it is a logistic curve in ln(bid / reserve), with one slope for all venues and
a level for each, shrunk to the common one as far as venues are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from residual.curves import Floats
from residual.logistic import by_venue
from residual.standing import LOWEST, logs, standing_bids
from residual.tables import Sales, with_optional_columns

#: Fewer lots below their reserve, or fewer that were taken or refused, tell no curve.
FEWEST_LOTS: Final = 40
FEWEST_OF_EITHER: Final = 8
#: A curve needs bids, ln, that spread by more than this.
_NO_SPREAD: Final = 0.01
#: Share of its unsold lots whose bids a venue must tell.
_TOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Haggling:
    """Chance that a bid below the reserve is taken.

    Attributes
    ----------
    names : tuple of str
        Venues, in the order of their positions.
    level : float64[v]
        Log odds, at each venue, that a bid which just misses the reserve is taken; NaN where
        nothing is identified. A venue without lots has the common one.
    level_error : float64[v]
        Standard errors; infinite where nothing is identified.
    slope, slope_error : float
        Change of the log odds with ln(bid / reserve), nought or more, and its standard error.
    lots, taken : int64[v]
        Lots of each venue whose bids ended below the reserve, and those of them that were sold.
    between : float
        Standard deviation of levels between venues.
    missing : str
        What past offerings have too little of, empty where they tell.
    """

    names: tuple[str, ...]
    level: Floats
    level_error: Floats
    slope: float
    slope_error: float
    lots: NDArray[np.int64]
    taken: NDArray[np.int64]
    between: float
    missing: str = ""

    def __post_init__(self) -> None:
        if not self.slope >= 0.0:
            raise ValueError(f"slope must be nought or more, not {self.slope}")
        columns = (self.level, self.level_error, self.lots, self.taken)
        if any(column.shape != (len(self.names),) for column in columns):
            raise ValueError(f"each of {len(self.names)} venues needs its level, error and lots")
        for column in columns:
            column.setflags(write=False)

    @property
    def identified(self) -> bool:
        """Whether past offerings tell the curve."""
        return not self.missing

    def accept(self, venue_position: ArrayLike, log_ratio: ArrayLike) -> Floats:
        """Chance that the seller takes the highest bid called.

        Parameters
        ----------
        venue_position : int, any shape
            Place in `names`.
        log_ratio : float, any shape that goes with it
            ln(bid / reserve).

        Returns
        -------
        float64
            1 at the reserve and above; below it 0 where nothing is identified. NaN gives NaN.

        Raises
        ------
        IndexError
            If a position lies outside the venues.

        Notes
        -----
        P = 1 / (1 + exp(-(level + slope log_ratio))).
        """
        from scipy.special import expit

        place = np.asarray(venue_position, dtype=np.int64)
        if place.size and not 0 <= place.min() <= place.max() < len(self.names):
            raise IndexError(f"venue positions must lie in 0 to {len(self.names) - 1}")
        ratio = np.asarray(log_ratio, dtype=np.float64)
        below = np.zeros(len(self.names)) if self.missing else self.level
        chance = (0.0 if self.missing else 1.0) * expit(below[place] + self.slope * ratio)
        return np.asarray(np.where(ratio >= 0.0, 1.0, chance + 0.0 * ratio))

    @property
    def note(self) -> str:
        """What was found, in a sentence."""
        lots, taken = int(self.lots.sum()), int(self.taken.sum())
        if self.missing:
            return (
                "whether sellers take bids below their reserves is not identified by past "
                f"offerings: {self.missing}; none is taken to be"
            )
        near, far = (self._mean(math.log(ratio)) for ratio in (0.95, 0.85))
        return (
            f"sellers took {taken:,} of {lots:,} bids that ended below the reserve: a bid of 95 % "
            f"has a chance of {near:.0%}, one of 85 % {far:.0%}; slope {self.slope:.1f}, "
            f"error {self.slope_error:.1f}"
        )

    def _mean(self, log_ratio: float) -> float:
        """Chance over the lots of all venues."""
        chance = self.accept(np.arange(len(self.names)), log_ratio)
        return float(self.lots @ chance / self.lots.sum())


def haggling(sales: pl.DataFrame, venues: Sequence[str]) -> Haggling | None:
    """Estimate how often bids below the reserve are taken.

    Parameters
    ----------
    sales : polars.DataFrame
        Past offerings, as in `residual.tables.Sales`; those of auctions count, in whatever run.
    venues : sequence of str
        Venues whose curves are asked for. Lots of others, and without a venue, do not count.

    Returns
    -------
    Haggling or None
        None where no lot was sold below its reserve and no bid that missed one is known: nothing
        is said of haggling, and nothing needs saying.

    Notes
    -----
    A lot counts if it was sold below its reserve, or stayed unsold with its highest bid known
    and below the reserve. A venue that tells the bids of less than half of its unsold lots is
    left out, as what it refused is not known. Penalised likelihood: the levels of venues are
    normal around the common one, their variance maximises the Laplace approximation of the
    marginal likelihood. Where the slope would fall below nought it is nought.
    """
    lots = _lots(sales, [_tidy(name) for name in venues])
    if lots is None:
        return None
    taken, ratio, venue = lots
    size = len(venues)
    count = np.bincount(venue, minlength=size)
    sold = np.bincount(venue, weights=taken, minlength=size).astype(np.int64)
    missing = _missing(taken, ratio)
    if missing:
        return Haggling(
            tuple(venues), np.full(size, np.nan), np.full(size, np.inf), 0.0, math.inf, count, sold,
            math.nan, missing,
        )  # fmt: skip
    found = by_venue(taken, ratio, venue, size)
    return Haggling(
        tuple(venues), found.level, found.level_error, found.slope, found.slope_error, count, sold,
        found.between,
    )  # fmt: skip


def _tidy(name: str) -> str:
    return name.strip().lower()


def _lots(
    sales: pl.DataFrame, venues: Sequence[str]
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.int64]] | None:
    """Whether each lot was taken, ln(bid / reserve) and venue; None where there is no lot."""
    known = with_optional_columns(sales, Sales).with_columns(
        _outcome=pl.col("outcome").fill_null("sold"),
        _venue=pl.col("venue_id").cast(pl.String).str.strip_chars().str.to_lowercase(),
    )
    rows = known.filter(
        pl.col("channel").fill_null("auction") == "auction",
        pl.col("_outcome").is_in(("sold", "no-sale")),
        pl.col("_venue").is_in(list(venues)),
    )
    if rows.is_empty():
        return None
    place = {name: at for at, name in enumerate(venues)}
    venue = rows["_venue"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    standing = standing_bids(rows)
    ratio = standing.log_bid - logs(rows, "reserve")
    with np.errstate(invalid="ignore"):
        counts = np.flatnonzero((ratio > LOWEST) & standing.told(venue, _TOLD))
    if not counts.size:
        return None
    # sums in one order, whatever that of the rows
    counts = counts[np.lexsort((standing.taken[counts], ratio[counts], venue[counts]))]
    return standing.taken[counts], ratio[counts], venue[counts]


def _missing(taken: NDArray[np.bool_], ratio: Floats) -> str:
    """Say why the lots tell no curve; empty where they do."""
    lots, sold = len(taken), int(np.count_nonzero(taken))
    if sold == 0:
        return f"none of {lots:,} bids below the reserve was taken"
    if sold == lots:
        return (
            f"all of {lots:,} bids below the reserve were taken, and none that was refused is known"
        )
    if lots < FEWEST_LOTS or min(sold, lots - sold) < FEWEST_OF_EITHER:
        return f"{sold:,} of {lots:,} bids below the reserve were taken, too few to tell a curve"
    if float(np.std(ratio)) < _NO_SPREAD:
        return f"{lots:,} bids all missed their reserve by about as much"
    if float(ratio[taken].min()) > float(ratio[~taken].max()):
        return "every bid that was taken lies nearer to its reserve than any that was refused"
    return ""
