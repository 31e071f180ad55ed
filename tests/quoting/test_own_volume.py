"""Own lots of a model at an event: what is lost by hand, and what the plan makes of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, allocate
from auction.channels.own_volume import steps
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import AuctionRules, Config
from auction.workspace.settings import parse_config
from quoting_world import book_for, day, events, fleet, plain_market, uses_of, venues
from residual import OwnVolume
from residual.errors import InputError

EXACT = Stop(0.0, 60.0, 1e9)


def market(elasticity: float | None, **changes: Any) -> Market:
    volume = None if elasticity is None else OwnVolume(elasticity)
    return plain_market(own_volume=volume, **changes)


def options_of(units: pl.DataFrame, where: Market) -> Options:
    return quote(book_for(units, where, n=16), where)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 13, 40])
@pytest.mark.parametrize("elasticity", [-0.03, -0.1, -0.5])
def test_steps_follow_the_curve(count: int, elasticity: float) -> None:
    found = steps(elasticity, count, 1_000.0)
    assert sum(width for width, _ in found) == count - 1
    costs = [cost for _, cost in found]
    assert costs == sorted(costs)
    assert costs[0] > 0.0

    def lost(units: float) -> float:
        beyond, total = units - 1.0, 0.0
        for width, cost in found:
            taken = min(max(beyond, 0.0), width)
            total, beyond = total + taken * cost, beyond - taken
        return total

    for units in range(1, count + 1):
        exact = 1_000.0 * (units - units ** (1.0 + elasticity))
        assert lost(units) >= exact - 1e-9
        assert lost(units) == pytest.approx(exact, rel=0.03, abs=1e-9 if units <= 4 else 5.0)
    assert lost(count) == pytest.approx(1_000.0 * (count - count ** (1.0 + elasticity)))


def test_no_steps_where_nothing_falls_or_one_comes_alone() -> None:
    assert steps(0.0, 9, 1_000.0) == ()
    assert steps(-0.1, 1, 1_000.0) == ()


def test_units_of_one_model_at_one_event_share_a_market() -> None:
    units = fleet(
        {"vehicle_id": "a"}, {"vehicle_id": "b", "make": "FORD"},
        {"vehicle_id": "c", "make": "Opel"}, {"vehicle_id": "d", "worth": 20_000.0},
    )  # fmt: skip
    where = market(-0.1, auction=AuctionRules(reserve_levels=(1.0, 0.9)))
    options = options_of(units, where)
    found = {each.resource_id: each for each in options.resources if each.kind == "volume"}
    assert set(found) == {"volume:A-10:ford focus", "volume:A-24:ford focus"}  # one Opel alone
    first = found["volume:A-10:ford focus"]
    assert (first.limit, first.label) == (1.0, "A-10: units of Ford Focus")
    assert [width for width, _ in first.steps] == [1.0, 1.0]
    here = Situation(units, book_for(units, where, n=16), where)
    money = here.forecast[[0, 1, 3]].mean() * 0.97 * np.exp(-0.08 * 15 / 365.25)
    assert first.steps[0][1] == pytest.approx(money * (2 - 2**0.9))
    used = [
        name
        for row in range(4)
        for name, taken in uses_of(options, row).items()
        if name.startswith("volume") and taken == 1.0
    ]
    assert used == ["volume:A-10:ford focus"] * 2 + ["volume:A-24:ford focus"] * 2


def test_a_lot_that_may_be_offered_again_counts_by_the_chance_of_it() -> None:
    """A re-run of the first sale meets the lots that come to the second for the first time."""
    units = fleet(*({"vehicle_id": f"v{number}"} for number in range(3)))
    where = market(-0.1, auction=AuctionRules(runs=2, rerun_gap_days=14.0))
    options = options_of(units, where)
    for row in range(options.vehicle.size):
        used, lot = uses_of(options, row), options.frame.row(row, named=True)
        name = "volume:A-24:ford focus"
        if lot["event_id"] == "A-10":
            again = 1.0 - lot["sale_chances"][0]
            assert 0.01 < again < 0.9
            # chances of a sale are told over the market, that of a re-run on its own nodes
            assert used[name] == pytest.approx(again, rel=1e-3)
            assert used["volume:A-10:ford focus"] == 1.0
        else:
            assert used.get(name) == (1.0 if lot["event_id"] == "A-24" else None)
            assert "volume:A-10:ford focus" not in used


def test_without_an_elasticity_nothing_changes() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    plain, flat = options_of(units, market(None)), options_of(units, market(0.0))
    assert plain.resources == flat.resources
    assert plain.frame.equals(flat.frame, null_equal=True)


@pytest.mark.parametrize("apart", [3, 14])
def test_a_plan_spreads_a_model_over_events_and_is_the_best_of_all(apart: int) -> None:
    """Fourteen days apart, lots that did not sell at one event come again at the next."""
    units = fleet(*({"vehicle_id": f"v{number}"} for number in range(4)))
    dates = (10, 10 + apart, 10 + 2 * apart)
    sale = events(*({"event_id": f"E{days}", "venue_id": "A", "days": days} for days in dates))
    crowded, spread = (
        options_of(units, market(elasticity, events=sale)) for elasticity in (None, -0.15)
    )
    first = allocate(crowded, stop=EXACT)
    plan = allocate(spread, stop=EXACT)
    assert crowded.frame["event_id"].gather(first.chosen).n_unique() == 1
    taken = spread.frame["event_id"].gather(plan.chosen).drop_nulls()
    assert taken.n_unique() == 3  # far apart, one unit is kept for later
    use, net = spread.use.toarray(), spread.frame["expected_net"].to_numpy()
    soft = [(place, each) for place, each in enumerate(spread.resources) if each.steps]
    best = -np.inf
    for rows in itertools.product(*(np.flatnonzero(spread.vehicle == v) for v in range(4))):
        lost = 0.0
        for place, each in soft:
            beyond = max(use[place, list(rows)].sum() - 1.0, 0.0)
            for width, cost in each.steps:
                taken = min(beyond, width)
                lost, beyond = lost + taken * cost, beyond - taken
        best = max(best, net[list(rows)].sum() - lost)
    assert plan.objective == pytest.approx(best, rel=1e-9)
    assert plan.volume_loss.sum() > 0.0


def test_each_venue_has_its_own_elasticity() -> None:
    where = plain_market(
        own_volume=OwnVolume(-0.1, by_venue={"B": 0.0}),
        venues=venues({"venue_id": "A"}, {"venue_id": "B"}),
        events=events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "B-10", "venue_id": "B", "days": 10},
        ),
    )
    options = options_of(fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}), where)
    assert [r.resource_id for r in options.resources if r.steps] == ["volume:A-10:ford focus"]


def settings(line: str) -> Config:
    text = f'as_of = {day(0)}\ncurrency = "USD"\n[tables.vehicles]\nfile = "v.csv"\n'
    return parse_config(f'{text}[tables.sales]\nfile = "s.csv"\n[auction]\n{line}\n'.encode())


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("", None),
        ("volume_elasticity = -0.07", -0.07),
        ('volume_elasticity = "estimate"', "estimate"),
    ],
)
def test_what_the_settings_may_ask_for(line: str, asked: object) -> None:
    assert settings(line).auction.volume_elasticity == asked


@pytest.mark.parametrize("line", ["volume_elasticity = 0.1", "volume_elasticity = -1"])
def test_prices_can_neither_rise_nor_vanish(line: str) -> None:
    with pytest.raises(InputError, match="volume_elasticity"):
        settings(line)
