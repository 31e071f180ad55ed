"""The fleet to dispose of: repossessed vehicles, some tried at auction before without success."""

from __future__ import annotations

import numpy as np
import polars as pl

from sample_fleet.history import blank, offer_until_sold
from sample_fleet.places import region_column
from sample_fleet.seeds import AS_OF, as_dates, days, stream
from sample_fleet.size import SAMPLE, Size
from sample_fleet.units import Profile, draw_units, guide_values, log_level, log_unit_shock

REPOSSESSED = Profile(0.6, 7.0, 3.5, 17, -0.45, 0.11, 0.28)
TITLES = ("clear", "lien", "missing")
TITLE_DAYS = {"clear": (7, 18), "lien": (24, 60), "missing": (30, 75), "salvage": (14, 35)}
VEHICLE_COLUMNS = (
    "vehicle_id", "make", "model", "variant", "body", "powertrain", "segment", "model_year",
    "first_registered", "odometer", "condition_grade", "damage", "repair_estimate", "colour",
    "region", "lat", "lon", "title_status", "guide_value", "loan_balance", "recovered_on",
    "available_from", "run_count",
)  # fmt: skip


def recovered(size: Size = SAMPLE) -> pl.DataFrame:
    """Return every vehicle recovered in the last ten weeks, sold since or not."""
    rng = stream("fleet")
    since = days(AS_OF) - rng.integers(1, 71, size.recovered)
    since = np.sort(since)
    units = draw_units(rng, since, REPOSSESSED, "lender")
    names = [f"R{i:04d}" for i in range(1, size.recovered + 1)]
    return units.with_columns(
        vehicle_id=pl.Series(names),
        recovered_on=pl.Series(as_dates(since)),
        guide_value=guide_values(rng, units, since),
    )


def tried_offerings(units: pl.DataFrame, size: Size = SAMPLE) -> pl.DataFrame:
    """Return the one or two runs that part of the recovered vehicles had before the plan."""
    rng = stream("tried")
    since = days(units["recovered_on"].to_numpy())
    ready = since + rng.integers(16, 30, units.height)
    tried = (ready < days(AS_OF) - 6) & (rng.random(units.height) < size.tried)
    runs = rng.integers(1, 3, units.height)
    offered = units.filter(tried).drop("recovered_on")
    return offer_until_sold(rng, offered, ready[tried], runs[tried])


def _titles(rng: np.random.Generator, units: pl.DataFrame) -> np.ndarray:
    title = rng.choice(TITLES, units.height, p=[0.84, 0.08, 0.08])
    wrecked = (units["damage"] == "heavy").to_numpy() & (rng.random(units.height) < 0.45)
    return np.where(wrecked, "salvage", title)


def _available_from(rng: np.random.Generator, units: pl.DataFrame, title: np.ndarray):
    low = np.array([TITLE_DAYS[name][0] for name in title])
    high = np.array([TITLE_DAYS[name][1] for name in title])
    ready = days(units["recovered_on"].to_numpy()) + rng.integers(low, high + 1)
    first = days(units["_first_offered"].to_numpy())
    tried = (units["run_count"] > 0).to_numpy()
    return np.where(tried, np.minimum(ready, np.where(tried, first, ready)), ready)


def _repair_estimates(rng: np.random.Generator, units: pl.DataFrame, sound: np.ndarray):
    share = {"heavy": rng.lognormal(np.log(0.55), 0.35, units.height)}
    light = rng.lognormal(np.log(750), 0.5, units.height)
    damage = units["damage"].to_numpy()
    estimate = np.where(damage == "heavy", share["heavy"] * sound, light)
    return np.where(damage == "none", np.nan, (estimate / 10).round() * 10)


def fleet(units: pl.DataFrame, tried: pl.DataFrame) -> pl.DataFrame:
    """Return what is left to dispose of, with hidden columns (see `vehicles_table`)."""
    runs = tried.group_by("vehicle_id", maintain_order=True).agg(
        run_count=pl.col("run").filter(pl.col("outcome") != "withdrawn").len().cast(pl.Int64),
        _sold=(pl.col("outcome") == "sold").any(),
        _first_offered=pl.col("offered_on").min(),
    )
    left = units.join(runs, on="vehicle_id", how="left", maintain_order="left")
    left = left.filter(~pl.col("_sold").fill_null(value=False)).with_columns(
        pl.col("run_count").fill_null(0), pl.col("_first_offered").fill_null(AS_OF)
    )
    rng = stream("paperwork")
    n, now = left.height, np.full(left.height, days(AS_OF))
    sound = np.exp(log_level(left, now, damage_share=0.0))
    title = _titles(rng, left)
    debt = sound * rng.lognormal(np.log(1.22), 0.33, n)
    names = left["region"].to_numpy()
    return left.with_columns(
        title_status=pl.Series(title),
        available_from=pl.Series(as_dates(_available_from(rng, left, title))),
        repair_estimate=pl.Series(_repair_estimates(rng, left, sound)).fill_nan(None),
        loan_balance=pl.Series((debt / 10).round() * 10),
        lat=pl.Series((region_column(0, names) + rng.normal(0, 0.35, n)).round(4)),
        lon=pl.Series((region_column(1, names) + rng.normal(0, 0.4, n)).round(4)),
        _log_value=pl.Series(log_level(left, now) + log_unit_shock(left)),
    )


def vehicles_table(left: pl.DataFrame) -> pl.DataFrame:
    """Return the fleet as the lender knows it: keyless cars without odometer, gaps, sentinels."""
    rng = stream("fleet gaps")
    n = left.height
    odometer = left["odometer"].to_numpy().copy()
    odometer[rng.choice(n, 4, replace=False)] = [1.0, 1.0, 999_999.0, 999_999.0]
    return left.with_columns(pl.Series("odometer", odometer)).with_columns(
        blank("odometer", rng.random(n) < 0.045),
        blank("condition_grade", rng.random(n) < 0.02),
        blank("guide_value", rng.random(n) < 0.03),
        blank("first_registered", rng.random(n) < 0.08),
        blank("loan_balance", rng.random(n) < 0.01),
        blank("colour", rng.random(n) < 0.02),
    ).select(VEHICLE_COLUMNS)  # fmt: skip
