"""What the offers of one package must agree in: the dealer, and how many units are asked for."""

from __future__ import annotations

import polars as pl

from auction.workspace.rows import ROW, TableRead


def stop_bad_packages(offers: TableRead) -> None:
    """Note offers that differ from the first of their package, and packages that cannot be filled.

    Parameters
    ----------
    offers : TableRead
        The table of offers, its own bad rows already dropped; the findings are noted in it.
    """
    packed = offers.frame.filter(pl.col("package").is_not_null()).sort(ROW)
    for column in ("venue_id", "package_min_units"):
        odd = packed.with_columns(
            first=pl.col(column).first().over("package"),
            lead=pl.col(ROW).first().over("package"),
        ).filter(pl.col(column) != pl.col("first"))
        rules = odd.select(pl.format("package {} has {} in row {}", "package", "first", "lead"))
        remedy = "write the same in every row of the package"
        offers.stop_rows(odd, column, rules.to_series(), remedy)
    room = packed.with_columns(
        most=pl.col("max_units").sum().over("package"),
        lead=pl.col(ROW) == pl.col(ROW).first().over("package"),
    ).filter(pl.col("lead") & (pl.col("package_min_units") > pl.col("most")))
    rules = room.select(pl.format("its offers take {} units at most", "most"))
    offers.stop_rows(
        room, "package_min_units", rules.to_series(), "lower it, or raise max_units of its offers"
    )
