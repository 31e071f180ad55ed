"""How far vehicles secure the loans on them: LTV paths, P(LTV > 1) by month, and alarms."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from residual.course import course
from residual.curves import Floats
from residual.errors import Fault
from residual.features import Days, as_date, day_number
from residual.groups import OTHER
from residual.loan_alarms import Alarm, Reduced, by_group, told_of
from residual.loans import balances, check_loans
from residual.model import ResidualModel
from residual.requests import check_reach
from residual.scenarios import joint_factors

#: Loans worked on at once; bounds the memory.
BLOCK: Final = 8192
#: Stream of the units' own shocks, apart from those of plans.
STREAM: Final = 17
#: Months between which the value of a driven unit is interpolated, as its logarithm.
ANCHOR: Final = 6
#: Between which of the scenarios the book as a whole is told.
_BAND: Final = (0.05, 0.95)
_MOST_MONTHS: Final = 120
_MOST_DRIVEN: Final = 500_000.0

Rows = Callable[[pl.DataFrame], None]
Progress = Callable[[str, float | None, str], None]


@dataclass(frozen=True, slots=True)
class Collateral:
    """What secures a loan book.

    Parameters
    ----------
    loans : polars.DataFrame
        A row a loan: vehicle_id, group, balance, value and ltv (balance over expected value) today,
        p_under today, p_worst and month_worst within the months, value_fall and balance_fall (of
        the logarithm, a year, within the horizon; null for loans that end within a month), alarm
        ("under" today, "soon" within the horizon, "fast" or "none") and alarm_month.
    months : polars.DataFrame
        A row a month: month, date, loans that are still open, balance and expected value of the
        book, money; under, the expected number of loans with LTV above 1, and shortfall, by how
        much their values lie below their balances, money, each with its 5 % and 95 % quantile over
        the scenarios.
    groups : polars.DataFrame
        A row for each group of vehicles: loans, balance, value, both falls weighted by balance
        (null where no loan has them), and loans by alarm.
    """

    loans: pl.DataFrame
    months: pl.DataFrame
    groups: pl.DataFrame


def collateral(
    model: ResidualModel,
    loans: pl.DataFrame,
    months: int = 60,
    as_of: dt.date | str | None = None,
    n: int = 1024,
    seed: int = 7,
    *,
    km_per_year: float | None = None,
    alarm: Alarm | None = None,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    rows: Rows | None = None,
    block: int = BLOCK,
    threads: int = 1,
    progress: Progress | None = None,
) -> Collateral:
    """Tell how far vehicles secure the loans on them, by month.

    Parameters
    ----------
    model : ResidualModel
    loans : polars.DataFrame
        Rows as in `residual.tables.Vehicles` with balance (money owed today), rate (yearly, 0 to 1)
        and term_months; payment (a month) and balloon (paid at the end) may be absent or null, see
        `residual.loans.balances`.
    months : int
        How far ahead, from 1 to 120.
    as_of : datetime.date or str, optional
        Today; the model's if not given.
    n, seed : int
        Scenarios, as for `simulate`: markets are common to all loans, each unit has a shock of its
        own for its life.
    km_per_year : float, optional
        How far units are driven; they stand still if not given. Values between half-years are
        interpolated, within some tenths of a per cent.
    alarm : Alarm, optional
        When a loan is to be watched.
    quantiles : sequence of float
        Probabilities in (0, 1) of the LTV, told where rows are asked for.
    rows : callable, optional
        Called with the rows of some loans at a time, none of which are kept: vehicle_id, month,
        date, balance, value and value_sd, p_under, ltv, and ltv_05 and the like.
    block : int
        Loans worked on at once.
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called with stage, share done and a message.

    Returns
    -------
    Collateral

    Raises
    ------
    InputError
        With every fault of the loans, by row, column, value and rule.
    ValueError
        If another argument is out of its range.

    Notes
    -----
    LTV is the balance over what the vehicle would fetch at the reference venue, the luck of a
    single sale aside. P(LTV > 1) is the share of scenarios, with a standard error of at most
    0.5 / sqrt(n) for a loan by itself. The value falls by ``ln E V(0) - ln E V(h)`` a year, over
    the horizon h or up to the end of the term; an alarm "fast" means that this is more than the
    balance falls, and P(LTV > 1) reaches `watch` on the way.
    """
    today = model.as_of if as_of is None else as_date(as_of, "as_of")
    alarm = alarm or Alarm()
    _check(months, n, quantiles, km_per_year, block, threads)
    check_loans(loans)
    # before months are counted from it, which the calendar may not hold
    check_reach([today], model.as_of, "as_of")
    calendar = [_later(today, month) for month in range(months + 1)]
    check_reach(calendar[-1:], model.as_of, "the last of months")
    days = np.array([day_number(date) for date in calendar], dtype=np.int64)
    factor = joint_factors(model, days, today, n, seed, threads)[0]
    asked = _Asked(model, calendar, days, factor, seed, km_per_year, tuple(quantiles), threads)
    names = np.array([*model.groups, OTHER], dtype=np.str_)
    book, told = _Book.empty(months + 1, n), []
    for part in _parts(asked, loans, block):
        found = part.reduced(asked, ranked=rows is not None)
        book.add(part, found)
        told.append(told_of(part.loans, part.balance, found, names[part.group], alarm))
        if rows is not None:
            rows(_rows(part, found, asked))
        if progress is not None:
            done = sum(map(len, told))
            progress("collateral", done / max(1, len(loans)), f"{done:,} of {len(loans):,} loans")
    each = pl.concat(told)
    return Collateral(each, book.table(calendar), by_group(each))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of all loans alike."""

    model: ResidualModel
    calendar: list[dt.date]
    days: Days
    factor: Floats
    seed: int
    driven: float | None
    quantiles: tuple[float, ...]
    threads: int

    def course(self, vehicles: pl.DataFrame) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Where ln values lie at each date, and the scale and form of each unit's own shock."""
        model, today = self.model, int(self.days[0])
        if self.driven is None:
            place, level = course(model, vehicles, today, self.days, None)
        else:
            last = len(self.days) - 1
            anchor = np.unique(np.append(np.arange(0, last, ANCHOR), last))
            place, known = course(model, vehicles, today, self.days[anchor], self.driven)
            level = _between(known, self.days[anchor], self.days)
        level = level - (model.bidding.shift * place.scale)[:, None]
        return level, model.bidding.unit_ratio * place.scale, place.form


