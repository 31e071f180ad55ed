"""P(LTV > 1) scored on sales that came after it was told.

    python -m benchmarks.collateral

Run from the root of the project; the real workspaces need `DISPOSAL_REAL_DATA`, the sample nothing.
The earlier 70 % of the past offerings of each workspace make the model, closings known by then
alone. Each later sale stands for a loan whose balance stays at a share of what was foretold on the
day of the model, the shares drawn, on the vehicle as it was sold. What is scored is the chance told
for the month of the sale that the vehicle is worth less than that, against whether it was sold for
less. Beside it stand

- the chance by the forecast of the hammer itself, with the luck of a single sale in it;
- the frequency among loans of the same share, known from the judged sales themselves, which no
  forecast could know;
- the frequency of all.

Must be reached: a Brier score below that of the frequency by share, and told chances within 0.1 of
what happens in every fifth of (0, 1); the exit code is 1 otherwise.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import residual
from benchmarks.policies.workspaces import WORKSPACES, AbsentError

#: Share of the offerings that the model knows.
_KNOWN: Final = 0.7
#: Balances over what was foretold.
_SHARES: Final = (0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5)
_MONTHS: Final = 12
_DAYS_A_MONTH: Final = 365.25 / 12.0
_EDGES: Final = np.linspace(0.0, 1.0, 6)
#: Sales in a fifth from which on its frequency says something.
_ENOUGH: Final = 100
_APART: Final = 0.1
#: Where the forecast of the hammer is told.
_CHANCES: Final = tuple(np.arange(1, 100) / 100.0)
#: What is known of a sale alone, not of a vehicle that is still driven.
_OF_SALES: Final = (
    "price", "sale_id", "venue_id", "offered_on", "closed_on", "outcome", "bidders", "reserve",
)  # fmt: skip

_Floats = NDArray[np.float64]


def main() -> int:
    """Score every workspace that is there."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workspaces", nargs="+", choices=[*WORKSPACES], default=[*WORKSPACES])
    asked = parser.parse_args()
    console, reached = Console(width=None if sys.stdout.isatty() else 120), True
    for name in asked.workspaces:
        try:
            pair = WORKSPACES[name]()
        except AbsentError as absent:
            console.print(f"{name}: {absent}")
            continue
        sales = pl.concat(
            [pair.known.tables["sales"], pair.unseen.tables["sales"]], how="diagonal_relaxed"
        )
        told, hammer, happened, share = _judged(sales)
        good, by_share = _score(told, happened), _score(_by(share, happened), happened)
        over_all = _score(np.full(told.size, happened.mean()), happened)
        console.print(
            f"{name}: {told.size:,} later sales, Brier {good:.4f}; by the hammer "
            f"{_score(hammer, happened):.4f}, by share {by_share:.4f}, of all {over_all:.4f}"
        )
        rows = [*_fifths(told, happened)]
        table = Table("chance told", "sales", "mean told", "happened")
        for row in rows:
            table.add_row(
                f"{row[0]:.1f}-{row[1]:.1f}", f"{row[2]:,}", *(f"{x:.3f}" for x in row[3:])
            )
        console.print(table)
        apart = max(abs(row[3] - row[4]) for row in rows if row[2] >= _ENOUGH)
        reached &= good < by_share and apart <= _APART
    return 0 if reached else 1


def _judged(sales: pl.DataFrame) -> tuple[_Floats, _Floats, NDArray[np.bool_], _Floats]:
    """Tell chances for later sales by earlier offerings.

    Returns those of values and of hammers, what happened, and the shares, an entry a sale.
    """
    sold = sales.filter(pl.col("price").is_not_null())
    cut = sold["offered_on"].sort()[int(_KNOWN * sold.height)]
    earlier = sales.filter(pl.col("offered_on") <= cut)
    if "closed_on" in sales.columns:
        earlier = earlier.filter(pl.col("closed_on").is_null() | (pl.col("closed_on") <= cut))
    model = residual.fit(earlier)
    later = sold.filter(pl.col("offered_on") > cut)
    days = (later["offered_on"] - model.as_of).dt.total_days().to_numpy()
    month = np.round(days / _DAYS_A_MONTH).astype(np.int64)
    later, month = later.filter(pl.Series(month <= _MONTHS)), month[month <= _MONTHS]
    vehicles = later.drop(_OF_SALES, strict=False).with_columns(
        vehicle_id=pl.format("L{}", pl.int_range(pl.len()))
    )
    share = np.random.default_rng(0).choice(_SHARES, later.height)
    balance = model.predict(vehicles, on=model.as_of)["mean"].to_numpy() * share
    # nothing is paid off within the months
    loans = vehicles.with_columns(
        balance=pl.Series(balance), rate=0.0, term_months=600, payment=0.0
    )
    rows: list[pl.DataFrame] = []
    book = residual.collateral(model, loans, _MONTHS, rows=rows.append, threads=2)
    told = pl.concat(rows)["p_under"].to_numpy().reshape(later.height, _MONTHS + 1)
    hammer = np.empty(later.height)
    for number, date in book.months.select("month", "date").iter_rows():
        own = np.flatnonzero(month == number)
        if own.size:
            hammer[own] = _below(model, vehicles[own], date, balance[own])
    happened = later["price"].to_numpy() < balance
    return told[np.arange(later.height), month], hammer, happened, share


def _below(
    model: residual.ResidualModel, vehicles: pl.DataFrame, date: dt.date, balance: _Floats
) -> _Floats:
    """The chance that vehicles are sold for less than their balances on a day."""
    foretold = model.predict(vehicles, date, _CHANCES).select(pl.col(r"^q\d+$")).to_numpy()
    return np.array(
        [np.interp(owed, prices, _CHANCES) for owed, prices in zip(balance, foretold, strict=True)]
    )


def _by(share: _Floats, happened: NDArray[np.bool_]) -> _Floats:
    """How often it happened to loans of the same share."""
    of, place = np.unique(share, return_inverse=True)
    return (np.bincount(place, happened, of.size) / np.bincount(place))[place]


def _score(told: _Floats, happened: NDArray[np.bool_]) -> float:
    return float(np.mean((told - happened) ** 2))


def _fifths(
    told: _Floats, happened: NDArray[np.bool_]
) -> Iterator[tuple[float, float, int, float, float]]:
    """Yield ends, sales, mean chance and frequency of each fifth that has any."""
    fifth = np.clip(np.searchsorted(_EDGES, told, side="right") - 1, 0, _EDGES.size - 2)
    for place in np.unique(fifth).tolist():
        own = fifth == place
        yield (
            float(_EDGES[place]), float(_EDGES[place + 1]), int(own.sum()),
            float(told[own].mean()), float(happened[own].mean()),
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
