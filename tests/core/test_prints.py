"""The print of an array's content against its twin, and what it must not miss."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from _core import prints, reference_prints

RNG = np.random.default_rng(5)
ARRAYS: list[NDArray[Any]] = [
    np.zeros(0),
    np.zeros((3, 0), dtype=np.int32),
    np.array(2.5),
    RNG.normal(size=7),
    RNG.normal(size=(9, 8)),
    RNG.normal(size=(3, 64)),
    RNG.normal(size=193),
    RNG.normal(size=(12, 10))[::2, ::3],
    np.asfortranarray(RNG.normal(size=(4, 5))),
    RNG.integers(0, 2**62, 1_001),
    RNG.integers(0, 250, 515).astype(np.uint8),
    RNG.random(129) < 0.5,
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_the_kernel_agrees_with_its_twin(array: NDArray[Any]) -> None:
    assert prints.content_print(array) == reference_prints.content_print(array)
    locked = array.copy()
    locked.flags.writeable = False
    assert prints.content_print(locked) == prints.content_print(array)


def test_every_bit_counts() -> None:
    array = RNG.normal(size=21)
    known = {prints.content_print(array)}
    bits = array.view(np.uint64)
    for place in range(array.size):
        for bit in range(64):
            bits[place] ^= np.uint64(1) << np.uint64(bit)
            known.add(prints.content_print(array))
            bits[place] ^= np.uint64(1) << np.uint64(bit)
    assert len(known) == 1 + 64 * array.size
    assert prints.content_print(array) in known


def test_order_type_shape_and_trailing_zeros_count() -> None:
    array = np.arange(200.0)
    others = [
        np.roll(array, 64),
        np.roll(array, 8),
        np.roll(array, 1),
        array.view(np.int64),
        array.reshape(8, 25),
        np.append(array, 0.0),
        array[:-1],
    ]
    told = {prints.content_print(one) for one in (array, *others)}
    assert len(told) == 1 + len(others)


def test_objects_have_no_print() -> None:
    for told in (prints.content_print, reference_prints.content_print):
        with pytest.raises(TypeError, match="objects"):
            told(np.array(["a", None], dtype=object))


def test_signatures_agree() -> None:
    own = inspect.signature(prints.content_print).parameters
    assert list(own) == list(inspect.signature(reference_prints.content_print).parameters)
