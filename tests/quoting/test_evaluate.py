"""Plans on fresh scenarios: repeatable, free of threads, and true to the quoted terms."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest, norm

from _core.reference_outcomes import two_highest
from auction.evaluate import Evaluation, evaluate, totals
from auction.market import Market
from auction.quoting import quote
from auction.situation import Situation, planning_dates, week_of
from auction.spill import Lines
from auction.workspace.config import AuctionRules, Costs
from quoting_world import (
    book_for,
    day,
    events,
    fleet,
    hedges,
    make_book,
    offers,
    parts,
    plain_market,
    venues,
)

UNITS = fleet(*[{"vehicle_id": f"v{i}", "worth": 4_000.0 + 1_000 * i} for i in range(8)])


def market(**changes: Any) -> Market:
    terms: dict[str, Any] = {
        "venues": venues(
            {"venue_id": "A"},
            {"venue_id": "D", "channel": "dealer"},
            {"venue_id": "X", "channel": "dismantling", "labour_rate": 20.0},
        ),
        "offers": offers({"offer_id": "O", "venue_id": "D", "price": 7_500.0}),
        "parts": parts(
            {"group": "*", "part": "engine", "price": 900.0, "labour_hours": 6.0},
            {"group": "*", "part": "trim", "price": 1.0, "labour_hours": 6.0},
            {
                "group": "*",
                "part": "wiring",
                "price": 60.0,
                "labour_hours": 1.0,
                "legal_class": "scrap",
            },
            {"group": "*", "part": "hulk", "price": 250.0, "legal_class": "scrap"},
        ),
        "hedges": hedges({"hedge_id": "F"}),
    }
    return plain_market(**{**terms, **changes})


def mixed_plan(situation: Situation) -> pl.DataFrame:
    """Return a plan that uses every channel and a floor."""
    frame = quote(situation.book, situation.market).frame
    wanted = ["auction", "dealer", "dismantling", "hold", "auction", "auction", "hold", "auction"]
    rows = []
    for number, (vehicle, channel) in enumerate(
        zip(situation.book.vehicle_ids, wanted, strict=True)
    ):
        own = frame.filter(pl.col("vehicle_id") == vehicle, pl.col("channel") == channel)
        if number == 4:
            own = own.filter(pl.col("hedge_id") == "F", pl.col("event_id") == "A-10")
        rows.append(own[0])
    chosen = pl.concat(rows)
    assert chosen["hedge_id"].null_count() == 7
    return chosen


def evaluated(n: int = 400, seed: int = 7, threads: int = 1, **changes: Any) -> Evaluation:
    where = market(**changes)
    situation = Situation(UNITS, book_for(UNITS, where, n=n, seed=seed), where, threads)
    return evaluate(situation, mixed_plan(situation), np.linspace(-5.0, 5.0, n))


def test_shapes_and_sums() -> None:
    found = evaluated(n=401)
    assert found.net.shape == (8, 401)
    assert found.sold_in_run.shape == (8, 3)
    np.testing.assert_allclose(found.total, found.net.sum(axis=0) + np.linspace(-5, 5, 401))
    weights = found.tail_weights(0.95)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ found.total == pytest.approx(found.tail(0.95)[0], rel=1e-12)


def test_in_blocks_and_beside_a_plan_that_is_known_the_bits_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = market()
    situation = Situation(UNITS, book_for(UNITS, where, n=300), where)
    plan, positions = mixed_plan(situation), np.linspace(-5.0, 5.0, 300)
    same = np.array([True, False, True, True, False, False, True, True])
    holds = quote(situation.book, where).frame.filter(pl.col("channel") == "hold")
    other = pl.concat([(plan if kept else holds)[[row]] for row, kept in enumerate(same)])
    whole, expected = (evaluate(situation, each, positions) for each in (plan, other))
    for block, threads in ((3, 1), (3, 2), (2, 3), (100, 2)):
        monkeypatch.setattr("auction.evaluate._BLOCK", block)
        situation = replace(situation, threads=threads)
        found = evaluate(situation, plan, positions)
        assert np.array_equal(found.net, whole.net)
        assert np.array_equal(found.sold_in_run, whole.sold_in_run)
        assert found.used.equals(whole.used)
        told = totals(situation, other, positions, whole, same)
        assert np.array_equal(told.total, expected.total)
        assert told.tail(0.9) == expected.tail(0.9)
    assert not np.array_equal(whole.total, expected.total)


def test_what_lies_on_the_disk_is_what_lies_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = evaluated(threads=2)
    monkeypatch.setattr("auction.evaluate._BLOCK", 3)
    monkeypatch.setattr("auction.evaluate.Lines", partial(Lines, held=0))
    disk = evaluated(threads=2)
    assert memory.pages is None
    assert disk.pages is not None
    np.testing.assert_array_equal(disk.net, memory.net)
    np.testing.assert_array_equal(disk.total, memory.net.sum(axis=0) + memory.hedges)
    np.testing.assert_array_equal(disk.means(), memory.net.mean(axis=1))
    np.testing.assert_array_equal(disk.quantiles(), memory.quantiles())
    copy = disk.of(np.array([5, 2]))
    np.testing.assert_array_equal(copy, memory.net[[5, 2]])
    copy[:] = 0.0
    np.testing.assert_array_equal(disk.net, memory.net)


@pytest.mark.parametrize("block", [1, 3, 100])
def test_groups_are_summed_in_the_order_of_the_fleet(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = evaluated()
    monkeypatch.setattr("auction.evaluate._BLOCK", block)
    group = np.array(["b", "a", "b", "c", "b", "a", "b", "b"])
    summed = found.by(group)
    assert list(summed) == ["a", "b", "c"]
    for name, proceeds in summed.items():
        np.testing.assert_array_equal(proceeds, found.net[group == name].sum(axis=0))
    np.testing.assert_array_equal(found.of_some(group == "b"), summed["b"])
    assert not found.of_some(np.zeros(8, dtype=np.bool_)).any()


def test_quantiles_are_ordered_and_those_of_the_sample() -> None:
    found = evaluated()
    quantiles = found.quantiles()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (np.diff(quantiles[[0, 3, 4]], axis=1) > 0).all()
    np.testing.assert_allclose(quantiles, np.quantile(found.net, [0.05, 0.5, 0.95], axis=1).T)


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    one, two, other = evaluated(), evaluated(), evaluated(seed=8)
    np.testing.assert_array_equal(one.net, two.net)
    assert one.used.equals(two.used)
    assert (one.net[0] != other.net[0]).any()


def test_threads_do_not_change_a_bit() -> None:
    one, two = evaluated(), evaluated(threads=2)
    np.testing.assert_array_equal(one.net, two.net)
    np.testing.assert_array_equal(one.sold_in_run, two.sold_in_run)


def test_another_vehicle_changes_no_ones_luck() -> None:
    where = market()
    book = book_for(UNITS, where, n=200)
    chosen = mixed_plan(Situation(UNITS, book, where))
    all_of_them = evaluate(Situation(UNITS, book, where), chosen, np.zeros(200))
    few = Situation(UNITS[3:6], book_for(UNITS[3:6], where, n=200), where)
    some = evaluate(few, chosen[3:6], np.zeros(200))
    np.testing.assert_array_equal(some.net, all_of_them.net[3:6])


def test_what_is_certain_is_the_same_in_every_scenario() -> None:
    where = market()
    situation = Situation(UNITS, book_for(UNITS, where, n=100), where)
    chosen = mixed_plan(situation)
    found = evaluate(situation, chosen, np.zeros(100))
    np.testing.assert_array_equal(found.net[1], chosen["expected_net"][1])
    scrap = np.exp(situation.book.scrap[situation.book.dates.index(day(7))])
    slope = np.polyfit(scrap, found.net[2], 1)
    worth = np.exp(-0.08 * (7 + 5 + 45) / 365.25)
    assert slope[0] == pytest.approx((250.0 + 60.0) * 0.97 * worth, rel=1e-9)  # hulk and wiring


def test_lots_that_anyone_may_have_for_nothing_sell_when_somebody_comes() -> None:
    where = market(venues=venues({"venue_id": "A", "bidders": 1.2}), offers=None, parts=None)
    situation = Situation(UNITS, book_for(UNITS, where, n=4_000), where)
    frame = quote(situation.book, where).frame
    chosen = frame.filter(pl.col("event_id") == "A-10", pl.col("hedge_id").is_null())
    given_away = chosen.with_columns(reserves=pl.lit([1e-9, 1e-9, 1e-9]))
    found = evaluate(situation, given_away, np.zeros(4_000))
    comes = 1 - np.exp(-1.2)
    expected = comes * np.exp(-1.2 * np.arange(3))
    np.testing.assert_allclose(found.sold_in_run.mean(axis=0), expected, atol=0.01)
    assert (chosen["reserves"].list.first() > 1_000.0).all()


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_lots_that_are_too_dear_go_to_the_trade(rate: float) -> None:
    where = market(costs=Costs(discount_rate=rate), hedges=None)
    book = book_for(UNITS, where, n=50, still=True)
    situation = Situation(UNITS, book, where)
    frame = quote(book, where).frame.filter(pl.col("event_id") == "A-10")
    dear = frame.with_columns(reserves=pl.lit([1e9, 1e9, 1e9]))
    found = evaluate(situation, dear, np.zeros(50))
    assert (found.sold_in_run == 0.0).all()
    place = book.dates.index(day(10))
    shock = book.unit_shocks(1, 50)
    log_value = book.log_value[:, [place]] + book.factor[0, place] + 0.12 * shock
    last = 0.85 * np.exp(log_value + 3 * (np.log(0.993) - 14 * 0.0005))

    def worth(days: float) -> float:
        return float(np.exp(-rate * days / 365.25))

    # Three fees for nothing, five days later as any settlement; kept at 10 a day for 3 x 14 days.
    fees = 60.0 * sum(worth(15 + 14 * run) for run in range(3))
    kept = 10.0 * sum(worth(15 + at / 100 + 0.005) for at in range(4_200)) / 100
    before = 60.0 + 10.0 * sum(worth(at / 100 + 0.005) for at in range(1_000)) / 100
    np.testing.assert_allclose(found.net, worth(57) * last - fees - kept - before, rtol=1e-7)


def test_what_is_offered_is_counted_with_its_reruns() -> None:
    found = evaluated(n=500)
    first = found.used.filter(pl.col("week") == 2)
    assert first.rows() == [("A", 2, 4.0, 4.0)]
    sold = found.sold_in_run[[0, 4, 5, 7]]
    again = found.used.filter(pl.col("week") == week_of(np.array([24]))[0])
    assert again["mean"][0] == pytest.approx((1 - sold[:, 0]).sum(), rel=1e-12)
    assert again["q95"][0] <= 4.0
    assert found.used["week"].to_list() == [2, 4, 6]


def test_no_lot_at_auction_is_no_trouble() -> None:
    where = market()
    situation = Situation(UNITS, book_for(UNITS, where, n=20), where)
    held = quote(situation.book, where).frame.filter(pl.col("channel") == "hold")
    found = evaluate(situation, held, np.zeros(20))
    assert found.used.is_empty()
    assert (found.sold_in_run == 0).all()
    assert found.used.columns == ["venue_id", "week", "mean", "q95"]


def test_many_lots_are_the_same_in_blocks() -> None:
    # More units than are run at once, each alike but for its name.
    units = fleet(*[{"vehicle_id": f"v{i:04d}"} for i in range(300)])
    where = plain_market()
    book = book_for(units, where, n=20)
    chosen = quote(book, where).frame.filter(pl.col("event_id") == "A-10")
    found = evaluate(Situation(units, book, where), chosen, np.zeros(20))
    few = Situation(units[280:], book_for(units[280:], where, n=20), where)
    tail = evaluate(few, chosen[280:], np.zeros(20))
    np.testing.assert_array_equal(found.net[280:], tail.net)
    spread = evaluate(Situation(units, book, where, threads=2), chosen, np.zeros(20))
    np.testing.assert_array_equal(found.net, spread.net)
    assert found.used.equals(spread.used)
    assert found.used["mean"][0] == 300.0


@pytest.mark.parametrize("arrival", [0.7, 3.0, 12.0])
def test_the_two_highest_bidders_have_their_distribution(arrival: float) -> None:
    n, spread = 20_000, 0.2
    draws = np.random.default_rng(4).random((2, n))
    first, second = two_highest(draws, arrival, spread)
    assert (second <= first).all()
    for values, chance in ((first, top), (second, runner_up)):
        absent = ~np.isfinite(values)
        nobody = chance(np.array([-np.inf]), arrival, spread)[0]
        assert absent.mean() == pytest.approx(nobody, abs=4 * 0.5 / np.sqrt(n))
        level = (chance(values[~absent], arrival, spread) - nobody) / (1 - nobody)
        assert kstest(level, "uniform").pvalue > 0.01


def top(x: NDArray[np.float64], arrival: float, spread: float) -> NDArray[np.float64]:
    return np.exp(-arrival * norm.sf(x / spread))


def runner_up(x: NDArray[np.float64], arrival: float, spread: float) -> NDArray[np.float64]:
    above = arrival * norm.sf(x / spread)
    return np.exp(-above) * (1 + above)


def test_the_standard_error_of_the_tail_is_that_of_repeated_draws() -> None:
    draw = np.random.default_rng(1)
    tails = []
    for _ in range(200):
        total = 1e6 + 1e4 * draw.standard_normal(1_000)
        sample = Evaluation(total[None, :], np.zeros(1_000), np.zeros((1, 1)), pl.DataFrame())
        tails.append(sample.tail(0.95))
    value, error = np.array(tails).T
    assert value.mean() == pytest.approx(1e6 - 1e4 * norm.pdf(norm.ppf(0.05)) / 0.05, abs=150)
    assert error.mean() == pytest.approx(value.std(ddof=1), rel=0.2)


def test_fresh_totals_spread_as_their_error_says() -> None:
    where = plain_market()
    units = UNITS[:3]
    means, errors = [], []
    plan: pl.DataFrame | None = None
    for seed in range(40):
        book = make_book(units, planning_dates(where, day(0)), n=200, seed=seed)
        situation = Situation(units, book, where)
        if plan is None:
            plan = quote(book, where).frame.filter(pl.col("event_id") == "A-10")
        total = evaluate(situation, plan, np.zeros(200)).total
        means.append(total.mean())
        errors.append(total.std(ddof=1) / np.sqrt(200))
    assert np.std(means, ddof=1) == pytest.approx(np.mean(errors), rel=0.4)


def test_a_market_that_falls_between_runs_is_followed() -> None:
    # The market halves after the first run: only units unsold then are hit.
    where = plain_market(
        costs=Costs(discount_rate=0.0),
        events=events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "A-24", "venue_id": "A", "days": 24},
        ),
        auction=AuctionRules(reserve_levels=(1.0,), runs=1),
    )
    book = book_for(UNITS, where, n=300, factor_sd=0.0)
    later = book.factor.copy()
    later[:, book.dates.index(day(24)) :] = np.log(0.5)
    chosen = quote(book, where).frame.filter(pl.col("event_id") == "A-10")
    calm = evaluate(Situation(UNITS, book, where), chosen, np.zeros(300))
    fallen = evaluate(Situation(UNITS, replace(book, factor=later), where), chosen, np.zeros(300))
    hit = calm.net != fallen.net
    np.testing.assert_allclose(hit.mean(axis=1), 1 - calm.sold_in_run[:, 0], atol=1e-12)
    assert (fallen.net <= calm.net).all()
