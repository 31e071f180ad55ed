"""What a peer is: a contender whose settings a random search in time order finds.

Peers learn ln price. The number of rounds comes from early stopping on the newest 15 % of what is
learnt from; then all of it is learnt with so many rounds. A peer's point forecast is one model
(squared, absolute or, for LightGBM, Huber loss, as the search chose); its 19 quantiles are models
of their own, sorted so that they do not cross, with the settings that the same trials found best
for quantiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.values.columns import Days, Floats, Table

Settings = dict[str, Any]
Predict = Callable[[Table], Floats]

NEWEST: Final = 0.15
MOST_ROUNDS: Final = 3000
#: Where Huber's loss of ln price turns from squared to absolute.
HUBER: Final = 0.2
#: Settings that are read here and not by the library.
OURS: Final = ("joined", "patience", "ratio", "target_borders")


class Peer(Protocol):
    """A contender that is tuned and refitted by others."""

    @property
    def name(self) -> str:
        """The library's name, as its distribution has it."""

    def guess(self) -> Settings:
        """Return settings that are good to begin with: the first trial."""

    def draw(self, rng: np.random.Generator) -> Settings:
        """Return settings of a random trial."""

    def point(self, table: Table, y: Floats, settings: Settings, threads: int) -> Predict:
        """Learn a point forecast of ln price."""

    def quantiles(
        self, table: Table, y: Floats, settings: Settings, levels: Sequence[float], threads: int
    ) -> Predict:
        """Learn quantiles of ln price, forecast as float64[n, k]."""


def newest(days: Days, share: float = NEWEST) -> NDArray[np.bool_]:
    """Tell the rows of the last days that hold about `share` of all, never all of them."""
    start = np.quantile(days, 1.0 - share, method="lower")
    late = days >= start
    return late if not late.all() else days > start


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
