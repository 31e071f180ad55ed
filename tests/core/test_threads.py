"""The number of threads: what is asked for, or what the container pays for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from _core import resolve, threads


def test_a_stated_number_is_taken() -> None:
    assert [resolve(1), resolve(2), resolve(64)] == [1, 2, 64]


@pytest.mark.parametrize("wish", [0, -1])
def test_zero_and_negative_numbers_are_refused(wish: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        resolve(wish)


@pytest.mark.parametrize("wish", [1.0, "2", True])
def test_only_whole_numbers_are_taken(wish: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        resolve(wish)  # type: ignore[arg-type]  # the point of the test


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group folder without a quota, on a machine of eight bound processors."""
    monkeypatch.setattr(threads, "_GROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return tmp_path


def test_without_a_quota_every_bound_processor_counts(groups: Path) -> None:
    assert resolve() == 8
    (groups / "cpu.max").write_text("max 100000\n")
    assert resolve() == 8


@pytest.mark.parametrize(
    ("quota", "expected"), [("50000", 1), ("250000", 2), ("400000", 4), ("1600000", 8)]
)
def test_quota_of_either_version(groups: Path, quota: str, expected: int) -> None:
    (groups / "cpu.max").write_text(f"{quota} 100000\n")
    assert resolve() == expected
    (groups / "cpu.max").unlink()
    (groups / "cpu").mkdir()
    (groups / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (groups / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert resolve() == expected


def test_minus_one_means_no_quota(groups: Path) -> None:
    (groups / "cpu").mkdir()
    (groups / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    (groups / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert resolve() == 8
