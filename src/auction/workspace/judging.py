"""Judge the tables of a workspace: their rows, what they say of each other, what is left."""

from __future__ import annotations

from collections.abc import Iterable

from auction.workspace.check import cross_faults
from auction.workspace.config import Config
from auction.workspace.currencies import reject_other_currencies
from auction.workspace.places import locate_rows
from auction.workspace.postcodes import postcode_faults
from auction.workspace.rows import TableRead
from auction.workspace.rules import apply_rules, leave_out_beyond, stop_duplicates
from auction.workspace.tiers import stop_lost_tiers
from auction.workspace.vins import remark_on_vins
from residual.errors import Fault

#: Tables without a row of which no run can start, and what their file then lacks.
NEEDED = {"vehicles": "holds no vehicle to plan for", "sales": "holds no past offering"}

#: Tables that are judged before the others, in this order.
FIRST = ("places", "venues")


def judge(tables: dict[str, TableRead], config: Config) -> list[Fault]:
    """Hold every table against the rules; findings of single rows are noted in the tables.

    Parameters
    ----------
    tables : dict
        Every table that could be read, typed. Rows at fault are taken out of their frames.
    config : Config
        Settings of the workspace.

    Returns
    -------
    list of Fault
        Faults of tables as a whole. What only follows from an empty table is not told.
    """
    faults = postcode_faults(tables)
    for table in sorted(tables.values(), key=_turn):
        leave_out_beyond(table, config.as_of)
        reject_other_currencies(table, config.currency)
        if table.name in ("venues", "vehicles", "sales"):
            locate_rows(table, tables)
        apply_rules(table, config.as_of)
        stop_duplicates(table)
        if table.name == "vehicles":
            remark_on_vins(table, refuse=config.rejects.bad_vins)
        table.drop_rejected()
        if table.name == "fees":
            stop_lost_tiers(table)
    empty = [name for name in NEEDED if name in tables and tables[name].frame.is_empty()]
    faults += cross_faults(tables, config, fleet_known=not empty)
    for table in tables.values():
        faults += _share_faults(table, config.rejects.max_share)
    return faults + [_empty_fault(tables[name]) for name in empty if not tables[name].refused]


def _turn(table: TableRead) -> int:
    """Return the turn of a table: those that locate the rows of others come first."""
    return FIRST.index(table.name) if table.name in FIRST else len(FIRST)


def _share_faults(table: TableRead, limit: float) -> list[Fault]:
    """Refuse a table with too many bad rows; rows that only follow others do not count."""
    bad, considered = table.rejected_rows - table.followed, table.rejected_rows + table.frame.height
    if bad <= limit * considered:
        return []
    table.refused = True
    rule = (
        f"{bad:,} of {considered:,} rows are at fault, more than rejects.max_share = {limit:g} "
        "allows"
    )
    return [Fault(rule, file=table.file, remedy="mend the rows told next")]


def _empty_fault(table: TableRead) -> Fault:
    remedy = "mend as_of or add rows" if table.excluded else "add rows"
    return Fault(f"{NEEDED[table.name]} after {_losses(table)}", file=table.file, remedy=remedy)


def _losses(table: TableRead) -> str:
    parts: Iterable[str] = (f"{count:,} {reason}" for reason, count in table.excluded.items())
    return ", ".join([f"{table.read:,} read", *parts, f"{table.rejected_rows:,} set aside"])
