"""A made-up used-car market whose effects are known, for the tests of the value model."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

START = dt.date(2022, 1, 3)
YEARLY_FALL = 0.12
FALL_PER_KM = 2.5e-6
GRADE_STEP = 0.08


def made_sales(n: int = 3000, seed: int = 1, noise: float = 0.08) -> pl.DataFrame:
    """Sales with four makes, twelve models, 48 variants, two venues and known effects.

    ln price = 10 + make + model + variant - 0.12 age - 2.5e-6 km - 0.08 (5 - grade)
    + 0.1 (venue b) + noise, the noise three times as wide at grade 1 as at grade 5.
    """
    draw = np.random.default_rng(seed)
    variant = np.floor(48 * draw.random(n) ** 1.5).astype(int)
    model, make = variant // 4, variant // 16
    effect = np.random.default_rng(99)
    by_make = effect.normal(0, 0.3, 4)
    by_model = effect.normal(0, 0.2, 12)
    by_variant = effect.normal(0, 0.1, 48)
    year = draw.integers(2008, 2022, n)
    day = draw.integers(0, 500, n)
    age = np.datetime64(START) - np.array([f"{y}-07-01" for y in year], dtype="datetime64[D]")
    age = (age.astype(int) + day) / 365.25
    odometer = np.clip(15_000 * age * draw.lognormal(0, 0.4, n), 500, 400_000)
    grade = draw.integers(2, 11, n) / 2
    venue = draw.integers(0, 2, n)
    log_price = (
        10.0
        + by_make[make]
        + by_model[model]
        + by_variant[variant]
        - YEARLY_FALL * age
        - FALL_PER_KM * odometer
        - GRADE_STEP * (5 - grade)
        + 0.1 * venue
        + noise * (1 + (5 - grade) / 2) * draw.standard_normal(n)
    )
    guide = log_price + 0.05 * draw.standard_normal(n) + 0.02
    return pl.DataFrame(
        {
            "sale_id": [f"s{i:06d}" for i in range(n)],
            "offered_on": [START + dt.timedelta(int(d)) for d in day],
            "make": [f"make{m}" for m in make],
            "model": [f"model{m}" for m in model],
            "variant": [f"variant{v}" for v in variant],
            "body": [("sedan", "suv", "van")[m % 3] for m in model],
            "region": [f"r{k}" for k in draw.integers(0, 5, n)],
            "venue_id": [("a", "b")[v] for v in venue],
            "model_year": year,
            "odometer": odometer,
            "condition_grade": grade,
            "price": np.exp(log_price),
            "guide_value": np.exp(guide),
        }
    )


def one_vehicle(**changes: object) -> pl.DataFrame:
    """One ordinary unit of the made-up market."""
    unit: dict[str, object] = {
        "vehicle_id": "v",
        "make": "make0",
        "model": "model0",
        "variant": "variant0",
        "body": "sedan",
        "region": "r0",
        "model_year": 2017,
        "odometer": 80_000.0,
        "condition_grade": 4.0,
    }
    unit.update(changes)
    return pl.DataFrame({name: [value] for name, value in unit.items()})
