"""The stated priors of the value model: what stands in where the data cannot tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Priors:
    """Everything the model assumes rather than measures.

    Parameters
    ----------
    bidder_spread_share : float
        Sigma of bidders' ln values around V as a share of the total scale of ln hammer.
        Assumed; without bidder records the split is not identified. In [0, 1).
    reference_bidders : float
        Mean number of bidders behind a past hammer price, Poisson. Assumed.
    monthly_market_volatility : float
        Sd of one month's change of the ln market level where no outside index is given: the
        median of what is expected before the sales themselves show it. Assumed; monthly changes
        of US used-car price indices run at 0.01 to 0.02.
    monthly_segment_volatility : float
        Sd of one month's change of a segment against the market, and of the market of the sales
        against an outside index: the median of what is expected before the sales show it. Assumed.
    monthly_scrap_volatility : float
        Sd of one month's change of ln scrap price where no series is given. Assumed.
    level_error : float
        Sd of the error of today's market level beyond what the sales can show. Assumed.
    scrap_market_correlation : float
        Correlation of monthly scrap and market changes where not measured. Assumed.
    student_dof : float
        Degrees of freedom of the robust likelihood and of the factor shocks. Assumed.
    price_response : float
        Change of the ln of a listed unit's daily chance of a sale per unit of the ln of its asking
        price, below -0.5; joined with what dated new prices show. Assumed.
    minimum_group_rows : int
        Segment groups with fewer past sales are pooled as "other". Assumed.
    unadjusted : tuple of str
        Outside series known not to be seasonally adjusted: a season is estimated from four
        years of them on. Every other series counts as adjusted and gets none.
    market_series : str or None
        Outside series that carries the market level; None takes the series named "market",
        or the only one that is not scrap.
    """

    bidder_spread_share: float = 0.6
    reference_bidders: float = 6.0
    monthly_market_volatility: float = 0.015
    monthly_segment_volatility: float = 0.006
    monthly_scrap_volatility: float = 0.06
    level_error: float = 0.01
    scrap_market_correlation: float = 0.2
    student_dof: float = 5.0
    price_response: float = -4.0
    minimum_group_rows: int = 200
    unadjusted: tuple[str, ...] = ()
    market_series: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{field.name} must be finite, not {value}")
        if not 0.0 <= self.bidder_spread_share < 1.0:
            raise ValueError("bidder_spread_share must lie in [0, 1)")
        if self.reference_bidders <= 0.0:
            raise ValueError("reference_bidders must be above zero")
        if self.student_dof <= 2.0:
            raise ValueError("student_dof must be above 2, or shocks have no variance")
        if not -1.0 < self.scrap_market_correlation < 1.0:
            raise ValueError("scrap_market_correlation must lie in (-1, 1)")
        if self.price_response >= -0.5:
            raise ValueError("price_response must be below -0.5: dearer units sell more slowly")
        for name in (
            "monthly_market_volatility",
            "monthly_segment_volatility",
            "monthly_scrap_volatility",
            "level_error",
        ):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1]")
        if self.minimum_group_rows < 1:
            raise ValueError("minimum_group_rows must be at least 1")
