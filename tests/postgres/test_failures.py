"""What can go wrong with a database is told in one clear fault, and never tells the password."""

from __future__ import annotations

import threading
import time

import pytest

from auction.workspace import check_workspace
from postgres.conftest import PASSWORD, QUOTED

SALES = (
    "SELECT 'S1' AS sale_id, date '2014-03-01' AS offered_on, 'A' AS make, 'B' AS model, "
    "2012 AS model_year, 11000.50 AS price"
)
VEHICLES = (
    "SELECT 'V1' AS vehicle_id, 'A' AS make, 'B' AS model, 2012 AS model_year, 'TX' AS region"
)


def faults(root) -> list[str]:
    return [str(fault) for fault in check_workspace(root).faults]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        (
            "DELETE FROM stock",
            "must be one SELECT (write one SELECT, or WITH … SELECT)",
        ),
        (
            "",
            "string should have at least 1 character (mend the value)",
        ),
        (
            "-- only a comment",
            "must be one SELECT (write one SELECT, or WITH … SELECT)",
        ),
        (
            "SELECT * FROM nowhere",
            'the database answers: relation "nowhere" does not exist',
        ),
        (
            "SELECT 1; DROP TABLE stock",
            'the database answers: syntax error at or near ";"',
        ),
        (
            "SELECT 1) AS x; DROP TABLE stock; SELECT * FROM (SELECT 1",
            "the database answers: cannot insert multiple commands into a prepared statement",
        ),
        (
            "WITH gone AS (DELETE FROM stock RETURNING *) SELECT * FROM gone",
            "WITH clause containing a data-modifying statement must be at the top level",
        ),
        (
            "SELECT wipe()",
            "the database answers: cannot execute DELETE in a read-only transaction",
        ),
        (
            "SELECT nextval('numbers')",
            "the database answers: cannot execute nextval() in a read-only transaction",
        ),
        (
            "SELECT id INTO copied FROM stock",
            "the database answers: SELECT ... INTO is not allowed here (mend the query)",
        ),
        (
            "SELECT 1 / 0 AS vehicle_id",
            "the database answers: division by zero",
        ),
        (
            "SELECT set_config('transaction_read_only', 'off', true)",
            "the database answers: transaction read-write mode must be set before any query",
        ),
    ],
)
def test_only_one_select_that_only_reads_is_run(database, asking, query, told):
    database.sql(
        "CREATE TABLE stock (id text); INSERT INTO stock VALUES ('V1'); CREATE SEQUENCE numbers;"
        "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql AS 'DELETE FROM stock'"
    )
    first, *_ = faults(asking(vehicles=query, sales=SALES))
    assert first.startswith("disposal.toml, column tables.vehicles.query")
    assert told in first
    assert database.sql("SELECT count(*) FROM stock").strip() == "1"
    assert database.sql("SELECT to_regclass('copied') IS NULL").strip() == "t"


def test_a_fault_of_one_query_does_not_hide_the_others(database, asking):
    told = faults(asking(vehicles="SELECT nothing", sales="SELECT nowhere"))
    assert len(told) == 2
    assert 'column "nothing" does not exist' in told[0]
    assert 'column "nowhere" does not exist' in told[1]


def test_a_variable_that_is_not_set(monkeypatch, asking):
    monkeypatch.delenv("DISPOSAL_DATABASE_URL", raising=False)
    assert faults(asking(vehicles=VEHICLES, sales=SALES))[0] == (
        "disposal.toml, column tables.vehicles.url_env: the environment variable "
        "DISPOSAL_DATABASE_URL is not set (set DISPOSAL_DATABASE_URL to "
        "postgresql://user:password@host/database)"
    )


def test_a_variable_that_holds_no_address(monkeypatch, asking):
    monkeypatch.setenv("DISPOSAL_DATABASE_URL", "mysql://me:s3cret@host/base")
    told = faults(asking(vehicles=VEHICLES, sales=SALES))
    assert "does not hold an address of PostgreSQL" in told[0]
    assert "s3cret" not in " ".join(told)


