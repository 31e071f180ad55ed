"""How far one policy is ahead of another in the same scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auction.evaluate import standard_error
from auction.risk import CVaR

_Array = NDArray[np.float64]

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


def ahead(one: _Array, other: _Array) -> Difference:
    """Return by how much the mean of one lies above that of the other.

    Parameters
    ----------
    one, other : float64[n]
        Proceeds in the same scenarios, whose markets come in mirrored pairs, money.
    """
    return Difference(float((one - other).mean()), standard_error(one - other))


def ahead_in_tail(one: _Array, other: _Array, risk: CVaR) -> Difference:
    """Return by how much the CVaR of one lies above that of the other.

    The error is that of the mean of the differences of what each scenario contributes,
    ``min(X - q, 0) / (1 - alpha)`` at either's own quantile q: to first order the CVaR does not
    move with q.

    Parameters
    ----------
    one, other : float64[n]
        Proceeds in the same scenarios, whose markets come in mirrored pairs, money.
    risk : CVaR
        Its level counts, not its weight.
    """
    value = risk.tail(one)[0] - risk.tail(other)[0]
    return Difference(value, standard_error(_in_tail(one, risk) - _in_tail(other, risk)))


def ahead_in_measure(one: _Array, other: _Array, risk: CVaR) -> Difference:
    """Return by how much the blend of mean and CVaR of one lies above that of the other.

    The error counts that mean and tail are those of the same scenarios.

    Parameters
    ----------
    one, other : float64[n]
        Proceeds in the same scenarios, whose markets come in mirrored pairs, money.
    risk : CVaR
        Level of the tail, and its weight.
    """
    value = risk.measure(one) - risk.measure(other)
    tail = _in_tail(one, risk) - _in_tail(other, risk)
    return Difference(
        value, standard_error((1.0 - risk.weight) * (one - other) + risk.weight * tail)
    )


def _in_tail(total: _Array, risk: CVaR) -> _Array:
    """Return what each scenario contributes to the CVaR, beside the quantile."""
    short = np.minimum(total - np.quantile(total, 1.0 - risk.alpha), 0.0)
    return np.asarray(short / (1.0 - risk.alpha))
