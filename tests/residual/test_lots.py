"""The likelihood of lots against derivatives taken by hand and chances counted by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from auction_lanes import top_two
from residual.likeliest import shock_nodes
from residual.lots import NAMES, Lots, likelihood

NUMBERS = np.array([-0.4, -0.1, -0.5, 0.1, -0.2, 0.3, 0.8, 0.1, -0.9, 1.7])
NODES = np.linspace(-3.0, 3.0, 31)
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()
NO_VENUE = np.zeros(1)


def every_kind() -> Lots:
    """Sold above and at the reserve, unsold, with bidders counted or not, reserve known or not."""
    rng, n = np.random.default_rng(0), 14
    reserve = rng.normal(size=n)
    reserve[3] = np.nan
    exact = np.isin(np.arange(n), [0, 1, 2, 3, 10])
    above = exact | np.isin(np.arange(n), [4, 5, 6, 12])
    bidders = np.array([5, np.nan, 3, 4, 6, np.nan, 1, 8, np.nan, 2, np.nan, 0, 2, 1])
    drawn = np.where(np.isnan(bidders), 0.0, rng.normal(size=n))
    bound = np.where(exact, rng.normal(size=n) + 0.5, reserve)
    venue = rng.integers(0, 2, n)
    return Lots(bound, reserve, above, exact, bidders, drawn, rng.normal(size=n), venue)


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_those_of_the_likelihood(name: str) -> None:
    lots, worth, asking = every_kind(), np.array([0.1, -0.1]), np.array([0.0, 0.2])
    _, slopes, _ = likelihood(lots, NUMBERS, worth, asking, NODES, WEIGHTS)
    step = np.zeros(len(NAMES))
    step[NAMES.index(name)] = 1e-6
    up, down = (
        likelihood(lots, at, worth, asking, NODES, WEIGHTS)[0]
        for at in (NUMBERS + step, NUMBERS - step)
    )
    assert (up - down) / 2e-6 == pytest.approx(slopes[:, NAMES.index(name)], abs=1e-7)
    assert np.abs(slopes[:, NAMES.index(name)]).max() > 0.01


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("bound", [-0.6, 0.2])
def test_chances_of_each_outcome_are_those_of_simulated_bids(counted: bool, bound: float) -> None:
    n, rng = 400_000, np.random.default_rng(4)
    value, unit, share, rate = NUMBERS[0], *np.exp(NUMBERS[[1, 2, 9]])
    number = np.full(n, 4) if counted else rng.poisson(rate, n)
    shock = rng.choice(NODES, size=n, p=WEIGHTS)
    highest, second = top_two(rng, value + unit * shock, share, number)
    seen = [
        np.mean(highest < bound),
        np.mean((highest >= bound) & (second < bound)),
        np.mean(np.abs(second - bound) < 0.01) / 0.02,
    ]
    none = np.full(3, np.nan)
    lots = Lots(
        np.full(3, bound), none, np.array([False, True, True]), np.array([False, False, True]),
        np.full(3, 4.0 if counted else np.nan), np.zeros(3), np.zeros(3), np.zeros(3, np.int64),
    )  # fmt: skip
    log, _, _ = likelihood(lots, NUMBERS, NO_VENUE, NO_VENUE, NODES, WEIGHTS)
    # one row in a hundred is taken to have nothing to do with bids: a third of it each outcome
    stray = np.array([0.01 / 3, 0.01 / 3, 0.05 * 0.01 / 3])
    assert np.exp(log) - stray == pytest.approx(seen, rel=0.03)


def test_a_row_beside_all_reason_hardly_counts() -> None:
    lots = every_kind()
    wild = lots.bound.copy()
    wild[0] = 40.0
    absurd = Lots(
        wild, lots.reserve, lots.above, lots.exact, lots.bidders, lots.drawn, lots.usual, lots.venue
    )
    log, slopes, _ = likelihood(absurd, NUMBERS, np.zeros(2), np.zeros(2), NODES, WEIGHTS)
    assert np.isfinite(log).all()
    assert np.abs(slopes[0]).max() < 1e-6


def test_nodes_carry_the_shock() -> None:
    from residual.distribution import fit_shape

    shock = fit_shape(np.random.default_rng(1).standard_normal(4000), 0.6, 6.0, 5.0).shock
    nodes, weights = shock_nodes(shock)
    fine = shock.quantile((np.arange(4000) + 0.5) / 4000)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ nodes == pytest.approx(fine.mean(), abs=5e-3)
    assert weights @ nodes**2 == pytest.approx((fine**2).mean(), rel=0.02)
