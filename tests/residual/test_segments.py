"""The segments by which forecasts are judged."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.calibration import Calibration
from residual.features import Recipe
from residual.segments import as_written, segments

DAY = np.full(6, (dt.date(2024, 7, 1) - dt.date(1970, 1, 1)).days, dtype=np.int64)


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "make": ["Kia", "KIA", "Kia ", None, "Opel", "Opel"],
            "model": ["Rio"] * 6,
            "body": ["van", "van", "Van", "suv", None, "SUV"],
            "model_year": [2024, 2022, 2021, 2015, 2014, 1990],
            "condition_grade": [4.5, None, 1.0, 3.9, 5.0, 2.0],
            "seller_kind": ["lender", "lender", None, "rental", "rental", "rental"],
        }
    )


def test_a_level_is_written_as_it_mostly_is(rows: pl.DataFrame) -> None:
    assert as_written(rows, "make").to_list() == ["Kia", "Kia", "Kia", None, "Opel", "Opel"]
    assert as_written(rows, "body").to_list() == ["van", "van", "van", "SUV", None, "SUV"]
    assert as_written(rows, "colour").to_list() == [None] * 6


def test_every_segment_is_told(rows: pl.DataFrame) -> None:
    units = Recipe.learn(rows, DAY).read(rows, DAY)
    labels = segments(rows, units, "body")
    assert labels == {
        "group": ["van", "van", "van", "SUV", None, "SUV"],
        "grade": ["4", None, "1", "3", "5", "2"],
        "age": ["0-2", "0-2", "3-5", "6-9", "10+", "10+"],
        "make": ["Kia", "Kia", "Kia", None, "Opel", "Opel"],
        "seller_kind": ["lender", "lender", None, "rental", "rental", "rental"],
    }


def test_what_the_model_does_not_know_and_what_is_not_told(rows: pl.DataFrame) -> None:
    units = Recipe.learn(rows.head(3), DAY[:3]).read(rows, DAY)
    plain = segments(rows.drop("condition_grade", "seller_kind"), units, "body")
    assert plain["group"] == ["van", "van", "van", None, None, None]
    assert plain["grade"] == [None] * 6
    assert "seller_kind" not in plain


def test_the_calibration_has_age_and_make(model: residual.ResidualModel) -> None:
    table = model.calibration()
    ages = table.filter(pl.col("dimension") == "age")
    assert ages["group"].to_list() == ["0-2", "3-5", "6-9", "10+"]
    makes = table.filter(pl.col("dimension") == "make")
    assert makes["group"].to_list() == ["make0", "make1", "make2"]
    assert makes["sales"].sum() == table["sales"][0]


def test_ages_stand_in_their_order() -> None:
    count = 120
    made = Calibration(
        days=np.arange(count, dtype=np.int64),
        week=np.ones(count, dtype=np.int64),
        error=np.zeros(count),
        part=np.zeros(count, dtype=np.int64),
        log_price=np.zeros(count),
        labels={"age": ["10+", "3-5", "0-2"] * 40},
        later=True,
        apart=True,
    )
    rows = made.table().filter(pl.col("dimension") == "age")
    assert rows["group"].to_list() == ["0-2", "3-5", "10+"]
