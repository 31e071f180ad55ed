"""Segment indices on sales whose segments move in a known way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from residual.segment_blocks import block_means, month_blocks, with_outside
from residual.segment_filter import filter_walks
from residual.segment_index import SegmentIndices, drift_priors, segment_indices
from residual.shrinkage import shrunk_correlation

AS_OF = 20_000
NAMES = ["bev", "compact", "pickup", "suv", "van"]


@dataclass(frozen=True)
class World:
    residual: np.ndarray
    day: np.ndarray
    segment: np.ndarray
    weight: np.ndarray
    level: np.ndarray


def world(
    seed: int,
    months: int = 36,
    a_month: int = 40,
    step: float = 0.01,
    common: float = 0.0,
    electric: float = 0.0,
    passing: float = 0.0,
) -> World:
    draw = np.random.default_rng(seed)
    s = len(NAMES)
    steps = np.sqrt(1 - common) * draw.standard_normal((s, months))
    steps = step * (steps + np.sqrt(common) * draw.standard_normal(months))
    level = np.cumsum(steps + electric * (np.arange(s) == 0)[:, None], axis=1)
    level -= level.mean(axis=1, keepdims=True)
    rows = months * a_month * s
    segment, month = draw.integers(0, s, rows), draw.integers(0, months, rows)
    day = np.floor(AS_OF - 30.44 * (months - 1 - month + draw.random(rows))).astype(np.int64)
    day = np.maximum(day, AS_OF - np.floor(30.44 * months).astype(np.int64) + 1)
    spread = draw.uniform(0.08, 0.2, rows)
    residual = level[segment, month] + spread * draw.standard_normal(rows)
    residual += passing * draw.standard_normal((s, months))[segment, month]
    return World(residual, day, segment, spread**-2, level)


def found(made: World, **changes: object) -> SegmentIndices:
    values: dict[str, object] = {
        "residual": made.residual, "day": made.day, "segment": made.segment,
        "weight": made.weight, "as_of": AS_OF, "names": NAMES, "expected_volatility": 0.006,
    }  # fmt: skip
    values.update(changes)
    return segment_indices(**values)  # type: ignore[arg-type]


def test_levels_are_found_with_an_honest_error() -> None:
    z = []
    for seed in range(30):
        made = world(seed, passing=0.01)
        indices = found(made)
        z.append((indices.level - made.level[:, -1]) / indices.level_sd)
    assert np.mean(np.abs(z) < 1.645) == pytest.approx(0.9, abs=0.06)
    assert np.std(z) == pytest.approx(1.0, abs=0.2)


def test_volatility_is_told_from_passing_errors() -> None:
    for step, low, high in ((0.003, 0.0015, 0.0055), (0.02, 0.012, 0.026)):
        told = [found(world(seed, step=step, passing=0.02)).volatility for seed in range(6)]
        assert low < np.mean(told) < high


def test_electric_segments_fall_by_prior_and_by_data() -> None:
    mean, sd = drift_priors(["BEV", "suv", "hybrid", "phev"])
    # five-year losses of 59 % and 46 %
    assert mean[0] == pytest.approx(np.log(0.41 / 0.54) / 60, abs=1e-4)
    assert mean[1] == 0.0
    assert mean[2] == pytest.approx(np.log(0.59 / 0.54) / 60, abs=1e-4)
    assert mean[3] == 0.0
    assert sd[3] == sd[0] > sd[1]
    drift = [
        np.mean([found(world(s, step=0.003, electric=fall)).drift[0] for s in range(5)])
        for fall in (-0.01, 0.0, 0.008)
    ]
    assert drift == sorted(drift)
    assert drift[0] == pytest.approx(-0.01, abs=0.002)
    assert -0.003 < drift[1] < 0.001
    assert drift[2] > 0.005


def test_steps_that_are_shared_are_seen_as_such() -> None:
    above = np.triu_indices(len(NAMES), 1)
    told = {
        common: np.mean(
            [found(world(s, a_month=100, common=common)).correlation[above] for s in range(8)]
        )
        for common in (0.0, 0.7)
    }
    assert abs(told[0.0]) < 0.1
    assert 0.3 < told[0.7] < 0.85


def test_correlations_are_definite_and_shrink() -> None:
    draw = np.random.default_rng(3)
    few = draw.standard_normal((12, 8))
    everything = np.ones((12, 12))
    matrix = shrunk_correlation(few, everything)
    assert np.linalg.eigvalsh(matrix)[0] > 0.0
    assert np.all(np.diag(matrix) == 1.0)
    long = draw.standard_normal((3, 2000)) + 2 * draw.standard_normal(2000)
    assert shrunk_correlation(long, np.ones((3, 3)))[0, 1] == pytest.approx(0.8, abs=0.03)
    long[1, 4:] = np.nan
    assert shrunk_correlation(long, np.ones((3, 3)))[0, 1] == 0.0


def test_nothing_later_is_read() -> None:
    made = world(1)
    late = made.day > AS_OF - 90
    spoilt = made.residual.copy()
    spoilt[late] += 5.0
    one = found(made, as_of=AS_OF - 90)
    other = found(made, as_of=AS_OF - 90, residual=spoilt)
    kept = found(made, as_of=AS_OF - 90, residual=made.residual[~late], day=made.day[~late],
                 segment=made.segment[~late], weight=made.weight[~late])  # fmt: skip
    for name in ("level", "volatility", "drift", "correlation"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
        assert np.array_equal(getattr(one, name), getattr(kept, name))


def test_a_segment_without_sales_stays_with_the_market() -> None:
    made = world(2)
    indices = found(made, names=[*NAMES, "tricycle"])
    assert indices.level[-1] == 0.0
    assert indices.drift[-1] == 0.0
    assert indices.months[-1] == 0
    assert indices.level_sd[-1] > indices.level_sd[:-1].max()
    others = np.delete(indices.volatility, -1)
    assert others.min() < indices.volatility[-1] < 2 * others.max()
    empty = found(made, as_of=0)
    assert np.all(empty.level[1:] == 0.0)
    assert empty.correlation == pytest.approx(np.eye(len(NAMES)))
    assert empty.volatility == pytest.approx(np.full(len(NAMES), 0.006), rel=0.1)


def test_rows_at_fault_and_wild_sales_pull_little() -> None:
    made = world(4)
    clean = found(made)
    residual, weight = made.residual.copy(), made.weight.copy()
    residual[::100] = np.log(10.0)
    wild = found(made, residual=residual)
    assert np.abs(wild.level - clean.level).max() < 0.6 * clean.level_sd.max()
    residual[::100], weight[1::100], weight[2::100] = np.nan, 0.0, np.inf
    mended = found(made, residual=residual, weight=weight)
    assert np.all(np.isfinite(mended.level))
    assert np.abs(mended.level - clean.level).max() < 0.5 * clean.level_sd.max()


def test_order_of_the_sales_does_not_matter() -> None:
    made = world(5)
    order = np.random.default_rng(0).permutation(len(made.day))
    other = found(made, residual=made.residual[order], day=made.day[order],
                  segment=made.segment[order], weight=made.weight[order])  # fmt: skip
    assert other.level == pytest.approx(found(made).level, abs=1e-9)


def test_an_outside_series_of_a_segment_helps() -> None:
    near, alone = [], []
    for seed in range(12):
        made = world(seed, a_month=4, step=0.015)
        outside = np.full(made.level.shape, np.nan)
        outside[1, 6:] = 3.0 + made.level[1, 6:]
        joined = found(made, outside=outside)
        near.append(joined.level[1] - made.level[1, -1])
        alone.append(found(made).level[1] - made.level[1, -1])
        assert joined.level_sd[1] < found(made).level_sd[1]
    assert np.std(near) < 0.9 * np.std(alone)
    with pytest.raises(ValueError, match="shape"):
        with_outside(np.zeros((2, 3)), np.ones((2, 3)), np.zeros((2, 4)), 0.01)


def test_an_outside_series_that_shares_no_month_is_left_out() -> None:
    mean, precision = np.array([[0.1, 0.0, 0.2]]), np.array([[100.0, 0.0, 100.0]])
    outside = np.array([[np.nan, 5.0, np.nan]])
    joined, sure = with_outside(mean, precision, outside, 0.01)
    assert joined.tolist() == mean.tolist()
    assert sure.tolist() == precision.tolist()
    shared = np.array([[np.nan, 5.0, 5.1]])
    joined, sure = with_outside(mean, precision, shared, 0.1)
    assert joined[0] == pytest.approx([0.1, 0.1, 0.2])
    assert sure[0] == pytest.approx([100.0, 100.0, 200.0])


# --- the pieces ---------------------------------------------------------------------------------


def test_months_end_with_the_day() -> None:
    assert month_blocks(np.array([100, 70, 69, 0]), 100).tolist() == [0, 0, 1, 3]


def test_block_means_by_hand() -> None:
    mean, precision = block_means(
        np.array([0.1, 0.3, -0.2, 9.0]), np.array([0, 0, 1, 0]), np.array([0, 0, 0, 1]),
        np.array([1.0, 3.0, 4.0, 1.0]), 2,
    )  # fmt: skip
    assert mean == pytest.approx(np.array([[-0.2, 0.25], [0.0, 9.0]]))
    assert precision.tolist() == [[4.0, 4.0], [0.0, 1.0]]
    # the median is 0; 9 is pulled in to three standard deviations
    tame, _ = block_means(np.array([0.0, 0.0, 9.0]), np.zeros(3, dtype=np.int64),
                          np.zeros(3, dtype=np.int64), np.full(3, 100.0), 1)  # fmt: skip
    assert tame[0, 0] == pytest.approx(0.1)


def test_the_filter_agrees_with_the_normal_law() -> None:
    mean, precision = np.array([[0.02, 0.0, -0.01, 0.03]]), np.array([[400.0, 0.0, 900.0, 250.0]])
    step, passing, drift, drift_sd = 0.01, 0.005, np.array([-0.002]), np.array([0.003])
    told = filter_walks(mean, precision, np.array([step]), np.array([passing]), drift, drift_sd)
    away = times = np.arange(4.0)
    seen = np.array([0, 2, 3])
    walk = 1.0 + step**2 * np.minimum.outer(times, times)
    state = walk + drift_sd**2 * np.outer(away, away)
    prior = drift * away
    noise = np.diag(1.0 / precision[0, seen] + passing**2)
    within = state[np.ix_(seen, seen)] + noise
    gap = mean[0, seen] - prior[seen]
    weight = np.linalg.solve(within, gap)
    assert told.level[0, 0] == pytest.approx(float(prior[3] + state[3, seen] @ weight))
    slope = drift_sd**2 * away[seen]
    assert told.drift[0, 0] == pytest.approx(float((drift + slope @ weight)[0]))
    spread = state[3, 3] - state[3, seen] @ np.linalg.solve(within, state[seen, 3])
    assert told.level_variance[0, 0] == pytest.approx(float(spread))
    _, size = np.linalg.slogdet(2 * np.pi * within)
    assert told.likelihood[0, 0] == pytest.approx(-0.5 * float(size + gap @ weight))
