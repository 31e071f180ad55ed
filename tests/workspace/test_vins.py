"""VINs: their form, check digit where the law demands one, model year, maker and twins."""

from __future__ import annotations

import numpy as np
import pytest
from vininfo import Vin

from auction.workspace import check_workspace, load_workspace
from auction.workspace.makers import FAMILIES, contradict, families_of
from auction.workspace.vins import YEAR_LETTERS, check_digits, maker_of

HEAD = "vehicle_id,vin,make,model,model_year,region\n"
ACCORD = "1HGCM82633A004352"  # a Honda of 2003, check digit 3
LENIENT = "[rejects]\nmax_share = 0.9\n"


def remarks(build, *rows: str, more: str = "") -> list[tuple]:
    report = check_workspace(build(vehicles=HEAD + "\n".join(rows) + "\n", more=more))
    assert report.ok
    return report.warnings.select("row", "column", "value", "rule").rows()


@pytest.mark.parametrize(
    ("vin", "rule"),
    [
        ("1HGCM82633A00435", "a VIN has 17 characters"),
        ("1HGCM82633A0043521", "a VIN has 17 characters"),
        ("1HGCM82633AO04352", "a VIN holds no letter I, O or Q"),
        ("1HGCM82633A-04352", "a VIN holds only letters A to Z and digits"),
        ("1HGCM82643A004352", "the check digit, the ninth character, does not fit the others"),
        ("LSVAA4187E2184836", "the check digit, the ninth character, does not fit the others"),
    ],
)
def test_a_vin_that_cannot_be_right_is_a_warning(build, vin, rule):
    assert remarks(build, f"V1,{vin},Honda,Accord,2003,TX")[0] == (1, "vin", vin, rule)


@pytest.mark.parametrize(
    "row",
    [
        f"V1,{ACCORD},Honda,Accord,2003,TX",
        f"V1,{ACCORD.lower()},HONDA,Accord,2004,TX",
        "V1,,Honda,Accord,2003,TX",
        "V1,WBA3A5C50CF256651,BMW,328i,2012,TX",  # no check digit in Europe
        "V1,3VWFE21C04M000001,Volkswagen,Jetta,2004,TX",
    ],
)
def test_sound_vins_are_not_spoken_of(build, row):
    assert remarks(build, row) == []


def test_year_and_maker_are_compared_with_the_row(build):
    assert remarks(build, f"V1,{ACCORD},Toyota,Accord,2009,TX") == [
        (1, "model_year", "2009", "the tenth character of the VIN stands for another model year"),
        (1, "make", "Toyota", "the VIN says Honda"),
    ]


def test_a_unit_listed_twice_is_told(build):
    rows = [f"V{i},{ACCORD},Honda,Accord,2003,TX" for i in (1, 2, 3)]
    assert remarks(build, *rows) == [
        (2, "vin", ACCORD, "the VIN stands already in row 1"),
        (3, "vin", ACCORD, "the VIN stands already in row 1"),
    ]


def test_bad_vins_can_be_set_aside(build):
    rows = f"V1,{ACCORD},Honda,Accord,2003,TX\nV2,{ACCORD[:-1]},Honda,Accord,2003,TX\n"
    path = build(vehicles=HEAD + rows, more=LENIENT + "bad_vins = true\n")
    workspace = load_workspace(path)
    assert workspace.tables["vehicles"]["vehicle_id"].to_list() == ["V1"]
    assert workspace.rejected["vehicles"]["rule"].to_list() == ["a VIN has 17 characters"]


def test_warnings_become_notes(build):
    rows = "".join(f"V{i},{ACCORD[:-1]},Honda,Accord,2003,TX\n" for i in (1, 2))
    assert load_workspace(build(vehicles=HEAD + rows)).notes == [
        "vehicles.csv, vin: a VIN has 17 characters (2 rows)",
        "vehicles.csv, vin: the VIN stands already in row 1 (1 row)",
    ]


def test_check_digits_agree_with_the_library():
    rng = np.random.default_rng(5)
    letters = np.array(list("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"))
    # A year letter of U, Z or 0 does not exist, and the library refuses it outright.
    drawn = rng.choice(letters, (300, 17))
    drawn[:, :3] = list("1HG")
    drawn[:, 9] = rng.choice(np.array(list(YEAR_LETTERS)), 300)
    signs = np.array([[ord(sign) for sign in row] for row in drawn], dtype=np.uint8)
    ours = check_digits(signs)
    seen = set()
    for row, digit in zip(drawn, ours, strict=True):
        row[8] = chr(digit)
        seen.add(chr(digit))
        assert Vin("".join(row)).verify_checksum()
    assert seen == set("0123456789X")


def test_every_maker_of_the_library_can_be_asked():
    assert maker_of("1HG") == ("Honda", "United States")
    assert maker_of("LSV")[1] == "China"
    assert maker_of("000")[0]


@pytest.mark.parametrize(
    ("maker", "make", "apart"),
    [
        ("SAIC Volkswagen", "上汽大众", False),
        ("General Motors", "Chevrolet", False),
        ("Honda", "Toyota", True),
        ("Honda", "Ramiro", False),
        ("Nissan", "Infiniti", False),
        ("Something new", "Toyota", False),
        ("Changan Ford", "福特", False),
        ("FAW Toyota", "别克", True),
    ],
)
def test_only_known_makers_contradict_each_other(maker, make, apart):
    assert contradict(maker, make) is apart


def test_every_family_knows_its_own_names():
    for number, names in enumerate(FAMILIES):
        for name in names:
            assert number in families_of(name)
