"""Covers of single units at auction: price floors, and residual-value insurance on conditions.

Insurance pays what the best price falls short of the insured sum, after a defined process of
remarketing: all runs of an auction, and the trade after the last, over by its expiry. It insures
units in return condition only: undamaged, with a clear title, at or above a grade. Damage and what
a borrower owes are no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.hedge_terms import Hedges
from auction.hedges import UNIT_KINDS
from auction.situation import Situation
from residual.tables import with_optional_columns

_Floats = NDArray[np.float64]


def unit_covers(situation: Situation) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the covers of single units on offer: place among the hedges, and terms."""
    if situation.market.hedges is None:
        return
    hedges = with_optional_columns(situation.market.hedges, Hedges)
    for place, terms in enumerate(hedges.iter_rows(named=True)):
        if terms["kind"] in UNIT_KINDS:
            yield place, terms


def sum_of(situation: Situation, terms: dict[str, Any]) -> _Floats:
    """Return what a cover's strike and premium are shares of, float64[V]; 0 where it is not known.

    The forecast, or for insurance on it the guide value of each unit.
    """
    if terms["insured_on"] == "guide":
        return situation.vehicles["guide_value"].fill_null(0.0).to_numpy().astype(np.float64)
    return situation.forecast


def guaranteed(situation: Situation, terms: dict[str, Any]) -> _Floats:
    """Return the price that a cover guarantees each unit, float64[V]; 0 for units not taken."""
    price = terms["strike"] * (1.0 - (terms["deductible"] or 0.0)) * sum_of(situation, terms)
    return np.asarray(np.where(insurable(situation, terms), price, 0.0))


def largest_payouts(situation: Situation, terms: dict[str, Any]) -> _Floats:
    """Return the most that a cover pays for each unit it takes, float64[V]; inf without a limit."""
    if terms["max_payout"] is None:
        return np.full(situation.vehicles.height, np.inf)
    return np.asarray(terms["max_payout"] * terms["strike"] * sum_of(situation, terms))


def owed(situation: Situation, terms: dict[str, Any]) -> _Floats:
    """Return what the counterparty can come to owe for each unit, float64[V]."""
    return np.minimum(guaranteed(situation, terms), largest_payouts(situation, terms))


def insurable(situation: Situation, terms: dict[str, Any]) -> NDArray[np.bool_]:
    """Return which units meet the conditions of a cover, bool[V]; every unit meets a floor's."""
    units = situation.vehicles
    if terms["kind"] != "insurance":
        return np.ones(units.height, dtype=np.bool_)
    sound = (pl.col("damage").fill_null("none") == "none") & (
        pl.col("title_status").fill_null("clear") == "clear"
    )
    if terms["min_grade"] is not None:
        sound &= (pl.col("condition_grade") >= terms["min_grade"]).fill_null(value=False)
    return units.select(sound).to_series().to_numpy()


def in_time(
    situation: Situation, terms: dict[str, Any], days: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which first runs, on days after the planning date, a cover still takes, bool[m].

    A floor asks when the first run is held, insurance when the last could be over.
    """
    expiry: date | None = terms["expiry"]
    if expiry is None:
        return np.ones(days.size, dtype=np.bool_)
    rules = situation.market.auction
    more = rules.runs * rules.rerun_gap_days if terms["kind"] == "insurance" else 0.0
    return np.asarray(days + more <= (expiry - situation.as_of).days)


def covers_named(
    situation: Situation, rows: NDArray[np.int64], named: pl.Series
) -> tuple[_Floats, _Floats]:
    """Return prices guaranteed to some units under the covers that they name, and largest pay-outs.

    Parameters
    ----------
    situation : Situation
    rows : int64[b]
        Positions in the fleet.
    named : polars.Series, length b
        The ``hedge_id`` of each, null for none.

    Returns
    -------
    float64[b], float64[b]
        Money; 0 and inf where no cover is named.
    """
    prices, most = np.zeros(rows.size), np.full(rows.size, np.inf)
    for _, terms in unit_covers(situation):
        here = (named == terms["hedge_id"]).fill_null(value=False).to_numpy()
        if here.any():
            prices[here] = guaranteed(situation, terms)[rows[here]]
            most[here] = largest_payouts(situation, terms)[rows[here]]
    return prices, most


def conditions(terms: dict[str, Any], runs: int) -> str:
    """Return what has to be kept and proven for a cover to pay, in words."""
    if terms["kind"] != "insurance":
        return f"under price floor {terms['hedge_id']}: report the sale at once"
    grade = "" if terms["min_grade"] is None else f", grade {terms['min_grade']:g} or better"
    most = terms["max_payout"]
    up_to = "" if most is None else f", up to {most:.4g} of the insured sum"
    until = "" if terms["expiry"] is None else f", all over by {terms['expiry']}"
    return (
        f"insured by {terms['counterparty']} ({terms['hedge_id']}){up_to} in return condition: "
        f"undamaged{grade}, offered in up to {runs} runs and then to the trade{until}; keep the "
        "condition report, every offering with its bids, and the invoice; damage is not insured"
    )
