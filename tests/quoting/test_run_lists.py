"""Run lists as a desk mails them out: what is on them, and that nothing in them is a formula."""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from auction.planned import Planning
from auction.run import outputs
from auction.run_lists import book as books
from auction.run_lists.book import run_list_book
from auction.run_lists.lists import RunList
from auction.run_lists.lists import run_lists as make_lists
from auction.sheet_text import SheetNames, cell_text, header_text

AS_OF = date(2026, 6, 1)
HOSTILE = ("=1+1", "@SUM(A1)", "+1", "-1", "=cmd|' /C calc'!A0", "http://x", "{=1}", "'=1")


def run_lists(planning: Planning) -> list[RunList]:
    return make_lists(planning, outputs.policy(planning), outputs.parts_plan(planning))


@pytest.fixture(scope="module")
def lists(planning: Planning) -> list[RunList]:
    return run_lists(planning)


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def written(planning: Planning, lists: list[RunList], scratch: Path) -> bytes:
    config = planning.workspace.config
    return run_list_book(lists, title=config.title, as_of=config.as_of, currency=config.currency)


def made_up(*texts: str, channel: str = "auction", venue: str = "A", day: int = 9) -> RunList:
    """A list of one lot a text, which stands wherever a text can stand."""
    when = AS_OF + timedelta(days=day)
    lots = pl.DataFrame(
        {
            "lot": range(1, len(texts) + 1),
            "vehicle_id": texts,
            "make": texts,
            "reserve": [1000.0] * len(texts),
            "notes": texts,
            "event_date": [when] * len(texts),
        }
    )
    columns = {"lot": "lot", "vehicle_id": "vehicle", "make": texts[0], "reserve": "reserve",
               "notes": "notes"}  # fmt: skip
    return RunList(
        channel=channel, venue_id=venue, venue=texts[0], day=when, lots=lots, columns=columns,
        deliver_by=AS_OF, collect_by=AS_OF, expected_gross=1.0,
    )  # fmt: skip


# --- what is on the lists ---


def test_every_vehicle_that_leaves_stands_on_one_list(
    lists: list[RunList], planning: Planning
) -> None:
    listed = [vehicle for each in lists for vehicle in each.lots["vehicle_id"]]
    leaving = planning.chosen.filter(pl.col("channel") != "hold")["vehicle_id"]
    assert sorted(listed) == sorted(leaving)
    assert {each.channel for each in lists} == {"auction", "dealer", "dismantling"}
    keys = [(each.venue_id, each.day) for each in lists]
    assert len(set(keys)) == len(keys)


def test_an_auction_gets_its_lots_with_reserve_and_start_price(
    lists: list[RunList], planning: Planning
) -> None:
    chosen = {row["vehicle_id"]: row for row in planning.chosen.iter_rows(named=True)}
    share = planning.workspace.config.run_lists.start_share
    assert share == 0.8
    for each in (found for found in lists if found.channel == "auction"):
        assert each.lots["lot"].to_list() == list(range(1, each.lots.height + 1))
        for lot in each.lots.iter_rows(named=True):
            row = chosen[lot["vehicle_id"]]
            assert (row["venue_id"], row["date"]) == (each.venue_id, each.day)
            assert lot["reserve"] == round(row["reserve"])
            assert lot["start_price"] == math.floor(share * lot["reserve"])
            assert len(lot["further_runs"].split("; ")) == len(row["reserves"]) - 1
            assert ":" not in lot["further_runs"], "what is taken later is the desk's own"


def test_reserves_of_later_runs_are_told_where_the_desk_says_so(planning: Planning) -> None:
    workspace = planning.workspace
    told = workspace.config.run_lists.model_copy(update={"further_reserves": True})
    config = workspace.config.model_copy(update={"run_lists": told})
    open_handed = replace(planning, workspace=replace(workspace, config=config))
    found = run_lists(open_handed)
    reserves = dict(planning.chosen.select("vehicle_id", "reserves").iter_rows())
    lots = [lot for each in found if each.channel == "auction"
            for lot in each.lots.select("vehicle_id", "further_runs").iter_rows()]  # fmt: skip
    assert lots
    for vehicle, words in lots:
        runs = [f"{reserve:,.0f}" for reserve in reserves[vehicle][1:]]
        assert re.findall(r": ([\d,]+)", words) == runs


