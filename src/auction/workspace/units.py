"""Units that a file may be written in, and what they are worth in ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from auction.workspace.names import suggestion

QUANTITIES: Final[dict[str, str]] = {
    "odometer": "distance",
    "max_odometer": "distance",
    "condition_grade": "grade",
    "min_grade": "grade",
    "repair_estimate": "money",
    "guide_value": "money",
    "loan_balance": "money",
    "redemption_amount": "money",
    "redemption_chance": "share",
    "price": "money",
    "reserve": "money",
    "list_price": "money",
    "opening_bid": "money",
    "high_bid": "money",
    "fee_sale": "money",
    "fee_least": "money",
    "fee_most": "money",
    "fee_no_sale": "money",
    "return_cost": "money",
    "above": "money",
    "fee": "money",
    "cost": "money",
    "labour_rate": "money",
    "fee_rate": "share",
    "return_rate": "share",
    "return_discount": "share",
    "rate": "share",
    "tax_rate": "share",
    "guide_rate": "share",
    "chance": "share",
    "strike": "share",
    "max_age_years": "years",
    "settlement_days": "days",
    "entry_days": "days",
    "display_days": "days",
    "days": "days",
    "list_days": "days",
    "labour_hours": "hours",
}


def _factor(factor: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column * factor


def _divisor(divisor: float) -> Callable[[pl.Expr], pl.Expr]:
    return lambda column: column / divisor


def _ten_fold(column: pl.Expr) -> pl.Expr:
    return pl.when(column > 5.0).then(column / 10.0).otherwise(column)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that a file may be written in.

    Parameters
    ----------
    quantity : str
        What it measures; it suits the columns of that quantity in ``QUANTITIES``.
    meaning : str
        The conversion in words.
    convert : callable
        Maps an expression in this unit to one in ours. Null stays null.
    """

    quantity: str
    meaning: str
    convert: Callable[[pl.Expr], pl.Expr]


#: Money multiples may carry the currency, as in ``10k_CNY``. Whole divisors keep decimals exact
#: where a factor such as 0.01 would not.
UNITS: Final[dict[str, Unit]] = {
    "km": Unit("distance", "kilometres", _factor(1.0)),
    "mi": Unit("distance", "miles of 1.609344 km", _factor(1.609344)),
    "miles": Unit("distance", "miles of 1.609344 km", _factor(1.609344)),
    "1k_km": Unit("distance", "thousands of km", _factor(1_000.0)),
    "10k_km": Unit("distance", "ten thousands of km", _factor(10_000.0)),
    "1k_mi": Unit("distance", "thousands of miles", _factor(1_609.344)),
    "one_to_five": Unit("grade", "grades from 1 to 5", _factor(1.0)),
    "ten_fold": Unit("grade", "grades where 45 means 4.5; up to 5 as they stand", _ten_fold),
    "unit": Unit("money", "the currency itself", _factor(1.0)),
    "hundredth": Unit("money", "cents, pence, fen", _divisor(100.0)),
    "1k": Unit("money", "thousands", _factor(1_000.0)),
    "10k": Unit("money", "ten thousands", _factor(10_000.0)),
    "1M": Unit("money", "millions", _factor(1_000_000.0)),
    "share": Unit("share", "a share, 0.05 for 5 %", _factor(1.0)),
    "percent": Unit("share", "5 for 5 %", _divisor(100.0)),
    "basis_points": Unit("share", "500 for 5 %", _divisor(10_000.0)),
    "years": Unit("years", "years", _factor(1.0)),
    "months": Unit("years", "months", _divisor(12.0)),
    "days": Unit("days", "days", _factor(1.0)),
    "weeks": Unit("days", "weeks", _factor(7.0)),
    "hours": Unit("hours", "hours", _factor(1.0)),
    "minutes": Unit("hours", "minutes", _divisor(60.0)),
}


def find_unit(name: str, column: str, currency: str) -> tuple[Unit | None, str, str]:
    """Look up a unit for a column.

    Parameters
    ----------
    name : str
        Name of the unit; a multiple of money may end in the currency's code.
    column : str
        Our name of the column.
    currency : str
        Code of the workspace's currency.

    Returns
    -------
    unit : Unit or None
        None if the unit cannot be used.
    rule, remedy : str
        Why it cannot be used and what to do; empty if it can.
    """
    quantity = QUANTITIES.get(column)
    if quantity is None:
        return None, "has no unit that could be converted", "drop the unit"
    stem, _, code = name.rpartition("_")
    money = quantity == "money" and (name == currency or (stem in UNITS and len(code) == 3))
    if money and name != currency and code != currency:
        return None, f"must be in {currency}, the one currency", "convert the file beforehand"
    key = ("unit" if name == currency else stem) if money else name
    fitting = [known for known, unit in UNITS.items() if unit.quantity == quantity]
    if key not in fitting:
        return None, f"must be a unit of {quantity}", suggestion(name, fitting)
    return UNITS[key], "", ""
