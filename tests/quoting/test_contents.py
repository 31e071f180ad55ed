"""What the metal in parts is worth, and when the money for parts comes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.channels.contents import content_worth, with_metal_prices
from auction.channels.teardown import Teardown, read_parts, tear_down
from auction.evaluate import evaluate
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import Costs, Dismantling
from quoting_world import AS_OF, book_for, bridge_error, day, fleet, parts, plain_market, venues
from residual.errors import InputError

PRICED = Dismantling(
    scrap_price=200.0, platinum_price=1_000.0, palladium_price=1_200.0, rhodium_price=5_000.0,
    metal_recovery=0.8,
)  # fmt: skip
OUNCE = 31.1034768
CONVERTER = {
    "group": "*", "part": "converter", "price": 15.0, "platinum_g": 1.5, "palladium_g": 3.0,
    "rhodium_g": 0.4, "labour_hours": 0.5,
}  # fmt: skip
HULK = {"group": "*", "part": "hulk", "price": 20.0, "weight_kg": 1_100.0, "legal_class": "scrap"}


def test_metal_worked_by_hand() -> None:
    table = parts(CONVERTER, HULK, {"group": "*", "part": "door", "price": 90.0})
    metal = 0.8 * (1.5 * 1_000 + 3.0 * 1_200 + 0.4 * 5_000) / OUNCE
    assert content_worth(table, PRICED).to_list() == pytest.approx([metal, 220.0, 0.0])
    (found,) = read_parts(table, PRICED).values()
    prices = {part.name: part.price for part in found}
    assert prices == {
        "converter": pytest.approx(15 + metal),
        "hulk": pytest.approx(240.0),
        "door": 90.0,
    }
    (best,) = tear_down([(found, 30.0)])
    assert best.scrap == pytest.approx(240.0)
    assert best.value == pytest.approx(15 + metal - 15 + 90)


def test_metal_decides_whether_a_converter_comes_off() -> None:
    def taken(platinum: float) -> list[str]:
        rules = PRICED.model_copy(update={"platinum_price": platinum})
        only = {"group": "*", "part": "converter", "price": 0.0, "platinum_g": 2.0,
                "labour_hours": 1.0}  # fmt: skip
        (best,) = tear_down([(read_parts(parts(only), rules)["*"], 30.0)])
        return [part.name for part in best.parts]

    break_even = 30.0 / (0.8 * 2.0 / OUNCE)
    assert taken(break_even - 1.0) == []
    assert taken(break_even + 1.0) == ["converter"]


def test_everything_that_lacks_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        content_worth(parts(CONVERTER, HULK), Dismantling(palladium_price=900.0))
    told = [(fault.file, fault.column, fault.rule) for fault in caught.value.faults]
    assert told == [
        ("parts", "weight_kg", "weight_kg is given, but no scrap_price is known"),
        ("parts", "platinum_g", "platinum_g is given, but no platinum_price is known"),
        ("parts", "rhodium_g", "rhodium_g is given, but no rhodium_price is known"),
        ("parts", "platinum_g", "platinum_g is given, but no metal_recovery is known"),
    ]
    assert [fault.remedy for fault in caught.value.faults][:2] == [
        "set it in [dismantling]",
        "set it in [dismantling], or add the series platinum to index",
    ]
    assert content_worth(parts({**HULK, "weight_kg": 0.0}), Dismantling()).to_list() == [0.0]


def test_the_newest_price_that_was_known_counts() -> None:
    rows = [
        ("platinum", 40, 30, 900.0), ("platinum", 70, 60, 800.0), ("platinum", 20, -5, 990.0),
        ("palladium", 30, 20, 1_000.0), ("market", 30, 20, 100.0),
    ]  # fmt: skip
    index = pl.DataFrame(
        {
            "series": [name for name, *_ in rows],
            "segment": pl.Series([None] * len(rows), dtype=pl.String),
            "date": [day(-about) for _, about, _, _ in rows],
            "released_on": [day(-released) for _, _, released, _ in rows],
            "value": [value for *_, value in rows],
        }
    )
    found = with_metal_prices(Dismantling(), index, AS_OF)
    assert (found.platinum_price, found.palladium_price) == (900.0, 1_000.0)
    assert found.rhodium_price is None
    stated = with_metal_prices(Dismantling(platinum_price=5.0), index, AS_OF)
    assert (stated.platinum_price, stated.palladium_price) == (5.0, 1_000.0)
    later = with_metal_prices(Dismantling(), index, AS_OF + dt.timedelta(days=6))
    assert later.platinum_price == 990.0
    same = Dismantling()
    assert with_metal_prices(same, None, AS_OF) is same
    assert with_metal_prices(same, index[:0], AS_OF) is same


# --- days to cash ---


def torn(*rows: dict[str, Any]) -> Teardown:
    (best,) = tear_down([(read_parts(parts(*rows), Dismantling())["*"], 30.0)])
    return best


def test_the_mean_days_weigh_what_each_part_brings() -> None:
    engine = {"group": "*", "part": "engine", "price": 900.0, "chance": 0.5, "days_to_cash": 90.0}
    door = {"group": "*", "part": "door", "price": 100.0}
    hulk = {"group": "*", "part": "hulk", "price": 50.0, "days_to_cash": 5.0}
    found = torn(engine, door, hulk)
    # 450 after 90 days, 100 after the settings' 45, 50 after 5
    assert found.days == pytest.approx((450 * 90 + 100 * 45 + 50 * 5) / 600)
    assert torn(door).days == 45.0
    assert torn({**door, "price": 0.0}).days == 0.0  # nothing comes off, nothing is paid
    many = [{**door, "part": f"p{number}", "price": 13.7 * number} for number in range(1, 30)]
    assert torn(*many).days == 45.0


def test_money_waits_for_the_days_of_the_parts() -> None:
    table = parts(
        {"group": "*", "part": "engine", "price": 900.0, "days_to_cash": 90.0},
        {"group": "*", "part": "hulk", "price": 100.0, "days_to_cash": 10.0},
    )
    site = venues(
        {"venue_id": "X", "channel": "dismantling", "fee_rate": 0.0, "tax_rate": 0.0,
         "fee_sale": 0.0}
    )  # fmt: skip
    where = plain_market(venues=site, events=None, parts=table, costs=Costs(discount_rate=0.1))
    units = fleet({"vehicle_id": "a"})
    here = Situation(units, book_for(units, where, n=400), where)
    options = quote(here.book, where)
    assert bridge_error(options) < 1e-8
    row = options.frame.filter(pl.col("channel") == "dismantling")
    worth = np.exp(-0.1 * (7 + 5 + 82) / 365.25)
    assert row["finance"][0] == pytest.approx(row["gross"][0] * (1 - worth))
    found = evaluate(here, row, np.zeros(400)).net[0]
    error = found.std() / np.sqrt(found.size)
    assert abs(found.mean() - row["expected_net"][0]) < 4.0 * error
