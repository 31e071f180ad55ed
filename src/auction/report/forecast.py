"""The forecast: where the market is taken to go, and how well later sales were foretold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.language import _, ngettext
from auction.report.source import Source
from auction.report.wording import day, percent, signed_percent

#: Intervals that are judged, per cent.
LEVELS: Final = (50, 80, 90)
#: Months ahead that the table of the market tells.
AHEAD: Final = (0, 1, 3, 6, 9, 12)
#: What sales are grouped by, in the order in which it is told.
DIMENSIONS: Final = (
    "all", "group", "grade", "age", "make", "seller_kind", "price", "guide", "ahead",
)  # fmt: skip
#: Groups of one dimension shown, those with most sales first.
GROUPS: Final = 12
_MONTH: Final = 30.44
#: Standard errors within which a coverage counts as kept.
_WITHIN: Final = 2.0


def forecast(source: Source) -> dict[str, Any]:
    """Return the tables and sentences of the forecast.

    Returns
    -------
    dict
        known: whether the run kept its forecast; market: table; calibration: table;
        market_words, verdict, errors, window, spread: sentences.
    """
    table = source.calibration
    if table is None or source.market is None or table.is_empty():
        return {"known": False}
    every = table.row(0, named=True)
    return {
        "known": True,
        "market": _market(source.market),
        "market_words": _direction(source.market),
        "calibration": _calibration(table),
        "verdict": verdict(every),
        "errors": errors(every),
        "window": _window(every),
        "spread": _spread(every),
    }


def verdict(row: dict[str, Any]) -> str:
    """Say whether the 90 % interval kept what it promises."""
    share, error = row["inside_90"], row["inside_90_error"]
    figures = {"share": percent(share), "error": percent(error)}
    if share < 0.9 - _WITHIN * error:
        return _(
            "The forecasts were too sure of themselves: %(share)s of the prices (± %(error)s) "
            "fell into the 90 %% interval. Take the risk to be larger than stated.",
            **figures,
        )
    if share > 0.9 + _WITHIN * error:
        return _(
            "The forecasts were more careful than need be: %(share)s of the prices (± %(error)s) "
            "fell into the 90 %% interval.",
            **figures,
        )
    return _(
        "The forecasts kept what they promised: %(share)s of the prices (± %(error)s) fell "
        "into the 90 %% interval.",
        **figures,
    )


def errors(row: dict[str, Any]) -> str:
    """Say how far forecasts were off."""
    return _(
        "Half of the forecasts lay within %(size)s of the price; the middle forecast was off by "
        "%(bias)s.",
        size=percent(row["median_absolute_error"]),
        bias=signed_percent(row["median_error"]),
    )


def _window(row: dict[str, Any]) -> str:
    dates = {"first": day(row["first"]), "last": day(row["last"])}
    if not row["later"]:
        return ngettext(
            "Too few sales to hold later ones against earlier ones: %(num)s sale was foretold "
            "by a model that had seen it.",
            "Too few sales to hold later ones against earlier ones: each of %(num)s sales was "
            "foretold from others, those of its own time among them. How the market moves is not "
            "put to the test.",
            row["sales"],
        )
    return ngettext(
        "%(num)s sale from %(first)s to %(last)s was foretold from sales before %(first)s, the "
        "market taken to move as it was then expected to.",
        "%(num)s sales from %(first)s to %(last)s were foretold from sales before %(first)s, the "
        "market taken to move as it was then expected to.",
        row["sales"],
        **dates,
    )


def _spread(row: dict[str, Any]) -> str:
    if row["apart"]:
        return _(
            "How wide the intervals are, and how much a guide value counts, was told from every "
            "other week of that time and judged on the weeks between, both ways round. The model "
            "behind the plan was then fitted anew on all sales."
        )
    return _(
        "How wide the intervals are, and how much a guide value counts, was told from the same "
        "sales that they are judged on, as there are too few to halve them: the shares inside "
        "the intervals flatter."
    )


def group_name(dimension: str, name: str, *, joined: bool = False) -> str:
    """Return the name of a group of sales as it is read; what is left of others is joined."""
    if joined:
        return _("other, too few to tell apart")
    if dimension == "all":
        return _("All sales")
    if dimension == "grade":
        return _("Grade %(grade)s", grade=name)
    if dimension == "guide":
        return _("With a guide value") if name == "with" else _("Without a guide value")
    if dimension == "price":
        quarters = (
            _("Cheapest quarter"), _("Second quarter"), _("Third quarter"), _("Dearest quarter"),
        )  # fmt: skip
        return quarters[int(name[0]) - 1]
    if dimension == "age":
        if name.endswith("+"):
            return _("%(years)s years and older", years=name.removesuffix("+"))
        return _("%(years)s years old", years=name.replace("-", "–"))
    if name.isdecimal():
        return f"{dimension_name(dimension)} {name}"
    if dimension == "ahead":
        return _("%(weeks)s weeks ahead", weeks=name.replace("-", "–").replace("+", " +"))
    return name[:1].upper() + name[1:]


def dimension_name(dimension: str) -> str:
    """Return what sales are grouped by, as it is read."""
    return {
        "all": _("All"), "group": _("Kind of vehicle"), "grade": _("Condition"),
        "age": _("Age"), "make": _("Make"), "seller_kind": _("Kind of seller"),
        "guide": _("Guide value"), "price": _("Price foretold"), "ahead": _("Time ahead"),
    }.get(dimension, dimension)  # fmt: skip


def shown(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of the calibration that are shown, the largest groups of each dimension."""
    order = list(dict.fromkeys(table["dimension"].to_list()))
    rows: list[dict[str, Any]] = []
    for dimension in DIMENSIONS:
        if dimension not in order:
            continue
        part = table.filter(pl.col("dimension") == dimension)
        place = pl.struct(-pl.col("sales"), "joined", "group").rank("ordinal")
        named = part.filter(place <= GROUPS)
        if dimension == "all" or named.height > 1:
            rows += named.iter_rows(named=True)
    return rows


