"""The decisions that matter most, the vehicles that stay, and the loans."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.language import _, mark, ngettext
from auction.report.retold import bar, reason
from auction.report.source import Source
from auction.report.wording import channel_name, money, short_day

#: Vehicles in each table.
TOP: Final = 10
#: Vehicles listed among those that cannot be planned.
LISTED: Final = 12

#: Reasons of vehicles that stay, counted together whatever their dates.
_COUNTED: Final = {
    "legal_hold": mark("legal hold (%(kind)s) until a later date"),
    "title_missing": mark("title missing"),
    "available_from": mark("available only from a later date"),
}


def decisions(source: Source) -> dict[str, Any]:
    """Return the tables of vehicles that a desk head should look at.

    Returns
    -------
    dict
        stakes, margins (of those sold), sacrifices, spreads: tables; giving: how many vehicles
        give up how much; negative: how many have a margin below zero, and why; sentences.
    """
    table = source.planned.join(sacrifices(source), on="vehicle_id", how="left").with_columns(
        spread=pl.col("net_p95") - pl.col("net_p05")
    )
    sold = table.filter(pl.col("status") == "planned")
    giving = table.filter(pl.col("given_up") >= 1.0)
    against = table.filter(pl.col("margin_to_runner_up") < -1.0).height
    return {
        "stakes": _table("stakes", _("Most money at stake"), sold, "expected_net"),
        "margins": _table("margins", _("Clearest choices"), sold, "margin_to_runner_up"),
        "spreads": _table("spreads", _("Widest spread of outcomes"), table, "spread"),
        "sacrifices": _table("sacrifices", _("Largest sacrifices"), table, "given_up"),
        "giving": ngettext(
            "%(num)s vehicle gives up %(amount)s in all against the best option of each taken "
            "alone. Those options compete for the same slots; not all can be had.",
            "%(num)s vehicles give up %(amount)s in all against the best option of each taken "
            "alone. Those options compete for the same slots; not all can be had.",
            giving.height,
            amount=money(float(table["given_up"].sum())),
        ),
        "negative": ngettext(
            "%(num)s vehicle has a margin below zero: the runner-up looks better at these prices, "
            "but whole slots, limits or the end of the search stand against it.",
            "%(num)s vehicles have a margin below zero: the runner-up looks better at these "
            "prices, but whole slots, limits or the end of the search stand against it.",
            against,
        )
        if against
        else "",
    }


def sacrifices(source: Source) -> pl.DataFrame:
    """Return vehicle_id and given_up: the best allowed option less the one taken, money."""
    return source.planned.select(
        "vehicle_id", pl.col("given_up").clip(lower_bound=0.0).fill_null(0.0)
    )


def place(channel: str | None, venue: str | None, date: Any) -> str:
    """Return where a vehicle goes, as DAL, 10 Jun."""
    if channel is None:
        return _("none")
    if channel == "hold":
        return _("held back")
    words = venue or channel_name(channel)
    return words if date is None else _("%(venue)s, %(day)s", venue=words, day=short_day(date))


def _with_words(table: pl.DataFrame) -> pl.DataFrame:
    """Return vehicles with names, reasons and places in words: not for a whole fleet."""
    places = [
        (place(*row[:3]), place(*row[3:]))
        for row in table.select(
            "channel", "venue_id", "event_date", "runner_up_channel", "runner_up_venue",
            "runner_up_date",
        ).iter_rows()
    ]  # fmt: skip
    return table.with_columns(
        name=_name(),
        why=pl.Series(_whys(table), dtype=pl.String),
        goes=pl.Series([first for first, _ in places], dtype=pl.String),
        otherwise=pl.Series([second for _, second in places], dtype=pl.String),
    )


def _whys(table: pl.DataFrame) -> list[str]:
    """Return the reasons; what the text above the tables says once is left out of them."""
    return [
        _("gives up %(amount)s", amount=money(given_up))
        if code == "gives_up"
        else reason(code, how)
        for code, how, given_up in table.select(
            "reason_code", "reason_values", "given_up"
        ).iter_rows()
    ]


def _vehicle() -> tuple[Column, Column]:
    return Column(_("Vehicle"), "label"), Column(_("Make and model"))


def _name() -> pl.Expr:
    return pl.concat_str("make", "model", separator=" ", ignore_nulls=True)


def _table(name: str, caption: str, table: pl.DataFrame, by: str) -> Grid:
    rows = table.filter(pl.col(by).is_not_null(), pl.col(by) > 0.0).sort(
        by, "vehicle_id", descending=[True, False]
    )
    columns = {
        "goes": Column(_("Goes to"), "label"),
        "expected_net": Column(_("Expected net"), "money"),
        "net_p05": Column(_("5 %% case"), "money"),
        "net_p95": Column(_("95 %% case"), "money"),
        "spread": Column(_("Spread"), "money"),
        "otherwise": Column(_("Runner-up"), "label"),
        "margin_to_runner_up": Column(_("Margin"), "gain"),
        "given_up": Column(_("Gives up"), "money"),
        "why": Column(_("Why")),
    }
    wanted = {
        "expected_net": ("goes", "expected_net", "net_p05", "net_p95", "otherwise",
                         "margin_to_runner_up", "why"),
        "margin_to_runner_up": ("goes", "expected_net", "otherwise", "margin_to_runner_up",
                                "why"),
        "spread": ("goes", "expected_net", "net_p05", "net_p95", "spread", "why"),
        "given_up": ("goes", "expected_net", "given_up", "otherwise", "margin_to_runner_up"),
    }[by]  # fmt: skip
    return grid(
        name,
        caption,
        [*_vehicle(), *(columns[column] for column in wanted)],
        _with_words(rows.head(TOP)).select("vehicle_id", "name", *wanted).iter_rows(),
    )


def staying(source: Source) -> dict[str, Any]:
    """Return the vehicles held back, and those that no plan may touch, with the reasons."""
    held = source.assignments.filter(pl.col("status") == "held")
    held = held.with_columns(name=_name(), why=pl.Series(_whys(held), dtype=pl.String))
    return {
        "held": grid(
            "held",
            _("Vehicles held back to a later planning"),
            [
                *_vehicle(),
                Column(_("Expected net later"), "money"),
                Column(_("Margin"), "gain"),
                Column(_("Loan balance"), "money"),
                Column(_("Why")),
            ],
            held.sort("expected_net", "vehicle_id", descending=[True, False])
            .head(TOP)
            .select(
                "vehicle_id",
                "name",
                "expected_net",
                "margin_to_runner_up",
                "loan_balance",
                "why",
            )
            .iter_rows(),
            note=_more(held.height, TOP),
        ),
        "holding": ngettext(
            "%(num)s vehicle is held back, expected to bring %(amount)s later.",
            "%(num)s vehicles are held back, expected to bring %(amount)s later.",
            held.height,
            amount=money(float(held["expected_net"].sum())),
        ),
        "barred": _stopped(source, "barred", _("Vehicles under a legal bar")),
        "unsaleable": _stopped(source, "unsaleable", _("Vehicles that cannot be sold yet")),
        "reasons": _reasons(source),
    }


def _stopped(source: Source, status: str, caption: str) -> Grid:
    rows = source.assignments.filter(pl.col("status") == status)
    rows = rows.with_columns(name=_name(), why=pl.Series(_whys(rows), dtype=pl.String))
    return grid(
        status,
        caption,
        [*_vehicle(), Column(_("Loan balance"), "money"), Column(_("Why"))],
        rows.sort("loan_balance", "vehicle_id", descending=[True, False], nulls_last=True)
        .head(LISTED)
        .select("vehicle_id", "name", "loan_balance", "why")
        .iter_rows(),
        note=_more(rows.height, LISTED),
    )


def _reasons(source: Source) -> list[str]:
    """Return how many vehicles stay for each reason, whatever the dates; the most first."""
    counts: Counter[str] = Counter()
    stay = source.assignments.filter(pl.col("status").is_in(["barred", "unsaleable"]))
    for code, how in stay.select("reason_code", "reason_values").iter_rows():
        if code in _COUNTED:
            counts[_(_COUNTED[code], kind=bar(json.loads(how).get("kind", "")))] += 1
        else:
            counts[reason(code, how)] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [_("%(why)s: %(count)s", why=why, count=money(count)) for why, count in ordered]


def loans(source: Source) -> dict[str, Any]:
    """Return how far the proceeds cover the loans, and where they fall shortest."""
    table = source.planned.filter(pl.col("loan_balance").is_not_null()).with_columns(name=_name())
    if table.is_empty():
        return {"known": False}
    sums = {
        name: float(table[name].sum())
        for name in ("loan_balance", "recovery", "deficiency", "surplus")
    }
    owed = sums["loan_balance"]
    short = table.filter(pl.col("deficiency") >= 1.0)
    unknown = source.planned.height - table.height
    below = table.filter(pl.col("net_mean") < pl.col("loan_balance")).height
    return {
        "known": True,
        "totals": grid(
            "loans",
            _("Loans against proceeds, expected"),
            [
                Column(_("Loans of the vehicles planned")),
                Column(_("Amount"), "money"),
                Column(_("Share of balances"), "percent"),
            ],
            [
                (name, sums[key], sums[key] / owed if owed else None)
                for key, name in (
                    ("loan_balance", _("Balances")),
                    ("recovery", _("Recovered by proceeds")),
                    ("deficiency", _("Deficiency")),
                    ("surplus", _("Surplus over the balance")),
                )
            ],
        ),
        "below": ngettext(
            "%(below)s of %(num)s vehicle with a known balance is expected to bring less than it. "
            "Scenario by scenario, what is missing adds up to %(deficiency)s on average, what is "
            "left over to %(surplus)s.",
            "%(below)s of %(num)s vehicles with a known balance are expected to bring less than "
            "it. Scenario by scenario, what is missing adds up to %(deficiency)s on average, what "
            "is left over to %(surplus)s.",
            table.height,
            below=money(below),
            deficiency=money(sums["deficiency"]),
            surplus=money(sums["surplus"]),
        ),
        "unknown": ngettext(
            "%(num)s without a balance is left aside.",
            "%(num)s without a balance are left aside.",
            unknown,
        )
        if unknown
        else "",
        "worst": grid(
            "deficiencies",
            _("Largest expected deficiencies"),
            [
                *_vehicle(),
                Column(_("Loan balance"), "money"),
                Column(_("Mean proceeds"), "money"),
                Column(_("Deficiency"), "money", strong=True),
                Column(_("Share of balance"), "percent"),
            ],
            short.sort("deficiency", "vehicle_id", descending=[True, False])
            .head(TOP)
            .select(
                "vehicle_id",
                "name",
                "loan_balance",
                "net_mean",
                "deficiency",
                share=pl.col("deficiency") / pl.col("loan_balance"),
            )
            .iter_rows(),
            note=_more(short.height, TOP),
        ),
    }


def _more(count: int, shown: int) -> str:
    rest = count - shown
    if rest <= 0:
        return ""
    return ngettext(
        "%(num)s further vehicle is in assignments.parquet.",
        "%(num)s further vehicles are in assignments.parquet.",
        rest,
    )
