"""The options of a fleet: everything that may be done with each vehicle, with its worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.option_table import OptionTable
from auction.spill import Pages

#: Options that are weighed at once; bounds the memory.
_AT_ONCE = 65_536

ResourceKind = Literal["event", "reruns", "lane", "venue_week", "reconditioning", "volume"]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something scarce that options use.

    Parameters
    ----------
    resource_id : str
        Unique among the resources of a fleet.
    kind : {"event", "reruns", "lane", "venue_week", "reconditioning", "volume"}
        First runs at an event, all runs over several events in a row, units moved on a lane in
        a week, units taken by a venue in a week, units that some work is done on, units of one
        kind sold on one market.
    label : str
        How the desk calls it.
    limit : float
        Units at most; where there are steps, units before the first of them.
    steps : tuple of (float, float)
        Units beyond the limit, and the money that each of them loses, losses ascending; the last
        step goes on for all that follow. Without steps nothing is borne beyond the limit.
    """

    resource_id: str
    kind: ResourceKind
    label: str
    limit: float
    steps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """Every option of every vehicle, as arrays.

    The net proceeds of option ``o`` in scenario ``s``, discounted to the planning date, are
    ``coefficient[o] @ basis[group[o], :, s]``; scenarios are equally likely. The basis of a
    group holds Chebyshev polynomials of the log deviation of one market segment at one date,
    so that a sum over scenarios costs one small product per group.

    Parameters
    ----------
    vehicle_ids : tuple of str, length V
        The fleet in its order.
    vehicle : int64[m]
        Position in the fleet of each option; never falls from row to row.
    table : OptionTable, m rows
        What each option is: channel, place, date, terms, the bridge from gross to net.
    coefficient : float64[m, R]
        Worth of each option on its basis, money.
    group : int64[m]
        Basis of each option.
    basis : float64[G, R, n]
        Values of the basis functions in each scenario; row 0 of every group is one.
    use : scipy.sparse.csc_array, [k, m]
        Expected units of each resource that an option takes; another sparse array is turned.
    resources : tuple of Resource, length k
        The resources.
    pages : tuple of Pages
        Where uses lie on the disk.
    """

    vehicle_ids: tuple[str, ...]
    vehicle: NDArray[np.int64]
    table: OptionTable
    coefficient: NDArray[np.float64]
    group: NDArray[np.int64]
    basis: NDArray[np.float64]
    use: sparse.csc_array
    resources: tuple[Resource, ...]
    pages: tuple[Pages, ...] = ()

    def __post_init__(self) -> None:
        rows = self.vehicle.shape[0]
        shapes = {
            "table": self.table.height,
            "coefficient": self.coefficient.shape[0],
            "group": self.group.shape[0],
            "use": self.use.shape[1],
        }
        for name, height in shapes.items():
            if height != rows:
                raise ValueError(f"{name} has {height} rows, vehicle has {rows}")
        if self.use.shape[0] != len(self.resources):
            raise ValueError(
                f"use has {self.use.shape[0]} rows for {len(self.resources)} resources"
            )
        given: Any = self.use
        # the same array still knows that its rows are sorted, and need not be looked through
        use = given if isinstance(given, sparse.csc_array) else sparse.csc_array(given)
        object.__setattr__(self, "use", use if use.has_sorted_indices else use.sorted_indices())
        if rows and (np.diff(self.vehicle) < 0).any():
            raise ValueError("options must stand in the order of the fleet")

    def forget(self) -> None:
        """Give back what memory is taken by uses on the disk that were looked at."""
        for pages in self.pages:
            pages.forget()

    @property
    def frame(self) -> pl.DataFrame:
        """Every option with every column, text as text, put together anew each time.

        That is for a look at a small fleet: of a large one ask :attr:`table` for what is wanted.
        """
        return self.table.whole()

    def taken(self, rows: NDArray[np.int64], volume_loss: NDArray[np.float64]) -> pl.DataFrame:
        """Return the options that a plan takes, with what its volume takes off them.

        Parameters
        ----------
        rows : int64[V]
            The option of each vehicle.
        volume_loss : float64[V]
            Money that the plan's volume takes off each.

        Returns
        -------
        polars.DataFrame
            Those rows of the table with own_volume filled in, and expected_net less it.
        """
        lost = pl.Series(volume_loss)
        return self.table.rows(rows).with_columns(
            own_volume=lost, expected_net=pl.col("expected_net") - lost
        )

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return int(self.basis.shape[2])

    def weighted(
        self, weights: NDArray[np.float64], rows: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Return the weighted sum over scenarios of options' net proceeds.

        Parameters
        ----------
        weights : float64[n]
            Weight of each scenario.
        rows : int64[j], optional
            Options asked for; all m of them by default.

        Returns
        -------
        float64[j]
            ``sum_s weights[s] * net(o, s)``, money.
        """
        moments = self.moments(weights)
        count = self.vehicle.size if rows is None else rows.size
        found = np.empty(count)
        # into room that is there already: new pages cost more than what is read
        own, by_group = (np.empty((min(_AT_ONCE, count), moments.shape[1])) for _ in range(2))
        for start in range(0, count, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, count))
            here, size = part if rows is None else rows[part], part.stop - start
            moments.take(self.group[here], axis=0, out=by_group[:size], mode="clip")
            if rows is not None:
                self.coefficient.take(rows[part], axis=0, out=own[:size], mode="clip")
            worth = self.coefficient[part] if rows is None else own[:size]
            np.einsum("or,or->o", worth, by_group[:size], out=found[part])
        return found

    def moments(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weighted sum over scenarios of every basis function.

        Parameters
        ----------
        weights : float64[n]
            Weight of each scenario.

        Returns
        -------
        float64[G, R]
            Times the coefficients of an option it gives the option's weighted net.
        """
        return np.asarray(np.einsum("grs,s->gr", self.basis, weights))

    def totals(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the fleet's net proceeds in each scenario when the given options are taken.

        Parameters
        ----------
        rows : int64[...]
            Options taken.

        Returns
        -------
        float64[n]
            Their summed net proceeds by scenario, money.
        """
        summed = np.zeros(self.basis.shape[:2])
        np.add.at(summed, self.group[rows], self.coefficient[rows])
        return self.outcomes(summed)

    def outcomes(self, summed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the net proceeds in each scenario of coefficients summed by group.

        Parameters
        ----------
        summed : float64[G, R]
            Sums of the coefficients of options taken, money.

        Returns
        -------
        float64[n]
            Money by scenario.
        """
        return np.asarray(np.einsum("gr,grs->s", summed, self.basis))
