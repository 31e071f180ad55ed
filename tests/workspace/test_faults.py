"""Each kind of fault is told with file, row, column, value and rule; all of them at once."""

# ruff: noqa: E501 - a row of a table and the sentence it earns read best side by side

from __future__ import annotations

import pytest

from auction.workspace import check_workspace, load_workspace
from residual.errors import InputError

LENIENT = "[rejects]\nmax_share = 0.9\n"
LAW = '[dismantling]\njurisdiction = "US"\n'

VEHICLES = "vehicle_id,make,model,model_year,first_registered,odometer,condition_grade,damage,region,lat,lon,title_status,guide_value,run_count\n"
GOOD_VEHICLE = "V0,A,B,2012,,1,3,none,TX,,,clear,9,0\n"
SALES = "sale_id,offered_on,closed_on,make,model,model_year,first_registered,channel,outcome,price,reserve,bidders\n"
GOOD_SALE = "S0,2014-03-01,,A,B,2012,,auction,sold,9000,,\n"


def faults(path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_workspace(path)
    return [str(fault) for fault in caught.value.faults]


def set_aside(build, table: str, text: str) -> list[str]:
    names = ("venues", "events", "index")
    workspace = load_workspace(build(*names, **{table: text}, more=LENIENT + LAW))
    lines = workspace.rejected[table].iter_rows(named=True)
    assert workspace.counts[table].rejected == workspace.rejected[table]["row"].n_unique()
    return [
        f"{line['file']} {line['row']} {line['column']} {line['value']!r}: {line['rule']}"
        for line in lines
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "V1,A,B,,,1,3,none,TX,,,clear,9,0",
            "model_year None: model_year or first_registered must be given",
        ),
        ("V1,,B,2012,,1,3,none,TX,,,clear,9,0", "make None: is required"),
        ("V1,A,B,twelve,,1,3,none,TX,,,clear,9,0", "model_year 'twelve': must be a whole number"),
        (
            "V1,A,B,2060,,1,3,none,TX,,,clear,9,0",
            "model_year '2060': must not be more than one year ahead of as_of",
        ),
        ("V1,A,B,1066,,1,3,none,TX,,,clear,9,0", "model_year '1066': must be at least 1900"),
        (
            "V1,A,B,2012,2016-01-01,1,3,none,TX,,,clear,9,0",
            "first_registered '2016-01-01': must not be after as_of",
        ),
        (
            "V1,A,B,2012,first of May,1,3,none,TX,,,clear,9,0",
            "first_registered 'first of May': must be a date written as %Y-%m-%d",
        ),
        (
            "V1,A,B,2012,2012-02-30,1,3,none,TX,,,clear,9,0",
            "first_registered '2012-02-30': must be a date written as %Y-%m-%d",
        ),
        ("V1,A,B,2012,,-1,3,none,TX,,,clear,9,0", "odometer '-1': must be at least 0"),
        ("V1,A,B,2012,,nan,3,none,TX,,,clear,9,0", "odometer 'nan': must be a finite number"),
        ('V1,A,B,2012,,"1,0,0",3,none,TX,,,clear,9,0', "odometer '1,0,0': must be a number"),
        ("V1,A,B,2012,,=1+1,3,none,TX,,,clear,9,0", "odometer '=1+1': must be a number"),
        ("V1,A,B,2012,,1,0.5,none,TX,,,clear,9,0", "condition_grade '0.5': must be at least 1"),
        ("V1,A,B,2012,,1,6,none,TX,,,clear,9,0", "condition_grade '6': must be at most 5"),
        (
            "V1,A,B,2012,,1,3,wreck,TX,,,clear,9,0",
            "damage 'wreck': damage must be one of none, light, heavy",
        ),
        (
            "V1,A,B,2012,,1,3,none,,,,clear,9,0",
            "region None: one of region, postcode and coordinates is required",
        ),
        ("V1,A,B,2012,,1,3,none,TX,91,0,clear,9,0", "lat '91': must be at most 90"),
        ("V1,A,B,2012,,1,3,none,TX,45,,clear,9,0", "lat '45': lat and lon must be given together"),
        (
            "V1,A,B,2012,,1,3,none,TX,,,lost,9,0",
            "title_status 'lost': title_status must be one of clear, lien, salvage, missing",
        ),
        ("V1,A,B,2012,,1,3,none,TX,,,clear,0,0", "guide_value '0': must be above 0"),
        ("V1,A,B,2012,,1,3,none,TX,,,clear,9,0.5", "run_count '0.5': must be a whole number"),
    ],
)
def test_vehicles_set_aside(build, row, told):
    text = VEHICLES + GOOD_VEHICLE + row + "\n"
    assert set_aside(build, "vehicles", text) == [f"vehicles.csv 2 {told}"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "S1,2014-03-01,,A,B,2012,,auction,sold,0,,",
            "price '0': a sold row must have a price above zero",
        ),
        (
            "S1,2014-03-01,,A,B,2012,,auction,,,,",
            "price None: a sold row must have a price above zero",
        ),
        ("S1,2014-03-01,,A,B,2012,,auction,sold,inf,,", "price 'inf': must be a finite number"),
        ("S1,2014-03-01,,A,B,2012,,auction,sold,ten,,", "price 'ten': must be a number"),
        (
            "S1,2014-03-01,,A,B,2012,,auction,gone,9,,",
            "outcome 'gone': outcome must be one of sold, no-sale, withdrawn, open",
        ),
        (
            "S1,2014-03-01,,A,B,2012,,shop,sold,9,,",
            "channel 'shop': channel must be one of auction, dealer, dismantling",
        ),
        ("S1,2014-03-01,,A,B,2012,,auction,sold,9,-1,", "reserve '-1': must be at least 0"),
        ("S1,2014-03-01,,A,B,2012,,auction,sold,9,,-1", "bidders '-1': must be at least 0"),
        ("S1,,,A,B,2012,,auction,sold,9,,", "offered_on None: is required"),
        (
            "S1,2014-03-01,2014-02-01,A,B,2012,,auction,sold,9,,",
            "closed_on '2014-02-01': closed_on must not lie before offered_on",
        ),
        (
            "S1,2014-03-01,,A,B,2016,,auction,sold,9,,",
            "model_year '2016': must not be more than one year ahead of offered_on",
        ),
        (
            "S1,2014-03-01,,A,B,,2014-03-02,auction,sold,9,,",
            "first_registered '2014-03-02': must not be after offered_on",
        ),
    ],
)
def test_sales_set_aside(build, row, told):
    assert set_aside(build, "sales", SALES + GOOD_SALE + row + "\n") == [f"sales.csv 2 {told}"]


