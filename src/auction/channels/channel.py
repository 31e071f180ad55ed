"""What every way to turn a vehicle into money has to answer: a new one is a class like this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.quotes import Quotes
from auction.situation import Situation

#: Streams of the counter-based draws; the scenarios of the market have a stream of their own.
UNIT_STREAM: Final = 1
LUCK_STREAM: Final = 2
REDEMPTION_STREAM: Final = 3

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some units bring when their options are carried out, over n scenarios.

    Parameters
    ----------
    net : float64[b, n]
        Net proceeds of each unit, discounted, money.
    sold : float64[b, runs], optional
        Share of the scenarios in which a unit sells in each run; none where there are no runs.
    offered : dict of float64[n]
        Units offered by venue and week, which the slots of a week are held against.
    """

    net: _Array
    sold: _Array | None = None
    offered: dict[tuple[str, int], _Array] = field(default_factory=dict)


class Channel(Protocol):
    """One way to turn a vehicle into money, or several of one kind."""

    def quote(self, situation: Situation) -> Quotes:
        """Return every option that it offers to the fleet, each with its bridge.

        Parameters
        ----------
        situation : Situation
            Fleet, values and market.

        Raises
        ------
        InputError
            Where the tables do not say what an option costs or brings.
        """
        ...

    def owns(self, situation: Situation, chosen: pl.DataFrame) -> NDArray[np.bool_]:
        """Return which options of a plan are its own, bool[V]; each belongs to one channel.

        Parameters
        ----------
        situation : Situation
        chosen : polars.DataFrame, V rows
            Columns as in :data:`auction.channels.quotes.SCHEMA`.
        """
        ...

    def carry_out(
        self, situation: Situation, chosen: pl.DataFrame, rows: NDArray[np.int64], shock: _Array
    ) -> Outcome:
        """Carry out some options in every scenario of a fresh book.

        What reconditioning costs and what is lost to volume is taken off elsewhere.

        Parameters
        ----------
        situation : Situation
            Fleet and market with a book drawn from another seed than the plan was made with.
        chosen : polars.DataFrame, V rows
            The option of each vehicle, in the order of the fleet.
        rows : int64[b]
            Those that are its own.
        shock : float64[b, n]
            Standardised shock of each of these units.
        """
        ...
