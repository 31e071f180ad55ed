"""The bid that stood when a lot missed its reserve: refused, or taken after all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats

#: A price this close to the reserve, ln, is the reserve, rounded.
AT_RESERVE: Final = 1e-3
#: A bid, ln, this far below the reserve is no offer, or the reserve is none.
LOWEST: Final = -1.5


@dataclass(frozen=True, slots=True)
class Standing:
    """Lots whose bids ended below the reserve.

    Attributes
    ----------
    log_bid : float64[n]
        ln of the highest bid called; NaN where the lot did not miss its reserve, or where the
        bid is not known.
    taken, refused : bool[n]
        Lots sold below the reserve, and lots that stayed unsold, with a bid or without.
    """

    log_bid: Floats
    taken: NDArray[np.bool_]
    refused: NDArray[np.bool_]

    def told(self, venue: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
        """Whether the venue of each lot tells the bids that were refused, or refused none.

        Parameters
        ----------
        venue : int64[n]
            From 0.
        share : float
            Of its unsold lots with a reserve, those whose bids it must tell.

        Notes
        -----
        Where a house puts down the bids that were taken alone, they say nothing of how many were
        not.
        """
        known = self.refused & np.isfinite(self.log_bid)
        with_bid, all_ = (np.bincount(venue, weights=some) for some in (known, self.refused))
        return np.asarray((with_bid >= share * all_)[venue])


def standing_bids(rows: pl.DataFrame) -> Standing:
    """Find lots that missed their reserve.

    Parameters
    ----------
    rows : polars.DataFrame
        Offerings with `reserve` and `_outcome`, sold or no-sale; `price` and `high_bid` if known.

    Returns
    -------
    Standing

    Notes
    -----
    A buyer and a seller who meet after the hammer settle at the highest bid or above it: where
    both are known and go together, the bid counts and not the price. Numbers that are not finite
    and above nought count as not known.
    """
    price, reserve, bid = (logs(rows, name) for name in ("price", "reserve", "high_bid"))
    sold = (rows["_outcome"] == "sold").to_numpy()
    with np.errstate(invalid="ignore"):
        taken = sold & (price < reserve - AT_RESERVE) & (price > reserve + LOWEST)
        refused = ~sold & np.isfinite(reserve)
        stood = np.where(refused & (bid < reserve), bid, np.nan)
        stood = np.where(taken, np.where(bid <= price, bid, price), stood)
    return Standing(stood, taken, refused)


def logs(rows: pl.DataFrame, column: str) -> Floats:
    """Logs of a column; NaN where it is absent, missing, not finite or not above nought."""
    if column not in rows.columns:
        return np.full(rows.height, np.nan)
    values = rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    good = np.isfinite(values) & (values > 0.0)
    return np.asarray(np.log(values, out=np.full(rows.height, np.nan), where=good))
