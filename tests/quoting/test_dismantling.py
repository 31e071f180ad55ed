"""Dismantling: the law, the order of removal, and the money by hand."""

from __future__ import annotations

from graphlib import CycleError
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.channels.part_lists import Teardowns, part_groups
from auction.channels.teardown import RULE_PACKS, Teardown, read_parts, tear_down
from auction.market import Market
from auction.quoting import quote
from auction.situation import Situation
from auction.workspace.config import Costs, Dismantling
from quoting_world import (
    book_for,
    bridge_error,
    day,
    fleet,
    parts,
    plain_market,
    uses_of,
    venues,
)

WRECKER = {"venue_id": "X", "channel": "dismantling", "fee_no_sale": 0.0}
ONE = fleet({"vehicle_id": "a"})


# --- a vehicle's teardown ---

LIST = parts(
    {"group": "*", "part": "door", "price": 100.0, "chance": 0.5, "labour_hours": 0.5},
    {"group": "*", "part": "engine", "price": 1_000.0, "chance": 0.8, "labour_hours": 4.0,
     "needs": "door; gearbox", "legal_class": "five_assemblies"},
    {"group": "*", "part": "gearbox", "price": 20.0, "labour_hours": 2.0,
     "legal_class": "five_assemblies"},
    {"group": "*", "part": "battery", "price": 600.0, "labour_hours": 1.0,
     "legal_class": "traction_battery"},
    {"group": "*", "part": "carpet", "price": 5.0, "labour_hours": 1.0},
    {"group": "*", "part": "hulk", "price": 200.0, "chance": 0.9, "labour_hours": 50.0,
     "legal_class": "scrap"},
)  # fmt: skip


def torn(table: pl.DataFrame, rate: float, rules: Dismantling) -> Teardown:
    """Return the best teardown of a table of one group."""
    (parts_of_group,) = read_parts(table, rules).values()
    (found,) = tear_down([(parts_of_group, rate)])
    return found


def test_profit_is_price_by_chance_less_labour() -> None:
    found = torn(LIST, 30.0, Dismantling())
    # door 35, engine 680, gearbox -40, battery 570; carpet -25 stays on.
    assert [part.name for part in found.parts] == ["door", "gearbox", "engine", "battery"]
    assert found.value == pytest.approx(35 + 680 - 40 + 570)
    assert found.scrap == pytest.approx(180.0)


def test_parts_come_off_after_those_they_need_and_else_as_listed() -> None:
    needs = {"roof": "seat;lamp", "seat": "belt", "lamp": "", "belt": "", "bolt": "roof"}
    table = parts(
        *({"group": "*", "part": name, "price": 9.0, "needs": first}
          for name, first in needs.items())
    )  # fmt: skip
    found = torn(table, 30.0, Dismantling())
    assert [part.name for part in found.parts] == ["lamp", "belt", "seat", "roof", "bolt"]


def test_a_circle_of_needs_has_no_order() -> None:
    circle = parts(
        {"group": "*", "part": "a", "price": 9.0, "needs": "b"},
        {"group": "*", "part": "b", "price": 9.0, "needs": "a"},
    )
    with pytest.raises(CycleError):
        torn(circle, 30.0, Dismantling())


def test_vehicles_are_torn_down_each_by_itself() -> None:
    lists = read_parts(LIST, Dismantling())["*"]
    jobs = [(lists, 30.0), ((), 30.0), (lists, 200.0), (lists[:1], 30.0)] * 40
    found = tear_down(jobs)
    assert found == [tear_down([job])[0] for job in jobs]
    assert [each.labour_rate for each in found[:3]] == [30.0, 30.0, 200.0]
    assert found[1].parts == ()
    assert found[1].value == found[1].scrap == 0.0


def test_units_alike_share_a_teardown() -> None:
    sites = venues(
        {**WRECKER, "labour_rate": 30.0}, {**WRECKER, "venue_id": "Y", "labour_rate": 30.0},
        {**WRECKER, "venue_id": "Z", "labour_rate": 40.0},
    )  # fmt: skip
    units = fleet(*({"vehicle_id": f"v{number}"} for number in range(5)))
    where = market(venues=sites)
    best = Teardowns.of(Situation(units, book_for(units, where), where))
    assert len(best.best) == 2
    assert best.number.tolist() == [[0, 0, 1]] * 5


