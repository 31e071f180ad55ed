"""Later sales beside what earlier ones foretold of them, the market's uncertainty included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.calibration import PARTS, Calibration
from residual.curves import Floats
from residual.distribution import HammerShape, ScaleModel, fit_scale, fit_shape
from residual.priors import Priors

_CUTS: Final = tuple(part / PARTS for part in range(1, PARTS))
#: With fewer rows in either half, its spread cannot be told apart from the other's.
_FEWEST_HALF: Final = 60


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of one equation on the later sales.

    Attributes
    ----------
    rows : int64[m]
        Places among the later sales.
    error, clean : float64[m]
        ln price less ln of the median foretold; without and with the error common to the
        week taken out.
    columns : float64[m, k]
    ignorance : float64[m]
        As the scale takes them.
    """

    rows: NDArray[np.int64]
    error: Floats
    clean: Floats
    columns: Floats
    ignorance: Floats

    def scale(self, half: NDArray[np.bool_]) -> ScaleModel:
        """Scale fitted on the rows outside a half of the later sales."""
        out = ~half[self.rows]
        return fit_scale(self.clean[out], self.columns[out], self.ignorance[out])

    def without(self, rows: NDArray[np.int64]) -> Errors:
        """The same less some of the later sales."""
        kept = ~np.isin(self.rows, rows)
        return Errors(
            self.rows[kept], self.error[kept], self.clean[kept], self.columns[kept],
            self.ignorance[kept],
        )  # fmt: skip


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
        Of all later sales, guide values left aside.
    guided : Errors or None
        Of those with a guide value, where guides are used.
    later : bool
        False where too few sales made the later ones the same as the earlier ones.
    """

    days: NDArray[np.int64]
    block: NDArray[np.int64]
    cut: int
    plain: Errors
    guided: Errors | None
    later: bool


def calibrate(
    foretold: Foretold,
    level_variance: Floats,
    scales: tuple[ScaleModel, ScaleModel],
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
    scales : pair of ScaleModel
        Without and with a guide value; used where the later sales are too few to be halved.
    shape : HammerShape
        Likewise.
    priors : Priors
    log_price : float64[n]
        ln of the later prices.
    labels : dict
        As in `Calibration`.

    Notes
    -----
    The spread is told from every other week and judged on the weeks between, both ways round.
    """
    count = len(foretold.days)
    part, error = np.zeros(count, dtype=np.int64), np.zeros(count)
    odd = foretold.block % 2 == 1
    apart = foretold.later and all(
        min(np.count_nonzero(odd[e.rows]), np.count_nonzero(~odd[e.rows])) >= _FEWEST_HALF
        for e in _equations(foretold)
    )
    halves = [odd, ~odd] if apart else [np.ones(count, dtype=np.bool_)]
    for half in halves:
        plain, guided, form = (
            _spread_of_others(foretold, half, priors) if apart else (*scales, shape)
        )
        for errors, scale in zip(_used(foretold), (guided, plain), strict=True):
            own = half[errors.rows]
            rows = errors.rows[own]
            size = scale.scale(errors.columns[own], errors.ignorance[own])
            variance = level_variance[rows]
            error[rows] = errors.error[own]
            standardised = (errors.error[own] + 0.5 * variance) / size
            ratio = np.sqrt(variance) / size
            below = [standardised > form.quantile(cut, ratio) for cut in _CUTS]
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


def _equations(foretold: Foretold) -> list[Errors]:
    return [foretold.plain] if foretold.guided is None else [foretold.plain, foretold.guided]


def _used(foretold: Foretold) -> tuple[Errors, Errors]:
    """Errors of the sales with a guide value and of those without."""
    nothing = np.zeros(0, dtype=np.int64)
    if foretold.guided is None:
        return foretold.plain.without(foretold.plain.rows), foretold.plain.without(nothing)
    return foretold.guided, foretold.plain.without(foretold.guided.rows)


def _spread_of_others(
    foretold: Foretold, half: NDArray[np.bool_], priors: Priors
) -> tuple[ScaleModel, ScaleModel, HammerShape]:
    """Scales and shape told from the sales outside a half."""
    plain = foretold.plain.scale(half)
    guided = plain if foretold.guided is None else foretold.guided.scale(half)
    standardised = []
    for errors, scale in zip(_used(foretold), (guided, plain), strict=True):
        out = ~half[errors.rows]
        size = scale.scale(errors.columns[out], errors.ignorance[out])
        standardised.append(errors.clean[out] / size)
    shape = fit_shape(
        np.concatenate(standardised),
        priors.bidder_spread_share,
        priors.reference_bidders,
        priors.student_dof,
    )
    return plain, guided, shape
