"""A logistic curve with one slope, and levels of venues shrunk as far as venues are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats

#: Venues are expected to differ by this in log odds; it counts as much as one venue.
_VENUE_SD: Final = 0.5
_SMALLEST, _LARGEST = np.log(0.02), np.log(5.0)
_ROUNDS: Final = 60
_STILL: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Levels:
    """Log odds level + slope x.

    Attributes
    ----------
    level, level_error : float64[v]
        Of each venue, and standard errors.
    slope, slope_error : float
    between : float
        Standard deviation of levels between venues.
    """

    level: Floats
    level_error: Floats
    slope: float
    slope_error: float
    between: float


def by_venue(yes: NDArray[np.bool_], x: Floats, venue: NDArray[np.int64], venues: int) -> Levels:
    """Fit the curve, its slope kept at nought or above.

    Parameters
    ----------
    yes : bool[n]
        Both must occur.
    x : float64[n]
    venue : int64[n]
        From 0; a venue without rows has the common level.
    venues : int
        How many there are.

    Notes
    -----
    Levels are normal around the common one. The variance maximises the Laplace approximation of
    its marginal density, common level and slope integrated out as well (Breslow and Clayton 1993),
    times a prior that keeps it above nought and is worth one venue. Standard errors are those of
    the information at the maximum.
    """
    from scipy.optimize import minimize_scalar

    rows = _Rows(yes.astype(np.float64), x, venue, venues)
    rises = rows.fit(_VENUE_SD**2, rises=True).slope >= 0.0

    def against(log_sd: float) -> float:
        return -rows.fit(float(np.exp(2.0 * log_sd)), rises=rises).marginal

    best = minimize_scalar(against, bounds=(_SMALLEST, _LARGEST), method="bounded")
    variance = float(np.exp(2.0 * best.x))
    found = rows.fit(variance, rises=rises)
    if found.slope < 0.0:
        found = rows.fit(variance, rises=False)
    level, (level_error, slope_error) = found.common + found.effects, found.errors()
    return Levels(level, level_error, found.slope, slope_error, float(np.sqrt(variance)))


class _Rows:
    """Rows of a curve, and the penalised likelihood of its numbers."""

    def __init__(self, yes: Floats, x: Floats, venue: NDArray[np.int64], venues: int) -> None:
        self.yes, self.x, self.venue, self.venues = yes, x, venue, venues

    def fit(self, variance: float, *, rises: bool) -> _Point:
        """Newton steps to the greatest density; the slope stays at nought where it may not rise.

        The density is concave: a step that lowers it is too long, and is halved.
        """
        point = _Point(self, variance, 0.0, 0.0, np.zeros(self.venues))
        for _ in range(_ROUNDS):
            step, moves = point.step(rises=rises)
            size = 1.0
            while size > _STILL:
                tried = _Point(
                    self, variance, point.common + size * step[0], point.slope + size * step[1],
                    point.effects + size * moves,
                )  # fmt: skip
                if tried.height >= point.height:
                    break
                size *= 0.5
            else:
                return point
            gained, point = tried.height - point.height, tried
            if gained < _STILL:
                break
        return point


class _Point:
    """Some numbers of a curve: how likely they are, and the information there."""

    def __init__(
        self, rows: _Rows, variance: float, common: float, slope: float, effects: Floats
    ) -> None:
        from scipy.special import expit

        self.common, self.slope, self.effects, self.variance = common, slope, effects, variance
        odds = common + effects[rows.venue] + slope * rows.x
        like = rows.yes @ odds - np.sum(np.logaddexp(0.0, odds))
        self.height = float(like - 0.5 * effects @ effects / variance)
        chance = expit(odds)
        weight, off, columns = chance * (1.0 - chance), rows.yes - chance, (1.0, rows.x)

        def sums(values: Floats) -> Floats:
            return np.asarray(np.bincount(rows.venue, weights=values, minlength=rows.venues))

        self.cross = np.column_stack([sums(weight * column) for column in columns])
        self.own = self.cross[:, 0] + 1.0 / variance
        second = float(np.sum(weight * rows.x**2))
        whole = np.array([self.cross.sum(axis=0), [self.cross[:, 1].sum(), second]])
        self.left = whole - self.cross.T @ (self.cross / self.own[:, None])
        self.gradient = np.array([np.sum(off), off @ rows.x])
        self.pull = sums(off) - effects / variance

    def step(self, *, rises: bool) -> tuple[Floats, Floats]:
        """Newton step of the common level and the slope, and of the venues' effects."""
        free = slice(0, 2 if rises else 1)
        gradient = self.gradient - self.cross.T @ (self.pull / self.own)
        step = np.zeros(2)
        step[free] = np.linalg.solve(self.left[free, free], gradient[free])
        return step, (self.pull - self.cross @ step) / self.own

    @property
    def marginal(self) -> float:
        """Log of the variance's density, by Laplace's approximation, its prior with it."""
        log_sd = 0.5 * np.log(self.variance)
        curvature = np.sum(np.log(self.own)) + np.linalg.slogdet(self.left)[1]
        prior = -log_sd - 0.5 * _VENUE_SD**2 / self.variance
        return float(self.height - len(self.own) * log_sd - 0.5 * curvature + prior)

    def errors(self) -> tuple[Floats, float]:
        """Standard errors of each venue's level, and of the slope."""
        covariance = np.linalg.inv(self.left)
        through = self.cross / self.own[:, None]
        effect = 1.0 / self.own + np.einsum("vi,ij,vj->v", through, covariance, through)
        level = covariance[0, 0] + effect - 2.0 * through @ covariance[:, 0]
        return np.sqrt(level), float(np.sqrt(covariance[1, 1]))
