"""Assemble the workspace: every table, the settings, and comparing both with what is on disk."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from sample_fleet import desk, dismantle, fleet, history, market, places, sites
from sample_fleet.seeds import AS_OF, CURRENCY, WEEKS
from sample_fleet.size import SAMPLE, Size

SETTINGS_FILE = "disposal.toml"
INSURED = 60  # units that one insurer covers, in the sample
SETTINGS = f"""\
# A made-up lender's disposal workspace: the settings of one planning run.
# Whatever is not set here keeps its documented default, and the run names the defaults it used.

title = "Sample lender"
as_of = {AS_OF:%Y-%m-%d}       # the planning date: nothing dated or released later is read
currency = "{CURRENCY}"           # the one currency of every amount in the tables
seed = 7                   # the same inputs and seed give the same plan

# Input tables. Only vehicles and sales are required; a channel without rows is off.
# Were the columns named otherwise, they would be mapped here, for instance
# columns = {{ odometer = "mileage" }} and units = {{ odometer = "miles" }}.
[tables.vehicles]          # what is to be disposed of
file = "vehicles.csv"
[tables.sales]             # what was offered before, sold or not
file = "sales.csv"
[tables.index]             # the market's monthly level, and scrap
file = "index.parquet"
[tables.venues]            # auction sites, dealers and dismantlers, with their fees
file = "venues.csv"
[tables.events]            # dated auctions with their capacity
file = "events.csv"
[tables.offers]            # standing bids of dealers
file = "offers.csv"
[tables.parts]             # what a car yields when it is taken apart
file = "parts.csv"
[tables.tariffs]           # transport from region to region; unquoted lanes go by distance
file = "tariffs.csv"
[tables.hedges]            # price protection on offer
file = "hedges.csv"
[tables.holds]             # legal bars: these vehicles may not be sold before the date
file = "holds.csv"
[tables.overrides]         # the desk's own word: pins and bans, each with a reason
file = "overrides.csv"

[horizon]
weeks = {WEEKS}                  # how far ahead vehicles are placed

[costs]
holding_per_day = 11.0     # yard, insurance and paperwork of a vehicle, dollars a day
discount_rate = 0.08       # what waiting for money costs, per year

[auction]
runs = 3                   # offerings at most before a vehicle goes the fallback way
damaged_distance_km = 1300 # how far a wreck may be hauled: salvage pools are few

[dismantling]
jurisdiction = "US"        # whose law decides which parts may be sold

[risk]
alpha = 0.95               # look at the worst 5 % of outcomes
weight = 0.3               # and give them 30 % of the say

[constraints]
max_sacrifice_rate = 0.25  # no vehicle may give up more of its own best for the others' sake

# Concentration: no more than this share of the planned units one way.
[[limits]]
by = "venue_id"
max_share = 0.25

[[limits]]
by = "channel"             # vehicles left for a later planning
group = "hold"
max_share = 0.2

[[limits]]
by = "counterparty"        # units covered by one insurer
max_units = {INSURED}

[solver]
gap = 5e-4                 # stop when the plan is proven this near to the best
seconds = 60               # or after this long, with the best plan found so far
"""


def settings(size: Size = SAMPLE) -> str:
    """Return the settings of a workspace of that size."""
    return SETTINGS.replace(f"max_units = {INSURED}", f"max_units = {size.scaled(INSURED)}")


def tables(size: Size = SAMPLE) -> dict[str, pl.DataFrame]:
    """Return every table by file name, made anew from the seed."""
    units = fleet.recovered(size)
    tried = fleet.tried_offerings(units, size)
    left = _latest(fleet.fleet(units, tried), size.vehicles)
    past = history.past_offerings(size)
    offerings = pl.concat([past, tried.select(past.columns)])
    sales = _latest(history.sales_table(offerings), size.offerings)
    held = desk.holds(left, size)
    return {
        "vehicles.csv": fleet.vehicles_table(left),
        "sales.csv": sales,
        "index.parquet": market.index_table(),
        "venues.csv": sites.venues(size),
        "events.csv": sites.events(size),
        "offers.csv": sites.offers(size),
        "parts.csv": dismantle.parts(),
        "tariffs.csv": places.tariffs(size),
        "hedges.csv": desk.hedges(size),
        "holds.csv": held,
        "overrides.csv": desk.overrides(left, held),
    }


def _latest(rows: pl.DataFrame, count: int | None) -> pl.DataFrame:
    if count is not None and rows.height < count:
        raise ValueError(f"{count:,} rows were asked for and {rows.height:,} drawn")
    return rows if count is None else rows.tail(count)


def csv_text(table: pl.DataFrame) -> str:
    """Return a table as CSV; amounts in whole money are written without decimals."""
    whole = [
        name
        for name, dtype in table.schema.items()
        if dtype == pl.Float64
        and (table[name].drop_nulls() == table[name].drop_nulls().round(0)).all()
        and table[name].null_count() < table.height
    ]
    return table.with_columns(pl.col(whole).cast(pl.Int64)).write_csv()


def write(folder: Path, size: Size = SAMPLE) -> list[Path]:
    """Write the workspace into a folder and return the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SETTINGS_FILE).write_text(settings(size), encoding="utf-8", newline="\n")
    made = tables(size)
    for name, table in made.items():
        if name.endswith(".parquet"):
            table.write_parquet(folder / name)
        else:
            (folder / name).write_text(csv_text(table), encoding="utf-8", newline="\n")
    return [folder / SETTINGS_FILE, *(folder / name for name in made)]


def differences(folder: Path) -> list[str]:
    """Return what in a folder differs from a fresh workspace: CSV by bytes, Parquet by content."""
    found = []
    if not _same_text(folder / SETTINGS_FILE, SETTINGS):
        found.append(f"{SETTINGS_FILE} differs or is absent")
    for name, table in tables().items():
        path = folder / name
        if name.endswith(".parquet"):
            same = path.is_file() and _same_rows(pl.read_parquet(path), table)
        else:
            same = _same_text(path, csv_text(table))
        if not same:
            found.append(f"{name} differs or is absent")
    return found


def _same_text(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _same_rows(found: pl.DataFrame, expected: pl.DataFrame) -> bool:
    try:
        assert_frame_equal(found, expected, check_exact=True)
    except AssertionError:
        return False
    return True
