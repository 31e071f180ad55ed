"""The value of a unit as a product of named effects, each with its level and its interval."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from residual.columns import (
    AGE_KNOTS,
    BADNESS_KNOTS,
    ODOMETER_KNOTS,
    damage_columns,
    missing_columns,
    products,
)
from residual.curves import Floats, segment_basis
from residual.features import COLUMN, Units
from residual.hedonic import Hedonic

#: Quantile of the standard normal that leaves 5 % above it: intervals hold 90 %.
NINETY: Final = 1.6448536269514722
SCHEMA: Final = {
    "vehicle_id": pl.String,
    "effect": pl.String,
    "level": pl.String,
    "factor": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def part_errors(hedonic: Hedonic, units: Units) -> dict[str, Floats]:
    """Standard deviation of each contribution to the log value, as far as it is known.

    Parameters
    ----------
    hedonic : Hedonic
    units : Units

    Returns
    -------
    dict of float64[n]
        By the names of `Hedonic.parts`. The base and the market level are told apart by their
        prior alone and have none.

    Notes
    -----
    A level has its posterior variance, all other effects being as uncertain as they are: a make
    is told apart from its models by their spread alone, however many sales it has. A level never
    seen has all of the variance of its kind. A curve has b'Cb, with b its columns and C the
    posterior covariance of its slopes; what makes and models bend it by is left aside.
    """
    out = hedonic.level_errors(units.codes)
    columns = {
        "age": ("age", segment_basis(units.age, AGE_KNOTS)),
        "odometer": ("odometer", segment_basis(units.odometer / 1000.0, ODOMETER_KNOTS)),
        "badness": ("grade", segment_basis(5.0 - units.grade, BADNESS_KNOTS)),
        "damage": ("damage", damage_columns(units)),
        "missing": ("missing", missing_columns(units)),
        "numbers": ("numbers", units.numbers),
    }
    for source, (name, basis) in columns.items():
        if source in hedonic.covariance and basis.shape[1]:
            out[name] = _spread(basis, hedonic.covariance[source])
    if "product" in hedonic.covariance:
        basis = products(units, hedonic.slopes)
        out["wear together"] = _spread(basis, hedonic.covariance["product"])
    return out


def _spread(basis: Floats, covariance: Floats) -> Floats:
    variance = np.einsum("ij,jk,ik->i", basis, covariance, basis, optimize=False)
    out: Floats = np.sqrt(np.maximum(variance, 0.0))
    return out


def level_words(vehicles: pl.DataFrame, units: Units, on: dt.date) -> dict[str, pl.Series]:
    """What each effect stands for in words: the unit's make, its age, its reading.

    Parameters
    ----------
    vehicles : polars.DataFrame
    units : Units
        The same rows, as the model reads them.
    on : datetime.date

    Returns
    -------
    dict of polars.Series
        By the names of `Hedonic.parts`; effects without words of their own are left out.
    """
    out = {name: _category(vehicles, name, units) for name in units.codes}
    measured = pl.DataFrame(
        {
            "age": np.maximum(units.age, 0.0),
            "odometer": units.odometer,
            "typical": units.odometer_missing,
            "grade": np.where(units.grade_missing, np.nan, units.grade),
            "damage": units.damage,
        }
    )
    typical = pl.when("typical").then(pl.lit(" (typical)")).otherwise(pl.lit(""))
    words = measured.select(
        age=pl.format("{} years", pl.col("age").round(1)),
        odometer=pl.format(
            "{} thousand km{}", (pl.col("odometer") / 1000.0).round(0).cast(pl.Int64), typical
        ),
        grade=pl.when(pl.col("grade").is_nan())
        .then(pl.lit("not given"))
        .otherwise(pl.format("{} of 5", pl.col("grade").round(1))),
        damage=pl.col("damage").replace_strict(
            [0, 1, 2], ["none or unknown", "light", "heavy"], return_dtype=pl.String
        ),
    )
    missing = [
        " and ".join(
            word for word, absent in zip(("odometer", "grade"), row, strict=True) if absent
        )
        for row in missing_columns(units).astype(bool).tolist()
    ]
    return {
        **out,
        **{name: words[name] for name in words.columns},
        "missing": pl.Series(
            [f"{row} not known" if row else None for row in missing], dtype=pl.String
        ),
        "market": pl.Series([on.isoformat()] * len(units), dtype=pl.String),
    }


def _category(vehicles: pl.DataFrame, name: str, units: Units) -> pl.Series:
    usual = "auction" if name == "channel" else None
    column = name.removesuffix(COLUMN)
    given = vehicles[column] if column in vehicles.columns else pl.Series([usual] * len(vehicles))
    known = pl.Series(units.codes[name] >= 0)
    text = pl.DataFrame({"text": given.cast(pl.String), "known": known}).select(
        pl.when(pl.col("text").is_null() | pl.col("known"))
        .then(pl.col("text"))
        .otherwise(pl.format("{} (not among past sales)", "text"))
    )
    return text.to_series()


def long_table(
    vehicle_ids: pl.Series,
    parts: dict[str, Floats],
    errors: dict[str, Floats],
    words: dict[str, pl.Series],
) -> pl.DataFrame:
    """Put effects one under the other, unit by unit.

    Parameters
    ----------
    vehicle_ids : polars.Series, n rows
    parts : dict of float64[n]
        Contributions to the log value in the order in which they shall be told.
    errors : dict of float64[n]
        Their standard deviations; an effect may lack one.
    words : dict of polars.Series
        What they stand for.

    Returns
    -------
    polars.DataFrame
        vehicle_id, effect, level, factor, low and high (90 % interval, null where not known).
    """
    count = vehicle_ids.len()
    unknown = np.full(count, np.nan)
    nothing = pl.Series([None] * count, dtype=pl.String)
    frames = [
        pl.DataFrame(
            {
                "vehicle_id": vehicle_ids,
                "effect": pl.repeat(name, count, eager=True),
                "level": words.get(name, nothing),
                "factor": np.exp(part),
                "low": np.exp(part - NINETY * errors.get(name, unknown)),
                "high": np.exp(part + NINETY * errors.get(name, unknown)),
            },
            schema=SCHEMA,
        )
        for name, part in parts.items()
    ]
    by_unit = np.arange(count * len(frames)).reshape(len(frames), count).T.ravel()
    return pl.concat(frames)[by_unit].with_columns(pl.col("low", "high").fill_nan(None))
