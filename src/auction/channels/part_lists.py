"""Which parts list fits a vehicle, and the best teardown of each unit at each dismantler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.teardown import Teardown, read_parts, tear_down
from auction.situation import Situation

#: The group that stands for every vehicle without a list of its own.
_ANY = "*"


def part_groups(vehicles: pl.DataFrame, groups: list[str]) -> list[str | None]:
    """Return the group that fits each vehicle: its model's, make's, body's, or any's.

    Groups are compared without regard to case; None where no list fits.
    """
    names = {name.lower(): name for name in groups}
    found = []
    for make, model, body in vehicles.select("make", "model", "body").iter_rows():
        keys = (f"{make} {model}", make, body or "", _ANY)
        found.append(next((names[key.lower()] for key in keys if key.lower() in names), None))
    return found


@dataclass(frozen=True)
class Teardowns:
    """The best teardown of each unit at each dismantler; units alike share one.

    Parameters
    ----------
    venue_ids : tuple of str, N
        Dismantlers, in the order of the market.
    best : tuple of Teardown
        Different teardowns.
    number : int64[V, N]
        Which of them is the unit's at the dismantler, -1 where no parts list fits the unit.
    """

    venue_ids: tuple[str, ...]
    best: tuple[Teardown, ...]
    number: NDArray[np.int64]

    @classmethod
    def of(cls, situation: Situation) -> Teardowns:
        """Solve every teardown that a situation asks for, each once.

        A situation keeps them: parts of its fleet are carried out one after the other.
        """
        kept: Teardowns | None = situation.__dict__.get("teardowns")
        if kept is None:
            kept = situation.__dict__["teardowns"] = cls._solved(situation)
        return kept

    @classmethod
    def _solved(cls, situation: Situation) -> Teardowns:
        market, units = situation.market, situation.vehicles
        venues = market.places("dismantling")
        number = np.full((units.height, venues.height), -1, dtype=np.int64)
        if market.parts is None:
            return cls(tuple(venues["venue_id"]), (), number)
        rates = venues["labour_rate"].fill_null(market.dismantling.labour_rate).to_list()
        damage = units["damage"].fill_null("none").to_list()
        lists = {
            level: read_parts(market.parts, market.dismantling, level)
            for level in sorted(set(damage))
        }
        groups = part_groups(units, market.parts["group"].unique(maintain_order=True).to_list())
        jobs: dict[tuple[str, str, float], int] = {}
        for unit, (level, group) in enumerate(zip(damage, groups, strict=True)):
            for place, rate in enumerate(rates):
                if group is not None:
                    number[unit, place] = jobs.setdefault((level, group, rate), len(jobs))
        best = tear_down([(lists[level][group], rate) for level, group, rate in jobs])
        return cls(tuple(venues["venue_id"]), tuple(best), number)

    def at(self, unit: int, venue_id: str) -> Teardown:
        """Return the teardown of a unit at a dismantler.

        Raises
        ------
        ValueError
            Where no parts list fits the unit.
        """
        number = int(self.number[unit, self.venue_ids.index(venue_id)])
        if number < 0:
            raise ValueError(f"no parts list fits unit {unit}")
        return self.best[number]

    @property
    def value(self) -> NDArray[np.float64]:
        """Expected money from parts sold as such less labour, float64[V, N], NaN without a list."""
        return np.array([*(each.value for each in self.best), np.nan])[self.number]

    @property
    def days(self) -> NDArray[np.float64]:
        """Days from delivery to the money, float64[V, N], NaN without a list."""
        return np.array([*(each.days for each in self.best), np.nan])[self.number]

    @property
    def scrap(self) -> NDArray[np.float64]:
        """Expected money that moves with the scrap market, float64[V, N], NaN without a list."""
        return np.array([*(each.scrap for each in self.best), np.nan])[self.number]
