"""Instruments that pass risk on: floors per unit and puts on the market index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.discount import discount_factor
from residual.errors import Fault, InputError


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


@dataclass(frozen=True, slots=True)
class Position:
    """A linear hedge that may be bought in whole lots.

    Parameters
    ----------
    hedge_id, counterparty : str
        Which instrument, written by whom.
    lots : int
        Lots at most.
    payoff : float64[n]
        Pay-off of one lot less its premium by scenario, money at the planning date.
    premium : float
        Price of a lot, which the pay-off is net of, money.
    """

    hedge_id: str
    counterparty: str
    lots: int
    payoff: NDArray[np.float64]
    premium: float = 0.0

    def __post_init__(self) -> None:
        if self.lots < 0:
            raise ValueError(f"hedge {self.hedge_id}: lots must not be negative")
        if self.payoff.ndim != 1 or not np.isfinite(self.payoff).all():
            raise ValueError(f"hedge {self.hedge_id}: the pay-off must be finite, one a scenario")


@dataclass(frozen=True, slots=True)
class Hedges:
    """What may be hedged in a plan.

    Parameters
    ----------
    floors : mapping of str to float
        Units at most of each unit floor; the floors themselves are variants of options that
        name the ``hedge_id``.
    positions : sequence of Position
        Index puts on offer.
    """

    floors: Mapping[str, float] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()


def index_put_payoff(
    strike: float,
    index_ratio: NDArray[np.float64],
    lot: float,
    premium: float,
    discount: float = 1.0,
) -> NDArray[np.float64]:
    """Return what one lot of an index put brings, less its premium.

    ``discount * lot * max(strike - ratio, 0) - premium``; the premium is paid at once.

    Parameters
    ----------
    strike : float
        Share of today's index level.
    index_ratio : float64[n]
        Index at expiry over its level today, by scenario.
    lot, premium : float
        Notional money of a lot; its price.
    discount : float
        Value today of one unit of money at expiry.

    Returns
    -------
    float64[n]
        Money at the planning date.
    """
    return discount * lot * np.maximum(strike - index_ratio, 0.0) - premium


def build_hedges(table: pl.DataFrame | None, book: IndexPaths, rate: float = 0.0) -> Hedges:
    """Read the hedges on offer against the scenarios.

    Parameters
    ----------
    table : polars.DataFrame or None
        The hedges table.
    book : IndexPaths
        Scenarios; every expiry must be one of its dates.
    rate : float
        Continuously compounded yearly rate at which later money is discounted.

    Returns
    -------
    Hedges

    Raises
    ------
    InputError
        When a put has no expiry, or one for which the scenarios hold no index level.
    """
    faults: list[Fault] = []
    floors: dict[str, float] = {}
    positions: list[Position] = []
    rows = [] if table is None else table.to_dicts()
    for number, row in enumerate(rows, start=1):
        if row["kind"] == "unit_floor":
            floors[row["hedge_id"]] = float(row["limit"])
        elif row["kind"] == "index_put":
            place = _expiry(row, number, book, faults)
            if place is not None:
                positions.append(_put(row, book, place, rate))
        else:
            faults.append(_fault(number, "kind", row["kind"], "is unit_floor or index_put", ""))
    if faults:
        raise InputError(faults)
    return Hedges(floors, tuple(positions))


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
    return Position(
        row["hedge_id"], row["counterparty"], int(row["limit"]), payoff, float(row["premium"])
    )
