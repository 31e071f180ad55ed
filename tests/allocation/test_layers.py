"""Layers: what they pay, the lines above them, how far a shortfall reaches, what they are worth."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop
from auction.hedge_worth import worth_of_hedges
from auction.hedges import Entry, Hedges, Layer, Position, build_hedges
from auction.menu.bent import Cover, bend
from auction.menu.lines import Lines, lines_above, lines_at, slack
from auction.menu.reach import reach
from auction.option_table import OptionTable
from auction.options import Options
from auction.plan import Plan, allocate
from auction.risk import CVaR

ONE: dict[str, Any] = {"hedge_id": "L", "counterparty": "Re", "agreed": np.array([100.0, 50.0])}
RISK = CVaR(0.75, 0.8)
EXACT = Stop(gap=1e-9)


def test_a_stop_loss_pays_its_share_of_what_lies_between_attachment_and_limit() -> None:
    layer = Layer(**ONE, share=0.5, limit=20.0)
    assert layer.pays(np.array([-10.0, 0.0, 10.0, 20.0, 90.0])).tolist() == [0, 0, 5, 10, 10]


def test_a_quota_share_gives_up_what_is_brought_beyond_the_agreed_sum() -> None:
    layer = Layer(**ONE, share=0.5, limit=20.0, quota=True)
    assert layer.pays(np.array([-10.0, 10.0, 90.0])).tolist() == [-5, 5, 10]


def test_only_what_is_covered_falls_short() -> None:
    layer = Layer(**ONE, by="channel", value="auction")
    chosen = pl.DataFrame({"channel": ["auction", "hold"]})
    net = np.array([[90.0, 110.0], [0.0, 0.0]])
    own = layer.covers(chosen)
    assert layer.shortfall(own, net[own].sum(axis=0)).tolist() == [10.0, -10.0]
    every = replace(layer, by=None, value=None)
    assert every.shortfall(every.covers(chosen), net.sum(axis=0)).tolist() == [60.0, 40.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"share": 0.0}, "share"),
        ({"limit": 0.0}, "limit"),
        ({"agreed": np.array([np.nan])}, "finite"),
        ({"by": "segment"}, "property and a value"),
        ({"by": "colour", "value": "red"}, "colour"),
    ],
)
def test_layers_are_checked(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Layer(**{**ONE, **changes})


def test_a_menu_names_layers_on_offer() -> None:
    layer = Layer(**ONE)
    for menu in ((Entry("a", ("X",)),), (Entry("a", ()),), (Entry("a", ("L",)),) * 2):
        with pytest.raises(ValueError, match="entry"):
            Hedges(layers=(layer,), menu=menu)
    hedges = Hedges({"F": 1.0}, (), (layer,), (Entry("a", ("L",)),))
    assert hedges.without("L").menu == () == hedges.only(None).menu
    assert hedges.without("F").floors == {}


def test_the_table_gives_layers_and_their_menu() -> None:
    row = {
        "hedge_id": "S", "kind": "stop_loss", "strike": 0.9, "expiry": None, "premium": 70.0,
        "lot": 1.0, "limit": 500.0, "counterparty": "Re", "share": 0.8, "coverage_by": "segment",
        "coverage": "van", "menu": "both; alone",
    }  # fmt: skip
    other = {**row, "hedge_id": "Q", "kind": "quota_share", "share": None, "menu": "both"}
    third = {**other, "hedge_id": "T", "menu": None}

    class Paths:
        as_of = date(2024, 1, 1)
        dates = (date(2024, 2, 1),)
        index_ratio = np.ones((1, 2))

    found = build_hedges(pl.DataFrame([row, other, third]), Paths(), forecast=np.array([1e3, 2e3]))
    stop, quota, _ = found.layers
    assert stop.agreed.tolist() == [900.0, 1800.0]
    assert (stop.share, stop.limit, stop.premium, stop.by, stop.value, stop.quota) == (
        0.8, 500.0, 70.0, "segment", "van", False,
    )  # fmt: skip
    assert quota.quota
    assert quota.share == 1.0
    assert found.menu == (Entry("T", ("T",)), Entry("alone", ("S",)), Entry("both", ("S", "Q")))
    assert build_hedges(pl.DataFrame([row]), Paths()) == Hedges()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("quota", [False, True])
def test_lines_lie_above_the_pay_off_and_no_higher_than_told(seed: int, quota: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 50
    low = rng.normal(0.0, 50.0, n)
    high = low + rng.exponential(60.0, n)
    limit = float(rng.choice([30.0, 80.0, np.inf]))
    layer = Layer(**ONE, limit=limit, quota=quota)
    near = low + rng.random(n) * (high - low)
    lines = lines_above(low, high, limit, near, quota=quota)
    for part in np.linspace(0.0, 1.0, 41):
        at = low + part * (high - low)
        assert (lines.at(at) >= layer.pays(at) - 1e-9).all()
    # where the tangent is taken they are no higher than the least concave function
    told = layer.pays(near) + slack(low, high, limit, quota=quota)
    assert (lines.at(near) <= told + 1e-9).all()
    exact = lines_at(near, limit, quota=quota)
    assert exact.at(near) == pytest.approx(layer.pays(near))


@pytest.mark.parametrize("seed", range(8))
def test_a_reach_holds_every_plan_within_the_distance(
    make_options: Callable[..., Options], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    options = make_options(seed, vehicles=3, events=2, scenarios=10)
    vehicles = len(options.vehicle_ids)
    segment = options.frame["segment"][0]
    by = [{}, {"by": "segment", "value": segment}, {"by": "channel", "value": "auction"}][seed % 3]
    value = options.frame["expected_net"].to_numpy()
    agreed = np.array([value[options.vehicle == v].mean() for v in range(vehicles)])
    layer = Layer("L", "Re", agreed=agreed, **by)
    cover = Cover.of(layer, options)
    loss = rng.exponential(300.0, options.vehicle.size)
    own = [np.flatnonzero(options.vehicle == v) for v in range(vehicles)]
    for rows in own:
        loss[rows[0]] = 0.0
    open_to = np.ones(options.vehicle.size, dtype=bool)
    plans = [np.array(plan) for plan in itertools.product(*own)]
    shorts = np.array([cover.shortfall(options, plan) for plan in plans])
    wide = reach(options, cover, open_to, loss, np.inf)
    assert wide.low == pytest.approx(shorts.min(axis=0), rel=1e-4, abs=1.0)
    assert wide.high == pytest.approx(shorts.max(axis=0), rel=1e-4, abs=1.0)
    near = shorts[[loss[plan].sum() <= 40.0 for plan in plans]]
    found = reach(options, cover, open_to, loss, 40.0, wide)
    assert (found.low <= near.min(axis=0)).all()
    assert (found.high >= near.max(axis=0)).all()
    assert (found.high - found.low < wide.high - wide.low).any()


def test_bent_options_bring_what_lines_say(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=4, scenarios=9)
    rng = np.random.default_rng(3)
    n = options.scenarios
    layers = [
        Layer("A", "Re", agreed=np.full(4, 9e3), share=0.7, premium=11.0),
        Layer("B", "Re", agreed=np.full(4, 8e3), share=0.2, by="channel", value="auction"),
    ]
    covers = [Cover.of(layer, options) for layer in layers]
    lines = [Lines(rng.random(n), rng.normal(0.0, 10.0, n)) for _ in layers]
    charge = rng.random(options.vehicle.size)
    bent = bend(options, covers, lines, charge)
    plan = np.searchsorted(options.vehicle, np.arange(4))
    expected = options.totals(plan) - 11.0 - charge[plan].sum()
    for cover, line in zip(covers, lines, strict=True):
        expected += cover.layer.share * line.at(cover.shortfall(options, plan))
    assert bent.totals(plan) == pytest.approx(expected)


def test_hedges_are_worth_what_the_plan_loses_without_them(
    make_options: Callable[..., Options],
) -> None:
    options = make_options(5, vehicles=5, events=2, floors=1, scenarios=12)
    free = {name: pl.lit(0.0) for name in ("own_volume", "hedge_premium", "hedge_payoff")}
    options = replace(options, table=OptionTable.of(options.frame.with_columns(**free)))
    value = options.frame["expected_net"].to_numpy()
    best = np.array([value[options.vehicle == v].max() for v in range(5)])
    total = options.totals(
        np.array([np.flatnonzero(value == top)[0] for top in best], dtype=np.int64)
    )
    good = 0.3 * np.maximum(total.mean() - total, 0.0)
    positions = (
        Position("GOOD", "bank", 2, good - good.mean(), float(good.mean())),
        Position("DEAR", "bank", 2, good - 9.0 * good.mean(), 9.0 * float(good.mean())),
    )
    layers = (
        Layer("FREE", "Re", agreed=0.97 * best, share=0.5),
        Layer("RIPOFF", "Re", agreed=0.97 * best, share=0.5, premium=0.4 * float(best.sum())),
    )
    menu = (Entry("FREE", ("FREE",)), Entry("RIPOFF", ("RIPOFF",)))
    hedges = Hedges({"F0": 2.0}, positions, layers, menu)

    def planned(offered: Hedges) -> Plan:
        return allocate(options, risk=RISK, hedges=offered, stop=EXACT)

    plan = planned(hedges)
    found = worth_of_hedges(plan, planned)
    by_name = {row["hedge_id"]: row for row in found.to_dicts()}
    assert by_name["FREE"]["entry"] == "FREE"
    for name in ("GOOD", "FREE"):
        without = planned(hedges.without(name)).allocation.objective
        row = by_name[name]
        lost = plan.allocation.objective - without
        assert row["worth"] == pytest.approx(lost, rel=1e-6, abs=1e-3)
        assert row["worth_low"] - 1e-3 <= lost <= row["worth_high"] + 1e-3
        assert row["verdict"] == "pays"
    assert by_name["RIPOFF"]["verdict"] == by_name["DEAR"]["verdict"] == "not_worth_premium"
    assert by_name["RIPOFF"]["worth"] < 0.0
    assert by_name["DEAR"]["marginal_worth"] < 0.0 < by_name["GOOD"]["marginal_worth"]
    assert by_name["DEAR"]["worth"] is None
    told = plan.hedges
    assert told.filter(pl.col("hedge_id") == "FREE")["quantity"].item() == 1.0
    assert told.filter(pl.col("hedge_id") == "RIPOFF")["quantity"].item() == 0.0
