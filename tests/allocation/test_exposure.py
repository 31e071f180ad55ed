"""What counterparties may come to owe, in money, by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Allocation, Constraints, Limit, allocate
from auction.allocation.exposure import entries_within, within_limits
from auction.errors import InfeasibleError
from auction.hedges import Entry, Hedges, Layer, Position
from auction.option_table import OptionTable
from auction.options import Options

FLAT = np.zeros(2)
#: What the floor of each vehicle guarantees, and what it is worth beyond a sale without it.
GUARANTEED, GAIN = {"a": 90.0, "b": 60.0, "c": 50.0}, {"a": 10.0, "b": 7.0, "c": 6.0}


@pytest.fixture
def covered(build_options: Callable[..., Options]) -> Options:
    """Three vehicles that sell for 100, with a floor of a bank for more; a dealer gives 101."""
    rows: list[dict[str, object]] = []
    worth = []
    for name in "abc":
        shared = {"vehicle_id": name, "channel": "auction", "venue_id": "A"}
        floor = {"hedge_id": "F", "counterparty": "bank", "exposure": GUARANTEED[name]}
        dealer = {"vehicle_id": name, "channel": "dealer", "venue_id": "D"}
        rows += [shared, shared | floor, dealer | {"counterparty": "D", "exposure": 101.0}]
        worth += [100.0, 100.0 + GAIN[name], 101.0]
    return build_options(
        rows,
        coefficient=np.array(worth)[:, None],
        group=np.zeros(len(rows), dtype=np.int64),
        basis=np.ones((1, 1, 2)),
        use=[{} for _ in rows],
        limits={},
    )


def bank(most: float) -> Limit:
    return Limit("counterparty", "bank", max_exposure=most)


def told(plan: Allocation, name: str) -> dict[str, float]:
    rows = plan.shadow_prices.filter(
        pl.col("kind") == "exposure", pl.col("label").str.ends_with(f"owed by {name}")
    )
    return rows.select("limit", "used", "price").row(0, named=True)


def planned(options: Options, *limits: Limit, **asked: object) -> Allocation:
    asked = {"hedges": Hedges({"F": 3.0})} | asked
    return allocate(options, Constraints(limits), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("most", "worth", "used"),
    [
        (1000.0, 323.0, 200.0),
        (199.0, 318.0, 150.0),  # a and b, c to the dealer
        (149.0, 317.0, 140.0),  # a and c
        (110.0, 314.0, 110.0),  # b and c gain 11 on the dealer, a alone 9
        (109.99, 312.0, 90.0),
        (49.0, 303.0, 0.0),
        (0.0, 303.0, 0.0),
    ],
)
def test_what_is_guaranteed_stays_below_the_limit(
    covered: Options, most: float, worth: float, used: float
) -> None:
    plan = planned(covered, bank(most))
    assert plan.objective == pytest.approx(worth, abs=1e-9)
    found = told(plan, "bank")
    assert (found["limit"], found["used"]) == (most, pytest.approx(used))


def test_each_counterparty_is_limited_where_none_is_named(covered: Options) -> None:
    plan = planned(covered, Limit("counterparty", max_exposure=101.0))
    # one to the dealer, one under a floor, one sold plainly
    assert plan.objective == pytest.approx(110.0 + 101.0 + 100.0)
    assert told(plan, "bank")["used"] == pytest.approx(90.0)
    assert told(plan, "D")["used"] == pytest.approx(101.0)


def test_units_and_money_hold_together(covered: Options) -> None:
    both = Limit("counterparty", "bank", max_units=1, max_exposure=70.0)
    plan = planned(covered, both)
    assert plan.objective == pytest.approx(107.0 + 202.0)
    kinds = plan.shadow_prices["kind"].to_list()
    assert ("limit" in kinds, "exposure" in kinds) == (True, True)


def test_money_more_of_a_limit_has_a_price(covered: Options) -> None:
    """Each floor gains a tenth of what it guarantees on the dealer's price."""
    price = told(planned(covered, bank(110.0)), "bank")["price"]
    assert price == pytest.approx(0.1)


def test_lots_of_puts_are_kept_first(covered: Options) -> None:
    put = Position("P", "bank", 3, FLAT - 1.0, owed=20.0)
    plan = planned(covered, bank(200.0), hedges=Hedges({"F": 3.0}, (put,)))
    # 60 are kept although the put only loses: 140 are left for a and c
    assert plan.positions.tolist() == [0.0]
    assert plan.objective == pytest.approx(317.0)
    assert told(plan, "bank") == pytest.approx({"limit": 200.0, "used": 200.0, "price": 0.0}, abs=1)


