"""The plan of an earlier run, read again so that the next one can start from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation import Warm
from auction.allocation.warm import PLACE, WAY
from auction.errors import NotComparableError, RunFolderError
from auction.plan import Plan
from auction.risk import CVaR
from auction.run.durable import digest
from auction.run.folder import read_record, read_table

#: What is read of an earlier run.
_READ: Final = ("assignments.parquet", "shadow_prices.parquet", "risk.json")
#: Channels that take units at the end of any week, counted from the planning date.
_BY_WEEK: Final = ("dealer", "dismantling")


@dataclass(frozen=True, slots=True)
class LastPlan:
    """What an earlier run planned.

    Parameters
    ----------
    run : str
        Name of its folder.
    as_of : date
        Its planning date.
    currency : str
        What its money stands in.
    ways : polars.DataFrame
        vehicle_id and the columns of ``auction.allocation.warm.WAY``: where each vehicle was to
        be sold and on which terms.
    held : frozenset of str
        Vehicles that it kept back: for them nothing was arranged.
    prices : polars.DataFrame
        kind, label and price of all that was scarce.
    risk : CVaR
        Its appetite for risk.
    digests : dict of str to str
        SHA-256 of the files that were read.
    """

    run: str
    as_of: date
    currency: str
    ways: pl.DataFrame
    held: frozenset[str]
    prices: pl.DataFrame
    risk: CVaR
    digests: dict[str, str]

    @classmethod
    def read(cls, run: Path) -> LastPlan:
        """Read a run folder.

        Raises
        ------
        RunFolderError
            Where the folder is no run, or was written by another version.
        """
        try:
            return cls._read(run)
        except (KeyError, ValueError, pl.exceptions.ColumnNotFoundError) as error:
            said = str(error).splitlines()[0]
            raise RunFolderError(
                f"{run} holds no plan that this version can start from: {said}"
            ) from error

    @classmethod
    def _read(cls, run: Path) -> LastPlan:
        told, risk = read_record(run, "manifest.json"), read_record(run, "risk.json")
        table = read_table(run, "assignments.parquet").rename({"event_date": "date"})
        planned = table.filter(pl.col("status") == "planned").select("vehicle_id", *WAY)
        held = table.filter(pl.col("status") == "held")["vehicle_id"].to_list()
        return cls(
            run.resolve().name,
            date.fromisoformat(told["as_of"]),
            told["currency"],
            planned,
            frozenset(held),
            read_table(run, "shadow_prices.parquet").select("kind", "label", "price"),
            CVaR(risk["alpha"], risk["weight"]),
            {name: digest(run / name) for name in _READ},
        )

    def refuse_other(self, vehicle_ids: list[str], currency: str) -> None:
        """Refuse to start from the plan of another fleet, or in another currency.

        Parameters
        ----------
        vehicle_ids : list of str
            The fleet to be planned.
        currency : str
            What money stands in now.

        Raises
        ------
        NotComparableError
            With the reason.
        """
        if self.currency != currency:
            raise NotComparableError(
                f"{self.run} is told in {self.currency}, the workspace in {currency}: no plan to "
                "start from"
            )
        known = self.held.union(self.ways["vehicle_id"])
        if known.isdisjoint(vehicle_ids):
            raise NotComparableError(
                f"{self.run} plans none of these {len(vehicle_ids):,} vehicles: it is the plan of "
                "another fleet"
            )

    def ways_on(self, as_of: date) -> pl.DataFrame:
        """Return the ways as they are called on a later planning date.

        Dealers and dismantlers take units at the end of each week counted from the planning date,
        so that a hand-over that is still to come falls on the end of the week that it lies in.
        """
        ahead = (pl.col("date") - pl.lit(as_of)).dt.total_days()
        weeks = ((ahead + 6) // 7).cast(pl.Int64)
        by_week = pl.col("channel").is_in(_BY_WEEK) & (ahead > 0)
        moved = pl.lit(as_of) + pl.duration(days=7 * weeks)
        return self.ways.with_columns(
            pl.when(by_week).then(moved).otherwise("date").cast(pl.Date).alias("date")
        )

    def warm(self, vehicle_ids: tuple[str, ...], as_of: date) -> Warm | None:
        """Return what the search starts from; None where none of its vehicles is still there."""
        ways = self.ways_on(as_of)
        if set(vehicle_ids).isdisjoint(ways["vehicle_id"]):
            return None
        return Warm.read(ways["vehicle_id"].to_list(), ways, self.prices, self.risk)


@dataclass(frozen=True, slots=True)
class Replanned:
    """How a plan stands to the one it started from.

    Parameters
    ----------
    last : LastPlan
        The plan it started from.
    vehicle_ids : tuple of str, length V
        The fleet planned now.
    kept, moved, gone : bool[V]
        Vehicles at the place where they were, vehicles that leave a place which is still open to
        them, and vehicles whose last place is no longer among their options.
    churn, cost : float
        What moving a vehicle costs, and what all moves cost in the objective, money.
    """

    last: LastPlan
    vehicle_ids: tuple[str, ...]
    kept: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    gone: NDArray[np.bool_]
    churn: float
    cost: float

    @property
    def counts(self) -> dict[str, int]:
        """Vehicles kept, moved, gone (their place), held (then), new, and left (the fleet)."""
        before = self.last.held.union(self.last.ways["vehicle_id"])
        return {
            "kept": int(self.kept.sum()),
            "moved": int(self.moved.sum()),
            "gone": int(self.gone.sum()),
            "held": len(self.last.held.intersection(self.vehicle_ids)),
            "new": len(set(self.vehicle_ids) - before),
            "left": len(before.difference(self.vehicle_ids)),
        }

    @property
    def note(self) -> str:
        """What became of the last plan, in a sentence."""
        told = {name: f"{count:,}" for name, count in self.counts.items()}
        return (
            f"begun from the plan of {self.last.as_of}: {told['kept']} vehicles kept, "
            f"{told['moved']} moved at a cost of {self.cost:,.0f}, {told['gone']} whose place is "
            f"gone, {told['held']} held back then, {told['new']} new, {told['left']} gone "
            "themselves"
        )

    @property
    def record(self) -> dict[str, Any]:
        """The same as figures."""
        return {
            "run": self.last.run,
            "as_of": self.last.as_of.isoformat(),
            **self.counts,
            "churn": self.churn,
            "churn_cost": self.cost,
            "inputs": self.last.digests,
        }


def replanned(last: LastPlan, plan: Plan, as_of: date, churn: float) -> Replanned:
    """Tell how a plan stands to the one that it started from.

    Parameters
    ----------
    last : LastPlan
        The plan it started from.
    plan : Plan
        The new one.
    as_of : date
        Its planning date.
    churn : float
        What moving a vehicle costs, money.
    """
    fleet = plan.options.vehicle_ids
    before = last.ways_on(as_of).with_columns(pl.col(PLACE).cast(pl.String))
    here = pl.DataFrame({"vehicle_id": fleet}).hstack(
        plan.options.table.rows(plan.allocation.chosen, PLACE).select(pl.all().cast(pl.String))
    )
    both = here.join(before, on="vehicle_id", how="left", maintain_order="left", suffix="_last")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_last")) for name in PLACE)
    planned = both["channel_last"].is_not_null().to_numpy()
    kept = both.select(same).to_series().to_numpy() & planned
    started = plan.allocation.started
    moved = np.zeros(len(fleet), dtype=np.bool_) if started is None else started.moved
    cost = 0.0 if started is None else started.churn_cost
    return Replanned(last, fleet, kept, moved, planned & ~kept & ~moved, churn, cost)
