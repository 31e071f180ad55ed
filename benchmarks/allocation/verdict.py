"""What must be reached, beside what was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.allocation.exact import EQUAL, Compared, rules_of
from benchmarks.allocation.measured import Fleet, Measured

if TYPE_CHECKING:
    from benchmarks.allocation.whole import Peer

_GAP: Final = 1e-6
_FASTER: Final = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be reached."""

    measure: str
    where: str
    value: float
    target: str
    reached: bool


def name_of(fleet: Fleet) -> str:
    """How a fleet is called in the table."""
    shape = f"{fleet.vehicles:,} x {fleet.slots} x {fleet.scenarios:,}"
    return f"{fleet.kind} {shape}, seed {fleet.seed}"


def gap_of(one: Measured) -> Row:
    """The proven gap of a plan in whole numbers."""
    return Row("gap", name_of(one.fleet), one.gap, f"<= {_GAP:g}", one.gap <= _GAP)


def limits_of(one: Measured, seconds: float, memory: float) -> Iterator[Row]:
    """Gap, time and memory of a plan; the processor's time beside the clock's."""
    where = f"{name_of(one.fleet)} ({one.processor:.1f} s of the processor)"
    yield gap_of(one)
    yield Row("seconds", where, one.seconds, f"<= {seconds:g}", one.seconds <= seconds)
    yield Row("GiB", name_of(one.fleet), one.memory, f"<= {memory:g}", one.memory <= memory)


def growth_of(
    small: Sequence[Measured], middle: Sequence[Measured], large: Sequence[Measured]
) -> Row:
    """Processor time of a further vehicle, beyond the middle fleets over before them.

    Fleets drawn anew take a cut or a step more or less: several of each size are averaged.
    """
    (one, least), (two, between), (three, most) = map(_mean, (small, middle, large))
    early, late = (between - least) / (two - one), (most - between) / (three - two)
    where = f"{large[0].fleet.kind}, {one:,.0f} to {three:,.0f}, {len(large)} of each"
    return Row("marginal time", where, late / early, "<= 1", late <= early)


def _mean(fleets: Sequence[Measured]) -> tuple[float, float]:
    """Return vehicles, and the mean of the processor's time."""
    vehicles = {one.fleet.vehicles for one in fleets}
    assert len(vehicles) == 1
    return vehicles.pop(), sum(one.processor for one in fleets) / len(fleets)


def threads_of(one: Measured, other: Measured) -> Row:
    """Whether the plan, its proof and its prices are the same to the bit."""
    same = one.bits == other.bits
    return Row("other bits", f"{name_of(one.fleet)}, 2 threads and 1", float(not same), "0", same)


def exact_of(compared: Sequence[Compared]) -> Iterator[Row]:
    """Whether small instances with every rule in some have the optimum found another way."""
    rules = rules_of(compared)
    none = rules.pop("no plan")
    where = f"{len(compared):,} instances up to 60 x 8 x 20, {none:,} of them without a plan"
    wrong = [one.number for one in compared if not one.equal]
    named = f"{where}; numbers {', '.join(map(str, wrong[:10]))}" if wrong else where
    yield Row("answers unlike the peer's", named, float(len(wrong)), "0", not wrong)
    apart = max(one.apart for one in compared)
    yield Row("objective apart", where, apart, f"<= {EQUAL:g}", apart <= EQUAL)
    late = sum(not one.decided for one in compared)
    unproven = sum(not one.settled for one in compared)
    yield Row("proven by neither", f"{where}, {late} by the plan's own bound alone",
              float(unproven), "0", unproven == 0)  # fmt: skip
    rule, fewest = min(rules.items(), key=lambda item: (item[1], item[0]))
    yield Row("instances with the rarest rule", f"{len(rules)} rules, {rule}", float(fewest),
              ">= 1", fewest >= 1)  # fmt: skip


def peer_of(ours: Measured, peers: Sequence[Peer]) -> Iterator[Row]:
    """How much longer the faster peer takes, and how far its optimum lies from the bound."""
    done = [peer for peer in peers if peer.objective == peer.objective]
    fastest = min(done or peers, key=lambda peer: peer.seconds)
    where = f"{name_of(ours.fleet)}, HiGHS {fastest.method}"
    ratio = fastest.seconds / ours.seconds
    yield Row("times faster", where, ratio, f">= {_FASTER:g}", ratio >= _FASTER)
    by_processor = fastest.processor / ours.processor
    yield Row("times less of the processor", where, by_processor, f">= {_FASTER:g}",
              by_processor >= _FASTER)  # fmt: skip
    apart = abs(fastest.objective / ours.bound - 1.0)
    yield Row("objective apart", where, apart, f"<= {_GAP:g}", apart <= _GAP)
    yield gap_of(ours)