def test_a_no_sale_needs_no_price(build):
    text = (
        SALES
        + "S1,2014-03-01,,A,B,2012,,auction,no-sale,,,\nS2,2014-03-01,,A,B,2012,,auction,withdrawn,,,\n"
    )
    assert load_workspace(build(sales=text)).tables["sales"]["price"].to_list() == [None, None]


OFFERS = "offer_id,venue_id,price,guide_rate,min_units,max_units,valid_from,valid_until\nO0,D1,1,,0,2,2015-01-01,2015-03-01\n"
FORWARDS = "offer_id,venue_id,kind,vehicle_id,price,market_rate,package,package_min_units,min_units,max_units,valid_from,valid_until\nO0,D1,,,1,,,,0,2,2015-01-01,2015-03-01\n"
WORK = "reconditioning_id,cost,days,min_grade,max_grade,to_grade,damage,to_damage\nR0,9,3,,,4,,\n"
HEDGES = "hedge_id,kind,series,strike,expiry,premium,lot,limit,counterparty\nH0,unit_floor,,0.9,,0.02,1,5,Bank\n"
VENUES = "venue_id,channel,region,lat,lon,fee_sale,fee_rate,fee_no_sale,tax_rate,settlement_days,entry_days,display_days\nA1,auction,TX,,,0,0,0,0,7,0,0\nD1,dealer,TX,,,0,0,0,0,7,0,0\n"
PARTS = "group,part,price,chance,labour_hours,needs,legal_class\n*,hulk,150,1,0,,scrap\n"
OVERRIDES = "vehicle_id,action,venue_id,channel,event_id,reason,who\nV1,ban,A1,,,poor,desk\n"