def test_lots_beyond_the_limit_are_not_on_offer(covered: Options) -> None:
    first = Position("P", "bank", 9, FLAT + 1.0, owed=20.0)
    second = Position("Q", "bank", 9, FLAT + 1.0, owed=30.0, bought=1)
    free = Position("R", "other", 9, FLAT + 1.0, owed=1e9)
    hedges = Hedges({}, (first, second, free))
    rules = Constraints((bank(100.0),))
    cut = within_limits(hedges, rules)
    # 30 are bought: 70 leave room for three lots of P, and then for none of Q
    assert [each.lots for each in cut.positions] == [3, 1, 9]
    assert within_limits(cut, rules) == cut
    assert within_limits(hedges, Constraints()) is hedges
    plan = planned(covered, bank(100.0), hedges=hedges)
    assert plan.positions.tolist() == [3.0, 1.0, 9.0]
    assert told(plan, "bank")["used"] == pytest.approx(90.0)
    # what a plan is compared with has no more room for units
    assert cut.without("P").kept["bank"] == cut.kept["bank"] == 90.0


def test_what_is_bought_cannot_be_undone(covered: Options) -> None:
    bought = Position("P", "bank", 4, FLAT, bought=4, owed=50.0)
    plan = planned(covered, bank(100.0), hedges=Hedges({"F": 3.0}, (bought,)))
    assert plan.objective == pytest.approx(303.0)
    found = told(plan, "bank")
    assert (found["limit"], found["used"]) == (100.0, 200.0)


def test_layers_that_find_no_room_are_not_taken() -> None:
    small = Layer("S", "bank", np.array([100.0, 50.0]), share=0.5, limit=80.0)
    open_end = Layer("O", "bank", np.array([100.0, 50.0]), share=0.5)
    assert (small.owed, open_end.owed) == (40.0, 75.0)
    menu = (Entry("S", ("S",)), Entry("O", ("O",)), Entry("both", ("S", "O")))
    hedges = Hedges({}, (), (small, open_end), menu)
    for most, names in (
        (39.0, []),
        (40.0, ["S"]),
        (114.0, ["S", "O"]),
        (115.0, ["S", "O", "both"]),
    ):
        kept = entries_within(hedges, Constraints((bank(most),)))
        assert [entry.name for entry in kept] == names
    assert hedges.taking(menu[2]).kept == {"bank": 115.0}
    put = Position("P", "bank", 1, FLAT, owed=50.0)
    beside = Hedges({}, (put,), (small, open_end), menu)
    assert [e.name for e in entries_within(beside, Constraints((bank(90.0),)))] == ["S"]


def test_a_limit_that_pins_break_is_told_in_money(covered: Options) -> None:
    pins = pl.DataFrame({"vehicle_id": ["a", "b"], "action": ["pin"] * 2, "venue_id": ["D", "D"]})
    limit = Limit("counterparty", "D", max_exposure=150.5)
    with pytest.raises(InfeasibleError) as error:
        planned(covered, limit, overrides=pins)
    text = str(error.value)
    assert "exposure at most 150.50 owed by D" in text
    assert "vehicle a is pinned to venue D" in text
    assert "units" not in text


def test_the_way_out_of_a_limit_is_an_amount(covered: Options) -> None:
    only = pl.DataFrame({"vehicle_id": ["a"], "action": ["commit"], "venue_id": ["D"]})
    twice = pl.DataFrame({"vehicle_id": ["b"], "action": ["commit"], "venue_id": ["D"]})
    put = Position("P", "D", 1, FLAT, owed=50.0)
    limit = Limit("counterparty", "D", max_exposure=150.5)
    with pytest.raises(InfeasibleError) as error:
        planned(covered, limit, overrides=pl.concat([only, twice]), hedges=Hedges({}, (put,)))
    text = str(error.value)
    assert "exposure at most 150.50 owed by D, 50.00 of it kept for puts and layers" in text


def test_options_that_do_not_tell_are_refused(covered: Options) -> None:
    silent = Options(
        covered.vehicle_ids, covered.vehicle,
        OptionTable.of(covered.frame.drop("exposure")), covered.coefficient,
        covered.group, covered.basis, covered.use, covered.resources,
    )  # fmt: skip
    with pytest.raises(ValueError, match="no column exposure"):
        planned(silent, bank(10.0))


def test_what_was_compiled_is_not_taken_over_with_another_rest(covered: Options) -> None:
    rules = Constraints((bank(200.0),))
    put = Position("P", "bank", 3, FLAT - 1.0, owed=20.0)
    first = allocate(covered, rules, hedges=Hedges({"F": 3.0}))
    second = allocate(covered, rules, hedges=Hedges({"F": 3.0}, (put,)), compiled=first.compiled)
    assert (first.objective, second.objective) == (
        pytest.approx(323.0), pytest.approx(317.0)
    )  # fmt: skip
