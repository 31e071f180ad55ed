"""How bidders and sellers behaved in past offerings, and so where values lie below hammers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.distribution import HammerShape, fit_shape, second_highest_moments
from residual.information import PRIOR_SD
from residual.likeliest import MIDDLE, Likeliest, most_likely, start
from residual.lots import NAMES
from residual.offerings import FEWEST_OFFERINGS, Offerings, past_offerings
from residual.priors import Priors

if TYPE_CHECKING:
    from residual.features import Days
    from residual.model import ResidualModel

#: A stated share below this, near enough no spread of bidders, is taken as it is.
_LEAST_SHARE: Final = 0.05
_MOST_SHARE: Final = 0.95
_SHIFTS: Final = (-1.0, 3.0)
#: A share known no better than by this part of its prior's sd is not told by the lots.
_HARDLY: Final = 0.6
#: Errors are raised by this for what the likelihood takes as known, the scale and the shape of
#: hammers: measured over simulated files.
_TAKEN_AS_KNOWN: Final = 1.3
#: Sales from which the typical scale is read.
_SOME: Final = 200


@dataclass(frozen=True, slots=True)
class Bidding:
    """What splits a hammer into the value, its bidders and its seller.

    Attributes
    ----------
    missing : str
        What the sales have too little of to tell, empty where they tell.
    share, share_error : float
        Sigma of bidders' ln values as a share of the scale of ln hammer, and its standard error.
    bidders : float
        Mean number of bidders behind a hammer price.
    uncounted : float
        The same where nobody counted them, as the lots themselves tell.
    shift, shift_error : float
        How far values lie below what sold hammers say, in units of a unit's scale.
    unit_ratio : float
        Scale of a unit's shock over that of its ln hammer: more than `HammerShape` has where
        sellers keep the low ones, as a sold hammer strays less than a value.
    known, known_error : float
        Part of a unit's own shock that sellers know when they set the reserve.
    asked, strays : float
        Where reserves lie against the hammer foretold, in units of a unit's scale, and the sd of
        what they are set by beside the unit.
    drawn, drawn_error : float
        What values rise by with the ln of the bidders that a lot draws, beyond its model's.
    worth : dict of float
        By venue, how much higher values lie against hammers there, ln, its bidders being what
        they were.
    hidden : dict of float
        By venue, share of its lots whose bidders nobody counted.
    scale : float
        Typical scale of ln hammer.
    lots, no_sales, at_reserve, counted, below : int
        Lots that told, those unsold, those sold at the reserve, those with their bidders, those
        sold below the reserve.
    sealed : dict of int
        Lots that told, by venue where the highest of sealed bids is the price.
    settled : bool
        Whether the search for the likeliest numbers ended.
    """

    missing: str
    share: float
    share_error: float
    bidders: float
    uncounted: float
    shift: float
    shift_error: float
    unit_ratio: float
    known: float
    known_error: float
    asked: float
    strays: float
    drawn: float
    drawn_error: float
    worth: dict[str, float]
    hidden: dict[str, float]
    scale: float
    lots: int
    no_sales: int
    at_reserve: int
    counted: int
    below: int
    sealed: dict[str, int]
    settled: bool

    @property
    def identified(self) -> bool:
        """Whether the lots, not the prior, tell how bidders and the unit share the spread."""
        return self.lots > 0 and self.share_error < _HARDLY * PRIOR_SD[2] * self.share

    def words(self) -> list[str]:
        """Tell in a few lines what was found."""
        if not self.lots:
            share = f"{self.share:.2f}"
            return [f"bidders: share {share} of the spread is assumed, as there are {self.missing}"]
        hardly = "" if self.identified else ", hardly told by the lots"
        share = f"share {self.share:.2f} of the spread, error {self.share_error:.2f}{hardly}"
        lots = f"{self.lots:,} first offerings: {self.no_sales:,} unsold, "
        lots += f"{self.at_reserve:,} sold at the reserve, {self.counted:,} with bidders counted"
        lots += f", {self.below:,} sold below the reserve" if self.below else ""
        lines = [f"bidders: {share}; {self.bidders:.1f} a lot", f"bidding told by {lots}"]
        if sum(self.sealed.values()):
            sealed = f"{sum(self.sealed.values()):,} lots of sealed bids"
            lines.append(f"{sealed} tell by whether they met their reserve, not by their price")
        if self.no_sales + self.below:
            shift = f"{self.shift:.2f} scales below sold hammers, error {self.shift_error:.2f}"
            known = f"sellers know {self.known:.0%} of a unit's own shock"
            lines.append(f"values: {shift}; {known}")
        if abs(self.drawn) > 2.0 * self.drawn_error:
            lines.append(
                f"lots that draw more bidders: values {self.drawn:+.2f} scales higher per e-fold, "
                f"error {self.drawn_error:.2f}; the share leaves that out"
            )
        if not self.settled:
            lines.append("the search for the bidding that fits best did not end")
        return lines


def with_bidding(
    model: ResidualModel,
    sales: pl.DataFrame,
    used: pl.DataFrame,
    days: Days,
    standardised: Floats,
    sealed: Collection[str] = (),
) -> ResidualModel:
    """Split the hammers of a model as its past offerings tell.

    Parameters
    ----------
    model : ResidualModel
        Its shape holds the prior share.
    sales : polars.DataFrame
        All offerings.
    used : polars.DataFrame
        Sold rows that the model learnt from, and their days.
    days : int64[n]
    standardised : float64[n]
        Out-of-sample ln residuals of sold hammers over their scale, their skew taken out.
    sealed : collection of str, optional
        Venues where the highest of sealed bids is the price.
    """
    closed = frozenset(name.strip().lower() for name in sealed)
    offered = past_offerings(model, sales, closed)
    if isinstance(offered, str):
        some = np.unique(np.linspace(0, len(days) - 1, _SOME).astype(np.int64))
        scale = float(np.median(model.locate(used[some], days[some]).scale))
        bidding = assumed(model.priors, model.shape, scale, offered)
        return replace(model, bidding=replace(bidding, sealed=dict.fromkeys(sorted(closed), 0)))
    bidding, shape = bidding_of(offered, model.shape, standardised, model.priors)
    told = {venue: offered.sealed.get(venue, 0) for venue in sorted(closed)}
    return replace(model, bidding=replace(bidding, sealed=told), shape=shape)


def assumed(priors: Priors, shape: HammerShape, scale: float, missing: str) -> Bidding:
    """What stands where no lots tell: the priors."""
    share = shape.bidder_share
    return Bidding(
        missing, share, PRIOR_SD[2] * share, priors.reference_bidders, priors.reference_bidders,
        0.0, 0.0, shape.unit_ratio, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, {}, {}, scale, 0, 0, 0, 0, 0, {},
        True,
    )  # fmt: skip


def bidding_of(
    offered: Offerings, shape: HammerShape, standardised: Floats, priors: Priors
) -> tuple[Bidding, HammerShape]:
    """Numbers of bidding of greatest posterior density, and the shape of hammers they give.

    Parameters
    ----------
    offered : Offerings
    shape : HammerShape
        With the prior share: where the search begins.
    standardised : float64[n]
        Out-of-sample ln residuals of sold hammers over their scale, their skew taken out.
    priors : Priors
    """
    bidders = priors.reference_bidders
    if offered.counted >= FEWEST_OFFERINGS:
        bidders = float(np.nanmean(offered.lots.bidders))
    share = max(priors.bidder_spread_share, _LEAST_SHARE)
    shift, _ = second_highest_moments(bidders)
    found = most_likely(offered.lots, start(share, shape.unit_ratio, bidders, shift), shape.shock)
    share = priors.bidder_spread_share
    if share >= _LEAST_SHARE:
        share = float(np.clip(np.exp(found.numbers[2]), _LEAST_SHARE, _MOST_SHARE))
    if offered.counted < FEWEST_OFFERINGS:
        bidders = float(np.exp(found.numbers[-1]))
    shape = fit_shape(standardised, share, bidders, priors.student_dof, shape.skews)
    return _bidding(offered, found, shape, bidders)


def _bidding(
    offered: Offerings, found: Likeliest, shape: HammerShape, bidders: float
) -> tuple[Bidding, HammerShape]:
    lots = offered.lots
    number = dict(zip(NAMES, found.numbers.tolist(), strict=True))
    errors = (_TAKEN_AS_KNOWN * found.errors).tolist()
    error = dict(zip(NAMES, errors, strict=True))
    size = np.maximum(np.bincount(lots.venue, minlength=lots.venues), 1)
    scale = np.bincount(lots.venue, weights=offered.scale, minlength=lots.venues) / size
    blank = np.isnan(lots.bidders)
    hidden = np.bincount(lots.venue, weights=blank, minlength=lots.venues) / size
    asked = offered.no_sales + offered.below > 0
    hammers = shape.shock.quantile(MIDDLE)
    ratio, zero = np.polyfit(hammers, found.quantiles, 1)
    if asked:
        further = (found.quantiles - zero) / ratio - hammers
        values = tuple(shock.bent(MIDDLE, further) for shock in shape.shocks)
        shape = replace(shape, values=values)
    shift = -float(zero) - shape.bidder_share * shape.shift
    bidding = Bidding(
        "",
        shape.bidder_share,
        error["share"] * shape.bidder_share,
        bidders,
        float(np.exp(number["rate"])),
        float(np.clip(shift, *_SHIFTS)) if asked else 0.0,
        _TAKEN_AS_KNOWN * found.value_error if asked else 0.0,
        float(ratio) if asked else shape.unit_ratio,
        number["known"] if asked else 0.0,
        error["known"] if asked else 0.0,
        found.asked if asked else 0.0,
        float(np.exp(number["reserve"])) if asked else 0.0,
        number["drawn"],
        error["drawn"],
        dict(zip(offered.venues, (found.worth * scale).tolist(), strict=True)),
        dict(zip(offered.venues, hidden.tolist(), strict=True)),
        float(np.median(offered.scale)),
        len(lots),
        offered.no_sales,
        offered.at_reserve,
        offered.counted,
        offered.below,
        {},
        found.settled,
    )
    return bidding, shape
