"""Fewer scenarios, for what is told beside a plan and need not be told as finely."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from auction.situation import Situation

#: Vehicles times scenarios that are carried out at most, where that leaves enough scenarios.
CELLS: Final = 2**22
_FEWEST: Final = 128
#: What hangs on the market alone and is worked out but once.
_SHARED: Final = ("arrivals", "haggling", "crowd", "venue_factor")


def few(vehicles: int, scenarios: int, cells: int = CELLS) -> int:
    """Return on how many scenarios a fleet is carried out where few will do.

    Parameters
    ----------
    vehicles : int
        Vehicles of the fleet.
    scenarios : int
        Scenarios there are.
    cells : int
        Vehicles times scenarios at most, where that leaves enough scenarios.

    Returns
    -------
    int
        All of them for a small fleet, an even number in any other case.
    """
    wanted = max(cells // max(vehicles, 1) // 2 * 2, _FEWEST)
    return min(scenarios, wanted)


def first_scenarios(situation: Situation, count: int) -> Situation:
    """Return the fleet and market with the first of its scenarios alone.

    Parameters
    ----------
    situation : Situation
    count : int
        Scenarios to keep, each with the luck that it has among all of them.
    """
    book = situation.book
    if count >= book.factor.shape[2]:
        return situation
    fewer = replace(
        book,
        factor=book.factor[:, :, :count],
        scrap=book.scrap[:, :count],
        index_ratio=book.index_ratio[:, :count],
    )
    other = replace(situation, book=fewer)
    for name in _SHARED:
        other.__dict__[name] = getattr(situation, name)
    return other
