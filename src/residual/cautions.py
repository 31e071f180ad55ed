"""What the sales behind a fit do not tell, in sentences for who relies on it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.features import Days, Units
from residual.sold import SET_ASIDE

#: Fewer sales than this, none within as many days, or none for as long, are told.
_THIN: Final = 500
_STALE: Final = 45
_GAP: Final = 366
_EPOCH: Final = dt.date(1970, 1, 1)


def cautions(
    used: pl.DataFrame, units: Units, days: Days, today: dt.date, counts: dict[str, int]
) -> list[str]:
    """Say where the sales are too few, too old or too much alike to be trusted without a look.

    Parameters
    ----------
    used : polars.DataFrame
        The sales that are learnt from.
    units : Units
        The same rows, as the model reads them.
    days : int64[n]
        Their days.
    today : datetime.date
        The day of the fit.
    counts : dict of int
        As of `residual.sold.usable_sales`.
    """
    return [
        *_few(used, counts),
        *_old(days, today),
        *_alike(used, units, days),
        *_untold(units),
    ]


def _few(used: pl.DataFrame, counts: dict[str, int]) -> list[str]:
    notes = []
    if used.height == 1:
        notes.append("only one sale to learn from")
    elif used.height < _THIN:
        notes.append(f"only {used.height:,} sales to learn from")
    if SET_ASIDE in counts:
        notes.append(
            "sales set aside as their prices lie more than a million times off the middle one: "
            f"{counts[SET_ASIDE]:,}"
        )
    return notes


def _old(days: Days, today: dt.date) -> list[str]:
    notes = []
    newest = _day(int(days.max()))
    if (today - newest).days > _STALE:
        notes.append(f"the newest sale is of {newest}, {(today - newest).days} days before {today}")
    known = np.unique(days)
    gaps = np.diff(known)
    if len(gaps) and int(gaps.max()) > _GAP:
        at = int(np.argmax(gaps))
        notes.append(
            f"no sale between {_day(int(known[at]))} and {_day(int(known[at + 1]))}, "
            f"{int(gaps[at])} days apart"
        )
    return notes


def _alike(used: pl.DataFrame, units: Units, days: Days) -> list[str]:
    if used.height < 2:
        return []
    notes = []
    if used["price"].n_unique() == 1:
        notes.append("all sales fetched the same price: the spread is the least they can prove")
    if len(np.unique(days)) == 1:
        notes.append("all sales are of one day: how the market moves is assumed")
    if len(np.unique(units.codes["make"])) == 1:
        notes.append("all sales are of one make: what other makes are worth is not known")
    return notes


def _untold(units: Units) -> list[str]:
    notes = []
    if units.odometer_missing.all():
        notes.append("no sale tells an odometer reading that can be believed: values ignore it")
    if units.grade_missing.all():
        notes.append("no sale tells a condition grade: values ignore it")
    nameless = int(np.count_nonzero(units.codes["model"] < 0))
    if nameless:
        notes.append(f"sales that name no make or no model: {nameless:,}")
    unborn = int(np.count_nonzero(units.age <= -1.0))
    if unborn:
        notes.append(f"sales dated a year or more before the unit was first registered: {unborn:,}")
    return notes


def _day(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(number)
