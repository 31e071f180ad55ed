"""Why a vehicle goes where it goes, from the tables of a run: as figures, and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from auction.errors import UnknownVehicleError
from auction.explain.decision import Record, explain
from auction.explain.words import tell
from auction.run.folder import read_record, read_table


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
        Several lines: where and when, why, the value as a product of effects, the bridge from
        gross to net, the parts to take off, the reserve policy, the other options and why each
        lost, what would change the choice, the loan; for a vehicle that cannot be planned, what
        would free it.

    Raises
    ------
    RunFolderError
        Where the folder is no run.
    UnknownVehicleError
        Where the vehicle is not in it.
    """
    return tell(explained(run, vehicle_id))


def explained(run: Path, vehicle_id: str) -> Record:
    """Return one vehicle's decision as figures.

    Parameters
    ----------
    run, vehicle_id
        As for :func:`explain_vehicle`.

    Returns
    -------
    dict
        As :func:`auction.explain.decision.explain` tells it; ready to be written as JSON.

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
    options, policy, effects, parts = (
        read_table(run, f"{name}.parquet").filter(pl.col("vehicle_id") == vehicle_id)
        for name in ("alternatives", "policy", "effects", "parts_plan")
    )
    row = found.row(0, named=True)
    return explain(
        row, options, policy, effects, currency, parts=parts,
        inspection=_inspection(run, vehicle_id), cover=_cover(run, row.get("hedge_id")),
    )  # fmt: skip


def _cover(run: Path, hedge_id: str | None) -> str | None:
    """Return on which conditions a vehicle's cover pays; None where the run does not tell."""
    table = read_table(run, "hedges.parquet")
    if hedge_id is None or "conditions" not in table.columns:
        return None
    told = table.filter(pl.col("hedge_id") == hedge_id)["conditions"]
    return told[0] if len(told) else None


def _inspection(run: Path, vehicle_id: str) -> dict[str, Any] | None:
    """Return what it is worth to inspect a vehicle; None where the run does not tell."""
    if not (run / "inspections.parquet").exists():
        return None
    rows = read_table(run, "inspections.parquet").filter(pl.col("vehicle_id") == vehicle_id)
    return rows.row(0, named=True) if rows.height else None
