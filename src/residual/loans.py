"""Loans on vehicles: what must hold for a table of them, and what each still owes by month."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from residual.curves import Floats
from residual.errors import Fault, InputError
from residual.requests import check_vehicles

_REQUIRED: Final = ("balance", "rate", "term_months")
#: Yearly rates above are taken for per cent.
_MOST_RATE: Final = 1.0
_MOST_MONTHS: Final = 600
#: Money that no loan on a vehicle comes to in any currency.
_MOST_MONEY: Final = 1e15
#: Share by which a balloon may lie above what it could be.
_ROUNDED: Final = 1e-6
_AMOUNT: Final = f"must be an amount of money, from 0 to {_MOST_MONEY:g}"


def check_loans(loans: pl.DataFrame) -> None:
    """Raise InputError with every fault of the vehicles of a loan book and of their loans.

    Parameters
    ----------
    loans : polars.DataFrame
        Rows as in `residual.tables.Vehicles`, and balance, rate, term_months; payment and balloon
        may be absent or null.
    """
    faults: list[Fault] = []
    try:
        check_vehicles(loans)
    except InputError as error:
        faults += error.faults
    missing = [name for name in _REQUIRED if name not in loans.columns]
    faults += [Fault("the column is required", file="loans", column=name) for name in missing]
    if "vehicle_id" in loans.columns:
        names = loans["vehicle_id"]
        faults += _faults(names, names.is_null(), "every loan needs a vehicle_id")
        twice = names.is_not_null() & ~names.is_first_distinct()
        faults += _faults(names, twice, "vehicle_id must be unique")
    good: dict[str, pl.Series] = {}
    for name, needed in (
        *((name, True) for name in _REQUIRED),
        *((name, False) for name in ("payment", "balloon")),
    ):
        if name in loans.columns:
            wrong, rule = _wrong_amounts(loans[name], needed=needed)
            if wrong is None:
                faults.append(Fault(rule, file="loans", column=name))
            else:
                faults += _faults(loans[name], wrong, rule)
                good[name] = loans[name].cast(pl.Float64).set(wrong, None)
    if good.keys() >= {*_REQUIRED, "balloon"}:
        faults += _faults(loans["balloon"], *_wrong_balloons(pl.DataFrame(good)))
    if faults:
        raise InputError(faults)


def _wrong_amounts(column: pl.Series, *, needed: bool) -> tuple[pl.Series | None, str]:
    """Return which rows break the rule of a column, and the rule; None where no row can keep it."""
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        return None, f"must hold numbers, not {column.dtype}"
    value = column.cast(pl.Float64)
    if column.name == "rate":
        good, rule = value.is_between(0.0, _MOST_RATE), "must be a yearly rate from 0 to 1"
    elif column.name == "term_months":
        good = value.is_between(1, _MOST_MONTHS) & (value == value.floor())
        rule = f"must be a whole number of months from 1 to {_MOST_MONTHS}"
    else:
        good, rule = value.is_between(0.0, _MOST_MONEY), _AMOUNT
    return ~good.fill_null(value=not needed), rule


def _wrong_balloons(loans: pl.DataFrame) -> tuple[pl.Series, str]:
    """Return which balloons are more than a loan comes to if nothing is paid before, and the rule.

    What is paid off already may still tell the balloon of its contract; where an amount is null
    there is nothing to compare.
    """
    owed = pl.col("balance") * (1.0 + pl.col("rate") / 12.0) ** pl.col("term_months")
    # what was divided and rounded elsewhere may lie a little above
    wrong = (pl.col("balloon") > owed * (1.0 + _ROUNDED)) & (pl.col("balance") > 0.0)
    rule = "must not exceed what the balance grows to by the end of the term"
    return loans.select(wrong.fill_null(value=False)).to_series(), rule


def _faults(column: pl.Series, wrong: pl.Series, rule: str) -> list[Fault]:
    return [
        Fault(rule, file="loans", row=row + 1, column=column.name, value=str(column[row]))
        for row in wrong.arg_true().to_list()
    ]


def balances(loans: pl.DataFrame, months: int) -> Floats:
    """Return what each loan owes after so many monthly payments, money.

    The balance of month m is ``B (1 + i)^m - P ((1 + i)^m - 1) / i``, i being a twelfth of the
    yearly rate and P the payment; where none is stated it is the annuity that leaves the balloon at
    the end of the term. From then on nothing is owed, the balloon being paid with the last payment.

    Parameters
    ----------
    loans : polars.DataFrame
        Checked rows.
    months : int
        The last month told.

    Returns
    -------
    float64[n, months + 1]
        From today on; not below 0.
    """
    count = len(loans)
    balance, rate, term = (loans[name].cast(pl.Float64).to_numpy() for name in _REQUIRED)
    balloon = _stated(loans, "balloon", np.zeros(count))
    i = rate / 12.0
    # what a payment of 1 a month is worth today, and at the end of the term: lengths where i is 0
    with np.errstate(divide="ignore", invalid="ignore"):
        today = np.where(i > 0.0, -np.expm1(-term * np.log1p(i)) / i, term)
    annuity = np.maximum(balance - balloon * np.exp(-term * np.log1p(i)), 0.0) / today
    payment = _stated(loans, "payment", annuity)[:, None]
    month = np.arange(months + 1.0)[None, :]
    grown = month * np.log1p(i)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        paid = np.where(i[:, None] > 0.0, np.expm1(grown) / i[:, None], month)
    owed = balance[:, None] * np.exp(grown) - payment * paid
    result: Floats = np.where(month >= term[:, None], 0.0, np.maximum(owed, 0.0))
    return result


def _stated(loans: pl.DataFrame, name: str, otherwise: Floats) -> Floats:
    if name not in loans.columns:
        return otherwise
    stated = loans[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(np.isnan(stated), otherwise, stated)
