"""The value of one vehicle, explained: a product of named effects and what it ends at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from residual.effects import NINETY, SCHEMA
from residual.errors import Fault, InputError
from residual.features import as_date

if TYPE_CHECKING:
    from residual.model import ResidualModel

_DAYS: Final = ("first_registered", "recovered_on", "available_from")
_WORDS: Final = {
    "base": "an ordinary vehicle", "numbers": "further figures", "missing": "not told",
    "venue_id": "venue", "seller_kind": "kind of seller", "wear together": "age and wear together",
    "grade": "condition grade", "guide": "what the guide adds",
    "middle of the spread": "middle of the spread",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Explanation:
    """What makes the value of a vehicle; make one with `ResidualModel.explain`.

    Attributes
    ----------
    vehicle_id : str
    on : datetime.date
    venue : str or None
        Where the price would be made; None for the reference venue.
    effects : polars.DataFrame
        effect, level (what it stands for), factor ("base" is money), and low and high of its
        90 % interval, null where none is known. The factors multiply to the median.
    median, mean, low, high : float
        Hammer price given a sale: its middle, its mean and its 90 % interval.
    support : str
        Deepest level of make, model and variant that past sales knew.
    """

    vehicle_id: str
    on: dt.date
    venue: str | None
    effects: pl.DataFrame
    median: float
    mean: float
    low: float
    high: float
    support: str

    def __str__(self) -> str:
        where = "the reference venue" if self.venue is None else self.venue
        shown = self.effects.filter(pl.col("level").is_not_null() | (pl.col("factor") != 1.0))
        rows = [_words(row) for row in shown.iter_rows(named=True)]
        first, second = (max(len(row[place]) for row in rows) for place in (0, 1))
        lines = [
            f"  {name:<{first}}  {level:<{second}}  {factor:>10}  {interval}".rstrip()
            for name, level, factor, interval in rows
        ]
        head = f"{self.vehicle_id}: hammer price given a sale on {self.on.isoformat()} at {where}"
        total = (
            f"  = {self.median:,.0f}, the median; 90 % of such prices lie between {self.low:,.0f} "
            f"and {self.high:,.0f}, their mean is {self.mean:,.0f}"
        )
        known = f"  known by its {self.support}"
        unknown = "  neither its make nor its body is among past sales"
        return "\n".join([head, *lines, total, unknown if self.support == "all" else known])


def explanation(
    model: ResidualModel, vehicle: Mapping[str, Any] | pl.DataFrame, on: dt.date | str | None
) -> Explanation:
    """Explain the value of one vehicle; see `ResidualModel.explain`."""
    unit = _one_row(vehicle)
    day = model.as_of if on is None else as_date(on, "on")
    venue = unit["venue_id"][0] if "venue_id" in unit.columns else None
    effects = model.value_effects(unit, day)
    if venue is not None:
        effects = pl.concat([effects, venue_effects(model, unit)])
    told = model.predict(unit, day, (0.05, 0.5, 0.95)).row(0, named=True)
    return Explanation(
        str(told["vehicle_id"]),
        day,
        None if venue is None else str(venue),
        effects.drop("vehicle_id"),
        told["q50"],
        told["mean"],
        told["q05"],
        told["q95"],
        told["support"],
    )


def _one_row(vehicle: Mapping[str, Any] | pl.DataFrame) -> pl.DataFrame:
    if isinstance(vehicle, pl.DataFrame):
        unit = vehicle
    else:
        unit = pl.DataFrame({name: [_read(name, value)] for name, value in vehicle.items()})
    if len(unit) != 1:
        fault = Fault("one vehicle is explained at a time", file="vehicles", value=str(len(unit)))
        raise InputError([fault])
    if "vehicle_id" not in unit.columns:
        unit = unit.with_columns(vehicle_id=pl.lit("vehicle"))
    return unit


def _read(name: str, value: Any) -> Any:
    """Take a day written as a text for a day."""
    written = isinstance(value, str) and name in _DAYS
    return as_date(value, name) if written else value


def venue_effects(model: ResidualModel, vehicles: pl.DataFrame) -> pl.DataFrame:
    """Tell what the venue_id of each row does to its price, in the columns of `value_effects`.

    Parameters
    ----------
    model : ResidualModel
    vehicles : polars.DataFrame
        vehicle_id and venue_id; rows without a venue are left out.
    """
    rows = vehicles.select(pl.col("vehicle_id", "venue_id").cast(pl.String)).drop_nulls("venue_id")
    venues = rows["venue_id"].to_list()
    known = set(model.recipe.levels.get("venue_id", []))
    log, reach = model.venue_log_factor(venues), NINETY * model.venue_error(venues)
    level = [
        venue if venue.strip().lower() in known else f"{venue} (not among past sales)"
        for venue in venues
    ]
    return pl.DataFrame(
        {
            "vehicle_id": rows["vehicle_id"],
            "effect": pl.repeat("venue_id", len(rows), eager=True),
            "level": level,
            "factor": np.exp(log),
            "low": np.exp(log - reach),
            "high": np.exp(log + reach),
        },
        schema=SCHEMA,
    )


def _words(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Name, level, factor and interval of an effect."""
    name = _WORDS.get(row["effect"], row["effect"].replace("_", " "))
    factor = f"{row['factor']:,.0f}" if row["effect"] == "base" else f"x {row['factor']:.3f}"
    interval = ""
    if row["low"] is not None and row["effect"] != "base":
        interval = f"({row['low']:.3f} to {row['high']:.3f})"
    return name, row["level"] or "", factor, interval
