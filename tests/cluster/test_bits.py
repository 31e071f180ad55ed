"""A plan made on workers has the bits of one made here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from auction.allocation import Allocation, Constraints, Limit, Stop, allocate, search
from auction.allocation.passes import Here, Near, Passes
from auction.cluster import Cluster
from auction.hedges import Hedges, Position
from auction.option_table import OptionTable
from auction.options import Options
from benchmarks.allocation.fleets import draw, family
from cluster_workers import RISK, STOP, same


@pytest.fixture(scope="module")
def fleet() -> Options:
    """Enough vehicles for four blocks, few scenarios; re-runs use parts of slots."""
    return draw(family("reruns"), 4_200, slots=6, scenarios=32, seed=5)


@pytest.fixture(scope="module")
def here(fleet: Options) -> Allocation:
    return allocate(fleet, risk=RISK, stop=STOP)


@pytest.mark.parametrize("blocks", [1, 3, 64])
def test_blocks_do_not_change_a_bit(
    pair: Any, security: Any, fleet: Options, here: Allocation, blocks: int
) -> None:
    with Cluster(pair.scheduler_address, security=security, blocks=blocks) as cluster:
        same(allocate(fleet, risk=RISK, stop=STOP, executor=cluster), here)


@pytest.mark.parametrize("count", [1, 3])
def test_workers_do_not_change_a_bit(
    start: Callable[..., Any], fleet: Options, here: Allocation, count: int
) -> None:
    with start(count) as started, Cluster(started.scheduler_address) as cluster:
        same(allocate(fleet, risk=RISK, stop=STOP, executor=cluster), here)


def test_a_narrowed_search_does_not_change_a_bit(
    pair: Any, security: Any, fleet: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEAR_COLUMNS", 300)
    told = allocate(fleet, risk=RISK, stop=Stop(gap=1e-7))
    with Cluster(pair.scheduler_address, security=security) as cluster:
        same(allocate(fleet, risk=RISK, stop=Stop(gap=1e-7), executor=cluster), told)


def test_values_are_sent_once_and_stay(pair: Any, security: Any, fleet: Options) -> None:
    with Cluster(pair.scheduler_address, security=security) as cluster:
        cluster.place(fleet)
        placed = cluster.traffic.sent
        assert fleet.coefficient.nbytes < placed < 2 * fleet.coefficient.nbytes
        first = allocate(fleet, risk=RISK, stop=STOP, executor=cluster)
        trips, sent = cluster.traffic.trips, cluster.traffic.sent
        handed = {"executor": cluster, "compiled": first.compiled}
        same(allocate(fleet, risk=RISK, stop=STOP, **handed), first)
        again = cluster.traffic.sent - sent
        assert cluster.traffic.trips < 2 * trips
        # what both solves have in common is compiled and sent once: the second sends prices alone
        assert 0 < again < 0.5 * (sent - placed)
        assert trips <= 30
        changed, sent = replace(fleet, coefficient=fleet.coefficient.copy()), cluster.traffic.sent
        cluster.place(changed)
        assert cluster.traffic.sent == sent
        changed.coefficient[0] += 1.0
        cluster.place(changed)
        assert cluster.traffic.sent > sent + fleet.coefficient.nbytes


def test_the_cost_of_moving_is_sent_without_the_values(
    pair: Any, security: Any, fleet: Options, here: Allocation
) -> None:
    told = allocate(fleet, risk=RISK, stop=STOP, start=here, churn=40.0)
    coefficient = fleet.coefficient.copy()
    coefficient[::3, 0] -= 7.0
    charged = replace(fleet, coefficient=coefficient)
    other = replace(fleet, coefficient=coefficient * 1.5)
    column = np.arange(fleet.vehicle.size)
    start = np.searchsorted(fleet.vehicle, np.arange(4_201)).astype(np.int64)
    rest = start, column, sparse.csc_array(fleet.use), np.full(column.size, -1)
    at = fleet.moments(np.full(32, 1.0 / 32)), np.zeros(fleet.use.shape[0]), np.zeros(0)
    with Cluster(pair.scheduler_address, security=security) as cluster:
        for options, numbers in ((fleet, None), (charged, 1), (fleet, 1), (other, None)):
            sent = cluster.traffic.sent
            cluster.place(options)
            sent = cluster.traffic.sent - sent
            if numbers is None:
                assert sent >= options.coefficient.nbytes
            else:
                assert sent == 8 * numbers * column.size
            found = cluster.passes(options, *rest).best(*at)
            for one, two in zip(found, Here().passes(options, *rest).best(*at), strict=True):
                assert_array_equal(one, two)
        cluster.place(fleet)
        sent = cluster.traffic.sent
        same(allocate(fleet, risk=RISK, stop=STOP, start=here, churn=40.0, executor=cluster), told)
        assert cluster.traffic.sent - sent < fleet.coefficient.nbytes


def test_values_that_were_written_into_are_not_taken_for_those_that_were_sent(
    pair: Any, security: Any, fleet: Options
) -> None:
    ours = replace(fleet, coefficient=fleet.coefficient.copy())
    moved = replace(fleet, coefficient=fleet.coefficient[::-1].copy())
    told, other = (allocate(each, risk=RISK, stop=STOP) for each in (fleet, moved))
    with Cluster(pair.scheduler_address, security=security) as cluster:
        first = allocate(ours, risk=RISK, stop=STOP, executor=cluster)
        same(first, told)
        handed = {"executor": cluster, "compiled": first.compiled}
        ours.coefficient[:] = moved.coefficient
        # a copy of what was sent, while the arrays that were sent from hold something else
        same(allocate(fleet, risk=RISK, stop=STOP, **handed), told)
        same(allocate(ours, risk=RISK, stop=STOP, **handed), other)
        ours.coefficient[:, 1:] = fleet.coefficient[:, 1:]
        ours.coefficient[:, 0] = fleet.coefficient[:, 0]
        same(allocate(ours, risk=RISK, stop=STOP, executor=cluster), told)


def test_rules_hedges_and_the_last_plan_do_not_change_a_bit(pair: Any, security: Any) -> None:
    options = draw(family("scarce"), 2_100, slots=6, scenarios=32, seed=6)
    channel = pl.Series("channel", options.frame["channel"].cast(pl.String))
    rng = np.random.default_rng(7)
    dealer = pl.when(pl.Series(rng.random(options.vehicle.size) < 0.1)).then(pl.lit("D"))
    held = channel == "hold"
    frame = options.frame.with_columns(
        channel, offer_id=pl.when(~held).then(dealer), distance_km=pl.lit(1.0)
    )
    options = replace(options, table=OptionTable.of(frame))
    given: dict[str, Any] = {
        "constraints": Constraints(
            limits=(Limit("channel", "auction", max_units=900),), sacrifice_rate=0.5
        ),
        "offers": pl.DataFrame({"offer_id": ["D"], "min_units": [20], "max_units": [60]}),
        "hedges": Hedges({}, (Position("P", "bank", 5, rng.normal(200.0, 500.0, 32)),)),
        "risk": RISK,
        "stop": STOP,
    }
    last = allocate(options, risk=RISK, stop=STOP, offers=given["offers"])
    told = allocate(options, **given, start=last, churn=40.0)
    with Cluster(pair.scheduler_address, security=security) as cluster:
        found = allocate(options, **given, start=last, churn=40.0, executor=cluster)
    same(found, told)
    assert found.positions.sum() > 0.0
    assert (found.charges.slot_price > 0.0).any()


def told_of(near: Near) -> tuple[np.ndarray[Any, Any], ...]:
    return (near.best, near.free, near.columns, *near.settled)


def test_passes_answer_as_those_of_this_process(pair: Any, security: Any, fleet: Options) -> None:
    rng = np.random.default_rng(8)
    column = np.flatnonzero(
        (rng.random(fleet.vehicle.size) < 0.7) | (np.arange(fleet.vehicle.size) % 6 == 5)
    )
    start = np.searchsorted(fleet.vehicle[column], np.arange(4_201)).astype(np.int64)
    use = sparse.csc_array(sparse.csr_array(fleet.use)[:, column])
    offer = rng.integers(-1, 2, column.size)
    at = (
        fleet.moments(rng.dirichlet(np.ones(32))),
        rng.exponential(200.0, use.shape[0]),
        rng.exponential(50.0, 2),
    )
    local = Here().passes(fleet, start, column, use, offer)
    with Cluster(pair.scheduler_address, security=security, blocks=3) as cluster:
        remote = cluster.passes(fleet, start, column, use, offer)
        some = np.flatnonzero(rng.random(4_200) < 0.3)
        few = rng.permutation(column.size)[:500]
        taken = np.sort(few)
        share = rng.random(few.size)
        floor = local.best(*at)[1] - 300.0
        room, offered = np.full(use.shape[0], 60.0), np.array([40.0, 300.0])
        order = rng.permutation(column.size)[:9_000]
        vehicle = fleet.vehicle[column]
        chosen = local.take(order, vehicle[order], room, offered)
        left = rng.permutation(np.flatnonzero(chosen < 0))
        asks: list[Callable[[Passes], Any]] = [
            lambda passes: passes.best(*at),
            lambda passes: passes.best(*at, 1, some),
            lambda passes: passes.best(*at, 1, some[:0]),
            lambda passes: told_of(passes.near(300.0, at)),
            lambda passes: told_of(passes.near(300.0, at, 1, some)),
            lambda passes: told_of(passes.near(300.0, at, 1, some[:0])),
            lambda passes: told_of(passes.near(-1.0, at)),
            lambda passes: told_of(passes.near(np.inf, at)),
            lambda passes: passes.worths(few, *at),
            lambda passes: passes.worths(np.arange(column.size), *at),
            lambda passes: passes.worths(few[:0], *at),
            lambda passes: passes.worths_at(few, [at, (2.0 * at[0], *at[1:])]),
            lambda passes: passes.worths_at(few, []),
            lambda passes: passes.above(some, floor[some], *at),
            lambda passes: passes.above(some[:0], floor[:0], *at),
            lambda passes: passes.sums(taken, share),
            lambda passes: passes.sums(taken[:3], np.ones(3)),
            lambda passes: passes.sums(taken[:0], share[:0]),
            lambda passes: passes.used(taken),
            lambda passes: passes.dearest(5, 900, at[1]),
            lambda passes: passes.take(order, vehicle[order], room, offered),
            lambda passes: passes.serve(chosen, left, room, offered, *at),
            lambda passes: passes.serve(chosen, left[:0], room, offered, *at),
        ]
        for ask in asks:
            told, found = ask(local), ask(remote)
            if not isinstance(told, tuple):
                told, found = (told,), (found,)
            for one, other in zip(found, told, strict=True):
                assert_array_equal(one, other)
        # nearness is what the passes before it make of it
        best, top, second = local.best(*at, 1, some)
        near, free = remote.near(300.0, at, 1, some), second >= top - 300.0
        assert 0 < free.sum() < free.size
        assert_array_equal(near.free, free)
        assert_array_equal(near.columns, local.above(some[free], top[free] - 300.0, *at)[1])
        settled = best[~free]
        for one, other in zip(
            near.settled, local.sums(settled, np.ones(settled.size)), strict=True
        ):
            assert_array_equal(one, other)
        kept = np.unique(np.concatenate([taken, start[:-1]]))
        first = np.searchsorted(vehicle[kept], np.arange(4_201)).astype(np.int64)
        narrow = (kept, first, sparse.csc_array(use[:, kept]), offer[kept])
        for one, other in zip(
            remote.within(*narrow).best(*at), local.within(*narrow).best(*at), strict=True
        ):
            assert_array_equal(one, other)
        with pytest.raises(ValueError, match="must ascend"):
            remote.sums(taken[::-1].copy(), share)
