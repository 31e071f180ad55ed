"""What a workspace asks for, in the engine's own terms."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

import residual
from auction.allocation import CashTarget, Constraints, Limit
from auction.channels.contents import with_metal_prices
from auction.commitments import as_overrides, less_taken, with_bought, with_promised
from auction.inspection import Inspection
from auction.market import Market
from auction.redemption import redemption_holds
from auction.workspace import Config, Workspace


def market_of(workspace: Workspace) -> Market:
    """Return the market that a workspace describes."""
    config, tables = workspace.config, workspace.tables
    commitments = tables["commitments"]
    return Market(
        venues=tables["venues"],
        fees=tables["fees"],
        events=less_taken(tables["events"], commitments),
        offers=with_promised(tables["offers"], commitments),
        reconditioning=tables["reconditioning"],
        parts=tables["parts"],
        tariffs=tables["tariffs"],
        hedges=with_bought(tables["hedges"], commitments),
        holds=legal_bars(workspace),
        commitments=commitments,
        sales=tables["sales"],
        weeks=config.horizon.weeks,
        costs=config.costs,
        auction=config.auction,
        dismantling=with_metal_prices(config.dismantling, tables["index"], config.as_of),
    )


def words_of(workspace: Workspace, planned: pl.DataFrame) -> pl.DataFrame:
    """Return the desk's words on the vehicles that are planned, their commitments among them."""
    said = workspace.tables["overrides"]
    committed = as_overrides(workspace.tables["commitments"])
    if not committed.is_empty():
        said = pl.concat([said, committed], how="diagonal")
    return said.join(planned.select("vehicle_id"), on="vehicle_id", how="semi")


def legal_bars(workspace: Workspace) -> pl.DataFrame:
    """Return the holds of a workspace, with those that last as long as the right to redeem."""
    holds = workspace.tables["holds"]
    if not workspace.config.constraints.wait_for_redemption:
        return holds
    columns = ["vehicle_id", "kind", "until"]
    own = redemption_holds(workspace.tables["vehicles"])
    return pl.concat([holds.select(columns), own.select(columns)])


def with_clock(
    market: Market, model: residual.ResidualModel, tables: dict[str, pl.DataFrame]
) -> Market:
    """Let a market with consignments know how long units stand on a dealer's list."""
    if market.offers_of("consignment").is_empty():
        return market
    clock = residual.fit_time_to_sale(model, tables["sales"], tables["price_changes"])
    return replace(market, time_to_sale=clock)


def own_volume_of(
    config: Config, model: residual.ResidualModel, tables: dict[str, pl.DataFrame]
) -> residual.OwnVolume | None:
    """Return how prices fall with the plan's own volume, as the settings ask for it."""
    asked = config.auction.volume_elasticity
    if asked is None:
        return None
    if asked == "estimate":
        return residual.own_volume(model, tables["sales"])
    return residual.OwnVolume(asked)


def constraints_of(config: Config) -> Constraints:
    """Return the rules of a plan that the settings state."""
    rules = config.constraints
    return Constraints(
        limits=tuple(
            Limit(limit.by, limit.group, limit.max_share, limit.max_units, limit.max_exposure)
            for limit in config.limits
        ),
        sacrifice_rate=rules.max_sacrifice_rate,
        sacrifice_amount=rules.max_sacrifice_amount,
        hold_exempt=rules.hold_exempt,
        max_hold_share=rules.max_hold_share,
        cash=tuple(CashTarget(target.by, target.amount) for target in config.cash),
    )


def inspection_of(config: Config) -> Inspection:
    """Return the inspection that the settings describe."""
    told = config.inspection
    cost = 0.0 if told.cost is None else told.cost
    return Inspection(cost, told.days, told.stage, told.units, told.candidates)
