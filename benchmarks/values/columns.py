"""The columns of a file as gradient boosting takes them: numbers and the codes of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.values.files import ASIDE
from residual.features import ages, believable_odometer

Floats = NDArray[np.float64]
Days = NDArray[np.int64]
#: Columns that tell age and date, which are put in as numbers of years and of days.
_DATES: Final = ("offered_on", "first_registered")


@dataclass(frozen=True, slots=True)
class Table:
    """Covariates of n rows.

    Attributes
    ----------
    days : int64[n]
        Day of the sale since 1970-01-01.
    numbers : dict of float64[n]
        NaN where missing.
    codes : dict of int64[n]
        Level of each category: -1 where null, the number of levels where never seen.
    base : float64[n]
        What is taken off ln price before learning and put back after: 0, or ln guide_value.
    """

    days: Days
    numbers: dict[str, Floats]
    codes: dict[str, NDArray[np.int64]]
    base: Floats

    def __len__(self) -> int:
        return len(self.days)

    def take(self, rows: NDArray[np.bool_]) -> Table:
        """Return the rows where `rows` is true."""
        return Table(
            self.days[rows],
            {name: column[rows] for name, column in self.numbers.items()},
            {name: column[rows] for name, column in self.codes.items()},
            self.base[rows],
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """Levels of each category, as the training part has them.

    Attributes
    ----------
    levels : dict of list of str
    guide : bool
        Whether ln guide_value is a column as well.
    joined : bool
        Whether a model is told together with its make, and a variant with its model.
    ratio : bool
        Whether the price is learnt in shares of the guide value, which no row may then lack.
    """

    levels: dict[str, list[str]]
    guide: bool
    joined: bool
    ratio: bool

    @classmethod
    def learn(cls, rows: pl.DataFrame, guide: bool, joined: bool, ratio: bool) -> Reader:
        """Take the levels from the rows that are learnt from."""
        texts = _texts(rows, joined)
        levels = {name: texts[name].drop_nulls().unique().sort().to_list() for name in texts}
        return cls(levels, guide, joined, guide and ratio)

    def read(self, rows: pl.DataFrame) -> Table:
        """Covariates of rows, odometers that are sentinels counting as missing."""
        days = rows["offered_on"].cast(pl.Date).cast(pl.Int32).to_numpy().astype(np.int64)
        age = ages(rows, days)
        numbers = {"age": age, "day": days.astype(np.float64)}
        for name in rows.columns:
            if name not in (*ASIDE, *_DATES) and rows[name].dtype.is_numeric():
                numbers[name] = _numbers(rows[name])
        numbers["odometer"] = believable_odometer(numbers["odometer"], age)
        if self.guide:
            numbers["guide"] = _logarithm(_numbers(rows["guide_value"]))
        texts = _texts(rows, self.joined)
        codes = {name: _codes(texts[name], self.levels[name]) for name in texts}
        base = numbers["guide"] if self.ratio else np.zeros(len(rows))
        return Table(days, numbers, codes, base)


def log_price(rows: pl.DataFrame) -> Floats:
    """Ln of the price, which all learn."""
    return np.log(_numbers(rows["price"]))


def _texts(rows: pl.DataFrame, joined: bool) -> dict[str, pl.Series]:
    names = [n for n in rows.columns if n not in ASIDE and rows[n].dtype == pl.String]
    texts = rows.select(names)
    if joined:
        made = pl.concat_str("make", "model", separator=" / ")
        texts = texts.with_columns(
            model=made, variant=pl.concat_str("make", "model", "variant", separator=" / ")
        )
    return {name: texts[name] for name in names}


def _codes(column: pl.Series, levels: list[str]) -> NDArray[np.int64]:
    unseen = len(levels)
    if not levels:
        return np.where(column.is_null().to_numpy(), -1, unseen).astype(np.int64)
    code = column.replace_strict(levels, list(range(unseen)), default=unseen, return_dtype=pl.Int64)
    return np.where(column.is_null().to_numpy(), -1, code.to_numpy()).astype(np.int64)


def _numbers(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)


def _logarithm(values: Floats) -> Floats:
    return np.log(np.where(values > 0.0, values, np.nan))
