"""Orders of dates: told apart by the whole column, or asked for."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.workspace import check_workspace, load_workspace
from auction.workspace.files.dates import DateOrder, find_order

FORMATS = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%Y年%m月%d日", "%Y%m%d", "%d %B %Y", "%d-%b-%Y", "%B %d, %Y",
]  # fmt: skip

TIMES = ["", " 12:30", "T23:59:59", " 9:05 PM", "T00:00:00.000Z", " 12:30:00+02:00"]


def read(texts: list[str], order: DateOrder) -> list[date | None]:
    return pl.DataFrame({"d": texts}).select(order.expression(pl.col("d"))).to_series().to_list()


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2026-05-03", "2026-05-13"], "%Y-%m-%d"),
        (["03/05/2026", "13/05/2026"], "%d/%m/%Y"),
        (["05/03/2026", "05/13/2026"], "%m/%d/%Y"),
        (["3.5.2026", "23.5.2026"], "%d.%m.%Y"),
        (["2026年5月3日", "2026年12月13日"], "%Y年%m月%d日"),
        (["20260503"], "%Y%m%d"),
        (["3 May 2026", "13 June 2026"], "%d %B %Y"),
        (["03-MAY-2026", "04-JUN-2026"], "%d-%b-%Y"),
        (["31/12/99", "01/02/26"], "%d/%m/%y"),
        (["2026-05-03 12:30", "2026-05-04"], "%Y-%m-%d"),
        (["2026-05-03T12:30:00Z"], "%Y-%m-%d"),
        (["20260503T123000Z"], "%Y%m%d"),
        (["5/13/2026 1:05:00 PM"], "%m/%d/%Y"),
        (["never", "n/a"], "%Y-%m-%d"),
        ([], "%Y-%m-%d"),
    ],
)
def test_the_column_proves_its_order(texts, form):
    order = find_order(pl.Series(texts, dtype=pl.String))
    assert (order.format, order.rival) == (form, None)


@pytest.mark.parametrize(
    ("texts", "rule"),
    [
        (
            ["03/05/2026", "04/06/2026"],
            "is it %d/%m/%Y (3 May 2026) or %m/%d/%Y (5 March 2026)? no date of the column tells",
        ),
        (
            ["3.5.2026"],
            "is it %d.%m.%Y (3 May 2026) or %m.%d.%Y (5 March 2026)? no date of the column tells",
        ),
        (
            ["13/05/2026", "05/13/2026", "03/05/2026"],
            ("is it %d/%m/%Y (3 May 2026) or %m/%d/%Y (5 March 2026)? the dates of the column "
            "disagree"),
        ),
        (
            ["13/05/26"],
            "is it %d/%m/%y (13 May 2026) or %y/%m/%d (26 May 2013)? no date of the column tells",
        ),
    ],
)  # fmt: skip
def test_an_order_that_nothing_proves_is_asked_for(texts, rule):
    order = find_order(pl.Series(texts))
    assert order.words == (rule, f'set date_format, such as "{order.format}"')


def test_dates_that_are_the_same_in_both_orders_need_no_proof():
    order = find_order(pl.Series(["05/05/2026", "12/12/2026"]))
    assert order.rival is None
    assert read(["05/05/2026"], order) == [date(2026, 5, 5)]


@pytest.mark.parametrize("stated", ["", 'date_format = "%d/%m/%Y"'])
def test_a_year_of_two_digits_among_four_is_no_year_of_the_first_century(build, files, stated):
    head, *rows = files["vehicles"].splitlines()
    days = ["13/01/2015", "14/01/15"]
    text = "\n".join(
        [f"{head},available_from", *(f"{row},{day}" for row, day in zip(rows, days, strict=True))]
    )
    more = "[rejects]\nmax_share = 0.5\n"
    workspace = load_workspace(build(vehicles=text, sections={"vehicles": stated}, more=more))
    assert workspace.tables["vehicles"]["available_from"].to_list() == [date(2015, 1, 13)]
    told = workspace.rejected["vehicles"].select("row", "column", "value", "rule", "remedy").rows()
    assert told == [
        (
            2,
            "available_from",
            "14/01/15",
            "must not lie before the year 1900",
            "write the year in four digits",
        )
    ]


def test_a_stated_year_of_two_digits_is_read(build, files):
    head, *rows = files["vehicles"].splitlines()
    text = "\n".join([f"{head},available_from", *(f"{row},14/01/15" for row in rows)])
    stated = {"vehicles": 'date_format = "%d/%m/%y"'}
    tables = load_workspace(build(vehicles=text, sections=stated)).tables
    assert tables["vehicles"]["available_from"].to_list() == [date(2015, 1, 14)] * 2


def test_a_slip_among_thousands_of_dates_does_not_outweigh_them():
    start = date(2020, 1, 1)
    texts = [f"{start + timedelta(number):%d/%m/%Y}" for number in range(3000)]
    order = find_order(pl.Series([*texts, "05/13/2026"]))
    assert (order.format, order.rival) == ("%d/%m/%Y", None)
    assert read(["05/13/2026"], order) == [None]


def test_the_few_written_otherwise_do_not_fit():
    texts = ["2026-05-03", "2026-05-04", "03/05/2026"]
    assert read(texts, find_order(pl.Series(texts))) == [date(2026, 5, 3), date(2026, 5, 4), None]


@given(
    days=st.lists(st.dates(date(1950, 1, 1), date(2100, 1, 1)), min_size=1, max_size=30),
    form=st.sampled_from(FORMATS),
    time=st.sampled_from(TIMES),
    padded=st.booleans(),
)
def test_what_is_written_in_an_order_is_read_back_or_asked_for(days, form, time, padded):
    written = form if padded or form == "%Y%m%d" else form.replace("%d", "%-d").replace("%m", "%-m")
    texts = [day.strftime(written) + time for day in days]
    order = find_order(pl.Series(texts))
    if order.rival is None:
        assert read(texts, order) == days
    else:
        assert order.example is not None
        assert {order.format, order.rival} & {form}
        swapped = [day for day in days if day.day <= 12 and day.day != day.month]
        assert swapped
        assert not any(day.day > 12 for day in days)


HEAD = "vehicle_id,make,model,model_year,region,recovered_on,available_from\n"


def test_a_workspace_asks_for_the_order_of_its_dates_column_by_column(build):
    rows = (
        "V1,A,B,2012,TX,2015-01-01,\n"
        "V2,A,B,2012,TX,2015-01-02,03/02/2015\n"
        "V3,A,B,2012,TX,2015-01-03,04/02/2015 12:30\n"
    )
    told = [str(fault) for fault in check_workspace(build(vehicles=HEAD + rows)).faults]
    assert told == [
        (
            "vehicles.csv, row 2, column available_from, value '03/02/2015': is it %d/%m/%Y "
            "(3 February 2015) or %m/%d/%Y (2 March 2015)? no date of the column tells (set "
            'date_format, such as "%d/%m/%Y" in [tables.vehicles])'
        )
    ]


def test_orders_may_differ_by_column_and_are_told(build):
    rows = "V1,A,B,2012,TX,2015-01-01,23/02/2015\nV2,A,B,2012,TX,2015-01-02,03/02/2015 8:00\n"
    workspace = load_workspace(build(vehicles=HEAD + rows))
    assert workspace.tables["vehicles"]["available_from"].to_list() == [
        date(2015, 2, 23), date(2015, 2, 3),
    ]  # fmt: skip
    assert workspace.counts["vehicles"].read_as[2:] == (
        "recovered_on %Y-%m-%d",
        "available_from %d/%m/%Y",
    )


def test_what_the_owner_states_wins(build):
    rows = "V1,A,B,2012,TX,03/01/2015,\nV2,A,B,2012,TX,04/01/2015,\n"
    sections = {"vehicles": 'date_format = "%d/%m/%Y"'}
    frame = load_workspace(build(vehicles=HEAD + rows, sections=sections)).tables["vehicles"]
    assert frame["recovered_on"].to_list() == [date(2015, 1, 3), date(2015, 1, 4)]


def test_a_stated_format_may_hold_a_time(build):
    rows = "V1,A,B,2012,TX,03.01.2015 23:30,\n"
    sections = {"vehicles": 'date_format = "%d.%m.%Y %H:%M"'}
    frame = load_workspace(build(vehicles=HEAD + rows, sections=sections)).tables["vehicles"]
    assert frame["recovered_on"].to_list() == [date(2015, 1, 3)]
