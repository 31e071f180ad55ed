"""How far one policy is ahead of another on the same scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from _core import cvar
from auction.evaluate import standard_error

#: Half a 95 % interval, in standard errors.
_HALF: Final = 1.96


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference and its standard error, money."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value - _HALF * self.error

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value + _HALF * self.error


def ahead(one: NDArray[np.float64], other: NDArray[np.float64]) -> Difference:
    """Return by how much the mean of one lies above that of the other.

    Parameters
    ----------
    one, other : float64[n]
        Proceeds in the same scenarios, whose markets come in mirrored pairs, money.
    """
    return Difference(float((one - other).mean()), standard_error(one - other))


def ahead_in_tail(one: NDArray[np.float64], other: NDArray[np.float64], alpha: float) -> Difference:
    """Return by how much the CVaR of one lies above that of the other.

    The error is that of the mean of the differences of what each scenario contributes,
    ``min(X - q, 0) / (1 - alpha)`` at either's own quantile q: to first order the CVaR does not
    move with q.

    Parameters
    ----------
    one, other : float64[n]
        Proceeds in the same scenarios, whose markets come in mirrored pairs, money.
    alpha : float
        Level of the CVaR.
    """
    value = float(cvar(one, alpha)[0] - cvar(other, alpha)[0])
    share = _share(one, alpha) - _share(other, alpha)
    return Difference(value, standard_error(share))


def _share(total: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    short = np.minimum(total - np.quantile(total, 1.0 - alpha), 0.0)
    return np.asarray(short / (1.0 - alpha))
