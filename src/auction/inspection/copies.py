"""Vehicles as they would stand after an inspection, quoted as any fleet is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.predicates import COPY
from auction.market import Market
from auction.options import Options
from auction.quoting import quote
from auction.situation import unit_nodes
from residual import Prospects, ValueBook


def quoted_copies(
    book: ValueBook,
    market: Market,
    rows: NDArray[np.int64],
    after: Prospects,
    days: int,
    threads: int,
) -> Options:
    """Quote each unit as it would be after each part of the statements, and as it is; all delayed.

    Parameters
    ----------
    book : ValueBook
    market : Market
    rows : int64[u]
        Units of the book.
    after : Prospects
        Of these units, s parts.
    days : int
        Before which none of them may move.
    threads : int

    Returns
    -------
    Options
        Of u * (s + 1) vehicles, unit by unit: first as it is now, then a copy for each part.
    """
    parts = after.chance.shape[1]
    shift, narrower = _moves(book, rows, after)
    names = [
        f"{book.vehicle_ids[row]}{COPY}{part}" for row in rows.tolist() for part in range(parts + 1)
    ]
    copies = book.of_units(np.repeat(rows, parts + 1), names)
    copies = copies.moved(shift.ravel(), narrower.ravel())
    ready = book.as_of + timedelta(days=days)
    vehicles = copies.vehicles
    if "available_from" not in vehicles.columns:
        vehicles = vehicles.with_columns(available_from=pl.lit(None, dtype=pl.Date))
    vehicles = vehicles.with_columns(pl.max_horizontal("available_from", pl.lit(ready)))
    delayed = replace(copies, vehicles=vehicles)
    return quote(delayed, _with_holds(market, names), threads=threads)


def _moves(
    book: ValueBook, rows: NDArray[np.int64], after: Prospects
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shift and narrower spread of each copy, float64[u, s + 1], the unit as it is coming first.

    Means are matched as quoting takes them, on its own nodes: what it expects of a unit before is
    the mean of what it expects after, or rounding would count as knowledge.
    """
    shock, weight = unit_nodes(book)
    one = np.ones((rows.size, 1))
    narrower = np.concatenate([one, after.narrower], axis=1)
    scale = narrower * book.unit_scale[rows, None]
    power = np.exp(scale[:, :, None] * shock[book.form[rows], None, :])
    usual = np.log(np.einsum("n,usn->us", weight, power))
    mean = np.einsum("us,us->u", after.chance, np.exp(after.growth))
    relative = after.growth - np.log(mean)[:, None]
    shift = np.zeros(narrower.shape)
    shift[:, 1:] = relative + usual[:, :1] - usual[:, 1:]
    return shift, narrower


def _with_holds(market: Market, names: list[str]) -> Market:
    """Return a market that holds every copy of a vehicle that it holds."""
    if market.holds is None:
        return market
    copies = pl.DataFrame({"_copy": names}).with_columns(
        vehicle_id=pl.col("_copy").str.split(COPY).list.first()
    )
    held = market.holds.join(copies, on="vehicle_id", how="inner", maintain_order="left_right")
    return replace(market, holds=held.drop("vehicle_id").rename({"_copy": "vehicle_id"}))
