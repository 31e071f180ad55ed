"""The allocator against every assignment there is, or against one model with every row in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auction.allocation import Constraints, Stop, allocate
from auction.hedges import Hedges
from auction.risk import CVaR
from benchmarks.allocation import written_out
from benchmarks.allocation.exact import EQUAL, compare, rules_of
from benchmarks.allocation.instances import instance
from benchmarks.allocation.small_fleets import SHAPES
from benchmarks.allocation.written_out import answer, judged, tail_mean, written

#: Further numbers than those that the benchmark takes.
FIRST, EACH = 10_000, 13


@pytest.mark.parametrize("place", range(len(SHAPES)), ids=[shape.name for shape in SHAPES])
def test_the_optimum_is_that_found_another_way(place: int) -> None:
    for number in range(FIRST + place, FIRST + EACH * len(SHAPES), len(SHAPES)):
        one = compare(number)
        assert one.equal, one
        assert one.apart <= EQUAL, one
        assert one.decided, one
        if np.isfinite(one.ours):
            assert one.bound >= one.ours * (1.0 - EQUAL), one


def test_the_instances_differ() -> None:
    """What is compared has each rule in several requests, some of which are not possible."""
    drawn = [instance(FIRST + number) for number in range(EACH * len(SHAPES))]
    found = {rule: sum(rule in one.rules for one in drawn) for one in drawn for rule in one.rules}
    assert len(found) == 22
    assert min(found.values()) >= 4
    assert max(len(one.options.vehicle_ids) for one in drawn) > 50
    assert max(one.options.scenarios for one in drawn) == 20
    none = rules_of(compare(FIRST + number) for number in range(30))["no plan"]
    assert 1 <= none <= 15


def test_the_peers_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every plan judged, and one model of them all, have the same best."""
    few = [written(instance(number)) for number in range(400)]
    few = [w for w in few if np.prod([len(own) for own in w.choice], dtype=float) <= 300][:40]
    every = [answer(asked).objective for asked in few]
    monkeypatch.setattr(written_out, "FEW", 0)
    model = [answer(asked) for asked in few]
    assert all(one.decided for one in model)
    assert [one.objective for one in model] == pytest.approx(every, rel=1e-9)
    assert sum(np.isfinite(each) for each in every) >= 20


def test_the_judge_by_hand() -> None:
    """Three plans of one vehicle and lots of a hedge that loses as much as it pays."""
    outcomes = np.array([[4.0, 1.0, 3.0, 2.0]])
    assert tail_mean(outcomes, 0.625) == pytest.approx([(1.0 + 0.5 * 2.0) / 1.5])
    one = instance(0)
    plain = replace(
        one, constraints=Constraints(), risk=CVaR(0.5, 0.25), hedges=Hedges(), offers=None,
        overrides=None,
    )  # fmt: skip
    asked = replace(written(plain), rows=[], groups=[])
    plan = np.array([[own[0] for own in asked.choice]])
    total = asked.net[plan[0]].sum(axis=0)
    worth = 0.75 * total.mean() + 0.25 * tail_mean(total[None, :], 0.5)[0]
    assert judged(asked, plan, np.zeros((1, 0))) == pytest.approx([worth])
    row = written_out.Row(np.ones(asked.net.shape[0]), 0.0, ((1.0, 5.0), (1.0, 7.0)))
    count = plan.shape[1]
    stepped = judged(replace(asked, rows=[row]), plan, np.zeros((1, 0)))
    assert stepped == pytest.approx([worth - 5.0 - 7.0 * (count - 1)])
    capped = judged(replace(asked, rows=[replace(row, steps=())]), plan, np.zeros((1, 0)))
    assert capped.tolist() == [-np.inf]


def test_the_same_request_gives_the_same_bits() -> None:
    one = instance(10_140)
    first, second = (allocate(**one.request, stop=Stop(gap=0.0)) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.bound == second.bound
