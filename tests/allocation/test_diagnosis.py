"""Requests that no plan can meet are told in words, with the cheapest way out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from auction.allocation import Constraints, Limit, allocate, diagnose
from auction.errors import InfeasibleError
from auction.options import Options


@pytest.fixture
def market(build_options: Callable[..., Options]) -> Options:
    """Four vehicles, one event with two slots, a dealer's offer, holding."""
    rows, use = [], []
    for vehicle in "abcd":
        rows.append({"vehicle_id": vehicle, "channel": "auction", "venue_id": "A", "event_id": "E"})
        rows.append({"vehicle_id": vehicle, "channel": "dealer", "venue_id": "D", "offer_id": "O"})
        rows.append({"vehicle_id": vehicle, "channel": "hold"})
        use += [{"E": 1.0}, {}, {}]
    return build_options(
        rows,
        coefficient=np.tile([[10.0], [9.0], [8.0]], (4, 1)),
        group=np.zeros(12, dtype=int),
        basis=np.ones((1, 1, 2)),
        use=use,
        limits={"E": 2.0},
    )


def pins(vehicles: str, **where: str) -> pl.DataFrame:
    return pl.DataFrame([{"vehicle_id": v, "action": "pin", **where} for v in vehicles])


def offer(least: int, most: int) -> pl.DataFrame:
    return pl.DataFrame({"offer_id": ["O"], "min_units": [least], "max_units": [most]})


def test_a_pin_without_an_option_is_named(market: Options) -> None:
    with pytest.raises(InfeasibleError, match="vehicle b is pinned to venue X: no option is left"):
        allocate(market, overrides=pins("b", venue_id="X"), offers=offer(0, 9))


@pytest.mark.parametrize("small", [diagnose.SMALL, 0])
def test_pins_beyond_a_capacity_name_the_event_and_the_pins(
    market: Options, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose, "SMALL", small)
    with pytest.raises(InfeasibleError) as told:
        allocate(market, overrides=pins("abc", venue_id="A"), offers=offer(0, 9))
    words = told.value.conflicts
    assert len(words) == 4
    assert sum("is pinned to venue A" in word for word in words) == 3
    assert sum("event E (limit 2)" in word for word in words) == 1
    assert sum("cheapest way out" in word for word in words) == 1


def test_a_minimum_that_too_few_may_meet_is_named(market: Options) -> None:
    ban = pl.DataFrame(
        {
            "vehicle_id": ["a", "b", "c", "d"],
            "action": ["pin", "ban", "ban", "ban"],
            "venue_id": ["D", "D", "D", "D"],
        }
    )
    with pytest.raises(InfeasibleError) as told:
        allocate(market, overrides=ban, offers=offer(3, 9))
    text = str(told.value)
    assert "offer O takes at least 3 units" in text
    assert "vehicle a is pinned to venue D" in text
    assert "event" not in text


def test_a_hold_cap_that_leaves_no_room_is_named(market: Options) -> None:
    rules = Constraints(limits=(Limit("venue", "D", max_units=1),), max_hold_share=0.0)
    with pytest.raises(InfeasibleError) as told:
        allocate(market, rules, offers=offer(0, 9))
    text = str(told.value)
    for words in ("at most 0 vehicles held back", "units of venue D", "event E (limit 2)"):
        assert words in text
    assert "by 1 units" in text


def test_bans_are_named_with_what_they_conflict_with(market: Options) -> None:
    """Two slots at the event, nothing held: of four vehicles two must go to the dealer."""
    said = pl.DataFrame([{"vehicle_id": v, "action": "ban", "venue_id": "D"} for v in "abc"])
    with pytest.raises(InfeasibleError) as told:
        allocate(market, Constraints(max_hold_share=0.0), overrides=said, offers=offer(0, 9))
    words = told.value.conflicts
    assert sum("is banned from venue D" in each for each in words) == 3
    assert sum("event E (limit 2)" in each for each in words) == 1
    assert sum("at most 0 vehicles held back" in each for each in words) == 1
    assert sum("cheapest way out" in each for each in words) == 1
    assert "offer" not in "".join(words)


def test_the_largest_sacrifice_is_named_with_what_it_conflicts_with(market: Options) -> None:
    """Only the auction is within half a unit of the best, and it has two slots for four."""
    rules = Constraints(sacrifice_amount=0.5, hold_exempt=False)
    with pytest.raises(InfeasibleError) as told:
        allocate(market, rules, offers=offer(0, 9))
    words = told.value.conflicts
    assert sum("may give up no more than the largest sacrifice" in each for each in words) == 3
    assert sum("event E (limit 2): cheapest way out" in each for each in words) == 1


def test_pins_that_need_company_are_met(market: Options) -> None:
    """A greedy start fails here; the offer's minimum needs vehicles that would rather sell."""
    found = allocate(market, overrides=pins("a", venue_id="D"), offers=offer(3, 9))
    channels = market.frame["channel"].gather(found.chosen).to_list()
    assert channels[0] == "dealer"
    assert channels.count("dealer") >= 3
    assert found.status == "optimal"
    assert found.objective == pytest.approx(9.0 * 3 + 10.0)


def test_offers_must_have_quantities(market: Options) -> None:
    with pytest.raises(ValueError, match="options rest on offers without quantities: O"):
        allocate(market)