def test_file_and_query_at_once(tmp_path):
    (tmp_path / "disposal.toml").write_text(
        'as_of = 2015-01-25\ncurrency = "USD"\n'
        '[tables.vehicles]\nfile = "v.csv"\nquery = "SELECT 1"\n[tables.sales]\nfile = "s.csv"\n'
    )
    assert faults(tmp_path) == [
        "disposal.toml, column tables: vehicles: give file or query, not both (mend the value)"
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.replace(QUOTED, QUOTED + "x"),
        lambda url: url.replace("owner:", "nobody:"),
        lambda url: url.replace("/postgres", "/nowhere"),
        lambda url: url.rpartition(":")[0] + ":1/postgres",
        lambda url: url.rpartition(":")[0] + ":port/postgres",
        lambda url: url.replace("127.0.0.1", "no-such-host.invalid"),
        lambda url: url.replace(QUOTED, "s3cret%zzw"),
        lambda url: url.replace("@", "@@"),
        lambda url: url + "?nonsense=s3cret%2Fw%25rd",
        lambda url: url.replace(f":{QUOTED}", "") + f"?password={QUOTED}x",
    ],
)
def test_a_wrong_address_never_tells_the_password(database, asking, monkeypatch, spoil, caplog):
    monkeypatch.setenv("DISPOSAL_DATABASE_URL", spoil(database.url()))
    report = check_workspace(asking(vehicles=VEHICLES, sales=SALES))
    text = " ".join(map(str, report.faults)) + repr(report) + caplog.text
    assert text.startswith("disposal.toml, column tables.vehicles.url_env: the ")
    told = "of DISPOSAL_DATABASE_URL cannot be reached: ", "an address that can be read in two ways"
    assert any(words in text for words in told)
    for secret in (PASSWORD, QUOTED, "s3cret", spoil(database.url())):
        assert secret not in text


def test_a_query_that_takes_too_long(database, asking):
    started = time.monotonic()
    told = faults(
        asking(
            vehicles=f"{VEHICLES} FROM pg_sleep(60)",
            sales=SALES,
            more="[reading]\nquery_seconds = 1\n",
        )
    )
    assert time.monotonic() - started < 10
    assert told[0] == (
        "disposal.toml, column tables.vehicles.query: the database answers: canceling statement "
        "due to statement timeout (reading.query_seconds = 1: raise it or ask for less)"
    )


def sleeping(database) -> None:
    """Wait until the reader's query is under way; before that, it is the connection that breaks."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = 'residual-auction' AND wait_event = 'PgSleep'"
    )
    for _ in range(200):
        if database.sql(query).strip() != "0":
            return
        time.sleep(0.1)
    raise AssertionError("the reader never came to its query")


def cut(database) -> None:
    """End the backend that sleeps for the reader."""
    sleeping(database)
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    )


def stop(database) -> None:
    sleeping(database)
    database.stop("immediate")


@pytest.mark.parametrize("how", [cut, stop])
def test_a_database_that_goes_away_in_the_middle(database, asking, how):
    end = threading.Thread(target=how, args=(database,))
    started = time.monotonic()
    end.start()
    try:
        told = faults(asking(vehicles=f"{VEHICLES} FROM pg_sleep(60)", sales=SALES))
    finally:
        end.join()
        if how is stop:
            database.start()
    assert time.monotonic() - started < 30
    assert told[0].startswith("disposal.toml, column tables.vehicles.query: the database answers: ")
    assert told[0].endswith("(the connection is lost: run again when the server is there)")
    assert len(told) == 1


def test_nothing_of_the_address_stands_in_the_settings_or_hashes(database, asking):
    report = check_workspace(asking(vehicles=VEHICLES, sales=SALES))
    assert report.ok
    assert PASSWORD not in repr(report)
    assert "s3cret" not in repr(report)
