"""Errors that only planning can raise."""

from __future__ import annotations

from collections.abc import Sequence

from residual.errors import DisposalError


class InfeasibleError(DisposalError):
    """No plan meets every rule; the rules in conflict are named.

    Attributes
    ----------
    conflicts : tuple of str
        The rules that cannot hold together, in the desk's words, each with the
        cheapest amount by which it would have to give way.
    """

    def __init__(self, conflicts: Sequence[str]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__("no plan meets every rule:\n" + "\n".join(self.conflicts))


class RunFolderError(DisposalError):
    """A run folder cannot be written or read."""
