"""Corners of channels and of the run folder in which something once went wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.channels.closure import best_closures
from auction.channels.transport import great_circle_km
from auction.errors import RunFolderError
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.run.folder import RunFolder
from quoting_world import book_for, fleet, offers, plain_market, tariffs, venues

ONE = fleet({"vehicle_id": "a"})


def quoted(vehicles: pl.DataFrame, market: Market, **terms: Any) -> Options:
    return quote(book_for(vehicles, market, **{"n": 17, **terms}), market)


@pytest.mark.parametrize(
    ("profit", "needs", "best"),
    [([100.0], [], [0]), ([100.0, 50.0], [(0, 1)], [0, 1]), ([100.0, 50.0, 7.0], [], [0, 1, 2])],
)
def test_all_parts_that_pay_are_taken(
    profit: list[float], needs: list[tuple[int, int]], best: list[int]
) -> None:
    assert best_closures([profit], [needs]) == [best]


def test_an_offer_that_asks_for_nothing_takes_everything() -> None:
    open_ = offers(
        {
            "offer_id": "O",
            "venue_id": "D",
            "price": 9.0,
            "max_age_years": None,
            "max_odometer": None,
            "min_grade": None,
        }
    )
    market = plain_market(
        venues=venues({"venue_id": "D", "channel": "dealer"}), events=None, offers=open_
    )
    unit = fleet({"vehicle_id": "a", "model_year": None, "odometer": None, "condition_grade": None})
    assert quoted(unit, market).frame["channel"].to_list() == ["dealer", "hold"]


def test_weeks_of_a_unit_do_not_depend_on_other_units() -> None:
    lane = tariffs(
        {"from_region": "east", "to_region": "north", "cost": 9.0, "days": 1.0, "weekly_units": 2.0}
    )
    site = venues({"venue_id": "D", "channel": "dealer"})
    market = plain_market(
        venues=site,
        events=None,
        tariffs=lane,
        offers=offers({"offer_id": "O", "venue_id": "D", "price": 9_000.0}),
    )
    both = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "region": "east"})
    alone = quoted(ONE, market).frame
    assert quoted(both, market).frame.filter(pl.col("vehicle_id") == "a").equals(alone)


def test_opposite_places_are_half_the_globe_apart() -> None:
    lat = np.linspace(-89.0, 89.0, 357)
    there = np.array(
        [
            great_circle_km(lat[i : i + 1], np.zeros(1), -lat[i : i + 1], np.full(1, 180.0))[0, 0]
            for i in range(357)
        ]
    )
    np.testing.assert_allclose(there, np.pi * 6371.0088, rtol=1e-6)


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="name too long"):
        RunFolder(tmp_path / ("x" * 300))