def test_dear_labour_leaves_the_engine_in() -> None:
    found = torn(LIST, 200.0, Dismantling())
    # door -50, engine 0, gearbox -380, battery 400.
    assert [part.name for part in found.parts] == ["battery"]
    assert found.value == pytest.approx(400.0)


@pytest.mark.parametrize(
    ("rules", "engine", "battery", "price"),
    [
        (Dismantling(), "open market", "open market", 1_000.0),
        (Dismantling(jurisdiction="US"), "open market", "open market", 1_000.0),
        (Dismantling(jurisdiction="EU"), "open market", "traced", 1_000.0),
        (Dismantling(jurisdiction="CN", licensed_remanufacturer=True),
         "licensed remanufacturer", "traced", 1_000.0),
        (Dismantling(jurisdiction="CN", smelter_share=0.4), "smelter", "traced", 400.0),
    ],
)  # fmt: skip
def test_the_law_says_where_parts_may_go(
    rules: Dismantling, engine: str, battery: str, price: float
) -> None:
    found = {part.name: part for part in torn(LIST, 30.0, rules).parts}
    assert found["engine"].route == engine
    assert found["engine"].price == pytest.approx(price)
    assert found["battery"].route == battery
    assert found["battery"].price == 600.0
    assert found["door"].route == "open market"


def test_what_is_smelted_moves_with_scrap() -> None:
    found = torn(LIST, 30.0, Dismantling(jurisdiction="CN", smelter_share=0.4))
    # door 35, engine 400 * 0.8 - 120, gearbox 8 - 60, battery 570; smelted are 320 and 8.
    assert found.value + found.scrap == pytest.approx(35 + 200 - 52 + 570 + 180)
    assert found.scrap == pytest.approx(180 + 320 + 8)
    table = parts(
        {"group": "*", "part": "wiring", "price": 50.0, "chance": 0.9, "labour_hours": 0.5,
         "legal_class": "scrap"},
        {"group": "*", "part": "hulk", "price": 200.0, "legal_class": "scrap"},
    )  # fmt: skip
    found = torn(table, 30.0, Dismantling(jurisdiction="US", smelter_share=0.4))
    assert [(part.name, part.route) for part in found.parts] == [("wiring", "smelter")]
    assert (found.value, found.scrap) == pytest.approx((-15.0, 245.0))


def test_what_may_only_be_smelted_can_stay_on() -> None:
    found = torn(LIST, 30.0, Dismantling(jurisdiction="CN", smelter_share=0.1))
    # The engine brings 80 - 120 after labour and would need the gearbox at 2 - 60.
    assert [part.name for part in found.parts] == ["door", "battery"]


def test_what_nobody_may_sell_comes_off_only_for_what_it_opens() -> None:
    def found(seats: float) -> Teardown:
        table = parts(
            {"group": "*", "part": "airbags", "price": 0.0, "labour_hours": 1.0,
             "legal_class": "not_for_sale"},
            {"group": "*", "part": "seats", "price": seats, "needs": "airbags"},
        )  # fmt: skip
        return torn(table, 30.0, Dismantling(jurisdiction="EU"))

    assert found(20.0).parts == ()
    assert [(part.name, part.route) for part in found(50.0).parts] == [
        ("airbags", "not for sale"),
        ("seats", "open market"),
    ]
    assert found(50.0).value == pytest.approx(20.0)


def test_every_rule_pack_is_one_of_the_settings() -> None:
    known = set(Dismantling.model_fields["jurisdiction"].annotation.__args__[0].__args__)
    assert set(RULE_PACKS) == known


def test_a_list_with_a_hulk_alone_and_one_without() -> None:
    hulk = parts({"group": "*", "part": "hulk", "price": 90.0, "legal_class": "scrap"})
    assert torn(hulk, 30.0, Dismantling()).parts == ()
    assert torn(hulk, 30.0, Dismantling()).scrap == 90.0
    door = parts({"group": "*", "part": "door", "price": 90.0})
    assert torn(door, 30.0, Dismantling()).scrap == 0.0


# --- damage ---

