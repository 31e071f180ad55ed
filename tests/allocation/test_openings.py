"""Large fleets' ways of finding a plan: offers decided one by one, vehicles that make room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate, search
from auction.allocation.clock import Clock
from auction.allocation.cuts import Cuts
from auction.allocation.openings import Branch
from auction.allocation.prices import no_prices, price_out, settled
from auction.allocation.problem import CLOSED, OPEN
from auction.allocation.relaxation import relax
from auction.allocation.repair import repaired
from auction.allocation.request import compile_problem
from auction.hedges import Hedges
from auction.options import Options
from auction.risk import CVaR

OFFERS = pl.DataFrame({"offer_id": ["O0", "O1"], "min_units": [5, 4], "max_units": [6, 9]})
RISK = CVaR(0.8, 0.4)


@pytest.mark.parametrize("seed", range(8))
def test_offers_decided_one_by_one_give_the_exact_plan(
    seed: int, make_options: Callable[..., Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = make_options(seed, vehicles=14, events=3, offers=2, tight=0.5)
    stop = Stop(0.0, 120.0, 1e9)
    exact = allocate(options, risk=RISK, offers=OFFERS, stop=stop)
    monkeypatch.setattr(search, "EXACT_COLUMNS", 0)
    parted = allocate(options, risk=RISK, offers=OFFERS, stop=stop)
    assert exact.status == parted.status == "optimal"
    assert parted.objective == pytest.approx(exact.objective, rel=1e-9)


def test_an_offer_taken_in_part_is_opened_and_closed(make_options: Callable[..., Options]) -> None:
    parted = 0
    for seed in range(12):
        options = make_options(seed, vehicles=14, events=3, offers=2, tight=0.5)
        problem = compile_problem(options, Constraints(), RISK, Hedges(), None, OFFERS)
        priced = price_out(problem, no_prices(problem))
        hold = repaired(problem, np.full(problem.vehicles, -1), priced)
        assert hold is not None
        found = relax(problem, hold, Cuts(problem), Clock(60.0))
        root = Branch(problem, found, found.priced.bound)
        for branch in root.parted():
            parted += 1
            decided = branch.problem.openings
            assert sorted(decided.tolist())[1] in {CLOSED, OPEN}
            at = price_out(branch.problem, settled(branch.problem, found.priced.prices))
            shut = np.flatnonzero(decided == CLOSED)
            assert not np.isin(problem.offer[at.best], shut).any()
            assert at.bound <= root.bound + 1e-6 * abs(root.bound) or (decided == OPEN).any()
    assert parted >= 2


@pytest.mark.parametrize("seed", range(6))
def test_vehicles_make_room_for_those_without_a_place(
    seed: int, make_options: Callable[..., Options], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few may be held back: the best moves first leave no place for the last vehicles."""
    options = make_options(seed, vehicles=40, events=5, tight=0.9)
    constraints = Constraints((Limit("channel", "hold", max_share=0.3),))
    problem = compile_problem(options, constraints, RISK, Hedges(), None, None)
    priced = price_out(problem, no_prices(problem))
    chosen = repaired(problem, np.full(problem.vehicles, -1), priced)
    assert chosen is not None
    assert problem.feasible(chosen)
    exact = allocate(options, constraints, risk=RISK)
    monkeypatch.setattr(search, "EXACT_COLUMNS", 0)
    monkeypatch.setattr(search, "first_plan", lambda *_: None)
    found = allocate(options, constraints, risk=RISK)
    assert found.status in {"optimal", "gap"}
    assert found.objective == pytest.approx(exact.objective, rel=3e-6)