def test_lots_run_by_segment_and_then_by_price(lists: list[RunList], planning: Planning) -> None:
    gross = dict(planning.chosen.select("vehicle_id", "gross").iter_rows())
    segment = dict(planning.chosen.select("vehicle_id", "segment").iter_rows())
    seen = 0
    for each in (found for found in lists if found.channel == "auction"):
        ids = each.lots["vehicle_id"].to_list()
        runs = [name for i, name in enumerate(map(segment.get, ids))
                if i == 0 or name != segment[ids[i - 1]]]  # fmt: skip
        assert len(runs) == len(set(runs)), "a segment stands together"
        money = [sum(gross[v] for v in ids if segment[v] == name) for name in runs]
        assert money == sorted(money, reverse=True)
        for name in runs:
            own = [gross[v] for v in ids if segment[v] == name]
            assert own == sorted(own, reverse=True)
            seen += len(own) > 1
    assert seen > 0


def test_units_arrive_before_the_entry_closes(lists: list[RunList], planning: Planning) -> None:
    venues = {row["venue_id"]: row for row in planning.situation.market.venues.to_dicts()}
    ready = dict(zip(planning.options.vehicle_ids, planning.situation.ready.tolist(), strict=True))
    as_of = planning.workspace.config.as_of
    for each in lists:
        for lot in each.lots.iter_rows(named=True):
            assert lot["collect_by"] >= as_of + timedelta(days=ready[lot["vehicle_id"]])
            if each.channel == "auction":
                venue = venues[each.venue_id]
                before = math.ceil(venue["entry_days"] + venue["display_days"])
                assert lot["deliver_by"] == each.day - timedelta(days=before)
                assert lot["collect_by"] <= lot["deliver_by"]
        assert each.collect_by == min(each.lots["collect_by"].to_list())


def test_what_the_receiver_need_not_know_is_not_there(
    lists: list[RunList], planning: Planning, tmp_path: Path
) -> None:
    shown = {name for each in lists for name in each.lots.columns}
    assert not shown & {"loan_balance", "gross", "expected_net", "reason", "who", "guide_value"}
    words = planning.workspace.tables["overrides"]
    secret = [*words["reason"], *(who for who in words["who"] if " " in who)]
    assert len(secret) > 4
    book = opened(written(planning, lists, tmp_path))
    texts = [str(cell.value) for sheet in book for row in sheet for cell in row if cell.value]
    for word in secret:
        assert not [text for text in texts if word in text]


def test_parts_and_floors_are_told(lists: list[RunList], planning: Planning) -> None:
    chosen = {row["vehicle_id"]: row for row in planning.chosen.iter_rows(named=True)}
    hulks = [lot for each in lists if each.channel == "dismantling" for lot in each.lots.to_dicts()]
    assert all(lot["parts"] is None or ": " in lot["parts"] for lot in hulks)
    floors = 0
    for each in (found for found in lists if found.channel == "auction"):
        for lot in each.lots.to_dicts():
            floor = chosen[lot["vehicle_id"]]["hedge_id"]
            assert (f"price floor {floor}" in lot["notes"]) == (floor is not None)
            floors += floor is not None
    assert floors > 0


# --- the workbook ---


def test_the_workbook_opens_with_an_overview_and_a_sheet_a_list(
    lists: list[RunList], planning: Planning, tmp_path: Path
) -> None:
    book = opened(written(planning, lists, tmp_path))
    assert len(book.sheetnames) == len(lists) + 1
    overview = list(book["overview"].iter_rows(min_row=5, values_only=True))
    assert [row[0] for row in overview] == book.sheetnames[1:]
    assert [row[5] for row in overview] == [each.lots.height for each in lists]
    assert sum(row[6] for row in overview) == pytest.approx(
        planning.chosen.filter(pl.col("channel") != "hold")["gross"].sum()
    )
    for each, sheet in zip(lists, book.worksheets[1:], strict=True):
        heads = [cell.value for cell in sheet[4]]
        assert heads == list(each.columns.values())
        ids = [row[heads.index("vehicle")].value for row in sheet.iter_rows(min_row=5)]
        assert ids == each.lots["vehicle_id"].to_list()


def test_sheets_print_on_a4_landscape_with_their_head(
    lists: list[RunList], planning: Planning, tmp_path: Path
) -> None:
    book = opened(written(planning, lists, tmp_path))
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.print_title_rows == "$4:$4"
        assert sheet.freeze_panes == "C5"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToWidth in (None, 1)  # one page is the default
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.oddFooter.center.text == "Page &P of &N"
    reserve = next(cell for cell in book.worksheets[1][4] if cell.value == "reserve (USD)")
    below = book.worksheets[1].cell(row=5, column=reserve.column)
    assert below.number_format == "#,##0"


