"""`disposal init --from`: foreign files are recognised, mapped with reasons, and never harmed."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from auction.intake import Proposal, propose, write_proposal
from auction.intake.evidence import Evidence
from auction.intake.synonyms import meanings, table_words
from auction.intake.words import SYNONYMS
from auction.tables import SCHEMAS
from auction.workspace import check_workspace, load_workspace

STOCK = """\
Stock No,VIN,Marke,Modell,Baujahr,Kilometerstand,Zustandsnote,PLZ,Restschuld,Notiz
7001,1HGCM82633A004352,Honda,Accord,2003,"84.300",35,75201,"4.200,50",x
7002,,Toyota,Camry,2012,"51.000",42,75202,"9.000,00",y
"""
SOLD = """\
lot_id,brand,model,year,odometer_km,sold_on,hammer_price,result
1,Honda,Accord,2003,80000,13/05/2014,5000,sold
2,Toyota,Camry,2012,40000,28/06/2014,11000,no-sale
3,Toyota,Camry,2011,60000,02/07/2014,9000,sold
"""


def one(tmp_path: Path, text: str, name: str = "export.csv") -> Proposal:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return propose([path])


def mapping(proposal: Proposal, number: int = 0) -> dict[str, tuple[str, str | None, str]]:
    return {
        column.ours: (column.owner, column.unit, column.word)
        for column in proposal.tables[number].columns
    }


def test_a_german_stock_list_is_a_fleet(tmp_path: Path) -> None:
    proposal = one(tmp_path, STOCK)
    assert proposal.tables[0].table == "vehicles"
    assert mapping(proposal) == {
        "vehicle_id": ("Stock No", None, "sure"),
        "vin": ("VIN", None, "sure"),
        "make": ("Marke", None, "sure"),
        "model": ("Modell", None, "sure"),
        "model_year": ("Baujahr", None, "sure"),
        "odometer": ("Kilometerstand", None, "sure"),
        "condition_grade": ("Zustandsnote", "ten_fold", "sure"),
        "postcode": ("PLZ", None, "sure"),
        "loan_balance": ("Restschuld", None, "sure"),
    }
    assert proposal.currency == "EUR"
    assert proposal.tables[0].left == ("Notiz",)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("gebuhren.csv", "Auktionshaus,Preis ab,Festgebuhr,Gebuhrensatz"),
        ("fees.csv", "Venue,Price from,Flat fee,Tier rate"),
        ("comisiones.csv", "auction house,precio desde,comision fija,porcentaje"),
        ("收费.csv", "拍卖行,起始价,固定费用,收费比例"),
    ],
)
def test_a_table_of_fees_is_known_by_its_headers(tmp_path: Path, name: str, header: str) -> None:
    found = one(tmp_path, f"{header}\nDAL,0,150,0\nDAL,5000,200,0.005\n", name)
    assert found.tables[0].table == "fees"
    assert {ours: owner for ours, (owner, _, _) in mapping(found).items()} == dict(
        zip(("venue_id", "above", "fee", "rate"), header.split(","), strict=True)
    )


def test_past_offerings_tell_the_planning_date(tmp_path: Path) -> None:
    proposal = one(tmp_path, SOLD)
    assert proposal.tables[0].table == "sales"
    found = mapping(proposal)
    assert found["offered_on"][0] == "sold_on"
    assert found["price"][0] == "hammer_price"
    assert found["outcome"] == ("result", None, "sure")
    assert proposal.as_of == date(2014, 7, 3)
    assert propose([tmp_path / "export.csv"], date(2015, 1, 1)).as_of == date(2015, 1, 1)


@pytest.mark.parametrize(
    ("header", "values", "unit"),
    [
        ("行驶里程(万公里)", ["5.2", "1.1", "8.0"], "10k_km"),
        ("里程", ["5.2", "1.1", "8.0"], "10k_km"),
        ("里程", ["52000", "11000", "80000"], None),
        ("odometer miles", ["52000", "11000", "80000"], "miles"),
        ("mileage_km", ["52000", "11000", "80000"], None),
        ("mileage", ["52", "11", "80"], "1k_km"),
    ],
)
def test_the_unit_of_an_odometer_follows_name_and_values(
    tmp_path: Path, header: str, values: list[str], unit: str | None
) -> None:
    rows = "".join(f"{i},A,B,2012,{value},TX1\n" for i, value in enumerate(values))
    proposal = one(tmp_path, f"vehicle_id,make,model,model_year,{header},region\n{rows}")
    assert mapping(proposal)["odometer"][1] == unit


def test_miles_and_currency_follow_the_states_of_the_usa(tmp_path: Path) -> None:
    text = "stock number,make,model,year,odometer,state,mmr\n1,A,B,2012,52000,tx,9000\n"
    proposal = one(tmp_path, text)
    assert mapping(proposal)["odometer"] == ("odometer", "miles", "likely")
    assert proposal.currency == "USD"


def test_what_is_unsure_is_a_comment_and_reviewed(tmp_path: Path) -> None:
    text = SOLD.replace("result", "damage").replace(",sold\n", ",dent\n")
    proposal = one(tmp_path, text)
    write_proposal(proposal, tmp_path / "made")
    written = (tmp_path / "made" / "disposal.toml").read_text(encoding="utf-8")
    assert '# damage = "damage"  # unsure: same name; must be one of none, light, heavy' in written
    assert "damage" not in tomllib.loads(written)["tables"]["sales"]["columns"]
    assert any(note.startswith("damage may be 'damage'") for note in proposal.tables[0].review)


def test_what_is_missing_is_reviewed(tmp_path: Path) -> None:
    proposal = one(tmp_path, "brand,model,year,price,note\nA,B,2012,9000,x\nA,C,2013,8000,y\n")
    notes = " ".join([*proposal.review, *proposal.tables[0].review])
    assert proposal.tables[0].table == "sales"
    for told in (
        "no file was taken for vehicles",
        "as_of, the planning date, could not be told",
        "the currency could not be told",
        "sale_id (number of the offering) is required and was not found",
        "offered_on (day of the offering) is required and was not found",
        "no column tells the outcome",
        "further columns become features",
    ):
        assert told in notes


def test_a_doubt_about_dates_is_told(tmp_path: Path) -> None:
    text = SOLD.replace("13/05", "03/05").replace("28/06", "08/06")
    (offered,) = [c for c in one(tmp_path, text).tables[0].columns if c.ours == "offered_on"]
    assert "state date_format" in offered.why
    assert offered.word == "likely"


def test_two_files_become_a_workspace_that_can_be_checked(disposal, tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text(STOCK.replace(",x\n", ",x\r\n"), encoding="utf-8")
    (tmp_path / "sold.csv").write_text(SOLD, encoding="utf-8")
    made = tmp_path / "made"
    done = disposal("init", made, "--from", tmp_path / "stock.csv", "--from", tmp_path / "sold.csv")
    assert done.returncode == 0, done.stderr
    assert "stock.csv → vehicles" in done.stdout
    assert f"disposal check {made}" in done.stdout
    assert (made / "stock.csv").read_bytes() == (tmp_path / "stock.csv").read_bytes()
    text = (made / "disposal.toml").read_text(encoding="utf-8")
    text = text.replace("# currency_per_dollar = 1.0", "currency_per_dollar = 0.9")
    places = '[tables.places]\nfile = "places.csv"\n'
    (made / "places.csv").write_text("postcode,region\n752,TX\n", encoding="utf-8")
    (made / "disposal.toml").write_text(text + places, encoding="utf-8")
    report = check_workspace(made)
    assert report.ok, report.faults
    fleet = load_workspace(made).tables["vehicles"]
    assert fleet.select("vehicle_id", "odometer", "condition_grade", "region").rows() == [
        ("7001", 84300.0, 3.5, "TX"),
        ("7002", 51000.0, 4.2, "TX"),
    ]
    assert fleet["loan_balance"].to_list() == [4200.5, 9000.0]


def test_nothing_is_overwritten(disposal, tmp_path: Path) -> None:
    (tmp_path / "sold.csv").write_text(SOLD, encoding="utf-8")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "disposal.toml").write_text("mine", encoding="utf-8")
    done = disposal("init", folder, "--from", tmp_path / "sold.csv")
    assert done.returncode == 2
    assert "is not an empty folder" in done.stderr
    assert (folder / "disposal.toml").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in folder.iterdir()] == ["disposal.toml"]


def test_a_file_like_none_of_ours_is_refused(disposal, tmp_path: Path) -> None:
    (tmp_path / "bids.csv").write_text("bidder,bid\nA,9\n", encoding="utf-8")
    done = disposal("init", tmp_path / "made", "--from", tmp_path / "bids.csv")
    assert done.returncode == 3
    assert "No file is like one of our tables; nothing was written." in done.stderr
    assert not (tmp_path / "made").exists()


def test_each_file_gets_a_table_of_its_own_whatever_the_order(tmp_path: Path) -> None:
    texts = {"more.csv": SOLD, "stock.csv": STOCK, "sales.csv": SOLD}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for order in (list(texts), list(texts)[::-1]):
        proposal = propose([tmp_path / name for name in order])
        found = {table.source.name: table.table for table in proposal.tables}
        assert found == {"sales.csv": "sales", "stock.csv": "vehicles", "more.csv": None}
        (other,) = [table for table in proposal.tables if table.table is None]
        assert (
            other.why == "it is like sales, for which another file was taken: put the two into one"
        )


def test_a_file_that_takes_a_second_best_table_is_doubted(tmp_path: Path) -> None:
    for name in ("sales.csv", "more.csv"):
        (tmp_path / name).write_text(
            SOLD.replace("year", "year,state")
            .replace(",2012,", ",2012,TX,")
            .replace(",2011,", ",2011,TX,")
            .replace(",2003,", ",2003,TX,")
        )
    proposal = propose([tmp_path / "more.csv", tmp_path / "sales.csv"])
    more = proposal.tables[0]
    assert more.table == "vehicles"
    assert more.review[0] == (
        "it is more like sales, for which another file was taken: is it vehicles?"
    )


def test_files_of_two_currencies_are_told(tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text(STOCK, encoding="utf-8")
    (tmp_path / "sales.csv").write_text(SOLD.replace("brand", "品牌"), encoding="utf-8")
    notes = propose([tmp_path / "stock.csv", tmp_path / "sales.csv"]).review
    assert any(note.startswith("the files look like EUR and CNY") for note in notes)


def test_an_absent_file_is_wrong_usage(disposal, tmp_path: Path) -> None:
    done = disposal("init", tmp_path / "made", "--from", tmp_path / "none.csv")
    assert done.returncode == 2
    assert not (tmp_path / "made").exists()


def test_two_files_of_one_name_and_quotes_in_headers_are_kept_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a" / "x.csv").write_text(SOLD.replace("result", '"re""sult\\"'), encoding="utf-8")
    (tmp_path / "b" / "x.csv").write_text(STOCK, encoding="utf-8")
    proposal = propose([tmp_path / "a" / "x.csv", tmp_path / "b" / "x.csv"])
    write_proposal(proposal, tmp_path / "made")
    settings = tomllib.loads((tmp_path / "made" / "disposal.toml").read_text(encoding="utf-8"))
    assert settings["tables"]["sales"]["file"] == "x.csv"
    assert settings["tables"]["vehicles"]["file"] == "x-2.csv"
    assert settings["tables"]["sales"]["columns"]["outcome"] == 're"sult\\'


def test_every_synonym_stands_for_a_column_of_ours() -> None:
    ours = {name for schema in SCHEMAS.values() for name in schema.columns()}
    assert set(SYNONYMS) <= ours
    for schema in SCHEMAS.values():
        for name in schema.columns():
            assert meanings(name)[name] == 1.0


def test_names_of_files_speak_of_tables() -> None:
    assert table_words("us_wholesale_2014") == {"sales"}
    assert table_words("库存车辆") == {"vehicles"}
    assert table_words("export") == set()


def test_evidence_of_values() -> None:
    def look(values: list[object]) -> Evidence:
        return Evidence("x", pl.Series(values))

    assert look(["1.234,50", "2.000,75"]).middle == pytest.approx(1617.625)
    assert look(["31.12.2014", "01.02.2015"]).last_date == date(2015, 2, 1)
    assert look([2012, 1999]).years
    assert not look([20120, 1999]).years
    assert look(["tx", "CA"]).states
    assert look([None, None]).describe() == "no value is given"
    assert look(["a", "b"]).describe() == "2 different texts"


@pytest.mark.parametrize("header", ["Zustandsnote", "Zustand", "Fahrzeug Note Zustand"])
def test_grades_as_at_school_are_not_taken(tmp_path: Path, header: str) -> None:
    text = STOCK.replace("Zustandsnote", header).replace(",35,", ",1,").replace(",42,", ",3,")
    grade = mapping(one(tmp_path, text))["condition_grade"]
    assert grade == (header, None, "unsure")


@pytest.mark.parametrize("header", ["State", "Region", "Location"])
def test_stages_of_a_unit_are_no_regions(tmp_path: Path, header: str) -> None:
    rows = "".join(
        f"{number},Toyota,Camry,2012,52000,{stage}\n"
        for number, stage in enumerate(["Repossessed", "In transit", "At yard"] * 3)
    )
    found = mapping(one(tmp_path, f"stock number,make,model,year,odometer,{header}\n{rows}"))
    assert found["region"][2] == "unsure"


def test_states_of_no_known_country_are_not_sure(tmp_path: Path) -> None:
    text = "stock number,make,model,year,odometer,state\n1,A,B,2012,52000,Bayern\n"
    assert mapping(one(tmp_path, text))["region"][2] == "likely"


def test_a_decimal_mark_is_only_proposed_where_every_column_reads_with_it(tmp_path: Path) -> None:
    head = "Stock No,Marke,Modell,Baujahr,Kilometerstand,Restschuld,PLZ,Hubraum\n"
    rows = '1,A,B,2012,"52.400","14.250,00",75201,{0}\n2,A,B,2012,"61.300","9.100,50",75202,{1}\n'
    mixed = one(tmp_path, head + rows.format("3.8", "1.6"))
    assert mixed.tables[0].marks == ()
    alike = one(tmp_path, head + rows.format("3800", "1600"))
    assert alike.tables[0].marks == (",", ".")


def test_odometers_too_high_for_miles_are_left_to_the_desk(tmp_path: Path) -> None:
    text = "stock number,make,model,year,odometer,state\n1,A,B,2012,129000,TX\n"
    assert mapping(one(tmp_path, text))["odometer"] == ("odometer", "miles", "unsure")


def test_titles_above_the_header_are_passed_over(disposal, tmp_path: Path) -> None:
    (tmp_path / "sold.csv").write_text("Sales of the year\nas exported\n" + SOLD, encoding="utf-8")
    done = disposal("init", "new", "--from", "sold.csv", "--header-row", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    settings = tomllib.loads((tmp_path / "new" / "disposal.toml").read_text(encoding="utf-8"))
    assert settings["tables"]["sales"]["header_row"] == 3
    assert settings["tables"]["sales"]["columns"]["price"] == "hammer_price"


def test_a_sheet_can_be_named(disposal, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "desk.xlsx")) as book:
        book.add_worksheet("cover").write(0, 0, "nothing here")
        sheet = book.add_worksheet("sold")
        for row, line in enumerate(SOLD.splitlines()):
            sheet.write_row(row, 0, line.split(","))
    asked = disposal("init", "new", "--from", "desk.xlsx", cwd=tmp_path)
    assert asked.returncode == 3
    assert "sheet" in asked.stderr
    done = disposal("init", "new", "--from", "desk.xlsx", "--sheet", "sold", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    settings = tomllib.loads((tmp_path / "new" / "disposal.toml").read_text(encoding="utf-8"))
    assert settings["tables"]["sales"]["sheet"] == "sold"


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("Fahrzeug-Nr.", "vehicle_id"), ("Zuschlagspreis", "price"), ("Mindestpreis", "reserve"),
        ("Sicherstellung am", "recovered_on"), ("Standort", "region"), ("Kanal", "channel"),
        ("Recovered", "recovered_on"), ("Vorgang", "sale_id"),
    ],
)  # fmt: skip
def test_plain_headers_of_a_desk_are_known(header: str, ours: str) -> None:
    found = meanings(header)
    assert max(found, key=lambda name: found[name]) == ours


def test_options_of_foreign_files_need_one(disposal, tmp_path: Path) -> None:
    done = disposal("init", "new", "--header-row", "2", cwd=tmp_path)
    assert done.returncode == 2
    assert "goes with --from alone" in done.stderr
