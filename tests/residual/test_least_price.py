"""The price below which nothing is sold."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import polars as pl

import residual
from residual.least_price import least_price


def test_a_price_at_which_sales_pile_up_is_the_least() -> None:
    draw = np.random.default_rng(1)
    prices = np.exp(draw.normal(5.0, 2.0, 5000))
    assert least_price(np.log(prices)) == -np.inf
    held = np.log(np.maximum(prices, 4.0))
    assert least_price(held) == np.log(4.0)


def test_few_sales_at_the_least_price_are_chance() -> None:
    log = np.log(np.arange(1.0, 101.0))
    assert least_price(np.concatenate([np.zeros(18), log])) == -np.inf
    assert least_price(np.concatenate([np.zeros(19), log])) == 0.0
    assert least_price(np.full(30, 5.0)) == -np.inf
    many = np.log(np.arange(1.0, 40_001.0))
    assert least_price(np.concatenate([np.zeros(30), many])) == -np.inf


def test_no_quantile_lies_below_the_least_bid(sales: pl.DataFrame, market: ModuleType) -> None:
    rows = sales.drop("guide_value")[:900]
    bid = float(rows["price"].quantile(0.2) or 0.0)
    held = rows.with_columns(price=pl.max_horizontal("price", pl.lit(bid)))
    model = residual.fit(held)
    assert model.least == np.log(bid)
    told = model.predict(market.one_vehicle(), "2023-05-01", quantiles=(0.0001, 0.5))
    assert told["q0001"][0] >= bid * (1.0 - 1e-12)
    assert residual.fit(rows).least == -np.inf
