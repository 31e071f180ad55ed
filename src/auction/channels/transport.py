"""What it costs, and how long it takes, to move a unit to a venue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.workspace.config import Costs
from residual.errors import Fault, InputError

_EARTH_RADIUS_KM = 6371.0088
_KM_PER_MILE = 1.609344


@dataclass(frozen=True, slots=True)
class Transport:
    """Moves of V vehicles to N venues.

    Parameters
    ----------
    cost : float64[V, N]
        Money a unit.
    days : float64[V, N]
        Days on the way.
    distance : float64[V, N]
        Great-circle distance in km; NaN where no coordinates are known.
    lane : int64[V, N]
        Row of the tariffs that was used, -1 for none.
    """

    cost: NDArray[np.float64]
    days: NDArray[np.float64]
    distance: NDArray[np.float64]
    lane: NDArray[np.int64]

    def without(self, there: NDArray[np.bool_], waived: NDArray[np.float64]) -> Transport:
        """Return the moves of units some of which stand where they are to be sold.

        Parameters
        ----------
        there : bool[V, N]
            Which units stand at which venues.
        waived : float64[N]
            Days that each venue asks for before a sale, and that have passed for them: their days
            on the way are less than none.
        """
        return Transport(
            np.where(there, 0.0, self.cost),
            np.where(there, -waived[None, :], self.days),
            np.where(there, 0.0, self.distance),
            np.where(there, -1, self.lane),
        )


def great_circle_km(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    to_lat: NDArray[np.float64],
    to_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return float64[V, N]: great-circle distances in km by the haversine formula."""
    phi, to_phi = np.radians(lat)[:, None], np.radians(to_lat)[None, :]
    turn = np.radians(to_lon)[None, :] - np.radians(lon)[:, None]
    h = np.sin((to_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(to_phi) * np.sin(turn / 2) ** 2
    return np.asarray(2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def coordinates(
    frame: pl.DataFrame, known: pl.DataFrame
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitudes and longitudes; a unit without takes the mean of its region.

    The mean is over the rows of ``known`` in that region that have coordinates; NaN where
    there are none.
    """
    columns = ["region", "lat", "lon"]
    placed_ones = known.select(columns).drop_nulls()
    centres = placed_ones.group_by("region", maintain_order=True).agg(
        pl.col("lat").mean().alias("lat_of_region"), pl.col("lon").mean().alias("lon_of_region")
    )
    placed = frame.select(columns).join(centres, on="region", how="left", maintain_order="left")
    lat = placed.select(pl.coalesce("lat", "lat_of_region")).to_series()
    lon = placed.select(pl.coalesce("lon", "lon_of_region")).to_series()
    return (
        lat.fill_null(np.nan).to_numpy().astype(np.float64),
        lon.fill_null(np.nan).to_numpy().astype(np.float64),
    )


def plan_moves(
    vehicles: pl.DataFrame,
    venues: pl.DataFrame,
    tariffs: pl.DataFrame | None,
    costs: Costs,
    places: pl.DataFrame | None = None,
) -> Transport:
    """Price every move from a vehicle to a venue.

    A tariff between the two regions counts first; without one, a move within a region is
    local, and any other follows the distance curve ``transport_rate * miles **
    transport_exponent``.

    Parameters
    ----------
    vehicles : polars.DataFrame, V rows
        Columns region, lat, lon.
    venues : polars.DataFrame, N rows
        Columns venue_id, region, lat, lon.
    tariffs : polars.DataFrame, optional
        Lanes: from_region, to_region, cost, days.
    costs : Costs
        The distance curve and the cost of a local move.
    places : polars.DataFrame, optional
        Every place whose coordinates help to locate a region; ``venues`` by default.

    Returns
    -------
    Transport

    Raises
    ------
    InputError
        Where a move has neither a tariff nor coordinates at both ends; every such pair of
        regions is told.
    """
    columns = ["region", "lat", "lon"]
    others = venues if places is None else places
    known = pl.concat([others.select(columns), vehicles.select(columns)])
    lat, lon = coordinates(vehicles, known)
    to_lat, to_lon = coordinates(venues, known)
    distance = great_circle_km(lat, lon, to_lat, to_lon)
    cost = costs.transport_rate * (distance / _KM_PER_MILE) ** costs.transport_exponent
    days = distance / 100.0 * costs.days_per_100_km
    home = vehicles["region"].to_numpy()[:, None] == venues["region"].to_numpy()[None, :]
    cost = np.where(home, costs.local_transport, cost)
    days = np.where(home, costs.local_days, days)
    lane = _lanes(vehicles["region"], venues["region"], tariffs)
    if tariffs is not None and tariffs.height:
        on_lane = lane >= 0
        cost = np.where(on_lane, tariffs["cost"].to_numpy()[lane], cost)
        days = np.where(on_lane, tariffs["days"].to_numpy()[lane], days)
    _refuse_unknown(vehicles, venues, np.isnan(cost))
    return Transport(cost, days, distance, lane)


def _lanes(
    origin: pl.Series, destination: pl.Series, tariffs: pl.DataFrame | None
) -> NDArray[np.int64]:
    if tariffs is None or not tariffs.height:
        return np.full((origin.len(), destination.len()), -1, dtype=np.int64)
    rows = {
        (start, end): row
        for row, (start, end) in enumerate(tariffs.select("from_region", "to_region").iter_rows())
    }
    starts = origin.to_list()
    table = {
        start: np.array([rows.get((start, end), -1) for end in destination], dtype=np.int64)
        for start in dict.fromkeys(starts)
    }
    return np.stack([table[start] for start in starts])


def _refuse_unknown(
    vehicles: pl.DataFrame, venues: pl.DataFrame, unknown: NDArray[np.bool_]
) -> None:
    if not unknown.any():
        return
    origin, destination = vehicles["region"].to_list(), venues["region"].to_list()
    pairs = dict.fromkeys((origin[v], destination[n]) for v, n in np.argwhere(unknown))
    raise InputError(
        [
            Fault(
                rule=f"no way to price a move from region {start!r} to region {end!r}",
                file="tariffs",
                column="from_region",
                remedy="add a tariff for the lane, or lat and lon at both ends",
            )
            for start, end in pairs
        ]
    )
