"""The three public files of sales, read once into the tables that every contender is given.

Codes, colours and the like are further columns; what becomes known only after the sale, and what
a guide says, is left out (the guide of the wholesale file stands in `guide_value`).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

MILE: Final = 1.609344
#: Columns that no contender learns from.
ASIDE: Final = ("sale_id", "vehicle_id", "price", "guide_value")


@dataclass(frozen=True, slots=True)
class File:
    """One file of sales and the days at which it is cut in time.

    Attributes
    ----------
    name : str
    read : callable
        From the folder of the data to rows as in `residual.tables.Sales`.
    cuts : tuple of datetime.date
        What is sold before a cut is learnt from; judged is what is sold from it to the next
        one, or to the end.
    seller_kind, money : str
        Column that tells kinds of sellers apart, and the currency.
    """

    name: str
    read: Callable[[Path], pl.DataFrame]
    cuts: tuple[dt.date, ...]
    seller_kind: str
    money: str


def data_folder() -> Path:
    """Return where the files lie: DISPOSAL_REAL_DATA, else beside the project."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("DISPOSAL_REAL_DATA", beside))


def purchases(folder: Path) -> pl.DataFrame:
    """One chain's auction purchases in the US, 2009 to 2010."""
    rows = pl.read_parquet(folder / "us_auction_purchases_2009_2010.parquet")
    return rows.filter(pl.col("VehBCost") > 1).select(
        sale_id=pl.col("RefId").cast(pl.String),
        price=pl.col("VehBCost").cast(pl.Float64),
        offered_on="PurchDate",
        make="Make",
        model="Model",
        variant="Trim",
        model_year=pl.col("VehYear").cast(pl.Int64),
        odometer=pl.col("VehOdo") * MILE,
        segment="Size",
        region="VNST",
        venue_id=pl.col("Auction") + " " + pl.col("VNZIP1").cast(pl.String),
        submodel="SubModel",
        color="Color",
        transmission="Transmission",
        wheels="WheelType",
        buyer=pl.lit("B") + pl.col("BYRNO").cast(pl.String),
        online=pl.lit("o") + pl.col("IsOnlineSale").cast(pl.String),
        warranty_cost=pl.col("WarrantyCost").cast(pl.Float64),
    )


def wholesale(folder: Path) -> pl.DataFrame:
    """Wholesale auction sales in the US, 2014 to 2015, mostly of two months."""
    rows = pl.read_parquet(folder / "us_wholesale_2014_2015.parquet")
    return rows.filter(
        pl.col("sellingprice") > 1, pl.col("year").is_not_null(), pl.col("make").is_not_null(),
        pl.col("model").is_not_null(),
    ).select(
        sale_id="lot_id",
        price=pl.col("sellingprice").cast(pl.Float64),
        offered_on="sale_date",
        make=pl.col("make").str.to_lowercase(),
        model=pl.col("model").str.to_lowercase(),
        variant=pl.col("trim").str.to_lowercase(),
        model_year=pl.col("year").cast(pl.Int64),
        odometer=pl.col("odometer") * MILE,
        condition_grade="condition_1to5",
        body=pl.col("body").str.to_lowercase(),
        region="state",
        transmission="transmission",
        color="color",
        interior="interior",
        seller="seller",
        guide_value=pl.col("mmr").cast(pl.Float64),
    )  # fmt: skip


def china(folder: Path) -> pl.DataFrame:
    """First list prices of a chain of stores in China, 2020 to 2021, sold or withdrawn."""
    rows = pl.read_parquet(folder / "cn_store_sales_2020_2021.parquet")
    codes = {
        "color": "车辆颜色", "emission": "国标码", "country": "国别", "maker_kind": "厂商类型",
        "gearbox": "变速箱", "powertrain": "燃油类型", "seats": "载客人数",
        **{f"feature_{k}": f"Feature_{k}" for k in (1, 2, 3, 5, 6, 8, 9, 10, 11, 14)},
    }  # fmt: skip
    return rows.select(
        sale_id=pl.col("carid").cast(pl.String),
        price=pl.col("pushPrice") * 1e4,
        offered_on="pushDate",
        make=pl.lit("b") + pl.col("品牌 id").cast(pl.String),
        model=pl.lit("s") + pl.col("车系 id").cast(pl.String),
        variant=pl.lit("v") + pl.col("车型 id").cast(pl.String),
        first_registered="上牌日期",
        model_year=pl.col("年款").cast(pl.Int64),
        odometer=pl.col("里程") * 1e4,
        region=pl.lit("c") + pl.col("车辆所在城市 id").cast(pl.String),
        new_price=pl.col("新车价") * 1e4,
        displacement="排量",
        transfers=pl.col("过户次数").cast(pl.Float64),
        **{
            name: pl.lit("k") + pl.col(code).cast(pl.String).str.strip_suffix(".0")
            for name, code in codes.items()
        },
    )


FILES: Final = (
    File("purchases", purchases, (dt.date(2010, 1, 18), dt.date(2010, 5, 17)), "region", "USD"),
    File("wholesale", wholesale, (dt.date(2015, 1, 13), dt.date(2015, 1, 27)), "seller", "USD"),
    File("china", china, (dt.date(2020, 12, 15), dt.date(2021, 4, 15)), "region", "CNY"),
)
