"""Reconditioning: who is better off, what it costs, and whether the allocator has it done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from auction import situation as situation_module
from auction.allocation import Constraints, Stop, allocate
from auction.channels.reconditioned import as_reconditioned, gains
from auction.evaluate import evaluate
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import Costs
from quoting_world import (
    book_for,
    bridge_error,
    day,
    events,
    fleet,
    holds,
    offers,
    parts,
    plain_market,
    reconditioning,
    uses_of,
    venues,
)
from residual import ValueBook
from residual.stated_grades import StatedGrades

#: What a grade, and the lack of damage, are worth in logs in this made-up world.
GRADE, DAMAGE = 0.10, {"none": 0.0, "light": -0.15, "heavy": -0.5}


def _quality(vehicles: pl.DataFrame) -> NDArray[np.float64]:
    grade = vehicles["condition_grade"].fill_null(3.0).to_numpy()
    damage = vehicles["damage"].fill_null("none").replace_strict(DAMAGE, return_dtype=pl.Float64)
    return GRADE * grade + damage.to_numpy()


@pytest.fixture(autouse=True)
def graded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let values follow grade and damage, as a fitted model would have them."""

    def redescribe(book: ValueBook, vehicles: pl.DataFrame, rows: NDArray[np.int64]) -> ValueBook:
        moved = (_quality(vehicles) - _quality(book.vehicles))[rows]
        log_value = book.log_value.copy()
        log_value[rows] += moved[:, None]
        return replace(book, vehicles=vehicles, log_value=log_value)

    monkeypatch.setattr(situation_module, "redescribe", redescribe)


def market(*works: dict[str, Any], **changes: Any) -> Market:
    named = [{"reconditioning_id": f"R{number}", **work} for number, work in enumerate(works)]
    return plain_market(**{"reconditioning": reconditioning(*named), **changes})


def situation_of(units: pl.DataFrame, where: Market, **terms: Any) -> Situation:
    return Situation(units, book_for(units, where, **terms), where)


def options_of(units: pl.DataFrame, where: Market, **terms: Any) -> Options:
    options = quote(book_for(units, where, **{"n": 16, **terms}), where)
    assert bridge_error(options) < 1e-6
    return options


@pytest.mark.parametrize(
    ("work", "unit", "better"),
    [
        ({"to_grade": 4.5}, {}, True),
        ({"to_grade": 4.0}, {}, False),  # it is of grade 4 as it stands
        ({"to_grade": 4.5}, {"condition_grade": None}, False),
        ({"to_damage": "none"}, {}, False),
        ({"to_damage": "none"}, {"damage": "light"}, True),
        ({"to_damage": "light"}, {"damage": "light"}, False),
        ({"to_damage": "light"}, {"damage": "heavy"}, True),
        ({"to_damage": "none", "to_grade": 3.0}, {"damage": "light"}, True),
        ({"to_grade": 4.5, "damage": "light"}, {}, False),
        ({"to_grade": 4.5, "damage": "light"}, {"damage": "light"}, True),
        ({"to_grade": 4.5, "min_grade": 4.1}, {}, False),
        ({"to_grade": 4.5, "max_grade": 4.0}, {}, True),
        ({"to_grade": 4.5, "max_grade": 3.9}, {}, False),
        ({"to_grade": 4.5, "make": "FORD", "model": "focus"}, {}, True),
        ({"to_grade": 4.5, "make": "Opel"}, {}, False),
        ({"to_grade": 4.5, "region": "south"}, {}, False),
        ({"to_grade": 4.5, "max_odometer": 59_000.0}, {}, False),
        ({"to_grade": 4.5, "max_age_years": 5.0}, {}, False),
    ],
)
def test_who_is_better_off(work: dict[str, Any], unit: dict[str, Any], better: bool) -> None:
    units, where = fleet({"vehicle_id": "a", **unit}), market(work)
    assert gains(situation_of(units, where), where.reconditioning.row(0, named=True)) == [better]
    found = options_of(units, where).frame["reconditioning_id"]
    assert (found.null_count() < found.len()) == better


