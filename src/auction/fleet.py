"""Which vehicles of the fleet can be planned, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from auction.reasons import Reason, reason_columns


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet, parted into what can be planned and what cannot.

    Parameters
    ----------
    planned : polars.DataFrame
        Vehicles that are planned, sorted by vehicle_id.
    left_out : polars.DataFrame
        The others: vehicle_id, status (barred or unsaleable) and the columns of a reason, sorted
        by vehicle_id.
    """

    planned: pl.DataFrame
    left_out: pl.DataFrame


def assumed_of(fleet: Fleet, sales: pl.DataFrame) -> list[str]:
    """Say what was assumed of vehicles whose file does not tell; one sentence each.

    Parameters
    ----------
    fleet : Fleet
    sales : polars.DataFrame
        Past offerings: where none tells a trait, nothing is assumed of it, as no value counts it.
    """
    said = []
    planned = fleet.planned
    for column, assumed in (
        ("title_status", "their titles are taken as clear"),
        ("condition_grade", "a typical condition of such vehicles is taken"),
        ("odometer", "a typical reading of their age is taken"),
    ):
        if column != "title_status" and (
            column not in sales.columns or sales[column].null_count() == sales.height
        ):
            continue
        unknown = planned[column].null_count() if column in planned.columns else planned.height
        if unknown:
            said.append(f"{column} unknown for {unknown:,} of the vehicles planned: {assumed}")
    return said


def part_fleet(
    vehicles: pl.DataFrame, holds: pl.DataFrame | None, as_of: date, weeks: int
) -> Fleet:
    """Set aside the vehicles that no plan within the horizon may touch.

    A legal hold that lasts to the end of the horizon bars a vehicle; a missing title, or one
    that comes only after the horizon (``available_from``), makes it unsaleable for now. A
    hold that ends earlier only delays it.

    Parameters
    ----------
    vehicles : polars.DataFrame
        The fleet.
    holds : polars.DataFrame, optional
        Legal bars: vehicle_id, kind, until.
    as_of : date
        Planning date.
    weeks : int
        Horizon.

    Returns
    -------
    Fleet
    """
    end = as_of + timedelta(weeks=weeks)
    longest = pl.DataFrame(schema={"vehicle_id": pl.String, "kind": pl.String, "until": pl.Date})
    if holds is not None:
        longest = (
            holds.filter(pl.col("until") >= end)
            .sort("vehicle_id", "until", "kind", descending=[False, True, False])
            .unique("vehicle_id", keep="first", maintain_order=True)
            .select("vehicle_id", "kind", "until")
        )
    joined = vehicles.join(longest, on="vehicle_id", how="left").sort("vehicle_id")
    barred = pl.col("until").is_not_null()
    no_title = pl.col("title_status") == "missing"
    late = pl.col("available_from") > end
    marked = joined.with_columns(
        status=pl.when(barred)
        .then(pl.lit("barred"))
        .when(no_title | late)
        .then(pl.lit("unsaleable"))
    )
    left_out = marked.filter(pl.col("status").is_not_null())
    reasons = [
        _reason(*row)
        for row in left_out.select("kind", "until", "title_status", "available_from").iter_rows()
    ]
    return Fleet(
        planned=marked.filter(pl.col("status").is_null()).select(vehicles.columns),
        left_out=left_out.select("vehicle_id", "status").with_columns(*reason_columns(reasons)),
    )


def _reason(kind: str | None, until: date | None, title: str | None, available: date) -> Reason:
    if kind is not None and until is not None:
        return Reason("legal_hold", {"kind": kind, "until": until.isoformat()})
    if title == "missing":
        return Reason("title_missing")
    return Reason("available_from", {"day": available.isoformat()})
