"""From rows of sales or vehicles to the covariates of the value model, learnt once from sales."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.column_kinds import day_of_place
from residual.curves import Floats, nonincreasing
from residual.errors import Fault, InputError
from residual.further_numbers import finite, is_amount, is_count, range_of, scaled
from residual.tables import Index, Sales, Vehicles

Days = NDArray[np.int64]

HIERARCHY: Final = ("make", "model", "variant")
CATEGORIES: Final = (
    "body",
    "powertrain",
    "segment",
    "region",
    "venue_id",
    "channel",
    "seller_kind",
)
YEAR: Final = 365.25
_EPOCH: Final = dt.date(1970, 1, 1)
_CANONICAL: Final = frozenset(
    (*Vehicles.column_names(), *Sales.column_names(), *Index.column_names())
)
_SENTINEL: Final = 999_999.0
_MILE: Final = 1.609344
_MANY_LEVELS: Final = 100
_FEWEST_ROWS: Final = 3
#: No further category has more levels: the most frequent ones.
_MOST_LEVELS: Final = 400
#: Share of the variance of ln price that goes with the unit when it is sold again. Assumed.
_OWN_SHARE: Final = 0.7
#: Names of what the model tells itself: a further column of that name is told from it by a word.
_TAKEN: Final = frozenset(
    ("base", "age", "time", "market", "season", "grade", "missing", "numbers", "guide", "venue",
     "wear together", "boosted remainder", "middle of the spread", "effect", "level")
)  # fmt: skip
COLUMN: Final = " (column)"
#: A further text with more levels than a tenth of the rows is used from this share of rows on
#: that lie in levels seen often enough.
_LEAST_REPEATED: Final = 0.3


def as_date(value: dt.date | str, name: str) -> dt.date:
    """Return a date given as such or as an ISO text; `name` is told where it is neither."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        fault = Fault("must be a date, or an ISO text of one", column=name, value=str(value))
        raise InputError([fault]) from error


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def tidy_text(column: pl.Expr) -> pl.Expr:
    """Trim and lower the case; an empty text is a null."""
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(text.str.len_chars() > 0).then(text)


def ages(frame: pl.DataFrame, days: Days) -> Floats:
    """Age in years at each row's date, from first_registered, else from mid model year.

    A unit of model year Y without a registration date counts as registered on 1 July of Y.
    Ages below -1 are set to -1; rows with neither column give NaN.
    """
    absent = pl.lit(None)
    registered = absent
    if frame.schema.get("first_registered") == pl.Date:
        registered = pl.col("first_registered")
    elif frame.schema.get("first_registered") == pl.Datetime:
        registered = day_of_place(pl.col("first_registered"))
    year = pl.col("model_year") if "model_year" in frame.columns else absent
    start = frame.select(
        pl.coalesce(
            registered.cast(pl.Date).cast(pl.Int32).cast(pl.Float64),
            pl.date(year.cast(pl.Int32), 7, 1).cast(pl.Int32).cast(pl.Float64),
        ).alias("start")
    )["start"].to_numpy()
    age: Floats = np.maximum((days - start) / YEAR, -1.0)
    return age


def is_filler(odometer: Floats) -> NDArray[np.bool_]:
    """Tell which readings, float64[n] in km, stand for one that nobody took; False where NaN."""
    miles = np.abs(odometer - _SENTINEL * _MILE) < 2.0
    with np.errstate(invalid="ignore"):
        filler: NDArray[np.bool_] = (odometer <= 10.0) | (odometer >= _SENTINEL) | miles
    return filler


def believable_odometer(odometer: Floats, age: Floats) -> Floats:
    """Odometer with sentinels set to NaN.

    Parameters
    ----------
    odometer : float64[n]
        km; NaN where unknown.
    age : float64[n]
        Years.

    Returns
    -------
    float64[n]
        NaN where the reading is 10 km or less, or is 999,999 read as km or as miles or more. A
        reading below 200 km a year on a unit older than three years counts as that, and one above
        20,000 km plus 120,000 km a year likewise: neither is believed, but such a unit is not
        taken for a typical one either, and a lower reading never counts as a higher one.
    """
    years = np.maximum(age, 0.5)
    with np.errstate(invalid="ignore"):
        least = np.where(age > 3.0, 200.0 * age, 0.0)
        believed = np.clip(odometer, least, 20_000.0 + 120_000.0 * years)
    return np.where(is_filler(odometer), np.nan, believed)


