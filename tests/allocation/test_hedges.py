"""Hedges read from their table, and what they bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pytest

from auction.allocation import allocate
from auction.hedges import Hedges, Position, build_hedges, index_put_payoff
from auction.options import Options
from auction.risk import CVaR
from residual.errors import InputError


@dataclass(frozen=True)
class Paths:
    as_of: date
    dates: list[date]
    index_ratio: np.ndarray


PATHS = Paths(
    date(2024, 1, 1),
    [date(2024, 2, 1), date(2024, 12, 31)],
    np.array([[1.0, 1.0, 1.0], [0.8, 0.95, 1.1]]),
)


def table(**changes: object) -> pl.DataFrame:
    row: dict[str, object] = {
        "hedge_id": "P",
        "kind": "index_put",
        "strike": 0.9,
        "expiry": date(2024, 12, 31),
        "premium": 20.0,
        "lot": 1000.0,
        "limit": 7.0,
        "counterparty": "bank",
    }
    floor = {**row, "hedge_id": "F", "kind": "unit_floor", "expiry": None, "limit": 12.0}
    return pl.DataFrame([{**row, **changes}, floor])


def test_a_put_pays_the_fall_below_its_strike_less_the_premium() -> None:
    payoff = index_put_payoff(0.9, np.array([0.8, 0.95]), 1000.0, 20.0, 0.5)
    assert payoff == pytest.approx([0.5 * 100.0 - 20.0, -20.0])


def test_the_table_gives_floors_and_positions() -> None:
    hedges = build_hedges(table(), PATHS, rate=0.1)
    assert hedges.floors == {"F": 12.0}
    (put,) = hedges.positions
    assert (put.hedge_id, put.counterparty, put.lots) == ("P", "bank", 7)
    assert put.payoff == pytest.approx([100.0 * np.exp(-0.1 * 365 / 365.25) - 20.0, -20.0, -20.0])
    assert build_hedges(None, PATHS) == Hedges()


@pytest.mark.parametrize("expiry", [None, date(2024, 6, 1)])
def test_a_put_needs_an_expiry_that_is_simulated(expiry: date | None) -> None:
    with pytest.raises(InputError) as told:
        build_hedges(table(expiry=expiry), PATHS)
    (fault,) = told.value.faults
    assert (fault.file, fault.row, fault.column) == ("hedges", 1, "expiry")


def test_positions_are_checked() -> None:
    with pytest.raises(ValueError, match="lots"):
        Position("P", "bank", -1, np.zeros(2))
    with pytest.raises(ValueError, match="finite"):
        Position("P", "bank", 1, np.array([np.nan]))


def test_puts_are_bought_for_the_tail_alone(build_options: Callable[..., Options]) -> None:
    """Two outcomes 100 and 40 and a put of 10 a lot in the bad one, premium 6: by hand."""
    options = build_options(
        [{"vehicle_id": "a", "channel": "hold"}],
        coefficient=np.array([[1.0]]),
        group=np.zeros(1, dtype=int),
        basis=np.array([[[100.0, 40.0]]]),
        use=[{}],
        limits={},
    )
    hedges = Hedges({}, (Position("P", "bank", 4, np.array([-6.0, 4.0])),))
    neutral = allocate(options, hedges=hedges)
    assert neutral.positions.tolist() == [0.0]
    careful = allocate(options, hedges=hedges, risk=CVaR(0.5, 1.0))
    assert careful.positions.tolist() == [4.0]
    assert careful.scenario_total == pytest.approx([76.0, 56.0])
    assert careful.objective == pytest.approx(56.0)
    prices = careful.shadow_prices.row(0, named=True)
    assert (prices["kind"], prices["limit"], prices["used"]) == ("hedge", 4.0, 4.0)
    assert prices["price"] == pytest.approx(4.0)
    with pytest.raises(ValueError, match="pays off in 3 scenarios"):
        allocate(options, hedges=Hedges({}, (Position("P", "bank", 4, np.zeros(3)),)))
