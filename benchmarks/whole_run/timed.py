"""One whole run in a process of its own: its seconds by stage and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_GENERATOR: Final = Path(__file__).resolve().parents[2] / "data" / "generate.py"
#: Exit codes of a run that is written: complete, or ended at a limit of the search.
_WRITTEN: Final = (0, 5)


@dataclass(frozen=True, slots=True)
class Timed:
    """What a run took.

    Parameters
    ----------
    vehicles, sales : int
        Rows of the workspace.
    planned, options : int
        Vehicles that could be planned, and what could be done with them.
    status : str
        How the search for the plan ended.
    seconds, processor : float
        On the clock and of the processor, the start of the interpreter included.
    memory : float
        Most memory that the process held, GiB.
    stages : dict of str to float
        Seconds on the clock by stage; ``start and end`` is what lies outside all stages.
    stages_processor : dict of str to float
        The same of the processor.
    """

    vehicles: int
    sales: int
    planned: int
    options: int
    status: str
    seconds: float
    processor: float
    memory: float
    stages: dict[str, float]
    stages_processor: dict[str, float]


def timed(
    folder: Path, vehicles: int, sales: int, threads: int, profile: Path | None = None
) -> Timed:
    """Make a workspace in an empty folder, plan it and tell what that took."""
    workspace, run, log = folder / "workspace", folder / "run", folder / "log.jsonl"
    made = [_GENERATOR, "--out", workspace, "--vehicles", vehicles, "--offerings", sales]
    subprocess.run([sys.executable, *map(str, made)], check=True, capture_output=True)
    told = ["-m", "auction.cli", "plan", workspace, "--out", run, "--quiet", "--threads", threads,
            "--log-json", log]  # fmt: skip
    if profile is not None:
        profile.mkdir(parents=True, exist_ok=True)
        told = ["-m", "cProfile", "-o", profile / f"{vehicles}.prof", *told]
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, told)])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in _WRITTEN:
        raise RuntimeError(f"the run ended with exit code {process.returncode}")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    ends = [line for line in lines if line["event"] == "stage ends"]
    processor = usage.ru_utime + usage.ru_stime
    stages, of_it = (
        {line["stage"]: line[kind] for line in ends} for kind in ("seconds", "processor_seconds")
    )
    return Timed(
        vehicles=vehicles,
        sales=sales,
        planned=manifest["solver"]["vehicles"],
        options=manifest["solver"]["options"],
        status=manifest["solver"]["status"],
        seconds=seconds,
        processor=processor,
        memory=usage.ru_maxrss / 2**20,
        stages=stages | {"start and end": seconds - sum(stages.values())},
        stages_processor=of_it | {"start and end": processor - sum(of_it.values())},
    )
