"""A plan with its hedges carried out on fresh scenarios, each hedge by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import cvar
from auction.channels.auctioned import Auctions
from auction.channels.channel import UNIT_STREAM
from auction.channels.reconditioned import as_reconditioned
from auction.evaluate import Evaluation, Totals, evaluate, totals
from auction.hedge_terms import Hedges
from auction.hedges import build_hedges
from auction.plan import Plan
from auction.situation import Situation

_Floats = NDArray[np.float64]

#: Spread of pay-offs below which nothing can be said of how they move, as a share of the plan's.
_STILL: Final = 1e-12
#: Units that are carried out together; bounds the memory.
_BLOCK: Final = 2_048
#: Strike of a guarantee that never pays.
_NOTHING: Final = 1e-12


def with_hedges(fresh: Situation, rate: float, plan: Plan) -> Evaluation:
    """Carry a plan with its hedges out on fresh scenarios.

    Parameters
    ----------
    fresh : Situation
        The fleet and market with a book drawn from another seed than the plan was made with.
    rate : float
        Continuously compounded yearly rate at which later money is discounted.
    plan : Plan
        The plan. Index puts pay by the index; layers by what their vehicles then bring.

    Returns
    -------
    Evaluation
    """
    n = fresh.book.factor.shape[2]
    evaluation = evaluate(fresh, plan.chosen, np.zeros(n))
    net = np.zeros(n)
    bought = {} if plan.menu is None else {each.hedge_id: each.premium for each in plan.menu.layers}
    for name, payoff in _joint(fresh, rate, plan, evaluation).items():
        net += payoff - bought.get(name, 0.0)
    return replace(evaluation, hedges=net)


def totals_with_hedges(
    fresh: Situation, rate: float, plan: Plan, near: Plan, known: Evaluation
) -> Totals:
    """Carry a plan with its hedges out, where only the whole is asked for.

    Parameters
    ----------
    fresh, rate, plan
        As for :func:`with_hedges`.
    near : Plan
        Another plan on the same options.
    known : Evaluation
        That plan on the same scenarios.

    Returns
    -------
    Totals
        To the bit what :func:`with_hedges` would have.
    """
    if plan.menu is not None and plan.menu.layers:
        return Totals(with_hedges(fresh, rate, plan).total)
    one, other = plan.allocation, near.allocation
    same = (one.chosen == other.chosen) & (one.volume_loss == other.volume_loss)
    net = np.zeros(fresh.book.factor.shape[2])
    for payoff in _of_positions(fresh, rate, plan).values():
        net += payoff
    return totals(fresh, plan.chosen, net, known, same)


def _of_positions(fresh: Situation, rate: float, plan: Plan) -> dict[str, _Floats]:
    """Return what puts pay less their premiums, by hedge, float64[n] each."""
    anew = build_hedges(fresh.market.hedges, fresh.book, rate)
    return {
        position.hedge_id: lots * position.payoff
        for lots, position in zip(plan.allocation.positions, anew.positions, strict=True)
    }


def _joint(fresh: Situation, rate: float, plan: Plan, evaluation: Evaluation) -> dict[str, _Floats]:
    """Return puts less their premiums and layers before theirs, by hedge, float64[n] each."""
    paid, chosen = _of_positions(fresh, rate, plan), plan.chosen
    if plan.menu is not None and plan.menu.layers:
        # what the plan's own volume takes off its prices is not made good
        own_volume = chosen["own_volume"].to_numpy()
        for layer in plan.menu.layers:
            covered = layer.covers(chosen)
            brought = evaluation.of_some(covered) + own_volume[covered].sum()
            paid[layer.hedge_id] = layer.pays(layer.shortfall(covered, brought))
    return paid


def payoffs(
    fresh: Situation, rate: float, plan: Plan, evaluation: Evaluation
) -> dict[str, _Floats]:
    """Return what each hedge taken pays on fresh scenarios, premiums not taken off.

    What a cover of a unit pays is the difference to the same sales without it: same reserves,
    same bidders.

    Parameters
    ----------
    fresh, rate, plan
        As for :func:`with_hedges`.
    evaluation : Evaluation
        What came of it.

    Returns
    -------
    dict of str to float64[n]
        Money by scenario.
    """
    bought = plan.hedges.filter(pl.col("quantity") > 0.0)
    premium = dict(bought.select("hedge_id", "premium").iter_rows())
    joint = _joint(fresh, rate, plan, evaluation)
    layers = () if plan.menu is None else tuple(layer.hedge_id for layer in plan.menu.layers)
    paid = {
        name: own if name in layers else own + premium[name]
        for name, own in joint.items()
        if name in premium
    }
    chosen = plan.chosen
    covered = np.flatnonzero(chosen["hedge_id"].is_not_null().to_numpy())
    return paid | _by_cover(fresh, chosen, covered, evaluation) if covered.size else paid


def _by_cover(
    fresh: Situation, chosen: pl.DataFrame, covered: NDArray[np.int64], evaluation: Evaluation
) -> dict[str, _Floats]:
    """Return what the covers of units pay, by hedge, float64[n] each."""
    # a guarantee of next to nothing: sellers still do not haggle, but nothing is paid
    offered = _offered(fresh).with_columns(strike=pl.lit(_NOTHING))
    market = replace(fresh.market, hedges=offered)
    situation = as_reconditioned(replace(fresh, market=market), chosen)
    n = fresh.book.factor.shape[2]
    lost = (chosen["reconditioning"] + chosen["own_volume"]).to_numpy()
    named = chosen["hedge_id"][covered]
    paid = {name: np.zeros(n) for name in named.unique().sort()}
    for start in range(0, covered.size, _BLOCK):
        rows, of = covered[start : start + _BLOCK], named[start : start + _BLOCK]
        shock = situation.book.unit_shocks(UNIT_STREAM, n, situation.threads, rows)
        without = Auctions().carry_out(situation, chosen, rows, shock).net
        units = evaluation.of(rows) + lost[rows, None] - without
        for name in of.unique():
            # one unit after the other, as a sum over all of them goes
            own = units[(of == name).to_numpy()]
            own[0] += paid[name]
            paid[name] = own.sum(axis=0)
    return paid


def _offered(fresh: Situation) -> pl.DataFrame:
    table = fresh.market.hedges
    return Hedges.create_empty() if table is None else table


def tail_and_basis(
    payoff: _Floats, total: _Floats, alpha: float
) -> tuple[float, float, float | None]:
    """Return mean pay-off, mean pay-off in the worst cases of the plan, and basis risk.

    Parameters
    ----------
    payoff : float64[n]
        What a hedge pays, money.
    total : float64[n]
        What the plan brings with all its hedges, money.
    alpha : float
        The worst cases are the lowest 1 - alpha share of the total.

    Returns
    -------
    (float, float, float or None)
        Money; the basis risk is the share of the variance of the rest of the plan that does not
        move with the pay-off, ``1 - correlation ** 2``; None where the pay-off never changes.
    """
    _, weights = cvar(np.ascontiguousarray(total), alpha)
    rest = total - payoff
    spread = float(payoff.std())
    basis = None
    if spread > _STILL * float(np.abs(total).max(initial=1.0)) and float(rest.std()) > 0.0:
        basis = 1.0 - float(np.corrcoef(payoff, rest)[0, 1]) ** 2
    return float(payoff.mean()), float(payoff @ weights), basis
