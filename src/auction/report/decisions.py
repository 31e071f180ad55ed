"""The decisions that matter most, the vehicles that stay, and the loans."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.report.grid import Column, Grid, grid
from auction.report.source import Source
from auction.report.wording import CHANNELS, money, short_day, units

#: Vehicles in each table.
TOP: Final = 10
#: Vehicles listed among those that cannot be planned.
LISTED: Final = 12

#: What the reasons say in full of every vehicle; the text above the tables says it once.
_BOILERPLATE: Final = " so that scarce slots, risk or limits serve the fleet"

_VEHICLE: Final = (Column("Vehicle", "label"), Column("Make and model"))


def decisions(source: Source) -> dict[str, Any]:
    """Return the tables of vehicles that a desk head should look at.

    Returns
    -------
    dict
        stakes, margins (of those sold), sacrifices, spreads: tables; given_up and giving: what
        how many vehicles give up; negative: how many have a margin below zero.
    """
    table = _with_words(source)
    sold = table.filter(pl.col("status") == "planned")
    giving = table.filter(pl.col("given_up") >= 1.0)
    against = table.filter(pl.col("margin_to_runner_up") < -1.0).height
    return {
        "stakes": _table("stakes", "Most money at stake", sold, "expected_net"),
        "margins": _table("margins", "Clearest choices", sold, "margin_to_runner_up"),
        "spreads": _table("spreads", "Widest spread of outcomes", table, "spread"),
        "sacrifices": _table("sacrifices", "Largest sacrifices", table, "given_up"),
        "given_up": money(float(table["given_up"].sum())),
        "giving": units(giving.height, "vehicle gives", "vehicles give"),
        "negative": units(against, "vehicle has", "vehicles have") if against else "",
    }


def sacrifices(source: Source) -> pl.DataFrame:
    """Return vehicle_id and given_up: the best allowed option less the one taken, money."""
    return source.planned.select(
        "vehicle_id", pl.col("given_up").clip(lower_bound=0.0).fill_null(0.0)
    )


def place(channel: str | None, venue: str | None, date: Any) -> str:
    """Return where a vehicle goes, as DAL, 10 Jun."""
    if channel is None:
        return "none"
    if channel == "hold":
        return "held back"
    words = venue or CHANNELS.get(channel, channel)
    return words if date is None else f"{words}, {short_day(date)}"


def _with_words(source: Source) -> pl.DataFrame:
    table = source.planned.join(sacrifices(source), on="vehicle_id", how="left")
    places = [
        (place(*row[:3]), place(*row[3:]))
        for row in table.select(
            "channel", "venue_id", "event_date", "runner_up_channel", "runner_up_venue",
            "runner_up_date",
        ).iter_rows()
    ]  # fmt: skip
    return table.with_columns(
        name=_name(),
        reason=pl.col("reason").str.strip_suffix(_BOILERPLATE),
        spread=pl.col("net_p95") - pl.col("net_p05"),
        goes=pl.Series([first for first, _ in places], dtype=pl.String),
        otherwise=pl.Series([second for _, second in places], dtype=pl.String),
    )


def _name() -> pl.Expr:
    return pl.concat_str("make", "model", separator=" ", ignore_nulls=True)


def _table(name: str, caption: str, table: pl.DataFrame, by: str) -> Grid:
    rows = table.filter(pl.col(by).is_not_null(), pl.col(by) > 0.0).sort(
        by, "vehicle_id", descending=[True, False]
    )
    columns = {
        "goes": Column("Goes to", "label"),
        "expected_net": Column("Expected net", "money"),
        "net_p05": Column("5 % case", "money"),
        "net_p95": Column("95 % case", "money"),
        "spread": Column("Spread", "money"),
        "otherwise": Column("Runner-up", "label"),
        "margin_to_runner_up": Column("Margin", "gain"),
        "given_up": Column("Gives up", "money"),
        "reason": Column("Why"),
    }
    wanted = {
        "expected_net": ("goes", "expected_net", "net_p05", "net_p95", "otherwise",
                         "margin_to_runner_up", "reason"),
        "margin_to_runner_up": ("goes", "expected_net", "otherwise", "margin_to_runner_up",
                                "reason"),
        "spread": ("goes", "expected_net", "net_p05", "net_p95", "spread", "reason"),
        "given_up": ("goes", "expected_net", "given_up", "otherwise", "margin_to_runner_up"),
    }[by]  # fmt: skip
    return grid(
        name,
        caption,
        [*_VEHICLE, *(columns[column] for column in wanted)],
        rows.head(TOP).select("vehicle_id", "name", *wanted).iter_rows(),
    )


def staying(source: Source) -> dict[str, Any]:
    """Return the vehicles held back, and those that no plan may touch, with the reasons."""
    held = source.assignments.filter(pl.col("status") == "held").with_columns(name=_name())
    return {
        "held": grid(
            "held",
            "Vehicles held back to a later planning",
            [
                *_VEHICLE,
                Column("Expected net later", "money"),
                Column("Margin", "gain"),
                Column("Loan balance", "money"),
                Column("Why"),
            ],
            held.sort("expected_net", "vehicle_id", descending=[True, False])
            .head(TOP)
            .select(
                "vehicle_id",
                "name",
                "expected_net",
                "margin_to_runner_up",
                "loan_balance",
                "reason",
            )
            .iter_rows(),
            note=_more(held.height, TOP),
        ),
        "held_count": units(held.height, "vehicle is", "vehicles are"),
        "held_net": money(float(held["expected_net"].sum())),
        "barred": _stopped(source, "barred", "Vehicles under a legal bar"),
        "unsaleable": _stopped(source, "unsaleable", "Vehicles that cannot be sold yet"),
        "reasons": _reasons(source),
    }


def _stopped(source: Source, status: str, caption: str) -> Grid:
    rows = source.assignments.filter(pl.col("status") == status).with_columns(name=_name())
    return grid(
        status,
        caption,
        [*_VEHICLE, Column("Loan balance", "money"), Column("Why")],
        rows.sort("loan_balance", "vehicle_id", descending=[True, False], nulls_last=True)
        .head(LISTED)
        .select("vehicle_id", "name", "loan_balance", "reason")
        .iter_rows(),
        note=_more(rows.height, LISTED),
    )


def _reasons(source: Source) -> list[str]:
    counts = (
        source.assignments.filter(pl.col("status").is_in(["barred", "unsaleable"]))
        .with_columns(why=pl.col("reason").str.replace(r"\d{4}-\d{2}-\d{2}", "a later date"))
        .group_by("why")
        .agg(pl.len().alias("count"))
        .sort("count", "why", descending=[True, False], nulls_last=True)
    )
    return [f"{why or 'no reason given'}: {count:,}" for why, count in counts.iter_rows()]


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
    below = table.filter(pl.col("net_mean") < pl.col("loan_balance")).height
    return {
        "known": True,
        "totals": grid(
            "loans",
            "Loans against proceeds, expected",
            [
                Column("Loans of the vehicles planned"),
                Column("Amount", "money"),
                Column("Share of balances", "percent"),
            ],
            [
                (name, sums[key], sums[key] / owed if owed else None)
                for key, name in (
                    ("loan_balance", "Balances"),
                    ("recovery", "Recovered by proceeds"),
                    ("deficiency", "Deficiency"),
                    ("surplus", "Surplus over the balance"),
                )
            ],
        ),
        "count": units(table.height, "vehicle"),
        "unknown": source.planned.height - table.height,
        "below": f"{below:,}",
        "deficiency": money(sums["deficiency"]),
        "surplus": money(sums["surplus"]),
        "worst": grid(
            "deficiencies",
            "Largest expected deficiencies",
            [
                *_VEHICLE,
                Column("Loan balance", "money"),
                Column("Mean proceeds", "money"),
                Column("Deficiency", "money", strong=True),
                Column("Share of balance", "percent"),
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
    return f"{units(rest, 'further vehicle is', 'further vehicles are')} in assignments.parquet."
