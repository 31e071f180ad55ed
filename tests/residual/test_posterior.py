"""Intervals of effects hold the truth as often as they say, and do not hang on the asking."""

from __future__ import annotations

import datetime as dt
import pickle
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual

START = dt.date(2022, 1, 3)
MAKES, MODELS, VARIANTS, REGIONS, ROWS = 8, 3, 3, 6, 2000
PARTS = ("make", "model", "variant", "region", "venue_id")


def world(seed: int) -> tuple[pl.DataFrame, dict[str, np.ndarray]]:
    """Sales whose effects are known, drawn from the very family that the model assumes."""
    draw = np.random.default_rng(seed)
    true = {
        "make": draw.normal(0.0, 0.3, MAKES),
        "model": draw.normal(0.0, 0.2, MAKES * MODELS),
        "variant": draw.normal(0.0, 0.1, MAKES * MODELS * VARIANTS),
        "region": draw.normal(0.0, 0.04, REGIONS),
        "venue_id": draw.normal(0.0, 0.05, REGIONS),
    }
    code = codes(draw.integers(0, len(true["variant"]), ROWS))
    code["region"] = draw.integers(0, REGIONS, ROWS)
    code["venue_id"] = draw.integers(0, REGIONS, ROWS)
    age = draw.uniform(1.0, 10.0, ROWS)
    day = draw.integers(0, 500, ROWS)
    log = 10.0 - 0.12 * age + 0.12 * draw.standard_normal(ROWS)
    log += sum(true[name][code[name]] for name in PARTS)
    offered = [START + dt.timedelta(int(after)) for after in day]
    sales = {
        "sale_id": [f"s{row}" for row in range(ROWS)],
        "offered_on": offered,
        "first_registered": [
            on - dt.timedelta(int(365.25 * years))
            for on, years in zip(offered, age.tolist(), strict=True)
        ],
        "odometer": 15_000.0 * age * draw.lognormal(0.0, 0.4, ROWS),
        "price": np.exp(log),
        **{name: [f"{name}{level}" for level in code[name].tolist()] for name in PARTS},
    }
    return pl.DataFrame(sales), true


def codes(variant: np.ndarray) -> dict[str, np.ndarray]:
    model = variant // VARIANTS
    return {
        "variant": variant,
        "model": model,
        "make": model // MODELS,
        "region": variant % REGIONS,
    }


def one_of_each() -> pl.DataFrame:
    place = codes(np.arange(MAKES * MODELS * VARIANTS))
    return pl.DataFrame(
        {name: [f"{name}{level}" for level in code.tolist()] for name, code in place.items()}
    ).with_columns(
        vehicle_id=pl.col("variant"), first_registered=pl.date(2019, 1, 1), odometer=60_000.0
    )


def test_nine_in_ten_intervals_hold_the_truth() -> None:
    inside: dict[str, list[bool]] = {name: [] for name in PARTS}
    for seed in range(4):
        sales, true = world(seed)
        model = residual.fit(sales)
        told = model.value_effects(one_of_each(), START + dt.timedelta(500))
        place = codes(np.arange(len(true["variant"])))
        for name in PARTS[:-1]:
            rows = told.filter(pl.col("effect") == name).with_columns(true=true[name][place[name]])
            rows = rows.unique("level" if name == "region" else "true", maintain_order=True)
            assert rows.height == len(true[name])
            inside[name] += rows["true"].exp().is_between(rows["low"], rows["high"]).to_list()
        venues = [f"venue_id{level}" for level in range(REGIONS)]
        gap = model.venue_log_factor(venues) - true["venue_id"]
        inside["venue_id"] += (np.abs(gap) < 1.645 * model.venue_error(venues)).tolist()
    for name in PARTS:
        assert np.mean(inside[name]) > 0.78, name
    assert np.mean(inside["variant"]) < 0.96


def test_a_level_is_told_alike_whatever_else_is_asked(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    posterior = pickle.loads(pickle.dumps(plain_model.hedonic.posterior))
    posterior._found.clear()
    one = posterior.spread({"variant": np.array([2, 2])})["variant"]
    every = posterior.spread({"make": np.array([0]), "variant": np.arange(3)})
    posterior._found.clear()
    again = posterior.spread({"make": np.array([0]), "variant": np.arange(3)})
    assert one[0] == one[1] == every["variant"][2] == again["variant"][2]
    assert again["make"][0] == every["make"][0]


def test_errors_are_those_of_the_whole_system(plain_model: residual.ResidualModel) -> None:
    found = plain_model.hedonic.posterior
    inverse = np.linalg.inv(found.normal.toarray())
    cross = found.normal @ found.moved
    corner = np.linalg.inv(found.slope_covariance) + cross.T @ inverse @ cross
    whole = np.linalg.inv(np.block([[found.normal.toarray(), cross], [cross.T, corner]]))
    for name in ("make", "model", "variant"):
        place = found.places[name]
        told = found.spread({name: np.arange(place.stop - place.start)})[name]
        assert told == pytest.approx(np.sqrt(np.diag(whole)[place]), rel=1e-5)
        # those of one level alone, all else known, fall short of it
        alone = 1.0 / np.sqrt(found.normal.diagonal()[place])
        assert (told > alone).all()
