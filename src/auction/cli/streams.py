"""Standard output and error that may be closed, full, or read by somebody who left."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


class PatientStream:
    """A stream that goes quiet for good when it cannot be written.

    A night run is not lost because the reader of its words has left or the disk under its log
    is full.

    Parameters
    ----------
    stream : file
        Text.

    Attributes
    ----------
    failure : OSError or None
        Why it went quiet; None also where its reader had enough.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._quiet = False
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write as far as anybody listens; tell that all was written."""
        if not self._quiet:
            try:
                self._stream.write(text)
            except OSError as error:
                self._give_up(error)
        return len(text)

    def flush(self) -> None:
        """Flush as far as anybody listens."""
        if not self._quiet:
            try:
                self._stream.flush()
            except OSError as error:
                self._give_up(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _give_up(self, error: OSError) -> None:
        self._quiet = True
        if error.errno != errno.EPIPE:
            self.failure = error
        # What is buffered still goes somewhere, or the interpreter complains at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


@contextmanager
def patient_streams() -> Iterator[tuple[PatientStream, PatientStream]]:
    """Put patient streams in the places of standard output and error; yield them."""
    _open_closed()
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name in a script the terminal lacks
    out, err = PatientStream(sys.stdout), PatientStream(sys.stderr)
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Open what the caller closed, so that no file of a run becomes standard output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
