"""Which vehicles are held together, and what is sent of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from _core.choice import parts
from _core.prints import content_print
from auction.cluster.crew import Call, Recipe
from auction.options import Options


@dataclass(frozen=True, slots=True)
class Block:
    """Vehicles next to each other that are held together.

    Parameters
    ----------
    number : int
        Which block of the crew.
    part : int64[P + 1]
        First vehicle of each part of the sums in it; the last entry ends the block.
    """

    number: int
    part: NDArray[np.int64]

    @property
    def vehicles(self) -> tuple[int, int]:
        """First vehicle, and the one after the last."""
        return int(self.part[0]), int(self.part[-1])


@dataclass(slots=True, weakref_slot=True)
class Placed:
    """The values of a fleet where workers hold them.

    Parameters
    ----------
    name : str
        How the holders call them.
    options : Options
        The options; the recipe of every block. Others may take their place that hold the same.
    blocks : tuple of Block
        In the order of the fleet.
    content : tuple
        Prints of all that the blocks were sent: arrays may be written into after that.
    lasting : tuple
        The same without what is alike in all scenarios.
    """

    name: str
    options: Options
    blocks: tuple[Block, ...]
    content: tuple[object, ...]
    lasting: tuple[object, ...]

    @classmethod
    def of(cls, name: str, options: Options, count: int) -> Placed:
        """Share the parts of a fleet out among so many blocks at most, as evenly as can be."""
        edge = parts(len(options.vehicle_ids))
        count = min(count, edge.size - 1)
        ends = np.arange(count + 1) * (edge.size - 1) // count
        cut = (edge[ends[n] : ends[n + 1] + 1] for n in range(count))
        return cls(
            name,
            options,
            tuple(Block(n, part) for n, part in enumerate(cut)),
            content_of(options),
            _prints(options, options.coefficient[:, 1:]),
        )

    def recipes(self) -> dict[int, Recipe]:
        """Return what tells each block its values."""
        return {block.number: partial(self._told, block) for block in self.blocks}

    def brief(self, last: Placed | None) -> dict[int, Recipe] | None:
        """Return what tells each block its values by what has changed since the last ones.

        Parameters
        ----------
        last : Placed, optional
            What the blocks hold already.

        Returns
        -------
        dict of int to callable or None
            None where more has changed than what is the same in all scenarios, as the cost of
            moving vehicles is.
        """
        if last is None or last.lasting != self.lasting or len(last.blocks) != len(self.blocks):
            return None
        return {block.number: partial(self._changed, block, last.name) for block in self.blocks}

    def _changed(self, block: Block, last: str) -> Call:
        constant = np.ascontiguousarray(self.options.coefficient[self.rows(block), 0])
        return "hold_changed", (self.name, last, constant)

    def rows(self, block: Block) -> slice:
        """Return the options of a block."""
        first, last = np.searchsorted(self.options.vehicle, block.vehicles)
        return slice(int(first), int(last))

    def _told(self, block: Block) -> Call:
        own = self.rows(block)
        group = self.options.group[own].astype(np.int32)
        return "hold_values", (self.name, self.options.coefficient[own], group)


def content_of(options: Options) -> tuple[object, ...]:
    """Return prints of the values of a fleet, and of whose they are."""
    return _prints(options, options.coefficient)


def _prints(options: Options, coefficient: NDArray[np.float64]) -> tuple[object, ...]:
    whole = (options.vehicle, options.group, coefficient)
    return len(options.vehicle_ids), *(content_print(array) for array in whole)
