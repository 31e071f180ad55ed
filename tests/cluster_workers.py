"""Workers of a scheduler on this machine, and plans that must agree in every bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from numpy.testing import assert_array_equal
from polars.testing import assert_frame_equal

from auction.allocation import Allocation, Stop
from auction.cluster.address import library
from auction.risk import CVaR

RISK: Final = CVaR(0.9, 0.4)
STOP: Final = Stop(gap=1e-4, seconds=300.0)


class Unloadable:
    """Stands for a worker on which the engine is not installed."""

    def __init__(self, threads: int) -> None:
        raise ModuleNotFoundError(f"No module named 'auction' on any of {threads} threads")


def temporary() -> Any:
    """Return certificates that nobody signed but us."""
    return library().Security.temporary()


@contextmanager
def workers(count: int, *, security: Any = None, revived: bool = False) -> Iterator[Any]:
    """Start a scheduler with so many workers of one thread; ``revived``: those lost come back."""
    with library().LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        security=security,
        protocol="tls" if security is not None else "tcp",
        dashboard_address=":0",
        memory_limit=0,
        silence_logs=50,
    ) as started:
        if not revived:
            for one in started.workers.values():
                one.close_gracefully()
        yield started


def pids(cluster: Any) -> list[int]:
    """Return the processes of the workers, by their names."""
    return [cluster.workers[name].pid for name in sorted(cluster.workers)]


def same(one: Allocation, other: Allocation) -> None:
    """Assert that two plans agree in every bit."""
    assert (one.objective, one.bound, one.expected) == (
        other.objective,
        other.bound,
        other.expected,
    )
    assert (one.cvar, one.status) == (other.cvar, other.status)
    for name in ("chosen", "positions", "runner_up", "margin", "scenario_total", "volume_loss"):
        assert_array_equal(getattr(one, name), getattr(other, name))
    assert_frame_equal(one.shadow_prices, other.shadow_prices, check_exact=True)
    for name in ("weights", "slot_price", "scarcest", "each", "scarcest_more"):
        assert_array_equal(getattr(one.charges, name), getattr(other.charges, name))