@pytest.mark.parametrize(
    ("filed", "stated", "better"),
    [(4.0, 5.0, False), (4.0, 2.0, True), (5.0, 3.0, True), (None, 3.0, True), (4.0, None, True)],
)
def test_a_stated_grade_goes_before_that_of_the_file(
    filed: float | None, stated: float | None, better: bool
) -> None:
    """A unit that was found good needs no work, one found worse than its file may."""
    units, where = fleet({"vehicle_id": "a", "condition_grade": filed}), market({"to_grade": 4.5})
    book = book_for(units, where, n=16)
    grade = np.array([np.nan if stated is None else stated])
    seen = StatedGrades(grade, np.zeros(1), np.ones(1))
    here = Situation(units, replace(book, stated=seen), where)
    assert gains(here, where.reconditioning.row(0, named=True)) == [better]
    options = quote(here.book, where)
    done = options.frame.filter(pl.col("reconditioning_id") == "R0")
    assert (done.height > 0) == better
    if better:
        after = as_reconditioned(here, done[:1])
        assert after.vehicles["condition_grade"].to_list() == [4.5]


def test_units_are_quoted_with_and_without_wherever_they_are_sold_whole() -> None:
    sites = venues(
        {"venue_id": "A"}, {"venue_id": "D", "channel": "dealer"},
        {"venue_id": "X", "channel": "dismantling", "labour_rate": 10.0},
    )  # fmt: skip
    bids = offers(
        {"offer_id": "O", "venue_id": "D", "price": 9_000.0, "min_grade": 4.5},
        {"offer_id": "F", "venue_id": "D", "kind": "forward", "price": 1.0, "market_rate": 0.9},
    )
    where = market(
        {"to_grade": 4.6, "cost": 200.0}, venues=sites, offers=bids,
        parts=parts({"group": "*", "part": "door", "price": 90.0}),
    )  # fmt: skip
    frame = options_of(fleet({"vehicle_id": "a"}), where).frame
    done = frame.filter(pl.col("reconditioning_id") == "R0")
    assert done["reconditioning"].unique().to_list() == [200.0]
    assert frame.filter(pl.col("reconditioning_id").is_null())["reconditioning"].sum() == 0.0
    assert set(done["channel"]) == {"auction", "dealer"}
    assert set(done["offer_id"].drop_nulls()) == {"O", "F"}  # the bid asks for the better grade
    assert "O" not in set(frame.filter(pl.col("reconditioning_id").is_null())["offer_id"])
    assert done["terms"].to_list()[0] == "reserve 100%, after R0"


def test_money_of_an_auction_after_work_worked_by_hand() -> None:
    """The lot earns what a unit of the better grade earns, less the work, when it can be there."""
    worn, better = fleet({"vehicle_id": "a"}), fleet({"vehicle_id": "a", "condition_grade": 5.0})
    costs = Costs(discount_rate=0.1)
    where = market(
        {"to_grade": 5.0, "cost": 300.0, "days": 9.5}, costs=costs,
        holds=holds({"vehicle_id": "a", "until": day(2)}),
    )  # fmt: skip
    done = options_of(worn, where).frame.filter(pl.col("reconditioning_id") == "R0")
    assert done["event_id"].to_list() == ["A-24"]  # ready on day 3, done on day 13, a day to move
    plain = replace(where, reconditioning=None)
    same = options_of(
        better.with_columns(worth=10_000.0 * np.exp(GRADE * 1.0)), plain
    ).frame.filter(pl.col("event_id") == "A-24")
    paid = 300.0 * np.exp(-0.1 * 3 / 365.25)
    assert done["gross"][0] == pytest.approx(same["gross"][0], rel=1e-9)
    assert done["reconditioning"][0] == pytest.approx(paid)
    assert done["expected_net"][0] == pytest.approx(same["expected_net"][0] - paid, rel=1e-9)


def test_no_more_units_than_the_workshop_takes() -> None:
    units = fleet(*({"vehicle_id": f"v{number}"} for number in range(4)))
    where = market({"to_grade": 5.0, "cost": 100.0, "max_units": 2}, events=events(
        {"event_id": "A-10", "venue_id": "A", "days": 10}
    ))  # fmt: skip
    options = options_of(units, where)
    (work,) = [each for each in options.resources if each.kind == "reconditioning"]
    assert (work.resource_id, work.limit) == ("reconditioning:R0", 2.0)
    row = options.frame.with_row_index("row").filter(pl.col("reconditioning_id") == "R0")["row"][0]
    assert uses_of(options, row)["reconditioning:R0"] == 1.0
    plan = allocate(options, stop=Stop(0.0, 60.0, 1e9))
    assert options.frame[plan.chosen]["reconditioning_id"].drop_nulls().len() == 2
    table = plan.shadow_prices.filter(pl.col("kind") == "reconditioning")
    assert table["label"].to_list() == ["work R0"]
    assert table["price"][0] > 0.0


