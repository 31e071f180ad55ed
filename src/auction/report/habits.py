"""The plan against the habits of the trade, and what each channel brings."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np

from auction.evaluate import standard_error
from auction.report.grid import Column, Grid, grid
from auction.report.source import Source
from auction.report.wording import CHANNELS, HABITS, percent


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
    rows = [("This plan", risk["plan"])] + [
        (habit_name(name), habit) for name, habit in risk["baselines"].items()
    ]
    return {
        "figures": _figures(rows, risk["alpha"]),
        "gains": _gain_table(source),
        "unmet": [
            f"{habit_name(name)} breaks a rule that the plan keeps: {rule}."
            for name, habit in risk["baselines"].items()
            for rule in habit["unmet"]
        ],
        "contributions": _contributions(source),
    }


def _figures(rows: list[tuple[str, dict[str, Any]]], alpha: float) -> Grid:
    tail = f"CVaR {percent(alpha, 0)}"
    return grid(
        "comparison",
        "Plan and habits, as the optimiser saw them and on fresh scenarios",
        [
            Column("Way of selling"),
            Column("Expected", "money", strong=True, group="On fresh scenarios"),
            Column(tail, "money", strong=True, group="On fresh scenarios"),
            Column("± (standard error)", "money", group="On fresh scenarios"),
            Column("Standard deviation", "money", group="On fresh scenarios"),
            Column("Expected", "money", group="As the optimiser saw it"),
            Column(tail, "money", group="As the optimiser saw it"),
            Column("Measure", "money", group="As the optimiser saw it"),
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
        "What the plan gains over each habit, on fresh scenarios",
        [
            Column("Against"),
            Column("Expected", "gain", strong=True),
            Column("Relative", "gain_percent"),
            Column("± (standard error)", "money"),
            Column("CVaR", "gain", strong=True),
            Column("Scenarios with a gain", "percent"),
        ],
        [
            (habit_name(name), gain["expected"], gain["relative"], gain["error"], gain["cvar"],
             gain["ahead"])
            for name, gain in gains(source).items()
        ],
    )  # fmt: skip


def _contributions(source: Source) -> Grid:
    rows = [
        (CHANNELS.get(part["channel"], part["channel"]), part["units"] or None, part["expected"],
         part["cvar"], part["cvar"] - part["expected"])
        for part in source.risk["contributions"]
        if part["units"] or part["expected"] or part["cvar"]
    ]  # fmt: skip
    worst = percent(1.0 - source.risk["alpha"], 0)
    return grid(
        "contributions",
        "What each channel brings on average and in the tail",
        [
            Column("Channel"),
            Column("Vehicles", "count"),
            Column("On average", "money"),
            Column(f"In the worst {worst}", "money"),
            Column("Difference", "gain"),
        ],
        rows,
        total=(
            "All",
            source.planned.height,
            sum(row[2] for row in rows),
            sum(row[3] for row in rows),
            sum(row[4] for row in rows),
        ),
    )


def habit_name(name: str) -> str:
    """Return a habit as it is called on the desk."""
    return HABITS.get(name, name.replace("_", " ").capitalize())


def ratio(part: float, whole: float) -> float | None:
    """Return a part relative to the size of the whole; None where that is zero."""
    return None if whole == 0.0 else part / abs(whole)
