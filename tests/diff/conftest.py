"""Two plans a week apart, made once: an offer ends, an event is dropped, vehicles come and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from auction.planning import plan_workspace
from auction.run import writing as runs
from auction.run.folder import RunFolder
from auction.workspace import load_workspace
from small_workspace import cut_sample, read, write

SCARCE = """
[[limits]]
by = "channel"
group = "auction"
max_share = 0.6
"""
#: What the second week dropped and pinned.
GONE, PINNED, DROPPED = "R0008", "R0041", ("DAL-0617", "ATL-0616", "CMH-0616")


def plan(workspace: Path, target: Path) -> Path:
    planning = plan_workspace(load_workspace(workspace))
    with pytest.MonkeyPatch.context() as patched, RunFolder(target) as folder:
        patched.setattr(runs, "write_report", lambda *_, **__: None)
        runs.fill_run(folder, planning, 1)
    return target


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diff")


@pytest.fixture(scope="session")
def week(base: Path) -> Path:
    folder = cut_sample(base / "week", vehicles=60)
    with (folder / "disposal.toml").open("a", encoding="utf-8") as settings:
        settings.write(SCARCE)
    return folder


@pytest.fixture(scope="session")
def first(base: Path, week: Path) -> Path:
    return plan(week, base / "first")


@pytest.fixture(scope="session")
def again(base: Path, week: Path) -> Path:
    return plan(week, base / "again")


@pytest.fixture(scope="session")
def next_week(base: Path) -> Path:
    """The workspace of the week after."""
    folder = cut_sample(base / "next", vehicles=62)
    settings = (folder / "disposal.toml").read_text(encoding="utf-8") + SCARCE
    settings = settings.replace("as_of = 2026-06-01", "as_of = 2026-06-08")
    settings = settings.replace("weight = 0.3", "weight = 0.5")
    # fewer may go to auctions, so that some go elsewhere though their old way is open
    settings = settings.replace("max_share = 0.6", "max_share = 0.55")
    (folder / "disposal.toml").write_text(settings, encoding="utf-8")
    fleet = read(folder / "vehicles.csv")
    write(folder / "vehicles.csv", [row for row in fleet if row["vehicle_id"] != GONE])
    events = read(folder / "events.csv")
    write(folder / "events.csv", [row for row in events if row["event_id"] not in DROPPED])
    words = read(folder / "overrides.csv")
    pin = {
        "vehicle_id": PINNED, "action": "pin", "channel": "dealer", "reason": "shown by hand",
        "who": "desk",
    }  # fmt: skip
    pin = {**dict.fromkeys(words[0], ""), **pin}
    write(folder / "overrides.csv", [*words, pin])
    return folder


@pytest.fixture(scope="session")
def second(base: Path, next_week: Path) -> Path:
    """The plan of the week after."""
    return plan(next_week, base / "second")
