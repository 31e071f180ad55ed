"""Moves: distances, which price counts, and moves that cannot be priced."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.channels.transport import Transport, great_circle_km, plan_moves
from auction.workspace.config import Costs
from quoting_world import fleet, tariffs, venues
from residual import InputError

COSTS = Costs()
NOWHERE = {"lat": None, "lon": None}


def moves(
    vehicles: list[dict[str, Any]],
    sites: list[dict[str, Any]],
    lanes: pl.DataFrame | None = None,
    costs: Costs = COSTS,
) -> Transport:
    named = [{"vehicle_id": f"v{i}", **row} for i, row in enumerate(vehicles)]
    places = [{"venue_id": f"n{i}", **row} for i, row in enumerate(sites)]
    return plan_moves(fleet(*named), venues(*places), lanes, costs)


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        ((0.0, 0.0), (0.0, 0.0), 0.0),
        ((0.0, 0.0), (0.0, 90.0), 10007.557),  # a quarter of the equator
        ((0.0, 0.0), (90.0, 123.0), 10007.557),  # to the pole
        ((0.0, 179.0), (0.0, -179.0), 222.390),  # across the date line
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.556),  # London to Paris
        ((40.7128, -74.0060), (34.0522, -118.2437), 3935.746),  # New York to Los Angeles
    ],
)
def test_known_distances(start: tuple[float, float], end: tuple[float, float], km: float) -> None:
    there = great_circle_km(*(np.array([x]) for x in (*start, *end)))
    back = great_circle_km(*(np.array([x]) for x in (*end, *start)))
    assert there[0, 0] == pytest.approx(km, abs=0.01)
    assert back[0, 0] == pytest.approx(there[0, 0], rel=1e-12)


def test_distances_are_a_table_of_units_by_places() -> None:
    lat, lon = np.array([0.0, 10.0, 20.0]), np.array([0.0, 10.0, 20.0])
    table = great_circle_km(lat, lon, lat[:2], lon[:2])
    assert table.shape == (3, 2)
    assert table[1, 1] == 0.0
    assert table[0, 1] == table[1, 0]


def test_the_curve_prices_a_move_to_another_region() -> None:
    found = moves([{}], [{"region": "south", "lat": 39.0}])
    km = 6371.0088 * np.pi / 180
    assert found.distance[0, 0] == pytest.approx(km, rel=1e-9)
    assert found.cost[0, 0] == pytest.approx(7.17 * (km / 1.609344) ** 0.67, rel=1e-9)
    assert found.days[0, 0] == pytest.approx(0.25 * km / 100, rel=1e-9)
    assert found.lane[0, 0] == -1


def test_a_tariff_counts_before_a_local_move_and_that_before_the_curve() -> None:
    lanes = tariffs(
        {"from_region": "south", "to_region": "north", "cost": 44.0, "days": 3.5},
        {"from_region": "north", "to_region": "north", "cost": 33.0, "days": 2.5},
    )
    sites = [{"region": "north"}, {"region": "south", "lat": 39.0}]
    bare = moves([{}, {"region": "south"}], sites)
    assert bare.cost[0, 0] == COSTS.local_transport
    assert bare.days[0, 0] == COSTS.local_days
    found = moves([{}, {"region": "south"}], sites, lanes)
    np.testing.assert_array_equal(found.lane, [[1, -1], [0, -1]])
    assert found.cost[0, 0] == 33.0
    assert found.days[0, 0] == 2.5
    assert found.cost[1, 0] == 44.0
    assert found.cost[1, 1] == COSTS.local_transport
    assert found.cost[0, 1] == bare.cost[0, 1]  # no lane the other way: the curve


def test_a_place_without_coordinates_takes_the_mean_of_its_region() -> None:
    # The region south: a vehicle at 38, a venue at 40 degrees.
    vehicles = [{"region": "north"}, {"region": "south", "lat": 38.0}]
    sites = [{"region": "south", **NOWHERE}, {"region": "south", "lat": 40.0}]
    found = moves(vehicles, sites)
    # The unit in the north is at 40 degrees, the centre of the south at 39.
    assert found.distance[0, 0] == pytest.approx(6371.0088 * np.pi / 180, rel=1e-9)
    assert found.distance[0, 1] == 0.0
    stray = moves([{"region": "south", **NOWHERE}, vehicles[1]], [{"region": "west", "lat": 40.0},
                  sites[1]])  # fmt: skip
    assert stray.distance[0, 0] == pytest.approx(found.distance[0, 0], rel=1e-9)


def test_a_local_move_and_a_lane_need_no_coordinates() -> None:
    lanes = tariffs({"from_region": "north", "to_region": "south", "cost": 44.0, "days": 3.0})
    found = moves([NOWHERE], [NOWHERE, {"region": "south", **NOWHERE}], lanes)
    np.testing.assert_array_equal(found.cost, [[COSTS.local_transport, 44.0]])
    assert np.isnan(found.distance).all()


def test_every_pair_of_regions_without_a_price_is_told_once() -> None:
    vehicles = [{"region": "a", **NOWHERE}, {"region": "b"}, {"region": "a", **NOWHERE}]
    sites = [{"region": "c"}, {"region": "d", **NOWHERE}, {"region": "a", **NOWHERE}]
    with pytest.raises(InputError) as caught:
        moves(vehicles, sites)
    rules = [fault.rule for fault in caught.value.faults]
    pairs = [("a", "c"), ("a", "d"), ("b", "d"), ("b", "a")]
    assert sorted(rules) == sorted(
        f"no way to price a move from region {start!r} to region {end!r}" for start, end in pairs
    )
    assert all(fault.remedy for fault in caught.value.faults)


def test_a_missing_price_of_one_lane_is_mended_by_its_tariff() -> None:
    lanes = tariffs({"from_region": "a", "to_region": "c", "cost": 0.0, "days": 0.0})
    found = moves([{"region": "a", **NOWHERE}], [{"region": "c"}], lanes)
    assert found.cost[0, 0] == 0.0
    assert found.days[0, 0] == 0.0


def test_no_venues_and_no_tariffs() -> None:
    found = moves([{}, {}], [])
    assert found.cost.shape == found.days.shape == found.lane.shape == (2, 0)
    empty = moves([{}], [{}], tariffs())
    assert empty.lane[0, 0] == -1
