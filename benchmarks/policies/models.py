"""Fitted models that are kept between runs, each with a hash of what it was made of."""

from __future__ import annotations

import hashlib
from pathlib import Path

import residual
from auction.forecasting import fitted
from auction.workspace import Workspace


def model_of(workspace: Workspace, name: str, cache: Path | None) -> residual.ResidualModel:
    """Return the value model of a workspace's past offerings, from the cache where it has it.

    Parameters
    ----------
    workspace : Workspace
    name : str
        How the model is called in the cache.
    cache : pathlib.Path or None
        Folder of models. One is fitted again where the offerings, the index, the settings or the
        package ``residual`` have changed.
    """
    if cache is None:
        return fitted(workspace)
    kept = cache / f"{name}-{_made_of(workspace)}.model"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fitted(workspace).save(kept)
    return residual.load(kept)


def _made_of(workspace: Workspace) -> str:
    found = hashlib.sha256(repr(workspace.config).encode())
    for name in ("sales", "index", "venues"):
        found.update(workspace.tables[name].write_json().encode())
    folder = Path(residual.__file__).parent
    for source in sorted(folder.rglob("*.py")):
        found.update(source.read_bytes())
    return found.hexdigest()[:16]
