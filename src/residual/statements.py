"""Appraisals as statements of a unit's own part of ln value, errors of one unit's told together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.appraisers import Appraisers
from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.location import Location
from residual.model import ResidualModel

_COLUMNS: Final = {
    "vehicle_id": pl.String, "stage": pl.String, "appraised_on": pl.Date, "value": pl.Float64,
    "grade": pl.Float64, "appraiser": pl.String,
}  # fmt: skip
_LOWEST, _HIGHEST = 1.0, 5.0
#: Half the stretch of grades over which the model's slope is told.
_STEP: Final = 0.5
#: A model whose values move less than this per grade, ln, hears nothing from a grade.
_FLAT: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Statements:
    """k statements about n units.

    Attributes
    ----------
    unit : int64[k]
        Place of the unit.
    stated : float64[k]
        ln of the stated value over where the model puts the unit that day, biases taken off.
    sees, error : float64[k]
        Slope on the unit's own part of ln value, and sd around it.
    grade : float64[k]
        Grade that was stated, NaN for a statement of the value. The last that is stated of a unit
        comes last.
    """

    unit: NDArray[np.int64]
    stated: Floats
    sees: Floats
    error: Floats
    grade: Floats

    def of_grades(self) -> Statements:
        """Return the statements of grades alone."""
        rows = np.flatnonzero(np.isfinite(self.grade))
        return Statements(*(getattr(self, name)[rows] for name in self.__slots__))

    def last_grade(self, units: int) -> Floats:
        """Return the grade last stated of each of n units, NaN for none."""
        last = np.full(units, np.nan)
        graded = self.of_grades()
        last[graded.unit] = graded.grade
        return last

    def likelihood(self, units: int, together: float) -> tuple[Floats, Floats]:
        """Return precision and pull of each unit's statements, as `residual.unit_grid.tell` takes.

        Parameters
        ----------
        units : int
            n.
        together : float
            Correlation of the errors of a unit's statements.

        Notes
        -----
        Errors of one unit have the covariance error_i error_j (together + (1 - together) 1{i=j}),
        whose inverse is known in closed form (Sherman and Morrison 1950).
        """
        slope, told = self.sees / self.error, self.stated / self.error

        def summed(each: Floats) -> Floats:
            total: Floats = np.zeros(units)
            np.add.at(total, self.unit, each)
            return total

        count = summed(np.ones(len(self.unit)))
        common = together / (1.0 + np.maximum(count - 1.0, 0.0) * together)
        precision = summed(slope**2) - common * summed(slope) ** 2
        pull = summed(slope * told) - common * summed(slope) * summed(told)
        return precision / (1.0 - together), pull / (1.0 - together)


def checked(appraisals: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that statements are read from, absent ones as nulls.

    Raises
    ------
    InputError
        For columns that are missing or of another kind, and for every row that states neither a
        value nor a grade, or both, or one out of range.
    """
    need = ("vehicle_id", "stage", "appraised_on")
    faults = [
        Fault("the column is required", file="appraisals", column=name)
        for name in need
        if name not in appraisals.columns
    ]
    if faults:
        raise InputError(faults)
    absent = [pl.lit(None, dtype=kind).alias(n) for n, kind in _COLUMNS.items()]
    known = appraisals.with_columns(c for c in absent if c.meta.output_name() not in appraisals)
    try:
        frame = known.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
    except pl.exceptions.PolarsError as error:
        raise InputError(
            [Fault(f"a column is of another kind: {error}", file="appraisals")]
        ) from None
    for name in need:
        faults += _at(frame, pl.col(name).is_null(), "must be given", name)
    value, grade = pl.col("value"), pl.col("grade")
    one = value.is_null() == grade.is_null()
    faults += _at(frame, one, "give a value or a grade, not both", "value")
    faults += _at(frame, ~(value.is_finite() & (value > 0.0)), "must be above zero", "value")
    outside = ~grade.is_between(_LOWEST, _HIGHEST)
    faults += _at(frame, outside, "must lie between 1 and 5", "grade")
    if faults:
        raise InputError(faults)
    return frame


def _at(frame: pl.DataFrame, wrong: pl.Expr, rule: str, column: str) -> list[Fault]:
    rows = frame.select(wrong.fill_null(value=False)).to_series().arg_true().to_list()
    return [Fault(rule, file="appraisals", row=row + 1, column=column) for row in rows]


def statements_of(
    model: ResidualModel,
    vehicles: pl.DataFrame,
    appraisals: pl.DataFrame,
    appraisers: Appraisers,
    place: Location,
) -> Statements:
    """Read the appraisals of some vehicles.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame, n rows
    appraisals : polars.DataFrame
        As of `checked`; rows of other vehicles are passed over.
    appraisers : Appraisers
    place : Location
        Of the vehicles.
    """
    units = vehicles.select(pl.col("vehicle_id").cast(pl.String)).with_row_index("_unit")
    rows = appraisals.join(units, on="vehicle_id", how="inner", maintain_order="left")
    rows = rows.sort("_unit", "appraised_on", "stage", "value", "grade", "appraiser")
    unit = rows["_unit"].cast(pl.Int64).to_numpy()
    valued, graded = (np.flatnonzero(rows[name].is_not_null()) for name in ("value", "grade"))
    grade = rows["grade"].fill_null(np.nan).to_numpy()
    own = [appraisers.own.get(name or "", 0.0) for name in rows["appraiser"]]
    stages = [appraisers.stage(name) for name in rows["stage"]]
    days = rows["appraised_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    there = vehicles[unit]
    usual = model.locate(there, days).log_hammer
    bias = np.array([stage.bias for stage in stages]) + np.array(own)
    told = np.log(rows["value"].to_numpy()) - usual - bias
    sees = np.array([stage.sees for stage in stages])
    error = np.array([stage.error for stage in stages])
    if graded.size:
        scale = model.bidding.unit_ratio * place.scale[unit[graded]]
        told[graded], sees[graded], error[graded] = _graded(
            model, there[graded], days[graded], grade[graded], scale, usual[graded], appraisers
        )
    heard = np.sort(np.concatenate([valued, graded]))
    heard = heard[sees[heard] > 0.0]
    return Statements(unit[heard], told[heard], sees[heard], error[heard], grade[heard])


def _graded(
    model: ResidualModel,
    units: pl.DataFrame,
    days: NDArray[np.int64],
    grade: Floats,
    scale: Floats,
    usual: Floats,
    appraisers: Appraisers,
) -> tuple[Floats, Floats, Floats]:
    """What stated grades say of ln value: stated, sees and error.

    The condition strays from the file's grade by so much, which is a part of what sets the unit
    apart; a statement of it regresses on the whole by that part.
    """

    def at(condition: Floats) -> Floats:
        column = pl.Series("condition_grade", condition)
        return model.locate(units.with_columns(column), days).log_hammer

    priors = appraisers.priors
    low, high = np.maximum(grade - _STEP, _LOWEST), np.minimum(grade + _STEP, _HIGHEST)
    slope = (at(high) - at(low)) / (high - low)
    filed = (
        units["condition_grade"].is_not_null().to_numpy()
        if "condition_grade" in units.columns
        else np.zeros(len(units), dtype=np.bool_)
    )
    strays = np.where(filed, priors.file_grade_error, priors.ungraded_spread)
    condition = np.minimum((slope * strays) ** 2, (0.95 * scale) ** 2)
    sees = np.where(np.abs(slope) > _FLAT, condition / scale**2, 0.0)
    error = np.sqrt(condition * (1.0 - sees) + (slope * priors.grade_error) ** 2)
    return at(grade) - usual, sees, np.maximum(error, _FLAT)
