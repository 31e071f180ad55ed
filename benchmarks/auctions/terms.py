"""Terms of an auction lane, and what the reserve kernel makes of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from scipy.stats import norm

from _core import reserves
from benchmarks.auctions.bidders import NEVER, Floats

#: Nodes of a normal market, and the width of one that does not move.
_MARKET_NODES: Final = 14
_STILL: Final = 1e-9
#: Moves that reserves are chosen with.
_MOVES: Final = 32


@dataclass(frozen=True, slots=True)
class Terms:
    """One unit on offer; money in units of its value at the first run.

    Attributes
    ----------
    arrival, spread : float
        Mean number of bidders; standard deviation of their log values.
    unit_scale, factor_scale : float
        Scale of the unit's own shock, and standard deviation of the market's log deviation.
    fee_rate, fee_sale, fee_no_sale : float
    step_log_value, step_discount, step_cost : float
        From one run to the next.
    fallback : float
        What the trade pays for a unit that no run sold, as a share of its value then.
    tiers : tuple of (float, float, float)
        Further tiers of the fee of a sale: above which price, money, share of the whole price.
    accept_level, accept_slope : float
        Log odds that the seller takes a bid which just misses the reserve, never below -40, and
        their change with ln(bid / reserve).
    """

    arrival: float
    spread: float
    unit_scale: float = 0.0
    factor_scale: float = 0.0
    fee_rate: float = 0.0
    fee_sale: float = 0.0
    fee_no_sale: float = 0.0
    step_log_value: float = 0.0
    step_discount: float = 1.0
    step_cost: float = 0.0
    fallback: float = 0.85
    tiers: tuple[tuple[float, float, float], ...] = ()
    accept_level: float = -99.0
    accept_slope: float = 0.0

    @property
    def kind(self) -> str:
        """What is unusual about the terms, in a word."""
        return "tiers" if self.tiers else "haggles" if self.accept_level > NEVER else ""

    @property
    def schedule(self) -> Floats:
        """Thresholds, money and shares of the tiers of the fee of a sale, float64[3, J]."""
        return np.array([(0.0, self.fee_sale, self.fee_rate), *self.tiers]).T.copy()

    def sold(self, price: Floats) -> Floats:
        """Net proceeds of lots sold at a price."""
        above, fixed, rate = self.schedule
        tier = np.maximum(np.searchsorted(above, price) - 1, 0)
        return np.asarray((1.0 - rate[tier]) * price - fixed[tier])

    def unsold(self, worth: Floats) -> Floats:
        """Net worth of lots that did not sell, given what they are worth at the next run."""
        return self.step_discount * (worth - self.step_cost) - self.fee_no_sale


def _moves() -> Floats:
    """Equally likely draws of a standard normal, in order, float64[1, q]."""
    return np.asarray(norm.ppf((np.arange(_MOVES) + 0.5) / _MOVES))[None]


def policy(
    terms: Terms, runs: int, shock: Floats, weight: Floats, tilt: float = 1.0
) -> tuple[Floats, float]:
    """Ask the kernel for its reserves, and for what they earn on the mean.

    Parameters
    ----------
    terms : Terms
    runs : int
    shock, weight : float64[u]
        Quadrature of the unit's shock.
    tilt : float
        Share of the best reserves that is asked.

    Returns
    -------
    reserve : float64[runs]
    net : float
    """
    one = np.ones(1)
    # Values at the nodes of a normal market, not coefficients: their weighted sum is the mean.
    node, share = np.polynomial.hermite_e.hermegauss(_MARKET_NODES)
    rows = asdict(terms)
    for name in ("fee_rate", "fee_sale", "fee_no_sale", "tiers"):
        del rows[name]
    above, fixed, rate = terms.schedule
    nothing = np.zeros((1, 1))
    half_width = max(rows.pop("factor_scale") * float(node.max()), _STILL)
    reserve, at_nodes, *_ = reserves.auction_policy(
        **{name: value * one for name, value in rows.items()},
        log_value=np.zeros(1), tilt=tilt * one, floor_price=np.zeros(1),
        largest_payout=np.full(1, np.inf),
        fees=np.zeros(1, dtype=np.intp), sale_above=above[None], sale_fixed=fixed[None],
        sale_rate=rate[None], unsold_above=nothing, unsold_fixed=nothing + terms.fee_no_sale,
        unsold_rate=nothing, group=np.zeros(1, dtype=np.intp), half_width=np.full(1, half_width),
        mean_weight=share[None] / share.sum(), move=half_width / node.max() * _moves(),
        node=node / node.max(), interpolation=np.eye(_MARKET_NODES), shock=shock[None],
        weight=weight, shape=np.zeros(1, dtype=np.intp), runs=runs,
    )  # fmt: skip
    return reserve[0], float(at_nodes[0] @ share / share.sum())
