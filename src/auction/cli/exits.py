"""How a command ends: exit codes, and what went wrong told on stderr, or as JSON on stdout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import typer
from typer.core import TyperGroup

from auction.cli.signals import NOTHING_WRITTEN, Terminated, asked_to_end

#: Wrong usage or a file that cannot be written, input at fault, no plan keeps every rule, stopped
#: at a limit, Ctrl-C, and the end asked for by SIGTERM.
USAGE: Final = 2
INPUT: Final = 3
INFEASIBLE: Final = 4
LIMIT: Final = 5
INTERRUPTED: Final = 130
TERMINATED: Final = 143

_as_json: ContextVar[bool] = ContextVar("as_json", default=False)
#: What typer raises for wrong usage, wherever it has its parser from.
_UsageError: Final[type[Exception]] = typer.BadParameter.__mro__[1]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ends that cannot do what it was asked to.

    Parameters
    ----------
    kind : str
        input, infeasible, interrupted, terminated, usage or environment.
    code : int
        Exit code.
    message : str
        What is told.
    details : dict
        Faults, or rules in conflict, for JSON.
    """

    kind: str
    code: int
    message: str
    details: dict[str, Any]


def ending_of(error: BaseException) -> Ending | None:
    """Return how a command ends on an error; None for a fault of the engine itself."""
    from auction.errors import InfeasibleError
    from residual.errors import DisposalError, InputError

    match error:
        case InputError():
            lines = [f"fault: {fault}" for fault in error.faults]
            lines.append(f"{len(error.faults)} fault(s); {NOTHING_WRITTEN}")
            return Ending("input", INPUT, "\n".join(lines), {"faults": _faults(error)})
        case InfeasibleError():
            details = {"conflicts": list(error.conflicts)}
            return Ending("infeasible", INFEASIBLE, str(error), details)
        case DisposalError():
            return Ending("usage", USAGE, str(error), {})
        case KeyboardInterrupt():
            outcome = getattr(error, "outcome", NOTHING_WRITTEN)
            return Ending("interrupted", INTERRUPTED, f"interrupted; {outcome}", {})
        case Terminated():
            words = f"ended by {error.signal.name}; {error.outcome}"
            return Ending("terminated", 128 + error.signal, words, {})
        case OSError():
            place = f"{error.filename}: " if error.filename is not None else ""
            return Ending("environment", USAGE, f"{place}{error.strerror or error}", {})
        case MemoryError():
            words = f"there is not enough memory for this; {NOTHING_WRITTEN}"
            return Ending("environment", USAGE, words, {})
    return None


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn the engine's own errors into a message and an exit code.

    The message goes to stderr; where the command was asked for ``--json``, the same goes to
    stdout as one object under ``error``.
    """
    try:
        yield
    except (typer.Exit, typer.Abort, _UsageError):
        raise
    except (Exception, KeyboardInterrupt, Terminated) as error:
        asked = asked_to_end()
        ending = ending_of(error) or (None if asked is None else ending_of(asked))
        if ending is None:
            raise
        _tell_object(ending)
        typer.echo(ending.message, err=True)
        raise typer.Exit(ending.code) from error


class Commands(TyperGroup):
    """The commands, whose errors are told in one way."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Note whether an object is asked for: wrong usage is told in one as well."""
        _as_json.set("--json" in args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command and tell what it could not do."""
        try:
            with told_errors():
                return super().invoke(ctx)
        except _UsageError as error:
            _tell_object(Ending("usage", USAGE, _words(error), {}))
            raise
        finally:
            _as_json.set(False)


def _tell_object(ending: Ending) -> None:
    if _as_json.get():
        told = {"kind": ending.kind, "exit_code": ending.code, "message": ending.message}
        typer.echo(json.dumps({"error": told | ending.details}, indent=2))


def _words(error: BaseException) -> str:
    formatted = getattr(error, "format_message", None)
    return str(formatted()) if formatted is not None else str(error)


def _faults(error: Any) -> list[dict[str, Any]]:
    names = ("file", "row", "column", "value", "rule", "remedy")
    return [{name: getattr(fault, name) for name in names} for fault in error.faults]
