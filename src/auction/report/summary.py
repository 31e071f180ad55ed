"""The top of the report: the fleet, the key figures and the proof."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.habits import Gain, gains, ratio
from auction.report.language import _, mark, ngettext
from auction.report.retold import ended_because
from auction.report.source import Source
from auction.report.wording import (
    STATUSES,
    day,
    habit_name,
    listed,
    money,
    percent,
    signed,
    signed_percent,
    small_share,
)

_ENDS: Final = {
    "optimal": mark("Proven best"),
    "gap": mark("Proven within the gap"),
    "work_limit": mark("Stopped by the work limit"),
    "time_limit": mark("Stopped by the time limit"),
    "interrupted": mark("Stopped by hand"),
}
_WAYS: Final = {
    "auction": mark("%(count)s to auction"),
    "dealer": mark("%(count)s to dealers"),
    "dismantling": mark("%(count)s to dismantlers"),
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
        "fleet": money(fleet),
        "by_status": [
            {"status": status, "words": _(STATUSES[status]), "count": money(counts[status])}
            for status in known
        ],
    }


def key_figures(source: Source) -> list[dict[str, str]]:
    """Return the figures that stand at the top, each with its name and an explanation."""
    risk, fresh = source.risk, source.risk["plan"]["fresh"]
    worst = percent(1.0 - risk["alpha"], 0)
    figures = [
        {
            "name": _("Expected proceeds"),
            "value": money(fresh["expected"]),
            "note": ngettext(
                "± %(error)s standard error, %(num)s fresh scenario",
                "± %(error)s standard error, %(num)s fresh scenarios",
                source.outcomes.height,
                error=money(fresh["expected_standard_error"]),
            ),
        },
        {
            "name": _("In the worst %(share)s of cases (CVaR)", share=worst),
            "value": money(fresh["cvar"]),
            "note": _(
                "± %(error)s standard error; %(distance)s against the expectation",
                error=money(fresh["cvar_standard_error"]),
                distance=percent(ratio(fresh["cvar"] - fresh["expected"], fresh["expected"])),
            ),
        },
    ]
    for name, gain in gains(source).items():
        habit = habit_name(name).lower()
        figures.append(
            {
                "name": _("Gain against %(habit)s", habit=habit)
                if gain["expected"] >= 0
                else _("Loss against %(habit)s", habit=habit),
                "value": signed(gain["expected"]),
                "note": _note(gain, source.outcomes.height),
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
        verdict = _(
            "No plan that keeps the rules is worth more, on the options and scenarios used."
        )
    elif status == "gap":
        verdict = _(
            "No plan that keeps the rules can be worth more than %(gap)s above this one "
            "(%(currency)s %(amount)s), and the search ended by itself.",
            gap=gap,
            currency=currency,
            amount=money(missing),
        )
    else:
        verdict = _(
            "The plan keeps every rule and can be carried out, but it is not proven best: a "
            "better one may exist, worth at most %(currency)s %(amount)s (%(gap)s) more. "
            "A longer run may close that gap, and may then give other assignments.",
            gap=gap,
            currency=currency,
            amount=money(missing),
        )
    return {
        "status": status,
        "headline": _(_ENDS[status]) if status in _ENDS else status,
        "verdict": verdict,
        "search": ngettext(
            "Worth is %(measure)s. The search weighed %(options)s options of %(num)s vehicle. "
            "How it ended: %(reason)s.",
            "Worth is %(measure)s. The search weighed %(options)s options of %(num)s vehicles. "
            "How it ended: %(reason)s.",
            solver["vehicles"],
            measure=measure(source),
            options=money(solver["options"]),
            reason=ended_because(solver["reason"]),
        ),
        "worth": money(solver["objective"]),
        "bound": money(solver["bound"]),
        "gap": gap,
        "measure": measure(source),
    }


def fleet_sentence(source: Source) -> str:
    """Return where the fleet goes, in one sentence."""
    sold = source.assignments.filter(pl.col("status") == "planned")
    ways = dict(sold["channel"].value_counts().iter_rows())
    parts = [_(words, count=money(ways[way])) for way, words in _WAYS.items() if ways.get(way)]
    if not parts:
        return _("No vehicle is sold by this plan.")
    return ngettext(
        "%(num)s vehicle is sold: %(ways)s.",
        "%(num)s vehicles are sold: %(ways)s.",
        sold.height,
        ways=listed(parts),
    )


def _note(gain: Gain, scenarios: int) -> str:
    figures = {
        "relative": signed_percent(gain["relative"]),
        "cvar": signed(gain["cvar"]),
        "scenarios": money(scenarios),
    }
    if gain["ahead"] == 1.0:
        return _("%(relative)s; CVaR %(cvar)s; ahead in all %(scenarios)s scenarios", **figures)
    return _(
        "%(relative)s; CVaR %(cvar)s; ahead in %(ahead)s of %(scenarios)s scenarios",
        **figures,
        ahead=money(round(gain["ahead"] * scenarios)),
    )


def measure(source: Source) -> str:
    """Return what the plan maximises, in words."""
    weight, worst = source.risk["weight"], percent(1.0 - source.risk["alpha"], 0)
    if weight == 0.0:
        return _("expected proceeds")
    return _(
        "%(mean)s expected proceeds plus %(tail)s CVaR (the mean of the worst %(worst)s)",
        mean=percent(1.0 - weight, 0),
        tail=percent(weight, 0),
        worst=worst,
    )
