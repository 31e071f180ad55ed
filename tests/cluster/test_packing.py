"""What travels in few bytes comes out as it went in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from auction.cluster.packing import Uses, narrowed, places_of, steps_of


@pytest.mark.parametrize(
    ("most", "kind"),
    [(0, "uint8"), (255, "uint8"), (256, "uint16"), (65_535, "uint16"), (65_536, "uint32"),
     (2**32, "uint64")],
)  # fmt: skip
def test_numbers_take_the_narrowest_kind_that_holds_them(most: int, kind: str) -> None:
    numbers = np.array([0, most], dtype=np.int64)
    packed = narrowed(numbers)
    assert packed.dtype == kind
    assert_array_equal(packed.astype(np.int64), numbers)


def test_nothing_is_narrowed_to_nothing_and_negative_numbers_not_at_all() -> None:
    assert narrowed(np.zeros(0, dtype=np.int64)).dtype == "uint8"
    with pytest.raises(ValueError, match="at least 0"):
        narrowed(np.array([3, -1]))


@pytest.mark.parametrize("places", [[], [0], [7], [0, 1, 2], [3, 3, 900, 100_000, 2**33]])
def test_places_come_out_of_their_steps(places: list[int]) -> None:
    given = np.array(places, dtype=np.int64)
    assert_array_equal(places_of(steps_of(given)), given)


def test_places_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        steps_of(np.array([4, 2]))


@pytest.mark.parametrize("amount", ["equal", "unequal"])
def test_uses_come_out_as_they_went_in(amount: str) -> None:
    rng = np.random.default_rng(11)
    use = sparse.random_array((300, 50), density=0.02, format="csc", rng=rng)
    use.sort_indices()
    if amount == "equal":
        use.data[:] = 0.25
    own = slice(7, 41)
    packed = Uses.of(use, own)
    assert packed.amount.size == (1 if amount == "equal" else packed.row.size)
    pointer, row, units = Uses(*packed.sent).kernel()
    assert (pointer.dtype, row.dtype) == (np.int32, np.int32)
    kept = use[:, own]
    assert_array_equal(pointer, kept.indptr)
    assert_array_equal(row, kept.indices)
    assert_array_equal(units, kept.data)


def test_columns_that_use_nothing_are_packed() -> None:
    packed = Uses.of(sparse.csc_array((5, 4)), slice(1, 4))
    pointer, row, units = Uses(*packed.sent).kernel()
    assert_array_equal(pointer, np.zeros(4))
    assert (row.size, units.size) == (0, 0)
