"""The planner's world and the judge's: each fitted on past offerings of its own."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

import residual
from auction.fleet import part_fleet
from auction.forecasting import fitted
from auction.from_workspace import market_of
from auction.market import Market
from auction.sample import write_sample
from auction.situation import Situation, planning_dates
from auction.workspace import Workspace, load_workspace


def sample(vehicles: int | None) -> Workspace:
    """Return the bundled workspace, with its first vehicles alone if a number is given."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "sample")
        workspace = load_workspace(Path(folder) / "sample")
    return _with(workspace, vehicles=workspace.tables["vehicles"].head(vehicles or 10**9))


def halves(workspace: Workspace, share: float) -> tuple[Workspace, Workspace]:
    """Return the workspace with the earlier share of its past offerings, and with the later ones.

    All runs of a vehicle fall to one of the two, by its first; what the planner knows ended before
    the judge's offerings began.
    """
    sales = workspace.tables["sales"]
    first = pl.col("offered_on").min().over("vehicle_id")
    cut = sales["offered_on"].sort()[int(share * sales.height)]
    earlier = sales.filter((first < cut) & (pl.col("offered_on") < cut))
    return _with(workspace, sales=earlier), _with(workspace, sales=sales.filter(first >= cut))


def with_room(market: Market, factor: float) -> Market:
    """Return the market with capacities times a factor, at least one unit where there was one.

    What has no capacity, such as a lane that takes any number, has none still.
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


def world(workspace: Workspace, scenarios: int, seed: int) -> Situation:
    """Return the fleet with values and a market fitted on the workspace's past offerings."""
    config, tables = workspace.config, workspace.tables
    market = market_of(workspace)
    fleet = part_fleet(tables["vehicles"], tables["holds"], config.as_of, market.weeks).planned
    book = residual.simulate(
        fitted(workspace), fleet, planning_dates(market, config.as_of), config.as_of,
        n=scenarios, seed=seed,
    )  # fmt: skip
    return Situation(fleet, book, market)


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


def _with(workspace: Workspace, **tables: pl.DataFrame) -> Workspace:
    return replace(workspace, tables={**workspace.tables, **tables})
