"""Arrays that lie in memory while they are few, and in an unlisted file once they are not."""

from __future__ import annotations

import errno
import gc
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from auction.spill import Lines, Spill, moved


def arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    shapes = [(700, 3), (0, 2), (1, 1), (4096,), (33, 17)]
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("held", [0, 20_000, 10**9])
def test_what_was_added_is_there(held: int) -> None:
    spill = Spill(held)
    for array in arrays():
        spill.add(array)
    whole = spill.whole()
    assert [lying.pages is None for lying in whole] == [held == 10**9] * 5
    for lying, array in zip(whole, arrays(), strict=True):
        for _ in range(2):
            np.testing.assert_array_equal(lying.values, array)
            if lying.pages is not None:
                assert not lying.values.flags.writeable
                lying.pages.forget()


@pytest.mark.parametrize("width", [1, 17, 1024])
@pytest.mark.parametrize("held", [0, 10**9])
def test_lines_stand_in_their_order(held: int, width: int) -> None:
    rng = np.random.default_rng(6)
    parts = [rng.normal(size=(height, width)) for height in (3, 1, 700)]
    lines = Lines(704, width, held)
    for part in parts:
        lines.add(part)
    whole = lines.whole()
    assert (whole.pages is None) == (held > 0)
    for _ in range(2):
        np.testing.assert_array_equal(whole.values, np.concatenate(parts))
        if whole.pages is not None:
            whole.pages.forget()


def test_only_a_large_array_is_moved() -> None:
    array = np.arange(1_000)
    assert moved(array).values is array
    found = moved(array, held=0)
    assert found.pages is not None
    assert found.values.dtype == array.dtype
    np.testing.assert_array_equal(found.values, array)


def mapped() -> int:
    """Bytes of unlisted files of this process that lie in its memory."""
    held, here = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split(" ")[0]:
            here = "disposal-" in line or "(deleted)" in line
        elif here and line.startswith("Rss:"):
            held += 1024 * int(line.split()[1])
    return held


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="tells what lies in memory")
def test_pages_looked_at_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = mapped()
    spill = Spill(0)
    spill.add(np.arange(10**6, dtype=np.float64))
    assert list(tmp_path.iterdir()) == []
    (lying,) = spill.whole()
    del spill
    gc.collect()
    assert lying.values.sum() == (10**6 - 1) * 10**6 / 2
    assert mapped() - before >= 8_000_000
    assert lying.pages is not None
    lying.pages.forget()
    assert mapped() - before < 1_000_000
    assert lying.values[-1] == 10**6 - 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("size", [3, 10**6])
@pytest.mark.parametrize(
    "write",
    [
        lambda array: Spill(0).add(array),
        lambda array: Lines(*array.shape, 0).add(array),
        lambda array: moved(array, 0),
    ],
    ids=["arrays", "lines", "moved"],
)
def test_a_full_disk_is_told_with_its_folder(
    size: int, write: Callable[[np.ndarray], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr("auction.spill._unlisted", lambda: full)
        with pytest.raises(OSError, match="No space left on device") as told:
            write(np.ones((size, 1)))
        assert told.value.errno == errno.ENOSPC
        assert told.value.filename == tempfile.gettempdir()
        with suppress(OSError):  # what was never written is still there to be written
            full.close()
