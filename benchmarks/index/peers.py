"""Three usual forecasts of a log level, each fitted on the past alone, with normal densities."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Order = tuple[int, int, str]

ORDERS: tuple[Order, ...] = tuple(product(range(4), range(3), ("n", "t")))
TRENDS = ((None, False), ("add", False), ("add", True))


@dataclass(frozen=True)
class Normal:
    """Normal densities of the change over 1, 2, ... months."""

    mean: Floats
    sd: Floats


def random_walk(level: Floats, months: int) -> Normal:
    """No drift; the mean square of past changes, growing in proportion to the months."""
    ahead = np.arange(1, months + 1)
    return Normal(np.zeros(months), np.sqrt(ahead * np.mean(np.diff(level) ** 2)))


def ets(level: Floats, months: int) -> Normal:
    """Additive errors; no, a linear or a damped trend, by AIC."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    series = pd.Series(level)
    fits = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for trend, damped in TRENDS:
            model = ETSModel(series, error="add", trend=trend, damped_trend=damped)
            fits.append(model.fit(disp=False, maxiter=500))
        best = min(fits, key=lambda fit: fit.aic)
        ahead = best.get_prediction(start=len(level), end=len(level) + months - 1)
    mean = np.asarray(ahead.predicted_mean) - level[-1]
    return Normal(mean, np.sqrt(np.asarray(ahead.forecast_variance)))


@dataclass
class Arima:
    """ARIMA(p, 1, q), p to 3 and q to 2, with drift or without.

    The order is picked by AIC at the first origin of each year, the coefficients at every one.
    """

    _picked: dict[int, Order] = field(default_factory=dict)

    def __call__(self, level: Floats, months: int, year: int) -> Normal:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if year not in self._picked:
                self._picked[year] = self._pick(level)
            ahead = self._fit(level, self._picked[year]).get_forecast(months)
        mean = np.asarray(ahead.predicted_mean) - level[-1]
        return Normal(mean, np.sqrt(np.asarray(ahead.var_pred_mean)))

    def _pick(self, level: Floats) -> Order:
        scores = {}
        for order in ORDERS:
            try:
                scores[order] = self._fit(level, order).aic
            except np.linalg.LinAlgError:
                continue  # an order that cannot be estimated is no candidate
        return min(scores, key=lambda order: (not np.isfinite(scores[order]), scores[order]))

    @staticmethod
    def _fit(level: Floats, order: Order) -> Any:
        from statsmodels.tsa.arima.model import ARIMA

        p, q, trend = order
        model = ARIMA(level, order=(p, 1, q), trend=trend)
        return model.fit(method_kwargs={"maxiter": 200})
