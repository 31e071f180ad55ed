"""The options that were considered for each vehicle, and how each stands against the choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction import heap
from auction.allocation import Allocation
from auction.allocation.rules import BARS
from auction.channels.quotes import BRIDGE
from auction.options import Options

#: Options kept in full for each vehicle, the taken one and the runner-up among them.
ALTERNATIVES = 6
#: Columns that say where a vehicle goes, and on which terms.
PLACE = [
    "channel", "venue_id", "event_id", "event_date", "week", "offer_id", "hedge_id",
    "reconditioning_id", "terms", "reserve", "sale_probability",
]  # fmt: skip
#: Columns that say what an option is worth to the fleet, and what stands against it.
STANDING = ["risk", "slot_price", "scarcest", "barred_by"]
#: Columns on the dearest of what an option uses, for a vehicle's few alternatives alone.
DEAREST = ["scarcest_price", "scarcest_more"]
#: Vehicles that are looked at together.
_VEHICLES = 1024
#: Vehicles that are told of together.
_AT_ONCE = 4_096
_SPOT = ["vehicle", "channel", "venue_id", "offer_id", "date"]
_TOLD = [*_SPOT[1:], "expected_net"]


@dataclass(frozen=True, slots=True)
class Considered:
    """The best terms of every place and date that a vehicle could have.

    Of several terms at a place and date the one taken counts, then the runner-up, then those
    that are allowed, by their worth to the fleet.

    Parameters
    ----------
    options : Options
        What could be done.
    allocation : Allocation
        What was chosen.
    bar : uint8[m]
        What bars each option, as :class:`auction.allocation.rules.Admission` tells.
    rows : int64[j]
        The options kept, by vehicle, the taken one first, then by expected net.
    """

    options: Options
    allocation: Allocation
    bar: NDArray[np.uint8]
    rows: NDArray[np.int64]

    def alternatives(self) -> Iterator[pl.DataFrame]:
        """The taken option of each vehicle, its runner-up and its best others, part by part.

        Columns: vehicle_id, rank, taken, allowed, where and on which terms, the bridge and
        expected_net, distance_km, and the columns of :data:`STANDING` and :data:`DEAREST`. A
        vehicle is in one part, and there is one at least.
        """
        for part in self._parts():
            yield part._full()

    def offered(self) -> Iterator[pl.DataFrame]:
        """Every place and date that each vehicle could have, in few columns, part by part.

        Columns: vehicle_id, taken, channel, venue_id, event_id, event_date, offer_id, gross,
        expected_net and the columns of :data:`STANDING`; money in single precision. A large fleet
        has millions of rows, of which so many vehicles at a time take little room; there is one
        part at least.
        """
        for part in self._parts():
            yield part._few()

    def _parts(self) -> Iterator[Considered]:
        """Yield the same of some vehicles after the other."""
        edges = np.searchsorted(
            self.options.vehicle[self.rows],
            np.arange(0, len(self.options.vehicle_ids) + _AT_ONCE, _AT_ONCE),
        )
        for first, last in pairwise(edges.tolist() if self.rows.size else [0, 0]):
            yield replace(self, rows=self.rows[first:last])

    def _full(self) -> pl.DataFrame:
        vehicle = pl.Series("vehicle", self.options.vehicle[self.rows])
        taken, second = self._marks()
        order = pl.struct(~pl.col("taken"), ~pl.col("second"), pl.int_range(pl.len()))
        place = pl.DataFrame([vehicle, taken, second]).select(
            order.rank("ordinal").over("vehicle").alias("place")
        )
        rows = self.rows[(place["place"] <= ALTERNATIVES).to_numpy()]
        columns = ["vehicle_id", *PLACE, *BRIDGE, "expected_net", "distance_km"]
        kept = Considered(self.options, self.allocation, self.bar, rows)
        charges = self.allocation.charges
        return (
            kept._told(columns)
            .with_columns(
                rank=pl.int_range(1, pl.len() + 1).over("vehicle_id"),
                allowed=pl.col("barred_by").is_null(),
                scarcest_price=pl.Series(charges.scarcest_price(rows)).fill_nan(None),
                scarcest_more=pl.Series(charges.scarcest_more[rows]).fill_nan(None),
            )
            .select("vehicle_id", "rank", "taken", "allowed", *columns[1:], *STANDING, *DEAREST)
        )

    def _few(self) -> pl.DataFrame:
        columns = [
            "vehicle_id", "channel", "venue_id", "event_id", "event_date", "offer_id", "gross",
            "expected_net",
        ]  # fmt: skip
        told = self._told(columns).select("vehicle_id", "taken", *columns[1:], *STANDING)
        return told.with_columns(pl.col(pl.Float64).cast(pl.Float32))

    def _marks(self) -> tuple[pl.Series, pl.Series]:
        """Whether each row is taken, and whether it is the runner-up."""
        vehicle = self.options.vehicle[self.rows]
        return (
            pl.Series("taken", self.allocation.chosen[vehicle] == self.rows),
            pl.Series("second", self.allocation.runner_up[vehicle] == self.rows),
        )

    def _told(self, columns: list[str]) -> pl.DataFrame:
        """Return columns of the options with what stands for and against each."""
        charges, rows = self.allocation.charges, self.rows
        labels = [*self.allocation.shadow_prices["label"], None]
        source = ["date" if name == "event_date" else name for name in columns]
        told = self.options.table.rows(rows, source).rename({"date": "event_date"})
        weighed = pl.Series(self.options.weighted(charges.weights, rows))
        return told.with_columns(
            self._marks()[0],
            risk=weighed - told["expected_net"],
            slot_price=pl.Series(charges.slot_price[rows]).fill_nan(None),
            scarcest=pl.Series(labels, dtype=pl.String).gather(
                np.where(charges.scarcest[rows] < 0, len(labels) - 1, charges.scarcest[rows])
            ),
            barred_by=pl.Series(BARS, dtype=pl.String).gather(self.bar[rows]),
        )


def considered(
    options: Options, allocation: Allocation, bar: NDArray[np.uint8], vehicle: int | None = None
) -> Considered:
    """Pick the best terms of every place and date of each vehicle.

    Parameters
    ----------
    options, allocation, bar
        As for :class:`Considered`.
    vehicle : int, optional
        Position of the one vehicle that is asked for.

    Returns
    -------
    Considered
    """
    weights = allocation.charges.weights
    if vehicle is not None:
        bounds = np.searchsorted(options.vehicle, [vehicle, vehicle + 1])
        rows = np.arange(*bounds)
        told = options.table.rows(rows, _TOLD)
        kept = _best(options, allocation, bar, rows, told, options.weighted(weights, rows))
        return Considered(options, allocation, bar, kept)
    vehicles = np.arange(0, len(options.vehicle_ids) + _VEHICLES, _VEHICLES)
    edges = np.searchsorted(options.vehicle, vehicles).tolist()
    parts = [np.zeros(0, dtype=np.int64)]
    # vehicle by vehicle anyway: some are told of together, and sorted by fewer, as fit the cache
    for number in range(0, len(edges) - 1, _AT_ONCE // _VEHICLES):
        few = edges[number : number + _AT_ONCE // _VEHICLES + 1]
        rows = np.arange(few[0], few[-1])
        told, weighed = options.table.read(_TOLD, rows), options.weighted(weights, rows)
        for first, last in pairwise(few):
            own = slice(first - few[0], last - few[0])
            parts.append(_best(options, allocation, bar, rows[own], told[own], weighed[own]))
        heap.trim()
    return Considered(options, allocation, bar, np.concatenate(parts))


def _best(
    options: Options,
    allocation: Allocation,
    bar: NDArray[np.uint8],
    rows: NDArray[np.int64],
    told: pl.DataFrame,
    weighed: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the options kept of some vehicles in a row: those told of, with their weighed nets."""
    unit = options.vehicle[rows]
    charges = allocation.charges
    worth = weighed - charges.slot_price[rows]
    taken = allocation.chosen[unit] == rows
    # the taken one, the runner-up, the allowed ones, the barred ones, as one number to sort by
    standing = np.where(
        taken, 0, np.where(allocation.runner_up[unit] == rows, 1, 2 + (bar[rows] > 0))
    )
    best = (
        told.with_columns(
            pl.Series("row", rows),
            pl.Series("vehicle", unit),
            pl.Series("standing", 4 * unit + standing),
            pl.Series("place", 2 * unit + ~taken),
            pl.Series("worth", worth).fill_nan(None),
        )
        .sort(
            "standing", "worth", "expected_net", "row",
            descending=[False, True, True, False], nulls_last=True,
        )
        .unique(_SPOT, keep="first", maintain_order=True)
        .sort("place", "expected_net", "row", descending=[False, True, False])
    )  # fmt: skip
    return best["row"].to_numpy()
