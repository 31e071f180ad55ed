"""Quoting: from values and a market to every option of every vehicle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import polars as pl

from auction.channels.channel import Channel
from auction.channels.reconditioned import quote_reconditioned
from auction.channels.redeemed import with_redemption
from auction.channels.registry import CHANNELS, WHOLE
from auction.channels.transport import coordinates
from auction.in_order import in_order
from auction.market import Market
from auction.options import Options
from auction.progress import Progress, silent
from auction.quoted import QuotedBlock, assemble, joined
from auction.situation import Situation
from residual import ValueBook

#: Blocks that are quoted at once, and share the threads, where there are several.
_TOGETHER: Final = 2
#: Vehicles of a block: frames and kernels of one fit memory beside each other, and a fleet of any
#: size is quoted in the room of a few.
_BLOCK: Final = 2048


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
    blocks = _blocks(book, market, _BLOCK, threads, progress, channels)
    return joined(book.vehicle_ids, blocks)


def quote_blocks(
    book: ValueBook,
    market: Market,
    *,
    block: int = _BLOCK,
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
    for quoted in _blocks(book, market, block, threads, progress, channels):
        if quoted.vehicle_ids:
            yield joined(quoted.vehicle_ids, [quoted])


def _blocks(
    book: ValueBook,
    market: Market,
    block: int,
    threads: int,
    progress: Progress,
    channels: Sequence[Channel],
) -> Iterator[QuotedBlock]:
    """Quote a fleet block by block."""
    whole = located(Situation(book.vehicles, book, market, threads))
    size = len(book.vehicle_ids)
    # a fleet of none has a block of none, which knows the columns
    starts = range(0, max(size, 1), block)
    together = _TOGETHER if threads > 1 else 1
    # blocks from here on have no other beside them, and all threads
    alone = len(starts) - len(starts) % together
    # what all blocks share is told here, before any of them is begun
    parts = (
        whole.part(slice(start, start + block), -(-threads // (together if i < alone else 1)))
        for i, start in enumerate(starts)
    )
    done = 0
    for quoted in in_order(partial(_quoted, channels=channels), parts, together, "quote"):
        yield quoted
        done += len(quoted.vehicle_ids)
        progress("quote", done / max(size, 1), f"{done:,} of {size:,} vehicles")


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


def _quoted(situation: Situation, channels: Sequence[Channel]) -> QuotedBlock:
    """Quote every vehicle of a situation in every channel."""
    parts = [channel.quote(situation) for channel in channels]
    whole = [channel for channel in channels if channel in WHOLE]
    parts += quote_reconditioned(situation, whole)
    return assemble(situation, [with_redemption(situation, part) for part in parts])
