"""What can be told of a workspace before any work starts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from auction.channels.contents import content_worth, with_metal_prices
from auction.channels.transport import plan_moves
from auction.fee_schedule import sale_fees
from auction.fleet import part_fleet
from auction.from_workspace import legal_bars
from auction.idle import idle_remarks
from auction.workspace import CheckReport, Workspace, read_workspace
from auction.workspace.rules import SENTINEL
from residual.errors import Fault, InputError
from residual.tables import FEWEST_LISTINGS

#: With fewer odometers than this, one slip after the other is still taken for slips.
FEWEST_ODOMETERS = 20


def check_before_a_run(path: Path, *, as_of: date | str | None = None) -> CheckReport:
    """Check a workspace as a run would, its moves and sales included; change nothing.

    What no vehicle can use is remarked on: a slip in a date or a name does it.

    Parameters
    ----------
    path : Path
        The workspace.
    as_of : date or str, optional
        Planning date in place of the one in the settings.

    Returns
    -------
    CheckReport
        Every fault found.
    """
    report, workspace = read_workspace(path, as_of=as_of)
    if workspace is None:
        return report
    return report.with_faults(preflight(workspace)).with_warnings(idle_remarks(workspace))


def preflight(workspace: Workspace) -> list[Fault]:
    """Return what would stop a run on a workspace whose tables are sound by themselves.

    Parameters
    ----------
    workspace : Workspace
        Read and checked.
    """
    tables = workspace.tables
    faults = _sold_faults(tables)
    faults += _listing_faults(tables)
    faults += _fleet_faults(workspace)
    faults += _odometer_faults(tables)
    faults += _content_faults(workspace)
    faults += _fee_faults(tables)
    faults += _cash_faults(workspace)
    if not tables["venues"].is_empty():
        try:
            plan_moves(
                tables["vehicles"], tables["venues"], tables["tariffs"], workspace.config.costs
            )
        except InputError as error:
            faults += error.faults
    return faults


def value_faults(workspace: Workspace) -> list[Fault]:
    """Return what would stop values from being told of a workspace, planned or not.

    Parameters
    ----------
    workspace : Workspace
        Read and checked.
    """
    return _sold_faults(workspace.tables) + _odometer_faults(workspace.tables)


def _sold_faults(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    sold = tables["sales"].filter(pl.col("outcome").fill_null("sold") == "sold")
    if not sold.is_empty():
        return []
    rule = "at least one row must have been sold by the planning date"
    remedy = "add sold rows, mend outcome or as_of"
    return [Fault(rule, file="sales", column="outcome", remedy=remedy)]


def _odometer_faults(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    return [fault for name in ("vehicles", "sales") for fault in _unit_faults(name, tables)]


def _unit_faults(name: str, tables: dict[str, pl.DataFrame]) -> list[Fault]:
    """Refuse odometers most of which no car can show: their unit or their marks are wrong."""
    given = tables[name]["odometer"].drop_nulls()
    beyond = int((given >= SENTINEL).sum())
    if given.len() < FEWEST_ODOMETERS or 2 * beyond <= given.len():
        return []
    rule = f"{beyond:,} of {given.len():,} are more than a car can show"
    remedy = "mend units, decimal or thousands of this column"
    return [Fault(rule, file=name, column="odometer", remedy=remedy)]


def _fleet_faults(workspace: Workspace) -> list[Fault]:
    """Refuse a fleet of which nothing can be planned."""
    tables, config = workspace.tables, workspace.config
    fleet = part_fleet(
        tables["vehicles"], legal_bars(workspace), config.as_of, config.horizon.weeks
    )
    if not fleet.planned.is_empty():
        return []
    rule = "no vehicle can be planned: all are barred or unsaleable"
    remedy = "look at holds, titles and available_from, or plan further ahead"
    return [Fault(rule, file="vehicles", remedy=remedy)]


def _content_faults(workspace: Workspace) -> list[Fault]:
    """Refuse metal in parts that no price is known for."""
    tables, config = workspace.tables, workspace.config
    rules = with_metal_prices(config.dismantling, tables["index"], config.as_of)
    try:
        content_worth(tables["parts"], rules)
    except InputError as error:
        return list(error.faults)
    return []


def _fee_faults(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    """Refuse fees whose bounds cut them into too many tiers."""
    try:
        sale_fees(tables["venues"], tables["fees"])
    except InputError as error:
        return list(error.faults)
    return []


def _cash_faults(workspace: Workspace) -> list[Fault]:
    """Refuse cash that is asked for by a day that has passed."""
    config = workspace.config
    return [
        Fault(
            f"must be after as_of, {config.as_of}",
            file="disposal.toml",
            column=f"cash[{number}].by",
            value=str(target.by),
            remedy="mend the day, or take the target out",
        )
        for number, target in enumerate(config.cash, start=1)
        if target.by <= config.as_of
    ]


def _listing_faults(tables: dict[str, pl.DataFrame]) -> list[Fault]:
    """Refuse consignments where past listings are too few to tell how long units stand."""
    if not (tables["offers"]["kind"] == "consignment").any():
        return []
    listed = tables["sales"].filter(pl.col("channel") == "dealer", pl.col("list_price") > 0)
    if listed.height >= FEWEST_LISTINGS:
        return []
    rule = (
        f"a consignment needs at least {FEWEST_LISTINGS} past listings, rows of channel dealer "
        f"with list_price; there are {listed.height}"
    )
    remedy = "add listings with their outcome and closed_on, or leave the consignment out"
    return [Fault(rule, file="sales", column="list_price", remedy=remedy)]
