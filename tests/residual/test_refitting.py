"""A refit is a fit on all sales, by the bit; sales that a model has forgotten are asked for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import residual
from residual.errors import InputError
from residual.refitting import joined

MIDDLE = dt.date(2023, 1, 15)


@pytest.fixture(scope="module")
def few(market: ModuleType) -> pl.DataFrame:
    return market.made_sales(500, seed=12)


@pytest.fixture(scope="module")
def before(few: pl.DataFrame) -> residual.ResidualModel:
    priors = residual.Priors(level_error=0.02)
    return residual.fit(few.filter(pl.col("offered_on") <= MIDDLE), as_of=MIDDLE, priors=priors)


def content(model: residual.ResidualModel, path: Path) -> bytes:
    model.save(path)
    return path.read_bytes()


def test_a_refit_is_a_fit_on_all(
    before: residual.ResidualModel, few: pl.DataFrame, tmp_path: Path
) -> None:
    past, new = (few.filter(side) for side in _sides())
    plain = content(residual.fit(few, priors=before.priors), tmp_path / "plain")
    assert content(before.refit(new, past), tmp_path / "parts") == plain
    assert content(before.refit(few), tmp_path / "whole") == plain
    assert plain != content(before, tmp_path / "before")
    assert content(before.refit(few, as_of=MIDDLE), tmp_path / "same") == content(
        before, tmp_path / "before"
    )


def _sides() -> tuple[pl.Expr, pl.Expr]:
    return pl.col("offered_on") <= MIDDLE, pl.col("offered_on") > MIDDLE


def test_a_loaded_model_can_be_refitted(
    before: residual.ResidualModel, few: pl.DataFrame, tmp_path: Path
) -> None:
    before.save(tmp_path / "old.model")
    loaded = residual.load(tmp_path / "old.model")
    assert loaded.priors.level_error == 0.02
    again = loaded.refit(few, as_of="2023-03-01")
    assert again.as_of == dt.date(2023, 3, 1)
    assert again.priors == before.priors
    assert again.counts["sales used"] > before.counts["sales used"]


def test_new_sales_alone_are_refused(before: residual.ResidualModel, few: pl.DataFrame) -> None:
    new = few.filter(pl.col("offered_on") > MIDDLE)
    with pytest.raises(InputError, match=r"hold 0 of the \d+ sales .* give the earlier sales"):
        before.refit(new)
    part = pl.concat([new, few.filter(pl.col("offered_on") <= MIDDLE).head(50)])
    with pytest.raises(InputError, match="hold 50 of the"):
        before.refit(part)


def test_going_back_is_refused(before: residual.ResidualModel, few: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="must not lie before 2023-01-15"):
        before.refit(few, as_of="2023-01-01")
    early = few.filter(pl.col("offered_on") < MIDDLE - dt.timedelta(5))
    with pytest.raises(InputError, match=r"but the model is as of 2023-01-15 \(name as_of\)"):
        before.refit(early)


def test_faults_of_the_sales_are_told(before: residual.ResidualModel, few: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="column price: the column is required"):
        before.refit(few.drop("price"))
    with pytest.raises(InputError, match="finite price above zero"):
        before.refit(few.with_columns(price=pl.lit(-1.0)))


def test_new_rows_take_the_place_of_past_ones() -> None:
    past = pl.DataFrame({"sale_id": [1, 2, 3], "price": [10.0, 20.0, None], "old": ["a", "b", "c"]})
    new = pl.DataFrame({"sale_id": ["3", "4"], "price": [30, 40], "more": [True, False]})
    told = joined(past, new)
    assert told.rows() == [
        ("1", 10.0, "a", None),
        ("2", 20.0, "b", None),
        ("3", 30.0, None, True),
        ("4", 40.0, None, False),
    ]
    plain = joined(past.drop("sale_id"), new)
    assert plain.height == 5


def test_tables_that_do_not_go_together_are_told() -> None:
    past = pl.DataFrame({"sale_id": ["a"], "price": [1.0], "empty": [None]})
    assert joined(past, pl.DataFrame({"sale_id": ["b"], "empty": ["x"]})).height == 2
    with pytest.raises(InputError, match="column price: is Float64 in the past sales and String"):
        joined(past, pl.DataFrame({"sale_id": ["b"], "price": ["1,0"]}))
    for ids in (["b", "b"], ["b", None]):
        with pytest.raises(InputError, match="every new sale needs a sale_id of its own"):
            joined(past, pl.DataFrame({"sale_id": ids, "price": [1.0, 2.0]}))
