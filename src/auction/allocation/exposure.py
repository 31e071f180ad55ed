"""What counterparties can come to owe, capped in money.

An option counts with what its counterparty can come to owe: the price of a unit floor, the insured
sum less the deductible or the largest pay-out where that is less, the floor of a forward, the price
of a standing offer. What does not depend on which options are taken, lots of puts on offer and
layers taken, is kept first; options share the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.caps import Cap, Entries
from auction.allocation.constraints import Constraints, Limit
from auction.allocation.problem import TOLERANCE, Rule
from auction.hedges import Entry, Hedges
from auction.option_table import OptionTable

#: Column of the options that tells the money a counterparty guarantees.
EXPOSURE = "exposure"
_PARTY = "counterparty"


def limits_in_money(constraints: Constraints) -> list[Limit]:
    """Return the limits of what counterparties can come to owe."""
    return [limit for limit in constraints.limits if limit.max_exposure is not None]


def exposure_caps(frame: pl.DataFrame, constraints: Constraints, hedges: Hedges) -> Iterator[Cap]:
    """Cap what the options taken make each counterparty guarantee.

    Money is counted in units about as large as what one option is guaranteed, so that these rows
    are of the size of the others. Where what is bought already exceeds a limit nothing is left of
    it, and nothing more.

    Parameters
    ----------
    frame : polars.DataFrame, c rows
        The options that may be taken.
    constraints : Constraints
        Its limits in money are applied here.
    hedges : Hedges
        Tells what is kept for puts and layers.

    Raises
    ------
    ValueError
        When the options do not tell what is guaranteed.
    """
    asked = limits_in_money(constraints)
    if not asked:
        return
    party, owed = _owed(frame)
    unit = float(2.0 ** np.round(np.log2(owed[owed > 0.0].mean()))) if (owed > 0.0).any() else 1.0
    kept = hedges.kept
    known = sorted({*party.drop_nulls().unique().to_list(), *kept})
    for limit in asked:
        most = float(limit.max_exposure or 0.0)
        names = [name for name in known if limit.meant(name)]
        place = {name: number for number, name in enumerate(names)}
        row = party.replace_strict(place, default=-1, return_dtype=pl.Int64).to_numpy()
        column = np.flatnonzero((row >= 0) & (owed > 0.0))
        rules = tuple(
            Rule("exposure", _label(limit, name), unit, most=most, kept=kept.get(name, 0.0))
            for name in names
        )
        room = [max(most - kept.get(name, 0.0), 0.0) / unit for name in names]
        yield Cap(rules, np.array(room), Entries(column, row[column], owed[column] / unit))


def within_limits(hedges: Hedges, constraints: Constraints) -> Hedges:
    """Return hedges without the lots of puts that limits in money have no room for.

    Puts of one counterparty find room one after the other, those that are bought first.

    Parameters
    ----------
    hedges : Hedges
        What may be hedged.
    constraints : Constraints
        Limits in money among its rules.
    """
    asked = limits_in_money(constraints)
    if not asked:
        return hedges
    positions = list(hedges.positions)
    bare = replace(hedges, positions=tuple(replace(p, lots=p.bought) for p in positions))
    free = {name: _free(name, bare.kept, asked) for name in {p.counterparty for p in positions}}
    for number, position in enumerate(positions):
        if position.owed > 0.0:
            more = np.floor(free[position.counterparty] / position.owed * (1.0 + 1e-12))
            more = int(min(max(more, 0.0), position.lots - position.bought))
            free[position.counterparty] -= more * position.owed
            positions[number] = replace(position, lots=position.bought + more)
    return replace(hedges, positions=tuple(positions))


def entries_within(hedges: Hedges, constraints: Constraints) -> tuple[Entry, ...]:
    """Return the entries of a menu for which limits in money have room beside all lots.

    Parameters
    ----------
    hedges : Hedges
        What may be hedged, within the limits as :func:`within_limits` leaves it.
    constraints : Constraints
        Limits in money among its rules.
    """
    asked, kept = limits_in_money(constraints), hedges.kept
    return tuple(
        entry
        for entry in hedges.menu
        if all(
            money <= _free(name, kept, asked) * (1.0 + 1e-12)
            for name, money in hedges.owed_with(entry).items()
        )
    )


def keeps_limits(
    table: OptionTable, chosen: NDArray[np.int64], constraints: Constraints, hedges: Hedges
) -> bool:
    """Whether the options taken leave room for what is kept of every limit in money.

    Parameters
    ----------
    table : OptionTable, m rows
        Options.
    chosen : int64[V]
        Those taken.
    constraints : Constraints
        The limits.
    hedges : Hedges
        Tells what is kept for puts and layers.
    """
    asked = limits_in_money(constraints)
    if not asked:
        return True
    for name, owed in _taken(table, chosen).items():
        room = max(_free(name, hedges.kept, asked), 0.0)
        if owed > room + TOLERANCE * max(1.0, room):
            return False
    return True


def with_kept(
    prices: pl.DataFrame,
    table: OptionTable,
    chosen: NDArray[np.int64],
    constraints: Constraints,
    hedges: Hedges,
) -> pl.DataFrame:
    """Return shadow prices that tell of limits in money what is used with these hedges.

    Parameters
    ----------
    prices : polars.DataFrame
        As in ``Allocation.shadow_prices``.
    table, chosen, constraints, hedges
        As for :func:`keeps_limits`.
    """
    taken, kept = _taken(table, chosen), hedges.kept
    used = {
        _label(limit, name): taken.get(name, 0.0) + kept.get(name, 0.0)
        for limit in limits_in_money(constraints)
        for name in {*taken, *kept}
    }
    told = pl.col("label").replace_strict(used, default=None, return_dtype=pl.Float64)
    here = (pl.col("kind") == "exposure") & told.is_not_null()
    return prices.with_columns(used=pl.when(here).then(told).otherwise("used")) if used else prices


def _label(limit: Limit, name: str) -> str:
    return f"at most {limit.max_exposure:,.2f} owed by {name}"


def _taken(table: OptionTable, chosen: NDArray[np.int64]) -> dict[str, float]:
    """Return what the options taken are guaranteed, money by counterparty."""
    rows = table.rows(chosen, [_PARTY, EXPOSURE]).drop_nulls()
    return dict(rows.group_by(_PARTY).agg(pl.col(EXPOSURE).sum()).iter_rows())


def _owed(frame: pl.DataFrame) -> tuple[pl.Series, NDArray[np.float64]]:
    """Return each option's counterparty, as text, and what it guarantees."""
    if EXPOSURE not in frame.columns:
        raise ValueError(f"the options do not tell what is guaranteed: no column {EXPOSURE}")
    return frame[_PARTY].cast(pl.String), frame[EXPOSURE].fill_null(0.0).to_numpy()


def _free(name: str, kept: dict[str, float], asked: list[Limit]) -> float:
    """Return the money that the limits leave of a counterparty, below zero where it is over."""
    rooms = [limit.max_exposure or 0.0 for limit in asked if limit.meant(name)]
    return min(rooms, default=np.inf) - kept.get(name, 0.0)
