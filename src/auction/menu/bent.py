"""Options with layers in them, each layer replaced by straight lines, one a scenario.

With lines the whole stays linear in the plan: a covered option brings ``net + share * slope *
(agreed - net)``, so that its basis is scaled by ``1 - share * slope`` and gains a function
``share * slope`` for the sum agreed. What does not depend on the plan, heights and premiums, is
given to the first vehicle whatever it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auction.hedges import Layer
from auction.menu.lines import Lines
from auction.options import Options

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cover:
    """A layer on the options of a fleet.

    Parameters
    ----------
    layer : Layer
        The layer.
    rows : bool[m]
        Options that are covered.
    agreed : float64[m]
        Sum agreed for the vehicle of each, money; 0 where it is not covered.
    """

    layer: Layer
    rows: NDArray[np.bool_]
    agreed: _Floats

    @classmethod
    def of(cls, layer: Layer, options: Options) -> Cover:
        """Lay a layer on options.

        Raises
        ------
        ValueError
            When it agrees sums for another number of vehicles.
        """
        if layer.agreed.shape != (len(options.vehicle_ids),):
            raise ValueError(
                f"hedge {layer.hedge_id} agrees sums for {layer.agreed.size} vehicles, "
                f"the options are of {len(options.vehicle_ids)}"
            )
        every = np.ones(options.vehicle.size, dtype=np.bool_)
        rows = every if layer.by is None else layer.covers(options.table.read([layer.by]))
        return cls(layer, rows, np.where(rows, layer.agreed[options.vehicle], 0.0))

    def shortfall(self, options: Options, chosen: NDArray[np.int64]) -> _Floats:
        """Return the shortfall of a plan by scenario, money."""
        own = chosen[self.rows[chosen]]
        return np.asarray(self.agreed[own].sum() - options.totals(own))


def bend(
    options: Options,
    covers: Sequence[Cover],
    lines: Sequence[Lines],
    charge: _Floats | None = None,
) -> Options:
    """Return the options with layers in them.

    Parameters
    ----------
    options : Options
        The options without.
    covers, lines
        Each layer, and what it is replaced by.
    charge : float64[m], optional
        What an option costs the objective and no proceeds, money.

    Returns
    -------
    Options
        The same rows; the last basis function is what does not depend on the plan.
    """
    groups, terms, n = options.basis.shape
    code = np.zeros(options.vehicle.size, dtype=np.int64)
    for place, cover in enumerate(covers):
        code += cover.rows.astype(np.int64) << place
    codes, position = np.unique(code, return_inverse=True)
    basis = np.zeros((codes.size, groups, 1 + terms + len(covers) + 1, n))
    basis[:, :, 0] = 1.0
    constant = np.zeros(n)
    for cover, line in zip(covers, lines, strict=True):
        constant += cover.layer.share * line.height - cover.layer.premium
    for number, own in enumerate(codes.tolist()):
        kept = np.ones(n)
        for place, (cover, line) in enumerate(zip(covers, lines, strict=True)):
            if own >> place & 1:
                ceded = cover.layer.share * line.slope
                kept -= ceded
                basis[number, :, 1 + terms + place] = ceded
        basis[number, :, 1 : 1 + terms] = options.basis * kept
    basis[:, :, -1] = constant
    coefficient = np.zeros((options.vehicle.size, basis.shape[2]))
    coefficient[:, 1 : 1 + terms] = options.coefficient
    for place, cover in enumerate(covers):
        coefficient[:, 1 + terms + place] = cover.agreed
    coefficient[options.vehicle == 0, -1] = 1.0
    if charge is not None:
        coefficient[:, 0] = -charge
    return replace(
        options,
        coefficient=coefficient,
        group=position * groups + options.group,
        basis=basis.reshape(codes.size * groups, basis.shape[2], n),
    )


def without_constant(bent: Options) -> Options:
    """Return bent options without what does not depend on the plan: so an option is told."""
    basis = bent.basis.copy()
    basis[:, -1] = 0.0
    return replace(bent, basis=basis)
