"""Plans that begin where the last one ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from auction.allocation import Allocation, Constraints, Limit, Stop, Warm, allocate
from auction.allocation.relaxation import Relaxation, relax
from auction.option_table import OptionTable
from auction.options import Options
from auction.risk import CVaR

Drawn = Callable[..., Options]

RISK = CVaR(0.9, 0.4)
FLEET = {"vehicles": 600, "events": 5, "offers": 2, "floors": 1, "scenarios": 64, "terms": 2}
OFFERS = pl.DataFrame({"offer_id": ["O0", "O1"], "min_units": [20, 1], "max_units": [90, 60]})
RULES = Constraints((Limit("segment_week", max_units=90),), max_hold_share=0.9)
GAP = 1e-6


def planned(
    options: Options,
    start: Allocation | Warm | None = None,
    churn: float = 0.0,
    risk: CVaR = RISK,
) -> Allocation:
    stop = Stop(GAP)
    return allocate(options, RULES, risk=risk, offers=OFFERS, stop=stop, start=start, churn=churn)


def nearly_the_same(options: Options, share: float = 0.01) -> Options:
    """Return the fleet with some of its vehicles worth more or less, elsewhere otherwise."""
    rng = np.random.default_rng(7)
    changed = rng.random(len(options.vehicle_ids)) < share
    assert changed.any()
    factor = rng.uniform(0.95, 1.05, options.vehicle.size)
    each = np.where(changed[options.vehicle], factor, 1.0)
    frame = options.frame.with_columns(expected_net=pl.col("expected_net") * each)
    return replace(
        options, table=OptionTable.of(frame), coefficient=options.coefficient * each[:, None]
    )


def part(options: Options, rows: np.ndarray, names: tuple[str, ...] | None = None) -> Options:
    """Return some of the options, of a fleet with other names where given."""
    kept = np.unique(options.vehicle[rows])
    ids = tuple(options.vehicle_ids[vehicle] for vehicle in kept)
    return replace(
        options,
        vehicle_ids=names or ids,
        vehicle=np.searchsorted(kept, options.vehicle[rows]),
        table=OptionTable.of(options.frame[rows]),
        coefficient=options.coefficient[rows],
        group=options.group[rows],
        use=sparse.csr_array(sparse.csr_array(options.use)[:, rows]),
    )


def agree(one: Allocation, other: Allocation) -> None:
    """Both are proven: neither plan is worth more than the other's bound."""
    assert max(one.objective, other.objective) <= min(one.bound, other.bound) * (1.0 + 1e-12)
    assert max(one.gap, other.gap) <= GAP


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Tell of every relaxation whether its prices were near already."""
    seen: list[bool] = []

    def counting(*given: Any) -> Relaxation:
        seen.append(given[5] is not None)
        return relax(*given)

    monkeypatch.setattr("auction.allocation.search.relax", counting)
    return seen


def test_an_unchanged_problem_is_proven_at_once(make_options: Drawn, counted: list[bool]) -> None:
    options = make_options(1, **FLEET)
    last = planned(options)
    again = planned(options, last)
    assert counted == [False]
    np.testing.assert_array_equal(again.chosen, last.chosen)
    assert again.objective == last.objective
    assert again.gap <= GAP
    assert again.shadow_prices.equals(last.shadow_prices)
    assert last.started is None
    assert again.started is not None
    assert again.started.kept == 600
    assert not again.started.moved.any()
    assert again.started.note == ""


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("share", [0.01, 0.3])
def test_a_changed_fleet_is_proven_as_from_nothing(
    make_options: Drawn, seed: int, share: float
) -> None:
    options = make_options(seed, **FLEET)
    changed = nearly_the_same(options, share)
    warm = planned(changed, planned(options))
    agree(warm, planned(changed))
    assert warm.started is not None
    here = changed.frame[warm.chosen]
    there = options.frame[planned(options).chosen]
    moved = np.zeros(600, dtype=bool)
    for name in ("channel", "venue_id", "event_id", "date", "offer_id"):
        moved |= here[name].ne_missing(there[name]).to_numpy()
    np.testing.assert_array_equal(warm.started.moved, moved)


def test_a_fleet_hardly_changed_needs_no_linear_program(
    make_options: Drawn, counted: list[bool]
) -> None:
    """The last prices prove the mended plan, which at first is not good enough."""
    options = make_options(1, **FLEET)
    changed, stop = nearly_the_same(options), Stop(1e-5)
    last = allocate(options, RULES, risk=RISK, offers=OFFERS, stop=stop)
    counted.clear()
    warm = allocate(changed, RULES, risk=RISK, offers=OFFERS, stop=stop, start=last)
    assert counted == []
    assert "mend" in warm.timings
    assert warm.gap <= 1e-5
    cold = allocate(changed, RULES, risk=RISK, offers=OFFERS, stop=Stop(1e-6))
    assert warm.objective <= cold.bound * (1.0 + 1e-12)
    assert cold.objective <= warm.bound * (1.0 + 1e-12)


def test_what_a_plan_keeps_is_enough_to_start_from(make_options: Drawn) -> None:
    options = make_options(4, **FLEET)
    last, changed = planned(options), nearly_the_same(options)
    one, other = planned(changed, last), planned(changed, last.warm)
    np.testing.assert_array_equal(one.chosen, other.chosen)
    assert one.bound == other.bound


def test_ways_are_found_again_by_what_they_are(make_options: Drawn) -> None:
    options = make_options(5, **FLEET)
    last = planned(options)
    # every vehicle loses its first option, and some vehicles are gone
    first = np.searchsorted(options.vehicle, np.arange(600))
    rows = np.setdiff1d(np.flatnonzero(options.vehicle >= 30), first)
    left = part(options, rows)
    found = last.warm.rows(left)
    ways = last.chosen[30:]
    whole = np.isin(ways, rows)
    np.testing.assert_array_equal(rows[found[whole]], ways[whole])
    # another reserve at the same event stands in for the one that is gone
    assert not whole.all()
    other = found[~whole] >= 0
    assert other.any()
    same = left.frame[found[~whole][other]]["event_id"]
    assert same.equals(options.frame[ways[~whole][other]]["event_id"])
    warm = planned(left, last)
    agree(warm, planned(left))


def test_an_event_that_vanishes_moves_its_vehicles_for_nothing(make_options: Drawn) -> None:
    options = make_options(6, **FLEET)
    last = planned(options)
    taken = options.frame[last.chosen]["event_id"]
    event = taken.drop_nulls().mode().sort()[0]
    gone = taken == event
    rows = np.flatnonzero(options.frame["event_id"].ne_missing(pl.Series([event])).to_numpy())
    left = part(options, rows)
    warm = planned(left, last, churn=1e7)
    count = int(gone.fill_null(value=False).sum())
    assert warm.started is not None
    assert count > 0
    assert warm.started.gone == count
    assert warm.started.kept == 600 - count
    cold = planned(left)
    assert warm.objective <= cold.bound


@pytest.mark.parametrize("risk", [CVaR(), CVaR(0.9, 0.1), CVaR(0.95, 0.4), CVaR(0.8, 0.4)])
def test_another_appetite_for_risk(make_options: Drawn, risk: CVaR) -> None:
    options = make_options(7, **FLEET)
    last = planned(options)
    warm = planned(options, last, risk=risk)
    agree(warm, planned(options, risk=risk))
    assert warm.started is not None
    assert bool(warm.started.note) == (risk.alpha < RISK.alpha)
    assert (warm.started.tails > 0) == (not risk.neutral and risk.alpha >= RISK.alpha)
    # and back again, from a plan that may know no tails
    agree(planned(options, warm), last)


def test_other_scenarios_leave_the_tails_behind(make_options: Drawn) -> None:
    last = planned(make_options(8, **FLEET))
    options = make_options(8, **{**FLEET, "scenarios": 96})
    warm = planned(options, last)
    agree(warm, planned(options))
    assert warm.started is not None
    assert warm.started.tails == 0
    assert "not taken over" in warm.started.note


def test_a_cost_of_moving_keeps_vehicles_where_they_are(make_options: Drawn) -> None:
    options = make_options(9, **FLEET)
    last, changed = planned(options), nearly_the_same(options, 0.3)
    free = planned(changed)
    moves = []
    for churn in (0.0, 30.0, 300.0, 1e6):
        found = planned(changed, last, churn)
        started = found.started
        assert started is not None
        moves.append(int(started.moved.sum()))
        assert started.churn_cost == churn * moves[-1]
        # the cost is in the objective and the bound, and in nothing else
        worth = 0.6 * found.expected + 0.4 * found.cvar
        assert found.objective == pytest.approx(worth - started.churn_cost, rel=1e-12)
        assert worth <= free.bound * (1.0 + 1e-12)
        total = changed.totals(found.chosen)
        np.testing.assert_allclose(found.scenario_total, total, rtol=1e-12)
    assert moves[0] > moves[1] > moves[2] > moves[3] == 0


def test_the_cost_of_moving_is_weighed_exactly(make_options: Drawn) -> None:
    """With a cost, the best plan is the best of all plans by worth less cost."""
    options = make_options(10, vehicles=3, events=2, scenarios=12)
    last = allocate(options, risk=RISK)
    changed = nearly_the_same(options, 0.9)
    churn = 150.0
    found = allocate(changed, risk=RISK, start=last, churn=churn)
    rows = [np.flatnonzero(changed.vehicle == vehicle) for vehicle in range(3)]
    limits = np.array([resource.limit for resource in changed.resources])
    best = -np.inf
    for one in rows[0]:
        for two in rows[1]:
            for three in rows[2]:
                chosen = np.array([one, two, three])
                if (changed.use[:, chosen].sum(axis=1) <= limits + 1e-9).all():
                    cost = churn * int((chosen != last.chosen).sum())
                    best = max(best, RISK.measure(changed.totals(chosen)) - cost)
    assert found.objective == pytest.approx(best, rel=1e-9)


def test_a_plan_of_another_fleet_is_refused(make_options: Drawn) -> None:
    options = make_options(11, vehicles=6)
    last = allocate(options)
    other = replace(options, vehicle_ids=tuple(f"W{place}" for place in range(6)))
    with pytest.raises(ValueError, match="it is a plan of another fleet"):
        allocate(other, start=last)


@pytest.mark.parametrize("churn", [-1.0, np.nan, np.inf])
def test_a_cost_must_be_an_amount(make_options: Drawn, churn: float) -> None:
    options = make_options(12, vehicles=4)
    with pytest.raises(ValueError, match="churn must be an amount of money"):
        allocate(options, start=allocate(options), churn=churn)


def test_a_cost_needs_a_start(make_options: Drawn) -> None:
    with pytest.raises(ValueError, match="a start is needed"):
        allocate(make_options(13, vehicles=4), churn=1.0)


def test_an_empty_fleet_starts_and_is_started_from(make_options: Drawn) -> None:
    options = make_options(14, vehicles=4)
    nothing = part(options, np.zeros(0, dtype=np.int64), ())
    last = allocate(options)
    empty = allocate(nothing, start=last)
    assert empty.chosen.size == 0
    with pytest.raises(ValueError, match="another fleet"):
        allocate(options, start=empty)
