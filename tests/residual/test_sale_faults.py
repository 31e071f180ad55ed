"""Sales from which nothing sound can be learnt: every fault at once, each with its row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

import residual
from residual import InputError

Change = Callable[[pl.DataFrame], pl.DataFrame]
NO_SALE = "sales: at least one sale by the planning date is needed"


def fourth(name: str, value: object) -> Change:
    """Put a value into the fourth row."""
    return lambda s: s.with_columns(
        pl.when(pl.int_range(pl.len()) == 3).then(pl.lit(value)).otherwise(name).alias(name)
    )


def words(sales: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        residual.fit(sales)
    return [str(fault) for fault in caught.value.faults]


PRICE = "a sold row must have a finite price above zero"
YEAR = "must be a whole year from 1900 to 2100"
MIDDLE = "dates must lie within 40 years of {}, the middle of the sales"


@pytest.mark.parametrize(
    ("name", "value", "told", "rule"),
    [
        ("price", 0.0, "0.0", PRICE),
        ("price", -5.0, "-5.0", PRICE),
        ("price", float("nan"), "nan", PRICE),
        ("price", float("inf"), "inf", PRICE),
        ("price", None, None, PRICE),
        ("offered_on", None, None, "every sale needs offered_on"),
        ("offered_on", dt.date(1, 1, 1), "0001-01-01", MIDDLE),
        ("offered_on", dt.date(9999, 1, 1), "9999-01-01", MIDDLE),
        ("model_year", 0, "0", YEAR),
        ("model_year", 2150, "2150", YEAR),
        ("model_year", 10**12, "1000000000000", YEAR),
        ("model_year", 2015.5, "2015.5", YEAR),
        ("model_year", float("nan"), "nan", YEAR),
        ("condition_grade", 77.0, "77", "must lie from 1 to 5, the best"),
        ("sale_id", "s000000", "s000000", "the sale_id stands already in an earlier row"),
        ("damage", "wreck", "wreck", "damage must be one of none, light, heavy"),
        ("outcome", "SOLD", "SOLD", "outcome must be one of sold, no-sale, withdrawn, open"),
        (
            "closed_on",
            dt.date(2000, 1, 1),
            "2000-01-01",
            "closed_on must not lie before offered_on",
        ),
    ],
)
def test_a_row_at_fault_is_named(
    sales: pl.DataFrame, name: str, value: object, told: str | None, rule: str
) -> None:
    some = sales.head(20).with_columns(
        damage=pl.lit("none"), outcome=pl.lit("sold"), closed_on=pl.col("offered_on")
    )
    if name == "offered_on":
        some = some.drop("closed_on")
    spoilt = fourth(name, value)(some)
    middle = spoilt["offered_on"].cast(pl.Int32).median()
    assert isinstance(middle, float)
    rule = rule.format(dt.date(1970, 1, 1) + dt.timedelta(int(middle)))
    place = f"sales, row 4, column {name}" + ("" if told is None else f", value {told!r}")
    assert words(spoilt) == [f"{place}: {rule}"]


def test_a_row_without_an_age_is_named(sales: pl.DataFrame) -> None:
    told = words(fourth("model_year", None)(sales.head(20)))
    assert told == ["sales, row 4: model_year or first_registered must be given"]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("offered_on", "2022-01-03", "must hold dates, not String"),
        ("closed_on", "03/01/2022", "must hold dates, not String"),
        ("offered_on", 20220103, "must hold dates, not Int32"),
        ("first_registered", 2019, "must hold dates, not Int32"),
        ("price", "12,500", "must hold numbers, not String"),
        ("price", True, "must hold numbers, not Boolean"),
        ("model_year", "MY19", "must hold numbers, not String"),
        ("odometer", "80k", "must hold numbers, not String"),
        ("reserve", "none", "must hold numbers, not String"),
        ("make", [1, 2], "must hold texts, not List(Int64)"),
    ],
)
def test_a_column_of_another_kind_is_named(
    sales: pl.DataFrame, name: str, value: object, rule: str
) -> None:
    told = words(sales.head(20).with_columns(pl.lit(value).alias(name)))
    assert len(told) == 1
    assert told[0].startswith(f"sales, column {name}: {rule} (turn it into ")


def test_a_column_of_objects_is_named(sales: pl.DataFrame) -> None:
    some = sales.head(3).with_columns(pl.Series("thing", [object()] * 3, dtype=pl.Object))
    assert words(some) == ["sales, column thing: must hold plain values, not objects (drop it)"]


def test_all_faults_are_told_at_once(sales: pl.DataFrame) -> None:
    some = fourth("price", 0.0)(fourth("model_year", 1800)(sales.head(6)))
    some = some.with_columns(
        condition_grade=pl.lit(9.0), sale_id=pl.lit("same"), outcome=pl.lit("gone")
    )
    # a row that was not sold may lack whatever a fit does not read
    assert len(words(some)) == 5 + 6
    some = some.with_columns(outcome=pl.lit("sold"))
    assert len(words(some)) == 1 + 1 + 6 + 5


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.head(0),
        lambda s: s.with_columns(outcome=pl.lit("no-sale")),
        lambda s: s.with_columns(outcome=pl.lit("open"), price=pl.lit(None, dtype=pl.Float64)),
    ],
    ids=["empty", "not sold", "open"],
)
def test_no_sale_is_an_error(sales: pl.DataFrame, change: Change) -> None:
    assert words(change(sales.head(20))) == [NO_SALE]


def test_no_sale_by_the_day_of_the_fit_is_an_error(sales: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="at least one sale by the planning date"):
        residual.fit(sales.head(20), as_of="2000-01-01")


def test_missing_columns_are_all_named() -> None:
    assert words(pl.DataFrame()) == [
        "sales, column make: the column is required",
        "sales, column model: the column is required",
        "sales, column price: the column is required",
        "sales, column offered_on: the column is required",
        "sales: model_year or first_registered must be given",
    ]


@pytest.mark.parametrize("factor", [1e-14, 1e14])
def test_money_of_no_currency_is_refused(sales: pl.DataFrame, factor: float) -> None:
    told = words(sales.head(20).with_columns(pl.col("price") * factor))
    assert len(told) == 1
    assert "column price" in told[0]
    assert "the middle price must lie between" in told[0]


@pytest.mark.parametrize("given", [[{"price": 1.0}], None, pl.LazyFrame({"price": [1.0]})])
def test_no_table_of_polars_is_a_wrong_call(given: object) -> None:
    with pytest.raises(TypeError, match=r"sales must be a polars\.DataFrame, not"):
        residual.fit(given)
