"""A workspace from the shared file of Chinese store listings: a fleet to consign in May 2021.

Run as ``python tests/real/build_china_store.py OUT`` to look at it. The workspace is written to
OUT; what the planner must not know (asking prices and the day of the sale) goes beside it, to
``OUT.hidden.parquet``, and every later listing, sold or withdrawn, to ``OUT.later.parquet``.

What is real
    *History*: every listing put on the list by 2021-05-15, 6,654 of them, as a store's system
    would export it that day: sold and withdrawn ones with their last day, those still on the
    list without one; asking prices first and last, and each dated new price by that day.
    *Fleet*: 1,000 of the cars that were listed later and sold, drawn by a seed and in the order
    of their listing. The day of the listing stays, as the day from which the car may be sold;
    asking prices, new prices and the day of the sale are hidden.
    The owner's column names and units stay: prices in 10,000 CNY, odometer in 10,000 km. Codes
    get a letter in front, since a code is no number; columns of dates other than the
    registration, of dimensions and of inner numbers are left out (``LEFT_OUT``).

What the file says of its end
    ``withdrawDate`` is set for sold cars and equals ``pullDate``. The 1,562 cars without it have
    a ``pullDate`` too: the day on which they left the list unsold is known, and they are censored
    there. No new price lies outside of its listing.

What is assumed
    Everything else, and the files say so: a store in each city with sixty past listings that
    consigns for 5 % and sixty days, with half as much room again as the fleet's own listings in
    that city took; an auction a week in the largest city; a wholesaler who buys young cars at one
    price; costs of moving and keeping a car; legal holds, pins and bans on a few cars.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from real.build_us_wholesale import data_folder

FILE: Final = "cn_store_sales_2020_2021.parquet"
AS_OF: Final = date(2021, 5, 15)
WEEKS: Final = 12
FLEET: Final = 1000
SEED: Final = 20210515
FEWEST_LISTINGS: Final = 60
ROOM: Final = 1.5
LIST_DAYS: Final = 60
CITY: Final = "车辆所在城市 id"

#: Columns that would give the outcome away.
HIDDEN: Final = (
    "pushPrice", "updatePriceTimeJson", "pullDate", "withdrawDate", "展销时间", "target",
    "成交周期",
)  # fmt: skip

#: Dates, dimensions and inner numbers that say little and read badly.
LEFT_OUT: Final = (
    "index", "注册日期", "Feature_4", "Feature_7", "Feature_12", "Feature_13", "Feature_15",
)  # fmt: skip

#: Columns of codes, with the letter that goes in front.
CODES: Final = {
    "车辆颜色": "C", "国标码": "G", "国别": "N", "厂商类型": "M", "变速箱": "T", "燃油类型": "F",
    "Feature_1": "a", "Feature_2": "b", "Feature_3": "c", "Feature_5": "e", "Feature_6": "f",
    "Feature_8": "h", "Feature_9": "i", "Feature_10": "k", "Feature_11": "l", "Feature_14": "o",
}  # fmt: skip

#: Assumed terms of a store, money in CNY.
STORE: Final[dict[str, Any]] = {
    "channel": "dealer", "accepts": "any", "fee_sale": 300.0, "fee_rate": 0.0,
    "fee_no_sale": 500.0, "tax_rate": 0.005, "settlement_days": 7.0, "entry_days": 0.0,
    "display_days": 0.0,
}  # fmt: skip

#: Assumed: an auction in the largest city, and a wholesaler of young cars.
OTHERS: Final = (
    {"venue_id": "auction-1", "name": "Auction in city 1 (assumed)", "channel": "auction",
     "region": "1", "fee_sale": 500.0, "fee_rate": 0.02, "entry_days": 2.0, "bidders": 5.0},
    {"venue_id": "trade-17", "name": "Wholesaler in city 17 (assumed)", "channel": "dealer",
     "region": "17", "fee_sale": 0.0, "fee_no_sale": 0.0, "weekly_units": 10.0},
)  # fmt: skip

SETTINGS: Final = f"""\
# Store listings in China, {AS_OF}: real cars and listings; stores, auction, wholesaler, lanes,
# costs, holds and overrides are ASSUMED (tests/real/build_china_store.py says from what).
title = "车队 2021年5月"
as_of = {AS_OF}
currency = "CNY"
seed = 7