@dataclass(frozen=True, slots=True)
class Units:
    """Covariates of n rows.

    Attributes
    ----------
    day : int64[n]
        Date of the row, in days since 1970-01-01.
    age : float64[n]
        Years.
    odometer, odometer_missing : float64[n], bool[n]
        km, the typical reading of the age where missing.
    grade, grade_missing : float64[n], bool[n]
        1-5, 5 where missing.
    damage : int64[n]
        0 none or unknown, 1 light, 2 heavy.
    codes : dict of int64[n]
        Level of each category, -1 where null or never seen.
    numbers : float64[n, k]
        Further numeric features, in logarithms where that suits them, standardised, 0 where
        missing, as is zero or less of an amount.
    counted : float64[n, c]
        Those of `numbers` that are counts, such as of keys, or of a word in a damage report.
    model_year : float64[n]
        NaN where null.
    repeated : float64[n]
        Factor on the spread of rows of one vehicle_id: together they tell of it about once.
    """

    day: Days
    age: Floats
    odometer: Floats
    odometer_missing: NDArray[np.bool_]
    grade: Floats
    grade_missing: NDArray[np.bool_]
    damage: NDArray[np.int64]
    codes: dict[str, NDArray[np.int64]]
    numbers: Floats
    counted: Floats
    model_year: Floats
    repeated: Floats

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: NDArray[np.int64]) -> Units:
        """Return the chosen rows."""
        return Units(
            self.day[rows],
            self.age[rows],
            self.odometer[rows],
            self.odometer_missing[rows],
            self.grade[rows],
            self.grade_missing[rows],
            self.damage[rows],
            {name: code[rows] for name, code in self.codes.items()},
            self.numbers[rows],
            self.counted[rows],
            self.model_year[rows],
            self.repeated[rows],
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to read covariates: levels, scales and the typical odometer, learnt from sales.

    Attributes
    ----------
    levels : dict of list of str
        Known levels of each category in sorted order; those of the hierarchy are joined
        "make / model / variant", those of the model year "make / model / year".
    numbers : dict of (low, high, centre, scale)
        Range to which a further numeric feature is clipped, its median and half its
        interquartile range; of its logarithm for those of `logged`.
    logged : tuple of str
        Further numeric features that are amounts: above zero but for a few rows, wide and less
        skewed as logarithms. Zero and less is missing.
    counts : tuple of str
        Further numeric features that are whole and small.
    typical_age, typical_odometer : float64[k]
        Non-decreasing median odometer by age; empty where sales hold no odometer.
    ignored : tuple of str
        Further columns not used: dates, constants, empty ones and texts that hardly ever repeat.
    """

    levels: dict[str, list[str]]
    numbers: dict[str, tuple[float, float, float, float]]
    typical_age: Floats
    typical_odometer: Floats
    ignored: tuple[str, ...]
    logged: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()

    @classmethod
    def learn(cls, sales: pl.DataFrame, days: Days, like: Recipe | None = None) -> Recipe:
        """Take the levels and scales from past sales.

        Parameters
        ----------
        sales : polars.DataFrame
        days : int64[n]
            Date of each.
        like : Recipe, optional
            Of these sales and others; counts are read as it reads them.
        """
        texts, numbers, ignored = _further_columns(sales)
        keyed = _keyed(sales, (*CATEGORIES, *texts))
        levels = {name: _levels(keyed[name]) for name in keyed.columns}
        logged = tuple(name for name in numbers if is_amount(sales[name]))
        ranges = {name: range_of(scaled(sales[name], name in logged)) for name in numbers}
        counts = tuple(name for name in numbers if is_count(sales[name]))
        if like is not None:
            counts = like.counts
            known = ranges | {name: like.numbers[name] for name in counts}
            ranges = dict(sorted(known.items()))
            own = set(logged) - set(counts) | set(like.logged) & set(counts)
            logged = tuple(sorted(own))
            ignored = [name for name in ignored if name not in counts]
        age = ages(sales, days)
        odometer = believable_odometer(_column(sales, "odometer"), age)
        typical_age, typical = _typical(age, odometer)
        return cls(levels, ranges, typical_age, typical, tuple(ignored), logged, counts)

    def read(self, frame: pl.DataFrame, days: Days) -> Units:
        """Covariates of rows at their dates.

        Parameters
        ----------
        frame : polars.DataFrame
        days : int64[n]
            Date of each row, at which a missing odometer is set to the typical one.
        """
        age = ages(frame, days)
        odometer = believable_odometer(_column(frame, "odometer"), age)
        missing = np.isnan(odometer)
        if len(self.typical_age):
            usual = np.interp(age, self.typical_age, self.typical_odometer)
            odometer = np.where(missing, usual, odometer)
        else:
            odometer = np.zeros(len(frame))
        grade = _column(frame, "condition_grade")
        keyed = _keyed(frame, tuple(self.levels))
        numbers = self._read_numbers(frame)
        counted = [place for place, name in enumerate(self.numbers) if name in self.counts]
        return Units(
            days,
            age,
            odometer,
            missing,
            np.where(np.isnan(grade), 5.0, np.clip(grade, 1.0, 5.0)),
            np.isnan(grade),
            _damage(frame),
            {name: _codes(keyed[name], levels) for name, levels in self.levels.items()},
            numbers,
            numbers[:, counted],
            _column(frame, "model_year"),
            _alike(frame),
        )

    def _read_numbers(self, frame: pl.DataFrame) -> Floats:
        out = np.zeros((len(frame), len(self.numbers)))
        for place, (name, (low, high, centre, scale)) in enumerate(self.numbers.items()):
            column = _column(frame, name)
            if name in self.logged:
                column = np.log(np.where(column > 0.0, column, np.nan))
            value = (np.clip(column, low, high) - centre) / scale
            out[:, place] = np.nan_to_num(value, nan=0.0)
        return out


def _alike(frame: pl.DataFrame) -> Floats:
    """Root of how many rows count for one: k of a vehicle count for k / (1 + (k - 1) share)."""
    if "vehicle_id" not in frame.columns:
        return np.ones(len(frame))
    rows = frame.select(
        pl.when(pl.col("vehicle_id").is_null()).then(1).otherwise(pl.len().over("vehicle_id"))
    ).to_series()
    return np.sqrt(1.0 + (rows.to_numpy().astype(np.float64) - 1.0) * _OWN_SHARE)


def _column(frame: pl.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    column = frame[name].cast(pl.Float64).fill_null(float("nan"))
    values: Floats = column.to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _damage(frame: pl.DataFrame) -> NDArray[np.int64]:
    if "damage" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64)
    level = frame.select(tidy_text(pl.col("damage")))["damage"]
    code = level.replace_strict(["light", "heavy"], [1, 2], default=0, return_dtype=pl.Int64)
    return code.to_numpy().astype(np.int64)


def _keyed(frame: pl.DataFrame, categories: tuple[str, ...]) -> pl.DataFrame:
    """Levels of each row by category, those of models and below joined to what is above them."""
    tidy = pl.DataFrame(
        {
            name: _tidied(frame, name.removesuffix(COLUMN))
            for name in dict.fromkeys(("make", "model", "variant", *categories))
            if name != "model_year"
        }
    )
    years = pl.Series("model_year", [None] * len(frame), dtype=pl.String)
    if "model_year" in frame.columns:
        years = frame["model_year"].cast(pl.Int32).cast(pl.String)
    joined = tidy.select(pl.col("make"), model=pl.col("make") + " / " + pl.col("model"))
    below = (("variant", tidy["variant"]), ("model_year", years))
    return joined.with_columns(
        **{name: joined["model"] + " / " + words for name, words in below},
        **{name: tidy[name] for name in tidy.columns if name not in HIERARCHY},
    )


def _tidied(frame: pl.DataFrame, name: str) -> pl.Series:
    """Tidy texts of a column, each word once; nulls where there is none such."""
    if name not in frame.columns:
        return pl.Series(name, [None] * len(frame), dtype=pl.String)
    words = frame[name].cast(pl.String)
    known = words.unique()
    return words.replace_strict(
        known, known.to_frame().select(tidy_text(pl.col(name)))[name], return_dtype=pl.String
    )


def _levels(column: pl.Series) -> list[str]:
    """Sorted levels; a further category of many levels keeps the most frequent ones."""
    counted = column.drop_nulls().value_counts().sort(column.name)
    nested = (*HIERARCHY, "model_year")
    if column.name not in nested and len(counted) > _MANY_LEVELS:
        counted = counted.filter(pl.col("count") >= _FEWEST_ROWS)
        counted = counted.sort("count", column.name, descending=[True, False])
        counted = counted.head(_MOST_LEVELS).sort(column.name)
    return counted[column.name].to_list()


def _codes(column: pl.Series, levels: list[str]) -> NDArray[np.int64]:
    if not levels or not len(column):
        return np.full(len(column), -1, dtype=np.int64)
    code = column.replace_strict(
        levels, list(range(len(levels))), default=None, return_dtype=pl.Int64
    )
    return code.fill_null(-1).to_numpy().astype(np.int64)


def _further_columns(sales: pl.DataFrame) -> tuple[list[str], list[str], list[str]]:
    texts, numbers, ignored = [], [], []
    for name in sorted(set(sales.columns) - _CANONICAL):
        column = sales[name]
        known = finite(column) if column.dtype.is_numeric() else column
        distinct = pl.Series(known).n_unique()
        if distinct < 2 or column.dtype.is_temporal() or column.dtype.is_nested():
            ignored.append(name)
        elif column.dtype.is_numeric():
            numbers.append(name)
        elif distinct <= max(10, len(sales) // 10) or _repeated(column) >= _LEAST_REPEATED:
            texts.append(name + COLUMN if name in _TAKEN else name)
        else:
            ignored.append(name)
    return texts, numbers, ignored


def _repeated(column: pl.Series) -> float:
    """Share of the rows whose level is seen often enough to be told apart."""
    counts = column.drop_nulls().value_counts()["count"]
    return float(counts.filter(counts >= _FEWEST_ROWS).sum()) / max(len(column), 1)


def _typical(age: Floats, odometer: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(odometer) & np.isfinite(age)
    if not known.any():
        return np.empty(0), np.empty(0)
    year = np.clip(np.round(age[known]), 0, 25).astype(np.int64)
    reading = odometer[known]
    present = np.unique(year)
    median = np.array([np.median(reading[year == value]) for value in present])
    count = np.array([float(np.count_nonzero(year == value)) for value in present])
    rising = -nonincreasing(-median[None, :], count)[0]
    return present.astype(np.float64), rising
