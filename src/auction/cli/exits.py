"""How a command ends: exit codes, and the engine's errors told on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

#: Wrong usage, input at fault, no plan keeps every rule, stopped at a limit, Ctrl-C.
USAGE: Final = 2
INPUT: Final = 3
INFEASIBLE: Final = 4
LIMIT: Final = 5
INTERRUPTED: Final = 130


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn the engine's own errors into a message on stderr and an exit code."""
    from auction.errors import InfeasibleError
    from residual.errors import DisposalError, InputError

    try:
        yield
    except InputError as error:
        for fault in error.faults:
            typer.echo(f"fault: {fault}", err=True)
        typer.echo(f"{len(error.faults)} fault(s); nothing was written", err=True)
        raise typer.Exit(INPUT) from error
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except InfeasibleError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(INFEASIBLE) from error
    except DisposalError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(USAGE) from error
