"""Time limits, and solver calls that can be walked away from."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

POLL_SECONDS = 0.05
GRACE_SECONDS = 1.0
#: What a solver of MathOpt raises that breaks down inside; the second comes from its own telling.
BREAKDOWNS = (RuntimeError, AttributeError)


class Clock:
    """Counts down from a time limit.

    Parameters
    ----------
    seconds : float
        Time limit from now.
    """

    def __init__(self, seconds: float) -> None:
        self._begin = time.perf_counter()
        self._seconds = seconds

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._begin

    @property
    def left(self) -> float:
        """Seconds left, not below zero."""
        return max(0.0, self._seconds - self.spent)

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.left <= 0.0


def apart(call: Callable[[], Result], seconds: float = math.inf) -> Result:
    """Run a solver on a thread of its own, so that Ctrl-C is heard while it works.

    Solvers look at the clock rarely in some phases. On KeyboardInterrupt, and when the call
    takes longer than its time limit and a second's grace, the thread is left to end by
    itself; what it solves is its own copy.

    Parameters
    ----------
    call : callable
        Takes nothing; its result is returned and its exception raised here.
    seconds : float
        The time limit that the call was given.

    Raises
    ------
    TimeoutError
        When the call was left behind.
    """
    result: list[Result] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(call())
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            failure.append(error)

    worker = threading.Thread(target=work, daemon=True)
    clock = Clock(seconds + GRACE_SECONDS)
    worker.start()
    while worker.is_alive():
        if clock.over:
            raise TimeoutError(f"a solver overran its limit of {seconds:g} s")
        worker.join(min(POLL_SECONDS, clock.left))
    if failure:
        raise failure[0]
    return result[0]
