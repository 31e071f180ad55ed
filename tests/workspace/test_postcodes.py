"""Postcodes kept as numbers are asked about where zeros may be lost."""

from __future__ import annotations

import polars as pl
import pytest

from auction.workspace import check_workspace, load_workspace

RULE = "is kept as numbers, which lose the zeros that a postcode begins with"


def workspace(build, codes: list[object], keys: list[object]):
    """Write a workspace whose fleet and places are Parquet with the given postcodes."""
    path = build("places")
    fleet = pl.read_csv(path / "vehicles.csv").with_columns(pl.Series("postcode", codes))
    fleet.write_parquet(path / "vehicles.parquet")
    places = pl.DataFrame({"postcode": keys, "region": [f"R{n}" for n in range(len(keys))]})
    places.write_parquet(path / "places.parquet")
    settings = (path / "disposal.toml").read_text()
    for name in ("vehicles", "places"):
        settings = settings.replace(f"{name}.csv", f"{name}.parquet")
    (path / "disposal.toml").write_text(settings)
    return path


@pytest.mark.parametrize(
    ("codes", "keys", "file"),
    [
        ([7001, 75201], ["070", "700", "752"], "vehicles"),
        ([7001, 7002], ["070", "700"], "vehicles"),
        ([7001.0, 7002.0], ["07001", "70010"], "vehicles"),
        ([1067, 1069], ["10115", "20095"], "vehicles"),
        ([1067, 10115], [1, 10], "vehicles"),
        (["01067", "10115"], [1, 10], "places"),
    ],
)
def test_postcodes_that_may_have_lost_their_zeros_stop_a_run(build, codes, keys, file):
    faults = check_workspace(workspace(build, codes, keys)).faults
    assert [(fault.file, fault.column, fault.rule) for fault in faults] == [
        (f"{file}.parquet", "postcode", RULE)
    ]


@pytest.mark.parametrize(
    ("codes", "keys"),
    [(["07001", "75201"], ["070", "752"]), ([75201, 75202], [752, 10]), ([75201, 75202], ["752"])],
)
def test_postcodes_that_kept_their_zeros_are_taken(build, codes, keys):
    tables = load_workspace(workspace(build, codes, keys)).tables
    assert tables["vehicles"]["region"].to_list() == ["TX", "TX"]
