"""What the bidders of a lot say of its outcome, given where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from residual.curves import Floats

if TYPE_CHECKING:
    from residual.lots import Lots

#: Half the log of two pi.
HALF_LOG: Final = 0.9189385332046727


@dataclass(frozen=True, slots=True)
class OfBids:
    """Log density of outcomes and its slopes, by lot and by where bidders stand.

    Attributes
    ----------
    log : float64[n, k]
    turn : float64[n, k]
        Slope in t, the reserve moving along.
    stretch, crowd : float64[n, k]
        Slopes in ln share and in ln rate.
    """

    log: Floats
    turn: Floats
    stretch: Floats
    crowd: Floats


def of_bids(lots: Lots, t: Floats, share: float, rate: float) -> OfBids:
    """Tell what independent normal bidders say of each lot.

    Parameters
    ----------
    lots : Lots
    t : float64[n, k]
        `Lots.bound` less where bidders stand, in units of their sd.
    share : float
        Their sd.
    rate : float
        Their mean number where nobody counted them.

    Notes
    -----
    Of N bidders A stand above the bound, C at it and the rest below: ln f = A ln(N best) +
    C ln((N - 1) phi / share) + (N - A - C) ln Phi. Where N is Poisson, rate stands for N and N - 1,
    and -rate (1 - Phi) for the last term. A bidder stands above with best = 1 - Phi, or, where
    bids ended below the reserve, between bound and reserve. Blind lots have ln(1 - Phi^N), or
    ln(1 - exp(-rate (1 - Phi))).
    """
    from scipy.special import log_ndtr

    best, under = log_ndtr(-t), log_ndtr(t)
    density = -0.5 * t**2 - HALF_LOG
    beaten = np.exp(best)
    bend, further = -np.exp(density - best), np.zeros(1)
    missed = np.flatnonzero(lots.exact & ~lots.above)
    if missed.size:
        gap = (lots.reserve - lots.bound)[missed, None] / share
        further = np.zeros_like(t)
        best[missed], bend[missed], further[missed] = _between(t[missed], gap)
    a = (lots.above | lots.exact).astype(np.float64)[:, None]
    c = lots.exact.astype(np.float64)[:, None]
    counted = np.isfinite(lots.bidders)
    number = np.where(counted, lots.bidders, 2.0)[:, None]
    below, hidden = number - a - c, ~counted[:, None]
    log = a * best + c * (density - np.log(share))
    # which of the bidders stands above, and which at the bound
    chosen = a * np.log(np.maximum(number, 1.0)) + c * np.log(np.maximum(number - 1.0, 1.0))
    log += np.where(hidden, (a + c) * np.log(rate) - rate * beaten, below * under + chosen)
    turn = a * bend - c * t
    turn += np.where(hidden, rate * np.exp(density), below * np.exp(density - under))
    crowd = np.where(hidden, a + c - rate * beaten, 0.0)
    blind = np.flatnonzero(lots.blind)
    if blind.size:
        bids = np.where(counted, lots.bidders, np.nan)[blind, None]
        log[blind], turn[blind], crowd[blind] = _met(under[blind], density[blind], bids, rate)
    return OfBids(log, turn, -turn * t - c + further, crowd)


def _between(t: Floats, gap: Floats) -> tuple[Floats, Floats, Floats]:
    """Log chance of t to t + gap, its slope in t, and what a wider spread adds to it beyond t."""
    from scipy.special import log_ndtr

    end = t + gap
    # the lower tail holds its digits
    low, high = np.where(t > 0.0, -end, t), log_ndtr(np.where(t > 0.0, -t, end))
    log = high + np.log1p(-np.exp(log_ndtr(low) - high))
    at_start, at_end = (np.exp(-0.5 * at**2 - HALF_LOG - log) for at in (t, end))
    return log, at_end - at_start, -gap * at_end


def _met(
    under: Floats, density: Floats, bidders: Floats, rate: float
) -> tuple[Floats, Floats, Floats]:
    """Log chance that the highest lies above the bound, its slopes in t and in ln rate."""
    hidden = ~np.isfinite(bidders)
    number = np.where(hidden, 1.0, bidders)
    # ln of the chance that none does
    passing = rate * np.expm1(under)
    none = np.where(hidden, passing, number * under)
    log = np.log(np.maximum(-np.expm1(none), np.finfo(np.float64).tiny))
    odds = np.exp(none - log)
    slope = np.where(hidden, rate * np.exp(density), number * np.exp(density - under))
    return log, -odds * slope, np.where(hidden, -odds * passing, 0.0)
