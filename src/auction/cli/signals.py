"""Ctrl-C and the signals of a scheduler: a clean end, and an end at once when asked again."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

NOTHING_WRITTEN: Final = "nothing was written"
#: The end that a signal asked for and that was raised; what a library makes of it is no matter.
_asked: list[BaseException] = []
_HEARD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; a search for a plan may answer it with the best plan so far.

    Parameters
    ----------
    outcome : str
        What stands, in words.
    """

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome
        super().__init__(outcome)


class Terminated(SystemExit):
    """A scheduler or a closed terminal asks for the end; nothing may answer it with more work.

    Parameters
    ----------
    number : int
        The signal.
    outcome : str
        What stands, in words.
    """

    def __init__(self, number: int, outcome: str) -> None:
        self.signal = signal.Signals(number)
        self.outcome = outcome
        super().__init__(128 + number)


class Signals:
    """What is done on a signal, and what to tell of it.

    Attributes
    ----------
    outcome : str
        What stands when an interrupt is told.
    clear : callable
        Removes what is half done; called when the end has to come at once.
    """

    def __init__(self) -> None:
        self.outcome = NOTHING_WRITTEN
        self.clear: Callable[[], None] = _nothing
        self._count = 0
        self._deferring = False
        self._waiting: int | None = None
        self._ended: int | None = None

    def hear(self, number: int, _: FrameType | None) -> None:
        """Answer a signal: raise, or end at once where one was answered before."""
        if self._deferring:
            self._waiting = number
            return
        self._count += 1
        if self._count > 1:
            self._end_at_once(number)
        if number == signal.SIGINT:
            _asked.append(Interrupted(self.outcome))
        else:
            self._ended = number
            _asked.append(Terminated(number, self.outcome))
        raise _asked[-1]

    def check(self) -> None:
        """Raise the end once more that a finaliser or a library may have swallowed."""
        if self._ended is not None:
            raise Terminated(self._ended, self.outcome)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a moment pass that must not be cut in two; a signal is answered after it."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
            number, self._waiting = self._waiting, None
        if number is not None:
            self.hear(number, None)

    def _end_at_once(self, number: int) -> NoReturn:
        for heard in _HEARD:
            signal.signal(heard, signal.SIG_IGN)
        self.clear()
        if sys.stderr is not None and sys.stderr.isatty():
            os.write(2, b"\x1b[?25h\n")  # the cursor that a progress bar had hidden
        os._exit(128 + number)


def asked_to_end() -> BaseException | None:
    """Return the end that a signal asked for, if any did.

    A library whose import is cut short may fail in its own words instead.
    """
    return _asked[-1] if _asked else None


def _nothing() -> None:
    """Clear nothing."""


@contextmanager
def heard_signals() -> Iterator[Signals]:
    """Answer signals in the block as `Signals` says; those that the caller ignores stay ignored.

    On another thread than the main one nothing is changed.
    """
    signals = Signals()
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = {number: signal.getsignal(number) for number in _HEARD}
    mine = [number for number in _HEARD if before[number] is not signal.SIG_IGN]
    for number in mine:
        signal.signal(number, signals.hear)
    try:
        yield signals
    finally:
        for number in mine:
            signal.signal(number, before[number])
