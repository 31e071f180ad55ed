"""Redemption: what the borrower's right does to an option, and who redeems on fresh scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.channels.redeemed import redemption_of
from auction.evaluate import evaluate
from auction.explain.decision import explain
from auction.explain.words import tell
from auction.market import Market
from auction.options import Options
from auction.quoting import quote, quote_blocks
from auction.redemption import Redemption, redemption_holds
from auction.situation import Situation
from auction.workspace.config import Costs
from quoting_world import (
    AS_OF,
    book_for,
    bridge_error,
    day,
    fleet,
    hedges,
    offers,
    plain_market,
    tariffs,
    uses_of,
    venues,
)

COSTS = Costs(discount_rate=0.1, holding_per_day=12.0)
LANES = {"from_region": "north", "to_region": "north", "cost": 150.0, "days": 2.0,
         "weekly_units": 9.0}  # fmt: skip


def rights(
    units: pl.DataFrame, *told: tuple[float | None, int | None, float | None]
) -> pl.DataFrame:
    """Give each unit the chance of a redemption, the last day of it and the amount."""
    return units.with_columns(
        redemption_chance=pl.Series([each[0] for each in told], dtype=pl.Float64),
        redeemable_until=pl.Series(
            [None if each[1] is None else day(each[1]) for each in told], dtype=pl.Date
        ),
        redemption_amount=pl.Series([each[2] for each in told], dtype=pl.Float64),
    )


def everywhere(**changes: Any) -> Market:
    """An auction, a dealer's bid, a floor and keeping back, with dear lanes."""
    terms: dict[str, Any] = {
        "venues": venues({"venue_id": "A", "entry_days": 1.0, "display_days": 1.0},
                         {"venue_id": "D", "channel": "dealer"}),
        "offers": offers({"offer_id": "O", "venue_id": "D", "price": 9_300.0}),
        "hedges": hedges({"hedge_id": "U"}),
        "tariffs": tariffs(LANES),
        "costs": COSTS,
    }  # fmt: skip
    return plain_market(**{**terms, **changes})


def quoted(units: pl.DataFrame, where: Market, **terms: Any) -> Options:
    options = quote(book_for(units, where, **{"n": 16, **terms}), where)
    assert bridge_error(options) < 1e-6
    return options


def test_every_option_worked_by_hand() -> None:
    """P(redeemed) times what it pays by then, and the rest times the sale, less what was spent."""
    units, where = fleet({"vehicle_id": "a"}), everywhere()
    plain = quoted(units, where).frame
    chance, last, amount = 0.3, 20, 11_000.0
    with_right = quoted(rights(units, (chance, last, amount)), where).frame
    assert set(plain["channel"]) == {"auction", "dealer", "hold"}
    assert set(plain["hedge_id"].drop_nulls()) == {"U"}
    same = ["gross", "fees", "transport", "holding", "finance", "hedge_premium", "sale_probability"]
    assert with_right.select(same).equals(plain.select(same), null_equal=True)
    for before, after in zip(plain.to_dicts(), with_right.to_dicts(), strict=True):
        sold = 49 if before["date"] is None else (before["date"] - AS_OF).days
        early = {"auction": 4, "dealer": 2, "hold": 0}[before["channel"]]
        paid, gone = 0.0, 0.0
        for at in range(1, min(last, sold - 1) + 1):
            brings = amount * np.exp(-0.1 * at / 365.25)
            brings -= 12.0 * (1.0 - np.exp(-0.1 * at / 365.25)) / (0.1 / 365.25)
            brings -= before["hedge_premium"] + (before["transport"] if at >= sold - early else 0.0)
            paid += chance / last * brings
            gone += chance / last
        net = (1.0 - gone) * before["expected_net"] + paid
        assert after["expected_net"] == pytest.approx(net, abs=1e-6)
        assert after["redemption"] == pytest.approx(net - before["expected_net"], abs=1e-6)


def test_scarce_things_are_used_as_often_as_it_comes_to_that() -> None:
    units, where = fleet({"vehicle_id": "a"}), everywhere()
    options, plain = quoted(rights(units, (0.4, 8, 9e3)), where), quoted(units, where)
    frame = options.frame.with_row_index("row")
    row = frame.filter(pl.col("event_id") == "A-10", pl.col("hedge_id").is_null())["row"][0]
    before, after = uses_of(plain, row), uses_of(options, row)
    # sold on day 10, off on day 6: of the eight days all come before the sale, five before it moves
    lane = next(name for name in before if name.startswith("lane:"))
    assert after["event:A-10"] == pytest.approx(1.0 - 0.4)
    assert after[lane] == pytest.approx(1.0 - 0.4 * 5 / 8)
    for name in set(before) - {lane}:
        assert after[name] == pytest.approx(before[name] * 0.6)
    hold = frame.filter(pl.col("channel") == "hold")["row"][0]
    assert uses_of(options, hold) == uses_of(plain, hold) == {}


def test_without_a_right_the_options_are_those_of_before_bit_for_bit() -> None:
    units, where = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}), everywhere()
    plain = quoted(units, where)
    for told in ((None, None, None), (0.0, 9, 9e3), (0.7, 0, 9e3), (0.7, -3, 9e3)):
        same = quoted(rights(units, told, told), where)
        assert same.frame.equals(plain.frame, null_equal=True)
        assert (same.coefficient == plain.coefficient).all()
        assert (same.use != plain.use).nnz == 0
    one = quoted(rights(units, (0.5, 9, 9e3), (None, None, None)), where)
    other = pl.col("vehicle_id") == "b"
    assert one.frame.filter(other).equals(plain.frame.filter(other), null_equal=True)


