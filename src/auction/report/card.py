"""The card of the value model: how value falls, what moves it, and whether the model drifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import polars as pl

from auction.report.forecast import GROUPS, dimension_name, group_name
from auction.report.grid import Column, Grid, grid
from auction.report.language import _, mark, ngettext
from auction.report.source import Card, Source
from auction.report.wording import listed, percent, signed_percent

#: Effects as they are read; a further column of the sales is called by its name.
EFFECTS: Final = {
    "make": mark("Make"),
    "model": mark("Model"),
    "variant": mark("Variant"),
    "model_year": mark("Model year"),
    "body": mark("Body"),
    "powertrain": mark("Powertrain"),
    "segment": mark("Segment"),
    "region": mark("Region"),
    "venue_id": mark("Venue"),
    "channel": mark("Channel of sale"),
    "seller_kind": mark("Kind of seller"),
    "age": mark("Age"),
    "odometer": mark("Odometer"),
    "grade": mark("Condition grade"),
    "damage": mark("Damage"),
    "wear together": mark("Age, odometer and grade together"),
    "missing": mark("What is not told"),
    "numbers": mark("Further figures"),
    "market": mark("Market of its kind"),
    "season": mark("Season"),
    "boosted remainder": mark("Boosted remainder"),
}
#: Effects that are told in full; weaker ones are counted.
_KINDS: Final = 16
#: Groups of sales that are named in a sentence.
_NAMED: Final = 8
_STATES: Final = {
    "steady": mark("steady"),
    "moved": mark("moved"),
    "drifted": mark("drifted"),
}
_SPREADS: Final = {
    "kept": mark("right"),
    "narrow": mark("too narrow"),
    "wide": mark("wider than need be"),
}
#: Years of age between which the fall of value is told.
_EARLY, _LATE = 3.0, 8.0


def card(source: Source) -> dict[str, Any]:
    """Return the tables and sentences of the model card.

    Returns
    -------
    dict
        known: whether the run kept its card; curves, kinds, weeks: whether there are any; fall,
        order, kinds_words, drift_words: sentences; wrong: sentences on segments that moved or
        drifted; effects, drift: tables.
    """
    kept = source.card
    if kept is None:
        return {"known": False}
    return {
        "known": True,
        "curves": not kept.curves.is_empty(),
        "kinds": not kept.kinds.is_empty(),
        "weeks": not kept.drift.is_empty(),
        "fall": _fall(kept.curves),
        "order": _order(kept.curves),
        "kinds_words": _most(kept.kinds),
        "effects": _effects(kept.effects),
        "drift_words": drift_words(kept),
        "wrong": _wrong(kept.drift),
        "drift": _drift(kept.drift),
    }


def effect_name(name: str) -> str:
    """Return an effect as it is read."""
    if name in EFFECTS:
        return _(EFFECTS[name])
    plain = name.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def latest(drift: pl.DataFrame) -> pl.DataFrame:
    """Return how each group of sales stands in its last week, in the order of the groups."""
    return drift.group_by("dimension", "group", maintain_order=True).agg(
        pl.col("sales").sum(), pl.exclude("sales").last()
    )


def drift_words(kept: Card | None) -> str:
    """Say whether prices have left the forecasts in the weeks after the sales learnt from."""
    if kept is None or kept.drift.is_empty():
        return ""
    row = latest(kept.drift).row(0, named=True)
    figures = {
        "off": signed_percent(row["smoothed_price_error"]),
        "luck": percent(row["price_limit"]),
        "fan": percent(row["price_fan_limit"]),
    }
    if row["state"] == "drifted":
        return _(
            "Prices have left the forecasts: of late they stood at %(off)s against them, more than "
            "the model held possible (± %(fan)s). It has drifted; take the risk to be larger than "
            "stated.",
            **figures,
        )
    if row["state"] == "moved":
        return _(
            "Prices have moved: of late they stood at %(off)s against the forecasts, more than "
            "luck leaves (± %(luck)s), yet within the error of the market level that the model "
            "states (± %(fan)s).",
            **figures,
        )
    return _(
        "Forecasts have held from week to week: of late prices stood at %(off)s against them, no "
        "more than luck leaves (± %(luck)s).",
        **figures,
    )


def _fall(curves: pl.DataFrame) -> str:
    """Say what age takes off, the odometer going with it and standing still."""
    every = curves.filter(pl.col("dimension") == "all")
    going, still = (
        dict(every.filter(pl.col("curve") == name).select("at", "relative").iter_rows())
        for name in ("age", "standing")
    )
    if _EARLY not in going or _LATE not in going:
        return ""
    lost = 1.0 - going[_LATE] / going[_EARLY]
    if still:
        return _(
            "From %(early)s to %(late)s years of age an ordinary vehicle loses %(going)s of its "
            "value with the usual distance driven, and %(still)s standing still.",
            early=f"{_EARLY:.0f}", late=f"{_LATE:.0f}", going=percent(lost, 0),
            still=percent(1.0 - still[_LATE] / still[_EARLY], 0),
        )  # fmt: skip
    return _(
        "From %(early)s to %(late)s years of age an ordinary vehicle loses %(going)s of its value.",
        early=f"{_EARLY:.0f}", late=f"{_LATE:.0f}", going=percent(lost, 0),
    )  # fmt: skip


def _order(curves: pl.DataFrame) -> str:
    """Say whether any curve rises with age or odometer, as none may."""
    falling = curves.filter(pl.col("curve") != "grade")
    step = pl.col("value").diff().over("curve", "dimension", "group")
    rising = falling.filter((step > 1e-9 * pl.col("value")).fill_null(value=False))
    if rising.is_empty():
        return _("No curve rises with age or odometer.")
    return _(
        "Some curves rise with age or odometer, which they must not: do not trust waiting to "
        "bring more."
    )


def shown_kinds(kinds: pl.DataFrame) -> pl.DataFrame:
    """Return the kinds of effects that are shown, the furthest moving first."""
    return kinds.head(_KINDS)


def _most(kinds: pl.DataFrame) -> str:
    if kinds.height < 2:
        return ""
    first = [effect_name(name) for name in kinds["effect"].head(3).to_list()]
    return _("What sets vehicles apart most: %(first)s.", first=listed(first))


def _effects(effects: pl.DataFrame) -> Grid:
    interval = _("90 %% interval")
    return grid(
        "largest-effects",
        _("What stands out: the greatest and the least effects of each kind"),
        [
            Column(_("Kind of effect"), "label"),
            Column(_("Which"), "label"),
            Column(_("Past sales"), "count"),
            Column(_("Effect on value"), "gain_percent", strong=True),
            Column(_("at least"), "gain_percent", group=interval),
            Column(_("at most"), "gain_percent", group=interval),
        ],
        [
            (
                effect_name(row["effect"]),
                row["level"],
                row["sales"],
                *(None if row[name] is None else row[name] - 1.0
                  for name in ("factor", "low", "high")),
            )
            for row in effects.iter_rows(named=True)
        ],
    )  # fmt: skip


def _wrong(drift: pl.DataFrame) -> list[str]:
    """Name the groups of sales that went another way than the whole, or have wrong intervals."""
    if drift.is_empty():
        return []
    standing = latest(drift)
    whole, table = standing["smoothed_price_error"][0], standing[1:]
    table = table.with_columns(
        apart=(pl.col("smoothed_price_error") - whole).abs() / pl.col("price_limit")
    )
    apart = table.filter(pl.col("apart") > 1.0).sort("apart", descending=True)
    narrow = table.filter(pl.col("spread") == "narrow").sort("inside_90")
    lines = []
    if apart.height:
        named = _named(apart, lambda row: signed_percent(row["smoothed_price_error"]))
        lines.append(_("Apart from the whole by more than luck leaves: %(groups)s.", groups=named))
    if narrow.height:
        named = _named(narrow, lambda row: percent(row["inside_90"], 0))
        lines.append(_("Intervals too narrow, by the share inside: %(groups)s.", groups=named))
    if table.height and not lines:
        lines.append(
            ngettext(
                "The %(num)s group of sales that is large enough to judge went with the whole.",
                "All %(num)s groups of sales that are large enough to judge went with the whole.",
                table.height,
            )
        )
    return lines


def _named(table: pl.DataFrame, figure: Callable[[dict[str, Any]], str]) -> str:
    """List the first groups with a figure each, and count the rest."""
    names = [
        f"{group_name(row['dimension'], row['group'])} ({figure(row)})"
        for row in table.head(_NAMED).iter_rows(named=True)
    ]
    rest = table.height - len(names)
    if rest:
        names.append(ngettext("%(num)s more", "%(num)s more", rest))
    return listed(names)


def _drift(drift: pl.DataFrame) -> Grid:
    inside = _("Share of prices inside, ± standard error")
    return grid(
        "drift",
        _("How each group of sales stands in its last week"),
        [
            Column(_("Grouped by"), "label"),
            Column(_("Sales of"), "label"),
            Column(_("Sales"), "count"),
            Column(_("Prices against forecasts"), "gain_percent", strong=True),
            Column(_("Left by luck, ±"), "percent"),
            Column(_("Level"), "label"),
            Column(_("%(level)s interval", level=percent(0.9, 0)), "percent", group=inside),
            Column("±", "percent", group=inside),
            Column(_("Spread"), "label"),
        ],
        [_standing(row) for row in _largest(drift).iter_rows(named=True)],
    )


def _largest(drift: pl.DataFrame) -> pl.DataFrame:
    """Return how the groups stand, the largest of each dimension alone."""
    standing = latest(drift)
    place = pl.col("sales").rank("ordinal", descending=True).over("dimension")
    return standing.filter(place <= GROUPS)


def _standing(row: dict[str, Any]) -> tuple[Any, ...]:
    state, spread = _STATES[row["state"]], _SPREADS[row["spread"]]
    return (
        dimension_name(row["dimension"]),
        group_name(row["dimension"], row["group"]),
        row["sales"],
        row["smoothed_price_error"],
        row["price_limit"],
        _(state),
        row["inside_90"],
        row["inside_90_error"],
        _(spread),
    )
