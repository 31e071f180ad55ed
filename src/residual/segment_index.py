"""Indices of segments against the market, from the sales themselves and shrunk to the market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days
from residual.groups import kind_of
from residual.segment_blocks import block_means, month_blocks, with_outside
from residual.segment_filter import Filtered, filter_walks
from residual.shrinkage import shrunk_correlation, told_share

_STEPS: Final = np.geomspace(5e-4, 6e-2, 14)
_PASSING: Final = np.array([0.0, 0.005, 0.01, 0.02, 0.04])
#: Sd of ln of one segment's volatility around that of all.
_LIKENESS: Final = 0.35
#: Sd of ln of the common volatility around the expected one.
_PRIOR_SD: Final = 0.5
#: Trends of past months carry over to the next ones hardly at all.
_DRIFT_SD: Final = 0.0008
#: Monthly drift against all vehicles, of five-year losses of 59 % (electric), 41 % (hybrid) and
#: 46 % (all): ln(0.41 / 0.54) / 60 and ln(0.59 / 0.54) / 60.
_KIND_DRIFT: Final = {"electric": -0.0046, "plug-in hybrid": 0.0, "hybrid": 0.0015}
#: One survey of one year: electric segments are unlike others, but how much has to be seen.
_POWERTRAIN_SD: Final = 0.003


@dataclass(frozen=True, slots=True)
class SegmentIndices:
    """Where segments stand against the market, and where they may go.

    Their market is that of the sales, which itself may stray from the series that carries the
    forecast.

    Attributes
    ----------
    level, level_sd : float64[s]
        ln of the segment over the market at `as_of`, beyond what its sales were worth on average.
    drift, drift_sd : float64[s]
        Of a month, against the market.
    volatility : float64[s]
        Sd of a month's step (its geometric mean over the posterior).
    correlation : float64[s, s]
        Of the steps, shrunk to independence; positive definite.
    months : int64[s]
        In which the segment was sold.
    common_drift, common_volatility : float
        Of the market of the sales against the series that carries the forecast, of a month; 0
        where they are the same.
    """

    level: Floats
    level_sd: Floats
    drift: Floats
    drift_sd: Floats
    volatility: Floats
    correlation: Floats
    months: NDArray[np.int64]
    common_drift: float = 0.0
    common_volatility: float = 0.0

    @property
    def covariance(self) -> Floats:
        """Of the steps of a month, against the series that carries the forecast, float64[s, s]."""
        own = self.correlation * np.outer(self.volatility, self.volatility)
        return np.asarray(own + self.common_volatility**2)

    @property
    def level_error(self) -> Floats:
        """Sd of the error of each segment's level at `as_of` against the market, float64[s].

        It is common to all units of the segment. Nought where none was sold: what is then not
        known belongs to each unit.
        """
        return np.where(self.months > 0, self.level_sd, 0.0)

    def mean_change(self, segment: NDArray[np.int64], months: Floats) -> Floats:
        """Expected change of each segment since `as_of`, after so many months each."""
        return np.asarray((self.drift[segment] + self.common_drift) * months)

    def variance_of_change(self, segment: NDArray[np.int64], months: Floats) -> Floats:
        """Variance of that change: of the steps, and of what is not known of the drift."""
        return np.asarray(
            self.common_variance(months)
            + self.volatility[segment] ** 2 * months
            + (self.drift_sd[segment] * months) ** 2
        )

    def common_variance(self, months: Floats) -> Floats:
        """Part of it that all segments share."""
        return np.asarray(self.common_volatility**2 * months)


def drift_priors(names: Sequence[str]) -> tuple[Floats, Floats]:
    """Mean and sd of a month's drift of each segment before any sale is seen.

    Parameters
    ----------
    names : sequence of str
        Segments or powertrains; known words for electric and hybrid drive have priors of their
        own, all others expect to move with the market.

    Returns
    -------
    mean, sd : float64[s]

    Notes
    -----
    For electric vehicles the drift stands for the whole gap in five-year losses (59 % against 46 %
    of all, United States 2025), on top of an age curve that all share; hybrids lose less (41 %).
    No figure is known for plug-in hybrids: only their drift's sd is wider.
    """
    mean, sd = np.zeros(len(names)), np.full(len(names), _DRIFT_SD)
    for place, name in enumerate(names):
        kind = kind_of(name)
        if kind is not None:
            mean[place], sd[place] = _KIND_DRIFT[kind], _POWERTRAIN_SD
    return mean, sd


def segment_indices(
    residual: Floats,
    day: Days,
    segment: NDArray[np.int64],
    weight: Floats,
    as_of: int,
    names: Sequence[str],
    expected_volatility: float,
    outside: Floats | None = None,
    outside_sd: float = 0.005,
    common_drift: float = 0.0,
) -> SegmentIndices:
    """Estimate indices of segments from the residuals of sales.

    Parameters
    ----------
    residual : float64[n]
        ln price less all that the equation of values and the market's level explain.
    day : int64[n]
        Days since 1970-01-01; sales after `as_of` are not read.
    segment : int64[n]
        Place in `names`, or -1 for none.
    weight : float64[n]
        1 / variance of each residual. Rows that are not finite, or weigh nothing, are not read.
    as_of : int
    names : sequence of str
        s segments; see `drift_priors` for the names that matter.
    expected_volatility : float
        Sd of a month's step where there are no sales.
    outside : float64[s, months], optional
        Outside series over the market's, oldest first, the last month ending with `as_of`; NaN
        where no value was released by then. See `residual.segment_blocks.with_outside`.
    outside_sd : float, optional
        Sd of the error of an outside value.
    common_drift : float, optional
        Expected drift of the market of the sales itself, which priors of segments do not have.

    Notes
    -----
    Each segment is a walk with drift against the market, seen through the mean residual of each
    month (`residual.segment_filter`). Its volatility is drawn from a log-normal around one that
    all segments share; that, and the error common to the sales of a month, are summed over a grid
    by their marginal likelihood. So a segment with few sales stays with the market, and its
    volatility with that of the others.
    """
    rows = _readable(residual, day, segment, weight, as_of)
    count = len(names)
    block = month_blocks(day[rows], as_of)
    mean, precision = block_means(residual[rows], block, segment[rows], weight[rows], count)
    months = np.count_nonzero(precision, axis=1)
    if outside is not None:
        reach = max(mean.shape[1], outside.shape[1])
        mean, precision = _to(mean, reach, 0.0), _to(precision, reach, 0.0)
        mean, precision = with_outside(mean, precision, _to(outside, reach, np.nan), outside_sd)
    drift, drift_sd = drift_priors(names)
    drift = drift - common_drift
    step, passing = (grid.ravel() for grid in np.meshgrid(_STEPS, _PASSING, indexing="ij"))
    found = filter_walks(mean, precision, step, passing, drift, drift_sd)
    chance = _chances(found.likelihood.reshape(count, len(_STEPS), -1), expected_volatility)
    return _summed(found, chance.reshape(count, -1), step, months)


def _readable(
    residual: Floats, day: Days, segment: NDArray[np.int64], weight: Floats, as_of: int
) -> NDArray[np.int64]:
    sound = np.isfinite(residual) & np.isfinite(weight) & (weight > 0.0)
    return np.flatnonzero(sound & (day <= as_of) & (segment >= 0))


def _to(cells: Floats, months: int, filler: float) -> Floats:
    """Cells with months put in front, that all tables begin in the same one."""
    return np.pad(cells, ((0, 0), (months - cells.shape[1], 0)), constant_values=filler)


def _chances(likelihood: Floats, expected: float) -> Floats:
    """Posterior probability of each step and passing error, a table for each segment."""
    log_step = np.log(_STEPS)
    gap = (log_step[None, :] - log_step[:, None]) / _LIKENESS
    like = np.exp(-0.5 * gap**2)
    like /= like.sum(axis=1, keepdims=True)
    top = likelihood.max(axis=1, keepdims=True)
    own = like[None, :, :, None] * np.exp(likelihood - top)[:, None, :, :]
    evidence = own.sum(axis=2)
    prior = -0.5 * ((log_step - np.log(max(expected, float(_STEPS[0])))) / _PRIOR_SD) ** 2
    total = (np.log(evidence) + top).sum(axis=0) + prior[:, None]
    common = np.exp(total - total.max())
    common /= common.sum()
    return np.asarray((common[None, :, None, :] * own / evidence[:, :, None, :]).sum(axis=1))


def _summed(
    found: Filtered, chance: Floats, step: Floats, months: NDArray[np.int64]
) -> SegmentIndices:
    """Moments over the grid, at the end of the last month instead of its middle."""
    level = found.level + 0.5 * found.drift
    spread = found.level_variance + found.covariance + 0.25 * found.drift_variance + 0.5 * step**2
    mean, variance = _moments(level, spread, chance)
    drift, drift_variance = _moments(found.drift, found.drift_variance, chance)
    best = (np.arange(len(chance)), slice(None), chance.argmax(axis=1))
    told = told_share(step[best[2]], found.spread[best], found.gain[best])
    return SegmentIndices(
        mean,
        np.sqrt(variance),
        drift,
        np.sqrt(drift_variance),
        np.exp(chance @ np.log(step)),
        shrunk_correlation(found.innovation[best], told),
        months,
    )


def _moments(mean: Floats, variance: Floats, chance: Floats) -> tuple[Floats, Floats]:
    middle = (chance * mean).sum(axis=1)
    return middle, (chance * (variance + (mean - middle[:, None]) ** 2)).sum(axis=1)
