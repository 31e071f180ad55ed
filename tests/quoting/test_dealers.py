"""Dealers: who meets an offer, at which price, and when a unit is handed over."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.workspace.config import Costs
from quoting_world import (
    book_for,
    bridge_error,
    day,
    fleet,
    offers,
    plain_market,
    tariffs,
    uses_of,
    venues,
)

DEALER = {"venue_id": "D", "channel": "dealer"}


def market(*standing: dict[str, Any], **changes: Any) -> Market:
    named = [{"offer_id": f"O{i}", "venue_id": "D", **row} for i, row in enumerate(standing)]
    terms = {"venues": venues(DEALER), "events": None, "offers": offers(*named)}
    return plain_market(**{**terms, **changes})


def deals(vehicles: pl.DataFrame, where: Market) -> pl.DataFrame:
    options = quote(book_for(vehicles, where, n=16), where)
    assert bridge_error(options) < 1e-9
    return options.frame.with_row_index("option").filter(pl.col("channel") == "dealer")


@pytest.mark.parametrize(
    ("wanted", "unit", "meets"),
    [
        ({}, {}, True),
        ({"make": "ford"}, {}, True),
        ({"make": "Opel"}, {}, False),
        ({"model": "FOCUS"}, {}, True),
        ({"model": "Fiesta"}, {}, False),
        ({"make": "Ford", "model": "Fiesta"}, {}, False),
        ({"body": "Hatchback"}, {}, True),
        ({"body": "van"}, {}, False),
        ({"body": "van"}, {"body": None}, False),
        ({"max_odometer": 60_000.0}, {}, True),
        ({"max_odometer": 59_999.0}, {}, False),
        ({"max_odometer": 60_000.0}, {"odometer": None}, False),
        ({"min_grade": 4.0}, {}, True),
        ({"min_grade": 4.1}, {}, False),
        ({"min_grade": 4.0}, {"condition_grade": None}, False),
        ({"max_age_years": 2.0}, {"first_registered": day(-730)}, True),
        ({"max_age_years": 2.0}, {"first_registered": day(-731)}, False),
        ({"max_age_years": 5.9}, {"model_year": 2020}, False),  # taken to be born on 1 July 2020
        ({"max_age_years": 5.95}, {"model_year": 2020}, True),
        ({"max_age_years": 1.0}, {"model_year": 2020, "first_registered": day(-30)}, True),
        ({"max_age_years": 99.0}, {"model_year": None}, False),
        ({"max_age_years": 0.0}, {"model_year": 2027}, True),
    ],
)
def test_units_must_meet_every_predicate(
    wanted: dict[str, Any], unit: dict[str, Any], meets: bool
) -> None:
    found = deals(fleet({"vehicle_id": "a", **unit}), market({"price": 7_000.0, **wanted}))
    assert found.height == int(meets)


def test_offers_are_judged_one_by_one() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "make": "Opel", "odometer": 10.0})
    found = deals(
        units,
        market(
            {"make": "Opel", "price": 5.0}, {"max_odometer": 100.0, "price": 6.0}, {"price": 7.0}
        ),
    )
    assert found.select("vehicle_id", "offer_id").rows() == [
        ("a", "O2"), ("b", "O0"), ("b", "O1"), ("b", "O2")
    ]  # fmt: skip


def test_a_rate_of_the_guide_needs_a_guide() -> None:
    units = fleet(
        {"vehicle_id": "a", "guide_value": 8_000.0}, {"vehicle_id": "b", "guide_value": None}
    )
    found = deals(units, market({"guide_rate": 0.9}))
    assert found["vehicle_id"].to_list() == ["a"]
    assert found["gross"][0] == pytest.approx(7_200.0)


def test_money_of_a_hand_over_worked_by_hand() -> None:
    site = venues({**DEALER, "fee_sale": 100.0, "fee_rate": 0.02, "tax_rate": 0.03})
    costs = Costs(discount_rate=0.1, holding_per_day=12.0)
    found = deals(
        fleet({"vehicle_id": "a"}), market({"price": 7_000.0}, venues=site, costs=costs)
    ).row(0, named=True)
    worth = np.exp(-0.1 * 12 / 365.25)  # a week until the hand-over, five days to settle
    assert found["date"] == day(7)
    assert found["week"] == 1
    assert found["gross"] == 7_000.0
    assert found["fees"] == pytest.approx(worth * 240.0)
    assert found["tax"] == pytest.approx(worth * 210.0)
    assert found["transport"] == costs.local_transport
    rate = 0.1 / 365.25
    assert found["holding"] == pytest.approx(12.0 * (1 - np.exp(-rate * 7)) / rate)
    net = worth * (7_000.0 - 240.0 - 210.0) - 60.0 - found["holding"]
    assert found["expected_net"] == pytest.approx(net, rel=1e-12)
    assert found["sale_probability"] == 1.0
    assert found["counterparty"] == "D"
    assert found["exposure"] == 7_000.0


def test_a_deal_pays_the_same_in_every_scenario() -> None:
    where = market({"price": 7_000.0})
    options = quote(book_for(fleet({"vehicle_id": "a"}), where), where)
    net = options.coefficient[0] @ options.basis[options.group[0]]
    np.testing.assert_allclose(net, options.frame["expected_net"][0], rtol=1e-12)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "ready", "expected"),
    [
        (-30, 365, 0, 7),
        (0, 7, 0, 7),
        (0, 6, 0, None),  # over before the end of the first week
        (7, 7, 0, 7),
        (8, 21, 0, 14),
        (8, 13, 0, None),  # no week ends while it is valid
        (-30, 365, 6, 7),  # a day on the way
        (-30, 365, 7, 14),
        (-30, 14, 14, None),
        (-30, 365, 41, 42),
        (-30, 365, 42, None),  # past the horizon of six weeks
        (-30, -1, 0, None),
    ],
)
def test_units_are_handed_over_at_a_weeks_end_while_the_offer_is_valid(
    valid_from: int, valid_until: int, ready: int, expected: int | None
) -> None:
    unit = fleet({"vehicle_id": "a", "available_from": day(ready)})
    offer = {"price": 7_000.0, "valid_from": day(valid_from), "valid_until": day(valid_until)}
    found = deals(unit, market(offer))["date"].to_list()
    assert found == ([] if expected is None else [day(expected)])


def test_every_week_is_quoted_where_the_intake_is_limited() -> None:
    site = venues({**DEALER, "weekly_units": 3.0})
    where = market({"price": 7_000.0, "valid_until": day(29)}, venues=site)
    options = options_of(fleet({"vehicle_id": "a", "available_from": day(9)}), where)
    found = options.frame.filter(pl.col("channel") == "dealer")
    assert found["date"].to_list() == [day(14), day(21), day(28)]
    assert (found["expected_net"].diff().drop_nulls() < 0).all()
    assert uses_of(options, 1) == {"venue:D:3": 1.0}
    assert {resource.limit for resource in options.resources} == {3.0}


def test_every_week_is_quoted_where_a_lane_is_limited() -> None:
    lane = {"from_region": "north", "to_region": "south", "cost": 90.0, "days": 8.0}
    site = venues({**DEALER, "region": "south"})
    free = market({"price": 7_000.0}, venues=site, tariffs=tariffs(lane))
    tight = market({"price": 7_000.0}, venues=site, tariffs=tariffs({**lane, "weekly_units": 2.0}))
    units = fleet({"vehicle_id": "a"})
    assert deals(units, free)["date"].to_list() == [day(14)]
    options = options_of(units, tight)
    found = options.frame.filter(pl.col("channel") == "dealer")
    assert found["date"].to_list() == [day(7 * week) for week in range(2, 7)]
    # Handed over on day 21 after eight days on the way: away on day 13, in the second week.
    assert uses_of(options, 1) == {"lane:north>south:2": 1.0}
    assert uses_of(options, 0) == {"lane:north>south:1": 1.0}


def options_of(units: pl.DataFrame, where: Market) -> Options:
    return quote(book_for(units, where, n=16), where)


def test_dealers_take_units_in_their_condition_only() -> None:
    site = venues({**DEALER, "accepts": "sound"})
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "damage": "heavy"})
    assert deals(units, market({"price": 1.0}, venues=site))["vehicle_id"].to_list() == ["a"]


def test_offers_of_other_channels_and_unknown_places_are_left_out() -> None:
    sites = venues(DEALER, {"venue_id": "A"})
    standing = [{"price": 9.0, "venue_id": "A"}, {"price": 9.0, "venue_id": "Z"}]
    assert deals(fleet({"vehicle_id": "a"}), market(*standing, venues=sites)).is_empty()
