"""Lines: what is told of the input, one line a finding, kept as frames since there may be many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

from auction.workspace.rows import REJECTED_SCHEMA, TableRead
from auction.workspace.sources import SETTINGS_FILE
from residual.errors import Fault

#: Findings of one kind that are told one by one where a person reads; the rest is a number.
TOLD: Final = 50

#: A fault stops a run; a row set aside and a warning do not.
FAULT: Final = "fault"
SET_ASIDE: Final = "set aside"
WARNING: Final = "warning"

LINES_SCHEMA: Final[dict[str, Any]] = {
    "severity": pl.String,
    "table": pl.String,
    **REJECTED_SCHEMA,
}


def lines_of(faults: Iterable[Fault], tables: Mapping[str, TableRead]) -> pl.DataFrame:
    """Gather every finding of a workspace.

    Parameters
    ----------
    faults : iterable of Fault
        Those of settings, files and tables as a whole.
    tables : mapping
        The tables read, with what was found in their rows.

    Returns
    -------
    polars.DataFrame
        Columns of ``LINES_SCHEMA``, the settings first, then by file and row. The rows set aside
        of a table that is refused count as faults.
    """
    frames = [whole_lines(faults)]
    for table in tables.values():
        aside = FAULT if table.refused else SET_ASIDE
        for severity, lines in (
            (FAULT, table.fatal), (aside, table.rejected), (WARNING, table.warned)
        ):  # fmt: skip
            frames.append(
                lines.select(
                    pl.lit(severity).alias("severity"),
                    pl.lit(table.name).alias("table"),
                    *REJECTED_SCHEMA,
                )
            )
    return sorted_lines(pl.concat(frames))


def told_faults(lines: pl.DataFrame) -> tuple[Fault, ...]:
    """Return the faults of a workspace, the first ``TOLD`` of each kind one by one.

    Parameters
    ----------
    lines : polars.DataFrame
        As from ``lines_of``.

    Returns
    -------
    tuple of Fault
        In the order of the lines; a number stands for the rest of a kind.
    """
    kind = ["file", "column", "rule"]
    counted = lines.filter(pl.col("severity") == FAULT).with_columns(
        pl.int_range(pl.len()).over(kind).alias("nth"), pl.len().over(kind).alias("all")
    )
    faults = []
    for line in counted.filter(pl.col("nth") <= TOLD).iter_rows(named=True):
        fault = Fault(**{name: line[name] for name in REJECTED_SCHEMA})
        if line["nth"] == TOLD:
            more = f"{line['all'] - TOLD:,} further rows: {fault.rule}"
            fault = Fault(more, file=fault.file, column=fault.column, remedy=fault.remedy)
        faults.append(fault)
    return tuple(faults)


def whole_lines(faults: Iterable[Fault]) -> pl.DataFrame:
    """Return faults of settings, files and tables as lines."""
    rows = [(FAULT, None, *(getattr(fault, name) for name in REJECTED_SCHEMA)) for fault in faults]
    return pl.DataFrame(rows, schema=LINES_SCHEMA, orient="row")


def sorted_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Return lines in the order in which they are told."""
    return lines.sort(
        pl.col("file") != SETTINGS_FILE, "file", "row", maintain_order=True, nulls_last=False
    )
