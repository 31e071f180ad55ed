"""A unit's own shock on a grid: what statements of its value leave of it, exactly by Bayes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import ndtr

from residual.curves import Floats
from residual.distribution import Forms, UnitShock

#: Normal scores between which the grid lies, beyond which lies a chance of 1e-9 on either side.
_REACH: Final = 6.0
#: Cells of the grid: a hundredth of a standard deviation each.
CELLS: Final = 1200
#: Units whose grids are held at once; bounds the memory.
_BLOCK: Final = 1024
#: Stretch of the shock within which a posterior spread is told, so that its mean stays finite.
_WIDEST: Final = 2.0


@dataclass(frozen=True)
class UnitGrid:
    """The prior of a standardised shock, cut into cells that are even in normal score.

    Parameters
    ----------
    shock : UnitShock
    cells : int
    """

    shock: UnitShock
    cells: int = CELLS

    @cached_property
    def weight(self) -> Floats:
        """Prior chance of each cell, float64[k]."""
        mass = np.diff(ndtr(np.linspace(-_REACH, _REACH, self.cells + 1)))
        return np.asarray(mass / mass.sum())

    @cached_property
    def node(self) -> Floats:
        """Shock in the middle of each cell, float64[k]."""
        edge = np.linspace(-_REACH, _REACH, self.cells + 1)
        return self.shock.quantile(ndtr(0.5 * (edge[1:] + edge[:-1])))

    def growth(self, scale: Floats) -> Floats:
        """Log of the prior mean of exp(scale * shock), for float64[n]."""
        top = self.node.max() * scale
        power = np.exp(scale[:, None] * self.node[None, :] - top[:, None])
        return np.asarray(np.log(np.einsum("ik,k->i", power, self.weight)) + top)

    @cached_property
    def variance(self) -> float:
        """Prior variance of the shock."""
        mean = float(self.weight @ self.node)
        return float(self.weight @ (self.node - mean) ** 2)


@dataclass(frozen=True, slots=True)
class Told:
    """What is left of the own shocks of n units, as a shift and a narrower spread.

    Attributes
    ----------
    shift : float64[n]
        To be added to where ln value lies.
    narrower : float64[n]
        Factor on the scale of the unit's shock.
    mean, sd : float64[n]
        Of the posterior of ln value against where it lay.
    """

    shift: Floats
    narrower: Floats
    mean: Floats
    sd: Floats


def growth(shocks: Sequence[UnitShock], form: Forms, scale: Floats) -> Floats:
    """Log of the prior mean of exp(scale * shock) of units of several forms, float64[n]."""
    out = np.zeros(len(scale))
    for number, shock in enumerate(shocks):
        own = form == number
        out[own] = UnitGrid(shock).growth(scale[own])
    return out


def tell(
    shocks: Sequence[UnitShock], form: Forms, scale: Floats, precision: Floats, pull: Floats
) -> Told:
    """Posterior of each unit's shock, and the shift and spread of a shock of the same shape.

    Parameters
    ----------
    shocks : sequence of UnitShock
        Of each form.
    form : int64[n]
        Form of each unit.
    scale : float64[n]
        Scale of each unit's shock on ln value, above zero.
    precision, pull : float64[n]
        The log likelihood of ln value u against where it lies is pull u - precision u^2 / 2.

    Returns
    -------
    Told

    Notes
    -----
    Bayes' rule cell by cell: the shock is not normal, so a very low statement is believed sooner
    than a very high one. The posterior is handed on as the same shape, moved and drawn together
    so that the sd of ln value and the mean of the value itself are those of the posterior: what
    is expected to be paid before a statement is the mean of what is expected after it.
    """
    told = np.zeros((4, len(scale)))
    for number, shock in enumerate(shocks):
        grid, own = UnitGrid(shock), np.flatnonzero(form == number)
        for start in range(0, len(own), _BLOCK):
            some = own[start : start + _BLOCK]
            told[:, some] = _block(grid, scale[some], precision[some], pull[some])
    return Told(*told)


def _block(
    grid: UnitGrid, scale: Floats, precision: Floats, pull: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    value = scale[:, None] * grid.node[None, :]
    log = pull[:, None] * value - 0.5 * precision[:, None] * value**2
    chance = grid.weight * np.exp(log - log.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    mean = np.einsum("ik,ik->i", chance, value)
    sd = np.sqrt(np.einsum("ik,ik->i", chance, (value - mean[:, None]) ** 2))
    narrower = np.minimum(sd / (scale * np.sqrt(grid.variance)), _WIDEST)
    growth = np.log(np.einsum("ik,ik->i", chance, np.exp(value)))
    shift = growth - grid.growth(narrower * scale)
    silent = (precision == 0.0) & (pull == 0.0)
    return (
        np.where(silent, 0.0, shift),
        np.where(silent, 1.0, narrower),
        np.where(silent, 0.0, mean),
        sd,
    )
