"""How large the workspace is: the sample, or one of any size with the same market in shape."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

VEHICLES, OFFERINGS = 605, 8_024
RECOVERED = 790
TRIED_SHARE = 0.5  # of those recovered long enough ago to have been offered
SPARE = 1.06  # more is drawn than asked for, since how much remains is chance


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows are drawn.

    Parameters
    ----------
    recovered : int
        Vehicles recovered, sold since or not.
    vehicles, offerings : int or None
        Rows to keep of the fleet and of its past, the latest; None keeps all.
    tried : float
        Share of those recovered long enough ago that were offered before.
    past, room : float
        Past offerings, and whatever is scarce, as multiples of the sample's.
    """

    recovered: int = RECOVERED
    vehicles: int | None = None
    offerings: int | None = None
    tried: float = TRIED_SHARE
    past: float = 1.0
    room: float = 1.0

    @classmethod
    def of(cls, vehicles: int, offerings: int) -> Size:
        """Return the size at which so many vehicles and past offerings are left.

        What was tried of the fleet before stands among its offerings; a fleet with a short past
        had fewer of its vehicles tried.
        """
        room, past = vehicles / VEHICLES, offerings / OFFERINGS
        return cls(
            recovered=ceil(RECOVERED * room * SPARE),
            vehicles=vehicles,
            offerings=offerings,
            tried=TRIED_SHARE * min(1.0, past / room),
            past=past * SPARE,
            room=room,
        )

    def scaled(self, count: float) -> int:
        """Return how many there are of something of which the sample has `count`."""
        return max(round(count * self.room), min(1, int(count)))


SAMPLE = Size()
