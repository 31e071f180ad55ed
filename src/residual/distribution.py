"""The shape of a standardised hammer price: the unit's own shock and the order of bidders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.scale import ORDINARY_WIDEST, WIDEST

Forms = NDArray[np.int64]

_GRID: Final[Floats] = (np.arange(2001, dtype=np.float64) + 0.5) / 2001.0
#: Enough for quantiles of the core.
_COARSE: Final[Floats] = (np.arange(501, dtype=np.float64) + 0.5) / 501.0
_CORE: Final = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
#: Steps that meet every probability of the core.
_EVEN: Final = np.linspace(0.01, 0.99, 197)
#: Each cell in which a probability can lie holds one end of an interval of the core at most.
_CELLS: Final = 4096
_CELL: Final = np.clip(
    np.searchsorted(_CORE, np.arange(_CELLS + 1) / _CELLS, side="right") - 1, 0, _CORE.size - 2
)
#: Probabilities whose quantiles are worked out at once.
_AT_ONCE: Final = 2**15
#: Errors this far below their scale, which no sales could show to be less, tell of no shape.
_FLAT: Final = 0.3
_LOWEST: Final = -12.0
#: Scales between which moments are interpolated, as the log of a price.
_SCALES: Final = np.concatenate(
    [np.linspace(0.0, ORDINARY_WIDEST, 401), np.linspace(ORDINARY_WIDEST, WIDEST, 86)[1:]]
)
#: Units that show no skew, all of them alike.
NO_SKEW: Final[Floats] = np.zeros(1)
_LEVEL_RATIOS: Final = np.concatenate([np.linspace(0.0, 1.0, 21), np.linspace(1.25, 4.0, 12)])


@dataclass(frozen=True, slots=True)
class UnitShock:
    """Standardised persistent shock of a unit: fat lower tail, thin and truncated upper tail.

    Attributes
    ----------
    table : float64[k]
        Quantiles at the probabilities of the core, 1 % to 99 %.
    lower_rate, upper_rate : float
        Mean excess below the first and above the last of them.
    highest : float
        Truncation of the upper tail.
    """

    table: Floats
    lower_rate: float
    upper_rate: float
    highest: float

    def quantile(self, u: Floats) -> Floats:
        """Quantile of the shock.

        Parameters
        ----------
        u : float64, any shape
            Probabilities in (0, 1); NaN gives NaN.

        Notes
        -----
        Linear between the tabled quantiles, exponential tails outside, bounded below at -12 and
        above at `highest`.
        """
        u = np.asarray(u, dtype=np.float64)
        flat, out = u.ravel(), np.empty(u.size)
        slope = np.diff(self.table) / np.diff(_CORE)
        # few at a time, so that all that is made of them stays in the cache
        for start in range(0, flat.size, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            out[part] = self._quantile(flat[part], slope)
        return out.reshape(u.shape)

    def _quantile(self, u: Floats, slope: Floats) -> Floats:
        """Quantiles at some probabilities, by the slopes between the tabled ones."""
        inner = np.clip(u, _CORE[0], _CORE[-1])
        cell = _CELL.take((np.nan_to_num(inner, nan=0.5) * _CELLS).astype(np.intp))
        cell += inner >= _CORE.take(cell + 1)
        np.minimum(cell, _CORE.size - 2, out=cell)
        out = slope.take(cell) * (inner - _CORE.take(cell)) + self.table.take(cell)
        low, high = np.flatnonzero(u < _CORE[0]), np.flatnonzero(u >= _CORE[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            below = self.table[0] + self.lower_rate * np.log(u[low] / _CORE[0])
            above = self.table[-1] - self.upper_rate * np.log((1.0 - u[high]) / (1.0 - _CORE[-1]))
        out[low] = np.maximum(below, _LOWEST)
        out[high] = np.where(u[high] > _CORE[-1], np.minimum(above, self.highest), self.table[-1])
        return np.asarray(out)

    def even(self) -> tuple[Floats, Floats]:
        """Return quantiles at even steps of probability, and the ends, as kernels take them.

        Returns
        -------
        float64[197], float64[6]
            From 1 % to 99 % by half a per cent; these two, both mean excesses, and both bounds.
        """
        table = np.interp(_EVEN, _CORE, self.table)
        rates = (self.lower_rate, self.upper_rate)
        return table, np.array([_EVEN[0], _EVEN[-1], *rates, _LOWEST, self.highest])

    def bent(self, chances: Floats, further: Floats) -> UnitShock:
        """Return the same with its quantiles moved.

        Parameters
        ----------
        chances : float64[m]
            Rising, in (0, 1).
        further : float64[m]
            By how much each of them lies higher; in between linear, the tails move with the ends.
        """
        table = self.table + np.interp(_CORE, chances, further)
        return UnitShock.from_quantiles(table, self.lower_rate, self.upper_rate)

    @classmethod
    def from_quantiles(cls, table: Floats, lower_rate: float, upper_rate: float) -> UnitShock:
        """Build from core quantiles and mean excesses; the upper tail ends after 3 of them."""
        table = np.maximum.accumulate(table)
        return cls(table, lower_rate, upper_rate, float(table[-1] + 3.0 * upper_rate))


@dataclass(frozen=True, slots=True)
class HammerShape:
    """Distribution of standardised ln hammer, and its split into unit shock and sale noise.

    Attributes
    ----------
    skews : float64[f]
        Of each form: half the log of how much wider prices stray up than down, against what
        is told here of all. A single 0 where all units are alike.
    shocks : tuple of UnitShock
        Of each form, as hammers have it.
    values : tuple of UnitShock
        The same as values have it: where sellers keep low ones, sold hammers show less of them.
    unit_ratio : float
        Scale of the unit's shock over the total scale.
    bidder_share : float
        Sigma of bidders' ln values over the total scale.
    shift : float
        Mean m2 of the second-highest standard normal at the reference number of bidders.
    quantiles : float64[2001]
        Of unit_ratio * shock + bidder_share * (second highest - m2), at mid-probabilities, of
        units without skew.
    table : float64[33, 2001]
        The same with an added normal common error, by its sd over the total scale.
    """

    skews: Floats
    shocks: tuple[UnitShock, ...]
    values: tuple[UnitShock, ...]
    unit_ratio: float
    bidder_share: float
    shift: float
    quantiles: Floats
    table: Floats

    @property
    def shock(self) -> UnitShock:
        """Of units without skew."""
        return self.shocks[len(self.shocks) // 2]

    def quantile(self, probability: float, ratio: Floats, form: Forms) -> Floats:
        """Standardised quantile of units of some forms.

        Parameters
        ----------
        probability : float
        ratio : float64[n]
            Sd of the common error over the unit's scale.
        form : int64[n]

        Notes
        -----
        Beside a normal error of `ratio`, skew fades as the unit's own part of the variance does;
        the median stays where it is, or a value that falls could rise by its form.
        """
        told = self._of_all(probability, ratio)
        if len(self.skews) == 1 or probability == 0.5:
            return told
        middle = self._of_all(0.5, ratio)
        skew = self.skews[form] / (1.0 + ratio**2)
        return np.asarray(middle + (told - middle) * np.exp(np.sign(probability - 0.5) * skew))

    def _of_all(self, probability: float, ratio: Floats) -> Floats:
        column = np.array([np.interp(probability, _GRID, row) for row in self.table])
        return np.asarray(np.interp(ratio, _LEVEL_RATIOS, column))

    def moments(self, scale: Floats, form: Forms) -> tuple[Floats, Floats]:
        """First and second moment of exp(scale * standardised hammer) of units of some forms."""
        grid = _SCALES
        out = np.empty((2, len(scale)))
        for place in np.unique(form).tolist():
            own = form == place
            power = np.exp(grid[:, None] * skewed(self.quantiles, self.skews[place])[None, :])
            out[0, own] = np.interp(scale[own], grid, power.mean(axis=1))
            out[1, own] = np.interp(scale[own], grid, (power**2).mean(axis=1))
        return out[0], out[1]


def skewed(values: Floats, skew: float | Floats) -> Floats:
    """Widen what lies above nought, and narrow what lies below, by exp(skew).

    Parameters
    ----------
    values : float64[n]
    skew : float or float64[n]
    """
    return np.asarray(values * np.exp(np.sign(values) * skew))


@lru_cache(maxsize=64)
def second_highest_moments(bidders: float) -> tuple[float, float]:
    """Mean and sd of the second highest of N standard normals, N Poisson given N >= 2.

    Parameters
    ----------
    bidders : float
        Mean of the Poisson number of bidders.

    Notes
    -----
    With u(b) = bidders (1 - Phi(b)), P(second highest <= b and N >= 2) =
    exp(-u)(1 + u) - exp(-bidders)(1 + bidders); moments by the trapezoidal rule on [-9, 9].
    """
    grid, chance = _second_highest_grid(bidders)
    middle = 0.5 * (grid[1:] + grid[:-1])
    mass = np.diff(chance)
    mean = float(np.sum(middle * mass))
    return mean, float(np.sqrt(np.sum((middle - mean) ** 2 * mass)))


def second_highest_quantile(bidders: float, u: Floats) -> Floats:
    """Quantile of the second highest of N standard normals, N Poisson given N >= 2."""
    grid, chance = _second_highest_grid(bidders)
    return np.asarray(np.interp(u, chance, grid))


def _second_highest_grid(bidders: float) -> tuple[Floats, Floats]:
    from scipy.special import ndtr

    grid = np.linspace(-9.0, 9.0, 36_001)
    rate = bidders * ndtr(-grid)
    fewer = np.exp(-bidders) * (1.0 + bidders)
    chance = (np.exp(-rate) * (1.0 + rate) - fewer) / (1.0 - fewer)
    chance[0], chance[-1] = 0.0, 1.0
    return grid, np.asarray(np.maximum.accumulate(chance))


def fit_shape(
    standardised: Floats,
    bidder_share: float,
    bidders: float,
    dof: float,
    skews: Floats = NO_SKEW,
) -> HammerShape:
    """Shape of the standardised residuals, taken apart into unit shock and sale noise.

    Parameters
    ----------
    standardised : float64[n]
        Out-of-sample ln residuals over their scale, their own skew taken out.
    bidder_share, bidders : float
        As in `Priors`.
    dof : float
        Degrees of freedom of the Student quantiles that stand for 50 prior observations.
    skews : float64[f]
        Of the forms in which units come, an odd number, rising, the middle one 0.
    """
    core, lower, upper = _target(standardised, dof)
    # a location is a median, or a value that falls could rise by its spread
    core = core - float(np.interp(0.5, _CORE, core))
    mean, sd = second_highest_moments(bidders)
    unit_ratio = float(np.sqrt(1.0 - (bidder_share * sd) ** 2))
    points = (np.arange(201, dtype=np.float64) + 0.5) / 201.0
    noise = bidder_share * (second_highest_quantile(bidders, points) - mean)
    shocks = tuple(
        _unit_shock(skewed(core, skew), lower * np.exp(-skew), upper * np.exp(skew), noise,
                    unit_ratio)
        for skew in skews.tolist()
    )  # fmt: skip
    shock = shocks[len(shocks) // 2]
    hammer = _convolve(unit_ratio * shock.quantile(_GRID), noise)
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    levels = np.vstack(
        [_mixture(hammer, ratio * nodes, weights / weights.sum()) for ratio in _LEVEL_RATIOS]
    )
    return HammerShape(skews, shocks, shocks, unit_ratio, bidder_share, mean, hammer, levels)


def _unit_shock(
    core: Floats, lower: float, upper: float, noise: Floats, unit_ratio: float
) -> UnitShock:
    """Shock that gives a hammer of these quantiles and mean excesses when noise is added."""
    table = core / 1.0
    shock = UnitShock.from_quantiles(table, lower / unit_ratio, upper / unit_ratio)
    # after a few rounds the correction begins to follow the sample's own roughness
    for _ in range(6):
        drawn = _convolve(unit_ratio * shock.quantile(_COARSE), noise)
        table = table + (core - np.interp(_CORE, _GRID, drawn)) / unit_ratio
        shock = UnitShock.from_quantiles(table, lower / unit_ratio, upper / unit_ratio)
    return shock


def _target(standardised: Floats, dof: float) -> tuple[Floats, float, float]:
    """Core quantiles and mean excesses, pulled to a Student shape worth 50 observations."""
    from scipy.special import stdtrit

    prior = stdtrit(dof, (np.arange(50) + 0.5) / 50.0) * np.sqrt((dof - 2.0) / dof)
    if len(standardised) and float(np.std(np.clip(standardised, -3.0, 3.0))) < _FLAT:
        standardised = standardised[:0]
    pooled = np.sort(np.concatenate([np.clip(standardised, _LOWEST, -_LOWEST), prior]))
    core: Floats = np.quantile(pooled, _CORE, method="hazen")
    lower = core[0] - pooled[pooled < core[0]]
    upper = pooled[pooled > core[-1]] - core[-1]
    # mean excesses, the upper one over winsorised values: the upper tail is kept thin
    below = float(np.mean(lower)) if len(lower) else 0.8
    above = float(np.mean(np.minimum(upper, 1.5))) if len(upper) else 0.4
    return core, float(np.clip(below, 0.3, 2.5)), float(np.clip(above, 0.15, 1.0))


def _convolve(quantiles: Floats, noise: Floats) -> Floats:
    """Quantiles of the sum of two equally weighted samples."""
    total = np.sort((quantiles[:, None] + noise[None, :]).ravel())
    # linear between the middles of the sorted sums' shares, as `_mixture` has it
    place = _GRID * len(total) - 0.5
    left = np.clip(place.astype(np.int64), 0, len(total) - 2)
    share = np.clip(place - left, 0.0, 1.0)
    return np.asarray(total[left] + share * (total[left + 1] - total[left]))


def _mixture(quantiles: Floats, shifts: Floats, weights: Floats) -> Floats:
    """Quantiles of an equally weighted sample plus an independent weighted shift."""
    # one rising run after another, which a stable sort merges fast
    total = (shifts[:, None] + quantiles[None, :]).ravel()
    mass = np.broadcast_to(weights[:, None] / len(quantiles), (len(weights), len(quantiles)))
    order = np.argsort(total, kind="stable")
    cumulated = np.cumsum(mass.ravel()[order])
    at = cumulated - 0.5 * mass.ravel()[order]
    return np.asarray(np.interp(_GRID, at, total[order]))
