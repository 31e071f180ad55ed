"""Layers: hedges on the proceeds of many vehicles together, which depend on the plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: What a layer may be confined to.
COVERAGES = ("channel", "segment", "make", "model")

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layer:
    """A hedge on the shortfall of what is covered, taken whole or not at all.

    The shortfall is the sum over the vehicles covered of what is agreed for each less what it
    brings net. A stop-loss pays ``share * min(max(shortfall, 0), limit)``: with an agreed sum of
    95 % of the forecast it attaches where proceeds fall below 95 % of it. A quota share cedes a
    share of the proceeds for the same share of the agreed sums and pays ``share * min(shortfall,
    limit)``, which is less than nothing where the proceeds exceed them.

    Parameters
    ----------
    hedge_id, counterparty : str
        Which instrument, written by whom.
    agreed : float64[V]
        Sum agreed for each vehicle of the fleet, money at the planning date.
    share : float
        Share ceded, in (0, 1].
    limit : float
        Most that is made good before the share is taken, money; infinite for no limit.
    premium : float
        Price of the whole, paid at once, money.
    quota : bool
        Whether it is a quota share.
    by, value : str, optional
        The property, one of :data:`COVERAGES`, and its value to which the cover is confined;
        every vehicle by default. What is held back is covered as it is valued.
    bought : bool
        Whether it is in force already: a plan has it whatever it does.

    Raises
    ------
    ValueError
        When a parameter lies outside its range, or only one of ``by`` and ``value`` is given.
    """

    hedge_id: str
    counterparty: str
    agreed: _Floats
    share: float = 1.0
    limit: float = float("inf")
    premium: float = 0.0
    quota: bool = False
    by: str | None = None
    value: str | None = None
    bought: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"hedge {self.hedge_id}: the share must lie in (0, 1]")
        if not self.limit > 0.0:
            raise ValueError(f"hedge {self.hedge_id}: the limit must be positive")
        if not np.isfinite(self.agreed).all() or not np.isfinite(self.premium):
            raise ValueError(f"hedge {self.hedge_id}: agreed sums and premium must be finite")
        if (self.by is None) != (self.value is None):
            raise ValueError(f"hedge {self.hedge_id}: a cover has a property and a value of it")
        if self.by is not None and self.by not in COVERAGES:
            raise ValueError(
                f"hedge {self.hedge_id}: cover by {self.by!r} is none of {', '.join(COVERAGES)}"
            )

    def covers(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        """Return which options are covered, bool[m].

        Parameters
        ----------
        frame : polars.DataFrame, m rows
            Options; the column that is covered.
        """
        if self.by is None:
            return np.ones(frame.height, dtype=np.bool_)
        column = frame[self.by].cast(pl.String)
        return (column == self.value).fill_null(value=False).to_numpy()

    @property
    def owed(self) -> float:
        """Most that it can pay where no vehicle costs more than it brings, money."""
        return self.share * min(self.limit, max(float(self.agreed.sum()), 0.0))

    def pays(self, shortfall: _Floats) -> _Floats:
        """Return what it pays, premium not taken off, at shortfalls of what is covered, money."""
        least = -np.inf if self.quota else 0.0
        return self.share * np.minimum(np.maximum(shortfall, least), self.limit)

    def shortfall(self, covered: NDArray[np.bool_], brought: _Floats) -> _Floats:
        """Return the shortfall of a plan carried out.

        Parameters
        ----------
        covered : bool[V]
            Vehicles whose choices are covered, as :meth:`covers` tells of them.
        brought : float64[n]
            What these bring together, money.

        Returns
        -------
        float64[n]
            Money by scenario.
        """
        return np.asarray(self.agreed[covered].sum() - brought)
