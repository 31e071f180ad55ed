"""What reading a workspace hands on: frames, counts, faults and the rows set aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from auction.workspace.config import Config
from auction.workspace.defaults import DefaultUsed, defaults_used
from auction.workspace.lines import LINES_SCHEMA, WARNING, sorted_lines, told_faults, whole_lines
from residual.errors import Fault

#: How a text begins that a spreadsheet takes for a formula.
_FORMULA: Final = r"^[=+\-@\t\r]"


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
    read_as : tuple of str
        How the file was read, such as its encoding, delimiter and order of dates: as the owner
        set it, else as the data proved it.
    """

    read: int
    kept: int
    rejected: int
    excluded: dict[str, int] = field(default_factory=dict)
    unused_columns: tuple[str, ...] = ()
    read_as: tuple[str, ...] = ()


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
    originals : dict
        For each line of ``rejected`` the whole row as it stands in the file.
    warnings : polars.DataFrame
        What a run passes over but a desk should know, columns of ``LINES_SCHEMA``.
    """

    path: Path
    config: Config
    tables: dict[str, pl.DataFrame]
    rejected: dict[str, pl.DataFrame]
    input_hashes: dict[str, str]
    counts: dict[str, TableCounts]
    originals: dict[str, pl.DataFrame] = field(default_factory=dict)
    warnings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LINES_SCHEMA))

    def has(self, name: str) -> bool:
        """Tell whether a table has any row."""
        return not self.tables[name].is_empty()

    @property
    def notes(self) -> list[str]:
        """The warnings counted by rule, a sentence each."""
        return warning_notes(self.warnings)

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
        What would stop a run, the first of each kind one by one; empty if it can start.
    counts : dict
        What became of the rows of each table that could be read.
    rejected, originals : dict
        The bad rows as in ``Workspace``, those that stop a run too.
    defaults : tuple of DefaultUsed
        Defaults relied on; empty if the settings are at fault.
    lines : polars.DataFrame
        Every finding, columns of ``LINES_SCHEMA``: faults, rows set aside and warnings.
    """

    faults: tuple[Fault, ...]
    counts: dict[str, TableCounts]
    rejected: dict[str, pl.DataFrame]
    defaults: tuple[DefaultUsed, ...]
    lines: pl.DataFrame
    originals: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether a run can start."""
        return not self.faults

    @property
    def warnings(self) -> pl.DataFrame:
        """What a run passes over but a desk should know."""
        return self.lines.filter(pl.col("severity") == WARNING)

    def with_faults(self, faults: Sequence[Fault]) -> CheckReport:
        """Return the report with further faults of tables as a whole."""
        if not faults:
            return self
        lines = sorted_lines(pl.concat([whole_lines(faults), self.lines]))
        return replace(self, faults=told_faults(lines), lines=lines)

    def with_warnings(self, remarks: Sequence[Fault]) -> CheckReport:
        """Return the report with remarks on tables as a whole, which stop nothing."""
        warned = whole_lines(remarks).with_columns(severity=pl.lit(WARNING))
        return replace(self, lines=sorted_lines(pl.concat([warned, self.lines])))


def warning_notes(warnings: pl.DataFrame) -> list[str]:
    """Return warnings counted by file, column and rule, a sentence each."""
    kinds = warnings.group_by("file", "column", "rule", maintain_order=True).len()
    return [
        f"{file}, {column}: {rule} ({count:,} row{'s' if count > 1 else ''})"
        for file, column, rule, count in kinds.iter_rows()
    ]


def write_rejected(workspace: Workspace, folder: str | Path) -> list[Path]:
    """Write the rows set aside to ``rejected/<table>.csv`` in a folder, as `write_bad_rows` does.

    Parameters
    ----------
    workspace : Workspace
        Gives the lines.
    folder : str or Path
        Where ``rejected`` is made; only made if a row was set aside.

    Returns
    -------
    list of Path
        The files written.
    """
    return write_bad_rows(workspace, Path(folder) / "rejected")


def write_bad_rows(found: Workspace | CheckReport, folder: str | Path) -> list[Path]:
    """Write the bad rows of each table to ``<table>.csv``.

    Parameters
    ----------
    found : Workspace or CheckReport
        Gives the lines.
    folder : str or Path
        Where; only made if there is a bad row.

    Returns
    -------
    list of Path
        The files written. A line tells file, row, column, value, rule and remedy, then the row
        as it stands in the file; a column of the file that is called like one of these gets
        ``(in the file)`` after its name. Text that a spreadsheet would run as a formula gets an
        apostrophe.
    """
    written = []
    for name, lines in found.rejected.items():
        target = Path(folder) / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        _with_originals(lines, found.originals.get(name)).write_csv(target)
        written.append(target)
    return written


def _with_originals(lines: pl.DataFrame, originals: pl.DataFrame | None) -> pl.DataFrame:
    if originals is not None:
        renamed = originals.rename(
            lambda name: f"{name} (in the file)" if name in lines.columns else name
        )
        lines = lines.hstack(renamed.get_columns())
    texts = [name for name, kind in lines.schema.items() if kind == pl.String]
    safe = lines.with_columns(_harmless(name) for name in texts)
    return safe.rename({name: _harmless_text(name) for name in safe.columns})


def _harmless(column: str) -> pl.Expr:
    text = pl.col(column)
    number = text.cast(pl.Float64, strict=False).is_not_null()
    formula = text.str.contains(_FORMULA) & ~number
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)


def _harmless_text(text: str) -> str:
    return f"'{text}" if re.match(_FORMULA, text) else text
