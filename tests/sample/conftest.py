"""The committed sample, read once."""

from pathlib import Path

import polars as pl
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(SAMPLE / name, try_parse_dates=True, infer_schema_length=None)


@pytest.fixture(scope="session")
def sample_folder() -> Path:
    return SAMPLE


@pytest.fixture(scope="session")
def sales() -> pl.DataFrame:
    return read("sales.csv")


@pytest.fixture(scope="session")
def vehicles() -> pl.DataFrame:
    return read("vehicles.csv")


@pytest.fixture(scope="session")
def index() -> pl.DataFrame:
    return pl.read_parquet(SAMPLE / "index.parquet")


@pytest.fixture(scope="session")
def venues() -> pl.DataFrame:
    return read("venues.csv")


@pytest.fixture(scope="session")
def events() -> pl.DataFrame:
    return read("events.csv")


@pytest.fixture(scope="session")
def parts() -> pl.DataFrame:
    return read("parts.csv")


@pytest.fixture(scope="session")
def holds() -> pl.DataFrame:
    return read("holds.csv")


@pytest.fixture(scope="session")
def overrides() -> pl.DataFrame:
    return read("overrides.csv")


@pytest.fixture(scope="session")
def tariffs() -> pl.DataFrame:
    return read("tariffs.csv")


@pytest.fixture(scope="session")
def against_guide(sales: pl.DataFrame) -> pl.DataFrame:
    """Sold units with ln(price/guide), the intended absurd prices left out."""
    priced = sales.filter(pl.col("price") > 0, pl.col("guide_value") > 0)
    ratio = (pl.col("price") / pl.col("guide_value")).log()
    return priced.with_columns(log_ratio=ratio).filter(pl.col("log_ratio").is_between(-2.0, 1.2))