@pytest.mark.parametrize(
    ("table", "text", "row", "told"),
    [
        ("offers", OFFERS, "O1,D1,1,0.9,0,2,2015-01-01,2015-03-01", "price '1': exactly one of price and guide_rate must be given"),
        ("offers", OFFERS, "O1,D1,,,0,2,2015-01-01,2015-03-01", "price None: exactly one of price and guide_rate must be given"),
        ("offers", OFFERS, "O1,D1,1,,2,1,2015-01-01,2015-03-01", "min_units '2': must not be above max_units"),
        ("offers", OFFERS, "O1,D1,1,,0,2,2015-04-01,2015-03-01", "valid_until '2015-03-01': must not be before valid_from"),
        ("offers", FORWARDS, "O1,D1,forward,,7000,0.95,,,3,2,2015-01-01,2015-03-01", "min_units '3': must not be above max_units"),
        ("offers", FORWARDS, "O1,D1,forward,,7000,,,,0,2,2015-01-01,2015-03-01", "market_rate None: market_rate is required for a forward, and means nothing for other kinds"),
        ("offers", FORWARDS, "O1,D1,standing,,7000,0.9,,,0,2,2015-01-01,2015-03-01", "market_rate '0.9': market_rate is required for a forward, and means nothing for other kinds"),
        ("offers", FORWARDS, "O1,D1,forward,,,0.9,,,0,2,2015-01-01,2015-03-01", "price None: exactly one of price and guide_rate must be given"),
        ("offers", FORWARDS, "O1,D1,forward,,7000,3,,,0,2,2015-01-01,2015-03-01", "market_rate '3': must be at most 2"),
        ("offers", FORWARDS, "O1,D1,,,7000,,P,,0,2,2015-01-01,2015-03-01", "package_min_units None: package and package_min_units must be given together"),
        ("offers", FORWARDS, "O1,D1,,,7000,,P,2,1,2,2015-01-01,2015-03-01", "min_units '1': an offer of a package asks for no units of its own"),
        ("reconditioning", WORK, "R1,9,3,,,,,", "to_grade None: one of to_grade and to_damage must be given"),
        ("reconditioning", WORK, "R1,9,3,4,2,5,,", "min_grade '4': must not be above max_grade"),
        ("reconditioning", WORK, "R1,9,3,3,4,3,,", "to_grade '3': must be above min_grade"),
        ("reconditioning", WORK, "R1,9,3,,,,light,light", "to_damage 'light': must be less than damage"),
        ("reconditioning", WORK, "R1,9,3,,,,,heavy", "to_damage 'heavy': must be one of none, light"),
        ("reconditioning", WORK, "R1,-9,3,,,4,,", "cost '-9': must be at least 0"),
        ("hedges", HEDGES, "H1,index_put,,0.9,,1,1,5,Bank", "expiry None: is required for an index_put"),
        ("hedges", HEDGES, "H1,swap,,0.9,,1,1,5,Bank", "kind 'swap': must be one of unit_floor, insurance, index_put, stop_loss, quota_share"),
        ("venues", VENUES, "X,auction,TX,,,-1,0,0,0,7,0,0", "fee_sale '-1': must be at least 0"),
        ("venues", VENUES, "X,auction,TX,1,,0,0,0,0,7,0,0", "lat '1': lat and lon must be given together"),
        ("venues", VENUES, "X,auction,TX,,,0,1.5,0,0,7,0,0", "fee_rate '1.5': must be at most 1"),
        ("parts", PARTS, "*,door,1,1.1,0,,free", "chance '1.1': must be at most 1"),
        ("parts", PARTS.replace("chance", "chance_heavy,chance").replace("150,", "150,,"), "*,door,1,-0.5,1,0,,free", "chance_heavy '-0.5': must be at least 0"),
        ("parts", PARTS, "*,door,1,1,0,,mine", "legal_class 'mine': must be one of free, five_assemblies, traction_battery, scrap, not_for_sale"),
        ("parts", PARTS.replace("chance", "market_units,chance").replace("150,", "150,,"), "*,door,1,5,1,0,,free", "price_fall None: market_units and price_fall must be given together"),
        ("parts", PARTS.replace("chance", "market_units,price_fall,chance").replace("150,", "150,,,"), "*,door,1,5,0.01,1,0,,free", "price_fall '0.01': must be at least 0.02"),
        ("parts", PARTS.replace("chance", "platinum_g,chance").replace("150,", "150,,"), "*,cat,1,-1,1,0,,free", "platinum_g '-1': must be at least 0"),
        ("parts", PARTS.replace("chance", "weight_kg,chance").replace("150,", "150,,"), "*,airbags,0,3,0.4,1,,not_for_sale", "price '0': a part that nobody may sell has no price"),
        ("parts", PARTS, "*,airbags,160,0.4,1,,not_for_sale", "price '160': a part that nobody may sell has no price"),
        ("overrides", OVERRIDES, "V1,ban,,,,poor,desk", "venue_id None: one of venue_id, channel and event_id must be given"),
        ("overrides", OVERRIDES, "V1,ban,A1,,,,desk", "reason None: is required"),
    ],
)  # fmt: skip
def test_rows_of_the_market_set_aside(build, table, text, row, told):
    lines = set_aside(build, table, text + row + "\n")
    assert lines == [f"{table}.csv {text.count(chr(10))} {told}"]


