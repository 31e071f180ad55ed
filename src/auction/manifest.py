"""The manifest of a run: what went in, what it was made with, and how the search ended."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from _core import build_info
from auction.planning import Planning

_LIBRARIES = ("residual-auction", "numpy", "scipy", "polars", "statsmodels", "ortools")


def manifest(planning: Planning, threads: int) -> dict[str, Any]:
    """Return the manifest of a run.

    Timings and the number of threads stand here and nowhere else in the run folder: all other
    files are the same, byte for byte, for the same inputs and seed.

    Parameters
    ----------
    planning : Planning
        The run.
    threads : int
        Threads of the kernels.
    """
    workspace, allocation = planning.workspace, planning.allocation
    config = workspace.config
    return {
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
            "objective": allocation.objective,
            "bound": allocation.bound,
            "gap": allocation.gap,
            "gap_asked": planning.stop.gap,
            "seconds_allowed": planning.stop.seconds,
            "work_allowed": planning.stop.work,
            "options": planning.options.frame.height,
            "vehicles": len(planning.options.vehicle_ids),
        },
        "notes": planning.notes,
        "model": planning.model.summary().splitlines(),
        "versions": {name: version(name) for name in _LIBRARIES},
        "build": build_info(),
        "timings": {**planning.timings, "allocation": allocation.timings},
    }
