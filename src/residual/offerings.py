"""First offerings of the past, placed against the hammer foretold: what a likelihood can use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days, ages
from residual.lots import Lots
from residual.standing import AT_RESERVE, standing_bids

if TYPE_CHECKING:
    from residual.model import ResidualModel

#: Fewer first offerings with a reserve, no-sales among them, or counted bids say nothing.
FEWEST_OFFERINGS: Final = 200
FEWEST_NO_SALES: Final = 30
#: More rows than this are thinned evenly: they tell the same more slowly.
MOST_OFFERINGS: Final = 6000
#: Where more went unsold, or at the reserve, a hammer without a reserve may be either.
_MOST_HELD: Final = 0.05
#: Where refused bids of fewer are known, those below the reserve that were taken are a selection.
_TOLD: Final = 0.9
#: More bidders than this are no count.
_MOST_BIDDERS: Final = 500.0
#: A reserve so many scales below the hammer foretold is none.
_NO_RESERVE: Final = -6.0
_PRIOR_LOTS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Offerings:
    """Lots for `residual.bidding`, and what else is needed to use what they tell.

    Attributes
    ----------
    lots : Lots
    venues : list of str
        Names behind `lots.venue`.
    scale : float64[n]
        Of each lot's ln hammer.
    no_sales, at_reserve, counted, below : int
        Lots that stayed unsold, went at the reserve, tell their bidders, went below the reserve.
    sealed : dict of int
        Lots by venue of sealed bids.
    """

    lots: Lots
    venues: list[str]
    scale: Floats
    no_sales: int
    at_reserve: int
    counted: int
    below: int
    sealed: dict[str, int]


def past_offerings(
    model: ResidualModel, sales: pl.DataFrame, sealed: Collection[str] = ()
) -> Offerings | str:
    """Lots that tell how bidders and sellers behave, or the reason why there are none.

    Parameters
    ----------
    model : ResidualModel
    sales : polars.DataFrame
        All offerings.
    sealed : collection of str, optional
        Venues, tidied, where the highest of sealed bids is the price.
    """
    rows, days = _first(sales, model.as_of)
    if not {"reserve", "bidders"} & set(sales.columns):
        return "no reserves and no numbers of bidders"
    if rows.height < FEWEST_OFFERINGS:
        return "too few first offerings at auctions"
    place = model.locate(rows, days)
    names = _names(rows)
    location = place.log_hammer + model.venue_log_factor(names)
    venues, code = np.unique([name or "" for name in names], return_inverse=True)
    of = _Outcomes(rows, location, place.scale, code, np.isin(venues, sorted(sealed))[code])
    x, exact, held, unsold = of.reserve, of.exact, of.held, of.unsold
    bidders = _believed(_numbers(rows, "bidders"), of.fewest)
    bidders = np.where(_told_by(np.isfinite(bidders) & of.sold, code), bidders, np.nan)
    if np.count_nonzero(of.asked) >= FEWEST_OFFERINGS and of.missed >= FEWEST_NO_SALES:
        used = unsold | held | of.below | of.blind | (exact & (of.asked | of.free))
        used &= ~_sold_alone(of.asked, unsold, held, code)
        if np.count_nonzero(used & exact) < FEWEST_NO_SALES:
            return "hardly a lot that sold above its reserve"
    else:
        lost = np.count_nonzero(~of.sold) + np.count_nonzero(held)
        if lost > _MOST_HELD * rows.height:
            return "sold lots alone, or no reserves beside no-sales"
        used = exact & np.isfinite(bidders)
        if np.count_nonzero(used) < FEWEST_OFFERINGS:
            return "too few lots with a reserve and no-sales among them, or with bidders counted"
        x = np.full(len(x), np.nan)
    drawn, usual = _drawn(np.where(used, bidders, np.nan), code, rows)
    lots = Lots(of.bound, x, of.above, exact | of.second, of.blind, bidders, drawn, usual, code)
    at = np.flatnonzero(used)

    def count(some: NDArray[np.bool_]) -> int:
        return int(np.count_nonzero(some[at]))

    told = np.bincount(code[at[of.sealed[at]]], minlength=len(venues)).tolist()
    own = {name: lots for name, lots in zip(venues.tolist(), told, strict=True) if lots}
    return Offerings(
        lots.take(at), venues.tolist(), place.scale[at], count(unsold), count(held),
        count(np.isfinite(bidders)), count(of.below), own,
    )  # fmt: skip


class _Outcomes:
    """How offerings ended; logs against the hammer foretold, in units of each row's scale.

    Notes
    -----
    A lot of an open auction that was sold below its reserve had no bidder who met it, and its
    second highest at the bid that stood. Which of such bids are taken hangs on how high they are:
    they count as they are where those that were refused are known as well, and else as a reserve
    that was missed, as a no-sale does. The price of sealed bids is the highest bidder's own, and
    less than the unit is worth to him: such lots tell whether the reserve was met.
    """

    def __init__(
        self,
        rows: pl.DataFrame,
        location: Floats,
        scale: Floats,
        venue: NDArray[np.int64],
        sealed: NDArray[np.bool_],
    ) -> None:
        self.sold = (rows["_outcome"] == "sold").to_numpy()
        price = np.where(self.sold, _numbers(rows, "price"), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            reserve, hammer = np.log(_numbers(rows, "reserve")), np.log(price)
        x = (reserve - location) / scale
        self.free = np.isfinite(_numbers(rows, "reserve")) & (x < _NO_RESERVE) & ~sealed
        x[~np.isfinite(x) | (x < _NO_RESERVE)] = np.nan
        self.reserve, self.asked = x, np.isfinite(x)
        standing = standing_bids(rows)
        with np.errstate(invalid="ignore"):
            low = self.asked & self.sold & (hammer < reserve - AT_RESERVE)
            met = self.asked & self.sold & ~low
            self.held = met & ~sealed & (hammer <= reserve + AT_RESERVE)
        self.below = low & standing.taken
        self.unsold = self.asked & ~self.sold
        self.exact = self.sold & ~self.held & ~low & ~sealed
        self.blind = met & sealed
        self.sealed = (self.unsold | self.below | self.blind) & sealed
        haggles = np.bincount(venue, weights=self.below)[venue] > 0.0
        self.second = (self.below | (self.unsold & haggles)) & ~sealed
        self.second &= np.isfinite(standing.log_bid) & standing.told(venue, _TOLD)
        self.above = self.sold & ~low
        z = (np.where(self.second, standing.log_bid, hammer) - location) / scale
        self.bound = np.where(self.exact | self.second, z, x)

    @property
    def missed(self) -> int:
        """Lots whose bids missed the reserve."""
        return int(np.count_nonzero(self.unsold | self.below))

    @property
    def fewest(self) -> Floats:
        """Bidders that each lot must have had."""
        one, two = self.held | self.blind | self.below, self.exact | self.second
        return np.asarray(np.maximum(1.0 * one, 2.0 * two))


def _first(sales: pl.DataFrame, as_of: dt.date) -> tuple[pl.DataFrame, Days]:
    """First auction offerings by as_of, thinned, in an order of their own, and their dates."""
    have = set(sales.columns)
    closed = pl.col("offered_on")
    if "closed_on" in have:
        closed = pl.coalesce("closed_on", "offered_on")
    outcome = pl.col("outcome").fill_null("sold") if "outcome" in have else pl.lit("sold")
    wanted = pl.lit(value=True)
    if "run" in have:
        wanted = pl.col("run").fill_null(1) == 1
    if "channel" in have:
        wanted &= pl.col("channel").fill_null("auction") == "auction"
    rows = sales.with_columns(outcome.alias("_outcome")).filter(
        wanted, pl.col("_outcome").is_in(("sold", "no-sale")), closed <= as_of
    )
    order = ("offered_on", "sale_id", "make", "model", "price", "reserve", "odometer", "bidders")
    rows = rows.sort([name for name in order if name in have], maintain_order=True)
    if rows.height > MOST_OFFERINGS:
        rows = rows[np.linspace(0, rows.height - 1, MOST_OFFERINGS).astype(np.int64)]
    days = rows["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    known = np.isfinite(ages(rows, days))
    return rows.filter(pl.Series(known)), days[known]


def _numbers(rows: pl.DataFrame, column: str) -> Floats:
    if column not in rows.columns:
        return np.full(rows.height, np.nan)
    return rows[column].cast(pl.Float64).fill_null(np.nan).to_numpy().copy()


def _believed(bidders: Floats, fewest: Floats) -> Floats:
    """Counts of bidders, NaN where they cannot be: fewer than a lot's outcome needs, or crowds."""
    with np.errstate(invalid="ignore"):
        return np.where((bidders >= fewest) & (bidders <= _MOST_BIDDERS), bidders, np.nan)


