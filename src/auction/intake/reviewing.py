"""What a person has to look at before a proposed workspace can be relied on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from auction.intake.country import Country
from auction.intake.evidence import Evidence
from auction.intake.proposal import ColumnProposal, TableProposal
from auction.intake.synonyms import plain
from auction.tables import SCHEMAS
from auction.workspace.mapping import FEATURE_TABLES

#: Words in a header that hint at whether and when a unit was sold.
_ENDS: Final = ("withdraw", "sold", "close", "deal", "成交", "售出", "撤")


def review_of(
    name: str, mapped: Sequence[ColumnProposal], columns: Mapping[str, Evidence]
) -> tuple[str, ...]:
    """Return what has to be looked at in one table, a sentence each.

    Parameters
    ----------
    name : str
        Our name of the table.
    mapped : sequence of ColumnProposal
        Its columns.
    columns : mapping
        Evidence by header.
    """
    told = {column.ours for column in mapped if column.taken}
    notes = [
        f"{ours} ({column.description}) is required and was not found: name it under columns, or "
        "give one value under constants"
        for ours, column in SCHEMAS[name].columns().items()
        if not column.nullable and ours not in told and not (ours == "region" and _located(told))
    ]
    notes += [
        f"{column.ours} may be {column.owner!r}: {column.why}; take the mark # away if so"
        for column in mapped
        if not column.taken
    ]
    if name in FEATURE_TABLES and not told & {"model_year", "first_registered"}:
        notes.append("model_year or first_registered is required and neither was found")
    if name == "sales" and "outcome" not in told:
        notes.append(_no_outcome(columns))
    left = [header for header in columns if header not in {column.owner for column in mapped}]
    if left and name in FEATURE_TABLES:
        notes.append(
            f"further columns become features of the value model where both vehicles and sales "
            f"have them; take out of the file what is known only after a sale: {_listed(left)}"
        )
    return tuple(notes)


def missing_files(
    tables: Sequence[TableProposal], countries: Sequence[Country], day: date | None
) -> tuple[str, ...]:
    """Return what is missing or at odds over all files, a sentence each."""
    told = list(dict.fromkeys(found.currency for found in countries if found.currency))
    given = {table.table for table in tables}
    notes = [
        f"no file was taken for {name}, which a run needs: add [tables.{name}]"
        for name in ("vehicles", "sales")
        if name not in given
    ]
    if "venues" not in given:
        notes.append("without venues and events or offers no channel is on: nothing can be sold")
    if day is None:
        notes.append("as_of, the planning date, could not be told: set it")
    if not told:
        notes.append("the currency could not be told: set it")
    elif told[0] != "USD":
        notes.append(
            f"default costs are stated in US dollars: set costs.currency_per_dollar for "
            f"{told[0]}, or the costs themselves"
        )
    if len(told) > 1:
        notes.append(
            f"the files look like {' and '.join(told)}: a workspace has one currency, so convert "
            "the amounts beforehand"
        )
    return tuple(notes)


def _located(told: set[str]) -> bool:
    return "postcode" in told or {"lat", "lon"} <= told


def _no_outcome(columns: Mapping[str, Evidence]) -> str:
    note = "no column tells the outcome, so every row counts as sold"
    hints = [
        f"{header!r} is empty in {evidence.null_share:.0%} of the rows"
        for header, evidence in columns.items()
        if any(word in plain(header) for word in _ENDS) and 0.01 < evidence.null_share < 0.99
    ]
    return f"{note}; {_listed(hints)}: does that tell the unsold ones?" if hints else note


def _listed(names: Sequence[str]) -> str:
    most = 12
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