def test_what_is_owed_is_paid_where_no_amount_is_told() -> None:
    units = fleet({"vehicle_id": "a", "loan_balance": 7_500.0})
    told = rights(units, (0.5, 9, None))
    right = Redemption.of(told, AS_OF)
    assert right is not None
    assert right.amount.tolist() == [7_500.0]
    told_anew = Redemption.of(rights(units, (0.5, 9, 1.0)), AS_OF)
    assert told_anew is not None
    assert told_anew.amount.tolist() == [1.0]


@pytest.mark.parametrize(("chance", "last"), [(0.3, 20), (1.0, 5), (0.05, 1)])
def test_days_are_drawn_evenly_and_as_often_as_the_chance_says(chance: float, last: int) -> None:
    right = Redemption(np.array([chance]), np.array([last]), np.zeros(1))
    luck = (np.arange(40_000) + 0.5) / 40_000
    found = right.drawn(np.zeros(1, dtype=np.int64), luck[None, :])[0]
    there = found[found <= last]
    assert there.min() == 1
    assert there.size / luck.size == pytest.approx(chance, abs=1e-4)
    counts = np.bincount(there, minlength=last + 1)[1:]
    assert counts.max() - counts.min() <= 1
    for sold in (1, 2, last, last + 4):
        share = right.before(np.zeros(1, dtype=np.int64), np.array([sold]))[0]
        assert (found < sold).mean() == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize("way", ["A-24", "O", "U", "hold"])
def test_fresh_scenarios_bring_what_the_option_promises(way: str) -> None:
    """A unit is redeemed on its day or goes its way: on average as quoted, each by its own luck."""
    n = 6_000
    pair = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    units = rights(pair, (0.5, 30, 14e3), (0.5, 30, 2e3))
    where = everywhere()
    book = book_for(units, where, n=n, still=True)
    frame = quote(book, where).frame
    named = (
        (pl.col("event_id") == way) & pl.col("hedge_id").is_null() | (pl.col("offer_id") == way)
        | (pl.col("hedge_id") == way) | (pl.col("channel") == way)
    )  # fmt: skip
    chosen = frame.filter(named).unique("vehicle_id", keep="first", maintain_order=True)
    here = Situation(units, book, where)
    found = evaluate(here, chosen, np.zeros(n))
    told = redemption_of(here, chosen)
    dear = found.net[0] > 13_000.0
    if way != "U":
        assert dear.mean() == pytest.approx(told["redeemed_first"][0], abs=0.03)
    for row in range(2):
        error = found.net[row].std() / np.sqrt(n)
        assert abs(found.net[row].mean() - chosen["expected_net"][row]) < 4.0 * error
    low = found.net[1] < 2_001.0
    both = (dear & low).mean()
    assert abs(both - dear.mean() * low.mean()) < 0.03  # each has luck of its own
    if chosen["channel"][0] == "auction":
        assert found.sold_in_run[0].sum() <= 1.0 - told["redeemed_first"][0] + 0.03
        assert found.used["mean"].max() < 2.0 * (1.0 - told["redeemed_first"][0]) + 0.05


def test_the_same_luck_whatever_is_planned_and_whoever_else_is_there() -> None:
    n, where = 512, everywhere()
    units = rights(
        fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}), (0.5, 30, 1e6), (None, None, None)
    )
    alone = units[:1]
    nets = []
    for fleet_, ways in ((units, ["A-24", "A-10"]), (alone, ["A-24"])):
        book = book_for(fleet_, where, n=n)
        frame = quote(book, where).frame
        rows = [frame.filter(pl.col("vehicle_id") == name, pl.col("event_id") == way)[:1]
                for name, way in zip(fleet_["vehicle_id"], ways, strict=True)]  # fmt: skip
        found = evaluate(Situation(fleet_, book, where), pl.concat(rows), np.zeros(n))
        nets.append(found.net[0] > 5e5)
    assert 0 < nets[0].sum() < n
    np.testing.assert_array_equal(*nets)


def test_blocks_give_the_same() -> None:
    units = rights(
        fleet(*({"vehicle_id": f"v{number}"} for number in range(5))),
        *((0.1 * number, 5 + number, 9e3) for number in range(5)),
    )
    where = everywhere()
    book = book_for(units, where, n=16)
    whole = quote(book, where).frame
    parts = pl.concat([part.frame for part in quote_blocks(book, where, block=2)])
    assert parts.drop("distance_km").equals(whole.drop("distance_km"), null_equal=True)


def test_where_the_law_grants_the_time_nothing_is_sold_before() -> None:
    units, where = fleet({"vehicle_id": "a"}), everywhere(offers=None)
    told = rights(units, (0.3, 15, 9e3))
    held = replace(where, holds=redemption_holds(told))
    assert redemption_holds(told).rows() == [("a", "redemption", day(15))]
    assert redemption_holds(rights(units, (0.0, 15, 9e3))).is_empty()
    assert set(quoted(told, where).frame["event_id"].drop_nulls()) == {"A-10", "A-24"}
    assert set(quoted(told, held).frame["event_id"].drop_nulls()) == {"A-24"}


def test_a_decision_tells_it() -> None:
    row = {"vehicle_id": "a", "make": "Ford", "model": "Focus", "status": "planned", "reason": "",
           "reason_code": "best", "channel": "hold", "event_date": None, "gross": 10.0,
           "redemption": -3.0, "expected_net": 7.0, "redeemed_first": 0.125,
           "redemption_amount": 8_200.0, "margin_to_runner_up": None}  # fmt: skip
    record = explain(row, pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), "USD")
    record["choice"] |= {"venue_id": None, "terms": None, "offer_id": None, "channel": "hold"}
    words = tell(record)
    assert "with chance 12% the borrower redeems it before that sale and pays 8,200.00" in words
    assert "chance that it is redeemed before" in words
