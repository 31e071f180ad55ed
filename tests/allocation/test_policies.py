"""Policies beside the plan: the nearest auction, the best move first, and their kin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate
from auction.option_table import OptionTable
from auction.options import Options
from auction.policies import (
    AllAuction,
    Genetic,
    Greedy,
    HighestGuide,
    NearestAuction,
    Optimal,
    Policy,
    Task,
    placed,
)
from auction.risk import CVaR


@pytest.fixture
def town(build_options: Callable[..., Options]) -> Options:
    """Three vehicles, a near and a far auction, a damage auction; two dates near by."""
    from datetime import date

    rows, worth, use = [], [], []
    for vehicle in ("a", "b", "c"):
        for venue, event, day, km, price in (
            ("near", "n1", date(2024, 1, 8), 10.0, 100.0),
            ("near", "n2", date(2024, 1, 15), 10.0, 99.0),
            ("far", "f1", date(2024, 1, 8), 90.0, 120.0),
            ("wreck", "w1", date(2024, 1, 9), 40.0, 70.0),
        ):
            rows.append(
                {
                    "vehicle_id": vehicle,
                    "channel": "auction",
                    "venue_id": venue,
                    "event_id": event,
                    "date": day,
                    "distance_km": km,
                }
            )
            worth.append([price + ord(vehicle) - ord("a")])
            use.append({event: 1.0})
        rows.append({"vehicle_id": vehicle, "channel": "hold"})
        worth.append([50.0])
        use.append({})
    return build_options(
        rows,
        coefficient=np.array(worth),
        group=np.zeros(15, dtype=int),
        basis=np.ones((1, 1, 4)),
        use=use,
        limits={"n1": 1.0, "n2": 1.0, "f1": 1.0, "w1": 3.0},
    )


def events(options: Options, chosen: np.ndarray) -> list[str | None]:
    return options.frame["event_id"].gather(chosen).to_list()


def test_the_nearest_fills_in_order_of_date_then_the_next(town: Options) -> None:
    plan = placed(Task(town), NearestAuction())
    assert events(town, plan.chosen) == ["n1", "n2", "w1"]
    assert plan.expected == pytest.approx(100.0 + 100.0 + 72.0)
    assert plan.unmet == ()


def test_who_is_available_first_is_served_first(town: Options) -> None:
    from datetime import date

    days = [date(2024, 1, 3), date(2024, 1, 2), date(2024, 1, 1)]
    plan = placed(Task(town, available=days), NearestAuction())
    assert events(town, plan.chosen) == ["w1", "n2", "n1"]


def test_damaged_vehicles_go_to_the_damage_auction_within_reach(town: Options) -> None:
    damaged = np.array([True, False, False])
    for within, event in ((40.0, "w1"), (39.0, "n1")):
        task = Task(town, damaged=damaged, accepts={"wreck": "damaged"}, within_km=within)
        assert events(town, placed(task, NearestAuction()).chosen)[0] == event


def test_pins_are_kept_a_place_and_bans_obeyed(town: Options) -> None:
    word = pl.DataFrame(
        {"vehicle_id": ["c", "a"], "action": ["pin", "ban"], "venue_id": ["near", "near"]}
    )
    plan = placed(Task(town, overrides=word), NearestAuction())
    assert events(town, plan.chosen) == ["w1", "n2", "n1"]


def test_what_a_plan_compiled_is_taken_over_where_it_is_the_same(town: Options) -> None:
    plan = allocate(town)
    task = Task(town, compiled=plan.compiled)
    assert task.problem.use is plan.compiled.problem.use
    for policy in (NearestAuction(), Greedy()):
        assert events(town, placed(task, policy).chosen) == events(
            town, placed(Task(town), policy).chosen
        )
    few = Constraints(limits=(Limit("venue", "near", max_units=1),))
    capped = Task(town, few, compiled=plan.compiled)
    assert events(town, placed(capped, NearestAuction()).chosen) == events(
        town, placed(Task(town, few), NearestAuction()).chosen
    )
    assert capped.problem.use is not plan.compiled.problem.use


def test_greedy_takes_the_largest_gain_first(town: Options) -> None:
    plan = placed(Task(town), Greedy())
    assert events(town, plan.chosen) == ["n2", "n1", "f1"]
    assert plan.expected == pytest.approx(122.0 + 101.0 + 99.0)


def test_greedy_estimates_anew_what_volume_takes_off(town: Options) -> None:
    """The far auction pays 20 more, until a second unit there loses 30."""
    assert events(town, placed(Task(roomy(town)), Greedy()).chosen) == ["f1"] * 3
    task = Task(with_steps(roomy(town), 2, ((1.0, 30.0), (1.0, 40.0))))
    plan = placed(task, Greedy())
    assert events(town, plan.chosen) == ["n1", "n1", "f1"]
    assert plan.volume_loss.sum() == 0.0
    assert plan.expected == pytest.approx(100.0 + 101.0 + 122.0)


def roomy(options: Options) -> Options:
    """Return the options with room for all at every event."""
    wide = tuple(replace(resource, limit=3.0) for resource in options.resources)
    return replace(options, resources=wide)


def with_steps(options: Options, place: int, steps: tuple[tuple[float, float], ...]) -> Options:
    """Return the options with one event at which units beyond the first lose money."""
    resources = list(options.resources)
    resources[place] = replace(resources[place], kind="volume", limit=1.0, steps=steps)
    return replace(options, resources=tuple(resources))


def searched_anew(task: Task) -> np.ndarray:
    """The best move that fits, sought among all of them after each move."""
    problem = task.problem
    hold = (problem.options.frame["channel"][problem.column] == "hold").to_numpy()
    base = problem.mean[hold][problem.vehicle]
    chosen = np.full(problem.vehicles, -1, dtype=np.int64)
    while (chosen < 0).any():
        taken = chosen[chosen >= 0]
        before = problem.losses(taken).sum()
        best, found = -np.inf, -1
        for column in np.flatnonzero(chosen[problem.vehicle] < 0).tolist():
            after = np.sort(np.append(taken, column))
            if (problem.used(after) > problem.room).any():
                continue
            gain = problem.mean[column] - base[column] - (problem.losses(after).sum() - before)
            if gain > best + 1e-9:
                best, found = gain, column
        chosen[problem.vehicle[found]] = found
    return chosen


@pytest.mark.parametrize("seed", range(6))
def test_greedy_makes_the_moves_that_searching_anew_makes(
    seed: int, make_options: Callable[..., Options]
) -> None:
    options = make_options(seed, vehicles=14, events=4, terms=2, reruns=bool(seed % 2), tight=1.5)
    level = float(options.frame["expected_net"].to_numpy().mean())
    kept = Greedy().choose(Task(options))
    for place in (0, 2):
        options = with_steps(options, place, ((1.5, 0.02 * level), (2.0, 0.07 * level)))
    task = Task(options)
    moves = Greedy().choose(task)
    assert (moves == searched_anew(task)).all()
    assert (moves != kept).any()


def test_a_rule_that_cannot_be_kept_is_told(town: Options) -> None:
    rules = Constraints(
        limits=(Limit("channel", group="auction", max_units=1),), max_hold_share=0.4
    )
    plan = placed(Task(town, rules), Greedy())
    assert plan.unmet == ("hold at most 1 vehicles held back",)


#: What the vehicles of a drawn fleet are said to be worth; policies look at their order alone.
GUIDE = np.arange(24.0)[::-1]


def others() -> tuple[Policy, ...]:
    quick = Genetic(population=6, generations=5)
    return NearestAuction(), Greedy(), AllAuction(), HighestGuide(), quick


@pytest.mark.parametrize("seed", range(8))
def test_policies_keep_every_rule_and_never_beat_the_bound(
    seed: int, make_options: Callable[..., Options]
) -> None:
    options = make_options(
        seed, vehicles=24, events=6, terms=2, offers=1, floors=1, reruns=bool(seed % 2)
    )
    options = priced(options)
    offers = pl.DataFrame({"offer_id": ["O0"], "min_units": [3 + seed], "max_units": [9]})
    word = pl.DataFrame({"vehicle_id": ["V0000"], "action": ["ban"], "venue_id": ["A0"]})
    rules = Constraints(limits=(Limit("segment_week", max_share=0.2),), sacrifice_rate=0.3)
    risk = CVaR(0.8, 0.5)
    task = Task(options, rules, risk, overrides=word, offers=offers, guide=GUIDE)
    best = allocate(options, rules, risk=risk, overrides=word, offers=offers, stop=Stop(1e-4))
    limits = np.array([resource.limit for resource in options.resources])
    for policy in others():
        plan = placed(task, policy)
        assert plan.unmet == ()
        assert plan.objective <= best.bound
        assert plan.objective == pytest.approx(risk.measure(options.totals(plan.chosen)))
        assert (options.vehicle[plan.chosen] == np.arange(24)).all()
        assert (options.use[:, plan.chosen].sum(axis=1) <= limits + 1e-6).all()
        taken = options.frame[plan.chosen]
        assert taken["hedge_id"].null_count() == 24
        assert taken["venue_id"][0] != "A0"
        units = (taken["offer_id"] == "O0").sum()
        assert units == 0 or 3 + seed <= units <= 9


def priced(options: Options) -> Options:
    """Return the options with a gross price each, which the highest guide looks at."""
    frame = options.frame.with_columns(gross=pl.col("expected_net") + 100.0)
    return replace(options, table=OptionTable.of(frame))


def test_all_are_auctioned_where_that_brings_the_most(town: Options) -> None:
    rules = Constraints(limits=(Limit("channel", group="auction", max_units=2),))
    assert events(town, placed(Task(town), AllAuction()).chosen) == ["n2", "n1", "f1"]
    assert events(town, placed(Task(town, rules), AllAuction()).chosen) == [None, "n1", "f1"]


def test_only_the_plan_and_the_best_move_first_keep_back_what_auctions_would_lose(
    town: Options,
) -> None:
    dear = replace(town, coefficient=np.where(town.coefficient == 50.0, 500.0, town.coefficient))
    assert events(dear, placed(Task(dear), Greedy()).chosen) == [None] * 3
    assert events(dear, placed(Task(dear), Optimal()).chosen) == [None] * 3
    assert events(dear, placed(Task(dear), AllAuction()).chosen) == ["n2", "n1", "f1"]


def test_the_dearest_goes_first_to_the_highest_price_whatever_it_costs(town: Options) -> None:
    dear = town.frame["event_id"] == "w1"
    gross = np.where(dear, 1_000.0, town.frame["expected_net"])
    options = replace(town, table=OptionTable.of(town.frame.with_columns(gross=gross)))
    limits = (Limit("venue", group="wreck", max_units=1),)
    task = Task(options, Constraints(limits=limits), guide=np.array([5.0, 9.0, 7.0]))
    assert events(options, placed(task, HighestGuide()).chosen) == ["n1", "w1", "f1"]


def test_pinned_vehicles_have_their_places_kept_from_dearer_ones(town: Options) -> None:
    options = priced(town)
    word = pl.DataFrame({"vehicle_id": ["a"], "action": ["pin"], "venue_id": ["far"]})
    task = Task(options, overrides=word, guide=np.array([1.0, 9.0, 5.0]))
    plan = placed(task, HighestGuide())
    assert events(options, plan.chosen) == ["f1", "n1", "n2"]
    assert plan.unmet == ()


def test_a_plan_of_another_appetite_stands_beside_the_task_s_own(town: Options) -> None:
    """Keeping back is sure to bring 100 here, the far auction 115 give or take 40."""
    basis = np.stack([np.ones((1, 4)), np.array([[-1.0, 1.0, -1.0, 1.0]])], axis=1)
    worth = np.repeat([[115.0, 0.0]], 15, axis=0)
    worth[:, 1] = np.where(town.frame["event_id"] == "f1", 40.0, 0.0)
    worth[:, 0] = np.where(town.frame["event_id"] == "f1", 115.0, 90.0)
    worth[(town.frame["channel"] == "hold").to_numpy(), 0] = 100.0
    options = replace(roomy(town), coefficient=worth, basis=basis)
    task = Task(options, risk=CVaR(0.5, 0.9))
    assert events(options, placed(task, Optimal()).chosen) == [None] * 3
    neutral = Optimal(risk=CVaR(0.5, 0.0), name="plan_neutral")
    assert neutral.name == "plan_neutral"
    assert events(options, placed(task, neutral).chosen) == ["f1"] * 3


def test_who_has_no_guide_values_cannot_go_by_them(town: Options) -> None:
    with pytest.raises(ValueError, match="guide"):
        placed(Task(town), HighestGuide())


@pytest.mark.parametrize("seed", range(4))
def test_distributions_that_are_bred_are_no_worse_than_their_start(
    seed: int, make_options: Callable[..., Options]
) -> None:
    options = make_options(seed, vehicles=40, events=8, terms=2, reruns=True, tight=1.2)
    task = Task(options)
    start = placed(task, AllAuction()).expected
    bred = [
        placed(task, Genetic(seed, population=8, generations=rounds)).expected
        for rounds in (0, 5, 40)
    ]
    assert start <= bred[0] + 1e-6
    assert bred[0] <= bred[1] <= bred[2]
    assert bred[2] <= allocate(options, stop=Stop(1e-6)).bound


def test_breeding_finds_what_the_best_move_first_misses(town: Options) -> None:
    """The far auction brings most with c, which loses the least when it goes elsewhere."""
    worth = town.coefficient.copy()
    worth[[0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13], 0] = [
        *(100.0, 60.0, 119.0, 55.0),
        *(60.0, 60.0, 118.0, 55.0),
        *(60.0, 119.0, 120.0, 55.0),
    ]
    options = replace(town, coefficient=worth)
    task = Task(options)
    assert placed(task, Genetic()).expected == pytest.approx(100.0 + 118.0 + 119.0)
    assert placed(task, Optimal(Stop(1e-6))).expected == pytest.approx(100.0 + 118.0 + 119.0)
    assert placed(task, AllAuction()).expected == pytest.approx(100.0 + 60.0 + 120.0)


def test_the_same_seed_breeds_the_same(make_options: Callable[..., Options]) -> None:
    options = make_options(3, vehicles=60, events=8, terms=2, reruns=True)
    one, again, other = (
        Genetic(seed, population=8, generations=40).choose(Task(options)) for seed in (1, 1, 2)
    )
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize(
    "wrong", [{"population": 1}, {"kept": 0}, {"generations": -1}, {"mutation": 1.5}]
)
def test_breeding_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"kept|generations"):
        Genetic(**wrong)  # type: ignore[arg-type]
