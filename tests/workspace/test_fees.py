"""Fees in tiers: read in the units of the file, and whole or not at all."""

# ruff: noqa: E501 - a row of a table and the sentence it earns read best side by side

from __future__ import annotations

import pytest

from auction.from_workspace import market_of
from auction.preflight import check_before_a_run
from auction.workspace import load_workspace
from residual.errors import InputError

HEADER = "venue_id,charged_on,above,fee,rate\n"
FEES = HEADER + "A1,sale,0,100,\nA1,,10000,265,0.5\nA1,no_sale,0,20,\nD1,,0,50,\n"
VENUES = (
    "venue_id,channel,region,fee_sale,fee_rate,fee_no_sale,tax_rate,settlement_days,entry_days,"
    "display_days,fee_least,fee_most,return_rate,return_cost,return_discount\n"
    "A1,auction,TX,200,0.01,50,0,7,2,1,,,0.02,180,0.1\n"
    "D1,dealer,TX,80,0,0,0,7,0,0,,60,,,\n"
    "D2,dealer,TX,90,0,0,0,7,0,0,120,,,,\n"
)


def test_tiers_are_read_and_reach_the_market(build):
    workspace = load_workspace(
        build(venues=VENUES, fees=FEES, sections={"fees": 'units = { rate = "percent" }'})
    )
    assert workspace.tables["fees"]["charged_on"].to_list() == ["sale", "sale", "no_sale", "sale"]
    market = market_of(workspace)
    auction, dealers = market.sale_fees("auction"), market.sale_fees("dealer")
    assert auction.fixed.tolist() == [[100.0, 265.0]]
    assert auction.rate.tolist() == [[0.0, 0.005]]
    assert dealers.fixed.tolist() == [[50.0], [120.0]]
    assert market.no_sale_fees("auction").fixed.tolist() == [[20.0]]
    assert workspace.tables["venues"]["return_rate"].to_list() == [0.02, None, None]


def test_money_of_fees_may_be_written_in_thousands(build):
    fees = "venue_id,above,fee\nA1,0,0.1\nA1,1,0.2\n"
    units = 'units = { above = "10k", fee = "1k" }'
    market = market_of(load_workspace(build("venues", fees=fees, sections={"fees": units})))
    assert market.sale_fees("auction").above.tolist() == [[0.0, 10_000.0]]
    assert market.sale_fees("auction").fixed.tolist() == [[100.0, 200.0]]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(
            "A1,,0,9,\nA11,,0,5,\n",
            ["row 2, column venue_id, value 'A11': there is no such venue in venues.csv (did you mean 'A1'?)"],
            id="unknown venue",
        ),
        pytest.param(
            "A1,,500,9,\nA1,no_sale,7,9,\n",
            [
                "row 1, column above, value '500': the first tier of a venue must start at 0 (add a tier above 0, or set this one to 0)",
                "row 2, column above, value '7': the first tier of a venue must start at 0 (add a tier above 0, or set this one to 0)",
            ],
            id="no start",
        ),
        pytest.param(
            "A1,,0,90,\nA1,,1000,80,\nD1,,0,,0.1\nD1,,100,0,0.05\n",
            [
                "row 2, column fee, value '80': charges 80.00 just above 1,000, less than the 90.00 at it (raise this tier or lower the one below: a fee may not fall with the price)",
                "row 3, column fee: is required (fill it in)",
            ],
            id="falls, and a lost tier hides what hangs on it",
        ),
        pytest.param(
            "A1,,0,90,\nA1,sale,0,95,\n",
            ["row 2, column venue_id, charged_on, above, value 'A1, sale, 0.0': stands already in row 1 (keep one of the two rows)"],
            id="twice",
        ),
        pytest.param(
            "A1,,0,-1,\nA1,,5,2,\n",
            ["row 1, column fee, value '-1': must be at least 0 (mend the value or its unit)"],
            id="below nothing",
        ),
        pytest.param(
            "A1,sold,0,1,\nD1,,0,1,1.5\n",
            [
                "row 1, column charged_on, value 'sold': must be one of sale, no_sale (use one of these words, or map yours under values)",
                "row 2, column rate, value '1.5': must be at most 1 (mend the value or its unit)",
            ],
            id="odd words and rates",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_one_tier_stops_the_run(build, rows, told):
    with pytest.raises(InputError) as caught:
        load_workspace(build(venues=VENUES, fees=HEADER + rows))
    assert [str(fault) for fault in caught.value.faults] == [f"fees.csv, {each}" for each in told]


def test_fees_need_venues(build):
    with pytest.raises(InputError, match="needs a table of venues: its venue_id refers to one"):
        load_workspace(build(fees=FEES))


def test_bounds_out_of_order_set_the_venue_aside_with_its_tiers(build):
    venues = VENUES.replace("D1,dealer,TX,80,0,0,0,7,0,0,,60", "D1,dealer,TX,80,0,0,0,7,0,0,70,60")
    lenient = "[rejects]\nmax_share = 0.9\n"
    workspace = load_workspace(build(venues=venues, fees=FEES, more=lenient))
    assert workspace.rejected["venues"]["rule"].to_list() == ["must not be above fee_most"]
    assert workspace.rejected["fees"]["rule"].to_list() == ["its venue was set aside"]
    assert workspace.tables["fees"]["venue_id"].unique().to_list() == ["A1"]


def test_a_check_tells_of_more_tiers_than_a_schedule_may_have(build):
    rows = "".join(f"D1,,{100 * i},{10 * i},0.01\n" for i in range(15))
    venues = VENUES.replace("D1,dealer,TX,80,0,0,0,7,0,0,,60", "D1,dealer,TX,80,0,0,0,7,0,0,0.5,")
    report = check_before_a_run(build(venues=venues, fees=HEADER + rows))
    found = [fault.rule for fault in report.faults if fault.file == "venues"]
    assert found == ["with its bounds the fees of a sale have 16 tiers, more than 15"]
    with pytest.raises(InputError, match="a schedule has 15 tiers at most, this one has 16"):
        load_workspace(build(venues=VENUES, fees=HEADER + rows + "D1,,9000,500,\n"))
