"""How prices fall with own volume: a known fall is found again, and none where none is told."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl
import pytest

import residual
from residual.own_volume import PRIOR_MEAN, OwnVolume, _below_nought, own_volume

START = dt.date(2023, 1, 2)


@dataclass
class Flat:
    """A value model that foretells the same price for every unit, and is as sure of each."""

    level: float = 9.0
    scale: float = 0.1

    def locate(self, vehicles: pl.DataFrame, days: np.ndarray) -> Any:
        del days
        count = vehicles.height
        return type("Found", (), {
            "log_hammer": np.full(count, self.level), "scale": np.full(count, self.scale)
        })  # fmt: skip


def found(sales: pl.DataFrame) -> OwnVolume:
    return own_volume(cast("residual.ResidualModel", Flat()), sales)


def offerings(
    elasticity: float, seed: int, *, events: int = 40, models: int = 8, most: int = 9,
    noise: float = 0.1, unsold: float = 0.2, venues: int = 2,
) -> pl.DataFrame:  # fmt: skip
    """Sales whose days and models differ in level, and where more come of better models."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    level = draw.normal(0.0, 0.3, models)
    for event in range(events):
        day = draw.normal(0.0, 0.1)
        for kind in range(models):
            n = int(draw.integers(0, most)) + int(level[kind] > 0.3)
            for _ in range(n):
                off = level[kind] + day + elasticity * math.log(n) + noise * draw.standard_normal()
                sold = bool(draw.random() > unsold)
                rows.append(
                    {
                        "sale_id": f"s{len(rows):06d}", "make": "Ford", "model": f"m{kind}",
                        "model_year": 2018, "venue_id": f"v{event % venues}",
                        "offered_on": START + dt.timedelta(7 * (event // venues)),
                        "channel": "auction", "outcome": "sold" if sold else "no-sale",
                        "price": math.exp(9.0 + off) if sold else None,
                    }
                )  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.parametrize("truth", [0.0, -0.06, -0.2])
def test_a_known_fall_is_found_and_its_error_is_right(truth: float) -> None:
    runs = [found(offerings(truth, seed)) for seed in range(60)]
    off = np.array([(run.estimate - truth) / run.error for run in runs])
    assert abs(off.mean()) < 3.0 / math.sqrt(60)
    assert 0.75 < off.std() < 1.3
    assert (np.abs(off) < 1.96).mean() >= 0.86
    assert all(run.identified for run in runs)


def test_the_posterior_lies_between_prior_and_estimate_and_never_above_nought() -> None:
    for truth in (0.05, 0.0, -0.1):
        for seed in range(10):
            run = found(offerings(truth, seed, events=10))
            plain = run.say * run.estimate + (1.0 - run.say) * PRIOR_MEAN
            assert run.elasticity <= 0.0
            assert run.elasticity == pytest.approx(plain, abs=0.01) or plain > -0.03
    assert found(offerings(0.3, 1)).elasticity > -0.01


def test_more_offerings_have_more_to_say() -> None:
    says = [found(offerings(-0.1, 1, events=events, noise=0.3)).say for events in (4, 16, 64)]
    assert says == sorted(says)
    assert says[0] < 0.5 < says[-1]


@pytest.mark.parametrize(
    "case",
    ["one lot of each", "the same number always", "a single sale", "nothing sold", "no auctions"],
)
def test_where_nothing_is_told_the_prior_stands_and_that_is_said(case: str) -> None:
    sales = offerings(-0.2, 3)
    if case == "one lot of each":
        sales = sales.unique(["venue_id", "offered_on", "model"], keep="first", maintain_order=True)
    elif case == "the same number always":
        sales = sales.filter(pl.col("model").is_in(["m0", "m1"]))
        sales = sales.filter(pl.int_range(pl.len()).over("venue_id", "offered_on", "model") < 2)
        full = pl.len().over("venue_id", "offered_on", "model") == 2
        sales = sales.filter(full)
    elif case == "a single sale":
        sales = sales.filter(pl.col("offered_on") == START, pl.col("venue_id") == "v0")
    elif case == "nothing sold":
        sales = sales.with_columns(outcome=pl.lit("no-sale"), price=None)
    else:
        sales = sales.with_columns(channel=pl.lit("dealer"))
    run = found(sales)
    assert not run.identified
    assert run.say == 0.0
    assert math.isnan(run.estimate)
    assert math.isinf(run.error)
    assert run.elasticity == pytest.approx(PRIOR_MEAN, abs=0.005)
    assert "not identified" in run.note
    assert run.by_venue == {}
    assert run.at("v0") == run.elasticity


def test_venues_that_differ_are_drawn_to_all() -> None:
    steep, flat = offerings(-0.2, 5, venues=1), offerings(0.0, 6, venues=1)
    both = pl.concat(
        [
            steep.with_columns(venue_id=pl.lit("steep")),
            flat.with_columns(venue_id=pl.lit("flat"), sale_id="f" + pl.col("sale_id")),
        ]
    )
    run = found(both)
    alone = found(steep).estimate
    assert alone < run.at("steep") < run.elasticity < run.at("flat") <= 0.0
    assert run.at("elsewhere") == run.elasticity


def test_neither_the_order_of_rows_nor_the_currency_matters() -> None:
    sales = offerings(-0.1, 7)
    plain = found(sales)
    again = found(sales.sample(fraction=1.0, shuffle=True, seed=1))
    assert again == plain
    dear = own_volume(
        cast("residual.ResidualModel", Flat(level=9.0 + math.log(7.0))),
        sales.with_columns(price=pl.col("price") * 7.0),
    )
    assert dear.estimate == pytest.approx(plain.estimate, rel=1e-9)


def test_a_fitted_model_finds_the_fall_of_its_own_sales(sales: pl.DataFrame) -> None:
    """Prices of the made-up market, each lowered by what its number at the sale takes off."""
    weekly = sales.with_columns(
        offered_on=pl.col("offered_on").dt.truncate("1w"), channel=pl.lit("auction"),
    )  # fmt: skip
    number = pl.len().over("venue_id", "offered_on", "make", "model").cast(pl.Float64)
    truth = -0.1
    lowered = weekly.with_columns(price=pl.col("price") * number**truth)
    model = residual.fit(lowered.drop("guide_value"))
    run = residual.own_volume(model, lowered)
    assert run.identified
    assert abs(run.estimate - truth) < 3.0 * run.error
    assert run.error < 0.04


def test_a_normal_held_below_nought() -> None:
    draw = np.random.default_rng(1).normal(-0.02, 0.05, 2_000_000)
    assert _below_nought(-0.02, 0.05) == pytest.approx(draw[draw <= 0.0].mean(), abs=2e-4)
    assert _below_nought(-0.5, 0.01) == pytest.approx(-0.5)
    assert _below_nought(0.9, 0.01) == 0.0
