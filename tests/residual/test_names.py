"""Columns of the owner that are called like something of the model's own."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual

ROWS = 600


def sales(name: str) -> pl.DataFrame:
    draw = np.random.default_rng(7)
    kind = draw.integers(0, 3, ROWS)
    year = draw.integers(2012, 2020, ROWS)
    log = 9.0 + 0.1 * (year - 2015) + 0.3 * kind + 0.05 * draw.standard_normal(ROWS)
    return pl.DataFrame(
        {
            "sale_id": [f"s{row}" for row in range(ROWS)],
            "offered_on": [dt.date(2022, 1, 3) + dt.timedelta(row // 2) for row in range(ROWS)],
            "make": [f"make{row % 3}" for row in range(ROWS)],
            "model": [f"model{row % 5}" for row in range(ROWS)],
            "model_year": year,
            "condition_grade": draw.uniform(1.0, 5.0, ROWS),
            "price": np.exp(log),
            name: [f"kind {level}" for level in kind],
        }
    )


@pytest.mark.parametrize(
    "name", ["season", "market", "grade", "time", "base", "missing", "numbers", "age", "guide"]
)
def test_a_column_may_bear_any_name(name: str) -> None:
    frame = sales(name)
    model = residual.fit(frame)
    units = frame.rename({"sale_id": "vehicle_id"}).drop("price", "offered_on")
    day = dt.date(2022, 11, 1)
    told = model.predict(units, day, (0.5,))["q50"].log().to_numpy()
    kind = frame[name].str.tail(1).cast(pl.Int64).to_numpy()
    plain = told - 0.1 * (frame["model_year"].to_numpy() - 2015)
    gap = [plain[kind == level].mean() for level in range(3)]
    assert np.diff(gap) == pytest.approx([0.3, 0.3], abs=0.03)
    effects = model.value_effects(units.head(2), day).filter(pl.col("effect") == f"{name} (column)")
    assert effects["level"].to_list() == frame[name].head(2).to_list()
