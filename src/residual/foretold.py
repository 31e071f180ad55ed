"""Later sales beside what earlier ones foretold of them, the market's uncertainty included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.blend import Blend, Errors
from residual.calibration import PARTS, Calibration
from residual.curves import Floats
from residual.distribution import HammerShape, fit_shape
from residual.priors import Priors
from residual.scale import ScaleModel
from residual.skew import Skew, unskewed

_CUTS: Final = tuple(part / PARTS for part in range(1, PARTS))
#: With fewer rows in either half, its spread cannot be told apart from the other's.
_FEWEST_HALF: Final = 60


@dataclass(frozen=True, slots=True)
class Foretold:
    """Later sales beside what the earlier ones foretold of them.

    Attributes
    ----------
    days, block : int64[n]
        Day of each later sale, and its week.
    cut : int
        First of these days; what was sold before it was learnt from.
    plain : Errors
        Of all later sales, guide values left aside, the market's expected change since the cut
        taken into account.
    blend : Blend or None
        Those with a guide value, where guides are used; likewise.
    later : bool
        False where too few sales made the later ones the same as the earlier ones.
    """

    days: NDArray[np.int64]
    block: NDArray[np.int64]
    cut: int
    plain: Errors
    blend: Blend | None
    later: bool


def calibrate(
    foretold: Foretold,
    level_variance: Floats,
    scale_plain: ScaleModel,
    scale_guided: ScaleModel,
    skew: Skew | None,
    shape: HammerShape,
    priors: Priors,
    log_price: Floats,
    labels: dict[str, list[str | None]],
) -> Calibration:
    """Find where each later price fell in its forecast, the market's uncertainty included.

    Parameters
    ----------
    foretold : Foretold
    level_variance : float64[n]
        Of the error of the market level that the forecast would have stated for each day.
    scale_plain, scale_guided : ScaleModel
        Without and with a guide value; used where the later sales are too few to be halved.
    skew : Skew or None
    shape : HammerShape
        Used where the later sales are too few to be halved.
    priors : Priors
    log_price : float64[n]
        ln of the later prices.
    labels : dict
        As in `Calibration`.

    Notes
    -----
    The spread, and how much a guide value counts, are told from every other week and judged on
    the weeks between, both ways round.
    """
    count = len(foretold.days)
    part, error = np.zeros(count, dtype=np.int64), np.zeros(count)
    odd = foretold.block % 2 == 1
    apart = foretold.later and all(
        min(np.count_nonzero(odd[rows]), np.count_nonzero(~odd[rows])) >= _FEWEST_HALF
        for rows in _equations(foretold)
    )
    every = np.ones(count, dtype=np.bool_)
    for half in [odd, ~odd] if apart else [every]:
        told = (
            _told_by_others(foretold, half, priors, (scale_plain, scale_guided), skew)
            if apart
            else _Told(scale_plain, scale_guided, shape, *_used(foretold, scale_plain, every))
        )
        for errors, scale in ((told.guided, told.scale_guided), (told.plain, told.scale_plain)):
            own = half[errors.rows]
            rows = errors.rows[own]
            size = errors.size(scale, own)
            variance = level_variance[rows]
            ratio = np.sqrt(variance) / size
            form, _ = errors.forms(skew, size, own)
            middle = size * told.shape.quantile(0.5, ratio, form) - 0.5 * variance
            error[rows] = errors.error[own] - middle
            standardised = (errors.error[own] + 0.5 * variance) / size
            below = [standardised > told.shape.quantile(cut, ratio, form) for cut in _CUTS]
            part[rows] = np.sum(below, axis=0)
    return Calibration(
        foretold.days,
        (foretold.days - foretold.cut) // 7 + 1,
        error,
        part,
        log_price - error,
        labels,
        foretold.later,
        apart,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the later sales of some weeks say of the rest: scales, shape, and their errors.

    The errors are of all later sales, of those with a guide value and of those without.
    """

    scale_plain: ScaleModel
    scale_guided: ScaleModel
    shape: HammerShape
    guided: Errors
    plain: Errors


def _equations(foretold: Foretold) -> list[NDArray[np.int64]]:
    """Rows of each equation."""
    plain = foretold.plain.rows
    return [plain] if foretold.blend is None else [plain, foretold.blend.rows]


def _used(foretold: Foretold, scale: ScaleModel, among: NDArray[np.bool_]) -> tuple[Errors, Errors]:
    """Errors of the sales with a guide value, its weight told from some, and of those without."""
    if foretold.blend is None:
        return foretold.plain.among(np.zeros(len(among), dtype=np.bool_)), foretold.plain
    guided = foretold.blend.errors(foretold.blend.guide(scale, among))
    rest = np.ones(len(among), dtype=np.bool_)
    rest[guided.rows] = False
    return guided, foretold.plain.among(rest)


def _told_by_others(
    foretold: Foretold,
    half: NDArray[np.bool_],
    priors: Priors,
    like: tuple[ScaleModel, ScaleModel],
    skew: Skew | None,
) -> _Told:
    """Everything that is told from the later sales, from those outside a half.

    How much the unknown counts is told by hiding what is known, and taken as it is; so are the
    rounds of trees, and what tells the skew.
    """
    scale_plain = foretold.plain.scale(half, like[0])
    guided, plain = _used(foretold, scale_plain, ~half)
    scale_guided = scale_plain if foretold.blend is None else guided.scale(half, like[1])
    standardised = []
    for errors, scale in ((guided, scale_guided), (plain, scale_plain)):
        out = ~half[errors.rows]
        size = errors.size(scale, out)
        form, skews = errors.forms(skew, size, out)
        standardised.append(unskewed(errors.clean[out] / size, skews[form]))
    shape = fit_shape(
        np.concatenate(standardised),
        priors.bidder_spread_share,
        priors.reference_bidders,
        priors.student_dof,
    )
    # quantiles alone are asked of it, not the shocks of each form
    return _Told(scale_plain, scale_guided, replace(shape, skews=skews), guided, plain)
