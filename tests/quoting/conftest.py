"""A small plan of the bundled sample, made once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from auction.planned import Planning
from auction.planning import plan_workspace
from auction.workspace import Workspace, load_workspace

VEHICLES = 60
#: Few slots at auctions, so that every channel is used.
MORE_SETTINGS = """
[simulation]
scenarios = 128
evaluation_scenarios = 160

[[limits]]
by = "channel"
group = "auction"
max_share = 0.55

[[limits]]
by = "channel"
group = "dealer"
max_units = 9
"""


def trimmed_sample(source: Path, target: Path) -> Workspace:
    """Copy the sample with few vehicles, sales and scenarios, and read it."""
    for item in sorted(source.iterdir()):
        if item.is_file():
            (target / item.name).write_bytes(item.read_bytes())
    vehicles = pl.read_csv(source / "vehicles.csv", infer_schema=False)
    special = [
        pl.read_csv(source / name, infer_schema=False)["vehicle_id"].unique(maintain_order=True)[:5]
        for name in ("holds.csv", "overrides.csv")
    ]
    named = pl.concat(special)
    first = vehicles.filter(~pl.col("vehicle_id").is_in(named.to_list())).head(
        VEHICLES - named.n_unique()
    )
    kept = pl.concat([first, vehicles.filter(pl.col("vehicle_id").is_in(named.to_list()))])
    kept.write_csv(target / "vehicles.csv")
    for name in ("holds.csv", "overrides.csv"):
        table = pl.read_csv(source / name, infer_schema=False)
        table.filter(pl.col("vehicle_id").is_in(kept["vehicle_id"].to_list())).write_csv(
            target / name
        )
    sales = pl.read_csv(source / "sales.csv", infer_schema=False)
    sales.gather_every(5).head(1500).write_csv(target / "sales.csv")
    settings = (source / "disposal.toml").read_text(encoding="utf-8")
    (target / "disposal.toml").write_text(
        settings.replace("weight = 0.3", "weight = 0.9").replace("rate = 0.25", "rate = 1.0")
        + MORE_SETTINGS,
        encoding="utf-8",
    )
    return load_workspace(target)


@pytest.fixture(scope="session")
def workspace(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a small cut of the sample workspace."""
    return trimmed_sample(project_root / "data" / "sample", tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def planning(workspace: Workspace) -> Planning:
    """Plan the small cut."""
    return plan_workspace(workspace)
