"""What is told of the risk of a plan: luck, parts, overflow and stresses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from auction.evaluate import Evaluation
from auction.few import few, first_scenarios
from auction.hedged import with_hedges
from auction.overflow import overflow
from auction.plan import Plan, allocate
from auction.planned import Planning
from auction.quoting import quote
from auction.run import outputs
from auction.situation import Situation
from auction.stress import asked_for, check_stresses, shaken, stressed, without
from auction.workspace.stressing import KNOWN, Stress
from quoting_world import book_for, events, fleet, plain_market, venues
from residual.errors import InputError


def test_figures_of_the_run_hold_together(planning: Planning) -> None:
    told = outputs.risk(planning)
    seen = told["in_sample"]
    assert seen["cvar"] == pytest.approx(told["plan"]["cvar"] - seen["luck"] - seen["sampling"])
    assert seen["luck"] > 0.0
    assert seen["own_standard_deviation"] > 0.0
    fresh = told["plan"]["fresh"]
    apart = abs(seen["cvar"] - fresh["cvar"])
    assert apart < 4.0 * np.hypot(seen["cvar_standard_error"], fresh["cvar_standard_error"])
    hedged = next(row for row in told["contributions"] if row["channel"] == "hedges")
    for name in ("expected", "cvar"):
        parts = sum(row[name] for row in told["segments"]) + hedged[name]
        assert parts == pytest.approx(fresh[name], rel=1e-9)
    assert [row["stress"] for row in told["stresses"]] == [stress.name for stress in KNOWN]


def test_parts_of_a_stress_add_up(planning: Planning) -> None:
    assert planning.risk_told is not None
    table = planning.risk_told.stresses
    for name in ("plan", "stressed", "change", "cvar"):
        whole = table.filter(pl.col("part") == "all").select("stress", name)
        parts = table.filter(pl.col("part") != "all").group_by("stress").agg(pl.col(name).sum())
        both = whole.join(parts, on="stress", suffix="_parts")
        assert both[name].to_numpy() == pytest.approx(both[f"{name}_parts"].to_numpy(), rel=1e-9)


def test_fewer_scenarios_have_the_luck_that_they_had(planning: Planning) -> None:
    there = first_scenarios(planning.fresh, 60)
    rate = planning.workspace.config.costs.discount_rate
    found = with_hedges(there, rate, planning.plan)
    np.testing.assert_array_equal(found.net, planning.evaluation.net[:, :60])
    assert few(10**9, 1024) == 128
    assert few(10, 1024) == 1024


@pytest.fixture(scope="module")
def situation() -> Situation:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"}, {"vehicle_id": "c"})
    market = plain_market()
    return Situation(units, book_for(units, market, n=64), market)


@pytest.fixture(scope="module")
def plan(situation: Situation) -> Plan:
    return allocate(quote(situation.book, situation.market))


def tell(situation: Situation, plan: Plan, *stresses: Stress) -> pl.DataFrame:
    return stressed(
        situation, plan, with_hedges(situation, 0.0, plan), stresses, 0.9,
        lambda there, kept: with_hedges(there, 0.0, kept),
    ).filter(pl.col("part") == "all")  # fmt: skip


def test_a_stress_of_nothing_changes_nothing(situation: Situation, plan: Plan) -> None:
    table = tell(situation, plan, Stress(name="calm"))
    assert table["change"].to_list() == [0.0]


def test_worse_stresses_bring_less(situation: Situation, plan: Plan) -> None:
    table = tell(
        situation, plan,
        Stress(name="fall", market=-0.1),
        Stress(name="crash", market=-0.3),
        Stress(name="slow", market=-0.3, days=365.0),
        Stress(name="rise", market=0.2),
        Stress(name="empty rooms", bidders=0.5),
        Stress(name="closed", closed=("A",)),
    )  # fmt: skip
    change = dict(table.select("stress", "change").iter_rows())
    assert change["crash"] < change["fall"] < 0.0 < change["rise"]
    assert change["crash"] < change["slow"] < 0.0
    assert change["empty rooms"] < 0.0
    assert change["closed"] < 0.0


def test_a_segment_moves_by_itself(situation: Situation, plan: Plan) -> None:
    own = situation.book.segment[0]
    alone = Stress(name="own", segments={own: -0.2})
    assert set(situation.book.segment) == {own}
    one, other = (
        shaken(situation, stress).book for stress in (alone, Stress(name="all", market=-0.2))
    )
    np.testing.assert_allclose(one.factor[one.group], other.factor[other.group])
    assert (one.index_ratio == situation.book.index_ratio).all()
    np.testing.assert_allclose(other.index_ratio, 0.8 * situation.book.index_ratio)


def test_what_is_bound_for_a_closed_venue_is_kept_back(plan: Plan) -> None:
    turned = without(plan, ["A"])
    assert (turned.chosen["channel"] == "hold").all()
    assert turned.chosen["vehicle_id"].to_list() == plan.chosen["vehicle_id"].to_list()
    assert without(plan, ["elsewhere"]) is plan


def test_names_that_nothing_has_are_refused_at_once(situation: Situation) -> None:
    stresses = (Stress(name="x", closed=("B",), segments={"boats": -0.1}),)
    with pytest.raises(InputError) as caught:
        check_stresses(stresses, situation.market, ["car"])
    assert [fault.value for fault in caught.value.faults] == ["B", "boats"]


def test_the_desk_has_the_last_word_on_a_known_stress() -> None:
    own = Stress(name=KNOWN[0].name, market=-0.5)
    asked = asked_for((own,), known=True)
    assert asked == (*KNOWN[1:], own)
    assert asked_for((own,), known=False) == (own,)


def test_lots_queue_for_the_next_sale_and_are_stranded_after_the_last() -> None:
    market = plain_market(
        venues=venues({"venue_id": "A"}),
        events=events(
            {"event_id": "A-10", "venue_id": "A", "days": 10, "capacity": 2},
            {"event_id": "A-24", "venue_id": "A", "days": 24, "capacity": 1},
        ),
    )
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    situation = Situation(units, book_for(units, market, n=4), market)
    plan = allocate(quote(situation.book, market))
    chosen = plan.chosen.with_columns(
        channel=pl.lit("auction"), venue_id=pl.lit("A"), gross=pl.lit(1000.0)
    )
    usual = with_hedges(situation, 0.0, plan)
    offered = {
        ("A", 2): np.array([2.0, 3.0, 2.0, 5.0]),
        ("A", 3): np.array([0.0, 0.0, 2.0, 0.0]),
        ("A", 6): np.array([9.0, 9.0, 9.0, 9.0]),
    }
    told = overflow(situation, chosen, replace(usual, offered=offered))
    # week 2 has two slots, week 4 one: three lots of the last scenario wait, two find no sale
    assert told.weeks["beyond_mean"].to_list() == [1.0, 0.75]
    assert told.waits.tolist() == [0.0, 1.0, 1.0, 5.0]
    assert told.stranded.tolist() == [0.0, 0.0, 1.0, 2.0]
    assert told.cost[0] == 0.0
    assert told.cost[1] > 0.0
    lost = market.auction.fallback_discount * 1000.0
    assert told.cost[2] == pytest.approx(lost)
    assert told.cost[3] == pytest.approx(2.0 * lost + 3.0 * told.cost[1])


def test_a_plan_without_auctions_has_no_overflow(situation: Situation, plan: Plan) -> None:
    nothing = Evaluation(np.zeros((3, 4)), np.zeros(4), np.zeros((3, 1)), pl.DataFrame())
    told = overflow(situation, without(plan, ["A"]).chosen, nothing)
    assert told.weeks.is_empty()
    assert told.cost.tolist() == [0.0] * 4
