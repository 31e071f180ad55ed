"""Logs for machines: one JSON object a line, through structlog.

Only fields named here get into a line, and of an error only its kind: the words of an error, and
whatever a library attaches, may hold cells of a table, names or credentials.
"""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import typer

from auction.cli.exits import ending_of
from auction.progress import current_stage

logger = logging.getLogger("auction.cli")

FIELDS: Final = (
    "run_id", "stage", "seconds", "processor_seconds", "step", "objective", "bound", "gap",
    "options", "rounds", "vehicles", "scenarios", "status", "interrupted", "threads", "seed",
    "as_of", "exit_code", "error", "faults", "conflicts",
)  # fmt: skip
_PACKAGES: Final = ("auction", "residual")


@contextmanager
def json_logs(target: str | None, run_id: str) -> Iterator[None]:
    """Write what the packages log, from begin to end of a run, as lines of JSON.

    Parameters
    ----------
    target : str or None
        A file, which is added to; ``-`` for stderr; None for no log.
    run_id : str
        Stands in every line.

    Raises
    ------
    typer.BadParameter
        Where the file cannot be written.
    """
    if target is None:
        yield
        return
    try:
        handle = os.dup(2) if target == "-" else os.open(target, _ADD, 0o640)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise typer.BadParameter(
            f"{target} cannot be written: {words}", param_hint="--log-json"
        ) from error
    lines = _Lines(handle)
    lines.setFormatter(_formatter(run_id))
    packages = [logging.getLogger(name) for name in _PACKAGES]
    levels = [package.level for package in packages]
    for package in packages:
        package.addHandler(lines)
        package.setLevel(logging.INFO)
    start = time.monotonic()
    try:
        logger.info("run begins")
        yield
    except BaseException as error:
        logger.error("run broken off", extra=_end_of(error, time.monotonic() - start))
        raise
    finally:
        for package, level in zip(packages, levels, strict=True):
            package.removeHandler(lines)
            package.setLevel(level)
        lines.close()


_ADD: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class _Lines(logging.Handler):
    """Writes each line in one piece, so that none is torn; ends when the file cannot be written."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self._handle = handle

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        line = self.format(record).encode() + b"\n"
        if self._handle < 0:
            return
        try:
            os.write(self._handle, line)
        except OSError as error:
            typer.echo(f"the log ends here: {error.strerror}", err=True)
            self.close()

    def close(self) -> None:
        """Close the file."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
        super().close()


def _end_of(error: BaseException, seconds: float) -> dict[str, Any]:
    ending = ending_of(error)
    told: dict[str, Any] = {"seconds": seconds, "error": type(error).__name__, "exit_code": 1}
    if ending is not None:
        told |= {name: len(found) for name, found in ending.details.items()}
        told |= {"error": ending.kind, "exit_code": ending.code}
    elif isinstance(error, typer.Exit):
        told["exit_code"] = error.exit_code
    return told


def _formatter(run_id: str) -> logging.Formatter:
    import structlog

    def stamp(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        record: logging.LogRecord = line["_record"]
        fields = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return {
            "timestamp": _moment(record.created),
            "level": line["level"],
            "run_id": run_id,
            "stage": current_stage(),
            "event": line["event"],
            **{name: _plain(value) for name, value in fields.items()},
        }

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_log_level],
        processors=[stamp, structlog.processors.JSONRenderer()],
    )


def _moment(seconds: float) -> str:
    whole = time.gmtime(int(seconds))
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', whole)}.{int(seconds * 1000) % 1000:03d}Z"


def _plain(value: Any) -> Any:
    """Return a value that JSON has: numbers that are none become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
