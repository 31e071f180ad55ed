"""Appraisals as posterior updates: where a unit's value lies, and how sure that is, after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from residual.appraisers import Appraisers
from residual.curves import Floats
from residual.guide import SUPPORT
from residual.location import Location
from residual.model import ResidualModel
from residual.requests import check_vehicles, days_of
from residual.scenarios import ValueBook
from residual.stated_grades import StatedGrades
from residual.statements import Statements, checked, statements_of
from residual.unit_grid import Told, growth, tell


@dataclass(frozen=True, slots=True)
class Appraised:
    """What appraisals leave of the own shocks of n vehicles.

    Attributes
    ----------
    vehicle_ids : tuple of str
        In the order of the vehicles that were asked for.
    told : Told
        Shift and narrower spread of each; 0 and 1 where nobody appraised it.
    precision, pull : float64[n]
        Log likelihood of the own part u of ln value: pull u - precision u^2 / 2.
    statements : Statements
        What was heard.
    grades : StatedGrades
        What stated grades alone say.
    """

    vehicle_ids: tuple[str, ...]
    told: Told
    precision: Floats
    pull: Floats
    statements: Statements
    grades: StatedGrades

    def table(self) -> pl.DataFrame:
        """Return what the appraisals did, a row for each vehicle that has any.

        Returns
        -------
        polars.DataFrame
            vehicle_id, appraisals (how many were heard), factor (on the median of its value,
            against where the model puts it), and spread (sd of ln of its own part after them over
            that before).
        """
        count = np.bincount(self.statements.unit, minlength=len(self.vehicle_ids))
        frame = pl.DataFrame(
            {
                "vehicle_id": pl.Series(self.vehicle_ids, dtype=pl.String),
                "appraisals": count,
                "factor": np.exp(self.told.shift),
                "spread": self.told.narrower,
            }
        )
        return frame.filter(pl.col("appraisals") > 0)


def appraise(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    appraisals: pl.DataFrame,
    appraisers: Appraisers,
    on: dt.date | str | None = None,
) -> Appraised:
    """Update what is known of vehicles by appraisals of them.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        Rows as in `residual.tables.Vehicles`, vehicle_id unique.
    appraisals : polars.DataFrame
        vehicle_id, stage ("desk", "site" or another word), appraised_on, value (what the unit
        would be hammered down for that day at the reference venue, money) or else grade (1-5),
        and appraiser, which may be null. Rows of other vehicles are passed over.
    appraisers : Appraisers
        How well appraisals tell; see `learn_appraisers`.
    on : datetime.date or str, optional
        Day to which odometers and guide values belong, or the name of a date column; the
        model's `as_of` if not given.

    Returns
    -------
    Appraised

    Raises
    ------
    InputError
        For every row of either table that is at fault.

    Notes
    -----
    Bayes' rule on a grid of each unit's own shock; see `residual.unit_grid.tell`. The stated
    value is held against the model's location on the day of the appraisal, so that market and
    age have moved on since.
    """
    check_vehicles(vehicles)
    rows = checked(appraisals)
    days = days_of(vehicles, model.as_of if on is None else on, model.as_of)
    place = model.locate(vehicles, days)
    heard = statements_of(model, vehicles, rows, appraisers, place)
    precision, pull = heard.likelihood(len(vehicles), appraisers.priors.together)
    scale = model.bidding.unit_ratio * place.scale
    told = tell(model.shape.values, place.form, scale, precision, pull)
    names = tuple(vehicles["vehicle_id"].cast(pl.String).to_list())
    graded = heard.of_grades().likelihood(len(vehicles), appraisers.priors.together)
    alone = tell(model.shape.shocks, place.form, scale, *graded)
    grades = StatedGrades(heard.last_grade(len(vehicles)), alone.shift, alone.narrower)
    return Appraised(names, told, precision, pull, heard, grades)


def appraised_book(book: ValueBook, appraised: Appraised) -> ValueBook:
    """Return a book whose units lie where their appraisals put them, as sure as those are.

    Parameters
    ----------
    book : ValueBook
        Of the same vehicles in the same order.
    appraised : Appraised

    Raises
    ------
    ValueError
        If the vehicles are others.
    """
    if tuple(book.vehicle_ids) != appraised.vehicle_ids:
        raise ValueError("the appraisals were read for other vehicles than those of the book")
    moved = book.moved(appraised.told.shift, appraised.told.narrower)
    return replace(moved, stated=appraised.grades)


def appraised_location(model: ResidualModel, place: Location, told: Told) -> Location:
    """Return location and scale of ln hammer after appraisals, its mean being the posterior's.

    Parameters
    ----------
    model : ResidualModel
    place : Location
        Before them.
    told : Told
    """
    ratio = model.shape.unit_ratio
    scale = place.scale * np.sqrt(1.0 - ratio**2 * (1.0 - told.narrower**2))
    unit = model.bidding.unit_ratio * place.scale
    shocks, form = model.shape.values, place.form
    raised = growth(shocks, form, told.narrower * unit) - growth(shocks, form, unit)
    before, _ = model.shape.moments(place.scale, form)
    after, _ = model.shape.moments(scale, form)
    moved = place.log_hammer + told.shift + raised + np.log(before / after)
    return Location(moved, scale, form, place.support)


def predict_appraised(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    on: dt.date | str,
    appraisals: pl.DataFrame,
    appraisers: Appraisers,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
) -> pl.DataFrame:
    """Forecast hammer prices as `ResidualModel.predict` does, appraisals heard.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        As for `predict`.
    on : datetime.date or str
        A date, or the name of a date column.
    appraisals, appraisers
        As for `appraise`.
    quantiles : sequence of float
        Probabilities in (0, 1).

    Returns
    -------
    polars.DataFrame
        Columns as of `predict`. The mean is that of the posterior; quantiles keep the shape of
        past sales around it.
    """
    appraised = appraise(model, vehicles, appraisals, appraisers, on)
    days = days_of(vehicles, on, model.as_of)
    place = appraised_location(model, model.locate(vehicles, days), appraised.told)
    venue = np.zeros(len(vehicles))
    if "venue_id" in vehicles.columns:
        venue = model.venue_log_factor(vehicles["venue_id"].cast(pl.String).to_list())
    group = model.group_of(vehicles)
    return pl.DataFrame(
        {
            "vehicle_id": vehicles["vehicle_id"],
            **model.prices(
                place.log_hammer + venue, place.scale, place.form, group, days, quantiles
            ),
            "support": pl.Series([SUPPORT[at] for at in place.support], dtype=pl.String),
        }
    )
