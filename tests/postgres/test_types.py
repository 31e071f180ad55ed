"""Every type that a column can have comes over as what it means."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from auction.workspace.files import Databases, RawTable
from auction.workspace.sources import Reading, TableSource
from residual.errors import InputError


def ask(query: str, **limits: int) -> RawTable:
    databases = Databases(Reading(**limits))
    try:
        return databases.read(TableSource(file="t (query)", query=query), "tables.t")
    finally:
        databases.close()


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("1::int2", 1),
        ("1::int4", 1),
        ("9007199254740993::int8", 9007199254740993),
        ("1.5::float4", 1.5),
        ("0.1::float8", 0.1),
        ("true", True),
        ("'ä 车'::text", "ä 车"),
        ("'x'::varchar(5)", "x"),
        ("'AZ'::char(2)", "AZ"),
        ("date '2026-05-03'", date(2026, 5, 3)),
        ("timestamp '2026-05-03 23:30'", date(2026, 5, 3)),
        ("timestamptz '2026-05-03 23:30-02'", date(2026, 5, 4)),
        ("12345.67::numeric", 12345.67),
        ("12345::numeric(20,0)", 12345),
        ("1.234::numeric", 1.234),
        ("'{1,2}'::int[]", "{1,2}"),
        ("""'{"a": 1}'::jsonb""", '{"a": 1}'),
        ("'0b8bd6a0-37a0-4b18-8a3c-3c7c1bd5e4c4'::uuid", "0b8bd6a0-37a0-4b18-8a3c-3c7c1bd5e4c4"),
        ("interval '1 day'", "1 day"),
        ("time '12:00'", "12:00:00"),
        ("'\\x01'::bytea", "\\x01"),
        ("inet '127.0.0.1'", "127.0.0.1/32"),
        ("null::int4", None),
        ("null::numeric", None),
        ("null", None),
    ],
)
def test_a_value_comes_over(database, written, wanted):
    (value,) = ask(f"SELECT {written} AS v").frame["v"].to_list()
    assert value == wanted
    assert type(value) is type(wanted)


def test_an_empty_result_keeps_its_columns(database):
    frame = ask("SELECT 1 AS a, 'x' AS b, 1.5 AS c WHERE false").frame
    assert frame.columns == ["a", "b", "c"]
    assert frame.height == 0


def test_rows_are_sorted_and_hashed_whatever_their_order(database):
    values = "(VALUES (2, 'b'), (1, 'c'), (1, NULL)) AS t(n, s)"
    up = ask(f"SELECT * FROM {values} ORDER BY n")
    down = ask(f"SELECT * FROM {values} ORDER BY n DESC;  ")
    assert up.frame.rows() == [(1, "c"), (1, None), (2, "b")]
    assert up.frame.equals(down.frame)
    assert up.digest == down.digest
    assert len(up.digest) == 64


def test_the_digest_tells_null_from_text_and_types_apart(database):
    digests = [
        ask(f"SELECT {value} AS v").digest
        for value in ("NULL::text", "''", "'\\N'", "'1'", "1", "1.0::float8")
    ]
    assert len(set(digests)) == len(digests)


def test_names_that_sql_knows_and_names_with_quotes(database):
    query = 'SELECT 1 AS "select", 2 AS "a ""b""", 3 AS "车"'
    assert ask(query).frame.row(0, named=True) == {"select": 1, 'a "b"': 2, "车": 3}


def test_a_name_given_twice_is_told(database):
    with pytest.raises(InputError) as caught:
        ask("SELECT 1 AS a, 2 AS a")
    assert str(caught.value) == (
        "t (query): the query names 'a' twice (name each column apart with AS)"
    )


def test_a_result_beyond_the_limits_is_refused(database):
    with pytest.raises(InputError, match=r"more values than reading\.max_cells = 100 allows"):
        ask("SELECT generate_series(1, 1000000000) AS n", max_cells=100)
    with pytest.raises(InputError, match=r"has 3 columns, more than reading\.max_columns = 2"):
        ask("SELECT 1 AS a, 2 AS b, 3 AS c", max_columns=2)


def test_dates_beyond_the_calendar_are_no_dates(database, asking):
    frame = ask("SELECT 'infinity'::date AS a, date '0044-03-15 BC' AS b").frame
    assert frame.schema == pl.Schema({"a": pl.Date, "b": pl.Date})
