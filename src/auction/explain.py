"""Why a vehicle goes where it goes, in words, from the tables of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from auction.channels.quotes import BRIDGE
from auction.errors import UnknownVehicleError
from auction.run_folder import read_record, read_table

_WORDS = {
    "gross": "expected gross price",
    "fees": "fees",
    "tax": "tax",
    "transport": "transport",
    "holding": "holding until the first sale date",
    "finance": "waiting for the money (discount)",
    "rerun": "holding between runs",
    "hedge_premium": "premium of the floor",
    "hedge_payoff": "expected pay-off of the floor",
}


def explain_vehicle(run: Path, vehicle_id: str) -> str:
    """Tell one vehicle's decision.

    Parameters
    ----------
    run : Path
        Run folder.
    vehicle_id : str
        A vehicle of the fleet.

    Returns
    -------
    str
        Several lines: where and when, why, the bridge from gross to net, the reserve policy,
        the other options, the loan.

    Raises
    ------
    RunFolderError
        Where the folder is no run.
    UnknownVehicleError
        Where the vehicle is not in it.
    """
    table = read_table(run, "assignments.parquet")
    found = table.filter(pl.col("vehicle_id") == vehicle_id)
    if not found.height:
        raise UnknownVehicleError(vehicle_id, table["vehicle_id"].to_list())
    currency = str(read_record(run, "manifest.json").get("currency", "money"))
    return tell(
        found.row(0, named=True),
        read_table(run, "alternatives.parquet").filter(pl.col("vehicle_id") == vehicle_id),
        read_table(run, "policy.parquet").filter(pl.col("vehicle_id") == vehicle_id),
        currency,
    )


def tell(row: dict[str, Any], others: pl.DataFrame, policy: pl.DataFrame, currency: str) -> str:
    """Tell a decision from its row of the assignments, its other options and its policy.

    What a row does not hold, such as the spread on fresh scenarios, is left out.
    """
    lines = [f"{row['vehicle_id']}: {row['make']} {row['model']}"]
    lines.append(
        f"  {row['status']}: {row['reason']}" if row.get("reason") else f"  {row['status']}"
    )
    if row["channel"] is None:
        return "\n".join(lines)
    lines += [f"  {_place(row)}", "", f"From gross to net, {currency}", *_bridge(row)]
    lines += _spread(row) + _policy(policy) + _others(others) + _runner_up(row) + _loan(row)
    return "\n".join(lines)


def _place(row: dict[str, Any]) -> str:
    if row["channel"] == "hold":
        return "kept for a later planning"
    when = f" on {row['event_date']}" if row["event_date"] else ""
    far = f", {row['distance_km']:,.0f} km away" if row["distance_km"] is not None else ""
    return f"{row['channel']} at {row['venue_id']}{when} ({row['terms']}){far}"


def _bridge(row: dict[str, Any]) -> list[str]:
    items = [
        f"  {_WORDS[name]:<38} {sign * row[name]:>12,.2f}"
        for name, sign in BRIDGE.items()
        if name == "gross" or row[name]
    ]
    return [*items, f"  {'expected net':<38} {row['expected_net']:>12,.2f}"]


def _spread(row: dict[str, Any]) -> list[str]:
    if row.get("net_p50") is None:
        return []
    spread = (
        f"On fresh scenarios the net is {row['net_p50']:,.0f} in the middle, "
        f"below {row['net_p05']:,.0f} one time in twenty and above {row['net_p95']:,.0f} "
        "one time in twenty."
    )
    return ["", spread]


def _policy(steps: pl.DataFrame) -> list[str]:
    if steps.is_empty():
        return []
    lines = ["", "Reserve policy"]
    for step in steps.sort("step").iter_rows(named=True):
        when = step["date"] or "after the horizon"
        lines.append(
            f"  run {step['step']} ({when}): reserve {step['reserve']:,.0f}; offered with chance "
            f"{step['reach_chance']:.0%}, sold in it with chance {step['sale_chance']:.0%}; "
            f"if unsold, {step['if_unsold']}"
        )
    return lines


def _others(options: pl.DataFrame) -> list[str]:
    lines = ["", "Options considered, the taken one first, then by expected net"]
    for option in options.sort("rank").iter_rows(named=True):
        mark = "*" if option["taken"] else " "
        lines.append(
            f"  {mark} {option['expected_net']:>12,.2f}  {_place({**option, 'distance_km': None})}"
        )
    return lines


def _runner_up(row: dict[str, Any]) -> list[str]:
    if row["margin_to_runner_up"] is None or row["runner_up_channel"] is None:
        return []
    where = row["runner_up_venue"] or row["runner_up_channel"]
    when = f" on {row['runner_up_date']}" if row["runner_up_date"] else ""
    lead = (
        f"Counting what scarce slots are worth, the next best is {where}{when}; the choice leads "
        f"by {row['margin_to_runner_up']:,.2f}. It would change if the choice fell by that much."
    )
    return ["", lead]


def _loan(row: dict[str, Any]) -> list[str]:
    if row.get("loan_balance") is None:
        return []
    loan = (
        f"Loan {row['loan_balance']:,.2f}: expected recovery {row['recovery']:,.2f}, "
        f"deficiency {row['deficiency']:,.2f}, surplus {row['surplus']:,.2f}."
    )
    return ["", loan]
