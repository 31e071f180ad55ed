"""Worth that falls with volume, against every assignment there is and by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from auction.allocation import Stop, allocate
from auction.allocation.constraints import Constraints
from auction.allocation.request import compile_problem
from auction.allocation.steps import Steps
from auction.hedges import Hedges, Position
from auction.options import Options, Resource
from auction.policies import Greedy, Task, placed
from auction.risk import CVaR

EXACT = Stop(0.0, 60.0, 1e9)


def lost_by_hand(units: float, limit: float, steps: tuple[tuple[float, float], ...]) -> float:
    """What units lose, filled step by step; the last step goes on."""
    beyond, lost = max(units - limit, 0.0), 0.0
    for number, (width, cost) in enumerate(steps):
        taken = beyond if number + 1 == len(steps) else min(beyond, width)
        lost, beyond = lost + taken * cost, beyond - taken
    return lost


def falling(options: Options, seed: int) -> Options:
    """Let units at event E0 and under one further thing be worth less, the more there are."""
    rng = np.random.default_rng(7_000 + seed)
    level = float(options.frame["expected_net"].mean())
    resources = list(options.resources)
    costs = level * np.cumsum(rng.uniform(0.01, 0.15, 3))
    steps = tuple((float(rng.uniform(0.5, 1.5)), float(cost)) for cost in costs)
    resources[0] = replace(resources[0], kind="volume", limit=float(rng.uniform(0, 1)), steps=steps)
    more = rng.uniform(0.0, 1.0, options.vehicle.size)
    more[(options.frame["channel"] == "hold").to_numpy()] = 0.0
    cheap = tuple((0.8, float(cost)) for cost in level * np.array([0.01, 0.05]))
    resources.append(Resource("parts", "volume", "a part", 0.5, cheap))
    use = sparse.csr_array(sparse.vstack([options.use, sparse.csr_array(more[None, :])]))
    return replace(options, use=use, resources=tuple(resources))


def best_of_all(options: Options, weight: float, hedge: Position | None) -> float:
    net = np.einsum("or,ors->os", options.coefficient, options.basis[options.group])
    use = options.use.toarray()
    own = [np.flatnonzero(options.vehicle == v) for v in range(len(options.vehicle_ids))]
    best = -np.inf
    for plan in itertools.product(*own):
        units = use[:, plan].sum(axis=1)
        hard = [
            u <= r.limit + 1e-9
            for u, r in zip(units, options.resources, strict=True)
            if not r.steps
        ]
        if not all(hard):
            continue
        lost = sum(
            lost_by_hand(float(u), r.limit, r.steps)
            for u, r in zip(units, options.resources, strict=True) if r.steps
        )  # fmt: skip
        for lots in range(1 if hedge is None else hedge.lots + 1):
            total = net[list(plan)].sum(axis=0)
            total = np.sort(total if hedge is None else total + lots * hedge.payoff)
            worst = total[: max(round(0.25 * total.size), 1)].mean()
            best = max(best, (1.0 - weight) * total.mean() + weight * worst - lost)
    return float(best)


@pytest.mark.parametrize("weight", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(20))
def test_the_best_plan_where_worth_falls_with_volume(
    seed: int, weight: float, make_options: Callable[..., Options]
) -> None:
    options = falling(
        make_options(seed, vehicles=5, events=2, terms=2, reruns=seed % 2 == 0, tight=0.8), seed
    )
    hedge = None
    if seed % 3 == 0:
        payoff = np.random.default_rng(seed).normal(-20.0, 400.0, options.scenarios)
        hedge = Position("P", "bank", 2, payoff)
    hedges = Hedges(positions=() if hedge is None else (hedge,))
    plan = allocate(options, risk=CVaR(0.75, weight), hedges=hedges, stop=EXACT)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best_of_all(options, weight, hedge), rel=1e-9)
    assert plan.bound >= plan.objective - 1e-6


def test_the_instances_lose_to_volume_and_change_their_plans(
    make_options: Callable[..., Options],
) -> None:
    losing = moved = 0
    for seed in range(20):
        plain = make_options(seed, vehicles=5, events=2, terms=2, reruns=seed % 2 == 0, tight=0.8)
        options = falling(plain, seed)
        plan = allocate(options, stop=EXACT)
        free = replace(
            options,
            resources=tuple(
                replace(r, limit=99.0, steps=()) if r.steps else r for r in options.resources
            ),
        )
        losing += plan.volume_loss.sum() > 0.0
        moved += (allocate(free, stop=EXACT).chosen != plan.chosen).any()
    assert losing >= 10
    assert moved >= 5


def test_losses_are_shared_by_use_and_add_up(make_options: Callable[..., Options]) -> None:
    for seed in range(20):
        options = falling(make_options(seed, vehicles=5, events=2, terms=2, tight=0.8), seed)
        plan = allocate(options, stop=EXACT)
        units = options.use.toarray()[:, plan.chosen].sum(axis=1)
        lost = sum(
            lost_by_hand(float(u), r.limit, r.steps)
            for u, r in zip(units, options.resources, strict=True) if r.steps
        )  # fmt: skip
        assert plan.volume_loss.sum() == pytest.approx(lost)
        expected = options.frame["expected_net"].to_numpy()[plan.chosen].sum() - lost
        assert plan.expected == pytest.approx(expected)
        assert plan.scenario_total.mean() == pytest.approx(expected)
        assert (plan.volume_loss >= 0.0).all()


def test_a_habit_is_judged_with_what_it_loses(make_options: Callable[..., Options]) -> None:
    options = falling(make_options(4, vehicles=5, events=2, terms=2, tight=0.8), 4)
    habit, plan = placed(Task(options), Greedy()), allocate(options, stop=EXACT)
    units = options.use.toarray()[:, habit.chosen].sum(axis=1)
    lost = sum(
        lost_by_hand(float(u), r.limit, r.steps)
        for u, r in zip(units, options.resources, strict=True) if r.steps
    )  # fmt: skip
    net = options.frame["expected_net"].to_numpy()[habit.chosen].sum()
    assert habit.expected == pytest.approx(net - lost)
    assert habit.objective <= plan.objective + 1e-9


def test_the_price_of_volume_is_what_the_next_unit_loses(
    build_options: Callable[..., Options],
) -> None:
    rows = [
        {"vehicle_id": f"V{v}", "channel": channel, "expected_net": 0.0}
        for v in range(3) for channel in ("auction", "hold")
    ]  # fmt: skip
    options = build_options(
        rows,
        coefficient=np.array([[100.0], [40.0]] * 3),
        group=np.zeros(6, dtype=np.int64),
        basis=np.ones((1, 1, 4)),
        use=[{"E": 1.0}, {}] * 3,
        limits={"E": 1.0},
    )
    (event,) = options.resources
    soft = replace(
        options, resources=(replace(event, kind="volume", steps=((1.0, 30.0), (1.0, 90.0))),)
    )
    plan = allocate(soft, stop=EXACT)
    # two at 100, the second losing 30; a third would lose 90 of the 60 that it gains
    assert plan.objective == pytest.approx(100 + 70 + 40)
    assert sorted(plan.volume_loss) == pytest.approx([0.0, 15.0, 15.0])
    told = plan.shadow_prices.filter(plan.shadow_prices["kind"] == "volume").row(0, named=True)
    assert (told["limit"], told["used"]) == (1.0, 2.0)
    assert told["price"] == pytest.approx(60.0)  # what a vehicle more would gain there


def test_steps_by_hand() -> None:
    resources = (
        Resource("a", "event", "a", 1.0),
        Resource("b", "volume", "b", 2.0, ((1.0, 10.0), (2.0, 25.0))),
    )
    use = sparse.csr_array(np.array([[1.0, 1.0, 1.0], [3.0, 1.0, 4.0]]))
    steps = Steps.of(resources, use, np.array([0, 0, 1]), 2)
    assert steps.row.tolist() == [1, 1]
    assert steps.begin.tolist() == [0.0, 1.0]
    assert steps.held(2).tolist() == [0.0, 6.0]  # no plan uses more than 3 + 4 units
    for beyond, lost, next_one in [
        (-1.0, 0.0, 0.0), (0.0, 0.0, 10.0), (0.5, 5.0, 10.0), (1.0, 10.0, 25.0), (3.0, 60.0, 25.0)
    ]:  # fmt: skip
        at = np.array([0.0, beyond])
        assert steps.losses(at).tolist() == [0.0, lost]
        assert steps.marginal(at).tolist() == [0.0, next_one]
    assert steps.slack(np.array([5.0, 12.0])) == pytest.approx(2.0)


def test_without_steps_problems_are_those_of_before(make_options: Callable[..., Options]) -> None:
    options = make_options(1)
    problem = compile_problem(options, Constraints(), CVaR(), Hedges(), None, None)
    assert problem.steps.row.size == 0
    assert np.array_equal(problem.ceiling, problem.limit)
