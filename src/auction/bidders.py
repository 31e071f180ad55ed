"""How many bidders a lot draws at each auction venue."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Past lots that weigh as much as the prior number of bidders.
_PRIOR_LOTS = 20.0
#: A venue is never taken to draw fewer bidders a lot than this.
_FEWEST_BIDDERS = 0.5


def arrival_rates(
    venues: pl.DataFrame, sales: pl.DataFrame | None, prior: float
) -> NDArray[np.float64]:
    """Estimate the mean number of bidders a lot at each venue.

    Numbers of bidders seen in the past offerings count against a prior of twenty lots: the
    venue's stated number, or the general one. A count of bidders is a Poisson draw whether
    or not the lot sells, so the mean needs no correction for unsold lots.

    Parameters
    ----------
    venues : polars.DataFrame, N rows
        Columns venue_id and bidders.
    sales : polars.DataFrame or None
        Past offerings with venue_id and bidders.
    prior : float
        Mean number of bidders where the venue states none.

    Returns
    -------
    float64[N]
    """
    stated = venues.select("venue_id", pl.col("bidders").fill_null(prior).alias("prior"))
    if sales is None:
        counts = pl.DataFrame(
            schema={"venue_id": pl.String, "total": pl.Float64, "lots": pl.UInt32}
        )
    else:
        counts = (
            sales.drop_nulls(["venue_id", "bidders"])
            .group_by("venue_id", maintain_order=True)
            .agg(pl.col("bidders").cast(pl.Float64).sum().alias("total"), pl.len().alias("lots"))
        )
    joined = stated.join(counts, on="venue_id", how="left", maintain_order="left")
    mean = (pl.col("total").fill_null(0.0) + _PRIOR_LOTS * pl.col("prior")) / (
        pl.col("lots").fill_null(0) + _PRIOR_LOTS
    )
    return joined.select(mean).to_series().to_numpy().clip(_FEWEST_BIDDERS)
