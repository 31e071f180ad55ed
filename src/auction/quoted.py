"""Quotes put together: those of some vehicles in a row, and those of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from auction.basis import TERMS
from auction.channels.quotes import Quotes, gather_uses
from auction.growing import Growing
from auction.option_table import Block, OptionTable
from auction.options import Options, Resource
from auction.situation import Situation
from auction.spill import Pages, Spill, Spilled, moved

#: Of figures that are taken over and not yet mapped.
_ELSEWHERE: Final = Spilled(np.zeros((0, 0)))


@dataclass(frozen=True, slots=True)
class QuotedBlock:
    """Every option of some vehicles in a row: r options.

    Parameters
    ----------
    vehicle_ids : tuple of str
        The vehicles.
    units : polars.DataFrame
        What options tell of the vehicles: id, make, model, region, segment.
    vehicle : int64[r]
        Position among these vehicles; never falls from row to row.
    told : Block
        What the channels tell of each option.
    expected : float64[r]
        Expected net, money.
    coefficient : float64[r, R]
        Worth on the scenario basis, money.
    group : int64[r]
        Basis of each option, among all that there are.
    use : scipy.sparse.csc_array, [k, r]
        Expected units of each resource that an option takes.
    resources : tuple of Resource, length k
        Those that these options use.
    basis : float64[G, R, n]
        Basis values of all groups.
    """

    vehicle_ids: tuple[str, ...]
    units: pl.DataFrame
    vehicle: NDArray[np.int64]
    told: Block
    expected: NDArray[np.float64]
    coefficient: NDArray[np.float64]
    group: NDArray[np.int64]
    use: sparse.csc_array
    resources: tuple[Resource, ...]
    basis: NDArray[np.float64]


def assemble(situation: Situation, parts: Sequence[Quotes]) -> QuotedBlock:
    """Put the quotes of all channels together, in the order of the fleet.

    Parameters
    ----------
    situation : Situation
        The vehicles.
    parts : sequence of Quotes
        Within a vehicle the options stand in their order.

    Returns
    -------
    QuotedBlock
    """
    vehicle = np.concatenate([part.vehicle for part in parts])
    order = np.argsort(vehicle, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    coefficient = np.empty((order.size, TERMS))
    group = np.empty(order.size, dtype=np.int64)
    first = 0
    for part in parts:
        own = place[first : first + part.vehicle.size]
        coefficient[own], group[own] = part.coefficient, part.group
        first += own.size
    uses = gather_uses(parts)
    rows = np.concatenate(
        [np.full(use.option.size, i) for i, use in enumerate(uses)] or [order[:0]]
    )
    columns = np.concatenate([place[use.option] for use in uses] or [order[:0]])
    units = np.concatenate([use.units for use in uses] or [np.zeros(0)])
    told = [part.frame for part in parts if part.vehicle.size] or [parts[0].frame]
    return QuotedBlock(
        tuple(situation.book.vehicle_ids),
        situation.vehicles.select("vehicle_id", "make", "model", "region").with_columns(
            pl.Series("segment", situation.segment)
        ),
        vehicle[order],
        Block.of(told, order.astype(np.uint32)),
        situation.basis.expected(coefficient, group),
        coefficient,
        group,
        sparse.csc_array((units, (rows, columns)), shape=(len(uses), order.size)),
        tuple(use.resource for use in uses),
        situation.basis.values,
    )


def joined(vehicle_ids: Sequence[str], blocks: Iterable[QuotedBlock]) -> Options:
    """Put blocks of a fleet one under the other.

    Parameters
    ----------
    vehicle_ids : sequence of str, length V
        The fleet.
    blocks : iterable of QuotedBlock
        Of all its vehicles, in their order; each is let go once it is taken over.

    Returns
    -------
    Options
        Resources in the order of their ids; groups of the basis that no option meets are left out.

    Raises
    ------
    ValueError
        Where blocks describe one resource in two ways.
    """
    vehicle, group, width = (Growing(np.int64) for _ in range(3))
    coefficient, expected, units = (Growing(np.float64) for _ in range(3))
    row = Growing(np.int32)
    told: list[Block] = []
    figures = Spill()
    fleet: list[pl.DataFrame] = []
    known: dict[str, tuple[int, Resource]] = {}
    basis, done = np.zeros((0, TERMS, 0)), 0
    for block in blocks:
        own = np.array([_number(known, each) for each in block.resources], dtype=np.int32)
        first, done = done, done + len(block.vehicle_ids)
        share = max(done, 1) / max(len(vehicle_ids), 1)
        vehicle.add(block.vehicle + first, share)
        group.add(block.group, share)
        coefficient.add(block.coefficient.ravel(), share)
        expected.add(block.expected, share)
        width.add(np.diff(block.use.indptr), share)
        row.add(own[block.use.indices], share)
        units.add(block.use.data, share)
        for array in block.told.arrays:
            figures.add(array)
        told.append(block.told.at(repeat(_ELSEWHERE)))
        fleet.append(block.units)
        basis = block.basis
    met, place = _met(group.whole(), basis.shape[0])
    every = vehicle.whole()
    net = pl.DataFrame({"expected_net": expected.whole()})
    resources = tuple(known[name][1] for name in sorted(known))
    arrays = iter(figures.whole())
    lying = tuple(block.at(arrays) for block in told)
    use, pages = _aside(_by_name(known, width.whole(), row.whole(), units.whole()))
    return Options(
        vehicle_ids=tuple(vehicle_ids),
        vehicle=every,
        table=OptionTable(net, lying, pl.concat(fleet), every),
        coefficient=coefficient.whole().reshape(-1, TERMS),
        group=place,
        basis=basis[met],
        use=use,
        resources=resources,
        pages=pages,
    )


def _number(known: dict[str, tuple[int, Resource]], resource: Resource) -> int:
    """Return the number of a resource, in the order in which they were met."""
    number, first = known.setdefault(resource.resource_id, (len(known), resource))
    if first != resource:
        raise ValueError(f"resource {resource.resource_id} is described in two ways")
    return number


def _met(group: NDArray[np.int64], groups: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which groups there are, and the place of each option's among these."""
    met = np.bincount(group, minlength=groups) > 0
    # into its own room: there are as many as options
    np.take(np.cumsum(met) - 1, group, out=group, mode="clip")
    return met, group


def _aside(use: sparse.csc_array) -> tuple[sparse.csc_array, tuple[Pages, ...]]:
    """Return uses where they shall lie: a plan looks at its own copy, with what it caps."""
    row, units = moved(use.indices), moved(use.data)
    lying = sparse.csc_array((units.values, row.values, use.indptr), shape=use.shape)
    # known from before: to find it out again would look at all of them
    lying.has_sorted_indices = True
    return lying, tuple(each.pages for each in (row, units) if each.pages is not None)


def _by_name(
    known: dict[str, tuple[int, Resource]],
    width: NDArray[np.int64],
    row: NDArray[np.int32],
    units: NDArray[np.float64],
) -> sparse.csc_array:
    """Return the use of resources, these in the order of their ids."""
    order = np.empty(len(known), dtype=np.int32)
    order[[known[name][0] for name in sorted(known)]] = np.arange(len(known))
    if row.size:
        np.take(order, row, out=row, mode="clip")
    pointer = np.append(0, np.cumsum(width))
    if pointer[-1] <= np.iinfo(np.int32).max:
        pointer = pointer.astype(np.int32)
    use = sparse.csc_array((units, row, pointer), shape=(len(known), width.size))
    use.sort_indices()
    return use
