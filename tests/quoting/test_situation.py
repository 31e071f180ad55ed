"""The fleet on the planning date: dates, readiness, bidders, holding, and units kept back."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.bidders import arrivals
from auction.fleet import Fleet, assumed_of, part_fleet
from auction.market import Market
from auction.quoting import quote
from auction.situation import Situation, hold_date, planning_dates, unit_nodes, week_of
from auction.workspace.config import AuctionRules, Costs
from quoting_world import (
    AS_OF,
    SEGMENTS,
    book_for,
    day,
    events,
    fleet,
    hedges,
    holds,
    make_book,
    plain_market,
    venues,
)
from residual import InputError, second_highest_moments

ONE = fleet({"vehicle_id": "a"})


def situation(vehicles: pl.DataFrame = ONE, **changes: Any) -> Situation:
    market = plain_market(**changes)
    return Situation(vehicles, book_for(vehicles, market), market)


# --- dates ---


def test_planning_dates_hold_all_that_is_quoted() -> None:
    market = plain_market(
        weeks=2,
        events=events(
            *[{"event_id": f"E{d}", "venue_id": "A", "days": d} for d in (-3, 0, 3, 7, 14, 15)]
        ),
        hedges=hedges(
            {"hedge_id": "P", "kind": "index_put", "expiry": day(90)},
            {"hedge_id": "Q", "kind": "index_put", "expiry": day(-1)},
            {"hedge_id": "F", "expiry": day(55)},
        ),
    )
    assert hold_date(market, AS_OF) == day(21)
    assert planning_dates(market, AS_OF) == [day(d) for d in (0, 3, 7, 14, 21, 90)]


@pytest.mark.parametrize(
    ("days", "week"), [(-9, 1), (0, 1), (1, 1), (7, 1), (8, 2), (14, 2), (15, 3), (56, 8)]
)
def test_days_one_to_seven_are_week_one(days: int, week: int) -> None:
    assert week_of(np.array([days]))[0] == week


def test_dates_that_the_book_lacks_are_all_told() -> None:
    market = plain_market()
    book = make_book(ONE, [AS_OF, day(49)])
    with pytest.raises(InputError) as caught:
        quote(book, market)
    assert sorted(str(fault.value) for fault in caught.value.faults) == [
        str(day(10)), str(day(24))
    ]  # fmt: skip
    assert "planning_dates" in str(caught.value.faults[0].remedy)


def test_positions_are_those_of_the_book() -> None:
    here = situation()
    found = here.position(here.days[::-1].copy())
    np.testing.assert_array_equal(found, np.arange(here.days.size)[::-1])
    for outside in (-1, 1, 10_000):
        with pytest.raises(InputError):
            here.position(np.array([outside]))


def test_the_fleet_must_stand_in_the_order_of_the_book() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    market = plain_market()
    with pytest.raises(ValueError, match="order of the book"):
        Situation(units[::-1], book_for(units, market), market)


def test_a_market_needs_a_week() -> None:
    with pytest.raises(ValueError, match="weeks must be at least 1, not 0"):
        Market(venues=venues(), weeks=0)


# --- readiness and costs ---


def test_units_are_ready_when_available_and_free() -> None:
    units = fleet(
        {"vehicle_id": "a"}, {"vehicle_id": "b", "available_from": day(5)},
        {"vehicle_id": "c", "available_from": day(-5)}, {"vehicle_id": "d"},
        {"vehicle_id": "e", "available_from": day(20)},
    )  # fmt: skip
    barred = holds(
        {"vehicle_id": "d", "until": day(3)}, {"vehicle_id": "d", "until": day(8), "kind": "tax"},
        {"vehicle_id": "e", "until": day(8)}, {"vehicle_id": "c", "until": day(-9)},
    )  # fmt: skip
    np.testing.assert_array_equal(situation(units, holds=barred).ready, [0, 5, 0, 9, 20])


def test_holding_is_paid_day_by_day_and_discounted() -> None:
    days = np.array([0.0, 1.0, 30.0, 400.0])
    free = situation(costs=Costs(discount_rate=0.0, holding_per_day=9.0))
    np.testing.assert_array_equal(free.holding(days), 9.0 * days)
    np.testing.assert_array_equal(free.discount(days), 1.0)
    dear = situation(costs=Costs(discount_rate=0.2, holding_per_day=9.0))
    each = (np.arange(400_000) + 0.5) / 1_000
    paid = 9.0 * np.exp(-0.2 * each / 365.25).sum() / 1_000
    assert dear.holding(days)[3] == pytest.approx(paid, rel=1e-9)
    assert dear.discount(np.array([365.25]))[0] == pytest.approx(np.exp(-0.2))
    hardly = situation(costs=Costs(discount_rate=1e-12, holding_per_day=9.0))
    np.testing.assert_allclose(hardly.holding(days), 9.0 * days, rtol=1e-9)


def test_nodes_integrate_over_the_units_shock() -> None:
    book = book_for(ONE, plain_market())
    every, weight = unit_nodes(book)
    assert every.shape == (1, 32)
    shock = every[0]
    assert weight.sum() == pytest.approx(1.0)
    assert (np.diff(shock) > 0).all()
    fine = book.shocks[0].quantile((np.arange(200_000) + 0.5) / 200_000)
    assert weight @ shock == pytest.approx(fine.mean(), abs=2e-3)
    for scale in (0.1, 0.4):
        assert weight @ np.exp(scale * shock) == pytest.approx(
            np.exp(scale * fine).mean(), rel=5e-3
        )


# --- bidders ---


def sales(*rows: tuple[str | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"venue_id": pl.String, "bidders": pl.Int64}, orient="row")


def test_counts_of_bidders_weigh_against_twenty_lots() -> None:
    sites = venues(
        {"venue_id": "A", "bidders": 8.0}, {"venue_id": "B", "bidders": None},
        {"venue_id": "C", "bidders": 0.0}, {"venue_id": "D", "bidders": 4.0},
    )  # fmt: skip
    past = sales(
        *[("A", 2)] * 20, ("B", 15), ("B", None), (None, 99), ("Z", 50), ("D", 0), ("D", 0)
    )

    def rates(sites: pl.DataFrame, past: pl.DataFrame | None) -> np.ndarray:
        rows = 0 if past is None else past.height
        return arrivals(sites, past, 6.0, np.zeros(rows, dtype=np.int64), 1).rate

    np.testing.assert_allclose(rates(sites, past), [5.0, (20 * 6 + 15) / 21, 0.5, 80 / 22])
    np.testing.assert_allclose(rates(sites, None), [8.0, 6.0, 0.5, 4.0])
    np.testing.assert_allclose(rates(sites, past[:0]), [8.0, 6.0, 0.5, 4.0])
    assert rates(venues(), past).size == 0


def test_past_sales_tell_how_busy_a_venue_is() -> None:
    busy = situation(sales=sales(*[("A", 14)] * 60)).arrivals
    assert busy.rate == pytest.approx([(20 * 6 + 60 * 14) / 80])
    assert busy.factor == pytest.approx(1.0)


def test_a_crowd_parts_hammers_into_bidders_and_values() -> None:
    vans, cars = SEGMENTS.index("van"), SEGMENTS.index("car")
    past = pl.DataFrame(
        {
            "venue_id": ["A"] * 600,
            "bidders": [4, 12] * 300,
            "segment": ["car", "van"] * 300,
        }
    )
    units = fleet(
        {"vehicle_id": "a", "segment": "car"}, {"vehicle_id": "b", "segment": "van"}
    )  # fmt: skip
    found = situation(units, sales=past)
    unit, venue = np.arange(2), np.zeros(2, dtype=np.int64)
    bidders, log_factor = found.bidding(unit, venue)
    assert bidders == pytest.approx([4.0, 12.0], rel=0.06)
    assert found.arrivals.lots[0, [cars, vans]].tolist() == [300, 300]
    # what the second highest of them pays is what it would be at the venue's mean number
    spread = found.book.sale_spread
    paid = [second_highest_moments(float(each))[0] for each in bidders]
    usual = second_highest_moments(float(found.arrivals.rate[0]))[0]
    assert log_factor + spread * paid == pytest.approx(found.venue_factor[0] + spread * usual)


# --- units kept back ---


def test_money_of_a_unit_kept_back_worked_by_hand() -> None:
    costs = Costs(discount_rate=0.1, holding_per_day=12.0)
    rules = AuctionRules(fallback_discount=0.2)
    market = plain_market(weeks=3, events=None, costs=costs, auction=rules)
    book = book_for(ONE, market, factor_sd=0.07, unit_scale=0.2, daily_fall=0.001)
    options = quote(book, market)
    assert options.frame.height == 1
    row = options.frame.row(0, named=True)
    days = 28
    place = book.dates.index(day(days))
    fine = book.shocks[0].quantile((np.arange(200_000) + 0.5) / 200_000)
    value = 10_000 * np.exp(-0.001 * days + book.factor[0, place]) * np.exp(0.2 * fine).mean()
    rate = 0.1 / 365.25
    holding = 12.0 * (1 - np.exp(-rate * days)) / rate
    net = np.exp(-rate * days) * 0.8 * value - holding
    found = options.coefficient[0] @ options.basis[options.group[0]]
    np.testing.assert_allclose(found, net, rtol=2e-3)
    np.testing.assert_allclose(found - found.mean(), net - net.mean(), atol=2e-3 * 10_000 * 0.07)
    assert row["gross"] == pytest.approx(0.8 * value.mean(), rel=2e-3)
    assert row["holding"] == pytest.approx(holding, rel=1e-12)
    assert row["finance"] == pytest.approx(row["gross"] * (1 - np.exp(-rate * days)), rel=1e-9)
    assert row["expected_net"] == pytest.approx(row["gross"] - row["finance"] - holding, rel=1e-9)
    for column in ("venue_id", "event_id", "date", "week", "offer_id", "hedge_id", "reserve"):
        assert row[column] is None
    assert options.use.shape == (0, 1)


# --- which vehicles are planned ---


def test_the_fleet_is_parted_with_reasons_in_words() -> None:
    units = fleet(
        {"vehicle_id": "z-plain"},
        {"vehicle_id": "barred"},
        {"vehicle_id": "barred-twice"},
        {"vehicle_id": "delayed"},
        {"vehicle_id": "late", "available_from": day(43)},
        {"vehicle_id": "last-day", "available_from": day(42)},
        {"vehicle_id": "no-title", "title_status": "missing"},
        {"vehicle_id": "no-title-and-late", "title_status": "missing", "available_from": day(99)},
        {"vehicle_id": "lien", "title_status": "lien"},
        {"vehicle_id": "barred-no-title", "title_status": "missing"},
    )
    bars = holds(
        {"vehicle_id": "barred", "until": day(42)},
        {"vehicle_id": "barred-twice", "until": day(50), "kind": "tax"},
        {"vehicle_id": "barred-twice", "until": day(60), "kind": "court"},
        {"vehicle_id": "delayed", "until": day(41)},
        {"vehicle_id": "barred-no-title", "until": day(99), "kind": "court"},
        {"vehicle_id": "not-ours", "until": day(99)},
    )
    found = part_fleet(units, bars, AS_OF, 6)
    assert found.planned["vehicle_id"].to_list() == ["delayed", "last-day", "lien", "z-plain"]
    assert found.planned.columns == units.columns
    assert found.left_out.drop("reason_code", "reason_values").rows() == [
        ("barred", "barred", f"legal hold (police) until {day(42)}"),
        ("barred-no-title", "barred", f"legal hold (court) until {day(99)}"),
        ("barred-twice", "barred", f"legal hold (court) until {day(60)}"),
        ("late", "unsaleable", f"available only from {day(43)}"),
        ("no-title", "unsaleable", "title missing"),
        ("no-title-and-late", "unsaleable", "title missing"),
    ]


def test_without_holds_everything_with_a_title_is_planned() -> None:
    units = fleet({"vehicle_id": "b"}, {"vehicle_id": "a"})
    found = part_fleet(units, None, AS_OF, 1)
    assert found.planned["vehicle_id"].to_list() == ["a", "b"]
    assert found.left_out.is_empty()
    assert found.left_out.columns == [
        "vehicle_id", "status", "reason", "reason_code", "reason_values",
    ]  # fmt: skip
    assert part_fleet(units, holds(), AS_OF, 1).planned.height == 2


def test_nothing_is_assumed_of_what_no_sale_tells() -> None:
    parted = Fleet(ONE.with_columns(condition_grade=None, odometer=None), pl.DataFrame())
    blank = pl.DataFrame({"condition_grade": [None, None], "odometer": [9e4, None]})
    said = assumed_of(parted, blank)
    assert [words.split(" unknown")[0] for words in said if "title" not in words] == ["odometer"]
    told = assumed_of(parted, blank.with_columns(condition_grade=3.0))
    assert sum("condition_grade" in words for words in told) == 1
