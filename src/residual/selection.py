"""What the sales hide: units that did not reach their reserve."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

#: Fewer first offerings with a reserve, or no-sales among them, say nothing.
FEWEST_OFFERINGS: Final = 200
FEWEST_NO_SALES: Final = 30
_WINSOR: Final = 4.0
_LEAST_NOISE: Final = 0.2
_RANGE: Final = (-1.0, 3.0)


def selection_shift(
    log_ratio: Floats,
    sold: NDArray[np.bool_],
    *,
    bidder_share: float,
    unit_ratio: float,
    shift: float,
    bidders: float,
) -> float:
    """How far values lie below what sold hammers alone say, so that no-sales come out right.

    All logs are in units of each row's scale. A unit's value lies at
    ``v = -bidder_share * shift - d + unit_ratio * z`` from the predicted hammer, z standard
    normal; its seller, who may know more than the file, asks ``x = v + c + noise``. Given x,
    v is normal with the mean pulled towards x by ``unit_ratio^2 / var(x)``, and the lot sells
    with chance ``1 - exp(-bidders * Phi((v - x) / bidder_share))``. The d returned makes the
    mean chance equal to the share sold.

    Parameters
    ----------
    log_ratio : float64[n]
        ln(reserve / predicted hammer) over the scale, of first offerings.
    sold : bool[n]
    bidder_share, unit_ratio, shift : float
        As in `residual.distribution.HammerShape`.
    bidders : float
        Mean number of bidders a lot.

    Returns
    -------
    float
        d in units of the scale, within -1 and 3; 0 where too few offerings or no-sales tell.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    if len(sold) < FEWEST_OFFERINGS or np.count_nonzero(~sold) < FEWEST_NO_SALES:
        return 0.0
    centre = float(np.median(log_ratio))
    x = np.clip(log_ratio - centre, -_WINSOR, _WINSOR) + centre
    total = max(float(np.var(x)), unit_ratio**2 + _LEAST_NOISE**2)
    pull = unit_ratio**2 / total
    left = unit_ratio * np.sqrt(1.0 - pull)
    points, weights = np.polynomial.hermite_e.hermegauss(21)
    weights = weights / weights.sum()
    mean = -bidder_share * shift + pull * (x - x.mean()) - x
    gap = (mean[:, None] + left * points[None, :]) / bidder_share
    share = float(np.mean(sold))

    def excess(d: float) -> float:
        chance = -np.expm1(-bidders * ndtr(gap - d / bidder_share))
        return float(np.mean(np.einsum("ij,j->i", chance, weights)) - share)

    low, high = _RANGE
    if excess(low) <= 0.0:
        return low
    if excess(high) >= 0.0:
        return high
    return float(brentq(excess, low, high, xtol=1e-6))
