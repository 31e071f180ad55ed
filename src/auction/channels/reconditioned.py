"""Reconditioning before a sale: every way of selling a unit whole, with the work and without.

What the work adds is what the value model says of the better grade and the lesser damage: at an
auction, on a dealer's list, and for offers that ask for a grade. It costs money when it begins and
days until the unit may move. A grade that an appraiser has stated goes before that of the fleet's
file, and the grade after the work takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.channel import Channel
from auction.channels.predicates import meets
from auction.channels.quotes import Quotes, Use
from auction.option_table import NAMED
from auction.options import Resource
from auction.situation import Situation
from residual.tables import DAMAGE_LEVELS


def quote_reconditioned(situation: Situation, channels: Sequence[Channel]) -> list[Quotes]:
    """Quote units after each work that can be done on them.

    Parameters
    ----------
    situation : Situation
    channels : sequence of Channel
        Those that sell a unit as it stands.

    Returns
    -------
    list of Quotes
        Options with the work done first, their cost in the bridge as ``reconditioning``.
    """
    works = situation.market.reconditioning
    found: list[Quotes] = []
    for work in [] if works is None else works.iter_rows(named=True):
        rows = np.flatnonzero(gains(situation, work))
        if rows.size:
            after = _after(situation, work, rows)
            quotes = [channel.quote(after) for channel in channels]
            found += [_with_work(situation, work, quote) for quote in quotes if quote.vehicle.size]
    return found


def gains(situation: Situation, work: dict[str, Any]) -> NDArray[np.bool_]:
    """Return bool[V]: units that meet the terms of a work and are better off after it.

    Parameters
    ----------
    situation : Situation
    work : dict
        A row of the table of reconditioning.
    """
    units = situation.vehicles
    better = (_graded(_grades(situation), work) | _mended(units, work)).to_numpy()
    return np.asarray(better & meets(units, situation.as_of, work))


def as_reconditioned(situation: Situation, chosen: pl.DataFrame) -> Situation:
    """Return the situation of a plan's units after the work that the plan has done on them.

    Parameters
    ----------
    situation : Situation
    chosen : polars.DataFrame, V rows
        The option of each unit; column reconditioning_id.
    """
    works = situation.market.reconditioning
    asked = chosen["reconditioning_id"]
    if works is None or asked.null_count() == chosen.height:
        return situation
    vehicles, touched = situation.vehicles, asked.is_not_null().to_numpy()
    grades = _grades(situation)
    for work in works.iter_rows(named=True):
        here = (asked == work["reconditioning_id"]).fill_null(value=False)
        vehicles = _improved(vehicles, grades, work, here)
    return situation.redescribed(vehicles, np.flatnonzero(touched), situation.barred)


def _grades(situation: Situation) -> pl.Series:
    """Return the grade of each unit: what an appraiser stated last, else that of the file."""
    filed = situation.vehicles["condition_grade"].cast(pl.Float64)
    if situation.book.stated is None:
        return filed
    seen = pl.Series(situation.book.stated.grade).fill_nan(None)
    return pl.select(pl.coalesce(seen, filed)).to_series()


def _graded(grades: pl.Series, work: dict[str, Any]) -> pl.Series:
    """Tell whether a unit's grade is known and below that after the work."""
    to_grade = pl.lit(work["to_grade"], dtype=pl.Float64)
    return pl.select((grades < to_grade).fill_null(value=False)).to_series()


def _mended(vehicles: pl.DataFrame, work: dict[str, Any]) -> pl.Series:
    """Tell whether a unit's damage is known and worse than that after the work."""
    places = {name: place for place, name in enumerate(DAMAGE_LEVELS)}
    before, after = (
        each.replace_strict(places, default=None, return_dtype=pl.Int64)
        for each in (pl.col("damage"), pl.lit(work["to_damage"], dtype=pl.String))
    )
    return vehicles.select((before > after).fill_null(value=False)).to_series()


def _improved(
    vehicles: pl.DataFrame, grades: pl.Series, work: dict[str, Any], here: pl.Series
) -> pl.DataFrame:
    """Return the fleet with the marked units as they are after the work."""
    return vehicles.with_columns(
        pl.when(here & better).then(pl.lit(work[after], dtype=kind)).otherwise(name).alias(name)
        for name, after, better, kind in (
            ("condition_grade", "to_grade", _graded(grades, work), pl.Float64()),
            ("damage", "to_damage", _mended(vehicles, work), pl.String()),
        )
    )


def _after(situation: Situation, work: dict[str, Any], rows: NDArray[np.int64]) -> Situation:
    """Return the situation with units as they are, and where nobody takes any other one."""
    here = np.zeros(situation.vehicles.height, dtype=np.bool_)
    here[rows] = True
    days = situation.ready + int(np.ceil(work["days"]))
    free = [situation.as_of + timedelta(days=int(day)) for day in days]
    improved = _improved(situation.vehicles, _grades(situation), work, pl.Series(here))
    vehicles = improved.with_columns(
        pl.when(pl.Series(here)).then(pl.Series(free)).otherwise("available_from")
        .alias("available_from")
    )  # fmt: skip
    return situation.redescribed(vehicles, rows, ~here)


def _with_work(situation: Situation, work: dict[str, Any], quote: Quotes) -> Quotes:
    """Take the work's cost off what a quote brings, and say so."""
    cost = work["cost"] * situation.discount(situation.ready[quote.vehicle].astype(np.float64))
    coefficient = quote.coefficient.copy()
    coefficient[:, 0] -= cost
    name = work["reconditioning_id"]
    frame = quote.frame.with_columns(
        pl.lit(name, dtype=NAMED).alias("reconditioning_id"),
        pl.Series("reconditioning", cost),
        _after_work(quote.frame["terms"], name),
    )
    uses = quote.uses
    if work["max_units"] is not None:
        label = f"work {name}"
        resource = Resource(
            f"reconditioning:{name}", "reconditioning", label, float(work["max_units"])
        )
        everyone = np.arange(quote.vehicle.size)
        uses = (*uses, Use(resource, everyone, np.ones(everyone.size)))
    return replace(quote, coefficient=coefficient, frame=frame, uses=uses)


def _after_work(terms: pl.Series, name: str) -> pl.Series:
    """Return the terms of sales, with the work that comes first."""
    known = terms.unique()
    told = known.to_frame("terms").select(pl.format("{}, after {}", "terms", pl.lit(name)))
    return terms.replace_strict(known, told.to_series().cast(NAMED), return_dtype=NAMED)
