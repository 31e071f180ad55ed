"""The table of hedges of a run: what is taken, what it is worth, what it pays."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from auction.channels.covered import conditions, owed
from auction.commitments import with_bought
from auction.hedge_terms import Hedges
from auction.hedge_worth import SCHEMA
from auction.hedged import payoffs, tail_and_basis
from auction.hedges import LAYER_KINDS, UNIT_KINDS
from auction.planned import Planning
from residual.tables import with_optional_columns

_PAID: Final = {
    "hedge_id": pl.String,
    "fresh_payoff": pl.Float64,
    "tail_payoff": pl.Float64,
    "basis_risk": pl.Float64,
}


def hedges(planning: Planning) -> pl.DataFrame:
    """Return every hedge on offer with what the plan takes of it, those bought already apart.

    Columns as :mod:`auction.run.columns` tells them, sorted by hedge_id: terms, quantity, premium
    and expected pay-off as the optimiser saw them; worth, see
    :func:`auction.hedge_worth.worth_of_hedges`; pay-off, its part in the worst cases and basis
    risk on fresh scenarios; exposure and conditions.
    """
    tables = planning.workspace.tables
    offered = with_bought(tables["hedges"], tables["commitments"])
    on_offer = with_optional_columns(offered, Hedges)
    worth = planning.hedge_worth
    judged = pl.DataFrame(schema=SCHEMA) if worth is None else worth
    taken = on_offer.join(planning.plan.hedges, on="hedge_id", how="left", suffix="_total")
    ends = pl.DataFrame(
        [(row["hedge_id"], *_ends(planning, row)) for row in taken.iter_rows(named=True)],
        schema={"hedge_id": pl.String, "exposure": pl.Float64, "conditions": pl.String},
        orient="row",
    )
    return (
        taken.select(
            "hedge_id", "kind", "counterparty", "quantity", "limit",
            pl.col("premium_total").alias("premium"), "expected_payoff",
        )
        .join(judged, on="hedge_id", how="left")
        .join(_paid(planning), on="hedge_id", how="left")
        .join(ends, on="hedge_id", how="left")
        .sort("hedge_id")
    )  # fmt: skip


def _paid(planning: Planning) -> pl.DataFrame:
    """Return what every hedge taken pays on fresh scenarios."""
    evaluation, alpha, told = planning.evaluation, planning.risk.alpha, planning.risk_told
    if told is None:
        rate = planning.workspace.config.costs.discount_rate
        found = payoffs(planning.fresh, rate, planning.plan, evaluation)
    else:
        found = told.payoffs
    rows = [(name, *tail_and_basis(found[name], evaluation.total, alpha)) for name in sorted(found)]
    return pl.DataFrame(rows, schema=_PAID, orient="row")


def _ends(planning: Planning, row: dict[str, Any]) -> tuple[float | None, str]:
    """Return what the counterparty can come to owe, and what has to be kept for it to pay."""
    units = (planning.chosen["hedge_id"] == row["hedge_id"]).fill_null(value=False).to_numpy()
    runs = planning.situation.market.auction.runs
    if row["kind"] in UNIT_KINDS:
        return float(owed(planning.situation, row)[units].sum()), conditions(row, runs)
    if row["kind"] in LAYER_KINDS:
        own = [layer for layer in planning.plan.hedges_on_offer.layers
               if layer.hedge_id == row["hedge_id"]]  # fmt: skip
        most = sum(layer.owed for layer in own)
        what = "every vehicle" if row["coverage_by"] is None else (
            f"{row['coverage_by']} {row['coverage']}"
        )  # fmt: skip
        kept = f"report what {what} brings, sale by sale; the plan's own volume is not made good"
        return most if row["quantity"] else 0.0, kept
    return row["quantity"] * row["lot"] * row["strike"], "settled by the index alone"
