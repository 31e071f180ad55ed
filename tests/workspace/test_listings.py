"""Listings of dealers: new asking prices, and the terms of a consignment."""

from __future__ import annotations

import pytest

from auction.workspace import check_workspace, load_workspace
from residual.errors import InputError

SALES = (
    "sale_id,offered_on,closed_on,make,model,model_year,channel,outcome,list_price,price\n"
    "S1,2014-03-01,2014-04-01,Toyota,Camry,2012,dealer,sold,12000,11000\n"
    "S2,2014-06-01,2014-07-01,Honda,Odyssey,2011,dealer,withdrawn,9000,\n"
    "S3,2015-01-02,,Honda,Odyssey,2011,dealer,open,9500,\n"
)
OFFERS = (
    "offer_id,venue_id,kind,price,guide_rate,fee_rate,list_days,min_units,max_units,"
    "valid_from,valid_until\n"
)


def test_new_prices_are_read_in_the_units_of_the_file(build):
    workspace = load_workspace(
        build(
            sales=SALES,
            price_changes="sale_id,date,price\nS1,2014-03-20,1.1\nS3,2015-01-20,0.9\n",
            sections={"price_changes": 'units = { price = "10k" }'},
        )
    )
    assert workspace.tables["price_changes"]["price"].to_list() == [11000.0, 9000.0]
    assert workspace.tables["sales"]["outcome"].to_list() == ["sold", "withdrawn", "open"]


def test_a_new_price_of_a_day_off_the_list_is_set_aside(build):
    workspace = load_workspace(
        build(
            sales=SALES,
            price_changes="sale_id,date,price\nS1,2014-02-20,11500\nS1,2014-04-02,11500\n"
            "S1,2014-03-20,11000\nS3,2015-01-20,9000\n",
            more="[rejects]\nmax_share = 0.6\n",
        )
    )
    assert workspace.tables["price_changes"]["sale_id"].to_list() == ["S1", "S3"]
    lines = workspace.rejected["price_changes"]
    assert lines["row"].to_list() == [1, 2]
    assert set(lines["column"]) == {"date"}
    assert set(lines["rule"]) == {"must not lie before offered_on nor after closed_on of its sale"}


def test_a_new_price_after_the_planning_date_is_not_read(build):
    workspace = load_workspace(
        build(sales=SALES, price_changes="sale_id,date,price\nS3,2015-01-26,9000\n")
    )
    assert workspace.tables["price_changes"].is_empty()
    assert workspace.counts["price_changes"].excluded == {"changed after as_of": 1}


def test_a_listing_that_closed_after_the_planning_date_is_open_on_it(build):
    later = (
        "S4,2014-12-01,2015-02-03,Toyota,Camry,2012,dealer,sold,12000,11000\n"
        "S5,2014-12-01,2015-02-03,Toyota,Camry,2012,auction,sold,,9000\n"
        "S6,2014-12-01,2015-02-03,Toyota,Camry,2012,dealer,sold,,9000\n"
    )
    changes = "sale_id,date,price\nS4,2015-01-20,11500\nS4,2015-01-30,11000\n"
    workspace = load_workspace(build(sales=SALES + later, price_changes=changes))
    sales = workspace.tables["sales"].filter(sale_id="S4")
    assert sales.select("outcome", "closed_on", "price", "list_price").row(0) == (
        "open", None, None, 12000.0
    )  # fmt: skip
    assert workspace.tables["sales"]["sale_id"].to_list() == ["S1", "S2", "S3", "S4"]
    assert workspace.counts["sales"].excluded == {"closed after as_of": 2}
    assert workspace.counts["sales"].read_as[-1] == "1 closed after as_of taken as open"
    assert workspace.tables["price_changes"]["price"].to_list() == [11500.0]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("S9,2014-03-20,11000", "there is no such sale in sales.csv"),
        ("S1,2014-03-20,11000\nS1,2014-03-20,10000", "stands already in row 1"),
    ],
)
def test_new_prices_that_stop_a_run(build, line, told):
    report = check_workspace(build(sales=SALES, price_changes=f"sale_id,date,price\n{line}\n"))
    assert [fault.rule for fault in report.faults] == [told]


def test_a_consignment_states_its_terms_and_no_price(build):
    offers = load_workspace(
        build(
            "venues",
            offers=OFFERS + "C1,D1,consignment,,,5,60,0,9,2015-01-01,2015-03-01\n",
            sections={"offers": 'units = { fee_rate = "percent" }'},
        )
    ).tables["offers"]
    assert offers.select("kind", "fee_rate", "list_days", "price").row(0) == (
        "consignment", 0.05, 60.0, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("consignment,9000,,0.05,60", "neither price nor guide_rate"),
        ("consignment,,0.9,0.05,60", "neither price nor guide_rate"),
        ("consignment,,,0.05,", "fee_rate and list_days are required"),
        ("consignment,,,,60", "fee_rate and list_days are required"),
        ("standing,,,0.05,60", "exactly one of price and guide_rate"),
        (",,,,", "exactly one of price and guide_rate"),
        ("rental,9000,,,", "must be one of standing, consignment"),
    ],
)
def test_terms_that_contradict_their_kind_are_refused(build, line, told):
    text = f"{OFFERS}C1,D1,{line},0,9,2015-01-01,2015-03-01\n"
    with pytest.raises(InputError) as caught:
        load_workspace(build("venues", offers=text))
    rules = " ".join(fault.rule for fault in caught.value.faults)
    assert told in rules