def test_several_faults_of_a_row_are_all_told_and_it_counts_once(build):
    text = VEHICLES + GOOD_VEHICLE + "V1,,B,x,,-1,3,none,TX,,,clear,0,0\n"
    assert set_aside(build, "vehicles", text) == [
        "vehicles.csv 2 model_year 'x': must be a whole number",
        "vehicles.csv 2 make None: is required",
        "vehicles.csv 2 odometer '-1': must be at least 0",
        "vehicles.csv 2 guide_value '0': must be above 0",
    ]


def test_too_many_bad_rows_are_refused_and_told(build):
    text = SALES + GOOD_SALE + "S1,2014-03-01,,A,B,2012,,auction,sold,-1,,\n"
    assert faults(build(sales=text)) == [
        (
            "sales.csv: 1 of 2 rows are at fault, more than rejects.max_share = 0.05 allows "
            "(mend the rows told next)"
        ),
        (
            "sales.csv, row 2, column price, value '-1': a sold row must have a price above zero "
            "(give the hammer price or mend the outcome)"
        ),
    ]


def test_a_share_just_at_the_limit_is_borne(build):
    rows = "".join(f"S{i},2014-03-01,,A,B,2012,,auction,sold,9,,\n" for i in range(19))
    text = SALES + rows + "S19,2014-03-01,,A,B,2012,,auction,sold,0,,\n"
    assert load_workspace(build(sales=text)).counts["sales"].rejected == 1


