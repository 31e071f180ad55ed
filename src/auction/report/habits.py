"""The plan against the habits of the trade, and what each channel brings."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np

from auction.evaluate import standard_error
from auction.report.grid import Column, Grid, grid
from auction.report.language import _, pgettext
from auction.report.retold import broken_words
from auction.report.source import Source
from auction.report.wording import channel_name, habit_name, percent


class Gain(TypedDict):
    """What the plan earns more than a habit; see :func:`gains`."""

    expected: float
    error: float
    relative: float | None
    cvar: float
    ahead: float


def gains(source: Source) -> dict[str, Gain]:
    """Return what the plan earns more than each habit on the fresh scenarios.

    Returns
    -------
    dict of str to dict
        By habit: expected (mean difference, money), error (its standard error, scenario by
        scenario), relative (to the habit's expectation, None where that is zero), cvar, and
        ahead (share of the scenarios in which the plan brings more).
    """
    plan = source.outcomes["plan"].to_numpy()
    found: dict[str, Gain] = {}
    for name, habit in source.risk["baselines"].items():
        difference = plan - source.outcomes[name].to_numpy()
        gain = float(difference.mean())
        found[name] = {
            "expected": gain,
            "error": standard_error(difference),
            "relative": ratio(gain, habit["fresh"]["expected"]),
            "cvar": source.risk["plan"]["fresh"]["cvar"] - habit["fresh"]["cvar"],
            "ahead": float(np.mean(difference > 0.0)),
        }
    return found


def comparison(source: Source) -> dict[str, Any]:
    """Return the table of plan and habits, and what the habits could not keep."""
    risk = source.risk
    rows = [(_("This plan"), risk["plan"])] + [
        (habit_name(name), habit) for name, habit in risk["baselines"].items()
    ]
    return {
        "figures": _figures(rows, risk["alpha"]),
        "gains": _gain_table(source),
        "unmet": [
            _(
                "%(habit)s breaks a rule that the plan keeps: %(rule)s.",
                habit=habit_name(name),
                rule=broken_words(rule),
            )
            for name, habit in risk["baselines"].items()
            for rule in habit["unmet"]
        ],
        "contributions": _contributions(source),
    }


def _figures(rows: list[tuple[str, dict[str, Any]]], alpha: float) -> Grid:
    tail = f"CVaR {percent(alpha, 0)}"
    fresh, seen = _("On fresh scenarios"), _("As the optimiser saw it")
    return grid(
        "comparison",
        _("Plan and habits, as the optimiser saw them and on fresh scenarios"),
        [
            Column(_("Way of selling")),
            Column(_("Expected"), "money", strong=True, group=fresh),
            Column(tail, "money", strong=True, group=fresh),
            Column(_("± (standard error)"), "money", group=fresh),
            Column(_("Standard deviation"), "money", group=fresh),
            Column(_("Expected"), "money", group=seen),
            Column(tail, "money", group=seen),
            Column(_("Measure"), "money", group=seen),
        ],
        [
            (
                name,
                figures["fresh"]["expected"],
                figures["fresh"]["cvar"],
                figures["fresh"]["cvar_standard_error"],
                figures["fresh"]["standard_deviation"],
                figures["expected"],
                figures["cvar"],
                figures["objective"],
            )
            for name, figures in rows
        ],
    )


def _gain_table(source: Source) -> Grid:
    return grid(
        "gains",
        _("What the plan gains over each habit, on fresh scenarios"),
        [
            Column(_("Against")),
            Column(_("Expected"), "gain", strong=True),
            Column(_("Relative"), "gain_percent"),
            Column(_("± (standard error)"), "money"),
            Column("CVaR", "gain", strong=True),
            Column(_("Scenarios with a gain"), "percent"),
        ],
        [
            (habit_name(name), gain["expected"], gain["relative"], gain["error"], gain["cvar"],
             gain["ahead"])
            for name, gain in gains(source).items()
        ],
    )  # fmt: skip


def _contributions(source: Source) -> Grid:
    rows = [
        (channel_name(part["channel"]), part["units"] or None, part["expected"],
         part["cvar"], part["cvar"] - part["expected"])
        for part in source.risk["contributions"]
        if part["units"] or part["expected"] or part["cvar"]
    ]  # fmt: skip
    worst = percent(1.0 - source.risk["alpha"], 0)
    return grid(
        "contributions",
        _("What each channel brings on average and in the tail"),
        [
            Column(_("Channel")),
            Column(_("Vehicles"), "count"),
            Column(_("On average"), "money"),
            Column(_("In the worst %(share)s", share=worst), "money"),
            Column(_("Difference"), "gain"),
        ],
        rows,
        total=(
            pgettext("total", "All"),
            source.planned.height,
            sum(row[2] for row in rows),
            sum(row[3] for row in rows),
            sum(row[4] for row in rows),
        ),
    )


def ratio(part: float, whole: float) -> float | None:
    """Return a part relative to the size of the whole; None where that is zero."""
    return None if whole == 0.0 else part / abs(whole)
