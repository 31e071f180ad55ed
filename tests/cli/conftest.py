"""The sample workspace, and runs of it made by the command line."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from small_workspace import cut_sample, read, write
from warm import command

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def disposal(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run the command line in a process of its own, its libraries imported before."""
    told = tmp_path_factory.mktemp("told")

    def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        words = [str(each) for each in arguments]
        out, err = told / "out", told / "err"
        used = command(words, out, err, seconds=300.0, cwd=cwd)
        said = (path.read_text(encoding="utf-8") for path in (out, err))
        return subprocess.CompletedProcess(["disposal", *words], used.code, *said)

    return run


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, disposal: Command) -> Path:
    """The bundled sample as a workspace."""
    folder = tmp_path_factory.mktemp("sample") / "workspace"
    done = disposal("init", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the sample in which every status occurs; one vehicle may not be sold."""
    folder = cut_sample(tmp_path_factory.mktemp("fleet") / "workspace", vehicles=150, sales=1200)
    rows = read(folder / "overrides.csv")
    spoken = {row["vehicle_id"] for row in rows}
    held = next(
        row["vehicle_id"]
        for row in read(folder / "vehicles.csv")
        if row["vehicle_id"] not in spoken and row["title_status"] == "clear"
    )
    words = dict.fromkeys(rows[0], "") | {"vehicle_id": held, "action": "ban", "who": "desk"}
    bans = [
        words | {"channel": channel, "reason": "for a test"}
        for channel in ("auction", "dealer", "dismantling")
    ]
    write(folder / "overrides.csv", [*rows, *bans])
    return folder


@pytest.fixture(scope="session")
def runs(
    tmp_path_factory: pytest.TempPathFactory, fleet: Path, disposal: Command
) -> dict[int, tuple[Path, subprocess.CompletedProcess[str]]]:
    """Two runs of the same plan, by number of threads."""
    folder = tmp_path_factory.mktemp("runs")
    made = {}
    for threads in (1, 2):
        run = folder / f"threads-{threads}"
        arguments = ["--json"] if threads == 2 else []
        done = disposal("plan", fleet, "--out", run, "--threads", threads, *arguments)
        assert done.returncode == 0, done.stderr
        made[threads] = (run, done)
    return made


@pytest.fixture(scope="session")
def least(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest workspace that is worth planning; not to be changed."""
    return cut_sample(tmp_path_factory.mktemp("least") / "workspace")


@pytest.fixture
def small(least: Path, tmp_path: Path) -> Path:
    """The smallest workspace that is worth planning, to be changed at will."""
    return shutil.copytree(least, tmp_path / "small")