def _told_by(lots: NDArray[np.bool_], venue: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the venue of each lot has any of some lots.

    Houses that put down a nought for every unsold lot have not counted.
    """
    return np.asarray(np.bincount(venue, weights=lots)[venue] > 0.0)


def _sold_alone(
    asked: NDArray[np.bool_],
    unsold: NDArray[np.bool_],
    held: NDArray[np.bool_],
    venue: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether the file lacks the no-sales of the venue of each lot: reserves held some of many."""
    lots, kept, lost = (np.bincount(venue, weights=some) for some in (asked, held, unsold))
    bare = (lots >= FEWEST_NO_SALES) & (lost == 0.0) & (kept > _MOST_HELD * lots)
    return np.asarray(bare[venue])


def _names(rows: pl.DataFrame) -> list[str | None]:
    if "venue_id" not in rows.columns:
        return [None] * rows.height
    return rows["venue_id"].cast(pl.String).str.strip_chars().str.to_lowercase().to_list()


def _drawn(bidders: Floats, venue: NDArray[np.int64], rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Tell ln(1 + bidders): the lot's own part, and that of its model; 0 if not known.

    A venue's part is left to its own effects.
    """
    log = np.log1p(bidders)
    known = np.isfinite(log)
    left = np.where(known, log - _means(log, known, venue, 0.0)[venue], 0.0)
    name = (rows["make"].cast(pl.String) + " " + rows["model"].cast(pl.String)).to_numpy()
    model = np.unique(name.astype(str), return_inverse=True)[1]
    usual = np.where(known, _means(left, known, model, _PRIOR_LOTS)[model], 0.0)
    return np.where(known, left - usual, 0.0), usual


def _means(
    values: Floats, known: NDArray[np.bool_], code: NDArray[np.int64], prior: float
) -> Floats:
    total = np.bincount(code[known], weights=values[known], minlength=int(code.max()) + 1)
    rows = np.bincount(code[known], minlength=int(code.max()) + 1)
    return np.asarray(total / np.maximum(rows + prior, 1.0))
