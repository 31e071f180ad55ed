from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

import residual


def _market() -> ModuleType:
    name = "residual_test_market"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("market.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def market() -> ModuleType:
    return _market()


@pytest.fixture(scope="session")
def sales(market: ModuleType) -> pl.DataFrame:
    return market.made_sales()


@pytest.fixture(scope="session")
def model(sales: pl.DataFrame) -> residual.ResidualModel:
    return residual.fit(sales)


@pytest.fixture(scope="session")
def plain_model(sales: pl.DataFrame) -> residual.ResidualModel:
    return residual.fit(sales.drop("guide_value"))
