"""What reading a workspace hands on: frames, counts, faults and the rows set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from auction.workspace.config import Config
from auction.workspace.defaults import DefaultUsed, defaults_used
from residual.errors import Fault


@dataclass(frozen=True, slots=True)
class TableCounts:
    """What became of the rows of a table.

    Parameters
    ----------
    read, kept, rejected : int
        Rows in the file, in the workspace, and set aside because they are at fault.
    excluded : dict
        Rows left out because of the planning date, by reason.
    unused_columns : tuple of str
        Columns of the file that were not taken up.
    """

    read: int
    kept: int
    rejected: int
    excluded: dict[str, int] = field(default_factory=dict)
    unused_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workspace:
    """The checked input of a run.

    Parameters
    ----------
    path : Path
        The folder.
    config : Config
        Settings with every default filled in.
    tables : dict
        A typed frame for every table of ``auction.tables.SCHEMAS`` under our names and units; a
        table that was not given is empty.
    rejected : dict
        For each table with bad rows: file, row, column, value, rule, remedy, one line a fault.
    input_hashes : dict
        SHA-256 by file, relative to the workspace.
    counts : dict
        What became of the rows of each table given.
    """

    path: Path
    config: Config
    tables: dict[str, pl.DataFrame]
    rejected: dict[str, pl.DataFrame]
    input_hashes: dict[str, str]
    counts: dict[str, TableCounts]

    def has(self, name: str) -> bool:
        """Tell whether a table has any row."""
        return not self.tables[name].is_empty()

    @property
    def defaults(self) -> list[DefaultUsed]:
        """The defaults that a run on this workspace relies on."""
        return defaults_used(self.config)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Parameters
    ----------
    faults : tuple of Fault
        Everything that would stop a run; empty if it can start.
    counts : dict
        What became of the rows of each table that could be read.
    rejected : dict
        The rows set aside, as in ``Workspace``.
    defaults : tuple of DefaultUsed
        Defaults relied on; empty if the settings are at fault.
    """

    faults: tuple[Fault, ...]
    counts: dict[str, TableCounts]
    rejected: dict[str, pl.DataFrame]
    defaults: tuple[DefaultUsed, ...]

    @property
    def ok(self) -> bool:
        """Whether a run can start."""
        return not self.faults


def write_rejected(workspace: Workspace, folder: str | Path) -> list[Path]:
    """Write the rows set aside to ``rejected/<table>.csv``.

    Parameters
    ----------
    workspace : Workspace
        Gives the rejected lines.
    folder : str or Path
        Where ``rejected`` is made; only made if a row was set aside.

    Returns
    -------
    list of Path
        The files written. Text that a spreadsheet would run as a formula gets an apostrophe.
    """
    written = []
    for name, lines in workspace.rejected.items():
        target = Path(folder) / "rejected" / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        lines.with_columns(_harmless("value")).write_csv(target)
        written.append(target)
    return written


def _harmless(column: str) -> pl.Expr:
    text = pl.col(column)
    number = text.cast(pl.Float64, strict=False).is_not_null()
    formula = text.str.contains(r"^[=+\-@\t\r]") & ~number
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)
