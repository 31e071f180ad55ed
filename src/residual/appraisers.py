"""How well appraisals tell: bias, grip and error by stage, from appraisals followed by a sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from residual.appraisal_priors import AppraisalPriors
from residual.crossfit import log_forecasts
from residual.curves import Floats
from residual.distribution import Forms, UnitShock, second_highest_moments
from residual.features import Days
from residual.model import ResidualModel
from residual.tables import Sales, with_optional_columns
from residual.unit_grid import UnitGrid

#: Sd of the slope of statements on the unit's own value, and of the ln of a stage's error, before
#: sales show them. Assumed.
_SEES_ERROR: Final = 0.2
_LOG_ERROR: Final = 0.5
#: An appraisal tells nothing of a sale later than this, days.
_STALE: Final = 366
#: Pairs of a stage beyond the newest of these add nothing that counts.
_MOST: Final = 2000
#: A statement further than this from its forecast, ln, is a slip of the pen.
_SLIP: Final = 3.0
_CELLS: Final = 120


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of appraisal tells.

    Attributes
    ----------
    bias : float
        Mean of ln of a stated value against a typical unit's.
    sees : float
        Change of ln of a stated value per unit of ln of the unit's own value against the model's.
    error : float
        Sd of ln of a stated value around that.
    sold : int
        Appraisals followed by a sale that told it; 0 where the prior stands alone.
    """

    bias: float
    sees: float
    error: float
    sold: int


