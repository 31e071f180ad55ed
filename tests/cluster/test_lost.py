"""Workers that are killed in the middle of a search, and searches that are broken off."""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from auction.allocation import Allocation, allocate
from auction.cluster import Cluster
from auction.errors import ClusterError
from auction.options import Options
from benchmarks.allocation.fleets import draw, family
from cluster_workers import RISK, STOP, pids, same


@pytest.fixture(scope="module")
def fleet() -> Options:
    return draw(family("tight"), 4_200, slots=6, scenarios=32, seed=9)


@pytest.fixture(scope="module")
def here(fleet: Options) -> Allocation:
    return allocate(fleet, risk=RISK, stop=STOP)


def after(cluster: Cluster, trips: int, act: Callable[[], object]) -> threading.Thread:
    """Do something from another thread once so many round trips have begun."""

    def wait() -> None:
        while cluster.traffic.trips < trips:
            time.sleep(0.0005)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("trips", [1, 6, 13])
def test_a_lost_worker_changes_no_bit(
    start: Callable[..., Any], fleet: Options, here: Allocation, trips: int
) -> None:
    with start(2) as started, Cluster(started.scheduler_address) as cluster:
        cluster.place(fleet)
        victim = pids(started)[0]
        thread = after(cluster, cluster.traffic.trips + trips, lambda: kill(victim))
        found = allocate(fleet, risk=RISK, stop=STOP, executor=cluster)
        thread.join()
        same(found, here)
        # the one that is left holds both blocks from now on
        same(allocate(fleet, risk=RISK, stop=STOP, executor=cluster), here)
        assert len(cluster._client.nthreads()) == 1


@pytest.mark.slow
def test_a_worker_that_comes_back_knows_nothing_and_is_told_all(
    start: Callable[..., Any], fleet: Options, here: Allocation
) -> None:
    with start(1, revived=True) as started, Cluster(started.scheduler_address) as cluster:
        cluster.place(fleet)
        told = allocate(fleet, risk=RISK, stop=STOP, start=here, churn=40.0)
        # what it is told first is told in brief, and rests on what the lost one held
        kill(pids(started)[0])
        found = allocate(fleet, risk=RISK, stop=STOP, start=here, churn=40.0, executor=cluster)
        same(found, told)


def test_without_any_worker_left_the_search_ends_in_words(
    start: Callable[..., Any], fleet: Options
) -> None:
    with start(2) as started, Cluster(started.scheduler_address, patience=1.0) as cluster:
        cluster.place(fleet)
        for process in pids(started):
            kill(process)
        with pytest.raises(ClusterError, match=r"no worker.* within 1 s"):
            allocate(fleet, risk=RISK, stop=STOP, executor=cluster)


def test_a_scheduler_without_workers_is_told_of(start: Callable[..., Any]) -> None:
    with (
        start(0) as started,
        pytest.raises(ClusterError, match=r"has no worker, and none came within 0\.5 s"),
    ):
        Cluster(started.scheduler_address, patience=0.5)


def test_an_interrupt_keeps_the_plan_and_the_cluster(
    pair: Any, security: Any, fleet: Options, here: Allocation
) -> None:
    with Cluster(pair.scheduler_address, security=security) as cluster:
        cluster.place(fleet)
        threads = []

        def begun(stage: str, share: float | None, message: str) -> None:
            del share, message
            if stage == "start":
                threads.append(after(cluster, cluster.traffic.trips + 1, _thread.interrupt_main))

        found = allocate(fleet, risk=RISK, stop=STOP, executor=cluster, progress=begun)
        threads[0].join()
        assert found.status == "interrupted"
        assert found.objective <= here.bound
        same(allocate(fleet, risk=RISK, stop=STOP, executor=cluster), here)