def test_the_same_plan_gives_the_same_bytes(
    lists: list[RunList], planning: Planning, tmp_path: Path
) -> None:
    first = written(planning, lists, tmp_path)
    assert first == written(planning, run_lists(planning), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_a_formula(text: str, tmp_path: Path) -> None:
    each = made_up(text, "harmless", venue=text)
    content = run_list_book([each], title=text, as_of=AS_OF, currency="USD")
    book = opened(content)
    assert book.properties.title == text
    for sheet in book.worksheets:
        assert sheet.title[0] not in "=+-@'"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n", "d"), (sheet.title, cell.coordinate)
                assert cell.hyperlink is None
    assert book.worksheets[1]["B5"].value == text
    assert book.worksheets[1]["C4"].value == text
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name), name


def test_characters_that_no_workbook_can_hold_are_replaced(tmp_path: Path) -> None:
    each = made_up("a\x00b\x1f\ufffe & <b>", venue="V\x07")
    content = run_list_book([each], title="\x01", as_of=AS_OF, currency="USD")
    book = opened(content)
    assert book.worksheets[1]["B5"].value == "a\ufffdb\ufffd\ufffd & <b>"


@pytest.mark.parametrize(
    ("most", "sheets"),
    [
        (3, ["A 2026-06-10", "A 2026-06-11", "B 2026-06-10"]),
        (2, ["A", "B"]),
        (1, ["auction lists"]),
    ],
)
def test_many_lists_share_sheets(
    most: int, sheets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books, "MOST_SHEETS", most)
    lists = [made_up("x"), made_up("y", day=10), made_up("z", venue="B")]
    book = opened(run_list_book(lists, title="", as_of=AS_OF, currency="USD"))
    assert book.sheetnames[1:] == sheets
    cells = {
        cell.value for sheet in book.worksheets[1:] for row in sheet.iter_rows() for cell in row
    }
    assert {"x", "y", "z"} <= cells


def test_long_lists_go_on_on_another_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_ROWS", 2)
    lists = [made_up("a", "b", "c", venue="V" * 40)]
    book = opened(run_list_book(lists, title="", as_of=AS_OF, currency="USD"))
    assert len(book.sheetnames) == 3
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert [sheet["B5"].value for sheet in book.worksheets[1:]] == ["a", "c"]


def test_no_lists_give_an_overview_alone(tmp_path: Path) -> None:
    book = opened(run_list_book([], title="", as_of=AS_OF, currency="USD"))
    assert book.sheetnames == ["overview"]


# --- names and texts ---


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("DAL 2026-06-24", "DAL 2026-06-24"),
        ("a/b\\c?d*e[f]g:h", "a_b_c_d_e_f_g_h"),
        ("=1+1", "_1+1"),
        ("'quoted'", "quoted"),
        ("", "sheet"),
        ("History", "History (2)"),
        ("x" * 40, "x" * 31),
        ("达拉斯 2026", "达拉斯 2026"),
    ],
)
def test_sheet_names_are_taken_by_every_program(wanted: str, given: str) -> None:
    assert SheetNames().name(wanted) == given


def test_sheet_names_differ_whatever_their_case() -> None:
    names = SheetNames()
    given = [names.name(text) for text in ("dal", "DAL", "Dal", "y" * 31, "y" * 35)]
    assert given == ["dal", "DAL (2)", "Dal (3)", "y" * 31, "y" * 27 + " (2)"]


def test_texts_fit_cells_and_headers() -> None:
    assert cell_text("x" * 40_000) == "x" * 32_766 + "…"
    assert header_text("A & B\n&P") == "A && B &&P"
    assert len(header_text("&" * 500)) <= 255


def test_a_list_tells_the_postcode_where_it_is_known(planning: Planning) -> None:
    units = planning.situation.vehicles.with_columns(postcode=pl.lit("60306"))
    known = replace(planning, situation=replace(planning.situation, vehicles=units))
    regions = dict(units.select("vehicle_id", "region").iter_rows())
    lots = [lot for each in run_lists(known)
            for lot in each.lots.select("vehicle_id", "location").iter_rows()]  # fmt: skip
    assert lots
    assert all(place == f"{regions[vehicle]} 60306" for vehicle, place in lots)
