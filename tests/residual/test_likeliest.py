"""The search for the likeliest numbers of bidding: its bias, and lots that follow nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from auction_lanes import top_two
from residual import likeliest
from residual.distribution import fit_shape
from residual.likeliest import Likeliest, most_likely, start
from residual.lots import NAMES, Lots

RATE, SHARE = 5.0, 0.5
PRIOR = start(0.6, 0.85, 6.0, 0.6)
SHOCK = fit_shape(norm.ppf((np.arange(8000) + 0.5) / 8000), 0.0, 6.0, 5.0).shock


def hidden(seed: int, lots: int) -> Lots:
    """Lots whose bidders nobody counted, at reserves all over the place."""
    rng = np.random.default_rng(seed)
    own = 0.85 * rng.standard_normal(lots)
    highest, second = top_two(rng, own - 0.4, SHARE, rng.poisson(RATE, lots))
    reserve = -0.1 + 0.8 * own + rng.standard_normal(lots)
    exact, nothing = second > reserve, np.zeros(lots)
    return Lots(
        np.where(exact, second, reserve), reserve, highest >= reserve, exact, nothing > 0.0,
        np.full(lots, np.nan), nothing, nothing, np.zeros(lots, dtype=np.int64),
    )  # fmt: skip


def log_rate(told: Likeliest) -> float:
    return float(told.numbers[NAMES.index("rate")])


def test_few_lots_lean_less_once_their_bias_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [hidden(seed, 1500) for seed in range(12)]
    mended = np.array([log_rate(most_likely(lots, PRIOR, SHOCK)) for lots in files])
    monkeypatch.setattr(likeliest, "_MOST", 1e-12)
    plain = np.array([log_rate(most_likely(lots, PRIOR, SHOCK)) for lots in files])
    off, were = mended - np.log(RATE), plain - np.log(RATE)
    assert np.sqrt(np.mean(off**2)) < 0.95 * np.sqrt(np.mean(were**2))
    assert abs(off.mean()) < abs(were.mean())
    # nowhere further than half a standard error
    assert np.abs(mended - plain).max() < 0.3


def test_many_lots_have_next_to_no_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = hidden(1, 1000), hidden(1, 16_000)
    mended = [log_rate(most_likely(lots, PRIOR, SHOCK)) for lots in (few, many)]
    monkeypatch.setattr(likeliest, "_MOST", 1e-12)
    plain = [log_rate(most_likely(lots, PRIOR, SHOCK)) for lots in (few, many)]
    assert abs(mended[1] - plain[1]) < 0.5 * abs(mended[0] - plain[0])


def test_the_share_of_lots_that_follow_nothing_is_told() -> None:
    lots = hidden(3, 3000)
    assert most_likely(lots, PRIOR, SHOCK).strays < 0.002
    rng = np.random.default_rng(4)
    wild = rng.random(len(lots)) < 0.04
    spoilt = replace(
        lots,
        reserve=np.where(wild & ~lots.exact, rng.uniform(-10.0, 10.0, len(lots)), lots.reserve),
        bound=np.where(wild, rng.uniform(-10.0, 10.0, len(lots)), lots.bound),
    )
    told = most_likely(spoilt, PRIOR, SHOCK)
    assert told.strays == pytest.approx(0.04, abs=0.012)
    assert told.numbers[NAMES.index("share")] == pytest.approx(np.log(SHARE), abs=0.35)
