"""Metal in parts without a price is told by a check, before any work starts."""

from __future__ import annotations

from auction.from_workspace import market_of
from auction.preflight import check_before_a_run
from auction.workspace import load_workspace

PARTS = (
    "group,part,price,platinum_g,rhodium_g,chance,labour_hours,legal_class\n"
    "*,converter,0,1.5,0.2,1,0.5,free\n"
)
INDEX = (
    "series,date,released_on,value\nplatinum,2014-12-01,2015-01-15,1200\n"
    "platinum,2015-01-01,2015-02-15,1300\n"
)
LAW = '[dismantling]\njurisdiction = "US"\n'


def test_what_lacks_is_told_by_a_check(build):
    report = check_before_a_run(build("parts", parts=PARTS, index=INDEX, more=LAW))
    assert [fault.rule for fault in report.faults] == [
        "rhodium_g is given, but no rhodium_price is known",
        "platinum_g is given, but no metal_recovery is known",
    ]


def test_settings_and_series_give_the_prices(build):
    more = LAW + "metal_recovery = 0.9\nrhodium_price = 1100\n"
    path = build("parts", parts=PARTS, index=INDEX, more=more)
    assert check_before_a_run(path).ok
    rules = market_of(load_workspace(path)).dismantling
    assert (rules.platinum_price, rules.rhodium_price) == (1200.0, 1100.0)
