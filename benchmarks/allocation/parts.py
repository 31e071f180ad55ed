"""The parts of the benchmark: which fleets, and what is asked of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from benchmarks.allocation.exact import Compared, compare
from benchmarks.allocation.extremes import EXTREMES, extreme_of
from benchmarks.allocation.fleets import FAMILIES, draw, family
from benchmarks.allocation.measured import RISK, Fleet, Measured, measure
from benchmarks.allocation.plot import plot
from benchmarks.allocation.replan import Replanned, replan, replan_of
from benchmarks.allocation.under_rules import Ruled, rules_of, under_rules
from benchmarks.allocation.verdict import (
    Row,
    exact_of,
    gap_of,
    growth_of,
    limits_of,
    peer_of,
    threads_of,
)

if TYPE_CHECKING:
    from benchmarks.allocation.spread import Spread

#: Kinds of fleets that large ones are planned of.
LARGE: Final = ("tight", "scarce", "many segments")
#: Sizes from which the growth is drawn; the last three are those it is judged by.
GROWTH: Final = (10_000, 30_000, 100_000, 300_000, 1_000_000)


@dataclass(slots=True)
class Found:
    """What the parts measured so far."""

    small: list[Compared] = field(default_factory=list)
    fleets: list[Measured] = field(default_factory=list)
    replanned: list[Replanned] = field(default_factory=list)
    ruled: list[Ruled] = field(default_factory=list)
    spread: list[Spread] = field(default_factory=list)

    def planned(self, kind: str, vehicles: int, **more: int) -> Measured:
        """Plan a fleet, and keep what was measured."""
        self.fleets.append(measure(Fleet(kind, vehicles, **more)))
        return self.fleets[-1]

    def told(self) -> dict[str, Any]:
        """Return all that was measured, as JSON takes it."""
        return {
            "exact": [one.told for one in self.small],
            "fleets": [*map(asdict, self.fleets)],
            "replanned": [*map(asdict, self.replanned)],
            "ruled": [*map(asdict, self.ruled)],
            "spread": [*map(asdict, self.spread)],
        }


def _exact(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    found.small += map(compare, range(asked.instances))
    yield from exact_of(found.small)


def _peer(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    from benchmarks.allocation.whole import solve_whole

    ours = found.planned("tight", 10_000, scenarios=500)
    options = draw(family("tight"), 10_000, scenarios=500)
    peers = [solve_whole(options, RISK, name, asked.patience) for name in ("ipm", "simplex")]
    yield from peer_of(ours, peers)


def _families(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    for kind in FAMILIES:
        for seed in range(1, asked.seeds + 1):
            yield gap_of(found.planned(kind.name, 10_000, seed=seed))


def _threads(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    del asked
    for kind in FAMILIES:
        two = found.planned(kind.name, 10_000, seed=1)
        yield threads_of(two, found.planned(kind.name, 10_000, threads=1))


def _replan(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    del asked
    for name in LARGE:
        found.replanned.append(replan(Fleet(name, 100_000)))
        yield from replan_of(found.replanned[-1])


def _hundred(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    del asked
    for name in LARGE:
        yield from limits_of(found.planned(name, 100_000), seconds=6.0, memory=3.0)


def _rules(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    for seed in range(1, asked.seeds + 1):
        found.ruled.append(under_rules(Fleet("every rule", asked.vehicles, seed=seed)))
        yield from rules_of(found.ruled[-1])


def _extremes(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    del found
    for seed in range(1, asked.seeds + 1):
        yield from (extreme_of(one, seed) for one in EXTREMES)


def _cluster(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    from benchmarks.allocation.spread import spread, spread_of

    found.spread.append(spread(Fleet("tight", asked.vehicles)))
    yield from spread_of(found.spread[-1])


def _million(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    del asked
    yield from limits_of(found.planned("tight", GROWTH[-1]), seconds=75.0, memory=8.0)


def _growth(asked: argparse.Namespace, found: Found) -> Iterator[Row]:
    several = [
        [found.planned("tight", size, seed=seed) for seed in range(1, asked.seeds + 1)]
        for size in GROWTH
    ]
    yield from (gap_of(one) for fleets in several for one in fleets)
    yield growth_of(*several[-3:])
    if asked.plot is not None:
        plot([fleets[0] for fleets in several], asked.plot)


PARTS: Final[dict[str, Callable[[argparse.Namespace, Found], Iterator[Row]]]] = {
    "exact": _exact,
    "peer": _peer,
    "families": _families,
    "threads": _threads,
    "replan": _replan,
    "hundred": _hundred,
    "rules": _rules,
    "extremes": _extremes,
    "cluster": _cluster,
    "million": _million,
    "growth": _growth,
}