@dataclass(frozen=True, slots=True)
class _Part:
    """Some loans, and where their values lie."""

    loans: pl.DataFrame
    balance: Floats
    level: Floats
    scale: Floats
    form: NDArray[np.int64]
    group: NDArray[np.int64]

    def reduced(self, asked: _Asked, *, ranked: bool) -> Reduced:
        """Simulate the values, and reduce them."""
        from _core.streams import unit_keys
        from _core.values import value_paths

        shocks = [shock.even() for shock in asked.model.shape.values]
        # vehicles of a group side by side read the same paths
        order = np.argsort(self.group, kind="stable")
        mean, sd, below, ranks, under, lost = value_paths(
            asked.seed,
            STREAM,
            unit_keys(self.loans["vehicle_id"].cast(pl.String).to_list())[order],
            self.level[order],
            self.scale[order],
            self.form[order],
            np.stack([table for table, _ in shocks]),
            np.stack([ends for _, ends in shocks]),
            self.group[order],
            asked.factor,
            self.balance[order],
            # the LTV is high where the value is low
            [1.0 - share for share in asked.quantiles] if ranked else (),
            asked.threads,
        )
        back = np.argsort(order)
        return Reduced(mean[back], sd[back], below[back], ranks[back], under, lost)


@dataclass(slots=True)
class _Book:
    """Sums over all loans, by month and scenario."""

    under: Floats
    lost: Floats
    balance: Floats
    value: Floats
    open: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.open = np.zeros(len(self.balance))

    @classmethod
    def empty(cls, months: int, n: int) -> _Book:
        return cls(*(np.zeros((months, n)) for _ in range(2)), *(np.zeros(months) for _ in "bv"))

    def add(self, part: _Part, found: Reduced) -> None:
        self.under += found.under
        self.lost += found.lost
        self.balance += part.balance.sum(axis=0)
        self.value += found.mean.sum(axis=0)
        self.open += (part.balance > 0.0).sum(axis=0)

    def table(self, calendar: list[dt.date]) -> pl.DataFrame:
        told: dict[str, object] = {
            "month": np.arange(len(calendar)),
            "date": calendar,
            "loans": self.open.astype(np.int64),
            "balance": self.balance,
            "value": self.value,
        }
        for name, sums in (("under", self.under), ("shortfall", self.lost)):
            told[name] = sums.mean(axis=1)
            for share, band in zip(_BAND, np.quantile(sums, _BAND, axis=1), strict=True):
                told[f"{name}_{_percent(share)}"] = band
        return pl.DataFrame(told)


