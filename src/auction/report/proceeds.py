"""The money: by channel and week, over scenarios, and from gross to net."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from auction.channels.quotes import BRIDGE
from auction.hedges import UNIT_KINDS
from auction.report.grid import Column, Grid, grid
from auction.report.language import _, mark, ngettext, pgettext
from auction.report.source import Source
from auction.report.wording import CHANNELS, channel_name, habit_name, money, percent, short_day

#: Bars of the histogram.
BINS: Final = 36

_STEPS: Final = {
    "gross": mark("Gross prices expected"),
    "fees": mark("Fees of venues"),
    "tax": mark("Tax"),
    "reconditioning": mark("Reconditioning"),
    "transport": mark("Transport"),
    "holding": mark("Holding until the first sale date"),
    "finance": mark("Waiting for the money (discount)"),
    "rerun": mark("Holding between runs"),
    "returns": mark("Returns after arbitration"),
    "own_volume": mark("Lower prices as the plan sells many alike"),
    "hedge_premium": mark("Premiums of unit floors"),
    "hedge_payoff": mark("Pay-offs of floors"),
    "redemption": mark("Chance of redemptions before the sale"),
}


def week_label(week: int, as_of: date) -> str:
    """Return the first day of a week of the plan, as 2 Jun; week 1 begins the day after as_of."""
    return short_day(as_of + timedelta(days=7 * (week - 1) + 1))


def by_week(source: Source) -> pl.DataFrame:
    """Return expected net and units by week and channel.

    Returns
    -------
    polars.DataFrame
        week (null for vehicles held back, last), channel, units, expected_net; sorted.
    """
    order = {name: place for place, name in enumerate(CHANNELS)}
    return (
        source.planned.group_by("week", "channel")
        .agg(
            pl.len().cast(pl.Int64).alias("units"),
            pl.col("expected_net").sum(),
        )
        .sort(
            "week",
            pl.col("channel").replace_strict(order, default=len(order), return_dtype=pl.Int64),
            "channel",
            nulls_last=True,
        )
    )


def money_bars(source: Source) -> tuple[list[str], list[dict[str, Any]]]:
    """Return what the stacked bars of the money show.

    Returns
    -------
    weeks : list of str
        Labels in order; weeks of the plan without a sale keep their place, so that the axis
        runs on.
    parts : list of dict
        week (label), code and channel (as it is read), units, net, and rank (place of the
        channel in a bar).
    """
    table = by_week(source)
    last = table["week"].max()
    weeks = [
        week_label(week, source.as_of)
        for week in range(1, (last if isinstance(last, int) else 0) + 1)
    ]
    rank = {name: place for place, name in enumerate(CHANNELS)}
    parts = [
        {
            "week": _("later") if week is None else weeks[week - 1],
            "code": channel,
            "channel": channel_name(channel),
            "units": units,
            "net": round(net, 2),
            "rank": rank.get(channel, len(rank)),
        }
        for week, channel, units, net in table.select(
            "week", "channel", "units", "expected_net"
        ).iter_rows()
    ]
    later = [_("later")] if table["week"].null_count() else []
    return [*weeks, *later], parts


def money_table(source: Source) -> Grid:
    """Return units and money by week, a column for every channel in use."""
    table = by_week(source)
    used = [name for name in CHANNELS if name in table["channel"].to_list()]
    cells = {
        (week, channel): (count, net)
        for week, channel, count, net in table.select(
            "week", "channel", "units", "expected_net"
        ).iter_rows()
    }
    weeks = sorted({week for week, _channel in cells if week is not None})
    rows = []
    for week in [*weeks, *([None] if any(week is None for week, _channel in cells) else [])]:
        found = [cells.get((week, channel)) for channel in used]
        label = (
            _("Sold later")
            if week is None
            else _("Week %(week)s, %(day)s", week=week, day=week_label(week, source.as_of))
        )
        rows.append(
            (label, *(value for cell in found for value in (cell or (None, None))),
             sum(cell[0] for cell in found if cell), sum(cell[1] for cell in found if cell))
        )  # fmt: skip
    sums = [sum(row[place] or 0 for row in rows) for place in range(1, 3 + 2 * len(used))]
    columns = [Column(_("Week from"), "label")]
    whole = pgettext("total", "All")
    for name in [*(channel_name(channel) for channel in used), whole]:
        columns += [
            Column(_("Vehicles"), "count", group=name),
            Column(_("Net"), "money", strong=name == whole, group=name),
        ]
    return grid(
        "weeks", _("Vehicles and expected net proceeds by week of sale and channel"),
        columns, rows, total=(_("All weeks"), *sums),
    )  # fmt: skip


def distribution(source: Source) -> dict[str, Any]:
    """Return the histogram of the proceeds on fresh scenarios.

    Returns
    -------
    dict
        plan: bars (left, right, count, tail: whether they lie in the worst share); habits:
        outlines (name, at, count); mean, cvar and threshold (the best outcome of the worst
        share), money; and a sentence that says what CVaR is.
    """
    names = [name for name in source.risk["baselines"] if name in source.outcomes.columns]
    alpha, fresh = source.risk["alpha"], source.risk["plan"]["fresh"]
    plan = source.outcomes["plan"].to_numpy()
    edges = _edges(source.outcomes.select("plan", *names).to_numpy())
    threshold = float(np.quantile(plan, 1.0 - alpha))
    bars = [
        {"left": float(left), "right": float(right), "count": int(count), "tail": tail}
        for tail, part in ((True, plan[plan <= threshold]), (False, plan[plan > threshold]))
        for left, right, count in zip(
            edges[:-1], edges[1:], np.histogram(part, edges)[0], strict=True
        )
        if count
    ]
    outlines = []
    for name in names:
        counts = np.histogram(source.outcomes[name].to_numpy(), edges)[0]
        outlines += [
            {"name": habit_name(name), "at": float(at), "count": int(count)}
            for at, count in zip(edges, [*counts, 0], strict=True)
        ]
    share = percent(1.0 - alpha, 0)
    return {
        "bars": bars,
        "outlines": outlines,
        "mean": fresh["expected"],
        "cvar": fresh["cvar"],
        "threshold": threshold,
        "scenarios": ngettext("%(num)s scenario", "%(num)s scenarios", plan.size),
        "share": share,
        "explained": _(
            "In the worst %(share)s of the scenarios the fleet brings %(currency)s %(cvar)s on "
            "average; that average is the CVaR. On average over all scenarios it brings "
            "%(expected)s.",
            share=share,
            currency=source.risk["currency"],
            cvar=money(fresh["cvar"]),
            expected=money(fresh["expected"]),
        ),
        "quantiles": {name: money(fresh[name]) for name in ("p05", "p50", "p95")},
        "fresh_below": money(source.risk["plan"]["cvar"] - fresh["cvar"]),
        "fresh_is_lower": fresh["cvar"] < source.risk["plan"]["cvar"],
    }


def caution(source: Source) -> Grid:
    """Return what plans under other appetites for risk bring on fresh scenarios."""
    own = source.frontier.filter("taken").row(0, named=True)
    tail = f"CVaR {percent(source.risk['alpha'], 0)}"
    return grid(
        "caution",
        _("What more or less caution would bring, on fresh scenarios"),
        [
            Column(_("Weight of the worst cases"), "percent"),
            Column(_("Expected"), "money"),
            Column(tail, "money"),
            Column(_("Expected"), "gain", group=_("Against this plan")),
            Column(tail, "gain", group=_("Against this plan")),
        ],
        [
            (
                row["weight"],
                row["fresh_expected"],
                row["fresh_cvar"],
                row["fresh_expected"] - own["fresh_expected"],
                row["fresh_cvar"] - own["fresh_cvar"],
            )
            for row in source.frontier.iter_rows(named=True)
        ],
        note=_("This plan gives them a weight of %(weight)s.", weight=percent(own["weight"], 0)),
    )


def _edges(outcomes: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, Any]:
    low, high = float(outcomes.min()), float(outcomes.max())
    if high - low <= 1e-9 * max(abs(low), abs(high), 1.0):
        margin = max(0.01 * max(abs(low), abs(high)), 1.0)
        low, high = low - margin, high + margin
    return np.linspace(low, high, BINS + 1)


def bridge(source: Source) -> dict[str, Any]:
    """Return the way from gross prices to the plan's expected proceeds.

    Returns
    -------
    dict
        steps: (name, amount with its sign, share of gross, amount a vehicle) as a table with
        the expected proceeds as its closing row; costs: name and money of what is deducted,
        for the chart; kept: the share of gross that is left.
    """
    table = source.planned
    count = max(table.height, 1)
    amounts = [
        (_(_STEPS[name]), sign * float(table[name].sum()))
        for name, sign in BRIDGE.items()
        if name == "gross" or (name in table.columns and float(table[name].abs().sum()) > 0.0)
    ]
    puts = source.hedges.filter(~pl.col("kind").is_in(UNIT_KINDS), pl.col("quantity") > 0.0)
    if puts.height:
        amounts += [
            (_("Premiums of puts and layers"), -float(puts["premium"].sum())),
            (_("Pay-offs of puts and layers"), float(puts["expected_payoff"].sum())),
        ]
    gross = amounts[0][1]
    net = sum(amount for _, amount in amounts)
    rows = [
        (name, amount, amount / gross if gross else None, amount / count)
        for name, amount in amounts
    ]
    return {
        "steps": grid(
            "bridge",
            _("From gross prices to net proceeds"),
            [
                Column(_("Step")),
                Column(_("Amount"), "money"),
                Column(_("Share of gross"), "percent"),
                Column(_("For each vehicle"), "money"),
            ],
            rows,
            total=(
                _("Expected proceeds of the plan"),
                net,
                net / gross if gross else None,
                net / count,
            ),
        ),
        "waterfall": _waterfall(amounts[1:]),
        "gross": money(gross),
        "net": money(net),
        "kept": percent(net / gross if gross else None),
    }


def _waterfall(amounts: list[tuple[str, float]]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    reached = 0.0
    for name, amount in amounts:
        steps.append(
            {"place": len(steps), "step": name, "start": reached, "end": reached + amount,
             "gain": amount >= 0.0, "label": money(amount)}
        )  # fmt: skip
        reached += amount
    if steps:
        steps.append(
            {"place": len(steps), "step": _("All, from gross to net"), "start": 0.0, "end": reached,
             "gain": None, "label": money(reached)}
        )  # fmt: skip
    return steps
