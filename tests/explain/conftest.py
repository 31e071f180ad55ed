"""A small run in which slots are scarce, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from auction.planned import Planning
from auction.planning import plan_workspace
from auction.run import writing as runs
from auction.run.folder import RunFolder
from auction.workspace import load_workspace
from small_workspace import cut_sample

SCARCE = """
[[limits]]
by = "channel"
group = "auction"
max_share = 0.5
"""


@pytest.fixture(scope="session")
def planning(tmp_path_factory: pytest.TempPathFactory) -> Planning:
    folder = cut_sample(tmp_path_factory.mktemp("explain") / "workspace", vehicles=60)
    with (folder / "disposal.toml").open("a", encoding="utf-8") as settings:
        settings.write(SCARCE)
    return plan_workspace(load_workspace(folder))


@pytest.fixture(scope="session")
def run(planning: Planning, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("explain") / "run"
    with pytest.MonkeyPatch.context() as patched, RunFolder(target) as folder:
        patched.setattr(runs, "write_report", lambda *_, **__: None)
        runs.fill_run(folder, planning, 1)
    return target
