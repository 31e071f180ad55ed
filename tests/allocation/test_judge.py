"""Policies judged in worlds that they have not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

import residual
from auction.policies import (
    Greedy,
    Grid,
    NearestAuction,
    Optimal,
    Task,
    halves,
    judge,
    judge_in,
    take_in_order,
    world,
)
from auction.policies.ahead import ahead, ahead_in_measure, ahead_in_tail
from auction.policies.worlds import misjudged, with_room
from auction.risk import CVaR
from auction.situation import Situation
from auction.workspace import Workspace, load_workspace
from small_workspace import cut_sample

SCENARIOS = 64


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("judge") / "small"
    return load_workspace(cut_sample(folder, vehicles=24, sales=600, scenarios=SCENARIOS, weeks=4))


@pytest.fixture(scope="module")
def parts(workspace: Workspace) -> tuple[Workspace, Workspace]:
    return halves(workspace, 0.6)


@pytest.fixture(scope="module")
def worlds(parts: tuple[Workspace, Workspace]) -> tuple[Situation, Situation]:
    known, unseen = parts
    return world(known, SCENARIOS, 7), world(unseen, SCENARIOS, 11)


@dataclass(frozen=True)
class Backwards:
    """A user's own: the best moves last."""

    name: str = "backwards"

    def choose(self, task: Task) -> NDArray[np.int64]:
        return take_in_order(task.problem, np.argsort(task.problem.mean).astype(np.int64))


def test_neither_half_holds_what_the_other_learns_from(
    workspace: Workspace, parts: tuple[Workspace, Workspace]
) -> None:
    known, unseen = (part.tables["sales"] for part in parts)
    sales = workspace.tables["sales"]
    assert known.height > 200
    assert unseen.height > 100
    assert known.height + unseen.height <= sales.height
    assert set(known["vehicle_id"]).isdisjoint(unseen["vehicle_id"])
    ended = known.select(pl.max_horizontal("offered_on", "closed_on").max()).item()
    assert ended < unseen["offered_on"].min()
    assert parts[0].tables["vehicles"].equals(workspace.tables["vehicles"])


def test_a_half_without_offerings_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="without past offerings"):
        halves(workspace, 0.0)


def test_a_policy_of_one_s_own_is_judged_on_a_workspace(
    parts: tuple[Workspace, Workspace],
) -> None:
    grid = Grid(room=(0.01, 2.0), bidders=(1.0, 1.5), spread=(1.0,))
    told: list[float | None] = []
    policies = (Optimal(), Backwards(), Greedy())

    def tell(_: str, done: float | None, __: str) -> None:
        told.append(done)

    table = judge(*parts, policies, grid=grid, scenarios=SCENARIOS, progress=tell)
    assert table.height == 2 * 3 * 3
    assert table["policy"].to_list() == ["plan", "backwards", "greedy"] * 6
    assert set(table["ours"]) == {"plan"}
    own = table.filter(pl.col("policy") == "plan")
    assert (own["ahead"] == 0.0).all()
    assert (own["measure_ahead_high"] == 0.0).all()
    last = table.filter(pl.col("policy") == "backwards")
    assert (last["ahead_low"] > 0.0).all()
    assert (table["binds"] == (table["room"] == 0.01)).all()
    apart = own["mean"].to_numpy() - last["mean"].to_numpy()
    assert last["ahead"].to_numpy() == pytest.approx(apart)
    assert all(share is not None and 0.0 <= share <= 1.0 for share in told)
    again = judge(*parts, policies, grid=grid, scenarios=SCENARIOS, threads=2)
    assert again.equals(table)


def test_several_are_held_against_all(
    workspace: Workspace, worlds: tuple[Situation, Situation]
) -> None:
    policies = (Greedy(), NearestAuction(), Backwards())
    table = judge_in(workspace, *worlds, policies, ours=2)
    pairs = table.select("ours", "policy").rows()
    assert pairs == [*product(("greedy", "nearest_auction"), [p.name for p in policies])]
    one = table.filter(pl.col("ours") == "greedy", pl.col("policy") == "nearest_auction")
    other = table.filter(pl.col("ours") == "nearest_auction", pl.col("policy") == "greedy")
    assert one["cvar_ahead"].item() == pytest.approx(-other["cvar_ahead"].item())
    assert one["cvar_ahead_low"].item() == pytest.approx(-other["cvar_ahead_high"].item())


