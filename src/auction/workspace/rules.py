"""Hold typed rows against their rules and tell each breach in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Final

import dataframely as dy
import polars as pl

from auction.rule_words import RULE_WORDS
from auction.tables import KEYS, SCHEMAS
from auction.workspace.mapping import admitted_words
from auction.workspace.rows import ROW, TableRead

#: Kilometres from which on an odometer is a filler such as 999,999.
SENTINEL: Final = 999_999.0
#: Kilometres up to which it is one too: a new vehicle shows more when it is handed over.
FILLER: Final = 10.0

#: Columns that lead to a region: where one of them is at fault, that explains its absence.
LOCATION: Final = ("postcode", "lat", "lon")

#: Offerings on a dealer's list: one that closed after the planning date was open on it.
_LISTED: Final = ((pl.col("channel") == "dealer") & (pl.col("list_price") > 0.0)).fill_null(
    value=False
)

#: Rows beyond the planning date, by table: the reason and the test.
BEYOND: Final[dict[str, tuple[tuple[str, Callable[[date], pl.Expr]], ...]]] = {
    "vehicles": (("recovered after as_of", lambda day: pl.col("recovered_on") > day),),
    "sales": (
        ("offered after as_of", lambda day: pl.col("offered_on") > day),
        ("closed after as_of", lambda day: (pl.col("closed_on") > day) & ~_LISTED),
    ),
    "price_changes": (("changed after as_of", lambda day: pl.col("date") > day),),
    "index": (("released after as_of", lambda day: pl.col("released_on") > day),),
    "events": (("held before as_of", lambda day: pl.col("date") < day),),
    "offers": (("ended before as_of", lambda day: pl.col("valid_until") < day),),
    "hedges": (("expired before as_of", lambda day: pl.col("expiry") < day),),
    "appraisals": (("appraised after as_of", lambda day: pl.col("appraised_on") > day),),
    "holds": (("ended before as_of", lambda day: pl.col("until") < day),),
    "commitments": (("ended before as_of", lambda day: pl.col("until") < day),),
}


@cache
def _numbered(schema: type[dy.Schema]) -> type[dy.Schema]:
    """Return the schema with the row's number, so that a failing row is known."""
    return type(schema.__name__, (schema,), {"row_number": dy.Int64(alias=ROW)})


def leave_out_beyond(table: TableRead, as_of: date) -> None:
    """Leave out and count the rows that the planning date forbids or outdates."""
    for reason, beyond in BEYOND.get(table.name, ()):
        table.exclude(reason, beyond(as_of))
    if table.name == "sales":
        _leave_open(table, as_of)


def _leave_open(table: TableRead, as_of: date) -> None:
    """Take listings that closed after the planning date as they stood on it.

    Left out, they would be missing among those that did not sell in time, and a plan made again
    from newer files would foretell quicker sales.
    """
    later = (pl.col("closed_on") > as_of).fill_null(value=False)
    count = table.frame.filter(later).height
    if not count:
        return
    table.frame = table.frame.with_columns(
        pl.when(later).then(pl.lit("open")).otherwise("outcome").alias("outcome"),
        *(pl.when(~later).then(name).alias(name) for name in ("closed_on", "price")),
    )
    table.read_as = (*table.read_as, f"{count:,} closed after as_of taken as open")


def apply_rules(table: TableRead, as_of: date) -> None:
    """Note every row that breaks a rule of its schema or of the calendar.

    Parameters
    ----------
    table : TableRead
        Typed rows; the breaches are added to its rejected lines.
    as_of : datetime.date
        The planning date.
    """
    schema = _numbered(SCHEMAS[table.name])
    _, failure = schema.filter(table.frame.select(list(schema.columns())))
    mistyped = table.rejected.select("row", "column")
    broken = failure.counts()
    details = failure.details() if broken else pl.DataFrame()
    for rule in broken:
        if rule == "primary_key":
            continue
        rows = details.filter(pl.col(rule) == "invalid")[ROW]
        column, words, remedy = _words(schema, rule)
        told = mistyped.filter(_explains(rule, column))
        table.reject(rows.filter(~rows.is_in(told["row"].implode())), column, words, remedy)
    _apply_calendar(table, as_of)
    _apply_coordinates(table)
    _warn_of_sentinels(table)


