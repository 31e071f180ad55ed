"""Quoting: from values and a market to every option of every vehicle."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

import numpy as np
import polars as pl
from scipy import sparse

from auction.basis import TERMS
from auction.channels.channel import Channel
from auction.channels.quotes import Quotes, gather_uses
from auction.channels.reconditioned import quote_reconditioned
from auction.channels.redeemed import with_redemption
from auction.channels.registry import CHANNELS, WHOLE
from auction.channels.transport import coordinates
from auction.market import Market
from auction.options import Options
from auction.progress import Progress, silent
from auction.situation import Situation
from residual import ValueBook

#: Blocks that are quoted at once, and share the threads, where there are several.
_TOGETHER: Final = 2


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
    return _quoted(situation, channels)


def quote_blocks(
    book: ValueBook,
    market: Market,
    *,
    block: int = 2048,
    threads: int = 1,
    progress: Progress = silent,
    channels: Sequence[Channel] = CHANNELS,
) -> Iterator[Options]:
    """Quote a fleet block by block, so that only the options of a few blocks are ever held.

    With several threads the next blocks are quoted while one is looked at, two at a time, which
    share the threads: frames of one are put together while the kernels work on the other.

    Parameters
    ----------
    book : ValueBook
        Values simulated at :func:`auction.planning_dates`.
    market : Market
        Venues, events, offers, parts, lanes, hedges and the rules of the house.
    block : int
        Vehicles of a block.
    threads : int
        Threads of the kernels; the result does not depend on it.
    progress : callable, optional
        Told the stage, the share done and a message.
    channels : sequence of Channel
        The ways to turn a vehicle into money; within a vehicle options stand in their order.

    Yields
    ------
    Options
        Those of the next vehicles of the fleet, the same as :func:`quote` has for them. Each
        block lists the scarce things that its own options use.

    Raises
    ------
    InputError
        As :func:`quote`, when the block at fault is reached.
    ValueError
        If ``block`` is not at least 1.
    """
    if block < 1:
        raise ValueError(f"block must be at least 1, not {block}")
    whole = located(Situation(book.vehicles, book, market, threads))
    size = len(book.vehicle_ids)
    starts = range(0, size, block)
    together = _TOGETHER if threads > 1 else 1
    # blocks from here on have no other beside them, and all threads
    alone = len(starts) - len(starts) % together
    # what all blocks share is told here, before any of them is begun
    parts = (
        whole.part(slice(start, start + block), -(-threads // (together if i < alone else 1)))
        for i, start in enumerate(starts)
    )
    done = 0
    for options in _in_order(partial(_quoted, channels=channels), parts, together):
        yield options
        done += len(options.vehicle_ids)
        progress("quote", done / size, f"{done:,} of {size:,} vehicles")


def _in_order(
    work: Callable[[Situation], Options], parts: Iterator[Situation], together: int
) -> Iterator[Options]:
    """Yield what the work makes of each part, in their order, so many being worked on at once."""
    if together == 1:
        yield from map(work, parts)
        return
    pool = ThreadPoolExecutor(together, thread_name_prefix="quote")
    try:
        begun = deque(pool.submit(work, part) for part in islice(parts, together))
        while begun:
            options = begun.popleft().result()
            begun.extend(pool.submit(work, part) for part in islice(parts, 1))
            yield options
    finally:
        pool.shutdown(cancel_futures=True)


def located(situation: Situation) -> Situation:
    """Return the situation with units and venues where the whole fleet says that they are.

    A place without coordinates stands in the middle of its region, which a part of the fleet
    would put elsewhere.
    """
    market = situation.market
    columns = ["region", "lat", "lon"]
    known = pl.concat([market.venues.select(columns), situation.vehicles.select(columns)])

    def placed(frame: pl.DataFrame) -> pl.DataFrame:
        lat, lon = coordinates(frame, known)
        return frame.with_columns(
            pl.Series("lat", lat).fill_nan(None), pl.Series("lon", lon).fill_nan(None)
        )

    return replace(
        situation,
        vehicles=placed(situation.vehicles),
        market=replace(market, venues=placed(market.venues)),
    )


def _quoted(situation: Situation, channels: Sequence[Channel]) -> Options:
    """Quote every vehicle of a situation in every channel."""
    parts = [channel.quote(situation) for channel in channels]
    whole = [channel for channel in channels if channel in WHOLE]
    parts += quote_reconditioned(situation, whole)
    return assemble(situation, [with_redemption(situation, part) for part in parts])


def assemble(situation: Situation, parts: list[Quotes]) -> Options:
    """Put the quotes of all channels together, in the order of the fleet.

    Within a vehicle the options stand in the order of the channels given.
    """
    vehicle = np.concatenate([part.vehicle for part in parts])
    order = np.argsort(vehicle, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    # straight to its place: together they are as large as what is made of them
    coefficient = np.empty((order.size, TERMS))
    group = np.empty(order.size, dtype=np.int64)
    first = 0
    for part in parts:
        own = place[first : first + part.vehicle.size]
        coefficient[own], group[own] = part.coefficient, part.group
        first += own.size
    uses = sorted(gather_uses(parts), key=lambda use: use.resource.resource_id)
    rows = np.concatenate(
        [np.full(use.option.size, i) for i, use in enumerate(uses)] or [order[:0]]
    )
    columns = np.concatenate([place[use.option] for use in uses] or [order[:0]])
    units = np.concatenate([use.units for use in uses] or [np.zeros(0)])
    met = np.zeros(situation.basis.half_width.size, dtype=np.bool_)
    met[group] = True
    expected = situation.basis.expected(coefficient, group)
    return Options(
        vehicle_ids=tuple(situation.book.vehicle_ids),
        vehicle=vehicle[order],
        frame=_described(situation, parts, order, vehicle[order], expected),
        coefficient=coefficient,
        group=(np.cumsum(met) - 1)[group],
        basis=situation.basis.values[met],
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
            pl.concat([part.frame for part in parts], rechunk=True)[order],
            pl.DataFrame({"expected_net": expected}),
        ],
        how="horizontal",
    )
