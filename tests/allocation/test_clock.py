"""Solver calls can be walked away from."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from auction.allocation.clock import Clock, apart


def test_results_and_errors_come_through() -> None:
    assert apart(lambda: 7) == 7

    def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        apart(fail)


@pytest.fixture
def heard() -> Iterator[None]:
    """Hear Ctrl-C, which a runner in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interrupt_is_heard_while_the_call_works() -> None:
    release = threading.Event()
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    begin = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        apart(lambda: release.wait(20.0))
    assert time.perf_counter() - begin < 10.0
    release.set()
    timer.join()


def test_a_call_that_overruns_its_limit_is_left_behind() -> None:
    release = threading.Event()
    begin = time.perf_counter()
    with pytest.raises(TimeoutError, match=r"0\.1 s"):
        apart(lambda: release.wait(20.0), 0.1)
    assert 1.0 < time.perf_counter() - begin < 10.0
    release.set()


def test_a_clock_runs_down() -> None:
    assert Clock(0.0).over
    clock = Clock(60.0)
    assert 0.0 < clock.left <= 60.0
    assert clock.spent >= 0.0
    assert not clock.over
