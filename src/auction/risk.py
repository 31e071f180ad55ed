"""The desk's appetite for risk: a blend of the mean and of the worst tail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from _core.tail import cvar


@dataclass(frozen=True, slots=True)
class CVaR:
    """Mean and tail of the fleet's proceeds, blended.

    The measure of a sample X of n equally likely outcomes is
    ``(1 - weight) * mean(X) + weight * CVaR(X)``, where CVaR is the mean of the worst
    ``1 - alpha`` share of X, a fraction of an outcome counted as a fraction
    (Rockafellar and Uryasev 2002, general distributions).

    Parameters
    ----------
    alpha : float
        Confidence level in [0, 1); 0.95 looks at the worst 5 %.
    weight : float
        Weight of the tail in [0, 1]; 0 is risk-neutral where there is no floor.
    floor : float, optional
        Money that the CVaR of a plan may not fall below, whatever the mean gains.

    Raises
    ------
    ValueError
        When a parameter lies outside its range or is NaN.
    """

    alpha: float = 0.95
    weight: float = 0.0
    floor: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha < 1.0:
            raise ValueError(f"alpha must lie in [0, 1), not {self.alpha}")
        if not 0.0 <= self.weight <= 1.0:
            raise ValueError(f"weight must lie in [0, 1], not {self.weight}")
        if self.floor is not None and not math.isfinite(self.floor):
            raise ValueError(f"floor must be an amount of money, not {self.floor}")

    @property
    def neutral(self) -> bool:
        """Whether the tail plays no part."""
        return self.floor is None and not self._blends

    @property
    def _blends(self) -> bool:
        return self.weight > 0.0 and self.alpha > 0.0

    @property
    def floor_words(self) -> str:
        """The floor in words, empty without one."""
        return "" if self.floor is None else f"CVaR at {self.alpha:g} of at least {self.floor:,.2f}"

    def missed(self, cvar: float) -> float:
        """Return the money by which a CVaR lies below the floor, 0 without a floor."""
        return 0.0 if self.floor is None else max(0.0, self.floor - cvar)

    def tail(self, outcomes: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the mean of the worst share and the weights that attain it.

        Parameters
        ----------
        outcomes : float64[n]
            Equally likely outcomes, money; NaN is not allowed.

        Returns
        -------
        (float, float64[n])
            CVaR, and weights >= 0 that sum to one with ``weights @ outcomes == CVaR``.
        """
        value, weights = cvar(np.ascontiguousarray(outcomes), self.alpha)
        return float(value), weights

    def measure(self, outcomes: NDArray[np.float64]) -> float:
        """Return the blend of mean and tail, money.

        Parameters
        ----------
        outcomes : float64[n]
            Equally likely outcomes, money.
        """
        mean = float(np.mean(outcomes))
        if not self._blends:
            return mean
        return (1.0 - self.weight) * mean + self.weight * self.tail(outcomes)[0]

    def weights(self, outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scenario weights at which the measure is linear around these outcomes.

        Parameters
        ----------
        outcomes : float64[n]
            Equally likely outcomes, money.

        Returns
        -------
        float64[n]
            Weights >= 0 that sum to one; ``weights @ outcomes`` is the measure, and
            ``weights @ other`` is never below the measure of other outcomes.
        """
        uniform = np.full(outcomes.shape[0], 1.0 / outcomes.shape[0])
        if not self._blends:
            return uniform
        return (1.0 - self.weight) * uniform + self.weight * self.tail(outcomes)[1]
