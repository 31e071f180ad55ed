"""Quoting: from values and a market to every option of every vehicle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import sparse

from auction.channels.channel import Channel
from auction.channels.quotes import Quotes, gather_uses
from auction.channels.reconditioned import quote_reconditioned
from auction.channels.registry import CHANNELS, WHOLE
from auction.market import Market
from auction.options import Options
from auction.progress import Progress, silent
from auction.situation import Situation
from residual import ValueBook


def quote(
    book: ValueBook,
    market: Market,
    *,
    threads: int = 1,
    progress: Progress = silent,
    channels: Sequence[Channel] = CHANNELS,
) -> Options:
    """Quote every option of every vehicle of a book.

    Parameters
    ----------
    book : ValueBook
        Values simulated at :func:`auction.planning_dates`.
    market : Market
        Venues, events, offers, parts, lanes, hedges and the rules of the house; where it knows
        work that can be done on vehicles, they are quoted with and without.
    threads : int
        Threads of the kernels; the result does not depend on it.
    progress : callable, optional
        Told the stage, the share done and a message.
    channels : sequence of Channel
        The ways to turn a vehicle into money; within a vehicle options stand in their order.

    Returns
    -------
    Options

    Raises
    ------
    InputError
        Where a move cannot be priced, or the book lacks a date of the market.
    """
    situation = Situation(book.vehicles, book, market, threads, progress)
    parts = [channel.quote(situation) for channel in channels]
    whole = [channel for channel in channels if channel in WHOLE]
    return assemble(situation, parts + quote_reconditioned(situation, whole))


def assemble(situation: Situation, parts: list[Quotes]) -> Options:
    """Put the quotes of all channels together, in the order of the fleet.

    Within a vehicle the options stand in the order of the channels given.
    """
    vehicle = np.concatenate([part.vehicle for part in parts])
    order = np.argsort(vehicle, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    coefficient = np.concatenate([part.coefficient for part in parts])[order]
    group = np.concatenate([part.group for part in parts])[order]
    uses = sorted(gather_uses(parts), key=lambda use: use.resource.resource_id)
    rows = np.concatenate(
        [np.full(use.option.size, i) for i, use in enumerate(uses)] or [order[:0]]
    )
    columns = np.concatenate([place[use.option] for use in uses] or [order[:0]])
    units = np.concatenate([use.units for use in uses] or [np.zeros(0)])
    used, compact = np.unique(group, return_inverse=True)
    expected = situation.basis.expected(coefficient, group)
    return Options(
        vehicle_ids=tuple(situation.book.vehicle_ids),
        vehicle=vehicle[order],
        frame=_described(situation, parts, order, vehicle[order], expected),
        coefficient=coefficient,
        group=compact.astype(np.int64),
        basis=situation.basis.values[used],
        use=sparse.csr_array((units, (rows, columns)), shape=(len(uses), order.size)),
        resources=tuple(use.resource for use in uses),
    )


def _described(
    situation: Situation,
    parts: list[Quotes],
    order: np.ndarray[tuple[int], np.dtype[np.int64]],
    vehicle: np.ndarray[tuple[int], np.dtype[np.int64]],
    expected: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> pl.DataFrame:
    """Return the frame of all options: who, where, on which terms, and the bridge to net."""
    unit = situation.vehicles.select("vehicle_id", "make", "model", "region").with_columns(
        pl.Series("segment", situation.segment)
    )
    return pl.concat(
        [
            unit[vehicle],
            pl.concat([part.frame for part in parts])[order],
            pl.DataFrame({"expected_net": expected}),
        ],
        how="horizontal",
    )
