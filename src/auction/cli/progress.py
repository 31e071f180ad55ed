"""Where long work is, shown on stderr: bars on a terminal, else a line a stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from auction.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def shown_progress(*, quiet: bool, check: Callable[[], None]) -> Iterator[Progress]:
    """Show the stages of long work on stderr.

    Parameters
    ----------
    quiet : bool
        Show nothing.
    check : callable
        Called whenever anything is told; may raise to end the work.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if quiet:
        yield _checking(check, _nothing)
    elif console.is_terminal:
        with _bars(console) as show:
            yield _checking(check, show)
    else:
        yield _checking(check, _lines(console))


def _nothing(stage: str, share: float | None, message: str) -> None:
    """Show nothing."""


def _checking(check: Callable[[], None], show: Progress) -> Progress:
    def told(stage: str, share: float | None, message: str) -> None:
        check()
        show(stage, share, message)

    return told


def _lines(console: Console) -> Progress:
    """Return what prints a line when a stage begins."""
    begun: set[str] = set()
    start = time.monotonic()

    def show(stage: str, _: float | None, message: str) -> None:
        if stage not in begun:
            begun.add(stage)
            spent = time.monotonic() - start
            line = f"[{spent:.1f} s] {stage}: {message}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)

    return show


@contextmanager
def _bars(console: Console) -> Iterator[Progress]:
    """Show a bar a stage, with its share where that is known, and the time it took."""
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    class Share(ProgressColumn):
        """The share done in per cent; nothing where it is unknown."""

        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else f"{task.percentage:>3.0f} %")

    bars = Progress(
        TextColumn("{task.description:<10}", markup=False), BarColumn(bar_width=24), Share(),
        TimeElapsedColumn(), TextColumn("{task.fields[message]}", markup=False), console=console,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}

    def show(stage: str, share: float | None, message: str) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=None, message=message)
        task = tasks[stage]
        if share:
            bars.update(task, total=1.0, completed=share, message=message)
        else:
            bars.update(task, message=message)

    with bars:
        yield show
