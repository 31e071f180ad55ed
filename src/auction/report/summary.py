"""The top of the report: the fleet, the key figures and the proof."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.habits import gains, habit_name, ratio
from auction.report.source import Source
from auction.report.wording import (
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
    "work_limit": "Stopped by the work limit",
    "time_limit": "Stopped by the time limit",
    "interrupted": "Stopped by hand",
}


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
            f"{percent(ratio(fresh['cvar'] - fresh['expected'], fresh['expected']))} "
            "against the expectation",
        },
    ]
    for name, gain in gains(source).items():
        figures.append(
            {
                "name": f"{'Gain' if gain['expected'] >= 0 else 'Loss'} against "
                f"{habit_name(name).lower()}",
                "value": signed(gain["expected"]),
                "note": f"{signed_percent(gain['relative'])}; CVaR {signed(gain['cvar'])}; "
                f"{_ahead(gain['ahead'], source.outcomes.height)}",
            }
        )
    return figures


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
    return f"ahead in {round(share * scenarios):,} of {scenarios:,} scenarios"


def measure(source: Source) -> str:
    """Return what the plan maximises, in words."""
    weight, worst = source.risk["weight"], percent(1.0 - source.risk["alpha"], 0)
    if weight == 0.0:
        return "expected proceeds"
    return (
        f"{percent(1.0 - weight, 0)} expected proceeds plus {percent(weight, 0)} CVaR "
        f"(the mean of the worst {worst})"
    )
