"""What each hedge is worth to the plan, and which are not worth their premium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from auction.errors import InfeasibleError
from auction.hedges import Entry, Hedges, Layer
from auction.menu import Tried
from auction.options import Options
from auction.plan import Plan

#: What is said of a hedge: taken and proven to be worth more than its premium; so near that the
#: gap of the plans decides; not taken; without it no plan keeps every rule, such as a floor of the
#: tail; its counterparty's limit leaves no room for it; not looked at, as the search was broken
#: off; a layer that is paid for and stands in every plan.
Verdict = Literal[
    "pays", "within_gap", "not_worth_premium", "needed", "over_limit", "not_judged", "in_force"
]

SCHEMA: Final = {
    "hedge_id": pl.String,
    "entry": pl.String,
    "worth": pl.Float64,
    "worth_low": pl.Float64,
    "worth_high": pl.Float64,
    "marginal_worth": pl.Float64,
    "verdict": pl.String,
}


@dataclass(frozen=True, slots=True)
class _Worth:
    worth: float | None
    low: float | None
    high: float | None
    verdict: Verdict


def worth_of_hedges(plan: Plan, replan: Callable[[Hedges], Plan]) -> pl.DataFrame:
    """Return what each hedge on offer adds to the plan beyond its premium.

    The fleet is planned again without each hedge taken, from the plan as it is and with the same
    entry of the menu. What a layer is worth is known from the search over the menu.

    Parameters
    ----------
    plan : Plan
        The plan.
    replan : callable
        Plans the fleet with other hedges, from the plan as it is.

    Returns
    -------
    polars.DataFrame
        hedge_id; entry of the menu with which a layer is taken; worth: objective with it less
        without, premium paid, of a layer not taken negative; worth_low and worth_high between
        which the bounds prove it to be; marginal_worth of one more unit or lot, or of one more
        unit of money of a layer's limit, negative where it is refused; verdict, a
        :data:`Verdict`. Money.
    """
    taken = dict(plan.hedges.select("hedge_id", "quantity").iter_rows())
    in_force = [layer.hedge_id for layer in plan.hedges_on_offer.in_force]
    rows = []
    broken = plan.status == "interrupted"
    for hedge_id in sorted(taken):
        found = None
        if hedge_id not in in_force:
            found = _of_layer(plan, hedge_id, taken[hedge_id] > 0.0)
        if found is None and broken:
            found = _Worth(None, None, None, "not_judged")
        elif found is None and taken[hedge_id] > 0.0:
            judged = _with_force if hedge_id in in_force else _without
            found, broken = judged(plan, plan.hedges_settled.without(hedge_id), replan)
        elif found is None:
            found = _Worth(None, None, None, "not_worth_premium")
        entry = _entry(plan, hedge_id)
        marginal = _marginal(plan, hedge_id)
        rows.append((hedge_id, entry, found.worth, found.low, found.high, marginal, found.verdict))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _without(plan: Plan, others: Hedges, replan: Callable[[Hedges], Plan]) -> tuple[_Worth, bool]:
    """Return what a hedge is worth, planned without it, and whether that was broken off."""
    try:
        other = replan(others)
    except InfeasibleError:
        return _Worth(None, None, None, "needed"), False
    # without it no other entry of the menu is worth more than with it
    tried = () if plan.menu is None else plan.menu.tried
    bound = max([other.bound, *(each.bound for each in tried if each.entry != _taken(plan))])
    low, high = plan.allocation.objective - bound, plan.bound - _objective(other)
    found = _judged(plan.allocation.objective - _objective(other), low, high)
    return found, other.status == "interrupted"


def _with_force(
    plan: Plan, others: Hedges, replan: Callable[[Hedges], Plan]
) -> tuple[_Worth, bool]:
    """Return what a layer in force is worth beside the same entry, less than nought too."""
    try:
        other = replan(others)
    except InfeasibleError:
        return _Worth(None, None, None, "needed"), False
    worth = plan.allocation.objective - _objective(other)
    low, high = plan.allocation.objective - other.bound, plan.bound - _objective(other)
    found = _Worth(worth, min(low, worth), max(high, worth), "in_force")
    return found, other.status == "interrupted"


def _objective(plan: Plan) -> float:
    return plan.allocation.objective


def _judged(worth: float, low: float, high: float) -> _Worth:
    # whatever can be done without a hedge can be done with it
    worth, low = max(worth, 0.0), max(low, 0.0)
    return _Worth(worth, low, max(high, worth), "pays" if low > 0.0 else "within_gap")


def _taken(plan: Plan) -> Entry | None:
    return None if plan.menu is None else plan.menu.taken


def _entry(plan: Plan, hedge_id: str) -> str | None:
    taken = _taken(plan)
    return taken.name if taken is not None and hedge_id in taken.layers else None


def _of_layer(plan: Plan, hedge_id: str, taken: bool) -> _Worth | None:
    """Return what the search over the menu tells of a layer; None for another hedge."""
    if hedge_id not in [layer.hedge_id for layer in plan.hedges_on_offer.layers]:
        return None
    tried = () if plan.menu is None else plan.menu.tried
    with_it = [each for each in tried if each.entry is not None and hedge_id in each.entry.layers]
    without = [each for each in tried if each not in with_it]
    if not with_it:
        named = any(hedge_id in entry.layers for entry in plan.hedges_on_offer.menu)
        limited = named and bool(plan.options.vehicle_ids)
        return _Worth(None, None, None, "over_limit" if limited else "not_worth_premium")
    if taken:
        best, bound = _highest(without)
        objective = plan.allocation.objective
        return _judged(objective - best, objective - bound, plan.bound - best)
    best, bound = _highest(with_it)
    known, most = _highest(without)
    if not np.isfinite(best):
        # prices ruled it out before a plan with it was looked for, and the best without it leaves
        # no room of a limit for it
        most_worth = bound - known if np.isfinite(bound) else None
        return _Worth(None, None, most_worth, "not_worth_premium")
    low = best - most
    verdict: Verdict = "not_worth_premium" if bound <= known else "within_gap"
    return _Worth(best - known, min(low, best - known), bound - known, verdict)


def _highest(tried: list[Tried]) -> tuple[float, float]:
    return max(each.objective for each in tried), max(each.bound for each in tried)


def _marginal(plan: Plan, hedge_id: str) -> float | None:
    """Return what one more unit or lot is worth, or one more unit of money of a layer's limit."""
    weights = plan.allocation.charges.weights
    for position in plan.hedges_on_offer.positions:
        if position.hedge_id == hedge_id:
            return float(position.payoff @ weights)
    for layer in plan.hedges_on_offer.layers:
        if layer.hedge_id == hedge_id:
            return _of_limit(plan, layer)
    prices = plan.allocation.shadow_prices.filter(
        (pl.col("kind") == "hedge") & (pl.col("label") == f"floor {hedge_id}")
    )["price"]
    price = float(prices.sum())
    return price if price > 0.0 else _next_unit(plan, hedge_id)


def _of_limit(plan: Plan, layer: Layer) -> float | None:
    if plan.menu is None or layer.hedge_id not in plan.menu.payoffs:
        return None
    full = plan.menu.payoffs[layer.hedge_id] >= layer.share * layer.limit
    return layer.share * float(plan.allocation.charges.weights[full].sum())


def _next_unit(plan: Plan, hedge_id: str) -> float | None:
    """Return by how much covering the best further unit falls short of leaving it as it is."""
    options, charges = _seen(plan), plan.allocation.charges
    worth = np.nan_to_num(options.weighted(charges.weights) - charges.slot_price, nan=-np.inf)
    covered = (options.table.column("hedge_id") == hedge_id).fill_null(value=False).to_numpy()
    units = len(options.vehicle_ids)
    best, other = np.full(units, -np.inf), np.full(units, -np.inf)
    np.maximum.at(best, options.vehicle[covered], worth[covered])
    np.maximum.at(other, options.vehicle[~covered], worth[~covered])
    known = np.isfinite(best) & np.isfinite(other)
    known &= ~covered[plan.allocation.chosen]
    return float((best - other)[known].max()) if known.any() else None


def _seen(plan: Plan) -> Options:
    return plan.options if plan.menu is None else plan.menu.seen or plan.options
