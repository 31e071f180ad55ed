"""What one more appraisal may say of each unit: a partition of its statements, by Bayes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

from residual.appraisal import Appraised
from residual.appraisers import Appraisers
from residual.curves import Floats
from residual.distribution import Forms, UnitShock
from residual.unit_grid import UnitGrid

#: Chances, under the prior, at which statements are parted: finer where they change decisions.
_FINE: Final = (
    0.005, 0.015, 0.03, 0.06, 0.1, 0.15, 0.22, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.95,
)  # fmt: skip
_COARSE: Final = (0.03, 0.12, 0.4, 0.8)
_CELLS: Final = 600
_BLOCK: Final = 64
#: A part of the statements that comes about more rarely than this tells nothing that counts.
_RAREST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Prospects:
    """What a statement may be, in s parts, and what each leaves of the units: float64[n, s] each.

    Attributes
    ----------
    chance : float64[n, s]
        Chance of each part; the parts of a unit sum to one.
    growth : float64[n, s]
        ln of the mean of exp(u) after that part, u being the unit's own part of ln value; the
        means of exp(growth) over the parts are what was expected before.
    narrower : float64[n, s]
        Factor on the scale of the unit's shock, as in `residual.unit_grid.Told`.
    low, high : float64[n, s]
        Bounds of the statement, ln against where the unit lies before it; the first low and the
        last high are infinite.
    """

    chance: Floats
    growth: Floats
    narrower: Floats
    low: Floats
    high: Floats


def error_beyond(
    appraisers: Appraisers, stage: str, units: int, appraised: Appraised | None
) -> Floats:
    """Sd of what a further statement says of a unit, earlier ones of it being known.

    Parameters
    ----------
    appraisers : Appraisers
    stage : str
    units : int
        n.
    appraised : Appraised, optional
        What was said before.

    Returns
    -------
    float64[n]
        Of ln value; infinite where a further statement says nothing.

    Notes
    -----
    Errors of one unit's statements are equally correlated: of k earlier ones, each in units of
    its own sd, the new one's error has mean c sum(e) with c = r / (1 + (k - 1) r) and variance
    1 - k r c. What repeats the earlier errors is taken off; so is what of the unit's value they
    have said with them.
    """
    told, r = appraisers.stage(stage), appraisers.priors.together
    count, slope = np.zeros(units), np.zeros(units)
    if appraised is not None:
        heard = appraised.statements
        np.add.at(count, heard.unit, 1.0)
        np.add.at(slope, heard.unit, heard.sees / heard.error)
    share = r / (1.0 + np.maximum(count - 1.0, 0.0) * r)
    sees = np.abs(told.sees / told.error - share * slope)
    error = np.sqrt(1.0 - count * r * share)
    with np.errstate(divide="ignore"):
        return np.asarray(error / sees)


def prospects(
    shocks: Sequence[UnitShock], form: Forms, scale: Floats, error: Floats, *, fine: bool = True
) -> Prospects:
    """Part the statements that may come, and tell what each part leaves of the units.

    Parameters
    ----------
    shocks : sequence of UnitShock
        Of each form.
    form : int64[n]
        Form of each unit.
    scale : float64[n]
        Scale of each unit's shock on ln value, as it is known now.
    error : float64[n]
        Sd of the statement, as of `error_beyond`.
    fine : bool
        Whether in s = 16 parts, or for a first look in 5.

    Returns
    -------
    Prospects

    Notes
    -----
    To know only the part in which a statement falls is to know less than the statement, so what
    can be gained by it is told too low rather than too high; and expectations before it are, to
    the last digit, the means of those after it. The posterior of a part is exact on the grid of
    the shock; what is handed on of it is the mean of the value and the sd of its log.
    """
    parts = _FINE if fine else _COARSE
    told = np.zeros((5, len(scale), len(parts) + 1))
    for number, shock in enumerate(shocks):
        grid, own = UnitGrid(shock, _CELLS), np.flatnonzero(form == number)
        for start in range(0, len(own), _BLOCK):
            some = own[start : start + _BLOCK]
            told[:, some] = _block(grid, scale[some], error[some], parts)
    return Prospects(*told)


def _block(
    grid: UnitGrid, scale: Floats, error: Floats, parts: tuple[float, ...]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    own = np.sqrt(grid.variance) * scale
    heard = np.isfinite(error)
    noise = np.where(heard, error, 1.0)
    wide = np.sqrt(1.0 + (noise / own) ** 2) * scale
    edge = wide[:, None] * grid.shock.quantile(np.array(parts))[None, :]
    value = scale[:, None] * grid.node[None, :]
    below = ndtr((edge[:, None, :] - value[:, :, None]) / noise[:, None, None])
    # where nothing is said every part is as likely, whatever the unit
    below = np.where(heard[:, None, None], below, np.array(parts)[None, None, :])
    ends = np.zeros((*value.shape, 1)), np.ones((*value.shape, 1))
    inside = grid.weight[None, :, None] * np.diff(
        np.concatenate([ends[0], below, ends[1]], axis=2), axis=2
    )
    chance = inside.sum(axis=1)
    likely = np.maximum(chance, _RAREST)
    mean, square, money = (
        np.einsum("uks,uk->us", inside, each) / likely for each in (value, value**2, np.exp(value))
    )
    sd = np.sqrt(np.maximum(square - mean**2, 0.0))
    narrower = np.where(heard[:, None], sd / own[:, None], 1.0)
    growth = np.log(np.maximum(money, 1e-300))
    usual = grid.growth(scale)[:, None]
    seen = (chance > _RAREST) & heard[:, None]
    infinite = np.full((len(scale), 1), np.inf)
    return (
        chance,
        np.where(seen, growth, usual),
        np.where(seen, narrower, 1.0),
        np.concatenate([-infinite, edge], axis=1),
        np.concatenate([edge, infinite], axis=1),
    )
