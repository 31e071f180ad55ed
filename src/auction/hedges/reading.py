"""The hedges on offer, read from their table against the scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.discount import discount_factor
from auction.hedges.layers import Layer
from auction.hedges.offered import Entry, Hedges
from auction.hedges.positions import Position, index_put_payoff
from residual.errors import Fault, InputError

#: Kinds that cover one unit each, as a variant of its options.
UNIT_KINDS: Final = ("unit_floor", "insurance")
#: Kinds on the proceeds of many units together.
LAYER_KINDS: Final = ("stop_loss", "quota_share")
#: Every kind of hedge.
HEDGE_KINDS: Final = (*UNIT_KINDS, "index_put", *LAYER_KINDS)


class IndexPaths(Protocol):
    """What a hedge needs to know of the scenarios."""

    @property
    def as_of(self) -> date:
        """Planning date."""

    @property
    def dates(self) -> Sequence[date]:
        """Dates of the scenarios, length D."""

    @property
    def index_ratio(self) -> NDArray[np.float64]:
        """Index level over its level at the planning date, [D, n]."""


def build_hedges(
    table: pl.DataFrame | None,
    book: IndexPaths,
    rate: float = 0.0,
    forecast: NDArray[np.float64] | None = None,
) -> Hedges:
    """Read the hedges on offer against the scenarios.

    Parameters
    ----------
    table : polars.DataFrame or None
        The hedges table; a column bought marks rows that are paid for already.
    book : IndexPaths
        Scenarios; every expiry of a put must be one of its dates.
    rate : float
        Continuously compounded yearly rate at which later money is discounted.
    forecast : float64[V], optional
        Forecast of each vehicle, money, of which layers agree a share. Where it is not given
        layers are left out: they are hedges on a whole fleet.

    Returns
    -------
    Hedges
        A layer stands in the entries of the menu that its row names, else in one of its own; one
        that is bought in none, as it is in force whatever is taken.

    Raises
    ------
    InputError
        When a put has no expiry, or one for which the scenarios hold no index level.
    """
    faults: list[Fault] = []
    floors: dict[str, float] = {}
    positions: list[Position] = []
    layers: list[Layer] = []
    menu: dict[str, list[str]] = {}
    rows = [] if table is None else table.to_dicts()
    for number, row in enumerate(rows, start=1):
        if row["kind"] in UNIT_KINDS:
            floors[row["hedge_id"]] = float(row["limit"])
        elif row["kind"] == "index_put":
            place = _expiry(row, number, book, faults)
            if place is not None:
                positions.append(_put(row, book, place, rate))
        elif row["kind"] not in LAYER_KINDS:
            rule = f"is one of {', '.join(HEDGE_KINDS)}"
            faults.append(_fault(number, "kind", row["kind"], rule, ""))
        elif forecast is not None:
            layers.append(_layer(row, forecast))
            if row.get("bought"):
                continue
            for name in entries(row.get("menu")) or [row["hedge_id"]]:
                menu.setdefault(name, []).append(row["hedge_id"])
    if faults:
        raise InputError(faults)
    told = tuple(Entry(name, tuple(menu[name])) for name in sorted(menu))
    return Hedges(floors, tuple(positions), tuple(layers), told)


def entries(written: str | None) -> list[str]:
    """Return the entries of the menu that a row names, each once, in the order written."""
    names = [] if written is None else [name.strip() for name in written.split(";")]
    return list(dict.fromkeys(name for name in names if name))


def _fault(number: int, column: str, value: object, rule: str, remedy: str) -> Fault:
    shown = None if value is None else str(value)
    return Fault(rule, "hedges", number, column, shown, remedy or None)


def _expiry(
    row: Mapping[str, Any], number: int, book: IndexPaths, faults: list[Fault]
) -> int | None:
    expiry = row.get("expiry")
    if expiry is None:
        faults.append(_fault(number, "expiry", None, "an index put needs an expiry", ""))
        return None
    dates = list(book.dates)
    if expiry not in dates:
        remedy = "let the expiry fall on a date that is simulated"
        faults.append(_fault(number, "expiry", expiry, "no scenario reaches this date", remedy))
        return None
    return dates.index(expiry)


def _put(row: Mapping[str, Any], book: IndexPaths, place: int, rate: float) -> Position:
    days = (book.dates[place] - book.as_of).days
    discount = float(discount_factor(rate, days))
    payoff = index_put_payoff(
        float(row["strike"]),
        np.asarray(book.index_ratio[place], dtype=np.float64),
        float(row["lot"]),
        float(row["premium"]),
        discount,
    )
    lots = int(row["limit"])
    bought = lots if row.get("bought") else 0
    return Position(
        row["hedge_id"],
        row["counterparty"],
        lots,
        payoff,
        float(row["premium"]),
        bought,
        float(row["strike"]) * float(row["lot"]),
    )


def _layer(row: Mapping[str, Any], forecast: NDArray[np.float64]) -> Layer:
    share = row.get("share")
    return Layer(
        row["hedge_id"],
        row["counterparty"],
        agreed=float(row["strike"]) * forecast,
        share=1.0 if share is None else float(share),
        limit=float(row["limit"]),
        premium=float(row["premium"]),
        quota=row["kind"] == "quota_share",
        by=row.get("coverage_by"),
        value=row.get("coverage"),
        bought=bool(row.get("bought")),
    )
