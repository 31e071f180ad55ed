"""What heaps keep is given back."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from auction import heap


def resident() -> int:
    """Bytes of this process in memory."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return 1024 * int(line.split()[1])
    raise ValueError("the kernel tells no resident set")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_a_thread_let_go_of_is_given_back() -> None:
    def work() -> np.ndarray:
        # each too small for pages of its own, and the last, which stays, at the end of the heap
        return [np.ones(8_000) for _ in range(3_000)][-1]

    with ThreadPoolExecutor(1) as pool:
        stays = pool.submit(work).result()
        kept = resident()
        heap.trim()
        assert kept - resident() > 100_000_000
    assert stays.sum() == 8_000


def test_settings_of_the_user_s_own_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "_RJEM_MALLOC_CONF"
    monkeypatch.setenv(name, "narenas:1")
    heap.lean_polars()
    assert os.environ[name] == "narenas:1"
    monkeypatch.delenv(name)
    heap.lean_polars()
    assert "muzzy_decay_ms:0" in os.environ[name]
