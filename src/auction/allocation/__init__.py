"""Which vehicle goes where: the plan of a fleet and the proof of how good it is."""

from auction.allocation.constraints import Constraints, Limit, Stop
from auction.allocation.result import Allocation
from auction.allocation.solve import allocate

__all__ = ["Allocation", "Constraints", "Limit", "Stop", "allocate"]
