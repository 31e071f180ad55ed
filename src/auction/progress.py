"""How long work tells where it is: stages that are timed, told to a person and logged."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from auction import heap

logger = logging.getLogger(__name__)

#: Called with the stage, the share of it that is done (None where unknown) and a message.
Progress = Callable[[str, float | None, str], None]

#: The stages of a run, in their order.
STAGES: Final = (
    "reading", "fit", "scenarios", "quoting", "allocation", "hedges", "judging", "frontier",
    "writing",
)  # fmt: skip

_current: ContextVar[str | None] = ContextVar("stage", default=None)


def silent(stage: str, share: float | None, message: str) -> None:
    """Tell nobody."""


def current_stage() -> str | None:
    """Return the stage that is under way, None between stages; for the lines of a log."""
    return _current.get()


def _processor() -> float:
    """Return the seconds that all threads, and processes that have ended, took of processors."""
    return sum(os.times()[:4])


class Stages:
    """The stages of a run.

    It is a :data:`Progress` itself: whatever a step tells is told as part of the stage that is
    under way, and of the portion of that stage.

    Parameters
    ----------
    progress : callable, optional
        Told the stage, the share of it that is done and a message.

    Attributes
    ----------
    timings : dict of str to float
        Seconds by stage, from a clock that never goes back.
    """

    def __init__(self, progress: Progress = silent) -> None:
        self.timings: dict[str, float] = {}
        self._progress = progress
        self._portion = (0.0, 1.0)

    @classmethod
    def of(cls, progress: Progress) -> Stages:
        """Return the stages that a callable belongs to, or new ones told to it."""
        return progress if isinstance(progress, Stages) else cls(progress)

    def __call__(self, step: str, share: float | None, message: str) -> None:
        """Tell of a step of the stage under way; by the step's own name between stages."""
        begin, size = self._portion
        done = None if share is None else begin + size * min(max(share, 0.0), 1.0)
        self._progress(current_stage() or step, done, message)

    @contextmanager
    def stage(self, name: str, message: str) -> Iterator[None]:
        """Time a stage, tell and log where it begins and ends, and give back what it let go of."""
        start, used, token = time.perf_counter(), _processor(), _current.set(name)
        try:
            logger.info("stage begins")
            self(name, 0.0, message)
            yield
            heap.trim()
            self(name, 1.0, message)
            spent = time.perf_counter() - start
            self.timings[name] = self.timings.get(name, 0.0) + spent
            told = {"seconds": spent, "processor_seconds": _processor() - used}
            logger.info("stage ends", extra=told)
        except BaseException as error:
            spent = time.perf_counter() - start
            # The error's own words may hold cells of a table, its kind does not.
            logger.info("stage broken off", extra={"seconds": spent, "error": type(error).__name__})
            raise
        finally:
            _current.reset(token)

    @contextmanager
    def portion(self, number: int, count: int) -> Iterator[None]:
        """Let the shares told be those of one of several equal portions of the stage."""
        outer = self._portion
        self._portion = (outer[0] + outer[1] * number / count, outer[1] / count)
        try:
            yield
        finally:
            self._portion = outer