FATAL = [
    pytest.param(
        {"vehicles": "vehicle_id,make,model,model_year,region\nV1,A,B,2012,TX\nV2,A,B,2012,TX\nV1,C,D,2013,TX\n"},
        ["vehicles.csv, row 3, column vehicle_id, value 'V1': stands already in row 1 (keep one of the two rows)"],
        id="duplicate vehicle",
    ),
    pytest.param(
        {"tariffs": "from_region,to_region,cost,days\nTX,OK,1,1\nTX,OK,2,1\n"},
        ["tariffs.csv, row 2, column from_region, to_region, value 'TX, OK': stands already in row 1 (keep one of the two rows)"],
        id="duplicate lane",
    ),
    pytest.param(
        {"events": "event_id,venue_id,date,capacity\nE1,A11,2015-02-03,10\n", "venues": VENUES},
        ["events.csv, row 1, column venue_id, value 'A11': there is no such venue in venues.csv (did you mean 'A1'?)"],
        id="unknown venue",
    ),
    pytest.param(
        {"events": "event_id,venue_id,date,capacity\nE1,D1,2015-02-03,10\n", "venues": VENUES},
        ["events.csv, row 1, column venue_id, value 'D1': must be a venue of channel auction (mend the venue_id or the venue's channel)"],
        id="event at a dealer",
    ),
    pytest.param(
        {"offers": OFFERS.replace("D1", "A1"), "venues": VENUES},
        ["offers.csv, row 1, column venue_id, value 'A1': must be a venue of channel dealer (mend the venue_id or the venue's channel)"],
        id="offer of an auction",
    ),
    pytest.param(
        {"offers": OFFERS.replace("0,2,", "3,4,"), "venues": VENUES},
        ["offers.csv, row 1, column min_units, value '3': asks for more than the fleet's 2 vehicles (lower it or leave the offer out)"],
        id="minimum above the fleet",
    ),
    pytest.param(
        {"offers": FORWARDS + "O1,D1,,V9,1,,,,0,2,2015-01-01,2015-03-01\n", "venues": VENUES},
        ["offers.csv, row 2, column vehicle_id, value 'V9': there is no such vehicle in vehicles.csv (mend the name or add the row)"],
        id="price for an unknown unit",
    ),
    pytest.param(
        {
            "offers": FORWARDS + "O1,D1,,,1,,P,2,0,1,2015-01-01,2015-03-01\n"
            "O2,D2,,,1,,P,1,0,2,2015-01-01,2015-03-01\nO3,D1,,,1,,Q,3,0,2,2015-01-01,2015-03-01\n",
            "venues": VENUES + "D2,dealer,TX,,,0,0,0,0,7,0,0\n",
        },
        [
            "offers.csv, row 3, column venue_id, value 'D2': package P has D1 in row 2 (write the same in every row of the package)",
            "offers.csv, row 3, column package_min_units, value '1': package P has 2 in row 2 (write the same in every row of the package)",
            "offers.csv, row 4, column package_min_units, value '3': asks for more than the fleet's 2 vehicles (lower it or leave the offer out)",
            "offers.csv, row 4, column package_min_units, value '3': its offers take 2 units at most (lower it, or raise max_units of its offers)",
        ],
        id="packages at odds",
    ),
    pytest.param(
        {"events": "event_id,venue_id,date,capacity\nE1,A1,2015-02-03,10\n"},
        ["disposal.toml, column tables.events: needs a table of venues: its venue_id refers to one (add [tables.venues])"],
        id="events without venues",
    ),
    pytest.param(
        {"holds": "vehicle_id,kind,until\nW9,redemption,2015-02-10\n"},
        ["holds.csv, row 1, column vehicle_id, value 'W9': there is no such vehicle in vehicles.csv (mend the name or add the row)"],
        id="hold on an unknown vehicle",
    ),
    pytest.param(
        {"overrides": OVERRIDES + "V22,pin,,dealer,,why,desk\n", "venues": VENUES},
        ["overrides.csv, row 2, column vehicle_id, value 'V22': there is no such vehicle in vehicles.csv (did you mean 'V2'?)"],
        id="override of an unknown vehicle",
    ),
    pytest.param(
        {"overrides": OVERRIDES + "V2,pin,,dealer,,why,desk\nV2,pin,D1,,,why,desk\n", "venues": VENUES},
        ["overrides.csv, row 3, column vehicle_id, value 'V2': is pinned more than once (keep one pin a vehicle)"],
        id="two pins",
    ),
    pytest.param(
        {"overrides": OVERRIDES + "V2,pin,A1,dealer,,why,desk\n", "venues": VENUES},
        ["overrides.csv, row 2, column channel, value 'dealer': is not the channel of its venue_id (drop one of the two)"],
        id="pin at odds with its venue",
    ),
    pytest.param(
        {"overrides": OVERRIDES + "V2,pin,D1,,E1,why,desk\n", "venues": VENUES, "events": "event_id,venue_id,date,capacity\nE1,A1,2015-02-03,10\n"},
        ["overrides.csv, row 2, column venue_id, value 'D1': is not the venue of its event_id (drop one of the two)"],
        id="pin at odds with its event",
    ),
    pytest.param(
        {"hedges": HEDGES.replace("unit_floor,,", "unit_floor,market,")},
        ["disposal.toml, column tables.hedges: needs a table of index: its series refers to one (add [tables.index])"],
        id="series without index",
    ),
    pytest.param(
        {"hedges": HEDGES.replace("unit_floor,,", "unit_floor,markt,"), "index": "series,date,released_on,value\nmarket,2014-11-01,2014-12-15,100\n"},
        ["hedges.csv, row 1, column series, value 'markt': there is no such series in index.csv (known are market)"],
        id="unknown series",
    ),
    pytest.param(
        {"parts": PARTS + "*,engine,900,0.4,3,dor,free\n*,door,9,1,1,,free\n"},
        ["parts.csv, row 2, column needs, value 'dor': there is no part 'dor' in group '*' (did you mean 'door'?)"],
        id="unknown part",
    ),
    pytest.param(
        {"parts": PARTS + "*,a,9,1,1,c;b,free\n*,b,9,1,1,a,free\n*,c,9,1,1, b ,free\nVan,a,9,1,1,,free\n"},
        ["parts.csv, row 2, column needs, value 'c;b': parts of group '*' need each other in a circle: a > c > b > a (drop one of these needs)"],
        id="circle of needs",
    ),
    pytest.param(
        {"parts": PARTS + "*,a,9,1,1,a,free\n"},
        ["parts.csv, row 2, column needs, value 'a': parts of group '*' need each other in a circle: a > a (drop one of these needs)"],
        id="a part that needs itself",
    ),
    pytest.param(
        {"parts": PARTS + "*,axle,9,1,1,wheels; hulk,free\n*,wheels,9,1,1,,free\n"},
        ["parts.csv, row 2, column needs, value 'wheels; hulk': the hulk is what is left when parts are off, none can need it (drop it)"],
        id="a part that needs the hulk",
    ),
    pytest.param(
        {"parts": PARTS + "Ford,hulk,90,1,0,,scrap\nVan,hulk,95,1,0,,scrap\nFORD,door,9,1,1,,free\nFORD,seat,9,1,1,,free\nford,seat,9,1,1,,free\n"},
        [
            "parts.csv, row 4, column group, value 'FORD': differs from group 'Ford' in upper and lower case alone (write one group in one way)",
            "parts.csv, row 6, column group, value 'ford': differs from group 'Ford' in upper and lower case alone (write one group in one way)",
        ],
        id="groups that differ in case alone",
    ),
    pytest.param(
        {"vehicles": "vehicle_id,make,model,model_year,region\n"},
        ["vehicles.csv: holds no vehicle to plan for after 0 read, 0 set aside (add rows)"],
        id="no fleet",
    ),
    pytest.param(
        {"sales": SALES + GOOD_SALE.replace("2014", "2016")},
        ["sales.csv: holds no past offering after 1 read, 1 offered after as_of, 0 set aside (mend as_of or add rows)"],
        id="no sales yet",
    ),
    pytest.param(
        {"vehicles": "vehicle_id,make,model,year,region\nV1,A,B,2012,TX\n", "sales": "sale_id,when,make,model\nS1,2014-03-01,A,B\n"},
        [
            "sales.csv, column offered_on: the column is required (name it in [tables.sales.columns] or give one value in [tables.sales.constants])",
            "vehicles.csv: 1 of 1 rows are at fault, more than rejects.max_share = 0.05 allows (mend the rows told next)",
            "vehicles.csv, row 1, column model_year: model_year or first_registered must be given (give one of the two)",
        ],
        id="missing column, and another file's fault",
    ),
    pytest.param(
        {"vehicles": "vehicle_id,make,model,model_year,Region_\nV1,A,B,2012,TX\n"},
        ["vehicles.csv, column region: the column is required (name it in [tables.vehicles.columns] or give one value in [tables.vehicles.constants]; is it 'Region_'?)"],
        id="missing column with a likely one",
    ),
    pytest.param({"vehicles": ""}, ["vehicles.csv: is empty (give a header and rows)"], id="empty file"),
    pytest.param(
        {"vehicles": "vehicle_id,make,make\nV1,A,B\n"},
        ["vehicles.csv: the header names 'make' twice (give each column a name of its own)"],
        id="header twice",
    ),
    pytest.param(
        {"vehicles": "vehicle_id,make,model,model_year,region\nV1,A,B,2012,TX\nV2,A,B,2012,TX,9\n"},
        ["vehicles.csv, row 2: has 6 values where the header has 5 (complete the row; quote text that holds the delimiter)"],
        id="long row",
    ),
    pytest.param(
        {"vehicles": "vehicle_id,make,model,model_year,region\nV1,A,B,2012,TX\nV2,A,B,20"},
        ["vehicles.csv, row 2: has 4 values where the header has 5 (complete the row; quote text that holds the delimiter)"],
        id="torn file",
    ),
    pytest.param(
        {"vehicles": 'vehicle_id,make,model,model_year,region\nV1,A,B,2012,"TX\n'},
        ["vehicles.csv, row 1: has a quote that is not closed well (check the quotes and the delimiter)"],
        id="open quote",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "told"), FATAL)
