"""Cash by a date: what is counted, and plans that must bring it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl
import pytest

from auction.allocation import CashTarget, Constraints, Limit, Stop, allocate
from auction.cash import cash_by
from auction.errors import InfeasibleError
from auction.option_table import OptionTable
from auction.options import Options
from auction.risk import CVaR

JULY = date(2026, 7, 1)


@pytest.fixture
def market(build_options: Callable[..., Options]) -> Options:
    """Three vehicles: a dealer pays 8, 7 or 6 in June, an auction brings 10 in August."""
    rows: list[dict[str, object]] = []
    for number, vehicle in enumerate("abc"):
        dealer = {"paid_on": date(2026, 6, 20), "gross": 8.0 - number, "sale_probability": 1.0}
        auction = {"paid_on": date(2026, 8, 1), "gross": 10.0, "sale_probability": 1.0}
        rows.append({"vehicle_id": vehicle, "channel": "auction", **auction})
        rows.append({"vehicle_id": vehicle, "channel": "dealer", **dealer})
        rows.append({"vehicle_id": vehicle, "channel": "hold"})
    worth = [[10.0], [8.0], [5.0], [10.0], [7.0], [5.0], [10.0], [6.0], [5.0]]
    return build_options(
        rows,
        coefficient=np.array(worth),
        group=np.zeros(9, dtype=int),
        basis=np.ones((1, 1, 2)),
        use=[{}] * 9,
        limits={"E": 9.0},
    )


def asked(amount: float, by: date = JULY) -> Constraints:
    return Constraints(cash=(CashTarget(by, amount),))


def test_offerings_paid_by_the_day_are_counted() -> None:
    """Offered on three days a fortnight apart, paid from 10 June on; 100 less 10 of fees."""
    told = {
        "paid_on": [date(2026, 6, 10)], "offering_days": [14.0], "sale_probability": [0.9],
        "sale_chances": [[0.5, 0.3, 0.1]], "gross": [100.0], "fees": [6.0], "tax": [2.0],
        "returns": [3.0], "hedge_payoff": [1.0], "redeemed": [None],
    }  # fmt: skip
    frame = pl.DataFrame(told)
    days = {9: 0.0, 10: 45.0, 23: 45.0, 24: 72.0}
    for day, cash in days.items():
        assert cash_by(frame, date(2026, 6, day)).item() == pytest.approx(cash)
    assert cash_by(frame, date(2026, 7, 8)).item() == pytest.approx(81.0)
    assert cash_by(frame, date(2027, 1, 1)).item() == pytest.approx(81.0)
    redeemed = frame.with_columns(redeemed=0.2)
    assert cash_by(redeemed, date(2026, 6, 10)).item() == pytest.approx(36.0)


def test_a_way_without_a_payday_brings_no_cash(market: Options) -> None:
    assert cash_by(market.frame, JULY).tolist() == [0, 8, 0, 0, 7, 0, 0, 6, 0]
    assert cash_by(market.frame, date(2026, 8, 1)).tolist() == [10, 8, 0, 10, 7, 0, 10, 6, 0]


@pytest.mark.parametrize(
    ("amount", "worth"),
    [(0.0, 30.0), (6.0, 28.0), (8.0, 28.0), (8.1, 25.0), (14.5, 25.0), (15.1, 21.0), (21.0, 21.0)],
)
def test_the_plan_brings_the_cash(market: Options, amount: float, worth: float) -> None:
    """The dealer's price is nearest to the auction's for the first vehicle."""
    found = allocate(market, asked(amount), stop=Stop(gap=1e-9))
    assert found.objective == pytest.approx(worth)
    assert found.bound == pytest.approx(worth)
    row = found.shadow_prices.filter(pl.col("kind") == "cash").row(0, named=True)
    assert row["label"] == "cash by 2026-07-01"
    assert row["limit"] == amount
    assert row["used"] == pytest.approx(cash_by(market.frame[found.chosen], JULY).sum())
    assert row["used"] >= amount - 1e-5


def test_what_the_last_of_the_cash_costs_is_told(market: Options) -> None:
    """Between 15 and 21 the third vehicle gives up 4 of worth for 6 of cash."""
    found = allocate(market, asked(18.0))
    prices = dict(found.shadow_prices.select("kind", "price").rows())
    assert prices["cash"] == pytest.approx(4.0 / 6.0)
    assert found.charges.slot_price[6] == pytest.approx(4.0)  # six short of the vehicle's best
    assert found.charges.scarcest_price(np.array([6])) == pytest.approx(4.0 / 6.0)


def test_cash_out_of_reach_is_told_with_what_can_be_reached(market: Options) -> None:
    with pytest.raises(InfeasibleError) as told:
        allocate(market, asked(25.0))
    (words,) = told.value.conflicts
    assert words == (
        "cash by 2026-07-01 of at least 25.00: cheapest way out, let it give way by 4.00: 21.00 "
        "can be reached"
    )


def test_nothing_else_gives_way_for_cash_that_no_plan_brings(
    build_options: Callable[..., Options],
) -> None:
    """Dealers would pay 42 in June, of which a limit leaves 2; 60 are asked for."""
    rows: list[dict[str, object]] = []
    for vehicle, paid, make in (("a", 40.0, "Audi"), ("b", 1.0, "Ford"), ("c", 1.0, "Ford")):
        own = {"vehicle_id": vehicle, "make": make}
        dealer = {"paid_on": date(2026, 6, 20), "gross": paid, "sale_probability": 1.0}
        rows += [{**own, "channel": "dealer", **dealer}, {**own, "channel": "hold"}]
    options = build_options(
        rows,
        coefficient=np.ones((6, 1)),
        group=np.zeros(6, dtype=int),
        basis=np.ones((1, 1, 2)),
        use=[{}] * 6,
        limits={"E": 9.0},
    )
    limits = (Limit(by="make_channel", group=("Audi", "dealer"), max_units=0),)
    with pytest.raises(InfeasibleError) as told:
        allocate(options, Constraints(limits=limits, cash=(CashTarget(JULY, 60.0),)))
    (words,) = told.value.conflicts
    assert words.endswith("let it give way by 58.00: 2.00 can be reached")
    # what would be there without the limit is told with the limit
    with pytest.raises(InfeasibleError) as told:
        allocate(options, Constraints(limits=limits, cash=(CashTarget(JULY, 30.0),)))
    assert "make" in "".join(told.value.conflicts)


def test_the_smallest_conflict_names_what_stands_against_the_cash(market: Options) -> None:
    pinned = pl.DataFrame({"vehicle_id": ["a", "b"], "action": "pin", "channel": "auction"})
    with pytest.raises(InfeasibleError) as told:
        allocate(market, asked(10.0), overrides=pinned)
    words = "\n".join(told.value.conflicts)
    assert "cash by 2026-07-01 of at least 10.00" in words
    assert "is pinned to channel auction" in words


def test_targets_by_several_days_hold_together(market: Options) -> None:
    targets = (CashTarget(JULY, 8.0), CashTarget(date(2026, 8, 1), 27.0))
    found = allocate(market, Constraints(cash=targets))
    assert found.objective == pytest.approx(28.0)
    reached = found.shadow_prices.filter(pl.col("kind") == "cash")["used"].to_list()
    assert reached == [pytest.approx(8.0), pytest.approx(28.0)]


def test_amounts_in_another_currency_change_nothing_else(market: Options) -> None:
    money = ["gross", "fees", "tax", "returns", "hedge_payoff", "expected_net"]
    dear = Options(
        market.vehicle_ids, market.vehicle,
        OptionTable.of(market.frame.with_columns(pl.col(money) * 3e5)),
        market.coefficient * 3e5, market.group, market.basis, market.use, market.resources,
    )  # fmt: skip
    one, other = allocate(market, asked(18.0)), allocate(dear, asked(18.0 * 3e5))
    assert one.chosen.tolist() == other.chosen.tolist()
    prices = [dict(a.shadow_prices.select("kind", "price").rows())["cash"] for a in (one, other)]
    assert prices[0] == pytest.approx(prices[1])


def test_the_last_plan_with_its_cash_starts_the_next(market: Options) -> None:
    first = allocate(market, asked(18.0), risk=CVaR(0.5, 0.5))
    again = allocate(market, asked(18.0), risk=CVaR(0.5, 0.5), start=first)
    assert again.objective == first.objective
    assert again.bound == pytest.approx(first.bound)


def test_options_must_tell_when_they_are_paid(market: Options) -> None:
    table = OptionTable.of(market.frame.drop("paid_on"))
    silent = Options(
        market.vehicle_ids, market.vehicle, table, market.coefficient, market.group, market.basis,
        market.use, market.resources,
    )  # fmt: skip
    with pytest.raises(ValueError, match="do not tell when money comes: no column paid_on"):
        allocate(silent, asked(1.0))


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_a_target_is_an_amount_of_money(amount: float) -> None:
    with pytest.raises(ValueError, match="cash by 2026-07-01: amount must be money >= 0"):
        CashTarget(JULY, amount)
