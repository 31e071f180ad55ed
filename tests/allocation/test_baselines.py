"""Habits: the nearest auction, the best move first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate
from auction.baselines import greedy, nearest_auction
from auction.options import Options
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
    plan = nearest_auction(town)
    assert events(town, plan.chosen) == ["n1", "n2", "w1"]
    assert plan.expected == pytest.approx(100.0 + 100.0 + 72.0)
    assert plan.unmet == ()


def test_who_is_available_first_is_served_first(town: Options) -> None:
    from datetime import date

    plan = nearest_auction(town, available=[date(2024, 1, 3), date(2024, 1, 2), date(2024, 1, 1)])
    assert events(town, plan.chosen) == ["w1", "n2", "n1"]


def test_damaged_vehicles_go_to_the_damage_auction_within_reach(town: Options) -> None:
    damaged = np.array([True, False, False])
    reach = {"damaged": damaged, "accepts": {"wreck": "damaged"}}
    assert events(town, nearest_auction(town, **reach, within_km=40.0).chosen)[0] == "w1"
    assert events(town, nearest_auction(town, **reach, within_km=39.0).chosen)[0] == "n1"


def test_pins_are_kept_a_place_and_bans_obeyed(town: Options) -> None:
    word = pl.DataFrame(
        {"vehicle_id": ["c", "a"], "action": ["pin", "ban"], "venue_id": ["near", "near"]}
    )
    assert events(town, nearest_auction(town, overrides=word).chosen) == ["w1", "n2", "n1"]


def test_greedy_takes_the_largest_gain_first(town: Options) -> None:
    plan = greedy(town)
    assert events(town, plan.chosen) == ["n2", "n1", "f1"]
    assert plan.expected == pytest.approx(122.0 + 101.0 + 99.0)


def test_a_rule_that_cannot_be_kept_is_told(town: Options) -> None:
    rules = Constraints(
        limits=(Limit("channel", group="auction", max_units=1),), max_hold_share=0.4
    )
    plan = greedy(town, rules)
    assert plan.unmet == ("hold at most 1 vehicles held back",)


@pytest.mark.parametrize("seed", range(8))
def test_habits_keep_every_rule_and_never_beat_the_bound(
    seed: int, make_options: Callable[..., Options]
) -> None:
    options = make_options(
        seed, vehicles=24, events=6, terms=2, offers=1, floors=1, reruns=bool(seed % 2)
    )
    offers = pl.DataFrame({"offer_id": ["O0"], "min_units": [3 + seed], "max_units": [9]})
    rules = Constraints(limits=(Limit("segment_week", max_share=0.2),), sacrifice_rate=0.3)
    risk = CVaR(0.8, 0.5)
    best = allocate(options, rules, risk=risk, offers=offers, stop=Stop(1e-4))
    limits = np.array([resource.limit for resource in options.resources])
    for plan in (
        greedy(options, rules, risk=risk, offers=offers),
        nearest_auction(options, rules, risk=risk, offers=offers),
    ):
        assert plan.unmet == ()
        assert plan.objective <= best.bound
        assert (options.use[:, plan.chosen].sum(axis=1) <= limits + 1e-6).all()
        assert options.frame["hedge_id"].gather(plan.chosen).null_count() == 24
        units = (options.frame["offer_id"].gather(plan.chosen) == "O0").sum()
        assert units == 0 or 3 + seed <= units <= 9
        assert plan.objective == pytest.approx(risk.measure(options.totals(plan.chosen)))
