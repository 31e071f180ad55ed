"""Vehicles described anew: what the model makes of it, in the same scenarios."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual import AppraisalPriors, Appraisers, ValueBook
from residual.appraisers import Stage
from residual.errors import InputError
from residual.stated_grades import StatedGrades

TODAY = dt.date(2023, 5, 20)
DATES = [TODAY + dt.timedelta(7 * week) for week in range(1, 9)]


@pytest.fixture(scope="module")
def book(plain_model: residual.ResidualModel, sales: pl.DataFrame) -> residual.ValueBook:
    units = sales.head(40).rename({"sale_id": "vehicle_id"}).drop("price", "guide_value")
    units = units.with_columns(condition_grade=pl.lit(2.0))
    return residual.simulate(plain_model, units, DATES, as_of=TODAY, n=32)


def graded(book: residual.ValueBook, rows: np.ndarray, grade: float) -> pl.DataFrame:
    here = np.zeros(len(book.vehicle_ids), dtype=bool)
    here[rows] = True
    new = pl.when(pl.Series(here)).then(pl.lit(grade)).otherwise("condition_grade")
    return book.vehicles.with_columns(condition_grade=new)


def test_a_better_grade_is_worth_what_the_model_makes_of_it(
    book: residual.ValueBook, market: ModuleType
) -> None:
    rows = np.array([3, 17, 5])
    after = residual.redescribe(book, graded(book, rows, 4.0), rows)
    fresh = residual.simulate(book.model, graded(book, rows, 4.0), DATES, as_of=TODAY, n=32)
    np.testing.assert_allclose(after.log_value, fresh.log_value, rtol=1e-12)
    np.testing.assert_allclose(after.unit_scale, fresh.unit_scale, rtol=1e-12)
    np.testing.assert_allclose(after.sale_spread, fresh.sale_spread, rtol=1e-12)
    gain = (after.log_value - book.log_value)[rows]
    # two grades of the made-up market, by what a fit on its sales finds of them
    np.testing.assert_allclose(gain, 2 * market.GRADE_STEP, atol=0.05)
    assert (after.unit_scale[rows] < book.unit_scale[rows]).all()


def test_other_units_markets_and_luck_stay(book: residual.ValueBook) -> None:
    rows = np.array([3, 17])
    after = residual.redescribe(book, graded(book, rows, 5.0), rows)
    others = np.setdiff1d(np.arange(40), rows)
    assert np.array_equal(after.log_value[others], book.log_value[others])
    assert np.array_equal(after.factor, book.factor)
    assert np.array_equal(after.unit_shocks(1, 8), book.unit_shocks(1, 8))
    assert after.vehicles["condition_grade"][3] == 5.0
    assert book.vehicles["condition_grade"][3] == 2.0


def test_what_else_the_book_knows_of_a_unit_stays(book: residual.ValueBook) -> None:
    from dataclasses import replace

    seen = replace(book, log_value=book.log_value - 0.3, unit_scale=0.5 * book.unit_scale)
    rows = np.array([3])
    plain, told = (
        residual.redescribe(each, graded(book, rows, 4.0), rows) for each in (book, seen)
    )
    np.testing.assert_allclose(told.log_value, plain.log_value - 0.3, rtol=1e-12)
    np.testing.assert_allclose(told.unit_scale, 0.5 * plain.unit_scale, rtol=1e-12)


def appraised(book: residual.ValueBook, **said: tuple[float | None, float | None]) -> ValueBook:
    """The book after one site appraisal of each vehicle named: its value, or else its grade."""
    rows = [(name, "site", TODAY, *each, "ann") for name, each in said.items()]
    kinds = {
        "vehicle_id": pl.String, "stage": pl.String, "appraised_on": pl.Date,
        "value": pl.Float64, "grade": pl.Float64, "appraiser": pl.String,
    }  # fmt: skip
    table = pl.DataFrame(rows, schema=kinds, orient="row")
    known = Appraisers(AppraisalPriors(), {"site": Stage(0.0, 1.0, 0.1, 9)}, {})
    heard = residual.appraise(book.model, book.vehicles, table, known, TODAY)
    return residual.appraised_book(book, heard)


def stated_in(book: ValueBook) -> StatedGrades:
    assert book.stated is not None
    return book.stated


def test_a_grade_after_work_takes_the_place_of_one_that_was_stated(
    book: residual.ValueBook,
) -> None:
    """Work to grade 4 leaves the same unit, whether an appraiser called it worse or better."""
    name, rows = book.vehicle_ids[3], np.array([3])
    plain = residual.redescribe(book, graded(book, rows, 4.0), rows)
    for stated in (1.0, 4.5):
        told = appraised(book, **{name: (None, stated)})
        assert np.abs(told.log_value - book.log_value)[3].min() > 0.01
        assert stated_in(told).grade[3] == stated
        after = residual.redescribe(told, graded(book, rows, 4.0), rows)
        np.testing.assert_allclose(after.log_value, plain.log_value, rtol=1e-12)
        np.testing.assert_allclose(after.unit_scale, plain.unit_scale, rtol=1e-12)
        assert np.isnan(stated_in(after).grade[3])
        # another description of it, such as its damage mended, leaves what was stated
        mended = book.vehicles.with_columns(body=pl.lit(None, dtype=pl.String))
        kept = residual.redescribe(told, mended, rows)
        without = residual.redescribe(book, mended, rows)
        np.testing.assert_allclose(
            kept.log_value - without.log_value, told.log_value - book.log_value, atol=1e-12
        )
        assert stated_in(kept).grade[3] == stated


def test_a_stated_value_outlasts_a_new_grade(book: residual.ValueBook) -> None:
    name, rows = book.vehicle_ids[3], np.array([3])
    usual = book.model.predict(book.vehicles[3], TODAY)["q50"][0]
    told = appraised(book, **{name: (1.2 * usual, None)})
    after, plain = (
        residual.redescribe(each, graded(book, rows, 4.0), rows) for each in (told, book)
    )
    gained = (told.log_value - book.log_value)[3]
    assert gained.min() > 0.05
    np.testing.assert_allclose((after.log_value - plain.log_value)[3], gained, rtol=1e-9)


def test_parts_of_a_book_keep_what_was_stated(book: residual.ValueBook) -> None:
    told = appraised(book, **{book.vehicle_ids[3]: (None, 5.0)})
    part = told.of_units(np.array([5, 3, 3]), ["a", "b", "c"])
    assert stated_in(part).grade[1:].tolist() == [5.0, 5.0]
    assert stated_in(part).shift.tolist() == stated_in(told).shift[[5, 3, 3]].tolist()


def test_nothing_changes_without_rows(book: residual.ValueBook) -> None:
    after = residual.redescribe(book, book.vehicles, np.zeros(0, dtype=np.int64))
    assert after.log_value is book.log_value


def test_other_vehicles_and_grades_at_fault_are_refused(book: residual.ValueBook) -> None:
    with pytest.raises(ValueError, match="not those of the book"):
        residual.redescribe(book, book.vehicles.reverse(), np.array([0]))
    with pytest.raises(InputError, match="condition_grade"):
        residual.redescribe(book, graded(book, np.array([3]), 40.0), np.array([3]))
