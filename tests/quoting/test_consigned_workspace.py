"""Consignments from files to a plan: a made-up store's listings, its terms and a small fleet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from auction.planned import Planning
from auction.planning import plan_workspace
from auction.preflight import check_before_a_run
from auction.workspace import load_workspace

AS_OF = dt.date(2021, 6, 30)

SETTINGS = """\
as_of = 2021-06-30
currency = "USD"
[tables.vehicles]
file = "vehicles.csv"
[tables.sales]
file = "sales.csv"
constants = { channel = "dealer" }
[tables.price_changes]
file = "price_changes.csv"
[tables.venues]
file = "venues.csv"
[tables.offers]
file = "offers.csv"
[horizon]
weeks = 4
[simulation]
scenarios = 64
evaluation_scenarios = 256
"""

VENUES = """\
venue_id,channel,region,fee_sale,fee_rate,fee_no_sale,tax_rate,settlement_days,entry_days,display_days
quick,dealer,TX,0,0,0,0,7,0,0
slow,dealer,TX,0,0,0,0,7,0,0
"""

OFFERS = """\
offer_id,venue_id,kind,price,fee_rate,list_days,min_units,max_units,valid_from,valid_until
Q,quick,consignment,,0.06,45,0,6,2021-06-30,2021-12-31
S,slow,consignment,,0.06,45,0,20,2021-06-30,2021-12-31
B,slow,standing,3000,,,0,20,2021-06-30,2021-12-31
"""


def listings(rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A year of listings of two stores, one of which sells three times as fast."""
    draw = np.random.default_rng(2)
    sales, cuts = [], []
    for number in range(rows):
        year = int(draw.integers(2012, 2020))
        worth = 9.9 - 0.13 * (2020 - year)
        asked = worth + draw.normal(0.0, 0.06)
        day = dt.date(2020, 7, 1) + dt.timedelta(int(draw.integers(0, 360)))
        store = ("quick", "slow")[number % 2]
        daily = (0.06, 0.02)[number % 2] * np.exp(-5.0 * (asked - worth))
        passed = int(draw.geometric(-np.expm1(-daily)))
        if passed > 14 and number % 3 == 0:
            cuts.append((f"S{number}", day + dt.timedelta(10), round(float(np.exp(asked - 0.05)))))
        closed = day + dt.timedelta(passed)
        still = closed > AS_OF
        sales.append(
            {
                "sale_id": f"S{number}",
                "offered_on": day,
                "closed_on": None if still else closed,
                "make": "Ford",
                "model": "Focus",
                "model_year": year,
                "venue_id": store,
                "outcome": "open" if still else "withdrawn" if number % 9 == 0 else "sold",
                "list_price": round(float(np.exp(asked))),
                "price": None if still or number % 9 == 0 else round(float(np.exp(asked))),
            }
        )
    names = {"sale_id": pl.String, "date": pl.Date, "price": pl.Int64}
    changes = pl.DataFrame(cuts, schema=names, orient="row")
    return pl.DataFrame(sales, infer_schema_length=None), changes.filter(pl.col("date") <= AS_OF)


def write(folder: Path, rows: int) -> Path:
    """Write a workspace; the decimal point of one first price has slipped."""
    sales, cuts = listings(rows)
    slipped = pl.when(pl.col("sale_id") == "S5").then(pl.col("list_price") * 10)
    sales = sales.with_columns(list_price=slipped.otherwise("list_price"))
    sales.write_csv(folder / "sales.csv")
    cuts.write_csv(folder / "price_changes.csv")
    pl.DataFrame(
        {
            "vehicle_id": [f"V{i:02d}" for i in range(16)],
            "make": "Ford",
            "model": "Focus",
            "model_year": [2012 + i % 8 for i in range(16)],
            "region": "TX",
        }
    ).write_csv(folder / "vehicles.csv")
    (folder / "venues.csv").write_text(VENUES, encoding="utf-8")
    (folder / "offers.csv").write_text(OFFERS, encoding="utf-8")
    (folder / "disposal.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    return plan_workspace(load_workspace(write(tmp_path_factory.mktemp("store"), 900)))


def test_cars_are_consigned_and_the_quick_store_is_full(planned: Planning) -> None:
    taken = dict(planned.chosen["offer_id"].value_counts().iter_rows())
    assert taken == {"Q": 6, "S": 10}
    assert planned.allocation.status in ("optimal", "gap")


def test_the_quick_store_sells_with_the_larger_chance(planned: Planning) -> None:
    frame = planned.options.frame.filter(pl.col("terms") == "consignment, 45 days")
    chance = dict(frame.group_by("offer_id").agg(pl.col("sale_probability").mean()).iter_rows())
    assert chance["Q"] > chance["S"] + 0.1
    assert 0.3 < chance["S"] < chance["Q"] < 1.0


def test_prices_asked_lie_around_what_such_cars_sell_for(planned: Planning) -> None:
    chosen = planned.chosen
    paid = [np.exp(9.9 - 0.13 * (8 - i % 8)) for i in range(16)]
    multiple = chosen["reserve"].to_numpy() / np.array(paid)
    assert (multiple > 0.85).all()
    assert (multiple < 1.2).all()


def test_carrying_the_plan_out_brings_what_it_expects(planned: Planning) -> None:
    expected = planned.chosen["expected_net"].to_numpy()
    net = planned.evaluation.net
    assert abs(net.mean() / expected.mean() - 1.0) < 0.02
    assert (net.std(axis=1) > 0.01 * expected).all()


def test_a_slipped_price_is_told(planned: Planning) -> None:
    told = "first asking prices set aside as no number above zero or a factor of 3 off the forecast"
    assert f"{told}: 1" in planned.notes


def test_too_few_listings_are_told_before_the_run(tmp_path: Path) -> None:
    report = check_before_a_run(write(tmp_path, 49))
    assert [fault.column for fault in report.faults] == ["list_price"]
    assert "there are 49" in report.faults[0].rule