def _parts(asked: _Asked, loans: pl.DataFrame, block: int) -> Iterator[_Part]:
    """Yield the loans in blocks; with threads one is prepared while the last is worked on."""

    def part(start: int) -> _Part:
        some = loans.slice(start, block)
        return _Part(
            some,
            balances(some, len(asked.days) - 1),
            *asked.course(some),
            asked.model.group_of(some),
        )

    starts = range(0, max(len(loans), 1), block)
    if asked.threads == 1:
        yield from map(part, starts)
        return
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(part, 0)
        for start in starts:
            here = coming.result()
            if start + block < len(loans):
                coming = ahead.submit(part, start + block)
            yield here


def _rows(part: _Part, found: Reduced, asked: _Asked) -> pl.DataFrame:
    """What is told of each loan in each month."""
    count, many = part.balance.shape
    ids = part.loans["vehicle_id"].cast(pl.String)
    ltv = {
        f"ltv_{_percent(share)}": (part.balance / found.quantiles[:, :, place]).ravel()
        for place, share in enumerate(asked.quantiles)
    }
    return pl.DataFrame(
        {
            "vehicle_id": ids.gather(pl.Series(np.repeat(np.arange(count), many))),
            "month": np.tile(np.arange(many), count),
            "date": pl.Series(asked.calendar * count, dtype=pl.Date),
            "balance": part.balance.ravel(),
            "value": found.mean.ravel(),
            "value_sd": found.sd.ravel(),
            "p_under": found.below.ravel(),
            "ltv": (part.balance / found.mean).ravel(),
            **ltv,
        }
    )


def _between(known: Floats, at: Days, days: Days) -> Floats:
    """Interpolate rows linearly between days."""
    right = np.clip(np.searchsorted(at, days, side="right"), 1, len(at) - 1)
    share = (days - at[right - 1]) / (at[right] - at[right - 1])
    result: Floats = known[:, right - 1] * (1.0 - share) + known[:, right] * share
    return result


def _later(day: dt.date, months: int) -> dt.date:
    """Return the day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = dt.date(year + month // 11, (month + 1) % 12 + 1, 1)
    return dt.date(year, month + 1, min(day.day, (following - dt.timedelta(1)).day))


def _percent(share: float) -> str:
    return f"{100.0 * share:g}".replace(".", "_").zfill(2)


def _check(
    months: int,
    n: int,
    quantiles: Sequence[float],
    driven: float | None,
    block: int,
    threads: int,
) -> None:
    faults = []
    if not 1 <= months <= _MOST_MONTHS:
        faults.append(
            Fault(f"must lie from 1 to {_MOST_MONTHS}", column="months", value=str(months))
        )
    if min(n, block, threads) < 1:
        rule = f"must be at least 1 each, not {n}, {block} and {threads}"
        faults.append(Fault(rule, column="n, block and threads"))
    if not all(0.0 < share < 1.0 for share in quantiles):
        faults.append(Fault("must lie in (0, 1)", column="quantiles", value=str(list(quantiles))))
    if driven is not None and not (math.isfinite(driven) and 0.0 <= driven <= _MOST_DRIVEN):
        rule = f"must lie from 0 to {_MOST_DRIVEN:g} km"
        faults.append(Fault(rule, column="km_per_year", value=str(driven)))
    if faults:
        raise ValueError("; ".join(map(str, faults)))