def test_faults_that_stop_a_run(build, texts, told):
    more = LAW if "parts" in texts else ""
    path = build(**texts, more=more)
    before = sorted(path.iterdir())
    assert faults(path) == told
    report = check_workspace(path)
    assert [str(fault) for fault in report.faults] == told
    assert all(fault.remedy for fault in report.faults)
    assert sorted(path.iterdir()) == before


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        (
            {"sales": 'columns = {price = "hamer"}'},
            (
                "disposal.toml, column tables.sales.columns.price, value 'hamer': sales.csv has no such "
                "column (known are channel, condition_grade, make, model, model_year, odometer, "
                "offered_on, price, sale_id)"
            ),
        ),
        (
            {"vehicles": 'columns = {odometr = "odometer"}'},
            (
                "disposal.toml, column tables.vehicles.columns.odometr: is not a column of vehicles "
                "(did you mean 'odometer'?)"
            ),
        ),
        (
            {"venues": "constants = {weekly_unit = 3}"},
            (
                "disposal.toml, column tables.venues.constants.weekly_unit: is not a column of venues "
                "(did you mean 'weekly_units'?)"
            ),
        ),
        (
            {"sales": 'units = {price = "10k_CNY"}'},
            (
                "disposal.toml, column tables.sales.units.price, value '10k_CNY': must be in USD, the "
                "one currency (convert the file beforehand)"
            ),
        ),
        (
            {"sales": 'units = {reserve = "10k"}'},
            (
                "disposal.toml, column tables.sales.units.reserve, value '10k': sales.csv has no such "
                "column (drop the unit or name the column)"
            ),
        ),
        (
            {"sales": 'units = {prize = "10k"}'},
            (
                "disposal.toml, column tables.sales.units.prize, value '10k': is not a column of sales "
                "(did you mean 'price'?)"
            ),
        ),
        (
            {"sales": "constants = {run = 1.5}"},
            (
                "disposal.toml, column tables.sales.constants.run, value '1.5': must be a whole number "
                "(mend the value)"
            ),
        ),
        (
            {"sales": 'constants = {price = 1}\ncolumns = {price = "price"}'},
            (
                "disposal.toml, column tables.sales.constants.price, value '1': is also given as a "
                "column (keep one of the two)"
            ),
        ),
    ],
)
def test_faults_of_names_constants_and_units(build, sections, told):
    assert faults(build(*sections, sections=sections)) == [told]


