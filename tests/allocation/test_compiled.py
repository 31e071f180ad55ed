"""What a later request takes over of one that is compiled, and what it must see anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from auction.allocation import Allocation, CashTarget, Compiled, Constraints, Limit, Stop, allocate
from auction.allocation.passes import Executor, Here
from auction.allocation.problem import Problem
from auction.allocation.request import compile_problem
from auction.allocation.rules import MATCHED
from auction.cash import READ
from auction.hedges import Hedges, Position
from auction.option_table import OptionTable
from auction.options import Options
from auction.risk import CVaR

Drawn = Callable[..., Options]

RISK = CVaR(0.9, 0.4)
FLEET = {"vehicles": 120, "events": 5, "offers": 2, "floors": 1, "scenarios": 32, "terms": 2}
OFFERS = pl.DataFrame({"offer_id": ["O0", "O1"], "min_units": [4, 1], "max_units": [30, 20]})
RULES = Constraints((Limit("segment_week", max_units=30),), max_hold_share=0.9)
WORDS = pl.DataFrame(
    {
        "vehicle_id": ["V0003"],
        "action": ["ban"],
        "venue_id": [None],
        "channel": ["auction"],
        "event_id": [None],
    },
    schema_overrides={"venue_id": pl.String, "event_id": pl.String},
)


def compiled(
    options: Options,
    last: Problem | None = None,
    rules: Constraints = RULES,
    risk: CVaR = RISK,
    hedges: Hedges | None = None,
    words: pl.DataFrame | None = WORDS,
    offers: pl.DataFrame | None = OFFERS,
    executor: Executor | None = None,
) -> Problem:
    handle = None if last is None else last.compiled
    hedges = hedges or Hedges({"F0": 9.0})
    return compile_problem(options, rules, risk, hedges, words, offers, executor, handle)


def alike(one: Problem, other: Problem) -> None:
    """Both hold the same bits."""
    assert (one.rules, one.minimums, one.pins, one.bans) == (
        other.rules, other.minimums, other.pins, other.bans,
    )  # fmt: skip
    assert one.scale == other.scale
    assert one.risk == other.risk
    for name in ("column", "vehicle", "start", "limit", "offer", "payoff", "lots", "moments"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("mean", "bar", "openings"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.use.shape == other.use.shape
    assert (one.use != other.use).nnz == 0


def same_plan(one: Allocation, other: Allocation) -> None:
    np.testing.assert_array_equal(one.chosen, other.chosen)
    assert (one.objective, one.bound, one.status) == (other.objective, other.bound, other.status)
    assert one.shadow_prices.equals(other.shadow_prices)


@pytest.fixture
def options(make_options: Drawn) -> Options:
    return make_options(3, **FLEET)


def test_other_worths_take_the_rows_over(options: Options) -> None:
    last = compiled(options)
    rng = np.random.default_rng(1)
    factor = 300.0 * rng.uniform(0.9, 1.1, (options.vehicle.size, 1))
    changed = replace(
        options,
        vehicle=options.vehicle.copy(),
        use=options.use.copy(),
        coefficient=options.coefficient * factor,
        group=np.flip(options.group).copy(),
        basis=options.basis * 1.5,
        table=OptionTable.of(options.frame.with_columns(expected_net=pl.col("expected_net") * 2.0)),
    )
    position = Position("put", "writer", 4, np.linspace(-1.0, 2.0, 32))
    hedges = Hedges({"F0": 9.0}, (position,))
    risk = CVaR(0.8, 0.2, 10.0)
    again = compiled(changed, last, risk=risk, hedges=hedges)
    assert again.use is last.use
    assert again.options is changed
    alike(again, compiled(changed, risk=risk, hedges=hedges))
    third = compiled(options, again)
    assert third.use is last.use
    alike(third, last)


def test_worths_written_in_place_are_seen(options: Options) -> None:
    stop = Stop(1e-6)
    last = allocate(options, RULES, risk=RISK, offers=OFFERS, stop=stop)
    options.coefficient[: options.vehicle.size // 2] *= 0.8
    again = allocate(options, RULES, risk=RISK, offers=OFFERS, stop=stop, start=last)
    assert again.compared.problem.use is last.compared.problem.use
    own = replace(options, coefficient=options.coefficient.copy())
    same_plan(again, allocate(own, RULES, risk=RISK, offers=OFFERS, stop=stop, start=last.warm))
    assert again.objective < last.objective


def test_uses_written_in_place_are_seen(options: Options) -> None:
    last = compiled(options)
    options.use.data[7] = 0.5
    again = compiled(options, last)
    assert again.use is not last.use
    alike(again, compiled(options))


def test_whatever_differs_is_compiled_anew(options: Options) -> None:
    last = compiled(options)
    dearer = replace(options.resources[0], limit=options.resources[0].limit + 1.0)
    moved = options.frame.with_columns(week=pl.col("week") + 1)
    rows = np.flatnonzero(options.vehicle == 0)[1:]
    vehicle = options.vehicle.copy()
    vehicle[rows] = 1
    others: list[tuple[Options, dict[str, object]]] = [
        (replace(options, resources=(dearer, *options.resources[1:])), {}),
        (replace(options, table=OptionTable.of(moved)), {}),
        (replace(options, vehicle=vehicle), {}),
        (replace(options, vehicle_ids=("other", *options.vehicle_ids[1:])), {}),
        (options, {"rules": replace(RULES, max_hold_share=0.5)}),
        (options, {"words": None}),
        (options, {"words": WORDS.with_columns(vehicle_id=pl.lit("V0004"))}),
        (options, {"offers": OFFERS.with_columns(max_units=pl.col("max_units") - 1)}),
        (options, {"hedges": Hedges({"F0": 8.0})}),
    ]
    for changed, more in others:
        again = compiled(changed, last, **more)  # type: ignore[arg-type]
        assert again.use is not last.use
        alike(again, compiled(changed, **more))  # type: ignore[arg-type]


def test_worths_count_where_a_rule_looks_at_them(options: Options) -> None:
    rules = replace(RULES, sacrifice_rate=0.05)
    last = compiled(options, rules=rules)
    frame = options.frame.with_columns(expected_net=pl.col("expected_net").reverse())
    table = OptionTable.of(frame)
    again = compiled(replace(options, table=table), last, rules=rules)
    assert again.column.size != last.column.size
    assert compiled(replace(options, table=table), compiled(options)).options.table is table


def test_what_is_compared_is_all_that_is_read(options: Options) -> None:
    """With no other columns the same comes out, under every rule."""
    limits = (Limit("segment_week", max_units=30), Limit("counterparty", max_units=80))
    cash = (CashTarget(date(2026, 7, 1), 1.0),)
    rules = Constraints(limits, max_hold_share=0.9, sacrifice_rate=0.2, cash=cash)
    names = {"channel", "hedge_id", "offer_id", "expected_net", "reconditioning_id", *MATCHED}
    names.update(READ, *(limit.columns for limit in limits))
    last = compiled(options, rules=rules)
    assert last.compiled is not None
    assert set(last.compiled.read) == names.intersection(options.frame.columns)
    table = OptionTable.of(options.frame.select(names))
    alike(compiled(replace(options, table=table), rules=rules), last)


def test_values_sent_away_are_sent_again_when_they_change(options: Options) -> None:
    class Away(Here):
        sent = 0

        def passes(self, *given: object) -> object:  # type: ignore[override]
            self.sent += 1
            return super().passes(*given)  # type: ignore[arg-type]

    away = Away()
    last = compiled(options, executor=away)
    again = compiled(options, last, risk=CVaR(0.9, 0.1), executor=away)
    assert (again.choices is last.choices, away.sent) == (True, 1)
    options.coefficient[0] += 1.0
    alike(compiled(options, last, executor=away), compiled(options))
    assert away.sent == 2
    assert compiled(options, last).choices is not last.choices
    other = Away()
    assert compiled(options, last, executor=other).use is last.use
    assert other.sent == 1


def test_a_handle_alone_saves_time_and_changes_nothing(options: Options) -> None:
    stop = Stop(1e-6)
    first = allocate(options, RULES, risk=RISK, offers=OFFERS, stop=stop)
    assert isinstance(first.compiled, Compiled)
    risk = CVaR(0.9, 0.9)
    again = allocate(options, RULES, risk=risk, offers=OFFERS, stop=stop, compiled=first.compiled)
    assert again.compared.problem.use is first.compared.problem.use
    same_plan(again, allocate(options, RULES, risk=risk, offers=OFFERS, stop=stop))
    assert again.compiled is not None
    assert again.compiled.problem.risk == risk