def test_policies_need_names_of_their_own(
    workspace: Workspace, worlds: tuple[Situation, Situation]
) -> None:
    for policies in ((), (Greedy(), Greedy())):
        with pytest.raises(ValueError, match="no two of the same name"):
            judge_in(workspace, *worlds, policies)


def test_a_world_as_fitted_is_judged_once() -> None:
    grid = Grid(bidders=(0.5, 1.0), spread=(1.0, 1.5))
    cells = [*grid.others()]
    assert len(cells) == 7
    assert [cell for cell in cells if cell[1:] == (1.0, 1.0)] == [("values", 1.0, 1.0)]
    assert [*Grid(kept=("hammers",)).others()] == [("hammers", 1.0, 1.0)]


@pytest.mark.parametrize(
    "wrong", [{"room": ()}, {"bidders": (0.0,)}, {"spread": (np.inf,)}, {"kept": ("reserves",)}]
)
def test_a_grid_that_makes_no_sense_is_refused(wrong: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match=r"grid|kept"):
        Grid(**wrong)  # type: ignore[arg-type]


def test_room_is_scaled_where_there_is_any(worlds: tuple[Situation, Situation]) -> None:
    market = worlds[0].market
    venues = market.venues.with_columns(
        weekly_units=pl.Series([None, 3.0, 1.0, *[None] * (market.venues.height - 3)])
    )
    half = with_room(replace(market, venues=venues), 0.5)
    assert half.venues["weekly_units"].to_list()[:3] == [None, 1.0, 1.0]
    assert market.events is not None
    assert half.events is not None
    for before, after in zip(market.events["capacity"], half.events["capacity"], strict=True):
        assert after == max(before // 2, min(before, 1))


@pytest.mark.parametrize(("bidders", "spread"), [(0.5, 1.5), (1.5, 0.5)])
def test_other_bidders_leave_values_or_hammers_as_they_were(
    bidders: float, spread: float, worlds: tuple[Situation, Situation]
) -> None:
    there = worlds[1]
    unit = np.arange(there.vehicles.height)
    venue = np.zeros(unit.size, dtype=np.int64)

    def hammer(world: Situation) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        crowd, factor = world.bidding(unit, venue)
        second = np.array([residual.second_highest_moments(float(count))[0] for count in crowd])
        return factor, factor + world.book.sale_spread * second

    value, price = hammer(there)
    found = {
        kept: hammer(misjudged(there, bidders, spread, kept)) for kept in ("values", "hammers")
    }
    assert found["values"][0] == pytest.approx(value)
    assert (np.abs(found["values"][1] - price) > 0.01).all()
    assert found["hammers"][1] == pytest.approx(price)
    assert (np.abs(found["hammers"][0] - value) > 0.01).all()


def test_differences_are_those_of_the_same_scenarios() -> None:
    rng = np.random.default_rng(5)
    common = rng.normal(0.0, 100.0, 4_000)
    one, other = common + 3.0, common + rng.normal(0.0, 1.0, 4_000)
    risk = CVaR(0.9, 0.25)
    mean, tail, blend = (
        ahead(one, other), ahead_in_tail(one, other, risk), ahead_in_measure(one, other, risk)
    )  # fmt: skip
    assert mean.value == pytest.approx(3.0, abs=0.1)
    assert mean.error < 0.05
    assert mean.low < 3.0 < mean.high
    assert tail.value == pytest.approx(risk.tail(one)[0] - risk.tail(other)[0])
    assert blend.value == pytest.approx(0.75 * mean.value + 0.25 * tail.value)
    assert ahead_in_measure(one, other, CVaR(0.9, 0.0)).error == pytest.approx(mean.error)
    assert ahead_in_measure(one, other, CVaR(0.9, 1.0)).error == pytest.approx(tail.error)


def test_intervals_of_tails_hold_as_often_as_they_should() -> None:
    """The true difference is told by many scenarios; mirrored pairs make the draws."""
    rng = np.random.default_rng(9)
    risk, held = CVaR(0.9, 0.5), 0

    def drawn(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        half = rng.normal(0.0, 1.0, (n // 2, 2))
        market = np.stack([half, -half], axis=1).reshape(-1, 2)
        return 2.0 * market[:, 0], 1.5 * market[:, 0] + 0.5 * market[:, 1] - 0.1

    true = ahead_in_tail(*drawn(2_000_000), risk).value
    for _ in range(300):
        found = ahead_in_tail(*drawn(1_000), risk)
        held += found.low <= true <= found.high
    assert 0.91 <= held / 300 <= 0.99
