"""What the tables list and no vehicle can use is told by a check, and stops nothing."""

from __future__ import annotations

import pytest

from auction.preflight import check_before_a_run

HORIZON = "[horizon]\nweeks = 4\n"
NO_EVENT = "has no event within the horizon: nothing can be sold there"
NO_TERMS = "covers no vehicle by its terms"
NO_WEEK = "is open at no week's end within the horizon"
OFFERS = "offer_id,venue_id,make,price,guide_rate,min_units,max_units,valid_from,valid_until\n"


def told(path) -> list[tuple[str, str, str]]:
    report = check_before_a_run(path)
    assert report.ok
    return report.warnings.select("file", "value", "rule").rows()


def test_a_market_that_is_used_leaves_nothing_to_tell(build):
    assert told(build("venues", "events", "offers", more=HORIZON)) == []


@pytest.mark.parametrize(
    ("day", "idle"),
    [
        ("2015-01-24", True),  # before the planning date: left out and counted
        ("2015-01-25", True),  # nothing can be there today
        ("2015-01-26", False),
        ("2015-02-22", False),
        ("2015-02-23", True),  # beyond four weeks
    ],
)
def test_an_auction_needs_an_event_within_the_horizon(build, day, idle):
    events = f"event_id,venue_id,date,capacity\nE1,A1,{day},10\n"
    found = told(build("venues", "offers", events=events, more=HORIZON))
    assert found == ([("venues", "A1", NO_EVENT)] if idle else [])


def test_dealers_and_dismantlers_without_their_tables(build, files):
    sites = files["venues"] + "X1,dismantling,TX,0,0,0,0,7,0,0\n"
    assert told(build("events", venues=sites, more=HORIZON)) == [
        ("venues", "D1", "has no offer: nothing can be sold to it"),
        ("venues", "X1", "has no parts list: nothing is taken apart there"),
    ]


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        ("Toyota,7000,,0,2,2015-01-01,2015-03-01", None),
        ("Opel,7000,,0,2,2015-01-01,2015-03-01", NO_TERMS),
        (",,0.9,0,2,2015-01-01,2015-03-01", NO_TERMS),  # no vehicle has a guide value
        (",7000,,0,2,2015-01-01,2015-01-31", NO_WEEK),  # the first week ends on 1 February
        (",7000,,0,2,2015-01-01,2015-02-01", None),
        (",7000,,0,2,2015-02-22,2015-06-01", None),
        (",7000,,0,2,2015-02-23,2015-06-01", NO_WEEK),
    ],
)
def test_offers_that_cover_nothing(build, offer, why):
    found = told(build("venues", "events", offers=f"{OFFERS}O1,D1,{offer}\n", more=HORIZON))
    assert found == ([] if why is None else [("offers", "O1", why)])
