"""The workspaces: what the planner knows of each, and offerings that it has not seen."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

import polars as pl

from auction.policies import halves
from auction.sample import write_sample
from auction.workspace import Workspace, load_workspace
from benchmarks.values.files import data_folder

#: Share of the sample's past offerings that the planner knows; the judge knows the rest.
KNOWN: Final = 0.75
#: Weeks past the planning date whose sales the judge knows; there the files have (nearly) ended.
_US_WEEKS: Final = 3
_CHINA_WEEKS: Final = 16


@dataclass(frozen=True, slots=True)
class Pair:
    """A workspace as the planner knows it, and with past offerings that the planner does not."""

    known: Workspace
    unseen: Workspace

    def first(self, vehicles: int | None) -> Pair:
        """Return the pair for the first vehicles of the fleet, all of them for None."""
        fleet = self.known.tables["vehicles"].head(vehicles or 10**9)

        def cut(workspace: Workspace) -> Workspace:
            return replace(workspace, tables={**workspace.tables, "vehicles": fleet})

        return Pair(cut(self.known), cut(self.unseen))


class AbsentError(Exception):
    """A workspace cannot be built here; the message says why."""


def sample() -> Pair:
    """Return the bundled workspace, its past offerings parted in time."""
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder) / "sample")
        workspace = load_workspace(Path(folder) / "sample")
    return Pair(*halves(workspace, KNOWN))


def us() -> Pair:
    """Return the US lender's fleet; unseen are all sales after its planning date."""
    file = _file("us_wholesale_2014_2015.parquet", "price_indices.parquet")
    build = _builder("build_us_wholesale")

    def later(out: Path, on: date) -> None:
        lots = pl.read_parquet(file).sort("lot_id")
        sold = lots.filter(pl.col("sale_date").is_between(build.AS_OF, on, closed="right"))
        build.named_sales(sold).write_csv(out / "history.csv")

    return _pair(build, _US_WEEKS, later)


def china() -> Pair:
    """Return the store's fleet; unseen are all cars listed after its planning date."""
    file = _file("cn_store_sales_2020_2021.parquet")
    build = _builder("build_china_store")

    def later(out: Path, on: date) -> None:
        cars = pl.read_parquet(file).sort("pushDate", "carid")
        listed = cars.filter(pl.col("pushDate") > build.AS_OF, pl.col("上牌日期") <= build.AS_OF)
        build.write_history(build.history(listed, on), build.new_prices(listed, on), out)

    return _pair(build, _CHINA_WEEKS, later)


WORKSPACES: Final[Mapping[str, Callable[[], Pair]]] = {"sample": sample, "us": us, "china": china}


def _file(*names: str) -> Path:
    """Return where the first of some files lies; all of them are needed."""
    missing = [name for name in names if not (data_folder() / name).is_file()]
    if missing:
        told = ", ".join(missing)
        raise AbsentError(f"{data_folder()} holds no {told}; set DISPOSAL_REAL_DATA to its folder")
    return data_folder() / names[0]


def _builder(name: str) -> ModuleType:
    """Return the module that writes a real workspace; the tests plan on the same ones."""
    return import_module(f"tests.real.{name}")


def _pair(build: ModuleType, weeks: int, later: Callable[[Path, date], None]) -> Pair:
    """Build the workspace, and once more with the sales of the weeks after its planning date.

    Those are dated as many weeks back, the first registration of what was sold with them: the
    judge's market is then as uncertain from the planning date on as the planner's.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, other = Path(folder) / "known", Path(folder) / "unseen"
        build.build(out, data_folder())
        known = load_workspace(out)
        shutil.copytree(out, other)
        on = build.AS_OF + timedelta(weeks=weeks)
        later(other, on)
        tables = load_workspace(other, as_of=on).tables
    back = timedelta(weeks=weeks)
    sales = _moved(tables["sales"], back, "offered_on", "closed_on", "first_registered")
    changes = _moved(tables["price_changes"], back, "date")
    seen = {**known.tables, "sales": sales, "price_changes": changes}
    return Pair(known, replace(known, tables=seen))


def _moved(rows: pl.DataFrame, back: timedelta, *columns: str) -> pl.DataFrame:
    return rows.with_columns(pl.col(name) - back for name in columns if name in rows.columns)
