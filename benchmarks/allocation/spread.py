"""One fleet planned by workers in processes of their own, against one process with threads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from auction.allocation import Allocation, Stop, allocate
from auction.allocation.passes import Executor
from auction.cluster import Cluster
from auction.cluster.address import library
from auction.options import Options
from benchmarks.allocation.fleets import draw, family
from benchmarks.allocation.measured import RISK, Fleet
from benchmarks.allocation.verdict import Row, name_of

_GAP: Final = 1e-6
_ROUNDS: Final = 2
_OVERHEAD: Final = 0.3


@dataclass(frozen=True, slots=True)
class Spread:
    """What came out.

    Parameters
    ----------
    fleet : Fleet
        What was planned; as many workers of one thread as it has threads.
    alone, together : (float, float)
        Seconds on the clock, and of this process's processor: in this process with the fleet's
        threads, and with workers that hold the values already. The faster of two.
    scatter : float
        Seconds in which the values were sent.
    trips : int
        Round trips of one plan.
    sent, received : int
        Bytes of arrays that travelled for it, the values apart.
    values : int
        Bytes of the values.
    same : bool
        Whether the plans have the same bits.
    """

    fleet: Fleet
    alone: tuple[float, float]
    together: tuple[float, float]
    scatter: float
    trips: int
    sent: int
    received: int
    values: int
    same: bool


def spread(fleet: Fleet) -> Spread:
    """Plan a fleet in this process and on workers, by TLS, and compare."""
    allocate(draw(family("tight"), 300, scenarios=64), risk=RISK)  # loads the solvers
    options = draw(family(fleet.kind), fleet.vehicles, fleet.slots, fleet.scenarios, fleet.seed)
    security = library().Security.temporary()
    with (
        library().LocalCluster(
            n_workers=fleet.threads,
            threads_per_worker=1,
            processes=True,
            security=security,
            protocol="tls",
            dashboard_address=":0",
            memory_limit=0,
        ) as started,
        Cluster(started.scheduler_address, security=security) as cluster,
    ):
        begin = time.perf_counter()
        cluster.place(options)
        scatter, values = time.perf_counter() - begin, cluster.traffic.sent
        trips, received = cluster.traffic.trips, cluster.traffic.received
        rounds = [(_timed(fleet, options), _timed(fleet, options, cluster)) for _ in range(_ROUNDS)]
        traffic = cluster.traffic
        return Spread(
            fleet,
            min(one[1] for one, _ in rounds),
            min(other[1] for _, other in rounds),
            scatter,
            (traffic.trips - trips) // _ROUNDS,
            (traffic.sent - values) // _ROUNDS,
            (traffic.received - received) // _ROUNDS,
            options.coefficient.nbytes,
            all(_alike(one[0], other[0]) for one, other in rounds),
        )


def spread_of(one: Spread) -> Iterator[Row]:
    """Bits and overhead; what travelled is told beside them."""
    where = f"{name_of(one.fleet)}, {one.fleet.threads} workers"
    yield Row("other bits", where, float(not one.same), "0", one.same)
    overhead = one.together[0] / one.alone[0] - 1.0
    beside = f"{where} ({one.together[0]:.1f} s, {one.alone[0]:.1f} s alone)"
    yield Row("overhead", beside, overhead, f"<= {_OVERHEAD:g}", overhead <= _OVERHEAD)
    processor = f"{where} (this process; {one.alone[1]:.1f} s alone)"
    yield Row("seconds of the processor", processor, one.together[1], ">= 0", True)
    size = f"{where} ({one.values / 2**20:.0f} MiB of values)"
    yield Row("seconds to send the values", size, one.scatter, ">= 0", True)
    yield Row("round trips", where, float(one.trips), ">= 0", True)
    yield Row("MiB sent", where, one.sent / 2**20, ">= 0", True)
    yield Row("MiB received", where, one.received / 2**20, ">= 0", True)


def _timed(
    fleet: Fleet, options: Options, executor: Executor | None = None
) -> tuple[Allocation, tuple[float, float]]:
    stop = Stop(gap=_GAP, seconds=fleet.seconds)
    begin, used = time.perf_counter(), time.process_time()
    found = allocate(options, risk=RISK, stop=stop, threads=fleet.threads, executor=executor)
    return found, (time.perf_counter() - begin, time.process_time() - used)


def _alike(one: Allocation, other: Allocation) -> bool:
    figures = (one.objective, one.bound) == (other.objective, other.bound)
    prices = one.shadow_prices.equals(other.shadow_prices)
    return figures and prices and bool((one.chosen == other.chosen).all())
