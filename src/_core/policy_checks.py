"""What `reserves.auction_policy` takes for granted about its rows, held before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from _core.bids import check_positive
from _core.fees import check_schedules

#: Logs of values, of money that exists by far: beyond them tables would be read past their ends.
MOST_LOG: Final = 300.0


def check_rows(rows: Mapping[str, NDArray[Any]], runs: int) -> None:
    """Hold columns of the rows to their lengths and bounds.

    Parameters
    ----------
    rows : mapping of str to ndarray of float64, shape (m,)
        Every column of numbers by its name, ``log_value`` among them.
    runs : int
        Runs of each row, at least 1.

    Raises
    ------
    ValueError
        Naming the column, the first row at fault and its value.
    """
    count = len(rows["log_value"])
    for name, column in rows.items():
        if len(column) != count:
            raise ValueError(f"{name} has {len(column)} rows, log_value has {count}")
    for name in (
        "log_value", "unit_scale", "step_log_value", "step_discount", "step_cost", "fallback",
        "floor_price",
    ):  # fmt: skip
        _refuse(name, rows[name], ~np.isfinite(rows[name]), ", not a finite number")
    for name, most in (("log_value", MOST_LOG), ("step_log_value", MOST_LOG / runs)):
        words = f", beyond {most:g} of either sign"
        _refuse(name, rows[name], np.abs(rows[name]) > most, words)
    _refuse(
        "largest_payout", rows["largest_payout"], np.isnan(rows["largest_payout"]), ", not a number"
    )
    for name in ("unit_scale", "largest_payout", "accept_slope"):
        if (rows[name] < 0.0).any():
            raise ValueError(f"{name} must not be negative")
    if np.isnan(rows["accept_level"]).any() or not np.isfinite(rows["accept_slope"]).all():
        raise ValueError("accept_level must be a number or -inf, accept_slope finite")
    for name in ("spread", "arrival", "tilt"):
        check_positive(name, rows[name])


def check_asked(asked: NDArray[np.float64], count: int, runs: int) -> None:
    """Hold reserves that are given to their form.

    Parameters
    ----------
    asked : ndarray of float64, shape (m, K)
        Reserves of each run; NaN in all runs of a row, or in none.
    count, runs : int
        Rows m and runs K.

    Raises
    ------
    ValueError
        If the shape is another one, or naming the first row at fault.
    """
    if asked.shape != (count, runs):
        raise ValueError(f"asked must be {count} x {runs}, not {asked.shape[0]} x {asked.shape[1]}")
    given = np.all((asked > 0.0) & np.isfinite(asked), axis=1)
    wrong = np.asarray(~given & ~np.all(np.isnan(asked), axis=1))
    _refuse("asked", asked, wrong, ", neither positive numbers alone nor NaN alone")


def check_codes(codes: Mapping[str, tuple[NDArray[np.intp], int]], count: int) -> None:
    """Hold codes of the rows to the numbers of what they name.

    Parameters
    ----------
    codes : mapping of str to (ndarray of intp, shape (m,), int)
        Codes by name, and how many there are to name.
    count : int
        Rows m.

    Raises
    ------
    ValueError
        Naming the column, the first row at fault and its code.
    """
    for name, (column, named) in codes.items():
        if len(column) != count:
            raise ValueError(f"{name} has {len(column)} rows, log_value has {count}")
        wrong = (column < 0) | (column >= named)
        _refuse(name, column, wrong, f", outside 0..{named - 1}")


def check_fees(
    sale: tuple[NDArray[np.float64], ...], unsold: tuple[NDArray[np.float64], ...]
) -> None:
    """Hold both kinds of schedules to their form, and to as many rows.

    Parameters
    ----------
    sale, unsold : tuple of three ndarray of float64, shapes (N, J) and (N, L)
        Thresholds, money and shares.

    Raises
    ------
    ValueError
        If a shape or number is not as `_core.fees.check_schedules` states.
    """
    check_schedules("sale", *sale)
    check_schedules("unsold", *unsold)
    if len(sale[0]) != len(unsold[0]):
        raise ValueError("sale_above and unsold_above must have a row for each schedule")


def _refuse(name: str, column: NDArray[Any], wrong: NDArray[np.bool_], words: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{name} of row {row} is {column[row]}{words}")
