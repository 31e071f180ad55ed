"""Philox against its published vectors; draws as functions of their names alone."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from _core import norm_ppf, normals, philox4x32, stream_key, uniforms, unit_key, unit_keys

# The known answers for philox4x32-10 that are published with Random123.
KNOWN_ANSWERS = [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_published_vectors(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert_array_equal(philox4x32([counter], key)[0], np.array(expected, dtype=np.uint32))


def test_one_key_each() -> None:
    counters, keys, expected = (
        np.array(part, dtype=np.uint32) for part in zip(*KNOWN_ANSWERS, strict=True)
    )
    assert_array_equal(philox4x32(counters, keys), expected)


def test_draws_stand_at_the_counter_that_is_documented() -> None:
    seed, stream, unit, step, scenario = 11, 3, 0x0123456789ABCDEF, 2, 5
    key = stream_key(seed, stream)
    words = philox4x32(
        [[scenario // 2, step, unit & 0xFFFFFFFF, unit >> 32]], [key & 0xFFFFFFFF, key >> 32]
    )[0]
    bits = int(words[2]) | int(words[3]) << 32
    draw = uniforms(seed, stream, np.array([unit], dtype=np.uint64), 3, 6)[0, step, scenario]
    assert draw == (2 * (bits >> 12) + 1) / 2**53


def test_stream_key_is_the_digest_of_both_numbers() -> None:
    text = (7).to_bytes(8, "little") + (1).to_bytes(8, "little")
    assert stream_key(7, 1) == int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    assert len({stream_key(seed, stream) for seed in range(50) for stream in range(50)}) == 2500


@pytest.mark.parametrize(("seed", "stream"), [(-1, 0), (0, -1), (1 << 64, 0), (0, 1 << 64)])
def test_seed_and_stream_have_64_bits(seed: int, stream: int) -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 2\*\*64\)"):
        stream_key(seed, stream)


def test_unit_keys_are_stable() -> None:
    # Frozen: another key would change every plan that was ever made with a seed.
    assert unit_key("V-0001") == 0xE8DD1395DA5BBCA0
    assert_array_equal(
        unit_keys(["a", "", "京A·1"]),
        np.array([unit_key("a"), unit_key(""), unit_key("京A·1")], dtype=np.uint64),
    )
    assert unit_keys([]).dtype == np.uint64


def test_another_unit_step_or_scenario_changes_no_draw() -> None:
    few = np.array([9, 1 << 63, 4], dtype=np.uint64)
    many = np.array([4, 77, 9, 1 << 63], dtype=np.uint64)
    small = normals(1, 0, few, 3, 701)
    large = normals(1, 0, many, 5, 9001)
    assert_array_equal(small, large[[2, 3, 0], :3, :701])


def test_every_name_of_a_draw_matters() -> None:
    unit = np.array([5], dtype=np.uint64)
    base = uniforms(1, 1, unit, 2, 64)
    others = [
        uniforms(2, 1, unit, 2, 64),
        uniforms(1, 2, unit, 2, 64),
        uniforms(1, 1, unit + np.uint64(1 << 40), 2, 64),
        uniforms(1, 1, unit + np.uint64(1), 2, 64),
        base[:, ::-1],
    ]
    assert all(not np.intersect1d(base[0, 0], other[0, 0]).size for other in others)


def test_uniforms_are_odd_multiples_of_the_finest_step() -> None:
    scaled = uniforms(3, 0, np.arange(8, dtype=np.uint64), 4, 1000) * 2.0**53
    assert_array_equal(scaled % 2.0, 1.0)
    assert scaled.min() > 0.0
    assert scaled.max() < 2.0**53


def test_normals_are_quantiles_of_the_uniforms() -> None:
    units = np.arange(40, dtype=np.uint64)
    u = uniforms(3, 0, units, 4, 1001)
    assert_array_equal(normals(3, 0, units, 4, 1001), norm_ppf(u))
    assert ((u < 0.075) | (u > 0.925)).any(), "the tails must have been drawn"


def test_normals_look_normal() -> None:
    z = normals(20, 0, np.arange(50, dtype=np.uint64), 4, 1000).ravel()
    error = 1.0 / np.sqrt(z.size)
    assert abs(z.mean()) < 4.0 * error
    assert abs(z.var() - 1.0) < 4.0 * error * np.sqrt(2.0)
    assert abs((z**3).mean()) < 4.0 * error * np.sqrt(15.0)
    assert abs((z**4).mean() - 3.0) < 4.0 * error * np.sqrt(96.0)
    assert stats.kstest(z, "norm").pvalue > 0.01


def test_neighbours_are_uncorrelated() -> None:
    z = normals(20, 0, np.arange(30, dtype=np.uint64), 30, 2000)
    along = [
        (z[:-1] * z[1:]).mean(),
        (z[:, :-1] * z[:, 1:]).mean(),
        (z[..., :-1] * z[..., 1:]).mean(),
        (z[..., 0::2] * z[..., 1::2]).mean(),
    ]
    assert np.abs(along).max() < 5.0 / np.sqrt(z.size / 2)


@pytest.mark.parametrize(("steps", "n", "threads"), [(-1, 4, 1), (1, -4, 1), (1, 4, 0), (1, 4, -2)])
def test_sizes_are_checked(steps: int, n: int, threads: int) -> None:
    with pytest.raises(ValueError, match=r"at least"):
        normals(1, 0, np.zeros(1, dtype=np.uint64), steps, n, threads)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="one dimension"):
        uniforms(1, 0, np.zeros((2, 2), dtype=np.uint64), 1, 1)
    with pytest.raises(ValueError, match="counter must have shape"):
        philox4x32(np.zeros((2, 3), dtype=np.uint32), [0, 0])
    with pytest.raises(ValueError, match="key must have shape"):
        philox4x32(np.zeros((2, 4), dtype=np.uint32), np.zeros((3, 2), dtype=np.uint32))
