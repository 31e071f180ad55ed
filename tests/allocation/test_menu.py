"""A menu of layers against every plan, every lot and every entry there is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Allocation, Constraints, Limit, Stop
from auction.errors import InfeasibleError
from auction.hedges import Entry, Hedges, Layer, Position
from auction.menu import Menu, allocate_from_menu
from auction.options import Options
from auction.risk import CVaR

EXACT = Stop(gap=1e-9)
RISK = CVaR(0.75, 0.6)


def forecast(options: Options) -> np.ndarray:
    """The best expected net of each vehicle."""
    best = np.full(len(options.vehicle_ids), -np.inf)
    np.maximum.at(best, options.vehicle, options.frame["expected_net"].to_numpy())
    return best


def stop_loss(options: Options, at: float = 0.97, **changes: Any) -> Layer:
    value = forecast(options)
    terms: dict[str, Any] = {
        "hedge_id": "SL",
        "counterparty": "Re",
        "agreed": at * value,
        "share": 0.9,
        "limit": 0.06 * float(value.sum()),
        "premium": 0.006 * float(value.sum()),
        **changes,
    }
    return Layer(**terms)


def hedges_of(
    layers: list[Layer], together: bool = False, positions: tuple[Position, ...] = ()
) -> Hedges:
    menu = [Entry(layer.hedge_id, (layer.hedge_id,)) for layer in layers]
    if together:
        menu.append(Entry("all", tuple(layer.hedge_id for layer in layers)))
    return Hedges({}, positions, tuple(layers), tuple(menu))


def best_of_all(
    options: Options, risk: CVaR, hedges: Hedges, owed: float = np.inf
) -> dict[str, float]:
    """The worth of the best plan by entry, from the definition; nobody owes more than a limit."""
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    use = options.use.toarray()
    room = np.array([resource.limit for resource in options.resources])
    own = [np.flatnonzero(options.vehicle == v) for v in range(len(options.vehicle_ids))]
    plans = np.array(list(itertools.product(*own)))
    used = use[:, plans].sum(axis=2).T
    plans = plans[(used <= room + 1e-9).all(axis=1)]
    total = net[plans].sum(axis=1)
    lots = list(itertools.product(*(range(each.lots + 1) for each in hedges.positions)))
    found = {}
    guaranteed = np.nan_to_num(options.frame["exposure"].to_numpy().astype(float))[plans].sum(
        axis=1
    )
    kept = sum(each.lots * each.owed for each in hedges.positions)
    force = hedges.in_force
    entries = [("none", force)] + [(e.name, (*force, *hedges.of(e))) for e in hedges.menu]
    for name, layers in entries:
        outcome = total.copy()
        by_layers = sum(layer.share * min(layer.limit, layer.agreed.sum()) for layer in layers)
        if by_layers > owed - kept:
            continue
        outcome[guaranteed > owed - kept - by_layers + 1e-6] = -1e12
        for layer in layers:
            covered = layer.covers(options.frame)
            agreed = np.where(covered, layer.agreed[options.vehicle], 0.0)
            short = (agreed[:, None] - net * covered[:, None])[plans].sum(axis=1)
            low = -np.inf if layer.quota else 0.0
            outcome += layer.share * np.clip(short, low, layer.limit) - layer.premium
        best = -np.inf
        for count in lots:
            paid = sum(
                (n * each.payoff for n, each in zip(count, hedges.positions, strict=True)),
                np.zeros(options.scenarios),
            )
            ordered = np.sort(outcome + paid, axis=1)
            tail = round((1.0 - risk.alpha) * options.scenarios)
            measure = (1.0 - risk.weight) * ordered.mean(axis=1)
            measure += risk.weight * ordered[:, :tail].mean(axis=1)
            best = max(best, float(measure.max()))
        found[name] = best
    return found


def solved(options: Options, hedges: Hedges, risk: CVaR = RISK) -> tuple[Allocation, Menu]:
    plan, menu = allocate_from_menu(options, hedges=hedges, risk=risk, stop=EXACT)
    assert menu is not None
    return plan, menu


def drawn_layers(options: Options, seed: int) -> list[Layer]:
    """A stop-loss, one on vans, a quota share and one without a limit, on random terms."""
    rng = np.random.default_rng(seed)
    value = forecast(options)
    total = float(value.sum())
    van = total / 3.0
    return [
        stop_loss(
            options,
            float(rng.uniform(0.9, 1.05)),
            share=float(rng.uniform(0.5, 1.0)),
            limit=float(rng.uniform(0.02, 0.2)) * total,
            premium=float(rng.uniform(0.0, 0.02)) * total,
        ),
        stop_loss(
            options, float(rng.uniform(0.9, 1.05)), hedge_id="VAN", by="segment", value="van",
            limit=float(rng.uniform(0.05, 0.3)) * van, premium=float(rng.uniform(0.0, 0.02)) * van,
        ),
        stop_loss(
            options, float(rng.uniform(0.94, 1.0)), hedge_id="QS", quota=True, by="channel",
            value="auction", share=float(rng.uniform(0.1, 0.6)), limit=np.inf, premium=0.0,
        ),
        stop_loss(options, 0.95, hedge_id="OPEN", limit=np.inf, premium=0.01 * total),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_menus_agree_with_brute_force(make_options: Callable[..., Options], seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    options = make_options(seed, vehicles=4, events=2, terms=1 + seed % 2, scenarios=12)
    positions: tuple[Position, ...] = ()
    if seed % 3 == 0:
        size = 0.02 * float(forecast(options).sum())
        positions = (Position("P", "bank", 2, size * rng.normal(0.0, 1.0, 12)),)
    hedges = hedges_of(drawn_layers(options, seed), together=seed % 4 == 0, positions=positions)
    risk = CVaR(0.75, float(rng.choice([0.0, 0.3, 0.9])))
    truth = best_of_all(options, risk, hedges)
    plan, menu = solved(options, hedges, risk=risk)
    best = max(truth.values())
    scale = abs(best)
    assert plan.objective <= best + 1e-9 * scale
    assert plan.bound >= best - 1e-9 * scale
    for tried in menu.tried:
        assert tried.objective <= truth[tried.name] + 1e-9 * scale
        assert tried.bound >= min(truth[tried.name], best) - 1e-9 * scale
    # with few vehicles the lines can miss the best plan by a little, never more than is told
    assert plan.objective >= best - 0.01 * scale


@pytest.mark.parametrize("seed", range(8))
def test_limits_in_money_leave_room_for_layers(
    make_options: Callable[..., Options], seed: int
) -> None:
    """One counterparty writes unit floors, a put and the layers, and may owe only so much."""
    rng = np.random.default_rng(3000 + seed)
    options = make_options(seed, vehicles=4, events=2, floors=1, scenarios=12)
    total = float(forecast(options).sum())
    put = Position("P", "bank", 2, 0.01 * total * rng.normal(0.3, 1.0, 12), owed=0.02 * total)
    layers = [replace(layer, counterparty="bank") for layer in drawn_layers(options, seed)]
    hedges = replace(hedges_of(layers[:2], together=True, positions=(put,)), floors={"F0": 4.0})
    owed = float(rng.uniform(0.1, 0.9)) * total
    rules = Constraints((Limit("counterparty", max_exposure=owed),))
    risk = CVaR(0.75, float(rng.choice([0.0, 0.5])))
    truth = best_of_all(options, risk, hedges, owed)
    plan, menu = allocate_from_menu(options, rules, risk=risk, hedges=hedges, stop=EXACT)
    best = max(truth.values())
    scale = abs(best)
    assert plan.objective <= best + 1e-9 * scale
    assert plan.bound >= best - 1e-9 * scale
    assert plan.objective >= best - 0.01 * scale
    named = {"none"} if menu is None else {tried.name for tried in menu.tried}
    assert named == set(truth)
    taken = () if menu is None else menu.layers
    guaranteed = options.frame["exposure"].fill_null(0.0).to_numpy()[plan.chosen].sum()
    used = guaranteed + 2 * put.owed + sum(layer.owed for layer in taken)
    row = plan.shadow_prices.filter(pl.col("kind") == "exposure").row(0, named=True)
    assert row["label"] == f"at most {owed:,.2f} owed by bank"
    assert row["limit"] == owed
    assert row["used"] == pytest.approx(used)
    assert used <= owed * (1.0 + 2e-6)


@pytest.mark.parametrize("seed", range(6))
def test_layers_in_force_stand_in_every_plan(
    make_options: Callable[..., Options], seed: int
) -> None:
    """A layer is paid for; of the others one may come on top of it, or none."""
    rng = np.random.default_rng(4000 + seed)
    options = make_options(seed, vehicles=4, events=2, terms=1 + seed % 2, scenarios=12)
    layers = drawn_layers(options, seed)
    held = seed % 3
    layers[held] = replace(layers[held], bought=True, premium=0.0)
    hedges = hedges_of([layer for layer in layers if not layer.bought])
    hedges = replace(hedges, layers=tuple(layers))
    risk = CVaR(0.75, float(rng.choice([0.0, 0.3, 0.9])))
    truth = best_of_all(options, risk, hedges)
    plan, menu = solved(options, hedges, risk=risk)
    best = max(truth.values())
    scale = abs(best)
    assert plan.objective <= best + 1e-9 * scale
    assert plan.bound >= best - 1e-9 * scale
    assert plan.objective >= best - 0.01 * scale
    assert {tried.name for tried in menu.tried} == set(truth)
    for tried in menu.tried:
        assert tried.objective <= truth[tried.name] + 1e-9 * scale
        assert tried.bound >= min(truth[tried.name], best) - 1e-9 * scale
    assert layers[held].hedge_id in menu.payoffs
    assert menu.layers[0] is layers[held]


def test_what_is_in_force_alone_needs_no_menu(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=4, events=2, scenarios=12)
    held = stop_loss(options, 0.99, premium=0.0, limit=np.inf, share=1.0, bought=True)
    plan, menu = solved(options, Hedges(layers=(held,)), risk=RISK)
    assert (menu.taken, [each.name for each in menu.tried]) == (None, ["none"])
    bare, _ = allocate_from_menu(options, risk=RISK, stop=EXACT)
    assert plan.objective > bare.objective
    paid = menu.payoffs["SL"]
    assert plan.scenario_total == pytest.approx(options.totals(plan.chosen) + paid)
    with pytest.raises(ValueError, match="entry SL of the menu names SL"):
        hedges_of([held])


def test_a_quota_share_in_force_can_break_a_floor(make_options: Callable[..., Options]) -> None:
    """It cedes gains for next to nothing, and cannot be given back."""
    options = make_options(3, vehicles=4, events=2, scenarios=12)
    held = stop_loss(options, 0.2, quota=True, share=0.9, premium=0.0, limit=np.inf, bought=True)
    bare, _ = allocate_from_menu(options, risk=CVaR(0.75, 1.0), stop=EXACT)
    floor = CVaR(0.75, 0.0, floor=0.9 * bare.cvar)
    with pytest.raises(InfeasibleError, match="keeps it beside the layers in force"):
        solved(options, Hedges(layers=(held,)), risk=floor)


@pytest.mark.parametrize("seed", range(6))
def test_a_floor_of_the_tail_may_need_a_layer(
    make_options: Callable[..., Options], seed: int
) -> None:
    options = make_options(seed, vehicles=4, events=2, scenarios=12)
    layer = stop_loss(options, 0.95, premium=0.0, limit=np.inf, share=1.0)
    hedges = hedges_of([layer])
    safest = CVaR(0.75, 1.0)
    bare = best_of_all(options, safest, Hedges())["none"]
    held = best_of_all(options, safest, hedges)["SL"]
    assert held > bare
    floor = 0.5 * (bare + held)
    between = CVaR(0.75, 0.0, floor=floor)
    with pytest.raises(InfeasibleError):
        allocate_from_menu(options, risk=between, stop=EXACT)
    plan, menu = solved(options, hedges, risk=between)
    assert menu.taken == Entry("SL", ("SL",))
    assert plan.cvar >= floor - 1e-6 * held
    row = plan.shadow_prices.filter(pl.col("kind") == "floor").row(0, named=True)
    assert (row["limit"], row["used"]) == (floor, plan.cvar)
    with pytest.raises(InfeasibleError):
        solved(options, hedges, risk=CVaR(0.75, 0.0, floor=1.01 * held))
