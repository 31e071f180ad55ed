"""Rules checked on creation, and shares rounded as they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, Stop, allocate
from auction.allocation.constraints import whole_units
from auction.option_table import OptionTable
from auction.options import Options


@pytest.mark.parametrize(
    ("share", "vehicles", "units"),
    [(0.29, 100, 29), (0.57, 100, 57), (0.1, 30, 3), (0.3333, 3, 0), (1.0, 7, 7), (1e-9, 5, 0)],
)
def test_shares_are_rounded_down_as_written(share: float, vehicles: int, units: int) -> None:
    assert whole_units(share, vehicles) == units


def test_a_group_may_be_a_list() -> None:
    limit = Limit("segment_week", ["suv", 3], max_units=1)
    assert limit.values == ("suv", "3")
    assert limit == Limit("segment_week", ("suv", 3), max_units=1)


def test_the_lower_cap_holds() -> None:
    assert Limit("week", max_share=0.5, max_units=3).units(100) == 3
    assert Limit("week", max_share=0.02, max_units=3).units(100) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"by": "colour", "max_units": 1}, "'colour' is none of"),
        ({"by": "week"}, "give max_share, max_units or max_exposure"),
        ({"by": "venue", "max_exposure": 1.0}, "max_exposure is by counterparty alone"),
        ({"by": "counterparty", "max_exposure": -1.0}, "must be money >= 0"),
        ({"by": "counterparty", "max_exposure": float("nan")}, "must be money >= 0"),
        ({"by": "counterparty", "max_exposure": float("inf")}, "must be money >= 0"),
        ({"by": "week", "max_share": 1.5}, "must lie in"),
        ({"by": "week", "max_share": float("nan")}, "must lie in"),
        ({"by": "week", "max_units": -1}, "must not be negative"),
        ({"by": "segment_week", "group": "suv", "max_units": 1}, "one value a property"),
    ],
)
def test_limits_are_checked(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Limit(**arguments)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Constraints(sacrifice_rate=-0.1),
        lambda: Constraints(sacrifice_amount=float("nan")),
        lambda: Constraints(max_hold_share=1.1),
        lambda: Stop(gap=-1.0),
        lambda: Stop(seconds=float("nan")),
        lambda: Stop(work=-1.0),
    ],
)
def test_parameters_are_checked(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must"):
        make()


def three(build_options: Callable[..., Options]) -> Options:
    rows, worth = [], []
    for vehicle in "abc":
        rows.append({"vehicle_id": vehicle, "channel": "auction", "venue_id": "A", "week": 1})
        rows.append({"vehicle_id": vehicle, "channel": "hold"})
        worth += [[100.0], [60.0]]
    return build_options(
        rows,
        coefficient=np.array(worth),
        group=np.zeros(6, dtype=int),
        basis=np.ones((1, 1, 2)),
        use=[{}] * 6,
        limits={},
    )


@pytest.mark.parametrize(
    ("limit", "sold"),
    [
        (Limit("channel", max_share=0.67), 2),
        (Limit("week", group=1, max_units=1), 1),
        (Limit("week", group=2, max_units=0), 3),
        (Limit("channel", group="hold", max_units=0), 3),
        (Limit("segment", max_units=0), 3),
    ],
)
def test_limits_count_sales_and_leave_holding_alone(
    limit: Limit, sold: int, build_options: Callable[..., Options]
) -> None:
    found = allocate(three(build_options), Constraints(limits=(limit,)))
    assert found.objective == 100.0 * sold + 60.0 * (3 - sold)


def test_the_share_is_of_vehicles_that_can_be_planned(
    build_options: Callable[..., Options],
) -> None:
    """A vehicle pinned to holding does not widen the cap: half of two is one."""
    pin = pl.DataFrame({"vehicle_id": ["b"], "action": ["pin"], "channel": ["hold"]})
    rules = Constraints(limits=(Limit("channel", max_share=0.5),))
    assert allocate(three(build_options), rules, overrides=pin).objective == 100.0 + 2 * 60.0


def test_a_sacrifice_beyond_reason_is_refused(build_options: Callable[..., Options]) -> None:
    """Holding falls 40 short of the best; the rule spares it unless told otherwise."""
    options = three(build_options)
    one = (Limit("venue", max_units=1),)
    spared = Constraints(limits=one, sacrifice_amount=39.0)
    assert allocate(options, spared).objective == 100.0 + 2 * 60.0
    free = Constraints(sacrifice_rate=0.4, hold_exempt=False)
    held = pl.DataFrame({"vehicle_id": ["a"], "action": ["ban"], "venue_id": ["A"]})
    assert allocate(options, free, overrides=held).objective == 2 * 100.0 + 60.0


def test_limits_read_categories_as_they_read_text(make_options: Callable[..., Options]) -> None:
    text = make_options(5, vehicles=40, events=6, scenarios=8)
    names = pl.col(pl.String)
    # other names come first, so that numbers of categories do not follow the alphabet
    pl.Series(["zz", "A3", "A1"]).cast(pl.Categorical)
    told = OptionTable.of(text.frame.with_columns(names.cast(pl.Categorical)))
    for by in ("venue", "channel_venue", "offer", "segment_week"):
        rules = Constraints((Limit(by, max_units=7), Limit(by, max_share=0.5)))
        one, other = (allocate(each, rules) for each in (text, replace(text, table=told)))
        assert one.chosen.tolist() == other.chosen.tolist()
        assert one.shadow_prices.equals(other.shadow_prices)