CRASHED = parts(
    {"group": "*", "part": "lamp", "price": 100.0, "chance": 0.8, "chance_light": 0.5,
     "chance_heavy": 0.0, "labour_hours": 0.5},
    {"group": "*", "part": "radiator", "price": 80.0, "chance": 0.9, "chance_light": 0.6,
     "labour_hours": 0.5},
    {"group": "*", "part": "engine", "price": 500.0, "chance": 0.7, "chance_heavy": 0.4,
     "labour_hours": 2.0, "needs": "lamp"},
    {"group": "*", "part": "seats", "price": 60.0, "chance": 0.5},
    {"group": "*", "part": "hulk", "price": 200.0, "chance": 1.0, "chance_heavy": 0.9},
)  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "chances", "hulk"),
    [
        ("none", {"lamp": 0.8, "radiator": 0.9, "engine": 0.7, "seats": 0.5}, 200.0),
        ("light", {"lamp": 0.5, "radiator": 0.6, "engine": 0.7, "seats": 0.5}, 200.0),
        ("heavy", {"lamp": 0.0, "radiator": 0.6, "engine": 0.4, "seats": 0.5}, 180.0),
    ],
)
def test_damage_says_which_parts_survive(
    damage: str, chances: dict[str, float], hulk: float
) -> None:
    (lists,) = read_parts(CRASHED, Dismantling(), damage).values()
    (found,) = tear_down([(lists, 30.0)])
    assert {part.name: part.chance for part in found.parts} == chances
    price = {"lamp": 100.0, "radiator": 80.0, "engine": 500.0, "seats": 60.0}
    value = sum(price[name] * chance for name, chance in chances.items()) - 30.0 * 3.0
    assert found.value == pytest.approx(value)
    assert found.scrap == pytest.approx(hulk)


def test_a_wrecked_part_stays_on_unless_it_is_in_the_way() -> None:
    alone = CRASHED.filter(pl.col("part") != "engine")
    (lists,) = read_parts(alone, Dismantling(), "heavy").values()
    (found,) = tear_down([(lists, 30.0)])
    assert [part.name for part in found.parts] == ["radiator", "seats"]


def test_units_are_torn_down_as_damaged_as_they_are() -> None:
    levels = ["heavy", None, "light", "none", "heavy"]
    units = fleet(*({"vehicle_id": f"v{i}", "damage": level} for i, level in enumerate(levels)))
    where = market(CRASHED)
    best = Teardowns.of(Situation(units, book_for(units, where), where))
    assert best.number[:, 0].tolist() == [0, 1, 2, 1, 0]
    gross = quote(book_for(units, where), where).frame.filter(pl.col("channel") == "dismantling")
    assert gross["vehicle_id"].to_list() == ["v0", "v1", "v2", "v3", "v4"]
    by_unit = gross["gross"].to_numpy()
    assert by_unit[0] == by_unit[4] < by_unit[2] < by_unit[1] == by_unit[3]


def test_without_words_on_damage_nothing_changes() -> None:
    plain = LIST.drop("chance_light", "chance_heavy")
    assert read_parts(plain, Dismantling(), "heavy") == read_parts(LIST, Dismantling())


# --- which list ---


def test_the_nearest_list_counts() -> None:
    lists = parts(
        *[{"group": group, "part": "p"} | {"price": 1.0}
          for group in ("*", "hatchback", "FORD", "ford focus")]
    )  # fmt: skip
    units = fleet(
        {"vehicle_id": "a"},
        {"vehicle_id": "b", "model": "Fiesta"},
        {"vehicle_id": "c", "make": "Opel", "model": "Corsa", "body": "HATCHBACK"},
        {"vehicle_id": "d", "make": "Opel", "model": "Corsa", "body": "van"},
        {"vehicle_id": "e", "make": "Opel", "model": "Corsa", "body": None},
    )
    names = lists["group"].to_list()
    assert part_groups(units, names) == ["ford focus", "FORD", "hatchback", "*", "*"]
    assert part_groups(units, names[1:]) == ["ford focus", "FORD", "hatchback", None, None]


# --- quotes ---


def market(table: pl.DataFrame | None = LIST, **changes: Any) -> Market:
    terms: dict[str, Any] = {
        "venues": venues({**WRECKER, "labour_rate": 30.0, "fee_sale": 40.0}),
        "events": None,
        "parts": table,
    }
    return plain_market(**{**terms, **changes})


