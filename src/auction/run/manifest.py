"""The manifest of a run: what went in, what it was made with, and how the search ended."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from _core import build_info
from auction.planned import Planning
from auction.run.durable import digest, replace_text
from auction.run.folder import read_record
from auction.run.stamp import RunStamp

MANIFEST: Final = "manifest.json"
_LIBRARIES: Final = ("residual-auction", "numpy", "scipy", "polars", "ortools")


def manifest(planning: Planning, threads: int, stamp: RunStamp) -> dict[str, Any]:
    """Return the manifest of a run.

    The run's id and beginning, timings and the number of threads stand here and nowhere else in
    the run folder: all other files are the same, byte for byte, for the same inputs and seed.

    Parameters
    ----------
    planning : Planning
        The run.
    threads : int
        Threads of the kernels.
    stamp : RunStamp
        The run's id and beginning.
    """
    workspace, allocation = planning.workspace, planning.allocation
    config = workspace.config
    return {
        "run_id": stamp.run_id,
        "started": stamp.started.isoformat(timespec="seconds"),
        "doubts": stamp.doubts(config.as_of),
        "title": config.title,
        "as_of": config.as_of.isoformat(),
        "currency": config.currency,
        "seed": config.seed,
        "threads": threads,
        "inputs": {
            name: {"sha256": digest} for name, digest in sorted(workspace.input_hashes.items())
        },
        "rows": {
            name: {
                "read": counts.read,
                "kept": counts.kept,
                "rejected": counts.rejected,
                "excluded": counts.excluded,
                "read_as": list(counts.read_as),
            }
            for name, counts in workspace.counts.items()
        },
        "settings": config.model_dump(mode="json"),
        "defaults_used": [
            {"setting": used.setting, "value": used.value, "source": used.source}
            for used in workspace.defaults
        ],
        "solver": {
            "status": allocation.status,
            "reason": allocation.reason,
            "interrupted": planning.interrupted,
            "objective": allocation.objective,
            "bound": allocation.bound,
            "gap": allocation.gap,
            "gap_asked": planning.stop.gap,
            "seconds_allowed": planning.stop.seconds,
            "work_allowed": planning.stop.work,
            "options": planning.options.table.height,
            "vehicles": len(planning.options.vehicle_ids),
        },
        **({} if planning.replanned is None else {"started_from": planning.replanned.record}),
        "notes": planning.notes,
        "model": planning.model.summary().splitlines(),
        "versions": {name: version(name) for name in _LIBRARIES},
        "build": build_info(),
        "timings": {**planning.timings, "allocation_steps": allocation.timings},
    }


def note_output(run: Path, name: str) -> None:
    """Note in the manifest what a file of a run holds that was written anew.

    Parameters
    ----------
    run : Path
        Run folder.
    name : str
        The file, relative to it.

    Raises
    ------
    RunFolderError
        Where the manifest is missing or damaged.
    OSError
        Where it cannot be written.
    """
    told = read_record(run, MANIFEST)
    outputs, found = told.get("outputs", {}), digest(run / name)
    if outputs.get(name) != found:
        told["outputs"] = dict(sorted({**outputs, name: found}.items()))
        replace_text(run / MANIFEST, json.dumps(told, indent=2) + "\n")
