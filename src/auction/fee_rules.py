"""What the tiers of a venue must hold together: a start at 0, no twins, no fall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import polars as pl

from auction.fee_terms import SALE
from residual.errors import Fault, InputError

#: Tiers that a schedule may have, those that bounds add counted.
MOST_TIERS: Final = 15
#: Share of a fee that rounding may take off it from one tier to the next.
_ROUNDING: Final = 1e-9


class BrokenRule(NamedTuple):
    """A row of the table of fees that does not go with the others of its schedule.

    Parameters
    ----------
    position : int
        Of the row in the table, the first being 0.
    column, value : str
        What to look at, and what stands there.
    rule, remedy : str
        What is required, and what to do.
    """

    position: int
    column: str
    value: str
    rule: str
    remedy: str


def broken_rules(fees: pl.DataFrame, position: str = "position") -> list[BrokenRule]:
    """Hold the tiers of each venue and occasion against each other.

    Parameters
    ----------
    fees : polars.DataFrame
        Columns of :class:`auction.fee_terms.Fees` and the position of each row.
    position : str
        Name of the column with the position.

    Returns
    -------
    list of BrokenRule
        By position, each schedule's faults all at once.
    """
    schedules: dict[tuple[str, str], list[dict[str, Any]]] = {}
    occasion = pl.col("charged_on").fill_null(SALE)
    told = fees.with_columns(occasion, pl.col("rate").fill_null(0.0)).sort("above", position)
    for tier in told.rename({position: "position"}).iter_rows(named=True):
        schedules.setdefault((tier["venue_id"], tier["charged_on"]), []).append(tier)
    return sorted(broken for tiers in schedules.values() for broken in _broken(tiers))


def unknown_venues(fees: pl.DataFrame, venues: pl.DataFrame) -> list[BrokenRule]:
    """Tell the rows of fees at venues that are not there.

    Parameters
    ----------
    fees : polars.DataFrame
        Columns of :class:`auction.fee_terms.Fees`.
    venues : polars.DataFrame
        Every venue, column venue_id.

    Returns
    -------
    list of BrokenRule
        By position.
    """
    named = fees.select("venue_id").with_row_index("position")
    unknown = named.filter(~pl.col("venue_id").is_in(venues["venue_id"].implode()))
    rule, remedy = "there is no such venue", "mend the name or add the venue"
    return [
        BrokenRule(row, "venue_id", str(name), rule, remedy) for row, name in unknown.iter_rows()
    ]


def refuse(broken: Sequence[BrokenRule]) -> None:
    """Raise what is broken, if anything is.

    Raises
    ------
    InputError
        With a fault for each.
    """
    faults = [
        Fault(each.rule, "fees", each.position + 1, each.column, each.value, each.remedy)
        for each in broken
    ]
    if faults:
        raise InputError(faults)


def _broken(tiers: list[dict[str, Any]]) -> Iterator[BrokenRule]:
    """Yield what is wrong with one schedule, its tiers in order of their thresholds."""
    first = tiers[0]
    if first["above"] != 0.0:
        rule = "the first tier of a venue must start at 0"
        yield _about(first, "above", rule, "add a tier above 0, or set this one to 0")
    if len(tiers) > MOST_TIERS:
        rule = f"a schedule has {MOST_TIERS} tiers at most, this one has {len(tiers)}"
        yield _about(first, "venue_id", rule, "join tiers")
    for below, tier in pairwise(tiers):
        at = tier["above"]
        if at == below["above"]:
            row = below["position"] + 1
            rule = f"row {row} already states what holds above {at:,.10g}"
            yield _about(tier, "above", rule, "keep one of the two rows")
            continue
        before, after = (each["fee"] + each["rate"] * at for each in (below, tier))
        if after < before - _ROUNDING * max(before, 1.0):
            rule = f"charges {after:,.2f} just above {at:,.10g}, less than the {before:,.2f} at it"
            remedy = "raise this tier or lower the one below: a fee may not fall with the price"
            yield _about(tier, "fee", rule, remedy)


def _about(tier: dict[str, Any], column: str, rule: str, remedy: str) -> BrokenRule:
    return BrokenRule(tier["position"], column, str(tier[column]), rule, remedy)
