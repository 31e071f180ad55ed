"""The likelihood of lots against derivatives taken by hand and chances counted by simulation."""

from __future__ import annotations

from dataclasses import replace

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
    """Sold above, at and below the reserve, for sealed bids, unsold; bidders counted or not."""
    rng, n = np.random.default_rng(0), 20
    reserve = rng.normal(size=n)
    reserve[3] = np.nan
    exact = np.isin(np.arange(n), [0, 1, 2, 3, 10])
    above = exact | np.isin(np.arange(n), [4, 5, 6, 12, 17, 18, 19])
    bidders = np.array(
        [5, np.nan, 3, 4, 6, np.nan, 1, 8, np.nan, 2, np.nan, 0, 2, 1, np.nan, 4, 2, np.nan, 3, 1]
    )  # fmt: skip
    drawn = np.where(np.isnan(bidders), 0.0, rng.normal(size=n))
    bound = np.where(exact, rng.normal(size=n) + 0.5, reserve)
    taken = np.isin(np.arange(n), [14, 15, 16])
    bound = np.where(taken, reserve - np.array([0.02, 0.4, 1.5])[np.arange(n) % 3], bound)
    blind = np.isin(np.arange(n), [17, 18, 19])
    venue = rng.integers(0, 2, n)
    usual = rng.normal(size=n)
    return Lots(bound, reserve, above, exact | taken, blind, bidders, drawn, usual, venue)


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_those_of_the_likelihood(name: str) -> None:
    lots, worth, asking = every_kind(), np.array([0.1, -0.1]), np.array([0.0, 0.2])
    _, slopes, _ = likelihood(lots, NUMBERS, worth, asking, NODES, WEIGHTS, 0.01)
    step = np.zeros(len(NAMES))
    step[NAMES.index(name)] = 1e-6
    up, down = (
        likelihood(lots, at, worth, asking, NODES, WEIGHTS, 0.01)[0]
        for at in (NUMBERS + step, NUMBERS - step)
    )
    assert (up - down) / 2e-6 == pytest.approx(slopes[:, NAMES.index(name)], abs=1e-7)
    assert np.abs(slopes[:, NAMES.index(name)]).max() > 0.01


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("bound", [-0.6, 0.2])
def test_chances_of_each_outcome_are_those_of_simulated_bids(counted: bool, bound: float) -> None:
    n, rng = 400_000, np.random.default_rng(4)
    value, (unit, share, rate) = NUMBERS[0], np.exp(NUMBERS[[1, 2, 9]])
    number = np.full(n, 4) if counted else rng.poisson(rate, n)
    shock = rng.choice(NODES, size=n, p=WEIGHTS)
    highest, second = top_two(rng, value + unit * shock, share, number)
    near = np.abs(second - bound) < 0.02
    seen = [
        np.mean(highest < bound),
        np.mean((highest >= bound) & (second < bound)),
        np.mean(near) / 0.04,
        np.mean(highest >= bound),
        np.mean(near & (highest < bound + 0.5)) / 0.04,
    ]
    reserve = np.full(5, np.nan)
    reserve[4] = bound + 0.5
    above, exact, blind = (np.isin(np.arange(5), rows) for rows in ([1, 2, 3], [2, 4], [3]))
    lots = Lots(
        np.full(5, bound), reserve, above, exact, blind,
        np.full(5, 4.0 if counted else np.nan), np.zeros(5), np.zeros(5), np.zeros(5, np.int64),
    )  # fmt: skip
    # reserves spread so far that their density is flat
    wide, noise = NUMBERS.copy(), 8.0
    wide[NAMES.index("reserve")] = noise
    log, _, _ = likelihood(lots, wide, NO_VENUE, NO_VENUE, NODES, WEIGHTS, 0.01)
    # one row in a hundred is taken to have nothing to do with bids: a third of it each outcome
    stray = np.array([0.01 / 3, 0.01 / 3, 0.05 * 0.01 / 3, 0.01 / 3, 0.05**2 * 0.01 / 3])
    flat = np.where(np.isfinite(reserve), np.exp(noise) * np.sqrt(2.0 * np.pi), 1.0)
    assert (np.exp(log) - stray) / 0.99 * flat == pytest.approx(seen, rel=0.04)


def test_a_row_beside_all_reason_hardly_counts() -> None:
    lots = every_kind()
    wild = lots.bound.copy()
    wild[0] = 40.0
    absurd = replace(lots, bound=wild)
    log, slopes, _ = likelihood(absurd, NUMBERS, np.zeros(2), np.zeros(2), NODES, WEIGHTS, 0.01)
    assert np.isfinite(log).all()
    assert np.abs(slopes[0]).max() < 1e-6


def test_bids_far_from_where_bidders_stand_stay_finite() -> None:
    """A bid and a reserve forty spreads up or down, and sealed bids that hardly could be met."""
    lots = every_kind()
    for shift in (-40.0, 40.0):
        far = replace(lots, bound=lots.bound + shift, reserve=lots.reserve + shift)
        log, slopes, _ = likelihood(far, NUMBERS, np.zeros(2), np.zeros(2), NODES, WEIGHTS, 0.01)
        assert np.isfinite(log).all()
        assert np.isfinite(slopes).all()


def test_nodes_carry_the_shock() -> None:
    from residual.distribution import fit_shape

    shock = fit_shape(np.random.default_rng(1).standard_normal(4000), 0.6, 6.0, 5.0).shock
    nodes, weights = shock_nodes(shock)
    fine = shock.quantile((np.arange(4000) + 0.5) / 4000)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ nodes == pytest.approx(fine.mean(), abs=5e-3)
    assert weights @ nodes**2 == pytest.approx((fine**2).mean(), rel=0.02)