[tables.vehicles]
file = "fleet.csv"
units = {{ odometer = "10k_km" }}
constants = {{ title_status = "clear" }}
[tables.vehicles.columns]
vehicle_id = "carid"
available_from = "pushDate"
make = "品牌 id"
model = "车系 id"
variant = "车型 id"
odometer = "里程"
region = "{CITY}"
first_registered = "上牌日期"
model_year = "年款"
powertrain = "燃油类型"

[tables.sales]
file = "history.csv"
encoding = "gb18030"
date_format = "%Y/%m/%d"
units = {{ odometer = "10k_km", price = "10k_CNY", list_price = "10k_CNY" }}
constants = {{ channel = "dealer" }}
[tables.sales.columns]
sale_id = "carid"
offered_on = "pushDate"
closed_on = "pullDate"
outcome = "状态"
list_price = "pushPrice"
price = "target"
make = "品牌 id"
model = "车系 id"
variant = "车型 id"
odometer = "里程"
region = "{CITY}"
venue_id = "{CITY}"
first_registered = "上牌日期"
model_year = "年款"
powertrain = "燃油类型"

[tables.price_changes]
file = "price_changes.csv"
encoding = "gb18030"
date_format = "%Y/%m/%d"
columns = {{ sale_id = "carid", date = "调价日期", price = "调后价格" }}
units = {{ price = "10k_CNY" }}

[tables.venues]            # assumed
file = "venues.csv"

[tables.events]            # assumed
file = "events.csv"

[tables.offers]            # assumed
file = "offers.csv"
units = {{ fee_rate = "percent" }}

[tables.tariffs]           # assumed: one price for every move between cities
file = "tariffs.csv"

[tables.holds]             # assumed
file = "holds.csv"

[tables.overrides]         # assumed
file = "overrides.csv"

[horizon]
weeks = {WEEKS}

[costs]
holding_per_day = 40.0
local_transport = 200.0
local_days = 1.0
currency_per_dollar = 6.4

[simulation]
scenarios = 512
evaluation_scenarios = 512

[constraints]
max_sacrifice_rate = 0.1

[[limits]]
by = "channel"
group = "auction"
max_share = 0.2

