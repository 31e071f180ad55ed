"""Covers of single units and layers, from their terms to what they pay on fresh scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop
from auction.channels.covered import conditions, guaranteed, owed, unit_covers
from auction.evaluate import evaluate
from auction.hedge_terms import Hedges
from auction.hedged import payoffs, tail_and_basis, with_hedges
from auction.hedges import build_hedges
from auction.market import Market
from auction.plan import Plan, allocate
from auction.quoting import quote
from auction.risk import CVaR
from auction.situation import Situation
from quoting_world import (
    book_for,
    bridge_error,
    day,
    events,
    fleet,
    hedges,
    plain_market,
    venues,
)
from residual.tables import with_optional_columns

TERMS = {
    "hedge_id": "RV", "kind": "insurance", "strike": 0.9, "premium": 0.02, "insured_on": "guide",
    "deductible": 0.1, "min_grade": 3.0,
}  # fmt: skip
UNITS = fleet(
    {"vehicle_id": "sound", "guide_value": 12_000.0},
    {"vehicle_id": "hurt", "guide_value": 12_000.0, "damage": "light"},
    {"vehicle_id": "poor", "guide_value": 12_000.0, "condition_grade": 2.0},
    {"vehicle_id": "unseen", "guide_value": 12_000.0, "condition_grade": None},
    {"vehicle_id": "salvage", "guide_value": 12_000.0, "title_status": "salvage"},
    {"vehicle_id": "unpriced", "guide_value": None},
)


def market(*covers: dict[str, Any], **changes: Any) -> Market:
    terms = {"venues": venues({"venue_id": "A"}), "hedges": hedges(*covers)}
    return plain_market(**{**terms, **changes})


def insured(units: pl.DataFrame, where: Market) -> pl.DataFrame:
    options = quote(book_for(units, where, n=32), where)
    assert bridge_error(options) < 1e-7
    return options.frame.filter(pl.col("hedge_id") == "RV")


def test_only_sound_units_with_a_known_sum_are_insured() -> None:
    found = insured(UNITS, market(TERMS))
    assert found["vehicle_id"].unique().to_list() == ["sound"]
    assert found["hedge_premium"].unique().to_list() == pytest.approx([0.02 * 12_000.0])
    assert found["counterparty"].unique().to_list() == ["Insurer"]
    sum_insured = TERMS["strike"] * (1.0 - TERMS["deductible"]) * 12_000.0
    assert found["exposure"].unique().to_list() == pytest.approx([sum_insured])
    assert found["terms"].str.contains(", insured RV").all()
    easy = {**TERMS, "min_grade": None, "insured_on": "forecast"}
    names = insured(UNITS, market(easy))["vehicle_id"].unique(maintain_order=True).to_list()
    assert names == ["sound", "poor", "unseen", "unpriced"]


def test_the_deductible_comes_off_the_insured_sum() -> None:
    where = market(TERMS)
    situation = Situation(UNITS, book_for(UNITS, where, n=8), where)
    ((_, terms),) = unit_covers(situation)
    assert guaranteed(situation, terms).tolist() == pytest.approx([9_720.0, 0, 0, 0, 0, 0])


def test_the_largest_payout_is_a_share_of_the_insured_sum_and_all_that_is_owed() -> None:
    where = market({**TERMS, "max_payout": 0.25})
    most = 0.25 * TERMS["strike"] * 12_000.0
    assert insured(UNITS, where)["exposure"].unique().to_list() == pytest.approx([most])
    situation = Situation(UNITS, book_for(UNITS, where, n=8), where)
    ((_, terms),) = unit_covers(situation)
    assert owed(situation, terms).tolist() == pytest.approx([most, 0, 0, 0, 0, 0])
    assert ", up to 0.25 of the insured sum in return" in conditions(terms, 3)
    full, part = (
        insured(UNITS, market({**TERMS, "max_payout": share}))["hedge_payoff"].sum()
        for share in (None, 0.05)
    )
    assert 0.0 < part < full


def test_a_floor_has_no_largest_payout() -> None:
    both = [hedges({"hedge_id": "H", "kind": kind}) for kind in ("unit_floor", "insurance")]
    told = with_optional_columns(pl.concat(both), Hedges).with_columns(max_payout=pl.lit(0.2))
    kept, faults = Hedges.filter(told, cast=True)
    assert kept["kind"].to_list() == ["insurance"]
    assert faults.counts() == {"insurance_terms": 1}


def test_insurance_asks_that_all_runs_are_over_by_its_expiry() -> None:
    found = events(*[{"event_id": f"E{d}", "venue_id": "A", "days": d} for d in (5, 12, 19)])
    rules = market(TERMS).auction
    last = day(12 + int(rules.runs * rules.rerun_gap_days))
    late = market({**TERMS, "expiry": last}, events=found)
    assert insured(UNITS, late)["event_id"].unique().sort().to_list() == ["E12", "E5"]
    floor = {"hedge_id": "RV", "kind": "unit_floor", "strike": 0.9, "expiry": last}
    assert insured(UNITS, market(floor, events=found))["event_id"].n_unique() == 3


def test_the_conditions_are_told() -> None:
    words = conditions({**TERMS, "max_payout": None, "counterparty": "Safe", "expiry": day(34)}, 3)
    for part in ("Safe (RV)", "grade 3 or better", "3 runs", str(day(34)), "damage is not insured"):
        assert part in words
    floor = {"hedge_id": "F", "kind": "unit_floor"}
    assert conditions(floor, 3) == "under price floor F: report the sale at once"


FLEET = fleet(
    *[{"vehicle_id": f"v{i}", "worth": 8_000.0 + 500 * i, "guide_value": 9e3} for i in range(6)]
)


def planned(*covers: dict[str, Any], risk: CVaR) -> tuple[Plan, Situation]:
    where = market(*covers)
    # a market that stands still between runs, as quotes take it to
    situation = Situation(FLEET, book_for(FLEET, where, n=1_024, still=True), where)
    fresh = Situation(FLEET, book_for(FLEET, where, n=4_000, seed=99, still=True), where)
    offered = build_hedges(where.hedges, situation.book, 0.0, situation.forecast)
    options = quote(situation.book, where)
    return allocate(options, risk=risk, hedges=offered, stop=Stop(gap=1e-7)), fresh


@pytest.mark.parametrize(
    "terms",
    [
        {"kind": "unit_floor", "strike": 0.95},
        {"kind": "insurance", "strike": 1.1, "deductible": 0.1, "max_payout": 0.08},
    ],
)
def test_covers_pay_on_fresh_scenarios_what_was_quoted(
    terms: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gift = {"hedge_id": "F", "premium": 1e-6, "limit": 4.0, **terms}
    plan, fresh = planned(gift, risk=CVaR())
    assert plan.hedges["quantity"].item() == 4.0
    evaluation = with_hedges(fresh, 0.0, plan)
    (paid,) = payoffs(fresh, 0.0, plan, evaluation).values()
    assert (paid >= -1e-9).all()
    assert paid.max() <= plan.chosen["exposure"].sum() + 1e-6
    expected = plan.hedges["expected_payoff"].item()
    error = paid.std() * np.sqrt(1.0 / paid.size + 1.0 / 1_024)
    assert expected > 100.0
    assert abs(paid.mean() - expected) < 3.0 * error
    monkeypatch.setattr("auction.hedged._BLOCK", 3)
    (in_parts,) = payoffs(fresh, 0.0, plan, evaluation).values()
    np.testing.assert_array_equal(in_parts, paid)


def test_a_layer_pays_what_its_vehicles_fall_short_of() -> None:
    stop = {
        "hedge_id": "S", "kind": "stop_loss", "strike": 0.97, "premium": 10.0, "limit": 5_000.0,
        "share": 0.8,
    }  # fmt: skip
    plan, fresh = planned(stop, risk=CVaR(0.9, 0.5))
    assert plan.menu is not None
    assert plan.menu.taken is not None
    bare = evaluate(fresh, plan.chosen, np.zeros(4_000))
    short = 0.97 * fresh.forecast.sum() - bare.net.sum(axis=0)
    due = 0.8 * np.clip(short, 0.0, 5_000.0)
    evaluation = with_hedges(fresh, 0.0, plan)
    assert evaluation.hedges == pytest.approx(due - 10.0)
    paid = payoffs(fresh, 0.0, plan, evaluation)
    assert paid["S"] == pytest.approx(due)
    mean, tail, basis = tail_and_basis(paid["S"], evaluation.total, 0.9)
    assert mean == pytest.approx(due.mean())
    assert tail > mean
    assert basis is not None
    assert 0.0 < basis < 1.0
    assert tail_and_basis(np.ones(8), np.arange(8.0), 0.5)[2] is None
    unhedged = replace(plan, menu=None)
    assert with_hedges(fresh, 0.0, unhedged).hedges.tolist() == [0.0] * 4_000
