"""The card of a model: curves, effects and the choice of ordinary units behind them."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.card import ModelCard
from residual.card.curves import CURVES
from residual.typical import EACH, WHOLE, Typical


@pytest.fixture(scope="module")
def card(plain_model: residual.ResidualModel) -> ModelCard:
    return plain_model.card()


def curve(card: ModelCard, name: str, group: str = "all") -> pl.DataFrame:
    return card.curves.filter(pl.col("curve") == name, pl.col("group") == group)


def test_curves_fall_as_the_market_was_made(card: ModelCard, market: ModuleType) -> None:
    still = curve(card, "standing")
    assert still["at"].to_list() == [float(year) for year in range(15)]
    assert still["relative"][0] == 1.0
    # The equation tells age from odometer only so well: six points over eight years.
    left = still.filter(pl.col("at") == 9.0)["value"][0] / still["value"][1]
    assert left == pytest.approx(np.exp(-8.0 * market.YEARLY_FALL), abs=0.06)
    driven = curve(card, "age")
    both = np.exp(-8.0 * (market.YEARLY_FALL + 15_000 * market.FALL_PER_KM))
    left = driven.filter(pl.col("at") == 9.0)["value"][0] / driven["value"][1]
    assert left == pytest.approx(both, abs=0.06)
    grade = curve(card, "grade")
    assert grade["at"].to_list() == [step / 2.0 for step in range(2, 11)]
    worst, best = grade["relative"][0], grade["relative"][-1]
    assert worst / best == pytest.approx(np.exp(-4.0 * market.GRADE_STEP), abs=0.08)


def test_no_curve_rises_and_bands_hold_their_lines(card: ModelCard) -> None:
    for key, part in card.curves.group_by("curve", "dimension", "group", maintain_order=True):
        steps = np.diff(part["value"].to_numpy())
        assert (steps >= 0.0).all() if key[0] == "grade" else (steps <= 0.0).all(), key
    assert (card.curves["low"] < card.curves["relative"]).all()
    assert (card.curves["relative"] < card.curves["high"]).all()
    # The noise of the market is three times as wide at grade 1 as at grade 5.
    grade = curve(card, "grade").with_columns(width=(pl.col("high") / pl.col("low")).log())
    assert grade["width"][0] > 1.8 * grade["width"][-1]


def test_makes_and_kinds_have_curves_of_their_own(
    card: ModelCard, plain_model: residual.ResidualModel
) -> None:
    makes = card.curves.filter(pl.col("dimension") == "make")
    assert makes["group"].unique().sort().to_list() == ["make0", "make1", "make2"]
    sales = dict(makes.select("group", "sales").unique().iter_rows())
    assert sum(sales.values()) == plain_model.counts["sales used"]
    kinds = card.curves.filter(pl.col("dimension") == "group")
    assert kinds["group"].unique().sort().to_list() == ["sedan", "suv", "van"]


def test_the_effects_that_stand_out_are_those_of_the_model(
    card: ModelCard, plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    makes = card.effects.filter(pl.col("effect") == "make")
    assert makes["factor"].is_sorted(descending=True)
    counts = dict(sales["make"].value_counts().iter_rows())
    assert dict(makes.select("level", "sales").iter_rows()) == counts
    assert (makes["low"] < makes["factor"]).all()
    assert (makes["factor"] < makes["high"]).all()
    variants = card.effects.filter(pl.col("effect") == "variant")
    assert variants.height == 8
    make, model, variant = variants["level"][0].split()
    unit = {"make": make, "model": model, "variant": variant, "model_year": 2017}
    told = plain_model.explain(unit).effects
    factor = told.filter(pl.col("effect") == "variant")["factor"][0]
    assert variants["factor"][0] == pytest.approx(factor, rel=1e-12)
    venues = dict(
        card.effects.filter(pl.col("effect") == "venue_id").select("level", "factor").iter_rows()
    )
    assert venues["b"] / venues["a"] == pytest.approx(np.exp(0.1), abs=0.03)


def test_what_moves_values_most_comes_first(card: ModelCard) -> None:
    reach = (card.kinds["high"] / card.kinds["low"]).to_list()
    assert reach == sorted(reach, reverse=True)
    assert card.kinds["effect"][0] == "age"
    assert {"odometer", "grade", "make", "venue_id"} <= set(card.kinds["effect"])
    assert not {"base", "guide", "middle of the spread"} & set(card.kinds["effect"])


def test_the_card_tells_itself_in_a_few_lines(
    card: ModelCard, plain_model: residual.ResidualModel
) -> None:
    lines = card.summary().splitlines()
    assert lines[0] == f"value model as of {plain_model.as_of}, 3,000 sales"
    assert lines[1].startswith("what moves values most (standard deviation): age ±")
    assert "later prices inside the 90 % interval" in lines[2]
    assert card.calibration.equals(plain_model.calibration())
    assert card.market.equals(plain_model.market_path())


def test_the_same_sales_keep_the_same_units(
    sales: pl.DataFrame, plain_model: residual.ResidualModel
) -> None:
    again = residual.fit(sales.drop("guide_value").reverse())
    assert again.typical == plain_model.typical
    kept = plain_model.typical
    assert len(kept.whole) == WHOLE
    assert len(set(kept.whole)) == WHOLE
    assert all(len(rows) == EACH for rows in kept.groups["make"].values())
    frame = kept.frame()
    assert not {"sale_id", "price", "offered_on", "guide_value"} & set(frame.columns)
    assert frame["model_year"].dtype == pl.Int64
    for name, rows in kept.groups["make"].items():
        assert frame["make"][rows].unique().to_list() == [name]
    assert sum(kept.sales["make"]) == 3000


def test_units_drawn_stand_for_all(plain_model: residual.ResidualModel) -> None:
    kept = plain_model.typical
    years = kept.frame()["age"][kept.whole].to_numpy()
    low, high, middle = kept.ranges["age"]
    assert low <= np.quantile(years, 0.1) < middle < np.quantile(years, 0.9) <= high
    assert np.median(years) == pytest.approx(middle, abs=1.0)


def few(market: ModuleType, **changes: object) -> pl.DataFrame:
    return market.made_sales(60, seed=5).drop("guide_value").with_columns(**changes)


@pytest.mark.parametrize("rows", [1, 2, 20, 60])
def test_few_sales_make_a_small_card(market: ModuleType, rows: int) -> None:
    card = residual.fit(few(market).head(rows)).card()
    assert list(card.curves.schema) == list(CURVES)
    assert card.drift.is_empty()
    assert np.isfinite(card.curves.select("value", "relative", "low", "high").to_numpy()).all()
    assert card.summary().startswith("value model as of")


def test_columns_that_sales_lack_have_no_curve(market: ModuleType) -> None:
    bare = few(market).select("make", "model", "model_year", "price", "offered_on")
    card = residual.fit(bare).card()
    assert set(card.curves["curve"]) == {"age"}
    assert "venue_id" not in card.effects["effect"]


def test_levels_are_those_with_most_sales() -> None:
    kept = Typical({"make": ["a", None], "age": [1.0, 2.0]}, [0, 1], {}, {}, {}, {}, {})
    assert kept.frame().schema == {"make": pl.String, "age": pl.Float64}
    assert kept.frame().rows() == [("a", 1.0), (None, 2.0)]
