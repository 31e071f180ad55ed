"""Addresses of databases: read in one way or refused, and never told."""

from __future__ import annotations

import pytest

from auction.workspace import check_workspace
from auction.workspace.files.address import Address, is_clean


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:S3cret/more@localhost/db",
        "postgresql://u:S3cret@more@localhost/db",
        "postgresql://u:S3cret?more@localhost/db",
        "postgresql://u:S3cret%more@localhost/db",
        "postgresql://u:p S3cret@localhost/db",
        "postgresql://u:S3cret/more",
        "postgresql://localhost/db?S3cret",
        "postgresql://localhost:S3cret/db",
    ],
)
def test_an_address_that_reads_in_two_ways_is_refused_untold(build, monkeypatch, url):
    monkeypatch.setenv("FLEET_DB", url)
    path = build()
    settings = (path / "disposal.toml").read_text()
    query = 'query = "SELECT 1"\nurl_env = "FLEET_DB"'
    (path / "disposal.toml").write_text(settings.replace('file = "vehicles.csv"', query))
    (fault,) = check_workspace(path).faults
    assert "read in two ways" in fault.rule
    assert not any(part in str(fault) for part in ("S3cret", "more"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://reader@db.example.com/fleet",
        "postgres://u:S3cret%2Fmore@localhost:5432/db?sslmode=require&connect_timeout=3",
        "postgresql://u:a:b#c@[::1]:5432/db",
        "postgresql://u:x@one:1,two:2/db?target_session_attrs=any",
        "postgresql:///db?host=/var/run/postgresql",
        "postgresql://localhost",
    ],
)
def test_an_address_that_reads_in_one_way_is_taken(url):
    assert is_clean(url)


def test_a_message_is_rid_of_each_part_of_a_password():
    address = Address("postgresql://u:S3cret%2Fother@localhost/db")
    told = address.scrubbed('invalid value "S3cret" for port, or "other"')
    assert told == 'invalid value "\u2026" for port, or "\u2026"'
