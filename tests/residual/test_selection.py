"""No-sales: how far values lie below what sold hammers alone say."""

from __future__ import annotations

import numpy as np
import pytest

from residual.distribution import second_highest_moments
from residual.selection import FEWEST_NO_SALES, FEWEST_OFFERINGS, selection_shift

SHARE, BIDDERS = 0.6, 6.0
SHIFT, SPREAD = second_highest_moments(BIDDERS)
UNIT_RATIO = float(np.sqrt(1 - (SHARE * SPREAD) ** 2))
SHAPE = {"bidder_share": SHARE, "unit_ratio": UNIT_RATIO, "shift": SHIFT, "bidders": BIDDERS}


def offerings(
    lots: int, *, asked: float, noise: float, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Reserves against the middle sold hammer, what sold, and how far values lie below it."""
    rng = np.random.default_rng(seed)
    value = UNIT_RATIO * rng.standard_normal(lots)
    reserve = value + asked + noise * rng.standard_normal(lots)
    number = rng.poisson(BIDDERS, lots)
    bids = value[:, None] + SHARE * rng.standard_normal((lots, number.max()))
    bids[np.arange(number.max()) >= number[:, None]] = -np.inf
    top = -np.sort(-bids, axis=1)[:, :2]
    sold = top[:, 0] >= reserve
    hammer = float(np.median(np.maximum(top[:, 1], reserve)[sold]))
    return reserve - hammer, sold, hammer - SHARE * SHIFT


@pytest.mark.parametrize(("asked", "noise"), [(0.2, 0.3), (0.5, 0.4), (0.2, 1.0), (0.7, 0.6)])
@pytest.mark.parametrize("seed", [1, 2])
def test_known_shift_is_found_although_sellers_know_their_units(
    asked: float, noise: float, seed: int
) -> None:
    ratio, sold, known = offerings(20_000, asked=asked, noise=noise, seed=seed)
    assert 0.05 < known < 1.0
    assert selection_shift(ratio, sold, **SHAPE) == pytest.approx(known, abs=0.06)


def test_more_no_sales_mean_lower_values() -> None:
    ratio, sold, _ = offerings(5_000, asked=0.4, noise=0.4, seed=3)
    fewer = sold.copy()
    fewer[np.flatnonzero(sold)[::5]] = False
    assert selection_shift(ratio, fewer, **SHAPE) > selection_shift(ratio, sold, **SHAPE) + 0.05


def test_too_little_to_tell_gives_no_shift() -> None:
    ratio, sold, _ = offerings(FEWEST_OFFERINGS - 1, asked=0.4, noise=0.4, seed=4)
    assert selection_shift(ratio, sold, **SHAPE) == 0.0
    ratio, sold, _ = offerings(1_000, asked=0.4, noise=0.4, seed=5)
    hidden = np.ones_like(sold)
    hidden[: FEWEST_NO_SALES - 1] = False
    assert selection_shift(ratio, hidden, **SHAPE) == 0.0
