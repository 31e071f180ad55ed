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
    for name, needed in (
        *((name, True) for name in _REQUIRED),
        *((name, False) for name in ("payment", "balloon")),
    ):
        if name in loans.columns:
            faults += _amount_faults(loans[name], needed=needed)
    if not faults and "balloon" in loans.columns:
        faults += _balloon_faults(loans)
    if faults:
        raise InputError(faults)


def _amount_faults(column: pl.Series, *, needed: bool) -> list[Fault]:
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        rule = f"must hold numbers, not {column.dtype}"
        return [Fault(rule, file="loans", column=column.name)]
    value = column.cast(pl.Float64)
    if column.name == "rate":
        good, rule = value.is_between(0.0, _MOST_RATE), "must be a yearly rate from 0 to 1"
    elif column.name == "term_months":
        good = value.is_between(1, _MOST_MONTHS) & (value == value.floor())
        rule = f"must be a whole number of months from 1 to {_MOST_MONTHS}"
    else:
        good, rule = value.is_between(0.0, _MOST_MONEY), _AMOUNT
    return _faults(column, ~good.fill_null(value=not needed), rule)


def _balloon_faults(loans: pl.DataFrame) -> list[Fault]:
    """Balloons that a loan would not come to if nothing at all were paid before.

    What is paid off already may still tell the balloon of its contract.
    """
    owed = pl.col("balance") * (1.0 + pl.col("rate") / 12.0) ** pl.col("term_months")
    # what was divided and rounded elsewhere may lie a little above
    above = pl.col("balloon").cast(pl.Float64) > owed * (1.0 + _ROUNDED)
    wrong = loans.select((above & (pl.col("balance") > 0.0)).fill_null(value=False)).to_series()
    rule = "must not exceed what the balance grows to by the end of the term"
    return _faults(loans["balloon"], wrong, rule)


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
