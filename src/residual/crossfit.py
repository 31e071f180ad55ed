"""What the value model foretells of past offerings without having seen how they ended."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.covariates import scale_columns
from residual.curves import Floats
from residual.design import Design
from residual.features import Days, Units, ages
from residual.model import ResidualModel
from residual.scale import nothing_unknown
from residual.tables import Sales, with_optional_columns

#: Parts into which sales are cut; each part is foretold by the others.
FOLDS: Final = 4


def log_forecasts(
    model: ResidualModel, sales: pl.DataFrame, asked: pl.DataFrame, on: Days
) -> Floats:
    """Location of ln price of some offerings at the reference venue, their own sale not seen.

    Parameters
    ----------
    model : ResidualModel
        Fitted on the sales.
    sales : polars.DataFrame
        As in `residual.tables.Sales`.
    asked : polars.DataFrame
        Some of those rows.
    on : int64[n]
        Day of each, since 1970-01-01.

    Returns
    -------
    float64[n]

    Notes
    -----
    Sales are dealt to `FOLDS` parts in the order of sale_id. The equation of values is fitted
    anew without each part, from the variances of the model, and moves the model's own location
    of the part's listings by what it makes of them otherwise.
    """
    known = with_optional_columns(sales, Sales)
    dated = known.with_columns(_date=pl.coalesce("closed_on", "offered_on")).filter(
        pl.col("outcome").fill_null("sold") == "sold", pl.col("_date") <= model.as_of
    )
    names = pl.concat([dated["sale_id"], asked["sale_id"]]).unique().sort()
    part = pl.DataFrame({"sale_id": names, "part": np.arange(len(names)) % FOLDS})
    dated = dated.sort("sale_id", maintain_order=True)
    days = dated["_date"].cast(pl.Int32).to_numpy().astype(np.int64)
    believed = np.isfinite(ages(dated, days))
    dated, days = dated.filter(pl.Series(believed)), days[believed]
    sold = dated.join(part, on="sale_id", how="left", maintain_order="left")
    own = asked.join(part, on="sale_id", how="left", maintain_order="left")["part"]
    units = model.recipe.read(dated, days)
    y = np.log(dated["price"].cast(pl.Float64).to_numpy())
    spread = _spread(model, dated, days)
    listed = model.read(asked, on)
    out = model.locate(asked, on).log_hammer
    out = out - model.hedonic.value(listed, without=("venue_id",))
    start = (model.hedonic.variances, model.hedonic.scale)
    for number in range(FOLDS):
        others = np.flatnonzero(sold["part"].to_numpy() != number)
        there = np.flatnonzero(own.to_numpy() == number)
        if not there.size or not others.size:
            continue
        design = Design(units.take(others), model.recipe)
        dof = model.priors.student_dof
        hedonic, _ = design.fit(y[others], spread[others], dof, 0, start, held=3)
        out[there] += hedonic.value(listed.take(there), without=("venue_id",))
    return out


def log_falls(model: ResidualModel, units: Units, group: NDArray[np.int64], lags: Floats) -> Floats:
    """What the forecast of each unit gains, mostly loses, in some days on the list.

    Parameters
    ----------
    model : ResidualModel
    units : Units
        n units on the days of their listing.
    group : int64[n]
        As of `residual.ResidualModel.group_of`.
    lags : float64[n, d] or float64[1, d]
        Days on the list.

    Returns
    -------
    float64[n, d]
        ln of the forecast then over the one at the listing.
    """
    start = units.day[:, None]
    then = np.round(start + lags).astype(np.int64)
    of = group[:, None]
    market = model.level_change(of, then) - model.level_change(of, start)
    return np.asarray(model.hedonic.aged(units, lags) + market)


def _spread(model: ResidualModel, sales: pl.DataFrame, days: np.ndarray) -> Floats:
    """Relative scale of the error of each sale."""
    units = model.recipe.read(sales, days)
    columns = scale_columns(units, np.zeros(len(units)))
    scale = model.scale_plain.scale(columns, nothing_unknown(len(units)), units.codes)
    return np.asarray(scale / np.median(scale))
