"""What came of a menu of layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auction.hedges import Entry, Layer
from auction.options import Options


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one entry of the menu.

    Parameters
    ----------
    entry : Entry or None
        The entry; None for taking no layer.
    objective : float
        Worth of the best plan found with it, money.
    bound : float
        No plan with it is worth more, or more than the plan taken; money.
    solves : int
        Plans that were searched for with it; 0 where prices alone ruled it out.
    """

    entry: Entry | None
    objective: float
    bound: float
    solves: int

    @property
    def name(self) -> str:
        """Name of the entry; ``none`` for taking no layer."""
        return "none" if self.entry is None else self.entry.name


@dataclass(frozen=True, slots=True)
class Menu:
    """The entry taken, and what came of the others.

    Parameters
    ----------
    taken : Entry or None
        The entry taken.
    layers : tuple of Layer
        The layers in force and its own.
    tried : tuple of Tried
        Every entry, taking none first, each with the layers in force.
    payoffs : dict of str to float64[n]
        What each layer taken or in force pays in the optimiser's scenarios, premium not taken off,
        money.
    seen : Options or None
        The options as the layers taken make them at the plan; None without a layer.
    """

    taken: Entry | None
    layers: tuple[Layer, ...]
    tried: tuple[Tried, ...]
    payoffs: dict[str, NDArray[np.float64]]
    seen: Options | None
