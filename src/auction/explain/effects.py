"""What a vehicle's value is made of, today and on the day and at the place of its sale."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.reconditioned import as_reconditioned
from auction.explain.decision import LATER
from auction.hearing import Heard
from auction.planned import Planning
from auction.situation import hold_date

_NINETY: Final = 1.6448536269514722
_COLUMNS: Final = ["vehicle_id", "effect", "level", "factor", "low", "high"]


def effects(planning: Planning) -> pl.DataFrame:
    """Return the value of every vehicle of the fleet as a product of named effects.

    Up to ``middle of the spread``, and ``appraisal`` where there is one, the factors multiply to
    the median hammer price today at the reference venue. For a vehicle that goes to an auction or
    is kept back, those of :data:`LATER` lead on to the median hammer price there on that day. An
    effect that the vehicle's file does not speak of, and that moves nothing, is left out.

    Parameters
    ----------
    planning : Planning
        The run.

    Returns
    -------
    polars.DataFrame
        vehicle_id, effect, level (what it stands for), factor, low and high (90 % interval of
        the factor, null where none is known), by vehicle_id.
    """
    vehicles = planning.workspace.tables["vehicles"].sort("vehicle_id")
    today = planning.model.value_effects(vehicles, planning.workspace.config.as_of)
    silent = (pl.col("factor") == 1.0) & (
        pl.col("level").is_null() | (pl.col("low").eq_missing(pl.col("high")))
    )
    said = [] if planning.heard is None else [_appraisals(planning, planning.heard, vehicles)]
    both = pl.concat([today.filter(~silent), *said, _later(planning)])
    return both.sort("vehicle_id", maintain_order=True)


def value_today(planning: Planning) -> pl.DataFrame:
    """Return vehicle_id and value: the median hammer today at the reference venue, money."""
    vehicles = planning.workspace.tables["vehicles"]
    anywhere = vehicles.drop("venue_id", strict=False)
    found = planning.model.predict(anywhere, planning.workspace.config.as_of, quantiles=(0.5,))
    value = vehicles.select("vehicle_id").with_columns(value=found["q50"])
    if planning.heard is None:
        return value
    said = _appraisals(planning, planning.heard, vehicles).select("vehicle_id", "factor")
    moved = value.join(said, on="vehicle_id", how="left", maintain_order="left")
    return moved.select("vehicle_id", value=pl.col("value") * pl.col("factor").fill_null(1.0))


def _appraisals(planning: Planning, heard: Heard, vehicles: pl.DataFrame) -> pl.DataFrame:
    return heard.effects(planning.model, vehicles, planning.workspace).select(_COLUMNS)


def _later(planning: Planning) -> pl.DataFrame:
    """Return the factors from today's value to the price there on that day."""
    later = hold_date(planning.situation.market, planning.workspace.config.as_of)
    going = planning.chosen["channel"].is_in(["auction", "hold"])
    chosen = planning.chosen.filter(going).with_columns(pl.col("date").fill_null(later))
    vehicles = planning.situation.vehicles.filter(going)
    waiting = planning.model.waiting_effects(
        vehicles, planning.workspace.config.as_of, chosen["date"]
    )
    venues = chosen["venue_id"].to_list()
    venue = planning.model.venue_log_factor(venues)
    spread = planning.model.venue_error(venues)
    lost = 1.0 - planning.situation.market.auction.reoffer_discount
    runs = vehicles["run_count"].fill_null(0)
    day = chosen["date"].dt.to_string("%Y-%m-%d")
    nothing = np.full(chosen.height, np.nan)
    columns = (
        (runs.cast(pl.String) + " without a sale", lost ** runs.to_numpy(), nothing),
        (chosen["reconditioning_id"], _bettered(planning, going, chosen), nothing),
        (chosen["venue_id"], np.exp(venue), spread),
        (day, waiting["ageing"].to_numpy(), nothing),
        (day, waiting["market"].to_numpy(), waiting["market_sd"].to_numpy()),
        (day, waiting["middle"].to_numpy(), nothing),
    )
    told = pl.concat(
        pl.DataFrame(
            {
                "vehicle_id": chosen["vehicle_id"],
                "effect": pl.repeat(name, chosen.height, eager=True),
                "level": level,
                "factor": factor,
                "low": factor * np.exp(-_NINETY * error),
                "high": factor * np.exp(_NINETY * error),
                "place": pl.repeat(place, chosen.height, eager=True),
            }
        )
        for place, (name, (level, factor, error)) in enumerate(zip(LATER, columns, strict=True))
    ).with_columns(pl.col("low", "high").fill_nan(None))
    said = (pl.col("factor") != 1.0) | (
        pl.col("level").is_not_null() & (pl.col("effect") != "earlier runs")
    )
    return told.filter(said).sort("vehicle_id", "place").select(_COLUMNS)


def _bettered(planning: Planning, going: pl.Series, chosen: pl.DataFrame) -> NDArray[np.float64]:
    """Return what reconditioning makes of the values of those that go, on their day."""
    before = planning.situation
    after = as_reconditioned(before, planning.chosen)
    row = np.flatnonzero(going.to_numpy())
    days = np.array([(day - before.as_of).days for day in chosen["date"]], dtype=np.int64)
    date = before.position(days)
    return np.asarray(np.exp(after.log_value[row, date] - before.log_value[row, date]))
