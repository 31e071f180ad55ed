"""What a desk takes for granted: titles, earlier runs, guides that cannot be right."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.workspace.config import AuctionRules
from quoting_world import AS_OF, book_for, fleet, holds, offers, plain_market, venues


def quoted(vehicles: pl.DataFrame, market: Market, **terms: Any) -> Options:
    return quote(book_for(vehicles, market, **{"n": 17, **terms}), market)


def test_a_unit_without_a_title_can_only_be_kept() -> None:
    units = fleet(
        {"vehicle_id": "clear", "title_status": "clear"},
        {"vehicle_id": "missing", "title_status": "missing"},
        {"vehicle_id": "unstated", "title_status": None},
    )
    frame = quoted(units, plain_market()).frame
    channels = {
        unit: set(frame.filter(pl.col("vehicle_id") == unit)["channel"])
        for unit in ("clear", "missing", "unstated")
    }
    assert channels["missing"] == {"hold"}
    assert channels["clear"] == channels["unstated"] == {"auction", "hold"}


def test_a_barred_unit_can_only_be_kept() -> None:
    until = AS_OF + dt.timedelta(weeks=30)
    market = plain_market(holds=holds({"vehicle_id": "a", "until": until}))
    assert set(quoted(fleet({"vehicle_id": "a"}), market).frame["channel"]) == {"hold"}


@pytest.mark.parametrize("tried", [1, 3])
def test_every_earlier_run_takes_the_reoffer_discount(tried: int) -> None:
    rules = AuctionRules(reserve_levels=(1.0,), reoffer_discount=0.02)
    market = plain_market(auction=rules)
    units = fleet(
        {"vehicle_id": "fresh", "run_count": 0}, {"vehicle_id": "tried", "run_count": tried}
    )
    frame = quoted(units, market).frame
    fresh, again = (
        frame.filter(pl.col("vehicle_id") == unit)["gross"].to_numpy()
        for unit in ("fresh", "tried")
    )
    np.testing.assert_allclose(again / fresh, 0.98**tried, rtol=5e-3)


@pytest.mark.parametrize(("slip", "taken"), [(1.0, True), (10.0, False), (0.1, False)])
def test_no_dealer_pays_by_a_guide_with_a_slipped_decimal(slip: float, taken: bool) -> None:
    unit = fleet({"vehicle_id": "a", "guide_value": 10_000.0 * slip})
    offer = offers({"offer_id": "O", "venue_id": "D", "price": None, "guide_rate": 0.9})
    site = venues({"venue_id": "D", "channel": "dealer"})
    market = plain_market(venues=site, events=None, offers=offer)
    assert ("dealer" in set(quoted(unit, market).frame["channel"])) is taken