@dataclass(frozen=True, slots=True)
class Appraisers:
    """What appraisals tell, by stage and by appraiser.

    Attributes
    ----------
    priors : AppraisalPriors
    stages : dict of Stage
    own : dict of float
        Bias of each appraiser against the stage, ln, shrunk to 0.
    """

    priors: AppraisalPriors
    stages: dict[str, Stage]
    own: dict[str, float]

    def stage(self, name: str) -> Stage:
        """Return what is known of a stage; the prior where no sale told of it."""
        return self.stages.get(name, Stage(0.0, 1.0, self.priors.error(name), 0))

    def words(self, stages: list[str]) -> list[str]:
        """Tell in a sentence each what some stages are taken to tell, and from what."""
        lines = []
        for name in stages:
            stage = self.stage(name)
            if stage.sold:
                told = f"told by {stage.sold:,} that a sale followed"
                lines.append(
                    f"{name} appraisals: error {stage.error:.1%}, bias {stage.bias:+.1%}, {told}"
                )
            else:
                lines.append(f"{name} appraisals: an error of {stage.error:.1%} is assumed")
        return lines


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Appraisals with the sale that followed: n rows.

    Attributes
    ----------
    stage, appraiser : list of str or None
    stated, hammer : float64[n]
        ln of the stated value and of the price, each against its forecast of the day.
    scale, noise : float64[n]
        Scale of the unit's shock, and sd of what parts a hammer from the value.
    form : int64[n]
        Form of the unit's shock.
    """

    stage: list[str]
    appraiser: list[str | None]
    stated: Floats
    hammer: Floats
    scale: Floats
    form: Forms
    noise: Floats

    def take(self, rows: list[int]) -> _Pairs:
        return _Pairs(
            [self.stage[row] for row in rows], [self.appraiser[row] for row in rows],
            self.stated[rows], self.hammer[rows], self.scale[rows], self.form[rows],
            self.noise[rows],
        )  # fmt: skip


def learn_appraisers(
    model: ResidualModel,
    sales: pl.DataFrame,
    appraisals: pl.DataFrame,
    priors: AppraisalPriors | None = None,
) -> Appraisers:
    """Learn how well appraisals tell from those that a sale followed.

    Parameters
    ----------
    model : ResidualModel
        Fitted on the sales.
    sales : polars.DataFrame
        As in `residual.tables.Sales`, with sale_id and vehicle_id.
    appraisals : polars.DataFrame
        vehicle_id, stage, appraised_on, value (null where a grade is stated) and appraiser.
    priors : AppraisalPriors, optional

    Returns
    -------
    Appraisers
        The priors stand for a stage of which no appraisal was followed by a sale.

    Notes
    -----
    With u the unit's own part of ln value, a statement is bias + sees u + error, a hammer
    u + noise. Bias, sees and the error are those of greatest posterior density given the hammers,
    u integrated out on a grid of its shock, which is not normal. Forecasts are told by equations
    that have not seen the sale. An appraiser's own bias is the posterior mean of a normal effect.
    Sales are taken as they are: a reserve that an appraisal has set may select them.
    """
    priors = AppraisalPriors() if priors is None else priors
    pairs = _pairs(model, sales, appraisals)
    stages: dict[str, Stage] = {}
    own: dict[str, tuple[float, float]] = {}
    for name in sorted(set(pairs.stage)):
        rows = [row for row, stage in enumerate(pairs.stage) if stage == name][-_MOST:]
        there = pairs.take(rows)
        after = _after(model.shape.values, there)
        stages[name] = _likeliest(there, after, priors, priors.error(name))
        _add_own(own, there, after, stages[name])
    least = priors.own_bias**2
    biases = {
        name: pull / (1.0 / least + weight) if least > 0.0 else 0.0
        for name, (pull, weight) in sorted(own.items())
    }
    return Appraisers(priors, stages, biases)


def _pairs(model: ResidualModel, sales: pl.DataFrame, appraisals: pl.DataFrame) -> _Pairs:
    """Each stated value with the first sale of its vehicle that day or within a year."""
    dated = with_optional_columns(sales, Sales).with_columns(
        sold_on=pl.coalesce("closed_on", "offered_on")
    )
    sold = dated.filter(
        pl.col("outcome").fill_null("sold") == "sold",
        pl.col("price") > 0.0,
        pl.col("sold_on") <= model.as_of,
        pl.col("vehicle_id").is_not_null(),
    )
    stated = appraisals.filter(pl.col("value").is_not_null()).select(
        "vehicle_id", "stage", "appraised_on", "value", "appraiser"
    )
    followed = (
        stated.with_row_index("_row")
        .join(sold, on="vehicle_id", how="inner", maintain_order="left_right")
        .filter(
            pl.col("sold_on") >= pl.col("appraised_on"),
            (pl.col("sold_on") - pl.col("appraised_on")).dt.total_days() <= _STALE,
        )
        .sort("appraised_on", "_row", "sold_on", "sale_id")
        .unique("_row", keep="first", maintain_order=True)
    )
    if followed.is_empty():
        nothing = np.zeros(0)
        form = np.zeros(0, dtype=np.int64)
        return _Pairs([], [], nothing, nothing, nothing, form, nothing)
    return _against_forecasts(model, sales, followed)


def _against_forecasts(model: ResidualModel, sales: pl.DataFrame, rows: pl.DataFrame) -> _Pairs:
    units = rows.drop("price", "value", "stage", "appraised_on", "appraiser", "_row", "sold_on")
    then, sold = _days(rows["appraised_on"]), _days(rows["sold_on"])
    unseen = log_forecasts(model, sales, units, sold)
    place = model.locate(units, sold)
    moved = model.locate(units, then).log_hammer - place.log_hammer
    venue = model.venue_log_factor(rows["venue_id"].to_list())
    hammer = np.log(rows["price"].to_numpy()) - unseen - venue
    stated = np.log(rows["value"].to_numpy()) - unseen - moved
    _, sd = second_highest_moments(model.bidding.bidders)
    noise = np.sqrt((model.shape.bidder_share * sd * place.scale) ** 2 + model.initial_sd**2)
    pairs = _Pairs(
        rows["stage"].to_list(), rows["appraiser"].to_list(), stated, hammer,
        model.bidding.unit_ratio * place.scale, place.form, noise,
    )  # fmt: skip
    return pairs.take(np.flatnonzero(np.abs(stated) <= _SLIP).tolist())


def _days(column: pl.Series) -> Days:
    return column.cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)


@dataclass(frozen=True, slots=True)
class _After:
    """Own part of ln value by cell, and its chance given the hammer: float64[n, k] each."""

    value: Floats
    chance: Floats


def _after(shocks: Sequence[UnitShock], pairs: _Pairs) -> _After:
    grids = [UnitGrid(shock, _CELLS) for shock in shocks]
    nodes = np.array([grid.node for grid in grids])
    value = pairs.scale[:, None] * nodes[pairs.form]
    log = -0.5 * ((pairs.hammer[:, None] - value) / pairs.noise[:, None]) ** 2
    chance = grids[0].weight * np.exp(log - log.max(axis=1, keepdims=True))
    return _After(value, chance / chance.sum(axis=1, keepdims=True))


def _likeliest(pairs: _Pairs, after: _After, priors: AppraisalPriors, error: float) -> Stage:
    from scipy.optimize import minimize

    spread = max(priors.stage_bias, 1e-6)

    def cost(numbers: Floats) -> float:
        bias, sees, log_error = spread * numbers[0], numbers[1], numbers[2]
        off = pairs.stated[:, None] - bias - sees * after.value
        density = np.exp(-0.5 * (off / np.exp(log_error)) ** 2)
        told = np.einsum("ik,ik->i", after.chance, density)
        likelihood = np.log(np.maximum(told, 1e-300)) - log_error
        prior = numbers[0] ** 2 + ((sees - 1.0) / _SEES_ERROR) ** 2
        prior += ((log_error - np.log(error)) / _LOG_ERROR) ** 2
        return float(0.5 * prior - likelihood.sum())

    bounds = [(-8.0, 8.0), (0.0, 2.0), (np.log(error) - 3.0, np.log(error) + 3.0)]
    found = minimize(cost, np.array([0.0, 1.0, np.log(error)]), method="L-BFGS-B", bounds=bounds)
    bias, sees, log_error = found.x.tolist()
    return Stage(spread * bias, sees, float(np.exp(log_error)), len(pairs.stage))


def _add_own(
    own: dict[str, tuple[float, float]], pairs: _Pairs, after: _After, stage: Stage
) -> None:
    """Add to what each appraiser's statements say of the own bias: sums of pull and of weight."""
    mean = np.einsum("ik,ik->i", after.chance, after.value)
    spread = np.einsum("ik,ik->i", after.chance, (after.value - mean[:, None]) ** 2)
    variance = stage.error**2 + stage.sees**2 * spread
    left = pairs.stated - stage.bias - stage.sees * mean
    for row, name in enumerate(pairs.appraiser):
        if name is not None:
            pull, weight = own.get(name, (0.0, 0.0))
            own[name] = (pull + left[row] / variance[row], weight + 1.0 / variance[row])
