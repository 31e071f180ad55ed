"""What the reserves that the kernel asks earn, beside the best that any search finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from benchmarks.auctions.bidders import Floats
from benchmarks.auctions.search import POINTS, draw, exhaustive, mean_net
from benchmarks.auctions.terms import Terms, policy
from residual.distribution import UnitShock, fit_shape

ARRIVALS: Final = (1.5, 4.0, 9.0)
#: Nodes of the unit's shock, as many as planning takes.
_STRATA: Final = 512


@dataclass(frozen=True, slots=True)
class Regret:
    """One lane: what the kernel's reserves earn, and the best of all combinations.

    Attributes
    ----------
    runs : int
    terms : Terms
    heavy : bool
        Whether units stray further down than up, as those of sales do.
    asked, best : tuple of float
        Reserves of the runs, in units of the median value.
    earns, could : float
        Mean net worth of both on the same lots.
    """

    runs: int
    terms: Terms
    heavy: bool
    asked: tuple[float, ...]
    best: tuple[float, ...]
    earns: float
    could: float

    @property
    def regret(self) -> float:
        """What is lost, as a share of the best."""
        return (self.could - self.earns) / self.could


def regrets(
    lots: int,
    seed: int,
    say: Callable[[str], None],
    points: dict[int, int] | None = None,
    arrivals: tuple[float, ...] = ARRIVALS,
) -> list[Regret]:
    """Search each lane for better reserves than the kernel's, on the same simulated lots.

    Parameters
    ----------
    lots : int
        Simulated for each lane.
    seed : int
    say : callable
        Told of progress.
    points : dict of int to int, optional
        Reserves tried in each run, by the number of runs; `POINTS` if not given.
    arrivals : tuple of float

    Notes
    -----
    The best combination is chosen and scored on the same lots, which favours it: the regret told
    is too large rather than too small.
    """
    rng = np.random.default_rng((seed, 1))
    found = []
    for runs, tried in (points or POINTS).items():
        say(f"reserve policies: {runs} run{'s' * (runs > 1)}, {tried}^{runs} reserves, twice")
        for heavy, terms in _lanes(rng, arrivals):
            shock = _shock(heavy)
            drawn = draw(rng, terms, runs, shock.quantile(rng.random(lots)))
            best, could = exhaustive(drawn, terms, tried)
            asked, _ = policy(terms, runs, *_nodes(shock))
            earns = float(mean_net(drawn, terms, list(asked[:, None])).item())
            found.append(
                Regret(runs, terms, heavy, tuple(asked), tuple(best.tolist()), earns, could)
            )
    return found


def _lanes(rng: np.random.Generator, arrivals: tuple[float, ...]) -> Iterator[tuple[bool, Terms]]:
    """Lanes with drawn terms: each number of bidders, units of either kind, and the same with
    fees in tiers and with a seller who haggles."""
    for arrival in arrivals:
        for heavy in (False, True):
            spread, unit, market = rng.uniform((0.05, 0.05, 0.01), (0.3, 0.35, 0.08))
            rate, sale, unsold = rng.uniform(0.0, (0.08, 0.04, 0.01))
            step, discount, cost = rng.uniform((-0.04, 0.985, 0.0), (0.0, 1.0, 0.02))
            fallback = rng.uniform(0.65, 0.95)
            plain = Terms(
                arrival, *(float(x) for x in (spread, unit, market, rate, sale, unsold)),
                *(float(x) for x in (step, discount, cost, fallback)),
            )  # fmt: skip
            yield heavy, plain
            low, high = (float(x) for x in np.sort(rng.uniform(0.7, 1.3, 2)))
            jump, share = (float(x) for x in rng.uniform((0.01, 0.0), (0.06, 0.08)))
            first = float(plain.fee_sale) + plain.fee_rate * low + jump
            rise = max(first, share * high) + jump
            yield (
                heavy,
                replace(plain, tiers=((low, first, 0.0), (high, rise - share * high, share))),
            )
            level, slope = (float(x) for x in rng.uniform((-1.0, 5.0), (3.0, 40.0)))
            yield heavy, replace(plain, accept_level=level, accept_slope=slope)


def _shock(heavy: bool) -> UnitShock:
    """A shape that the value model makes of residuals: normal, or with a fat lower tail."""
    rng = np.random.default_rng(5)
    residuals = rng.standard_normal(20_000)
    if heavy:
        residuals -= 0.7 * (rng.standard_exponential(20_000) - 1.0)
        residuals /= residuals.std()
    return fit_shape(residuals, 0.4, 6.0, 5.0).shock


def _nodes(shock: UnitShock) -> tuple[Floats, Floats]:
    """Means of equally likely strata, as planning takes them."""
    fine = shock.quantile((np.arange(_STRATA * 16) + 0.5) / (_STRATA * 16))
    return fine.reshape(_STRATA, 16).mean(axis=1), np.full(_STRATA, 1.0 / _STRATA)
