"""A small battery over draws as plans take them: units, steps and scenarios side by side."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from _core import philox4x32, uniforms, unit_keys

# Fixed draws: a p-value below this stands for a fault, not for bad luck.
LEAST = 1e-4


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    names = unit_keys(f"V-{i:04d}" for i in range(128))
    return uniforms(2026, 3, names, 16, 512)


@pytest.fixture(scope="module")
def words() -> np.ndarray:
    """Words of counters that differ in their last digits only."""
    counter = np.zeros((1 << 16, 4), dtype=np.uint32)
    counter[:, 0] = np.arange(1 << 16) & 255
    counter[:, 2] = np.arange(1 << 16) >> 8
    return philox4x32(counter, [1, 0])


def p_value(counts: np.ndarray) -> float:
    return float(stats.chisquare(counts.ravel()).pvalue)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_neighbours_fill_the_square_evenly(draws: np.ndarray, axis: int) -> None:
    along = np.moveaxis(draws, axis, 0)
    pairs = [(32.0 * part).astype(int) for part in (along[0::2], along[1::2])]
    counts = np.bincount((32 * pairs[0] + pairs[1]).ravel(), minlength=1024)
    assert LEAST < p_value(counts) < 1.0 - LEAST


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_orders_of_four_in_a_row_are_equally_frequent(draws: np.ndarray, axis: int) -> None:
    along = np.moveaxis(draws, axis, -1)
    rows = along.reshape(-1, 4)
    order = np.argsort(rows, axis=1) @ np.array([64, 16, 4, 1])
    counts = np.unique(order, return_counts=True)[1]
    assert counts.size == 24
    assert LEAST < p_value(counts) < 1.0 - LEAST


def test_gaps_between_sorted_draws_are_those_of_a_poisson_process(draws: np.ndarray) -> None:
    gaps = np.diff(np.sort(draws, axis=None)) * draws.size
    assert stats.kstest(gaps[::7], "expon").pvalue > LEAST


def test_no_bit_leans_and_none_follows_another(words: np.ndarray) -> None:
    bits = np.unpackbits(words.view(np.uint8), axis=1).astype(np.float64) - 0.5
    lean = 2.0 * bits.sum(axis=0) / np.sqrt(len(bits))
    assert np.abs(lean).max() < 4.5
    together = 4.0 * (bits.T @ bits) / np.sqrt(len(bits))
    np.fill_diagonal(together, 0.0)
    # 8,128 pairs of bits
    assert np.abs(together).max() < 5.5


@pytest.mark.parametrize("word", range(4))
@pytest.mark.parametrize("bit", [0, 13, 31])
def test_one_bit_of_the_counter_or_the_key_turns_half_of_the_output(word: int, bit: int) -> None:
    rng = np.random.default_rng(8)
    counter = rng.integers(0, 1 << 32, (4096, 4), dtype=np.uint32)
    key = rng.integers(0, 1 << 32, (4096, 2), dtype=np.uint32)
    before = philox4x32(counter, key)
    changed = counter.copy()
    changed[:, word] ^= np.uint32(1 << bit)
    other = key.copy()
    other[:, word % 2] ^= np.uint32(1 << bit)
    for after in (philox4x32(changed, key), philox4x32(counter, other)):
        turned = np.bitwise_count(before ^ after).sum(axis=1)
        assert abs(turned.mean() - 64.0) < 5.0 * np.sqrt(32.0 / 4096)
        assert abs(turned.var() - 32.0) < 5.0 * 32.0 * np.sqrt(2.0 / 4096)