@pytest.mark.parametrize(("cost", "worth_it"), [(200.0, True), (5_000.0, False)])
def test_the_allocator_has_it_done_where_it_pays(cost: float, worth_it: bool) -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "condition_grade": 1.5})
    options = options_of(units, market({"to_grade": 5.0, "cost": cost}))
    plan = allocate(options, stop=Stop(0.0, 60.0, 1e9))
    assert (options.frame[plan.chosen]["reconditioning_id"].null_count() == 0) == worth_it
    # every combination of the two units' options, as nothing is scarce but ten slots
    best = sum(
        options.frame.group_by("vehicle_id").agg(pl.col("expected_net").max())["expected_net"]
    )
    assert plan.objective == pytest.approx(best, rel=1e-9)


def test_two_works_are_two_options_and_the_better_is_taken() -> None:
    works = ({"to_grade": 4.5, "cost": 50.0}, {"to_grade": 5.0, "cost": 60.0})
    options = options_of(fleet({"vehicle_id": "a"}), market(*works))
    plan = allocate(options, stop=Stop(0.0, 60.0, 1e9))
    assert options.frame[plan.chosen]["reconditioning_id"].to_list() == ["R1"]


def test_without_work_the_options_are_those_of_before_bit_for_bit() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    bare, idle = plain_market(), market({"to_grade": 1.5})
    before, after = (quote(book_for(units, where, n=16), where) for where in (bare, idle))
    assert before.frame.equals(after.frame, null_equal=True)
    assert (before.coefficient == after.coefficient).all()


def test_other_units_keep_their_options() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "condition_grade": 5.0})
    where = market({"to_grade": 5.0})
    plain = options_of(units, replace(where, reconditioning=None)).frame
    both = options_of(units, where).frame
    assert both.filter(pl.col("reconditioning_id").is_null()).equals(plain, null_equal=True)
    assert both.filter(pl.col("reconditioning_id") == "R0")["vehicle_id"].unique().to_list() == [
        "a"
    ]


def test_on_fresh_scenarios_the_better_unit_is_sold_and_the_work_is_paid() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    sites = venues({"venue_id": "A"}, {"venue_id": "D", "channel": "dealer"})
    bids = offers({"offer_id": "O", "venue_id": "D", "price": 9_000.0, "min_grade": 4.5})
    where = market({"to_grade": 5.0, "cost": 250.0}, venues=sites, offers=bids)
    here = situation_of(units, where, n=4_000)
    frame = quote(here.book, where).frame.filter(pl.col("reconditioning_id") == "R0")
    chosen = pl.concat(
        [
            frame.filter(pl.col("vehicle_id") == "a", pl.col("event_id") == "A-10")[:1],
            frame.filter(pl.col("vehicle_id") == "b", pl.col("offer_id") == "O"),
        ]
    )
    after = as_reconditioned(here, chosen)
    assert after.vehicles["condition_grade"].to_list() == [5.0, 5.0]
    np.testing.assert_allclose(after.log_value - here.log_value, GRADE)
    found = evaluate(here, chosen, np.zeros(4_000))
    assert found.net[1] == pytest.approx(chosen["expected_net"][1])
    error = found.net[0].std() / np.sqrt(4_000)
    assert abs(found.net[0].mean() - chosen["expected_net"][0]) < 4.0 * error
    bare = situation_of(
        units.with_columns(worth=10_000.0 * np.exp(GRADE)), replace(where, reconditioning=None),
        n=4_000,
    )  # fmt: skip
    same = chosen.with_columns(
        reconditioning_id=pl.lit(None, dtype=pl.String), reconditioning=pl.lit(0.0),
        expected_net=pl.col("expected_net") + pl.col("reconditioning"),
    )  # fmt: skip
    np.testing.assert_allclose(
        evaluate(bare, same, np.zeros(4_000)).net - 250.0, found.net, rtol=1e-9
    )


def test_the_largest_sacrifice_is_measured_against_the_unit_as_it_stands() -> None:
    """A workshop with one place must not bar every other unit from being sold as it stands."""
    units = fleet(*({"vehicle_id": f"v{number}", "condition_grade": 1.5} for number in range(3)))
    works = ({"to_grade": 5.0, "cost": 100.0, "max_units": 1},)
    options = options_of(units, market(*works))
    rules = Constraints(sacrifice_rate=0.05, hold_exempt=False)
    plan = allocate(options, rules, stop=Stop(0.0, 60.0, 1e9))
    assert options.frame[plan.chosen]["reconditioning_id"].null_count() == 2