[solver]
gap = 5e-4
seconds = 120
"""


@dataclass(frozen=True, slots=True)
class Built:
    """Where the workspace stands and what it holds.

    Parameters
    ----------
    workspace, hidden, later : Path
        The folder, and the files of what the planner must not know.
    history, still_open, changes, fleet, stores : int
        Listings and those still open, new prices, vehicles and stores.
    """

    workspace: Path
    hidden: Path
    later: Path
    history: int
    still_open: int
    changes: int
    fleet: int
    stores: int


def build(out: Path, data: Path, hidden: Path | None = None) -> Built:
    """Write the workspace to ``out`` and the hidden parts beside it.

    Parameters
    ----------
    out : Path
        Folder to make; it must not exist.
    data : Path
        Folder of the shared real data.
    hidden : Path, optional
        File for the outcome of the fleet; the other's name follows from it. It must not lie
        within ``out``.

    Returns
    -------
    Built
    """
    hidden = hidden or out.with_name(out.name + ".hidden.parquet")
    later = hidden.with_suffix(".later.parquet")
    if out.resolve() in hidden.resolve().parents:
        raise ValueError("the hidden part must not lie within the workspace")
    cars = pl.read_parquet(data / FILE).sort("pushDate", "carid")
    known = history(cars)
    after = cars.filter(pl.col("pushDate") > AS_OF, pl.col("上牌日期") <= AS_OF)
    sold = after.filter(pl.col("withdrawDate").is_not_null())
    drawn = np.random.default_rng(SEED).permutation(sold.height)[:FLEET]
    fleet = sold[np.sort(drawn)].with_row_index("place")
    changes = new_prices(cars)
    out.mkdir(parents=True)
    owned(fleet.drop(*HIDDEN, "place")).write_csv(out / "fleet.csv", include_bom=True)
    write_history(known, changes, out)
    places = venues(cars, fleet)
    stores = places.filter(pl.col("venue_id") == pl.col("region"))
    places.write_csv(out / "venues.csv")
    events().write_csv(out / "events.csv")
    offers(stores["venue_id"].to_list()).write_csv(out / "offers.csv")
    tariffs(fleet, places).write_csv(out / "tariffs.csv")
    holds(fleet).write_csv(out / "holds.csv")
    overrides(fleet).write_csv(out / "overrides.csv")
    (out / "disposal.toml").write_text(SETTINGS, encoding="utf-8")
    outcome(fleet).write_parquet(hidden)
    outcome(after).write_parquet(later)
    return Built(
        workspace=out,
        hidden=hidden,
        later=later,
        history=known.height,
        still_open=known.filter(pl.col("状态") == "open").height,
        changes=changes.height,
        fleet=fleet.height,
        stores=stores.height,
    )


def history(cars: pl.DataFrame, on: date = AS_OF) -> pl.DataFrame:
    """Listings as the store's system showed them on a day, the planning date if not given."""
    known = cars.filter(pl.col("pushDate") <= on)
    still, sold = pl.col("pullDate") > on, pl.col("withdrawDate").is_not_null()
    status = pl.when(still).then(pl.lit("open")).when(sold).then(pl.lit("sold"))
    return known.select(
        pl.exclude(*HIDDEN),
        "pushPrice",
        "updatePriceTimeJson",
        pl.when(~still).then("pullDate").alias("pullDate"),
        pl.when(~still & sold).then("target").alias("target"),
        status.otherwise(pl.lit("withdrawn")).alias("状态"),
    )


def new_prices(cars: pl.DataFrame, on: date = AS_OF) -> pl.DataFrame:
    """Every new price of that history by the same day, a row each, in 10,000 CNY."""
    rows = [
        (str(car), date.fromisoformat(day), float(price))
        for car, told in cars.filter(pl.col("pushDate") <= on)
        .select("carid", "updatePriceTimeJson")
        .iter_rows()
        for day, price in json.loads(told).items()
    ]
    names = {"carid": pl.String, "调价日期": pl.Date, "调后价格": pl.Float64}
    return pl.DataFrame(rows, schema=names, orient="row").filter(pl.col("调价日期") <= on)


def owned(cars: pl.DataFrame) -> pl.DataFrame:
    """The owner's columns as his system would hand them over, codes as texts."""
    coded = [
        (pl.lit(letter) + pl.col(name).cast(pl.String).str.strip_suffix(".0")).alias(name)
        for name, letter in CODES.items()
    ]
    return cars.drop(LEFT_OUT).with_columns(*coded, pl.col("年款").cast(pl.Int64))


def outcome(cars: pl.DataFrame) -> pl.DataFrame:
    """Cars with what became of them: prices in CNY, days on the list, whether they were sold."""
    return owned(cars.drop("place", strict=False)).select(
        pl.exclude(*HIDDEN),
        (pl.col("pushPrice") * 1e4).alias("first_price"),
        (pl.col("target") * 1e4).alias("last_price"),
        pl.col("pullDate").alias("closed_on"),
        (pl.col("pullDate") - pl.col("pushDate")).dt.total_days().alias("days"),
        pl.col("withdrawDate").is_not_null().alias("sold"),
    )


def venues(cars: pl.DataFrame, fleet: pl.DataFrame) -> pl.DataFrame:
    """A store in each city of enough past listings, and the others who buy."""
    past = cars.filter(pl.col("pushDate") <= AS_OF).group_by(CITY).len().sort(CITY)
    own = dict(fleet.group_by(CITY).len().iter_rows())
    weeks = (fleet["pushDate"].max() - AS_OF).days / 7
    rows = [
        {**STORE, "venue_id": str(city), "name": f"Store in city {city} (assumed terms)",
         "region": str(city), "weekly_units": math.ceil(ROOM * own.get(city, 0) / weeks) + 1.0}
        for city, count in past.iter_rows()
        if count >= FEWEST_LISTINGS
    ]  # fmt: skip
    return pl.DataFrame(
        [*rows, *({**STORE, **other} for other in OTHERS)], infer_schema_length=None
    )


