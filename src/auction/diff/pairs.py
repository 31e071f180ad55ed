"""The tables of two runs, and the vehicles that both plans place, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

import polars as pl

from auction.hedges import UNIT_KINDS
from auction.run.folder import read_record, read_table

#: What tells one place to go from another: a date alone makes no other place of a dealer.
SPOT: Final = ["channel", "venue_id", "offer_id", "spot_date"]
_ASSIGNED: Final = [
    "vehicle_id", "make", "model", "status", "reason", "reason_code", "channel", "venue_id",
    "event_date", "offer_id", "hedge_id", "terms", "reserve", "gross", "own_volume",
    "expected_net", "value",
]  # fmt: skip
_OFFERED: Final = ["expected_net", "risk", "slot_price", "scarcest", "barred_by"]


@dataclass(frozen=True, slots=True)
class PlanTables:
    """What a comparison needs of a run.

    Parameters
    ----------
    assignments : polars.DataFrame
        One row a vehicle, with ``spot_date``: the date where it makes another place.
    offered : polars.DataFrame
        The best of every place that each vehicle could have, with ``spot_date``.
    hedges, shadow_prices : polars.DataFrame
        As they stand in the run.
    risk, manifest : dict
        As they stand in the run.
    """

    assignments: pl.DataFrame
    offered: pl.DataFrame
    hedges: pl.DataFrame
    shadow_prices: pl.DataFrame
    risk: dict[str, Any]
    manifest: dict[str, Any]

    @classmethod
    def read(cls, run: Path) -> Self:
        """Read a run folder.

        Raises
        ------
        RunFolderError
            Where the folder, or a file of it, is missing or damaged.
        """
        offered = _spotted(read_table(run, "offered.parquet")).sort(
            "vehicle_id", "taken", "expected_net", descending=[False, True, True]
        )
        return cls(
            _spotted(read_table(run, "assignments.parquet")),
            offered.unique(["vehicle_id", *SPOT], keep="first", maintain_order=True),
            read_table(run, "hedges.parquet"),
            read_table(run, "shadow_prices.parquet"),
            read_record(run, "risk.json"),
            read_record(run, "manifest.json"),
        )

    @property
    def currency(self) -> str:
        """What money is told in."""
        return str(self.manifest["currency"])

    @property
    def as_of(self) -> date:
        """Planning date."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def placed(self) -> pl.DataFrame:
        """The vehicles that the plan sells or keeps back."""
        return self.assignments.filter(pl.col("channel").is_not_null())

    @property
    def expected(self) -> float:
        """Expected proceeds of vehicles, puts and layers, money."""
        puts = self.hedges.filter(~pl.col("kind").is_in(UNIT_KINDS))
        hedged = float((puts["expected_payoff"] - puts["premium"]).sum())
        return float(self.placed["expected_net"].sum()) + hedged


def _spotted(table: pl.DataFrame) -> pl.DataFrame:
    dated = pl.when(pl.col("channel") == "auction").then("event_date")
    return table.with_columns(dated.alias("spot_date"))


def paired(before: PlanTables, after: PlanTables) -> pl.DataFrame:
    """Return the vehicles that both plans place, by vehicle_id.

    Returns
    -------
    polars.DataFrame
        vehicle_id, make, model; the further columns of the assignments ending in ``_a`` (before)
        and ``_b`` (after); same_spot, whether both choices are at one place; and what each run
        said of each choice, ending in ``_old_then``, ``_old_now``, ``_new_then`` and
        ``_new_now``: found (whether it was offered), expected_net, risk, slot_price, scarcest
        and barred_by.
    """
    columns = [*_ASSIGNED, "spot_date"]
    old = before.placed.select(columns).rename({name: f"{name}_a" for name in columns[3:]})
    new = after.placed.select("vehicle_id", *columns[3:]).rename(
        {name: f"{name}_b" for name in columns[3:]}
    )
    both = old.join(new, on="vehicle_id", how="inner")
    same = pl.all_horizontal(pl.col(f"{name}_a").eq_missing(pl.col(f"{name}_b")) for name in SPOT)
    both = both.with_columns(same_spot=same)
    both = _looked_up(both, before.offered, "a", "old_then")
    both = _looked_up(both, after.offered, "a", "old_now")
    both = _looked_up(both, before.offered, "b", "new_then")
    return _looked_up(both, after.offered, "b", "new_now").sort("vehicle_id")


def _looked_up(pairs: pl.DataFrame, offered: pl.DataFrame, side: str, name: str) -> pl.DataFrame:
    """Join what a run offered at the places chosen in the other run."""
    there = offered.select(
        "vehicle_id",
        *(pl.col(key).alias(f"{key}_{side}") for key in SPOT),
        *(pl.col(key).alias(f"{key}_{name}") for key in _OFFERED),
        pl.lit(value=True).alias(f"found_{name}"),
    )
    keys = ["vehicle_id", *(f"{key}_{side}" for key in SPOT)]
    joined = pairs.join(there, on=keys, how="left", nulls_equal=True)
    return joined.with_columns(
        pl.col(f"found_{name}").fill_null(value=False),
        pl.col(f"expected_net_{name}").cast(pl.Float64),
    )
