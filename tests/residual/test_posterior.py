"""Intervals of effects hold the truth as often as they say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.design import Design
from residual.features import Recipe

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


def test_errors_are_those_of_the_whole_system() -> None:
    sales, _ = world(1)
    days = sales["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    recipe = Recipe.learn(sales, days)
    design = Design(recipe.read(sales, days), recipe)
    price = np.log(sales["price"].to_numpy())
    hedonic, fit = design.fit(price, np.ones(ROWS), 5.0, 3)
    columns = np.hstack([design.Z.toarray(), design.M])
    width = design.Z.shape[1]
    penalty = np.zeros((columns.shape[1], columns.shape[1]))
    penalty[width:, width:] = design.root @ design.root.T
    for block in design.blocks:
        own = np.eye(block.size) if block.root is None else (block.root @ block.root.T).toarray()
        penalty[block.columns, block.columns] = own / fit.variances[block.name]
    # the last normal equations stand on the weights of the round before the last residuals
    weight = fit.used / fit.scale**2
    whole = np.linalg.inv((columns * weight[:, None]).T @ columns + penalty)
    for name in ("make", "model", "variant", "region"):
        first, end = hedonic.posterior.places[name]
        told = hedonic.posterior.spread({name: np.arange(end - first)})[name]
        assert told == pytest.approx(np.sqrt(np.diag(whole)[first:end]), rel=1e-5)