def events() -> pl.DataFrame:
    """An auction every Thursday."""
    first = AS_OF + timedelta(days=5)
    return pl.DataFrame(
        [
            {
                "event_id": f"auction-{week + 1}",
                "venue_id": "auction-1",
                "date": first + timedelta(weeks=week),
                "capacity": 20,
            }
            for week in range(WEEKS - 1)
        ]
    )


def offers(stores: list[str]) -> pl.DataFrame:
    """A consignment with every store, and the wholesaler's standing bid."""
    until = AS_OF + timedelta(weeks=WEEKS)
    listed = [
        {"offer_id": f"list-{store}", "venue_id": store, "kind": "consignment", "price": None,
         "max_age_years": None, "fee_rate": 5.0, "list_days": LIST_DAYS, "min_units": 0,
         "max_units": FLEET, "valid_from": AS_OF, "valid_until": until}
        for store in stores
    ]  # fmt: skip
    bid = {"offer_id": "young", "venue_id": "trade-17", "kind": "standing", "price": 48_000.0,
           "max_age_years": 6.0, "fee_rate": None, "list_days": None, "min_units": 5,
           "max_units": 40, "valid_from": AS_OF, "valid_until": until}  # fmt: skip
    return pl.DataFrame([*listed, bid], infer_schema_length=None)


def tariffs(fleet: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Every move between two cities for one price."""
    starts = fleet[CITY].unique().sort().cast(pl.String).to_list()
    ends = places["region"].unique().sort().to_list()
    return pl.DataFrame(
        [
            {"from_region": start, "to_region": end, "cost": 1500.0, "days": 4.0}
            for start in starts
            for end in ends
            if start != end
        ]
    )


def holds(fleet: pl.DataFrame) -> pl.DataFrame:
    """Assumed legal bars: every 90th car for thirty days, every 300th beyond the horizon."""
    place = pl.col("place")
    until = (
        pl.when(place % 300 == 7)
        .then(AS_OF + timedelta(days=180))
        .when(place % 90 == 7)
        .then(AS_OF + timedelta(days=30))
    )
    return fleet.select(
        pl.col("carid").cast(pl.String).alias("vehicle_id"),
        pl.lit("mortgage not released").alias("kind"),
        until=until,
    ).drop_nulls("until")


def overrides(fleet: pl.DataFrame) -> pl.DataFrame:
    """Assumed word of the desk: bans from the largest city's store, and from dealers."""
    rows = []
    for place, car in fleet.select("place", pl.col("carid").cast(pl.String)).iter_rows():
        said = {"vehicle_id": car, "action": "ban", "venue_id": None, "channel": None,
                "event_id": None, "reason": "", "who": "desk (assumed)"}  # fmt: skip
        if place % 50 == 12:
            rows.append({**said, "venue_id": "1", "reason": "came back from there"})
        elif place % 100 == 13:
            rows.append({**said, "channel": "dealer", "reason": "no warranty can be given"})
    return pl.DataFrame(rows, infer_schema_length=None)


def write_history(known: pl.DataFrame, changes: pl.DataFrame, out: Path) -> None:
    """Write listings and their new prices as the owner's system would export them."""
    _write_gb18030(owned(known.drop("updatePriceTimeJson")), out / "history.csv")
    _write_gb18030(changes, out / "price_changes.csv")


def _write_gb18030(frame: pl.DataFrame, path: Path) -> None:
    path.write_bytes(frame.write_csv(date_format="%Y/%m/%d").encode("gb18030"))


def main() -> None:
    """Build the workspace named on the command line and tell what it holds."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tests/real/build_china_store.py OUT")
    sys.stdout.write(f"{build(Path(sys.argv[1]), data_folder())}\n")


if __name__ == "__main__":
    main()