@pytest.mark.parametrize(
    "name", ["../secret.csv", "/etc/hostname", "sub/../../x.csv", "..\\x.csv", "link.csv"]
)
def test_files_outside_of_the_workspace_are_refused(build, tmp_path, name):
    root = tmp_path / "inside"
    path = build()
    root.mkdir()
    for file in list(path.glob("*.*")):
        file.rename(root / file.name)
    (tmp_path / "secret.csv").write_text("vehicle_id\nV1\n")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    settings = (root / "disposal.toml").read_text()
    written = name.replace("\\", "\\\\")
    (root / "disposal.toml").write_text(settings.replace("vehicles.csv", written))
    assert faults(root) == [
        (
            f"disposal.toml, column tables.vehicles.file, value {name!r}: must stand inside the "
            "workspace (copy the file into the workspace and name it relative to it)"
        )
    ]


def test_absent_and_unreadable_files(build, tmp_path):
    path = build("venues", "events", "offers")
    (path / "vehicles.csv").unlink()
    (path / "sales.csv").write_bytes(b"sale_id\nS1\nS\x81\xff\n")
    (path / "venues.csv").rename(path / "venues.parquet")
    (path / "events.csv").rename(path / "events.xlsx")
    settings = (path / "disposal.toml").read_text()
    settings = settings.replace("venues.csv", "venues.parquet").replace("events.csv", "events.xlsx")
    (path / "disposal.toml").write_text(settings)
    assert faults(path) == [
        (
            "disposal.toml, column tables.vehicles.file, value 'vehicles.csv': there is no such file "
            "(mend the name or put the file there)"
        ),
        (
            "events.xlsx: is not an Excel workbook (open it in Excel and save it anew as .xlsx, without a "
            "password; or save as CSV)"
        ),
        (
            "sales.csv: is not UTF-8, and its bytes do not prove another encoding: see line 3 "
            "(save it as UTF-8 or set encoding, such as gb18030 or cp1252)"
        ),
        "venues.parquet: is not a whole Parquet file (write the file again)",
    ]


