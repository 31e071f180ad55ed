"""Errors that only planning can raise."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

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


class UnknownVehicleError(DisposalError):
    """A vehicle that is not in the plan; the nearest ids are named."""

    def __init__(self, vehicle_id: str, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(vehicle_id, list(known), n=3)
        words = " or ".join(filter(None, [", ".join(near[:-1]), *near[-1:]]))
        hint = f"; did you mean {words}?" if near else ""
        super().__init__(f"the plan holds no vehicle {vehicle_id!r}{hint}")


class RunFolderError(DisposalError):
    """A run folder cannot be written or read."""


class OutputFileError(DisposalError):
    """A file cannot be written; the error says why."""

    def __init__(self, target: Path, cause: Exception | str) -> None:
        if not isinstance(cause, str):
            cause = f"cannot be written: {getattr(cause, 'strerror', None) or cause}"
        super().__init__(f"{target} {cause}")


class NotComparableError(DisposalError):
    """Two runs cannot be compared; the error says why."""


class MissingExtraError(DisposalError):
    """An optional part of the engine is not installed; the error says how to install it."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the extra {extra!r}: pip install 'residual-auction[{extra}]'"
        )


class ClusterError(DisposalError):
    """The machines that should work together cannot; the error says why."""


class MissingFontError(DisposalError):
    """No font of this machine has the letters that a picture needs."""

    def __init__(self, language: str) -> None:
        super().__init__(
            f"no font on this machine has the characters of {language}: install one, such as "
            "Debian's fonts-noto-cjk, or export SVG, which is drawn with the fonts of its reader"
        )