def _calibration(table: pl.DataFrame) -> Grid:
    inside = _("Share of prices inside, ± standard error")
    return grid(
        "calibration",
        _("How later sales were foretold by earlier ones"),
        [
            Column(_("Grouped by"), "label"),
            Column(_("Sales of"), "label"),
            Column(_("Sales"), "count"),
            Column(_("Median error, size"), "percent", group=_("Forecast against price")),
            Column(_("Median error, signed"), "gain_percent", group=_("Forecast against price")),
            *(
                column
                for level in LEVELS
                for column in (
                    Column(
                        _("%(level)s interval", level=percent(level / 100, 0)), "percent",
                        strong=level == 90, group=inside,
                    ),
                    Column("±", "percent", group=inside),
                )
            ),
        ],
        [
            (
                dimension_name(row["dimension"]),
                group_name(row["dimension"], row["group"], joined=row["joined"]),
                row["sales"],
                row["median_absolute_error"],
                row["median_error"],
                *(
                    row[name]
                    for level in LEVELS
                    for name in (f"inside_{level}", f"inside_{level}_error")
                ),
            )
            for row in shown(table)
        ],
    )  # fmt: skip


def _market(path: pl.DataFrame) -> Grid:
    fan = path.filter(pl.col("kind") == "forecast").sort("date")
    start = fan["date"][0]
    rows = []
    for month in AHEAD:
        target = start + timedelta(round(month * _MONTH))
        near = fan.filter(pl.col("date") <= target + timedelta(3)).tail(1)
        if abs((near["date"][0] - target).days) > 4:
            continue
        rows.append(
            (day(near["date"][0]), *(near[name][0] for name in ("level", "q05", "q25", "q75",
             "q95")))
        )  # fmt: skip
    return grid(
        "market",
        _("Level of the market, 100 being its expected level on the day of the plan"),
        [
            Column(_("Day"), "label"),
            Column(_("Middle forecast"), "tenths", strong=True),
            Column(_("5 %% case"), "tenths"),
            Column(_("25 %% case"), "tenths"),
            Column(_("75 %% case"), "tenths"),
            Column(_("95 %% case"), "tenths"),
        ],
        rows,
    )


def _direction(path: pl.DataFrame) -> str:
    fan = path.filter(pl.col("kind") == "forecast").sort("date")
    last = fan.row(-1, named=True)
    return _(
        "By %(day)s the market is expected to move by %(change)s against the day of the plan; "
        "nine cases in ten lie between %(low)s and %(high)s. Ageing of the vehicles comes on "
        "top of that.",
        day=day(last["date"]),
        change=signed_percent(last["level"] / 100 - 1.0),
        low=signed_percent(last["q05"] / 100 - 1.0),
        high=signed_percent(last["q95"] / 100 - 1.0),
    )
