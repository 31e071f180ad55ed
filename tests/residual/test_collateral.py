"""LTV paths of a loan book: against brute force, by hand, and what they refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import residual
from residual.course import course
from residual.errors import InputError
from residual.features import day_number
from residual.loans import balances
from residual.secured import STREAM

MONTHS, SCENARIOS = 24, 256


@pytest.fixture(scope="module")
def loans(sales: pl.DataFrame, model: residual.ResidualModel) -> pl.DataFrame:
    """Two hundred loans of some 60 to 140 per cent of what the vehicles are worth."""
    draw = np.random.default_rng(5)
    rows = sales.drop("price", "offered_on", "venue_id", "sale_id")[:200].with_columns(
        vehicle_id=pl.Series([f"L{place:03d}" for place in range(200)])
    )
    worth = model.predict(rows, on=model.as_of)["mean"].to_numpy()
    term = draw.integers(6, 181, 200)
    return rows.with_columns(
        balance=pl.Series(worth * draw.uniform(0.6, 1.4, 200)),
        rate=pl.Series(draw.uniform(0.0, 0.15, 200)),
        term_months=pl.Series(term),
        balloon=pl.Series(np.where(draw.random(200) < 0.3, 0.2 * worth, 0.0)),
    )


def told(
    model: residual.ResidualModel, loans: pl.DataFrame, **more: Any
) -> tuple[residual.Collateral, pl.DataFrame]:
    rows: list[pl.DataFrame] = []
    found = residual.collateral(model, loans, MONTHS, n=SCENARIOS, rows=rows.append, **more)
    return found, pl.concat(rows)


@pytest.fixture(scope="module")
def found(
    model: residual.ResidualModel, loans: pl.DataFrame
) -> tuple[residual.Collateral, pl.DataFrame]:
    return told(model, loans)


def test_paths_are_those_of_all_values_at_once(
    model: residual.ResidualModel,
    loans: pl.DataFrame,
    found: tuple[residual.Collateral, pl.DataFrame],
) -> None:
    collateral, rows = found
    dates = rows["date"][: MONTHS + 1].to_list()
    assert dates[:3] == [dt.date(2023, 5, 17), dt.date(2023, 6, 17), dt.date(2023, 7, 17)]
    book = residual.simulate(model, loans, dates, n=SCENARIOS)
    # what bidders add to where the unit's own value lies
    level = book.log_value + (model.shape.shift * book.sale_spread)[:, None]
    shock = book.unit_scale[:, None] * book.unit_shocks(STREAM, SCENARIOS)
    values = np.exp(level[:, :, None] + book.factor[book.group] + shock[:, None, :])
    owed = balances(loans, MONTHS)
    under = values < owed[:, :, None]
    shape = (200, MONTHS + 1)
    each = {name: rows[name].to_numpy().reshape(shape) for name in rows.columns[3:]}
    assert_allclose(each["balance"], owed)
    assert_allclose(each["value"], values.mean(axis=2), rtol=1e-9)
    assert_allclose(each["value_sd"], values.std(axis=2), rtol=1e-8)
    # a value next to its balance may fall on either side
    assert np.abs(each["p_under"] - under.mean(axis=2)).max() <= 1.0 / SCENARIOS
    assert (each["p_under"] != under.mean(axis=2)).mean() < 0.001
    for share in (0.05, 0.5, 0.95):
        exact = np.quantile(owed[:, :, None] / values, share, axis=2, method="linear")
        # quantiles of LTV are told as balance over a quantile of the value
        assert_allclose(each[f"ltv_{100 * share:02.0f}"], exact, rtol=2e-2, atol=1e-12)
    short = np.where(under, owed[:, :, None] - values, 0.0).sum(axis=0)
    months = collateral.months
    assert_allclose(months["shortfall"], short.mean(axis=1), rtol=1e-9)
    assert_allclose(months["shortfall_95"], np.quantile(short, 0.95, axis=1), rtol=1e-9)
    assert_allclose(months["under"], under.sum(axis=0).mean(axis=1), rtol=2e-3)
    assert_allclose(months["balance"], owed.sum(axis=0))
    assert_allclose(collateral.loans["p_worst"], each["p_under"].max(axis=1))
    assert_array_equal(collateral.loans["month_worst"], each["p_under"].argmax(axis=1))


def test_blocks_and_threads_change_nothing(
    model: residual.ResidualModel,
    loans: pl.DataFrame,
    found: tuple[residual.Collateral, pl.DataFrame],
) -> None:
    threaded, rows = told(model, loans, threads=2)
    assert threaded.loans.equals(found[0].loans)
    assert threaded.months.equals(found[0].months)
    assert rows.equals(found[1])
    parted, _ = told(model, loans, threads=2, block=37)
    # a prediction's last digits depend on how many are made at once
    assert_allclose(parted.loans["value"], found[0].loans["value"], rtol=1e-9)
    assert_allclose(parted.months["under"], found[0].months["under"], rtol=1e-3)
    assert parted.loans["alarm"].equals(found[0].loans["alarm"])


def test_alarms_are_those_of_their_rules(
    model: residual.ResidualModel, found: tuple[residual.Collateral, pl.DataFrame]
) -> None:
    collateral, rows = found
    chance = rows["p_under"].to_numpy().reshape(200, MONTHS + 1)[:, :13]
    loans = collateral.loans
    kinds = set()
    for place, (kind, month, value_fall, balance_fall) in enumerate(
        loans.select("alarm", "alarm_month", "value_fall", "balance_fall").iter_rows()
    ):
        kinds.add(kind)
        if chance[place, 0] >= 0.5:
            assert (kind, month) == ("under", 0)
        elif (chance[place] >= 0.5).any():
            assert (kind, month) == ("soon", int(np.argmax(chance[place] >= 0.5)))
        elif (chance[place] >= 0.2).any() and value_fall > balance_fall:
            assert (kind, month) == ("fast", int(np.argmax(chance[place] >= 0.2)))
        else:
            assert (kind, month) == ("none", None)
    assert kinds >= {"under", "fast", "none"}
    assert collateral.groups["loans"].sum() == 200
    assert collateral.groups["under"].sum() == (loans["alarm"] == "under").sum()
    # made-up vehicles lose 12 per cent a year, the market's drift aside
    assert loans["value_fall"].mean() == pytest.approx(0.12, abs=0.06)


def test_a_driven_book_falls_faster_and_is_interpolated_closely(
    model: residual.ResidualModel, loans: pl.DataFrame
) -> None:
    still, _ = told(model, loans[:40])
    driven, rows = told(model, loans[:40], km_per_year=30_000.0)
    assert (driven.loans["value_fall"] > still.loans["value_fall"]).all()
    days = np.array([day_number(date) for date in rows["date"][: MONTHS + 1]], dtype=np.int64)
    _, exact = course(model, loans[:40], int(days[0]), days, 30_000.0)
    told_at = rows["value"].log().to_numpy().reshape(40, -1)
    change = (told_at - told_at[:, :1]) - (exact - exact[:, :1])
    # months between half-years against half-years, as the market's spread is in both
    between = change - change[:, np.arange(MONTHS + 1) // 6 * 6]
    assert np.abs(between).max() < 0.02


def test_balances_are_paid_month_by_month() -> None:
    loans = pl.DataFrame(
        {
            "balance": [10_000.0, 10_000.0, 10_000.0, 10_000.0, 0.0],
            "rate": [0.12, 0.0, 0.06, 0.06, 0.05],
            "term_months": [12, 10, 24, 24, 6],
            "payment": [None, None, 500.0, None, None],
            "balloon": [0.0, 0.0, 0.0, 4_000.0, None],
        }
    )
    owed = balances(loans, 30)
    for row, (rate, payment, term) in enumerate(
        [(0.12, None, 12), (0.0, 1_000.0, 10), (0.06, 500.0, 24)]
    ):
        left = 10_000.0
        annuity = payment or left * 0.01 / (1.0 - 1.01**-12)
        for month in range(31):
            assert owed[row, month] == pytest.approx(left if month < term else 0.0, abs=1e-6)
            left = max(left * (1.0 + rate / 12.0) - annuity, 0.0)
    # the payment that leaves the balloon: one month more at the same rate
    i = 0.005
    paid = owed[3, 22] * (1 + i) - owed[3, 23]
    assert owed[3, 23] * (1 + i) - paid == pytest.approx(4_000.0)
    assert owed[3, 24] == 0.0
    assert (owed[4] == 0.0).all()


def test_every_fault_is_told_at_once(loans: pl.DataFrame, model: residual.ResidualModel) -> None:
    wrong = loans[:5].with_columns(
        vehicle_id=pl.Series(["a", "a", "b", "c", "d"]),
        balance=pl.Series([1.0, -1.0, np.nan, None, 2.0]),
        rate=pl.Series([0.1, 7.5, 0.1, 0.1, 0.1]),
        term_months=pl.Series([12.0, 12.5, 0.0, 700.0, 12.0]),
        model_year=pl.Series([2015, 2015, 2015, 2015, 12]),
        payment=pl.Series([None, None, None, None, -3.0]),
        # beside a wrong balance there is nothing to hold a balloon against
        balloon=pl.Series([9.0, 9.0, 9.0, 9.0, None]),
    )
    with pytest.raises(InputError) as error:
        residual.collateral(model, wrong)
    text = str(error.value)
    for words in (
        "loans, row 2, column vehicle_id, value 'a': vehicle_id must be unique",
        "loans, row 2, column balance, value '-1.0'",
        "loans, row 3, column balance, value 'nan'",
        "loans, row 4, column balance, value 'None'",
        "loans, row 2, column rate, value '7.5'",
        "loans, row 2, column term_months, value '12.5'",
        "loans, row 3, column term_months, value '0.0'",
        "loans, row 4, column term_months, value '700.0'",
        "vehicles, row 5, column model_year, value '12'",
        "loans, row 5, column payment, value '-3.0'",
        "loans, row 1, column balloon, value '9.0'",
    ):
        assert words in text
    assert len(error.value.faults) == 11
    with pytest.raises(InputError, match="column rate: the column is required"):
        residual.collateral(model, loans.drop("rate"))
    with pytest.raises(InputError, match="column balance: must hold numbers, not String"):
        residual.collateral(model, loans.with_columns(balance=pl.lit("x")))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"months": 0}, "months"),
        ({"n": 0}, "n, block and threads"),
        ({"quantiles": (1.0,)}, "quantiles"),
        ({"km_per_year": -1.0}, "km_per_year"),
    ],
)
def test_other_arguments_are_checked(
    model: residual.ResidualModel, loans: pl.DataFrame, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        residual.collateral(model, loans, **more)
    with pytest.raises(ValueError, match="watch first"):
        residual.Alarm(under=0.1, watch=0.2)


def test_shocks_of_kernels_are_those_of_the_model(model: residual.ResidualModel) -> None:
    from _core.reference_values import _quantile

    u = np.random.default_rng(1).random(10_000)
    for shock in model.shape.values:
        assert_allclose(_quantile(u, *shock.even()), shock.quantile(u), rtol=1e-12, atol=1e-12)


def test_loans_that_end_within_a_month_have_no_falls(
    model: residual.ResidualModel, loans: pl.DataFrame
) -> None:
    ending = loans[:6].with_columns(
        term_months=pl.Series([1, 1, 1, 1, 1, 24]),
        balance=pl.Series([0.0, *[900.0] * 5]),
        balloon=pl.Series([500.0, *[0.0] * 5]),
    )
    found = residual.collateral(model, ending, 6, n=8)
    for name in ("value_fall", "balance_fall"):
        assert found.loans[name].is_null().to_list() == [True] * 5 + [False]
        own = found.loans["group"][5]
        told = dict(found.groups.select("group", name).iter_rows())
        assert told.pop(own) == pytest.approx(found.loans[name][5])
        assert set(told.values()) == {None}
    assert found.loans["alarm"].to_list()[:5] == ["none"] * 5


def test_every_loan_needs_a_name(model: residual.ResidualModel, loans: pl.DataFrame) -> None:
    names = pl.Series([None, "b", None], dtype=pl.String)
    with pytest.raises(InputError) as error:
        residual.collateral(model, loans[:3].with_columns(vehicle_id=names))
    assert [(fault.row, fault.rule) for fault in error.value.faults] == [
        (row, "every loan needs a vehicle_id") for row in (1, 3)
    ]


@pytest.mark.parametrize(
    ("as_of", "column"), [("9999-12-31", "as_of"), ("2073-01-01", "the last of months")]
)
def test_days_too_far_off_are_told_once(
    model: residual.ResidualModel, loans: pl.DataFrame, as_of: str, column: str
) -> None:
    with pytest.raises(InputError) as error:
        residual.collateral(model, loans[:1], 24, as_of)
    (fault,) = error.value.faults
    assert fault.column == column


def test_an_empty_book_is_told_empty(model: residual.ResidualModel, loans: pl.DataFrame) -> None:
    found = residual.collateral(model, loans[:0], 6, n=8, threads=2)
    assert found.loans.height == 0
    assert (found.months["balance"] == 0.0).all()


def test_money_beyond_measure_is_refused(
    loans: pl.DataFrame, model: residual.ResidualModel
) -> None:
    with pytest.raises(InputError, match=r"row 1, column balance, value '1e\+308'.*to 1e\+15"):
        residual.collateral(model, loans[:1].with_columns(balance=1e308, rate=1.0))


def test_a_balloon_above_what_can_be_owed_is_refused(
    loans: pl.DataFrame, model: residual.ResidualModel
) -> None:
    # 1,000 at a per cent a month grow to 1,020.1 in two
    two = loans[:2].with_columns(
        balance=1000.0, rate=0.12, term_months=2, balloon=pl.Series([1020.1, 1021.0])
    )
    with pytest.raises(InputError, match=r"row 2, column balloon, value '1021\.0'") as error:
        residual.collateral(model, two)
    assert len(error.value.faults) == 1
