"""Region, postcode or coordinates: each leads to the others, or the row says why it cannot."""

from __future__ import annotations

import polars as pl
import pytest

from auction.workspace import check_workspace, load_workspace
from auction.workspace.places import places_of
from residual.errors import InputError

LENIENT = "[rejects]\nmax_share = 0.9\n"
PLACES = """\
postcode,region,lat,lon
75,TX,32.0,-97.0
752,TX-N,33.0,-97.0
SW1,London,51.5,-0.1
SW10,Chelsea,,
78,TX,30.0,-99.0
"""
HEAD = "vehicle_id,make,model,model_year,region,postcode,lat,lon\n"
VENUES = (
    "venue_id,channel,region,postcode,lat,lon,fee_sale,fee_rate,fee_no_sale,tax_rate,"
    "settlement_days,entry_days,display_days\n"
)


def located(build, rows: str, places: str | None = PLACES, **more) -> pl.DataFrame:
    texts = {"vehicles": HEAD + rows, **more}
    if places is not None:
        texts["places"] = places
    return load_workspace(build(**texts)).tables["vehicles"].select("region", "lat", "lon")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (",75201,,", ("TX-N", 33.0, -97.0)),
        (",75901,,", ("TX", 32.0, -97.0)),
        (",sw1a 1aa,,", ("London", 51.5, -0.1)),
        (",SW10-9,,", ("Chelsea", None, None)),
        ("OK,75201,,", ("OK", 33.0, -97.0)),
        (",75201,10.0,20.0", ("TX-N", 10.0, 20.0)),
        ("TX,,,", ("TX", 31.003852495, -98.010489126)),
        ("ME,,,", ("ME", None, None)),
        (",,32.4,-97.1", ("TX", 32.4, -97.1)),
        (",,32.6,-97.1", ("TX-N", 32.6, -97.1)),
        (",99999,51.0,0.0", ("London", 51.0, 0.0)),
    ],
)
def test_what_a_row_gives_leads_to_the_rest(build, given, expected):
    assert located(build, f"V1,A,B,2012,{given}\n").row(0) == expected


def test_coordinates_on_another_continent_than_their_region_are_remarked_on(build):
    vehicles = (
        "vehicle_id,make,model,model_year,odometer,region,lat,lon\n"
        "V1,Toyota,Camry,2012,50000,TX,32.78,96.80\n"
        "V2,Toyota,Camry,2012,50000,TX,29.76,-95.37\n"
        "V3,Toyota,Camry,2012,50000,ZZ,32.78,96.80\n"
    )
    warnings = load_workspace(build("places", vehicles=vehicles)).warnings
    assert warnings.select("row", "column", "rule").rows() == [
        (1, "lat", "stands 12,587 km from the nearest place of TX")
    ]


def test_the_nearest_place_is_that_of_the_great_circle(build):
    places = "postcode,region,lat,lon\n1,over the date line,0,-179\n2,on paper nearer,0,160\n"
    assert located(build, "V1,A,B,2012,,,0,179\n", places)["region"].to_list() == [
        "over the date line"
    ]


def test_a_region_across_the_date_line_has_its_middle_there(build):
    """And one whose places stand all around the globe has none; 45 degrees apart by hand."""
    places = (
        "postcode,region,lat,lon\n1,Fiji,-17,179\n2,Fiji,-17,-179\n3,Around,0,0\n"
        "4,Around,0,180\n5,Line,0,20\n6,Line,0,65\n7,Alone,51.5,-0.1\n"
    )
    rows = "".join(f"{name},A,B,2012,{name},,,\n" for name in ("Fiji", "Around", "Line", "Alone"))
    fiji, around, line, alone = located(build, rows, places).rows()
    # -17 seen from the middle of two points a degree to the east and to the west of it
    assert fiji[1] == pytest.approx(-17.0024, abs=1e-4)
    assert abs(fiji[2]) == pytest.approx(180.0)
    assert around[1:] == (None, None)
    assert line[1:] == pytest.approx((0.0, 42.5))
    assert alone[1:] == (51.5, -0.1)


