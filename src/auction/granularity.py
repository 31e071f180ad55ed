"""The CVaR of a plan on the optimiser's own scenarios, with what the optimiser leaves out put back.

The optimiser knows, for each scenario of the market, what the plan is expected to bring. Three
things make the tail of these means look better than that of the proceeds:

- units and bidders have luck of their own, so that proceeds stray around their mean;
- what follows a run without a sale is quoted at the market of the first run, and that market moves
  on until the next;
- the tail is that of a sample, on which its best point was sought.

The first two are measured by carrying the plan out on some of the same scenarios and put back as
a law around each mean: a normal one with a term for the skewness (Edgeworth's first). For the
first alone this is the granularity adjustment of credit portfolios (Gordy, Journal of Financial
Intermediation 12, 2003; Martin and Wilde, Risk 15, 2002), but for their expansion in the variance:
here the law of the sum is a mixture of as many such laws as there are scenarios, and its tail is
known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from _core import cvar
from auction.evaluate import standard_error
from auction.luck import Luck

_Array = NDArray[np.float64]

#: A spread below this share of the money at stake is none.
_NONE = 1e-12


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrected tail.

    Parameters
    ----------
    cvar : float
        CVaR on the optimiser's scenarios with luck and without the bias of the sample, money.
    standard_error : float
        Of that, money.
    luck : float
        What luck takes off the CVaR of the means, money.
    sampling : float
        What the sample adds to it by itself, taken off as well, money.
    own, common : float
        Standard deviation of what strikes units apart and together, money.
    scenarios : int
        On how many the plan was carried out.
    """

    cvar: float
    standard_error: float
    luck: float
    sampling: float
    own: float
    common: float
    scenarios: int


def corrected(means: _Array, luck: Luck, alpha: float) -> Corrected:
    """Return the corrected CVaR of a plan.

    Parameters
    ----------
    means : float64[n]
        What the optimiser expects in each scenario, hedges included, money.
    luck : Luck
        How proceeds stray from that.
    alpha : float
        Level of the CVaR.

    Notes
    -----
    The CVaR of a sample is the largest value over q of the mean of
    ``q - (q - X)^+ / (1 - alpha)``. The largest value of a mean exceeds the mean at the best q of
    the law by half the variance of its slope over its curvature there, which is
    ``Var(F(q)) / (2 (1 - alpha) f(q))`` with cdf F and density f: the first order of the bias.
    """
    centre, spread = luck.means(means), luck.spreads(means)
    tail = mixture_tail(centre, spread, luck.skews(means), alpha)
    size = float(np.abs(centre).max(initial=0.0))
    still = float(spread.max(initial=0.0)) <= _NONE * size
    bias = 0.0
    if not still and tail.density > 0.0:
        bias = standard_error(tail.below) ** 2 / (2.0 * (1.0 - alpha) * tail.density)
    return Corrected(
        tail.cvar - bias,
        float(np.hypot(standard_error(tail.share), luck.error)),
        float(cvar(means, alpha)[0]) - tail.cvar,
        bias,
        float(np.sqrt(luck.own)),
        float(np.sqrt(luck.common)),
        luck.scenarios,
    )


@dataclass(frozen=True, slots=True)
class Tail:
    """The tail of a mixture of laws.

    Parameters
    ----------
    quantile, cvar : float
        Where the tail begins, and its mean, money.
    density : float
        Of the mixture at the quantile, per money.
    below : float64[n]
        Chance of each law to lie in the tail.
    share : float64[n]
        What each adds to the CVaR; their mean is the CVaR, money.
    """

    quantile: float
    cvar: float
    density: float
    below: _Array
    share: _Array


def mixture_tail(mean: _Array, spread: _Array, skew: _Array, alpha: float) -> Tail:
    """Return the mean of the worst share of a mixture of equally likely, nearly normal laws.

    With z = (q - mean) / spread and skewness g, Edgeworth's first term gives the cdf
    ``Phi(z) - g (z^2 - 1) phi(z) / 6``, and as its integral ``E[(q - X)^+] =
    spread (z Phi(z) + phi(z) (1 + g z / 6))``.

    Parameters
    ----------
    mean, spread, skew : float64[n]
        Of each law, money; where all spreads are 0 it is the tail of the means themselves.
    alpha : float
        The tail has the chance 1 - alpha.
    """
    worst = 1.0 - alpha
    positive = np.maximum(spread, _NONE * max(float(np.abs(mean).max(initial=0.0)), 1.0))
    low = float((mean - 40.0 * positive).min())
    high = float((mean + 40.0 * positive).max())

    def below(q: float) -> tuple[_Array, _Array, _Array]:
        z = (q - mean) / positive
        bell = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        return z, bell, ndtr(z) - skew / 6.0 * (z * z - 1.0) * bell

    def excess(q: float) -> float:
        return float(below(q)[2].mean()) - worst

    quantile = high if alpha == 0.0 else float(brentq(excess, low, high, xtol=1e-9 * (high - low)))
    z, bell, chance = below(quantile)
    short = positive * (z * ndtr(z) + bell * (1.0 + skew * z / 6.0))
    share = quantile - short / worst
    density = bell / positive * (1.0 + skew / 6.0 * (z**3 - 3.0 * z))
    return Tail(quantile, float(share.mean()), float(density.mean()), chance, share)
