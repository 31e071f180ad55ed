"""Vehicle identification numbers: their form, check digit, model year and maker."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.workspace.makers import contradict
from auction.workspace.rows import ROW, TableRead

#: Countries whose law demands the check digit and the letter of the model year.
CHECKED_COUNTRIES: Final = ("United States", "Canada", "Mexico", "China")

#: Letters of the model year in turn; the row starts anew after 30 years, 1980 being the first A.
YEAR_LETTERS: Final = "ABCDEFGHJKLMNPRSTVWXY123456789"

#: A row may call a unit by the year before or after that of its VIN.
YEARS_APART: Final = 1

_FORM: Final = r"^[A-HJ-NPR-Z0-9]{17}$"
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_WORTH: Final = (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9)
_VALUES: Final = {**dict(zip(_LETTERS, _WORTH, strict=True)), **{str(i): i for i in range(10)}}
_WEIGHTS: Final = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.int64)


def remark_on_vins(table: TableRead, *, refuse: bool) -> None:
    """Note what is wrong with the VINs of a fleet.

    Parameters
    ----------
    table : TableRead
        The vehicles. Wrong VINs become warnings: a lender can sell a car whose number was copied
        wrongly. So do VINs that stand twice, and those whose year or maker is not the row's.
    refuse : bool
        Whether rows whose VIN cannot be right are set aside instead.
    """
    rows = (
        table.frame.select(ROW, "vin", "make", "model_year")
        .filter(pl.col("vin").is_not_null())
        .with_columns(pl.col("vin").str.strip_chars().str.to_uppercase())
    )
    note = table.reject if refuse else table.warn
    for rule, remedy, wrong in _forms():
        note(rows.filter(wrong)[ROW], "vin", rule, remedy)
    _warn_of_twins(table, rows)
    formed = rows.filter(pl.col("vin").str.contains(_FORM))
    if formed.is_empty():
        return
    signs = _signs(formed["vin"])
    checked = _checked(formed["vin"])
    wrong_digit = checked & (check_digits(signs) != signs[:, 8])
    rule = "the check digit, the ninth character, does not fit the others"
    note(formed[ROW].filter(pl.Series(wrong_digit)), "vin", rule, "compare it with the papers")
    sound = formed.filter(pl.Series(~wrong_digit))
    _warn_of_years(table, sound, signs[~wrong_digit], checked[~wrong_digit])
    _warn_of_makers(table, sound)


def check_digits(signs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the check digit of each VIN as its character: a digit, or X for ten.

    Parameters
    ----------
    signs : uint8[N, 17]
        Characters of well-formed VINs.

    Returns
    -------
    uint8[N]
        Weighted sum of the characters' values modulo 11, as ISO 3779 and GB 16735 give it.
    """
    value = np.zeros(256, dtype=np.int64)
    for sign, number in _VALUES.items():
        value[ord(sign)] = number
    rest = value[signs] @ _WEIGHTS % 11
    return np.where(rest == 10, ord("X"), rest + ord("0")).astype(np.uint8)


@cache
def maker_of(wmi: str) -> tuple[str, str | None]:
    """Return the maker and the country of the first three characters of a VIN."""
    from vininfo import Vin

    number = Vin(f"{wmi}{'0' * 14}")
    return str(number.manufacturer), number.country


def _forms() -> tuple[tuple[str, str, pl.Expr], ...]:
    """Return the rules of form with their remedies and tests; each VIN breaks at most one."""
    vin = pl.col("vin")
    length = vin.str.len_chars() != 17
    letters = ~length & vin.str.contains("[IOQ]")
    return (
        ("a VIN has 17 characters", "copy it anew, or leave it empty", length),
        ("a VIN holds no letter I, O or Q", "write 1 for I, 0 for O and Q", letters),
        (
            "a VIN holds only letters A to Z and digits",
            "copy it anew, or leave it empty",
            ~length & ~letters & ~vin.str.contains(_FORM),
        ),
    )


def _signs(vins: pl.Series) -> NDArray[np.uint8]:
    """Return uint8[N, 17], the characters of well-formed VINs."""
    together = "".join(vins.to_list()).encode("ascii")
    return np.frombuffer(together, dtype=np.uint8).reshape(-1, 17)


def _checked(vins: pl.Series) -> NDArray[np.bool_]:
    """Tell which VINs come from a country that demands the check digit."""
    wmis = vins.str.slice(0, 3)
    known = {wmi: maker_of(wmi)[1] in CHECKED_COUNTRIES for wmi in wmis.unique().to_list()}
    return wmis.replace_strict(known, return_dtype=pl.Boolean).to_numpy()


def _warn_of_twins(table: TableRead, rows: pl.DataFrame) -> None:
    first = pl.col(ROW).min().over("vin").alias("first")
    twins = rows.filter(pl.col("vin").is_duplicated()).with_columns(first)
    twins = twins.filter(pl.col(ROW) != pl.col("first"))
    words = twins.select(pl.format("the VIN stands already in row {}", "first")).to_series()
    table.warn(twins[ROW], "vin", words, "see whether the unit is listed twice")


def _warn_of_years(
    table: TableRead, rows: pl.DataFrame, signs: NDArray[np.uint8], checked: NDArray[np.bool_]
) -> None:
    turn = np.full(256, -1, dtype=np.int64)
    for number, letter in enumerate(YEAR_LETTERS):
        turn[ord(letter)] = number
    letters = turn[signs[:, 9]]
    years = rows["model_year"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = checked & (letters >= 0) & np.isfinite(years)
    told = np.where(known, years, 1980.0)
    apart = np.abs((told - 1980.0 - letters + 15.0) % 30.0 - 15.0)
    wrong = rows.filter(pl.Series(known & (apart > YEARS_APART)))
    rule = "the tenth character of the VIN stands for another model year"
    table.warn(wrong[ROW], "model_year", rule, "compare year and VIN with the papers")


def _warn_of_makers(table: TableRead, rows: pl.DataFrame) -> None:
    pairs = rows.select(ROW, "make", wmi=pl.col("vin").str.slice(0, 3)).drop_nulls("make")
    distinct = pairs.select("wmi", "make").unique().sort("wmi", "make")
    wrong = [
        (wmi, make, f"the VIN says {maker_of(wmi)[0]}")
        for wmi, make in distinct.iter_rows()
        if contradict(maker_of(wmi)[0], make)
    ]
    told = pl.DataFrame(
        wrong, schema={"wmi": pl.String, "make": pl.String, "words": pl.String}, orient="row"
    )
    found = pairs.join(told, on=["wmi", "make"], how="inner", maintain_order="left")
    table.warn(found[ROW], "make", found["words"], "compare make and VIN with the papers")