def test_money_of_a_teardown_worked_by_hand() -> None:
    where = market(costs=Costs(discount_rate=0.1, holding_per_day=12.0))
    book = book_for(ONE, where)
    options = quote(book, where)
    assert bridge_error(options) < 1e-8
    row = options.frame.row(0, named=True)
    worth = np.exp(-0.1 * (7 + 5 + 45) / 365.25)
    rate = 0.1 / 365.25
    holding = 12.0 * (1 - np.exp(-rate * 7)) / rate
    gross = 1_245.0 + 180.0 * np.exp(book.scrap[book.dates.index(day(7))])
    net = worth * (0.97 * gross - 40.0) - 60.0 - holding
    np.testing.assert_allclose(
        options.coefficient[0] @ options.basis[options.group[0]], net, rtol=1e-8
    )
    assert row["channel"] == "dismantling"
    assert row["gross"] == pytest.approx(gross.mean(), rel=1e-8)
    assert row["fees"] == pytest.approx(worth * (0.01 * gross.mean() + 40.0), rel=1e-8)
    assert row["tax"] == pytest.approx(worth * 0.02 * gross.mean(), rel=1e-8)
    assert row["date"] == day(7)
    assert row["expected_net"] == pytest.approx(net.mean(), rel=1e-8)


def test_smelted_parts_rise_and_fall_with_scrap() -> None:
    where = market(dismantling=Dismantling(jurisdiction="CN", smelter_share=0.4))
    book = book_for(ONE, where)
    options = quote(book, where)
    gross = 425.0 + 508.0 * np.exp(book.scrap[book.dates.index(day(7))])
    assert options.frame["gross"][0] == pytest.approx(gross.mean(), rel=1e-8)
    worth = options.frame["tax"][0] / (0.02 * gross.mean())
    net = options.coefficient[0] @ options.basis[options.group[0]]
    np.testing.assert_allclose(net - net.mean(), 0.97 * worth * (gross - gross.mean()), atol=1e-6)


def test_units_without_a_list_are_not_taken_apart() -> None:
    lists = LIST.with_columns(group=pl.lit("Opel"))
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "make": "opel"})
    where = market(lists)
    options = quote(book_for(units, where), where)
    taken = options.frame.filter(pl.col("channel") == "dismantling")
    assert taken["vehicle_id"].to_list() == ["b"]
    situation = Situation(units, book_for(units, where), where)
    assert Teardowns.of(situation).at(1, "X").parts[0].name == "door"
    with pytest.raises(ValueError, match="no parts list fits unit 0"):
        Teardowns.of(situation).at(0, "X")


def test_no_parts_no_dismantling() -> None:
    where = market(None)
    options = quote(book_for(ONE, where), where)
    assert options.frame["channel"].to_list() == ["hold"]
    assert Teardowns.of(Situation(ONE, book_for(ONE, where), where)).best == ()


def test_each_place_has_its_labour_rate() -> None:
    sites = venues(
        {**WRECKER, "labour_rate": 200.0}, {**WRECKER, "venue_id": "Y", "labour_rate": None}
    )
    where = market(venues=sites)
    situation = Situation(ONE, book_for(ONE, where), where)
    best = Teardowns.of(situation)
    assert best.at(0, "X").value == pytest.approx(400.0)
    assert best.at(0, "Y").value == pytest.approx(1_245.0)  # at the settings' 30
    frame = quote(situation.book, where).frame.filter(pl.col("channel") == "dismantling")
    assert frame["venue_id"].to_list() == ["X", "Y"]
    assert frame["gross"][1] - frame["gross"][0] == pytest.approx(845.0)


def test_every_week_is_quoted_where_the_intake_is_limited() -> None:
    where = market(venues=venues({**WRECKER, "weekly_units": 2.0}))
    options = quote(book_for(ONE, where), where)
    frame = options.frame.filter(pl.col("channel") == "dismantling")
    assert frame["week"].to_list() == [1, 2, 3, 4, 5, 6]
    assert [uses_of(options, row) for row in range(6)] == [
        {f"venue:X:{week}": 1.0} for week in range(1, 7)
    ]


def test_places_for_wrecks_take_wrecks_only() -> None:
    where = market(venues=venues({**WRECKER, "accepts": "damaged"}))
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "damage": "heavy"})
    options = quote(book_for(units, where), where)
    taken = options.frame.filter(pl.col("channel") == "dismantling")
    assert taken["vehicle_id"].to_list() == ["b"]
