"""How long work tells where it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the stage, the share of it that is done (None where unknown) and a message.
Progress = Callable[[str, float | None, str], None]


def silent(stage: str, share: float | None, message: str) -> None:
    """Tell nobody."""
