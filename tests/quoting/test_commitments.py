"""Commitments on the market: vehicles that stand elsewhere already, slots taken, hedges bought."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auction.commitments import as_overrides, less_taken, where_to, with_bought, with_promised
from auction.hedges import build_hedges
from auction.market import Market
from auction.options import Options
from auction.quoting import quote, quote_blocks
from auction.tables import Commitments
from auction.workspace.config import AuctionRules
from quoting_world import (
    book_for,
    bridge_error,
    day,
    events,
    fleet,
    hedges,
    of_vehicle,
    offers,
    parts,
    plain_market,
    tariffs,
    uses_of,
    venues,
)

FAR = {"region": "south", "lat": 30.0, "lon": -95.0}


def commitments(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = Commitments.create_empty().schema
    return pl.DataFrame([{**dict.fromkeys(schema), **row} for row in rows], schema=schema)


def here(*rows: dict[str, Any], **changes: Any) -> Market:
    """Sites far away that ask for days of display, with lanes of few units."""
    terms: dict[str, Any] = {
        "venues": venues(
            {"venue_id": "A", "entry_days": 2.0, "display_days": 3.0, **FAR},
            {"venue_id": "B"},
            {"venue_id": "D", "channel": "dealer", **FAR},
            {"venue_id": "X", "channel": "dismantling", "labour_rate": 10.0, **FAR},
        ),
        "events": events(
            {"event_id": "A-3", "venue_id": "A", "days": 3},
            {"event_id": "A-24", "venue_id": "A", "days": 24},
            {"event_id": "B-10", "venue_id": "B", "days": 10},
        ),
        "offers": offers({"offer_id": "O", "venue_id": "D", "price": 9_000.0}),
        "parts": parts({"group": "*", "part": "door", "price": 90.0}),
        "tariffs": tariffs({"from_region": "north", "to_region": "south", "cost": 500.0,
                            "days": 4.0, "weekly_units": 2.0}),
        "commitments": commitments(*rows) if rows else None,
    }  # fmt: skip
    return plain_market(**{**terms, **changes})


def quoted(units: pl.DataFrame, where: Market) -> Options:
    options = quote(book_for(units, where, n=16), where)
    assert bridge_error(options) < 1e-6
    return options


def test_a_vehicle_that_stands_there_moves_no_more() -> None:
    """It pays no transport, takes no lane, and entry and display are behind it."""
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    sent = {"what": "dispatched", "vehicle_id": "a", "venue_id": "A"}
    plain, options = quoted(units, here()), quoted(units, here(sent))
    assert set(of_vehicle(plain, "a")["event_id"].drop_nulls()) == {"A-24", "B-10"}
    assert set(of_vehicle(options, "a")["event_id"].drop_nulls()) == {"A-3", "A-24", "B-10"}
    assert of_vehicle(options, "b").equals(of_vehicle(plain, "b"), null_equal=True)
    there = pl.col("venue_id") == "A"
    frame = of_vehicle(options, "a")
    assert frame.filter(there)["transport"].unique().to_list() == [0.0]
    assert frame.filter(there)["distance_km"].unique().to_list() == [0.0]
    assert frame.filter(~there).equals(of_vehicle(plain, "a").filter(~there), null_equal=True)
    late = pl.col("event_id") == "A-24"
    saved = of_vehicle(plain, "a").filter(late)["expected_net"][0] + 500.0
    assert frame.filter(late)["expected_net"][0] == pytest.approx(saved)
    row = options.frame.with_row_index("row").filter(late & (pl.col("vehicle_id") == "a"))["row"][0]
    assert not [name for name in uses_of(options, row) if name.startswith("lane:")]
    assert uses_of(options, row)["event:A-24"] == 1.0


@pytest.mark.parametrize(
    ("where", "venue"),
    [({"event_id": "A-24"}, "A"), ({"offer_id": "O"}, "D"), ({"venue_id": "X"}, "X")],
)
def test_what_is_promised_has_still_to_be_moved(where: dict[str, str], venue: str) -> None:
    units = fleet({"vehicle_id": "a"})
    plain = quoted(units, here())
    promised = quoted(units, here({"what": "promised", "vehicle_id": "a", **where}))
    assert promised.frame.equals(plain.frame, null_equal=True)
    if "offer_id" not in where:
        sent = quoted(units, here({"what": "dispatched", "vehicle_id": "a", **where}))
        frame = sent.frame.filter(pl.col("venue_id") == venue)
        assert frame["transport"].unique().to_list() == [0.0]


def test_where_it_was_sent_is_looked_at_however_far_and_whatever_the_site_takes() -> None:
    rules = AuctionRules(reserve_levels=(1.0,), max_venues=1)
    sites = venues({"venue_id": "A", "accepts": "damaged", **FAR}, {"venue_id": "B"})
    units = fleet({"vehicle_id": "a"}, {"vehicle_id": "b"})
    for what in ("promised", "dispatched"):
        row = {"what": what, "vehicle_id": "a", "event_id": "A-24"}
        terms = {"venues": sites, "auction": rules, "offers": None, "parts": None}
        options = quoted(units, here(row, **terms))
        assert set(of_vehicle(options, "a")["venue_id"].drop_nulls()) == {"A"}
        assert set(of_vehicle(options, "b")["venue_id"].drop_nulls()) == {"B"}


def test_blocks_give_the_same() -> None:
    units = fleet(*({"vehicle_id": f"v{number}"} for number in range(5)))
    sent = [{"what": "dispatched", "vehicle_id": f"v{n}", "venue_id": "A"} for n in (1, 4)]
    where = here(*sent)
    book = book_for(units, where, n=16)
    whole = quote(book, where).frame
    found = pl.concat([part.frame for part in quote_blocks(book, where, block=2)])
    assert found.equals(whole, null_equal=True)


def test_tables_are_less_what_is_committed() -> None:
    rows = commitments(
        {"what": "taken", "event_id": "A-3", "units": 4},
        {"what": "taken", "event_id": "A-3", "units": 3},
        {"what": "promised", "offer_id": "O", "units": 2},
        {"what": "promised", "offer_id": "O", "vehicle_id": "a"},
        {"what": "bought", "hedge_id": "U", "units": 4},
    )
    slots = events({"event_id": "A-3", "venue_id": "A", "days": 3},
                   {"event_id": "B-9", "venue_id": "B", "days": 9})  # fmt: skip
    assert less_taken(slots, rows)["capacity"].to_list() == [3, 10]
    bids = offers({"offer_id": "O", "venue_id": "D"}, {"offer_id": "Q", "venue_id": "D"})
    assert with_promised(bids, rows)["promised_units"].to_list() == [2, None]
    on_offer = hedges({"hedge_id": "U"}, {"hedge_id": "W"})
    split = with_bought(on_offer, rows).select("hedge_id", "limit", "premium", "bought", "strike")
    assert split.rows() == [
        ("U", 5.0, 0.03, False, 0.9), ("W", 9.0, 0.03, False, 0.9),
        ("U bought", 4.0, 0.0, True, 0.9),
    ]  # fmt: skip
    none = commitments()
    assert less_taken(slots, none) is slots
    assert with_promised(bids, none) is bids
    assert with_bought(on_offer, none) is on_offer
    words = as_overrides(rows)
    assert words.select("vehicle_id", "action", "offer_id").rows() == [("a", "commit", "O")]
    assert where_to(rows) == {"a": ("promised", "O")}
    told = rows.with_columns(reason=pl.lit("agreed in May"))
    assert where_to(told) == {"a": ("promised", "O (agreed in May)")}


def test_a_layer_in_force_leaves_the_menu() -> None:
    layer = {"kind": "stop_loss", "strike": 0.9, "premium": 70.0, "limit": 9_000.0}
    on_offer = hedges(
        {**layer, "hedge_id": "S", "menu": "alone; both"},
        {**layer, "hedge_id": "T", "menu": "both"},
    )
    rows = commitments({"what": "bought", "hedge_id": "S", "units": 1})
    table = with_bought(on_offer, rows)
    told = table.select("hedge_id", "limit", "premium", "bought").rows()
    assert told == [("T", 9_000.0, 70.0, False), ("S bought", 9_000.0, 0.0, True)]
    found = build_hedges(
        table, book_for(fleet({"vehicle_id": "a"}), plain_market(), n=4), 0.0, np.array([50.0])
    )
    assert [(each.name, each.layers) for each in found.menu] == [("both", ("T",))]
    (held,) = found.in_force
    assert (held.hedge_id, held.premium, held.limit) == ("S bought", 0.0, 9_000.0)
    assert held.agreed.tolist() == [45.0]
    assert found.only(None).in_force == (held,)
    assert found.without("S bought").in_force == ()
    assert found.kept == found.linear.kept == {"Insurer": 45.0}


def test_a_floor_that_is_paid_for_costs_no_premium_and_pays_the_same() -> None:
    units = fleet({"vehicle_id": "a"})
    rows = commitments({"what": "bought", "hedge_id": "U", "units": 2})
    where = plain_market(hedges=with_bought(hedges({"hedge_id": "U"}), rows))
    frame = quoted(units, where).frame.sort("event_id", "hedge_id")
    new, own = (frame.filter(hedge_id=name) for name in ("U", "U bought"))
    assert new["hedge_premium"].min() > 0.0
    assert own["hedge_premium"].to_list() == [0.0, 0.0]
    np.testing.assert_allclose(own["hedge_payoff"], new["hedge_payoff"])
    np.testing.assert_allclose(own["expected_net"], new["expected_net"] + new["hedge_premium"])
    found = build_hedges(where.hedges, book_for(units, where))
    assert dict(found.floors) == {"U": 7.0, "U bought": 2.0}


def test_puts_that_are_paid_for_are_held_whatever_the_plan() -> None:
    put = {"hedge_id": "P", "kind": "index_put", "strike": 1.0, "expiry": day(28), "premium": 50.0,
           "lot": 1_000.0, "limit": 6.0}  # fmt: skip
    rows = commitments({"what": "bought", "hedge_id": "P", "units": 6})
    table = with_bought(hedges(put), rows)
    where = plain_market(hedges=table)
    (held,) = build_hedges(table, book_for(fleet({"vehicle_id": "a"}), where)).positions
    assert (held.hedge_id, held.lots, held.bought, held.premium) == ("P bought", 6, 6, 0.0)
    assert held.payoff.min() >= 0.0
