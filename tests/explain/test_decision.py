"""Figures and words of a decision, on a case small enough to be worked by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from auction.channels.quotes import BRIDGE
from auction.errors import UnknownVehicleError
from auction.explain.decision import explain
from auction.explain.words import tell

DAY = dt.date(2026, 6, 10)


def option(rank: int, venue: str, gross: float, **more: Any) -> dict[str, Any]:
    """An option that loses 100 on the way from gross to net, half of it by transport."""
    return {
        "rank": rank, "taken": rank == 1, "channel": "auction", "venue_id": venue,
        "event_date": DAY, "offer_id": None, "hedge_id": None, "terms": "reserve 100%",
        **dict.fromkeys(BRIDGE, 0.0), "gross": gross, "fees": 50.0, "transport": 50.0,
        "expected_net": gross - 100.0, "distance_km": 12.0, "risk": 0.0, "slot_price": 0.0,
        "scarcest": None, "scarcest_price": None, "scarcest_more": None, "barred_by": None, **more,
    }  # fmt: skip


def options(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {
        "barred_by": pl.String, "scarcest": pl.String, "offer_id": pl.String,
        "scarcest_price": pl.Float64, "scarcest_more": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(list(rows), schema_overrides=schema)


ROW = {
    "vehicle_id": "=1+1", "make": "Ford", "model": "Focus", "status": "planned",
    "reason": "the best of its 4 options", "reason_code": "best", "channel": "auction",
    "venue_id": "A", "gross": 1100.0, "expected_net": 1000.0, "distance_km": 12.0,
    "runner_up_channel": "auction", "runner_up_venue": "B", "runner_up_date": DAY,
    "margin_to_runner_up": 50.0, "net_mean": 990.0, "net_p05": 700.0, "net_p50": 1000.0,
    "net_p95": 1300.0, "loan_balance": 1200.0, "recovery": 980.0, "deficiency": 220.0,
    "surplus": 10.0,
}  # fmt: skip
#: A: worth 1000 - 20 - 30 = 950. B: 1200 - 25 - 275 = 900, held off by its slots, of which it
#: takes half a unit.
OPTIONS = options(
    option(1, "A", 1100.0, risk=-20.0, slot_price=30.0, scarcest="A on 2026-06-10"),
    option(
        2,
        "B",
        1300.0,
        risk=-25.0,
        slot_price=275.0,
        scarcest="B on 2026-06-10",
        scarcest_price=500.0,
        scarcest_more=0.5,
    ),
    option(3, "C", 1250.0, slot_price=None, barred_by="ban"),
    option(4, "D", 800.0),
)
NOTHING = pl.DataFrame()


def test_what_an_option_lacks_adds_up() -> None:
    record = explain(ROW, OPTIONS, NOTHING, NOTHING, "EUR")
    worth = [found["worth"] for found in record["options"]]
    assert worth == [950.0, 900.0, None, 700.0]
    second = record["options"][1]
    assert second["less_net"] == -200.0
    assert second["less_risk"] == 5.0
    assert second["more_slot_price"] == 245.0
    assert second["behind"] == 50.0
    for found in record["options"]:
        if found["behind"] is not None:
            parts = found["less_net"] + found["less_risk"] + found["more_slot_price"]
            assert parts == pytest.approx(found["behind"])


def test_what_would_change_it() -> None:
    record = explain(ROW, OPTIONS, NOTHING, NOTHING, "EUR")
    falls, slots, bar = record["would_change"]
    assert falls == {"what": "choice_falls", "amount": 50.0, "share": 50.0 / 1100.0}
    # B would win once its half unit, of 250, costs 50 less; D loses without any slots
    assert (slots["what"], slots["venue_id"]) == ("slots_cheaper", "B")
    assert (slots["amount"], slots["scarcest_price"]) == (100.0, 500.0)
    assert (bar["what"], bar["venue_id"], bar["amount"]) == ("bar_lifted", "C", 150.0)


@pytest.mark.parametrize(
    ("price", "more", "told"),
    [
        (500.0, 0.1, True),  # just enough
        (499.0, 0.1, False),  # even for nothing it would stay behind
        (500.0, 0.0, False),  # the choice uses as much of it
        (500.0, -0.2, False),  # the choice uses more of it
        (None, None, False),
    ],
)
def test_cheaper_slots_count_beyond_those_of_the_choice(
    price: float | None, more: float | None, *, told: bool
) -> None:
    table = options(
        option(1, "A", 1100.0, risk=-20.0, slot_price=30.0, scarcest="room at all"),
        option(2, "B", 1300.0, risk=-25.0, slot_price=275.0, scarcest="room at all",
               scarcest_price=price, scarcest_more=more),
    )  # fmt: skip
    moves = explain(ROW, table, NOTHING, NOTHING, "EUR")["would_change"]
    assert [move["amount"] for move in moves if move["what"] == "slots_cheaper"] == (
        [pytest.approx(500.0)] if told else []
    )


def test_of_options_that_wait_for_the_same_thing_the_first_is_told() -> None:
    waits = {"slot_price": 275.0, "scarcest": "room at all", "scarcest_price": 900.0}
    table = options(
        option(1, "A", 1100.0),
        option(2, "B", 1275.0, **waits, scarcest_more=0.25),
        option(3, "C", 1275.0, **waits, scarcest_more=0.5),
        option(4, "D", 1275.0, **waits | {"scarcest": "D"}, scarcest_more=0.2),
    )
    moves = explain(ROW, table, NOTHING, NOTHING, "EUR")["would_change"]
    told = [(move["venue_id"], move["amount"]) for move in moves if move["what"] != "choice_falls"]
    assert told == [("C", pytest.approx(200.0)), ("D", pytest.approx(500.0))]


def test_the_words_say_why_each_lost() -> None:
    text = tell(explain(ROW, OPTIONS, NOTHING, NOTHING, "EUR"))
    assert text.startswith("=1+1: Ford Focus\n  planned: the best of its 4 options\n")
    assert "auction at A on 2026-06-10 (reserve 100%), 12 km away" in text
    assert "earns 200 more; but what it uses is worth 245 more to other vehicles" in text
    assert "(dearest: B on 2026-06-10); adds 5 of risk; 50 behind in all" in text
    assert "earns 150 more; barred: the desk banned it" in text
    assert "earns 300 less; though what it uses is worth 30 less to others; takes 20 of" in text
    assert "the choice leads by 50.00" in text
    assert "earned 50.00 (4.5% of its expected price) less" in text
    assert "its transport from 50 to 100" in text
    assert "if a unit of B on 2026-06-10, now worth 500.00, fell by 100.00" in text
    assert "Without the ban, auction at C on 2026-06-10" in text
    assert "Loan 1,200.00: expected recovery 980.00, deficiency 220.00, surplus 10.00." in text


def test_a_runner_up_that_leads_is_told_as_such() -> None:
    row = {**ROW, "margin_to_runner_up": -7.0}
    better = options(option(1, "A", 1100.0), option(2, "B", 1107.0))
    record = explain(row, better, NOTHING, NOTHING, "EUR")
    assert record["would_change"] == []
    text = tell(record)
    assert "the choice is worth 7.00 less, but whole slots" in text
    assert "worth 7 more in all, but whole slots" in text


def test_the_policy_is_told_run_by_run() -> None:
    policy = pl.DataFrame(
        {
            "step": [2, 1],
            "date": [None, DAY],
            "reserve": [800.0, 1000.0],
            "sale_chance": [0.3, 0.6],
            "reach_chance": [0.4, 1.0],
            "if_unsold": ["sell to the trade", "run again after 14 days"],
        }
    )
    text = tell(explain(ROW, OPTIONS, policy, NOTHING, "EUR"))
    first = "Run 1 on 2026-06-10: ask no less than 1,000. It then sells with chance 60%; if unsold,"
    assert first in text
    assert "Run 2 after the horizon if it comes to that (chance 40%): ask no less than 800." in text
    assert "It then sells with chance 75%; if unsold, sell to the trade." in text
    assert "In no run does it sell with chance 10%." in text


def test_a_value_is_multiplied_out_twice() -> None:
    effects = pl.DataFrame(
        [
            ("base", None, 20_000.0, None, None),
            ("age", "5.0 years", 0.5, 0.4, 0.6),
            ("venue", "A", 1.1, 1.0, 1.2),
            ("market until then", "2026-06-10", 0.9, 0.8, 1.0),
        ],
        schema=["effect", "level", "factor", "low", "high"],
        orient="row",
    )
    record = explain(ROW, OPTIONS, NOTHING, effects, "EUR")
    assert record["value"]["today"] == 10_000.0
    assert record["value"]["at_sale"] == pytest.approx(9_900.0)
    text = tell(record)
    assert "  x 0.5000 age 5.0 years (0.400 to 0.600)\n" in text
    assert "= 10,000.00 today" in text
    assert "= 9,900.00 there on that day" in text


@pytest.mark.parametrize(
    ("code", "values", "words"),
    [
        ("legal_hold", '{"kind": "police", "until": "2026-08-26"}', "2026-08-26, or its lifting"),
        ("title_missing", "{}", "title_status in the table of vehicles from missing"),
        ("available_from", '{"day": "2026-09-01"}', "available from 2026-09-01"),
    ],
)
def test_what_would_free_a_vehicle(code: str, values: str, words: str) -> None:
    row = {
        "vehicle_id": "V", "make": "Ford", "model": "Focus", "status": "barred", "channel": None,
        "reason": "so it is", "reason_code": code, "reason_values": values,
    }  # fmt: skip
    record = explain(row, NOTHING, NOTHING, NOTHING, "EUR")
    assert "choice" not in record
    assert words in tell(record)


def test_a_hold_is_told_without_a_place() -> None:
    kept = option(1, "", 900.0, channel="hold", venue_id=None, event_date=None)
    row = {**ROW, "channel": "hold", "margin_to_runner_up": None, "runner_up_channel": None}
    text = tell(explain(row, options(kept), NOTHING, NOTHING, "EUR"))
    assert "  kept for a later planning\n" in text
    assert "What would change it" not in text
    assert "Side by side" not in text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("R004", "did you mean R0042, R0041 or R0040?"),
        ("X", "the plan holds no vehicle 'X'"),
        ("V-1a", "did you mean V-1?"),
    ],
)
def test_an_unknown_vehicle_names_the_nearest(asked: str, words: str) -> None:
    said = str(UnknownVehicleError(asked, ["R0040", "R0041", "R0042", "V-1"]))
    assert said.endswith(words)


# --- a teardown ---

PARTS = pl.DataFrame(
    {
        "removal": [2, 1],
        "part": ["seats", "airbags"],
        "price": [120.0, 0.0],
        "chance": [0.5, 1.0],
        "labour_cost": [15.0, 30.0],
        "route": ["open market", "not for sale"],
        "profit": [45.0, -30.0],
        "expected_price": [60.0, 0.0],
        "days_to_cash": [30.0, 45.0],
    }
)


def test_a_teardown_is_told_in_its_order() -> None:
    row = {**ROW, "channel": "dismantling", "gross": 240.0}
    told = tell(explain(row, OPTIONS, NOTHING, NOTHING, "EUR", parts=PARTS))
    start = told.index("Parts to take off")
    assert told[start:].splitlines()[:5] == [
        "Parts to take off, in this order",
        (
            "   1. airbags: 0 at a chance of 100%, not for sale; labour 30; loses 30, but opens "
            "what lies behind it"
        ),
        "   2. seats: 120 at a chance of 50%; labour 15; brings 45",
        (
            "  Together they bring 15 after 45 of labour; the hulk, and the move of the scrap "
            "market, bring 1,085."
        ),
        "  Their money comes 30 days after delivery, on the mean.",
    ]


def test_what_is_sold_whole_has_no_parts() -> None:
    assert "Parts to take off" not in tell(explain(ROW, OPTIONS, NOTHING, NOTHING, "EUR"))


def test_the_choice_is_told_less_what_volume_takes_off() -> None:
    row = {**ROW, "own_volume": 40.0, "expected_net": 960.0}
    record = explain(row, OPTIONS, NOTHING, NOTHING, "EUR")
    assert record["choice"]["own_volume"] == 40.0
    assert record["choice"]["expected_net"] == 960.0
    assert record["options"][0]["expected_net"] == 1000.0
    assert "lower prices as the plan sells many alike" in tell(record)
