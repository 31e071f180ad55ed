"""Past listings of dealers as spells: stretches of days on the list at one asking price."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.curves import Floats
from residual.features import Days, ages
from residual.tables import PriceChanges, Sales, with_optional_columns

#: Days since the listing at which the chance of a sale a day may change.
PIECES: Final = np.array([0, 1, 3, 7, 14, 21, 28, 42, 56, 84, 126], dtype=np.int64)

#: Asking prices that are this many times what is expected, or this part of it, are slips.
FAR_OFF: Final = 3.0


@dataclass(frozen=True, slots=True)
class Listings:
    """Past listings of dealers.

    Attributes
    ----------
    frame : polars.DataFrame, n rows
        Rows of sales, sorted by sale_id.
    offered : int64[n]
        Day of the listing, since 1970-01-01.
    length : int64[n]
        Last day that is known, counted from the listing, which is day 0.
    sold : bool[n]
        Whether the unit was sold on that day; else it was withdrawn, or still on offer.
    """

    frame: pl.DataFrame
    offered: Days
    length: Days
    sold: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: NDArray[np.bool_]) -> Listings:
        """Return the chosen listings."""
        frame = self.frame.filter(pl.Series(rows, dtype=pl.Boolean))
        return Listings(frame, self.offered[rows], self.length[rows], self.sold[rows])


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches of days of one listing within one piece of time, at one asking price.

    Attributes
    ----------
    listing : int64[m]
        Place among the listings; never falls.
    piece : int64[m]
        Place in `PIECES`.
    start : int64[m]
        First day of the stretch, counted from the listing.
    survived : float64[m]
        Days without a sale.
    sold : bool[m]
        Whether a sale ended the stretch, on one day more.
    log_cut : float64[m]
        ln of the price asked then over the one asked first.
    """

    listing: NDArray[np.int64]
    piece: NDArray[np.int64]
    start: NDArray[np.int64]
    survived: Floats
    sold: NDArray[np.bool_]
    log_cut: Floats

    @property
    def middle(self) -> Floats:
        """Middle day of each stretch, counted from the listing, float64[m]."""
        return self.start + (self.survived + self.sold) / 2.0


