"""Parts of which many are sold: the price falls, for the fleet and all dismantlers together."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.allocation import Stop, allocate
from auction.channels.teardown import Demand
from auction.evaluate import evaluate
from auction.market import Market
from auction.options import Options
from auction.quoting import quote, quote_blocks
from auction.situation import Situation
from auction.workspace.config import Dismantling
from quoting_world import book_for, bridge_error, day, fleet, parts, plain_market, venues

WRECKER = {
    "venue_id": "X", "channel": "dismantling", "labour_rate": 20.0, "fee_sale": 0.0,
    "fee_rate": 0.0, "tax_rate": 0.1,
}  # fmt: skip
DOOR = {"group": "*", "part": "door", "price": 400.0, "market_units": 2.0, "price_fall": 0.25}
LIST = parts(
    {**DOOR, "chance": 0.9, "chance_heavy": 0.5},
    {"group": "*", "part": "engine", "price": 9_000.0},
    {"group": "*", "part": "hulk", "price": 250.0, "legal_class": "scrap"},
)
EXACT = Stop(0.0, 60.0, 1e9)


def market(table: pl.DataFrame = LIST, **changes: Any) -> Market:
    terms: dict[str, Any] = {"venues": venues(WRECKER), "events": None, "parts": table}
    return plain_market(**{**terms, **changes})


def units_of(count: int, **terms: Any) -> pl.DataFrame:
    return fleet(
        *({"vehicle_id": f"v{number}", "worth": 5_000.0, **terms} for number in range(count))
    )


def options_of(units: pl.DataFrame, where: Market) -> Options:
    options = quote(book_for(units, where, n=16), where)
    assert bridge_error(options) < 1e-7
    return options


def volume_of(options: Options) -> Any:
    (found,) = [
        (place, each) for place, each in enumerate(options.resources) if each.kind == "volume"
    ]
    return found


def test_steps_by_hand() -> None:
    demand = Demand("*", "door", 400.0, 2.0, 0.25)
    assert demand.steps == ((2.0, 100.0), (2.0, 200.0), (2.0, 300.0), (2.0, 400.0))
    assert Demand("*", "p", 100.0, 1.0, 0.4).steps == ((1.0, 40.0), (1.0, 80.0), (1.0, 100.0))
    assert Demand("*", "p", 100.0, 1.0, 1.0).steps == ((1.0, 100.0),)


def test_options_use_the_number_that_they_are_expected_to_sell() -> None:
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b", "damage": "heavy"})
    options = options_of(units, market())
    place, door = volume_of(options)
    use = options.use.toarray()[place]
    taken = (options.frame["channel"] == "dismantling").to_numpy()
    assert use[taken].tolist() == [0.9, 0.5]
    assert not use[~taken].any()
    assert (door.resource_id, door.label, door.limit) == (
        "part:*:door",
        "parts of any vehicle: door",
        2.0,
    )
    # a tenth goes to tax, the rest waits for 7 + 5 + 45 days
    kept = 0.9 * np.exp(-0.08 * 57 / 365.25)
    assert door.steps[0] == (2.0, pytest.approx(100.0 * kept))


@pytest.mark.parametrize("block", [1, 2, 5])
def test_what_a_part_loses_does_not_depend_on_who_is_quoted_beside(block: int) -> None:
    """Units that stand far from one dismantler, or are held, are quoted for later weeks."""
    sites = venues(
        WRECKER,
        {**WRECKER, "venue_id": "Y", "tax_rate": 0.3, "settlement_days": 30.0, "weekly_units": 1.0},
    )
    units = fleet(
        *(
            {"vehicle_id": f"v{number}", "lat": 40.0 + 2.0 * number, "make": ("Ford", "Opel")[
                number % 2], "available_from": day(9 * number)}
            for number in range(5)
        )
    )  # fmt: skip
    where = market(venues=sites)
    book = book_for(units, where, n=16)
    whole = volume_of(quote(book, where))[1]
    for part in quote_blocks(book, where, block=block):
        assert volume_of(part)[1] == whole


def test_what_is_smelted_or_unlimited_does_not_fall() -> None:
    table = parts(
        {**DOOR, "market_units": None, "price_fall": None},
        {**DOOR, "part": "wiring", "legal_class": "scrap"},
        {**DOOR, "part": "axle", "legal_class": "five_assemblies"},
        {"group": "*", "part": "hulk", "price": 250.0, "market_units": 1.0, "price_fall": 0.5},
    )
    where = market(table, dismantling=Dismantling(jurisdiction="CN"))
    assert not [each for each in options_of(units_of(2), where).resources if each.steps]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_plan_against_every_assignment(count: int) -> None:
    """Each unit goes to one of two dismantlers or is kept; doors share one market."""
    table = parts(
        {**DOOR, "price": 6_000.0, "market_units": 1.0, "chance": 0.9},
        {"group": "*", "part": "hulk", "price": 250.0, "legal_class": "scrap"},
    )
    sites = venues(WRECKER, {**WRECKER, "venue_id": "Y", "tax_rate": 0.12})
    options = options_of(units_of(count), market(table, venues=sites))
    place, door = volume_of(options)
    use, net = options.use.toarray()[place], options.frame["expected_net"].to_numpy()
    own = [np.flatnonzero(options.vehicle == v) for v in range(count)]
    best = -np.inf
    for plan in itertools.product(*own):
        beyond, lost = max(use[list(plan)].sum() - door.limit, 0.0), 0.0
        for width, cost in door.steps:
            taken = min(beyond, width)
            lost, beyond = lost + taken * cost, beyond - taken
        best = max(best, net[list(plan)].sum() - lost - beyond * door.steps[-1][1])
    plan = allocate(options, stop=EXACT)
    assert plan.objective == pytest.approx(best, rel=1e-9)
    apart = (options.frame[plan.chosen]["channel"] == "dismantling").sum()
    assert apart < count or count == 2


def test_a_plan_tells_and_carries_out_what_volume_takes_off() -> None:
    units, where = units_of(5), market()
    here = Situation(units, book_for(units, where, n=600), where)
    options = quote(here.book, where)
    plan = allocate(options, stop=EXACT)
    chosen = options.taken(plan.chosen, plan.volume_loss)
    assert (chosen["channel"] == "dismantling").all()
    door = volume_of(options)[1]
    # 4.5 doors: two at the price, two a quarter below it, half a one at half of it
    lost = 2.0 * door.steps[0][1] + 0.5 * door.steps[1][1]
    assert chosen["own_volume"].to_list() == pytest.approx([lost / 5] * 5)
    full = options.frame[plan.chosen]["expected_net"]
    assert (full - chosen["expected_net"]).to_list() == pytest.approx([lost / 5] * 5)
    assert chosen["expected_net"].sum() == pytest.approx(plan.expected)
    nothing = np.zeros(600)
    net = evaluate(here, chosen, nothing).net
    plain = evaluate(here, options.frame[plan.chosen], nothing).net
    np.testing.assert_allclose(plain - net, lost / 5)
