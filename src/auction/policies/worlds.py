"""The planner's world and the judge's: each fitted on past offerings of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

import residual
from auction.fleet import part_fleet
from auction.forecasting import fitted
from auction.from_workspace import legal_bars, market_of, own_volume_of, with_clock
from auction.market import Market
from auction.situation import Situation, planning_dates
from auction.workspace import Workspace


def halves(workspace: Workspace, share: float = 0.75) -> tuple[Workspace, Workspace]:
    """Return the workspace with the earlier share of its past offerings, and with the later ones.

    Parameters
    ----------
    workspace : Workspace
    share : float
        Share of the offerings, by their dates, that is known to the first.

    Returns
    -------
    Workspace, Workspace
        All runs of a vehicle fall to one of the two, by its first; what ended after the second's
        offerings began is in neither where its first run lies before.

    Raises
    ------
    ValueError
        Where one of the two would be left without offerings.
    """
    sales = workspace.tables["sales"]
    first = pl.col("offered_on").min().over("vehicle_id")
    cut = sales["offered_on"].sort()[min(int(share * sales.height), sales.height - 1)]
    ended = pl.max_horizontal("offered_on", "closed_on")
    earlier = sales.filter((first < cut) & (ended < cut))
    later = sales.filter(first >= cut)
    if earlier.is_empty() or later.is_empty():
        raise ValueError(f"a share of {share:g} leaves one side without past offerings")
    return _with_sales(workspace, earlier), _with_sales(workspace, later)


def _with_sales(workspace: Workspace, sales: pl.DataFrame) -> Workspace:
    changes = workspace.tables["price_changes"].join(sales, on="sale_id", how="semi")
    tables = {**workspace.tables, "sales": sales, "price_changes": changes}
    return replace(workspace, tables=tables)


def world(
    workspace: Workspace,
    scenarios: int,
    seed: int,
    *,
    model: residual.ResidualModel | None = None,
    threads: int = 1,
) -> Situation:
    """Return the fleet with values and a market fitted on the workspace's past offerings.

    What appraisers said is left aside.

    Parameters
    ----------
    workspace : Workspace
    scenarios, seed : int
        Of the values.
    model : ResidualModel, optional
        One fitted on the same offerings; fitted anew if not given.
    threads : int
        Threads of the kernels; the result does not depend on it.
    """
    config, tables = workspace.config, workspace.tables
    known = fitted(workspace) if model is None else model
    market = with_clock(market_of(workspace), known, tables)
    market = replace(market, own_volume=own_volume_of(config, known, tables))
    fleet = part_fleet(
        tables["vehicles"], legal_bars(workspace), config.as_of, market.weeks
    ).planned
    book = residual.simulate(
        known, fleet, planning_dates(market, config.as_of), config.as_of,
        n=scenarios, seed=seed, threads=threads,
    )  # fmt: skip
    return Situation(fleet, book, market, threads)


def with_room(market: Market, factor: float) -> Market:
    """Return the market with capacities times a factor, at least one unit where there was one.

    Parameters
    ----------
    market : Market
    factor : float
        On what events, lanes and venues take. What has no capacity, such as a lane that takes any
        number, has none still.
    """

    def scaled(frame: pl.DataFrame | None, column: str) -> pl.DataFrame | None:
        if frame is None:
            return None
        least, most = pl.col(column).clip(upper_bound=1), (pl.col(column) * factor).floor()
        kept = pl.when(pl.col(column).is_not_null()).then(pl.max_horizontal(most, least))
        return frame.with_columns(kept.cast(frame.schema[column]).alias(column))

    venues = scaled(market.venues, "weekly_units")
    return replace(
        market,
        venues=market.venues if venues is None else venues,
        events=scaled(market.events, "capacity"),
        tariffs=scaled(market.tariffs, "weekly_units"),
    )


def misjudged(situation: Situation, bidders: float, spread: float, kept: str) -> Situation:
    """Return the world with other bidders than it was fitted with.

    Parameters
    ----------
    situation : Situation
        The world as fitted.
    bidders, spread : float
        Factors on the mean number on a lot and on the spread of their ln values.
    kept : str
        What stays as it was fitted: "values", so that a larger crowd bids more, or "hammers", in
        the mean of their logs, as where past sales tell prices and nothing of who bid.
    """
    book = replace(situation.book, sale_spread=situation.book.sale_spread * spread)
    other = replace(situation, book=book)
    others = replace(situation.arrivals, rate=situation.arrivals.rate * bidders)
    # in units of the spread: what it takes off values stays
    crowd = situation.crowd / spread
    if kept == "hammers":
        crowd = crowd + _second(others.bidders) - _second(situation.arrivals.bidders) / spread
    other.__dict__["arrivals"] = others
    other.__dict__["venue_factor"] = situation.venue_factor
    other.__dict__["crowd"] = crowd
    return other


def _second(bidders: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the second highest of so many standard normals."""
    found = [residual.second_highest_moments(float(count))[0] for count in bidders.ravel()]
    return np.array(found).reshape(bidders.shape)
