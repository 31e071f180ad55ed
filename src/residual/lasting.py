"""What lasts of a market level that sways from week to week and comes back."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats
from residual.held_out import sure

#: Knots of the level that are foretold together, a quarter of weekly ones.
_AHEAD: Final = 13
#: Knots before the first forecast that is judged, and forecasts without which none is.
_BEFORE: Final = 12
_FEWEST: Final = 24
#: Shares of what is new in a level that are taken to last.
_SHARES: Final = (0.6, 0.4, 0.3, 0.2, 0.1)
#: Share by which the error of past forecasts has to fall.
_PAYS: Final = 0.1


def lasting_change(level: Floats) -> float:
    """Change of the level, from its last knot on, that past levels ask for; 0 where none does.

    Parameters
    ----------
    level : float64[t]
        Log level at knots of equal distance.

    Notes
    -----
    A random walk is best foretold by where it stands. Where a week's level is in part its own,
    such as that of the lots that one week happened to bring, the average of the weeks before,
    weighted by simple exponential smoothing (Holt 1957), foretells more. At each past knot the
    mean of the next 13 is foretold either way; the best share is used if it takes a tenth off the
    mean absolute error and gains by more than twice the standard error of the gain.
    """
    origin = np.arange(_BEFORE, len(level) - _AHEAD)
    if len(origin) < _FEWEST:
        return 0.0
    total = np.concatenate([[0.0], np.cumsum(level)])
    later = (total[origin + 1 + _AHEAD] - total[origin + 1]) / _AHEAD
    as_it_is = np.abs(later - level[origin])
    smoothed = [_smoothed(level, share) for share in _SHARES]
    missed = [np.abs(later - one[origin]) for one in smoothed]
    best = int(np.argmin([float(one.mean()) for one in missed]))
    if missed[best].mean() > (1.0 - _PAYS) * as_it_is.mean() or not sure(as_it_is - missed[best]):
        return 0.0
    return float(smoothed[best][-1] - level[-1])


def _smoothed(level: Floats, share: float) -> Floats:
    out = level.copy()
    for place in range(1, len(level)):
        out[place] = out[place - 1] + share * (level[place] - out[place - 1])
    return out