def past_listings(
    sales: pl.DataFrame, price_changes: pl.DataFrame | None, as_of: dt.date
) -> Listings:
    """Listings of dealers whose first asking price and time on the list are known.

    Parameters
    ----------
    sales : polars.DataFrame
        As in `residual.tables.Sales`; rows of channel dealer with a list_price count.
    price_changes : polars.DataFrame or None
        As in `residual.tables.PriceChanges`.
    as_of : datetime.date
        Nothing later is read; what closed later was open then.

    Returns
    -------
    Listings

    Notes
    -----
    A sale without closed_on has no known time and is left out. A unit withdrawn, or not sold,
    was on the list until closed_on, or, where that is not given, at least until its last new
    price. An open one was on the list until `as_of`. A listing that ends without a sale is
    taken to say of its day alone that it came later (independent censoring).
    """
    rows = with_optional_columns(sales, Sales).filter(
        pl.col("channel") == "dealer", _priced("list_price"), pl.col("offered_on") <= as_of
    )
    changed = _changes(price_changes, as_of).group_by("sale_id").agg(pl.col("date").max())
    rows = rows.join(changed.rename({"date": "_changed"}), on="sale_id", how="left")
    outcome = pl.col("outcome").fill_null("sold")
    later = pl.col("closed_on") > as_of
    still = (outcome == "open") | later.fill_null(value=False)
    sold = (outcome == "sold") & ~still
    end = (
        pl.when(still)
        .then(pl.lit(as_of))
        .when(sold)
        .then(pl.col("closed_on"))
        .otherwise(pl.coalesce("closed_on", "_changed", "offered_on"))
    )
    rows = (
        rows.with_columns(_sold=sold, _end=end)
        .filter(pl.col("_end") >= pl.col("offered_on"))
        .sort("sale_id", maintain_order=True)
    )
    offered = rows["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    known = np.isfinite(ages(rows, offered))
    rows, offered = rows.filter(pl.Series(known, dtype=pl.Boolean)), offered[known]
    return Listings(
        rows.drop("_sold", "_end", "_changed"),
        offered,
        rows["_end"].cast(pl.Int32).to_numpy().astype(np.int64) - offered,
        rows["_sold"].to_numpy(),
    )


def spells(listings: Listings, price_changes: pl.DataFrame | None, as_of: dt.date) -> Spells:
    """Cut listings at the pieces of time and at their new prices.

    Of several prices of one day the last in the table counts, from that day on. A price a factor
    of `FAR_OFF` or more from the first one is taken for a slip and does not count.
    """
    first = np.log(listings.frame["list_price"].to_numpy())
    place = pl.DataFrame(
        {"sale_id": listings.frame["sale_id"], "listing": np.arange(len(listings))}
    )
    changes = _changes(price_changes, as_of).join(place, on="sale_id", how="inner")
    row = changes["listing"].to_numpy()
    day = changes["date"].cast(pl.Int32).to_numpy().astype(np.int64) - listings.offered[row]
    cut = np.log(changes["price"].to_numpy()) - first[row]
    known = (day >= 0) & (day <= listings.length[row]) & (np.abs(cut) < np.log(FAR_OFF))
    row, day, cut = row[known], day[known], cut[known]
    begin = [np.zeros(len(listings), dtype=np.int64)]
    owner = [np.arange(len(listings))]
    for start in PIECES[1:]:
        reached = np.flatnonzero(listings.length >= start)
        owner.append(reached)
        begin.append(np.full(reached.size, start))
    who, when = np.concatenate([*owner, row]), np.concatenate([*begin, day])
    log_cut = np.concatenate([np.zeros(who.size - row.size), cut])
    known_cut = np.arange(who.size) >= who.size - row.size
    order = np.lexsort((known_cut, when, who))
    return _spells(listings, who[order], when[order], log_cut[order], known_cut[order])


def _spells(
    listings: Listings,
    who: NDArray[np.int64],
    when: NDArray[np.int64],
    log_cut: Floats,
    is_cut: NDArray[np.bool_],
) -> Spells:
    """Join starts of one day and carry the asking price on."""
    opens = np.append(True, who[1:] != who[:-1])
    latest = np.maximum.accumulate(np.where(is_cut | opens, np.arange(who.size), 0))
    asked = log_cut[latest]
    last_of_day = np.append((who[1:] != who[:-1]) | (when[1:] != when[:-1]), True)
    who, when, asked = who[last_of_day], when[last_of_day], asked[last_of_day]
    ends = np.append(who[1:] != who[:-1], True)
    until = np.where(ends, listings.length[who] + 1, np.append(when[1:], 0))
    sold = ends & listings.sold[who]
    return Spells(
        who,
        np.searchsorted(PIECES, when, side="right") - 1,
        when,
        (until - when - sold).astype(np.float64),
        sold,
        asked,
    )


@dataclass(frozen=True, slots=True)
class Markdown:
    """What dealers usually do with a price that does not sell.

    Attributes
    ----------
    day : int
        Median day of the first new price among listings that had one.
    log_cut : float
        Median ln of that price over the one before; 0 where it is not a cut.
    """

    day: int
    log_cut: float


def typical_markdown(cut: Spells, fewest: int = 30) -> Markdown | None:
    """First markdown as it was usually made; None where fewer than `fewest` were made."""
    rows = np.flatnonzero(cut.log_cut < 0.0)
    _, first = np.unique(cut.listing[rows], return_index=True)
    rows = rows[first]
    if rows.size < fewest:
        return None
    return Markdown(int(np.median(cut.start[rows])), float(np.median(cut.log_cut[rows])))


def usual_cuts(cut: Spells, premium: Floats) -> Floats:
    """How far prices usually stand below the first ones, by the time on the list and the premium.

    Parameters
    ----------
    cut : Spells
    premium : float64[m]
        ln of the price first asked over the forecast, of each stretch.

    Returns
    -------
    float64[k, 2]
        For each of `PIECES`, ln of the price over the first one where the premium is 0, and what
        it gains with the premium: least squares over the days of listings that reached the piece,
        the gain shrunk to that of a listing that is never marked down.
    """
    days = cut.survived + cut.sold
    out = np.zeros((len(PIECES), 2))
    for piece in range(len(PIECES)):
        rows = cut.piece == piece
        known = np.column_stack([np.ones(int(rows.sum())), premium[rows]])
        normal = known.T @ (known * days[rows, None]) + np.eye(2)
        out[piece] = np.linalg.solve(normal, known.T @ (days[rows] * cut.log_cut[rows]))
    return out


def without_price(sales: pl.DataFrame, as_of: dt.date) -> int:
    """Listings of dealers whose first asking price is no number above zero."""
    rows = with_optional_columns(sales, Sales).filter(
        pl.col("channel") == "dealer", pl.col("offered_on") <= as_of
    )
    return rows.filter(pl.col("list_price").is_not_null() & ~_priced("list_price")).height


def _priced(column: str) -> pl.Expr:
    """Tell a price from what is none: polars takes NaN for more than any number."""
    return pl.col(column).is_finite() & (pl.col(column) > 0)


def _changes(price_changes: pl.DataFrame | None, as_of: dt.date) -> pl.DataFrame:
    if price_changes is None:
        return PriceChanges.create_empty()
    return price_changes.filter(pl.col("date") <= as_of, _priced("price")).sort(
        "sale_id", "date", maintain_order=True
    )
