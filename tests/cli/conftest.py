"""The sample workspace, and runs of it made by the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def disposal() -> Command:
    """Run the command line in a process of its own."""

    def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "auction.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, disposal: Command) -> Path:
    """The bundled sample as a workspace."""
    folder = tmp_path_factory.mktemp("sample") / "workspace"
    done = disposal("init", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def runs(
    tmp_path_factory: pytest.TempPathFactory, sample: Path, disposal: Command
) -> dict[int, tuple[Path, subprocess.CompletedProcess[str]]]:
    """Two runs of the same plan, by number of threads."""
    folder = tmp_path_factory.mktemp("runs")
    made = {}
    for threads in (1, 2):
        run = folder / f"threads-{threads}"
        arguments = ["--json"] if threads == 2 else []
        done = disposal("plan", sample, "--out", run, "--threads", threads, *arguments)
        assert done.returncode == 0, done.stderr
        made[threads] = (run, done)
    return made


@pytest.fixture
def small(sample: Path, tmp_path: Path) -> Path:
    """A workspace of its own with a small part of the sample, to be changed at will."""
    folder = tmp_path / "small"
    shutil.copytree(sample, folder)
    for name, rows in (("vehicles.csv", 30), ("sales.csv", 1500)):
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(lines[: rows + 1]), encoding="utf-8")
    kept = {
        line.split(",")[0]
        for line in (folder / "vehicles.csv").read_text(encoding="utf-8").splitlines()[1:]
    }
    for name in ("holds.csv", "overrides.csv"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        own = [line for line in lines[1:] if line.split(",")[0] in kept]
        (folder / name).write_text("".join([lines[0], *own]), encoding="utf-8")
    return folder
