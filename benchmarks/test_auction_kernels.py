"""The auction kernels on one thread beside NumPy and numba; each group gives a ratio."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.special import ndtr

from _core import bids, outcomes, reference_auction, reference_outcomes, reserves, rng
from auction.basis import TERMS, interpolation, nodes
from benchmarks import numba_kernels, numba_outcomes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from core.test_outcomes import lots as lots_to_hold

LOTS, UNITS, STRATA = 512, 8, 32


def lots(count: int) -> tuple[NDArray[np.float64], ...]:
    draw = np.random.default_rng(1)
    return (
        draw.uniform(-0.5, 0.5, count),
        draw.uniform(2.0, 9.0, count),
        draw.uniform(0.05, 0.3, count),
    )


def policies(count: int) -> dict[str, Any]:
    draw = np.random.default_rng(2)
    rows = {
        "log_value": 9.0 + 0.4 * draw.standard_normal(count),
        "unit_scale": draw.uniform(0.08, 0.4, count),
        "spread": draw.uniform(0.05, 0.25, count),
        "arrival": draw.uniform(3.0, 9.0, count),
    }
    same = {
        "accept_level": -np.inf, "accept_slope": 0.0, "step_log_value": -0.02,
        "step_discount": 0.997, "step_cost": 150.0, "fallback": 0.85, "tilt": 1.0,
        "floor_price": 0.0, "largest_payout": np.inf,
    }  # fmt: skip
    return {
        **rows,
        **{name: np.full(count, value) for name, value in same.items()},
        "fees": np.zeros(count, dtype=np.intp),
        "sale_above": np.zeros((1, 1)),
        "sale_fixed": np.full((1, 1), 250.0),
        "sale_rate": np.full((1, 1), 0.01),
        "unsold_above": np.zeros((1, 1)),
        "unsold_fixed": np.full((1, 1), 40.0),
        "unsold_rate": np.zeros((1, 1)),
        "group": np.zeros(count, dtype=np.intp),
        "half_width": np.array([0.2]),
        "mean_weight": np.full((1, TERMS), 1.0 / TERMS),
        "move": np.linspace(-0.1, 0.1, 32)[None],
        "node": nodes(),
        "interpolation": interpolation(),
        "shock": np.sort(draw.standard_normal(STRATA))[None],
        "weight": np.full(STRATA, 1.0 / STRATA),
        "shape": np.zeros(count, dtype=np.intp),
        "runs": 3,
    }


@pytest.mark.benchmark(group="sale chance and revenue, 512 lots")
def test_sale(benchmark: BenchmarkFixture) -> None:
    chance, _ = benchmark(bids.sale, *lots(LOTS))
    assert ((chance >= 0.0) & (chance <= 1.0)).all()


@pytest.mark.benchmark(group="sale chance and revenue, 512 lots")
def test_sale_numpy(benchmark: BenchmarkFixture) -> None:
    chance, _ = benchmark(reference_auction.sale, *lots(LOTS))
    assert ((chance >= 0.0) & (chance <= 1.0)).all()


@pytest.mark.benchmark(group="sale chance and revenue, 512 lots")
def test_sale_numba(benchmark: BenchmarkFixture) -> None:
    cells, span = 128, 6.5
    t = np.linspace(-span, span, 2 * cells + 1)
    tables = ndtr(-t), np.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi), span
    chance, revenue = np.empty(LOTS), np.empty(LOTS)
    numba_kernels.sale(*lots(LOTS), *tables, chance, revenue)
    benchmark(numba_kernels.sale, *lots(LOTS), *tables, chance, revenue)
    log_ratio, _, spread = lots(LOTS)
    within = np.abs(log_ratio) < span * spread
    assert within.mean() > 0.95
    for found, ours in zip((chance, revenue), bids.sale(*lots(LOTS)), strict=True):
        np.testing.assert_allclose(found[within], ours[within], rtol=1e-9, atol=1e-12)


@pytest.mark.benchmark(group="reserve policy over three runs, 8 lots")
def test_policy(benchmark: BenchmarkFixture) -> None:
    reserve, *_ = benchmark(reserves.auction_policy, **policies(UNITS))
    assert reserve.shape == (UNITS, 3)


@pytest.mark.benchmark(group="reserve policy over three runs, 8 lots")
def test_policy_numpy(benchmark: BenchmarkFixture) -> None:
    reserve, *_ = benchmark.pedantic(
        lambda: reference_auction.auction_policy(**policies(UNITS)), rounds=3
    )
    assert reserve.shape == (UNITS, 3)


@pytest.mark.benchmark(group="auctions held over three runs, 256 lots, 1,024 scenarios")
def test_outcomes(benchmark: BenchmarkFixture) -> None:
    net, *_ = benchmark(outcomes.auction_outcomes, **lots_to_hold(256, 1_024))
    assert net.shape == (256, 1_024)


@pytest.mark.benchmark(group="auctions held over three runs, 256 lots, 1,024 scenarios")
def test_outcomes_numpy(benchmark: BenchmarkFixture) -> None:
    given = lots_to_hold(256, 1_024)
    net, *_ = benchmark.pedantic(lambda: reference_outcomes.auction_outcomes(**given), rounds=3)
    np.testing.assert_allclose(net, outcomes.auction_outcomes(**given)[0], rtol=1e-11, atol=1e-8)


@pytest.mark.benchmark(group="auctions held over three runs, 256 lots, 1,024 scenarios")
def test_outcomes_numba(benchmark: BenchmarkFixture) -> None:
    given = lots_to_hold(256, 1_024)
    ours = outcomes.auction_outcomes(**given)
    keyed = (given.pop("seed"), given.pop("stream"), given.pop("keys"))
    slots, steps = given.pop("slots"), 3 * given["reserve"].shape[1] + 1

    def held() -> tuple[NDArray[np.float64], ...]:
        found = tuple(np.zeros(each.shape) for each in ours)
        # numba has no keyed streams; the draws are a small part of the work
        draws = rng.uniforms(*keyed, steps, 1_024)
        numba_outcomes.auction_outcomes(draws, *given.values(), *found)
        return found

    assert slots == ours[2].shape[0]
    held()
    for found, own in zip(benchmark(held), ours, strict=True):
        np.testing.assert_allclose(found, own, rtol=1e-9, atol=1e-6)