def _explains(rule: str, column: str) -> pl.Expr:
    """Tell which faults told already explain the breach of a rule, so that it is not told too."""
    if "|" not in rule:
        return ~pl.col("column").is_in(["region", "postcode"])
    return pl.col("column").is_in([column, *LOCATION] if column == "region" else [column])


def _words(schema: type[dy.Schema], rule: str) -> tuple[str, str, str]:
    """Return the column, the rule in words and the remedy for a rule's name."""
    name, _, kind = rule.partition("|")
    if not kind:
        words = RULE_WORDS.get(rule)
        if words is None:
            return "", rule.replace("_", " "), "mend the row"
        return words.column, words.rule, words.remedy
    column = schema.columns()[name]
    bounds = {
        "min": "must be at least {}",
        "max": "must be at most {}",
        "min_exclusive": "must be above {}",
        "max_exclusive": "must be below {}",
    }
    if kind in bounds:
        return name, bounds[kind].format(f"{getattr(column, kind):g}"), "mend the value or its unit"
    if kind in ("inf", "nan"):
        return name, "must be a finite number", "leave it empty if it is not known"
    if kind in ("nullability", "min_length"):
        return name, "is required", "fill it in"
    allowed = admitted_words(column)
    return (
        name,
        f"must be one of {', '.join(allowed)}",
        "use one of these words, or map yours under values",
    )


def _apply_calendar(table: TableRead, as_of: date) -> None:
    """Refuse vehicles that are younger than the day on which they were looked at."""
    if table.name not in ("vehicles", "sales"):
        return
    seen = pl.lit(as_of) if table.name == "vehicles" else pl.col("offered_on")
    later = table.frame.filter(pl.col("first_registered") > seen)[ROW]
    when = "as_of" if table.name == "vehicles" else "offered_on"
    table.reject(later, "first_registered", f"must not be after {when}", "mend the date")
    early = pl.col("model_year") > seen.dt.year() + 1
    table.reject(
        table.frame.filter(early)[ROW],
        "model_year",
        f"must not be more than one year ahead of {when}",
        "mend the year",
    )


def _apply_coordinates(table: TableRead) -> None:
    if table.name == "vehicles":
        half = table.frame.filter(pl.col("lat").is_null() != pl.col("lon").is_null())[ROW]
        words = RULE_WORDS["lat_with_lon"]
        mistyped = table.rejected.filter(pl.col("column").is_in(["lat", "lon"]))["row"]
        half = half.filter(~half.is_in(mistyped.implode()))
        table.reject(half, words.column, words.rule, words.remedy)


def _warn_of_sentinels(table: TableRead) -> None:
    """Remark on odometers that stand for 'not known'; the value model takes them so."""
    if table.name in ("vehicles", "sales"):
        reading = pl.col("odometer")
        filler = reading.is_finite() & ((reading >= SENTINEL) | reading.is_between(0.0, FILLER))
        rows = table.frame.filter(filler)[ROW]
        rule = "is read as not known: no odometer of a car shows it"
        table.warn(rows, "odometer", rule, "leave it empty, or mend the value or its unit")


def stop_duplicates(table: TableRead) -> None:
    """Note each row whose key stands in an earlier row: no run can tell which is meant."""
    key = KEYS.get(table.name)
    if key is None:
        return
    known = table.frame.filter(pl.col(key[0]).is_not_null()).select(ROW, *key)
    if not known.select(pl.struct(key).is_duplicated().any()).item():
        return
    again = known.with_columns(pl.col(ROW).min().over(key).alias("first")).filter(
        pl.col(ROW) != pl.col("first")
    )
    told = again.select(
        ROW,
        pl.format("stands already in row {}", "first").alias("rule"),
        pl.concat_str([pl.col(part).cast(pl.String).fill_null("") for part in key], separator=", ")
        .alias("value"),
    )  # fmt: skip
    table.stop(told[ROW], ", ".join(key), told["rule"], "keep one of the two rows", told["value"])