def test_faults_of_several_files_and_kinds_come_together(build):
    path = build(
        vehicles="vehicle_id,make,model,model_year,region\nV1,A,B,2012,TX\nV1,A,B,2012,TX\n",
        sales=SALES + GOOD_SALE + GOOD_SALE.replace("S0", "S1").replace("9000", "0"),
        venues=VENUES,
        events="event_id,venue_id,date,capacity\nE1,A11,2015-02-03,10\nE2,A1,2015-02-03,10\n",
        holds="vehicle_id,kind\nV1,redemption\n",
        tariffs="from_region,to_region,cost,days\nTX,OK,1,1\n",
        sections={"tariffs": 'units = {days = "week"}'},
    )
    assert faults(path) == [
        (
            "disposal.toml, column tables.tariffs.units.days, value 'week': must be a unit of days "
            "(did you mean 'weeks'?)"
        ),
        (
            "events.csv, row 1, column venue_id, value 'A11': there is no such venue in venues.csv "
            "(did you mean 'A1'?)"
        ),
        (
            "holds.csv, column until: the column is required (name it in [tables.holds.columns] or "
            "give one value in [tables.holds.constants])"
        ),
        (
            "sales.csv: 1 of 2 rows are at fault, more than rejects.max_share = 0.05 allows "
            "(mend the rows told next)"
        ),
        (
            "sales.csv, row 2, column price, value '0': a sold row must have a price above zero "
            "(give the hammer price or mend the outcome)"
        ),
        (
            "vehicles.csv, row 2, column vehicle_id, value 'V1': stands already in row 1 "
            "(keep one of the two rows)"
        ),
    ]


def test_rows_share_the_fate_of_the_row_that_they_refer_to(build):
    workspace = load_workspace(
        build(
            vehicles=VEHICLES.replace("run_count", "recovered_on")
            + GOOD_VEHICLE.replace(",0\n", ",2015-01-01\n")
            + GOOD_VEHICLE.replace("V0", "V1").replace(",0\n", ",2015-02-01\n"),
            venues=VENUES + "A2,auction,TX,,,-5,0,0,0,7,0,0\n",
            events="event_id,venue_id,date,capacity\nE1,A1,2015-02-03,10\nE2,A2,2015-02-03,10\n",
            holds="vehicle_id,kind,until\nV0,x,2015-02-10\nV1,x,2015-02-10\n",
            more=LENIENT,
        )
    )
    assert workspace.tables["events"]["event_id"].to_list() == ["E1"]
    assert workspace.rejected["events"].row(0) == (
        "events.csv", 2, "venue_id", "A2", "its venue was set aside", "mend the venue in venues.csv",
    )  # fmt: skip
    assert workspace.tables["holds"]["vehicle_id"].to_list() == ["V0"]
    assert workspace.counts["holds"].excluded == {"its vehicle is left out": 1}


def test_many_faults_of_one_kind_are_capped(build):
    rows = "".join(f"E{i},Z{i % 2},2015-02-03,10\n" for i in range(130))
    told = faults(build("venues", events="event_id,venue_id,date,capacity\n" + rows))
    assert len(told) == 51
    assert told[50] == (
        "events.csv, column venue_id: 80 further rows: there is no such venue in venues.csv "
        "(mend the name or add the row)"
    )