def test_coordinates_follow_venues_where_there_are_no_places(build):
    venues = VENUES + "A1,auction,TX,,30,-97,0,0,0,0,7,0,0\nA2,auction,,,31,-97,0,0,0,0,7,0,0\n"
    workspace = load_workspace(build(vehicles=HEAD + "V1,A,B,2012,,,30.1,-97\n", venues=venues))
    assert workspace.tables["vehicles"]["region"].to_list() == ["TX"]
    assert workspace.tables["venues"]["region"].to_list() == ["TX", "TX"]


def test_the_column_of_regions_may_be_absent(build):
    vehicles = "vehicle_id,make,model,model_year,postcode\nV1,A,B,2012,75201\n"
    workspace = load_workspace(build(vehicles=vehicles, places=PLACES))
    assert workspace.tables["vehicles"]["region"].to_list() == ["TX-N"]


def test_sales_get_a_region_and_need_none(build):
    sales = (
        "sale_id,offered_on,make,model,model_year,price,postcode\n"
        "S1,2014-03-01,A,B,2012,9,75201\nS2,2014-03-01,A,B,2012,9,99999\n"
    )
    workspace = load_workspace(build(sales=sales, places=PLACES))
    assert workspace.tables["sales"]["region"].to_list() == ["TX-N", None]


@pytest.mark.parametrize(
    ("given", "places", "told"),
    [
        (
            ",99999,,",
            PLACES,
            (
                "column postcode, value '99999': no key of the table places begins this postcode "
                "(add it to places, or give the region)"
            ),
        ),
        (
            ",75201,,",
            None,
            (
                "column postcode, value '75201': there is no table of places to look it up in "
                "(add [tables.places] or give the region)"
            ),
        ),
        (
            ",,32,-97",
            None,
            (
                "column region: no place or venue with region and coordinates is near "
                "(add coordinates to places or venues, or give the region)"
            ),
        ),
        (
            ",,,",
            PLACES,
            (
                "column region: one of region, postcode and coordinates is required "
                "(say where it stands)"
            ),
        ),
        (
            ",,x,-97",
            PLACES,
            (
                "column lat, value 'x': must be a number (write it with digits and a decimal point "
                "alone)"
            ),
        ),
    ],
)
def test_a_row_that_cannot_be_located_is_told(build, given, places, told):
    texts = {} if places is None else {"places": places}
    with pytest.raises(InputError) as caught:
        load_workspace(build(vehicles=HEAD + f"V1,A,B,2012,{given}\n", **texts))
    share, row = (str(fault) for fault in caught.value.faults)
    assert "1 of 1 rows are at fault" in share
    assert row == f"vehicles.csv, row 1, {told}"


def test_a_postcode_at_odds_with_its_region_and_a_place_far_away_are_remarked_on(build):
    rows = "V1,A,B,2012,OK,75201,,\nV2,A,B,2012,,,-33,151\n"
    warnings = check_workspace(build(vehicles=HEAD + rows, places=PLACES)).warnings
    assert warnings.select("row", "column", "rule").rows() == [
        (1, "region", "the postcode lies in region TX-N"),
        (2, "lat", "stands 13,497 km from the nearest place"),
    ]


def test_a_place_set_aside_locates_nothing(build):
    places = "postcode,region,lat,lon\n752,TX,95,0\n9,CA,36,-120\n"
    workspace = load_workspace(
        build(vehicles=HEAD + "V1,A,B,2012,TX,75201,,\n", places=places, more=LENIENT)
    )
    assert workspace.tables["vehicles"].row(0, named=True)["lat"] is None


def test_the_longest_key_counts_whatever_the_order():
    places = pl.read_csv(PLACES.encode(), schema_overrides={"postcode": pl.String})
    postcodes = pl.Series(["75201", "75", "SW10", "9"])
    for table in (places, places.reverse()):
        found = dict(places_of(postcodes, table).select("#postcode", "#region").iter_rows())
        assert found == {"75201": "TX-N", "75": "TX", "SW10": "Chelsea"}
