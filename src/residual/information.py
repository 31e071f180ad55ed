"""What lots tell of numbers and venues together, and how far few lots lead astray."""

from __future__ import annotations

from typing import Final

import numpy as np

from residual.curves import Floats
from residual.lots import NAMES, Lots

#: Sd of the priors of the numbers of `NAMES`.
PRIOR_SD: Final = np.array([1.0, 0.15, 0.3, 0.15, 1.0, 2.0, 0.5, 1.0, 1.0, 0.5])


class Information:
    """Information of numbers and venues together, the venues eliminated.

    Parameters
    ----------
    lots : Lots
    slopes : float64[n, 10]
        Of each lot's log likelihood.
    variance : float64[2]
        Of what venues add to values and to reserves.
    """

    def __init__(self, lots: Lots, slopes: Floats, variance: Floats) -> None:
        venues, place = lots.venues, lots.venue
        own = slopes[:, [NAMES.index("value"), NAMES.index("asked")]]
        self.slopes, self.own, self.place = slopes, own, place
        cross = np.empty((venues, len(NAMES), 2))
        block = np.empty((venues, 2, 2))
        self.gradient = np.empty((venues, 2))
        for j in range(2):
            self.gradient[:, j] = np.bincount(place, weights=own[:, j], minlength=venues)
            for i in range(len(NAMES)):
                product = slopes[:, i] * own[:, j]
                cross[:, i, j] = np.bincount(place, weights=product, minlength=venues)
            for i in range(2):
                product = own[:, i] * own[:, j]
                block[:, i, j] = np.bincount(place, weights=product, minlength=venues)
        block += np.diag(1.0 / variance)
        self.variance = variance
        self.block, self.cross = np.linalg.inv(block), cross
        self.through = np.einsum("gij,gjk->gik", cross, self.block)
        whole = np.einsum("ni,nj->ij", slopes, slopes) + np.diag(1.0 / PRIOR_SD**2)
        self.covariance = np.linalg.inv(whole - np.einsum("gik,gjk->ij", self.through, cross))

    @property
    def venue_variance(self) -> Floats:
        """Posterior variances of each venue's two effects, the numbers being free."""
        more = np.einsum("gik,ij,gjk->gk", self.through, self.covariance, self.through)
        return np.asarray(np.einsum("gkk->gk", self.block) + more)

    def mean_error(self, share: Floats) -> float:
        """Error of the number "value" with the mean effect of the venues on it."""
        toward = -np.einsum("g,gi->i", share, self.through[:, :, 0])
        toward[NAMES.index("value")] += 1.0
        own = float(np.sum(share**2 * self.block[:, 0, 0]))
        return float(np.sqrt(toward @ self.covariance @ toward + own))

    def solve(self, gradient: Floats, own: Floats) -> tuple[Floats, Floats]:
        """Newton step of the numbers, and of the venues' effects, for gradients of both."""
        step = self.covariance @ (gradient - np.einsum("gik,gk->i", self.through, own))
        left = own - np.einsum("gik,i->gk", self.cross, step)
        return step, np.einsum("gij,gj->gi", self.block, left)

    def by_lot(self, numbers: Floats, effects: Floats) -> Floats:
        """Slope of each lot's log likelihood where numbers and the venues' effects move so."""
        return np.asarray(self.slopes @ numbers + np.sum(self.own * effects[self.place], axis=1))

    def gathered(self, weights: Floats) -> tuple[Floats, Floats]:
        """Slopes in numbers and in the venues' effects, summed over lots of some weights."""
        own = [
            np.bincount(self.place, weights=weights * column, minlength=len(self.block))
            for column in self.own.T
        ]
        return self.slopes.T @ weights, np.column_stack(own)

    def faintest(self) -> tuple[Floats, Floats]:
        """One sd along what the lots tell least of: of the numbers, and of the venues' effects."""
        sd = np.sqrt(np.diag(self.covariance))
        size, ways = np.linalg.eigh(self.covariance / np.outer(sd, sd))
        way = sd * ways[:, -1] * np.sqrt(size[-1])
        return way, -np.einsum("gik,i->gk", self.through, way)
