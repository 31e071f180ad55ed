"""A book of values for vehicles whose description changes, in the same scenarios."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.scenarios import ValueBook, simulate

#: Scenarios of the two books that are compared: values do not depend on them.
_FEWEST = 2


def redescribe(book: ValueBook, vehicles: pl.DataFrame, rows: NDArray[np.int64]) -> ValueBook:
    """Return a book in which some vehicles are described anew, such as after a repair.

    What the model makes of the change is added to the log value that the book states, scales
    change in proportion, and the shock has the form of such units: whatever else the book knows
    of a vehicle stays, but for a grade that an appraiser has stated: a new grade takes its place.
    Markets, scenarios and each vehicle's own luck are those of the book.

    Parameters
    ----------
    book : ValueBook
    vehicles : polars.DataFrame, V rows
        As in ``book.vehicles``, in the same order; only the rows named differ.
    rows : int64[k]
        Vehicles whose description differs.

    Raises
    ------
    ValueError
        If the vehicles are not those of the book.
    InputError
        If a new description is at fault.
    """
    if vehicles["vehicle_id"].cast(pl.String).to_list() != book.vehicle_ids:
        raise ValueError("the vehicles are not those of the book, in its order")
    if not rows.size:
        return replace(book, vehicles=vehicles)
    before, after = (
        simulate(book.model, frame[rows], book.dates, book.as_of, n=_FEWEST, seed=book.seed)
        for frame in (book.vehicles, vehicles)
    )
    log_value, unit_scale, sale_spread = (
        each.copy() for each in (book.log_value, book.unit_scale, book.sale_spread)
    )
    log_value[rows] += after.log_value - before.log_value
    unit_scale[rows] *= after.unit_scale / before.unit_scale
    sale_spread[rows] *= after.sale_spread / before.sale_spread
    form = book.form.copy()
    form[rows] = after.form
    stated = book.stated
    if stated is not None:
        old, new = (_grades(frame[rows]) for frame in (book.vehicles, vehicles))
        regraded = rows[old.ne_missing(new).to_numpy()]
        log_value[regraded] -= stated.shift[regraded, None]
        unit_scale[regraded] /= stated.narrower[regraded]
        stated = stated.without(regraded)
    return replace(
        book,
        vehicles=vehicles,
        log_value=log_value,
        unit_scale=unit_scale,
        sale_spread=sale_spread,
        form=form,
        stated=stated,
    )


def _grades(vehicles: pl.DataFrame) -> pl.Series:
    """Return the grades of vehicles, nulls where the file states none."""
    if "condition_grade" not in vehicles.columns:
        return pl.Series([None] * vehicles.height, dtype=pl.Float64)
    return vehicles["condition_grade"].cast(pl.Float64)
