"""What a market lists and nobody can use is told."""

from __future__ import annotations

from auction.market import Market
from auction.quoting import quote
from auction.unused import unused_of
from quoting_world import AS_OF, book_for, day, events, fleet, offers, parts, plain_market, venues

SITES = venues(
    {"venue_id": "A"},
    {"venue_id": "B"},
    {"venue_id": "D", "channel": "dealer"},
    {"venue_id": "E", "channel": "dealer"},
    {"venue_id": "X", "channel": "dismantling"},
)
UNITS = fleet({"vehicle_id": "a"})


def told(where: Market) -> list[str]:
    return unused_of(where, quote(book_for(UNITS, where, n=16), where), AS_OF)


def test_everything_that_stays_without_use() -> None:
    where = plain_market(
        venues=SITES,
        events=events(
            {"event_id": "A-10", "venue_id": "A", "days": 10},
            {"event_id": "B-0", "venue_id": "B", "days": 0},
            {"event_id": "B-99", "venue_id": "B", "days": 99},
        ),
        offers=offers(
            {"offer_id": "O1", "venue_id": "D", "price": 1.0},
            {"offer_id": "O2", "venue_id": "D", "price": 1.0, "make": "Opel"},
            {"offer_id": "O3", "venue_id": "D", "price": 1.0, "valid_until": day(3)},
        ),
    )
    assert told(where) == [
        "auctions without an event within the horizon, where nothing can be sold: B",
        "dealers without an offer, to whom nothing can be sold: E",
        "dismantlers without a parts list, where nothing is taken apart: X",
        "offers that cover no vehicle within their dates: O2, O3",
    ]


def test_nothing_is_told_of_what_is_used() -> None:
    where = plain_market(
        venues=SITES.filter(~SITES["venue_id"].is_in(["B", "E"])),
        offers=offers({"offer_id": "O1", "venue_id": "D", "price": 1.0}),
        parts=parts({"group": "*", "part": "door", "price": 90.0}),
    )
    assert told(where) == []


def test_of_many_names_a_few_are_told() -> None:
    sites = venues(*({"venue_id": f"A{number}"} for number in range(1_007)))
    (line,) = told(plain_market(venues=sites, events=None))
    assert line.endswith("where nothing can be sold: A0, A1, A2, A3, A4 and 1,002 more")
