"""The parts of a change, on pairs small enough to be worked by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from auction.diff.inputs import inputs_changed
from auction.diff.money import OWN, with_parts
from auction.diff.moves import changes
from auction.diff.pairs import PlanTables, paired

DAY, LATER = dt.date(2026, 6, 10), dt.date(2026, 6, 24)
_ROW = {
    "vehicle_id": "V", "make": "Ford", "model": "Focus", "status": "planned", "reason": "best",
    "reason_code": "best", "channel": "auction", "venue_id": "A", "event_date": DAY,
    "offer_id": None, "hedge_id": None, "terms": "reserve 100%", "reserve": 900.0,
    "gross": 1000.0, "own_volume": 0.0, "expected_net": 900.0, "value": 1000.0, "spot_date": DAY,
}  # fmt: skip
_OFFER = {
    "vehicle_id": "V", "channel": "auction", "venue_id": "A", "offer_id": None, "spot_date": DAY,
    "expected_net": 900.0, "risk": 0.0, "slot_price": 0.0, "scarcest": None, "barred_by": None,
}  # fmt: skip
_TEXT = ("offer_id", "hedge_id", "scarcest", "barred_by", "reason", "reason_code", "venue_id")


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    typed: dict[str, Any] = dict.fromkeys(_TEXT, pl.String)
    typed |= {"spot_date": pl.Date, "reserve": pl.Float64, "slot_price": pl.Float64}
    own = {name: kind for name, kind in typed.items() if name in rows[0]}
    return pl.DataFrame(rows, schema_overrides=own)


def plan(*offers: dict[str, Any], as_of: str = "2026-06-01", **row: Any) -> PlanTables:
    """A plan of one vehicle; the first offer is the one taken."""
    return PlanTables(
        assignments=frame([{**_ROW, **row}]),
        offered=frame([{**_OFFER, **offer} for offer in offers]),
        hedges=pl.DataFrame(
            schema={"kind": pl.String, "premium": pl.Float64, "expected_payoff": pl.Float64}
        ),
        shadow_prices=pl.DataFrame(),
        risk={},
        manifest={"currency": "EUR", "as_of": as_of},
    )


def parts(before: PlanTables, after: PlanTables) -> dict[str, float]:
    row = with_parts(paired(before, after)).row(0, named=True)
    assert sum(row[name] for name in OWN) == pytest.approx(row["change"])
    return {name: row[name] for name in OWN if abs(row[name]) > 1e-9}


def why(before: PlanTables, after: PlanTables) -> list[str]:
    (told,) = changes(paired(before, after), before, after)
    return [reason["code"] for reason in told["why"]]


B = {"venue_id": "B", "spot_date": LATER}
TO_B = {"venue_id": "B", "event_date": LATER, "spot_date": LATER}


def test_at_the_same_place_the_forecast_and_the_rest_part() -> None:
    # value 1000 -> 1100 makes 100 of the gross; the net rose by 130
    after = plan({"expected_net": 1030.0}, expected_net=1030.0, value=1100.0, reserve=990.0)
    assert parts(plan({}), after) == pytest.approx({"value": 100.0, "offers": 30.0})
    assert why(plan({}), after) == ["value"]


def test_a_move_by_choice_is_worth_what_the_new_place_brings_more() -> None:
    before = plan({}, {**B, "expected_net": 880.0})
    # A fell from 900 to 870 while the forecast stood; B rose to 950
    after = plan({**B, "expected_net": 950.0}, {"expected_net": 870.0}, **TO_B, expected_net=950.0)
    assert parts(before, after) == pytest.approx({"offers": -30.0, "choice": 80.0})
    # B gained 950 - 880 - (870 - 900) on A
    (told,) = changes(paired(before, after), before, after)
    assert told["why"] == [{"code": "gained", "amount": 100.0}]
    assert (told["kind"], told["change"]) == ("moved", 50.0)


def test_what_own_volume_takes_off_is_a_part_of_its_own() -> None:
    # the lot brought 900 alone and 860 beside others; now 870 of 890 at the same place
    before = plan({}, expected_net=860.0, own_volume=40.0)
    after = plan({"expected_net": 890.0}, expected_net=870.0, own_volume=20.0)
    assert parts(before, after) == pytest.approx({"offers": -10.0, "volume": 20.0})


def test_a_move_away_from_many_alike_is_told_net_of_volume() -> None:
    # as offered A stays at 900 and B at 880: it goes to B, where nothing is lost by volume
    before = plan({}, {**B, "expected_net": 880.0}, expected_net=830.0, own_volume=70.0)
    after = plan({**B, "expected_net": 880.0}, {}, **TO_B, expected_net=880.0)
    assert parts(before, after) == pytest.approx({"choice": -20.0, "volume": 70.0})
    # neither way gained on the other
    assert why(before, after) == ["even"]


def test_a_forced_move_leaves_volume_out_of_what_was_forced() -> None:
    before = plan({}, {**B, "expected_net": 880.0}, expected_net=830.0, own_volume=70.0)
    after = plan(
        {**B, "expected_net": 880.0}, **TO_B, expected_net=865.0, own_volume=15.0
    )  # fmt: skip
    assert parts(before, after) == pytest.approx({"forced": -20.0, "volume": 55.0})


def test_a_place_that_is_gone_forces_a_move() -> None:
    before = plan({}, {**B, "expected_net": 880.0})
    after = plan({**B, "expected_net": 880.0}, **TO_B, expected_net=880.0, value=990.0)
    # the forecast alone would have made 10 less of the old gross
    assert parts(before, after) == pytest.approx({"value": -10.0, "forced": -10.0})
    assert why(before, after) == ["event_gone", "value"]


def test_a_date_that_has_passed_forces_a_move() -> None:
    after = plan({**B, "expected_net": 880.0}, as_of="2026-06-10", **TO_B, expected_net=880.0)
    assert why(plan({}), after) == ["date_passed", "new_place"]


def test_a_bar_forces_a_move() -> None:
    before = plan({}, {**B, "expected_net": 700.0})
    after = plan(
        {**B, "expected_net": 700.0}, {"barred_by": "ban", "slot_price": None},
        **TO_B, expected_net=700.0, reason="banned by desk: no", reason_code="banned",
    )  # fmt: skip
    assert parts(before, after) == pytest.approx({"forced": -200.0})
    assert why(before, after) == ["override"]
    assert why(after, before) == ["override_lifted", "newly_open"][:1]


def test_dearer_slots_are_named() -> None:
    before = plan({"slot_price": 10.0, "scarcest": "A on 2026-06-10"}, {**B, "slot_price": 90.0})
    after = plan(
        {**B, "slot_price": 40.0}, {"slot_price": 75.0, "scarcest": "A on 2026-06-10"}, **TO_B
    )
    (told,) = changes(paired(before, after), before, after)
    assert told["why"] == [
        {"code": "slots_dearer", "amount": 65.0, "scarcest": "A on 2026-06-10"},
        {"code": "slots_cheaper", "amount": 50.0, "scarcest": None},
    ]
    assert told["parts"]["choice"] == 0.0


def test_an_offer_that_ended_and_one_that_moved_its_day() -> None:
    deal = {"channel": "dealer", "venue_id": "D", "offer_id": "O1", "spot_date": None}
    taken = {**deal, "event_date": DAY, "terms": "standing offer", "reserve": None}
    before = plan(deal, **taken)
    ended = plan({**B, "expected_net": 850.0}, **TO_B, expected_net=850.0)
    assert why(before, ended) == ["offer_ended", "new_place"]
    assert parts(before, ended) == pytest.approx({"forced": -50.0})
    moved = {**taken, "event_date": LATER, "expected_net": 890.0, "value": 1500.0}
    later = plan({**deal, "expected_net": 890.0}, **moved)
    (told,) = changes(paired(before, later), before, later)
    assert told["kind"] == "put_off"
    # a standing price does not follow the forecast
    assert parts(before, later) == pytest.approx({"offers": -10.0})


def test_ways_of_equal_worth_are_told_as_such() -> None:
    before = plan({}, {**B})
    after = plan({**B}, {}, **TO_B)
    (told,) = changes(paired(before, after), before, after)
    assert told["why"] == [{"code": "even", "ahead": 0.0}]


def test_inputs_are_compared_by_name() -> None:
    before = {
        "inputs": {"a.csv": {"sha256": "1"}, "b.csv": {"sha256": "2"}},
        "settings": {"as_of": "2026-06-01", "risk": {"weight": 0.3}, "limits": [{"max_units": 3}]},
        "defaults_used": [{"setting": "costs.holding_per_day", "value": 10.0}],
        "versions": {"polars": "1"},
        "rows": {"vehicles": {"kept": 5}},
    }
    after = {
        "inputs": {"a.csv": {"sha256": "9"}, "c.csv": {"sha256": "3"}},
        "settings": {"as_of": "2026-06-08", "risk": {"weight": 0.5}, "limits": []},
        "defaults_used": [],
        "versions": {"polars": "1"},
        "rows": {"vehicles": {"kept": 6}},
    }
    found = inputs_changed(before, after)
    assert found["files"] == [
        {"file": "a.csv", "change": "changed"},
        {"file": "b.csv", "change": "gone"},
        {"file": "c.csv", "change": "new"},
    ]
    moved = {row["setting"]: (row["before"], row["after"]) for row in found["settings"]}
    assert moved["risk.weight"] == (0.3, 0.5)
    assert moved["limits[0].max_units"] == (3, None)
    assert found["defaults"] == [
        {"setting": "costs.holding_per_day", "before": 10.0, "after": None}
    ]
    assert found["versions"] == []
    assert found["rows"] == [{"table": "vehicles", "before": 5, "after": 6}]
