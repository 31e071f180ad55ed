"""Where long work is, shown on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from auction.progress import Progress as Report


@contextmanager
def progress_on_stderr() -> Iterator[Report]:
    """Show the stages of long work on stderr; on no terminal, a line when a stage begins."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        begun: set[str] = set()

        def tell(stage: str, _: float | None, message: str) -> None:
            if stage not in begun:
                begun.add(stage)
                console.print(f"{stage}: {message}", highlight=False, markup=False)

        yield tell
        return
    bar = Progress(
        TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[message]}"),
        TimeElapsedColumn(), console=console,
    )  # fmt: skip
    with bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, share: float | None, message: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=1.0, message=message)
            bar.update(tasks[stage], completed=share, message=message)

        yield show
