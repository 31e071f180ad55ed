"""Which vehicle goes where: the plan of a fleet and the proof of how good it is."""

from auction.allocation.constraints import CashTarget, Constraints, Limit, Stop
from auction.allocation.request import Compiled
from auction.allocation.result import Allocation
from auction.allocation.solve import allocate
from auction.allocation.start import Started
from auction.allocation.warm import Warm

__all__ = [
    "Allocation",
    "CashTarget",
    "Compiled",
    "Constraints",
    "Limit",
    "Started",
    "Stop",
    "Warm",
    "allocate",
]
