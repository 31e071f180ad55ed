"""The top of the report: the fleet, the key figures, the proof, the plan against the habits."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import numpy as np
import polars as pl

from auction.evaluate import standard_error
from auction.report.grid import Column, Grid, grid
from auction.report.source import Source
from auction.report.wording import (
    CHANNELS,
    HABITS,
    STATUSES,
    day,
    listed,
    money,
    percent,
    signed,
    signed_percent,
    small_share,
    units,
)

_ENDS: Final = {
    "optimal": "Proven best",
    "gap": "Proven within the gap",
    "time_limit": "Stopped by the time limit",
    "interrupted": "Stopped by hand",
}


class Gain(TypedDict):
    """What the plan earns more than a habit; see :func:`gains`."""

    expected: float
    error: float
    relative: float | None
    cvar: float
    ahead: float


def header(source: Source) -> dict[str, Any]:
    """Return title, date, currency, seed and the fleet by status."""
    counts = dict(source.assignments["status"].value_counts().iter_rows())
    fleet = source.assignments.height
    known = [status for status in STATUSES if counts.get(status)]
    return {
        "title": source.manifest["title"],
        "as_of": day(source.as_of),
        "currency": source.manifest["currency"],
        "seed": source.manifest["seed"],
        "fleet": f"{fleet:,}",
        "by_status": [
            {"status": status, "words": STATUSES[status], "count": f"{counts[status]:,}"}
            for status in known
        ],
    }


def key_figures(source: Source) -> list[dict[str, str]]:
    """Return the figures that stand at the top, each with its name and an explanation."""
    risk, fresh = source.risk, source.risk["plan"]["fresh"]
    worst = percent(1.0 - risk["alpha"], 0)
    figures = [
        {
            "name": "Expected proceeds",
            "value": money(fresh["expected"]),
            "note": f"± {money(fresh['expected_standard_error'])} standard error, "
            f"{units(source.outcomes.height, 'fresh scenario')}",
        },
        {
            "name": f"In the worst {worst} of cases (CVaR)",
            "value": money(fresh["cvar"]),
            "note": f"± {money(fresh['cvar_standard_error'])} standard error; "
            f"{percent(_ratio(fresh['cvar'] - fresh['expected'], fresh['expected']))} "
            "against the expectation",
        },
    ]
    for name, gain in gains(source).items():
        figures.append(
            {
                "name": f"{'Gain' if gain['expected'] >= 0 else 'Loss'} against "
                f"{_habit(name).lower()}",
                "value": signed(gain["expected"]),
                "note": f"{signed_percent(gain['relative'])}; CVaR {signed(gain['cvar'])}; "
                f"{_ahead(gain['ahead'], source.outcomes.height)}",
            }
        )
    return figures


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
            "relative": _ratio(gain, habit["fresh"]["expected"]),
            "cvar": source.risk["plan"]["fresh"]["cvar"] - habit["fresh"]["cvar"],
            "ahead": float(np.mean(difference > 0.0)),
        }
    return found


def proof(source: Source) -> dict[str, str]:
    """Return how good the plan is proven to be, in plain words."""
    solver, currency = source.manifest["solver"], source.manifest["currency"]
    missing = max(solver["bound"] - solver["objective"], 0.0)
    gap = small_share(solver["gap"])
    status = solver["status"]
    if status == "optimal":
        verdict = "No plan that keeps the rules is worth more, on the options and scenarios used."
    elif status == "gap":
        verdict = (
            f"No plan that keeps the rules can be worth more than {gap} above this one "
            f"({currency} {money(missing)}), and the search ended by itself."
        )
    else:
        verdict = (
            "The plan keeps every rule and can be carried out, but it is not proven best: a "
            f"better one may exist, worth at most {currency} {money(missing)} ({gap}) more. "
            "A longer run may close that gap, and may then give other assignments."
        )
    return {
        "status": status,
        "headline": _ENDS.get(status, status),
        "verdict": verdict,
        "reason": solver["reason"],
        "worth": money(solver["objective"]),
        "bound": money(solver["bound"]),
        "gap": gap,
        "options": f"{solver['options']:,}",
        "vehicles": units(solver["vehicles"], "vehicle"),
        "measure": measure(source),
    }


def measure(source: Source) -> str:
    """Return what the plan maximises, in words."""
    weight, worst = source.risk["weight"], percent(1.0 - source.risk["alpha"], 0)
    if weight == 0.0:
        return "expected proceeds"
    return (
        f"{percent(1.0 - weight, 0)} expected proceeds plus {percent(weight, 0)} CVaR "
        f"(the mean of the worst {worst})"
    )


def comparison(source: Source) -> dict[str, Any]:
    """Return the table of plan and habits, and what the habits could not keep."""
    risk = source.risk
    rows = [("This plan", risk["plan"])] + [
        (_habit(name), habit) for name, habit in risk["baselines"].items()
    ]
    return {
        "figures": _figures(rows, risk["alpha"]),
        "gains": _gain_table(source),
        "unmet": [
            f"{_habit(name)} breaks a rule that the plan keeps: {rule}."
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
            (_habit(name), gain["expected"], gain["relative"], gain["error"], gain["cvar"],
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


def fleet_sentence(source: Source) -> str:
    """Return where the fleet goes, in one sentence."""
    sold = source.assignments.filter(pl.col("status") == "planned")
    ways = dict(sold["channel"].value_counts().iter_rows())
    words = {
        "auction": "to auction", "dealer": "to dealers", "dismantling": "to dismantlers",
    }  # fmt: skip
    parts = [f"{ways[way]:,} {name}" for way, name in words.items() if ways.get(way)]
    if not parts:
        return "No vehicle is sold by this plan."
    return f"{units(sold.height, 'vehicle is', 'vehicles are')} sold: {listed(parts)}."


def _ahead(share: float, scenarios: int) -> str:
    if share == 1.0:
        return f"ahead in all {scenarios:,} scenarios"
    return f"ahead in {percent(share, 0)} of scenarios"


def _habit(name: str) -> str:
    return HABITS.get(name, name.replace("_", " ").capitalize())


def _ratio(part: float, whole: float) -> float | None:
    return None if whole == 0.0 else part / abs(whole)
