"""What the report is made from: the files of a run folder and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from auction.errors import RunFolderError
from auction.run.folder import read_record, read_table


@dataclass(frozen=True, slots=True)
class Card:
    """The card of the value model, as the run kept it.

    Parameters
    ----------
    curves, kinds, effects, drift : polars.DataFrame
        As of ``residual.ResidualModel.card``.
    """

    curves: pl.DataFrame
    kinds: pl.DataFrame
    effects: pl.DataFrame
    drift: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Source:
    """Tables and records of a run, as they lie in its folder.

    Parameters
    ----------
    assignments, policy, parts_plan, hedges, shadow_prices, alternatives, capacity, outcomes,\
    frontier :
        polars.DataFrame
    risk, manifest : dict
    rejected : dict of str to polars.DataFrame
        Rows set aside, by table; all columns text.
    calibration, market : polars.DataFrame or None
        How later sales were foretold, and the level of the market; None in runs of a version
        that did not keep them.
    card : Card or None
        The card of the value model, likewise.
    inspections : polars.DataFrame or None
        Worth of inspecting each vehicle; None where the settings give no cost of it.
    stress : polars.DataFrame or None
        What the plan would bring in each stress; None in runs of a version that did not tell it.
    """

    assignments: pl.DataFrame
    policy: pl.DataFrame
    parts_plan: pl.DataFrame
    hedges: pl.DataFrame
    shadow_prices: pl.DataFrame
    alternatives: pl.DataFrame
    capacity: pl.DataFrame
    outcomes: pl.DataFrame
    frontier: pl.DataFrame
    risk: dict[str, Any]
    manifest: dict[str, Any]
    rejected: dict[str, pl.DataFrame]
    calibration: pl.DataFrame | None
    market: pl.DataFrame | None
    card: Card | None
    inspections: pl.DataFrame | None = None
    stress: pl.DataFrame | None = None

    @property
    def as_of(self) -> date:
        """Planning date."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def planned(self) -> pl.DataFrame:
        """Vehicles that could be planned: those to be sold and those held back."""
        return self.assignments.filter(pl.col("status").is_in(["planned", "held"]))


def read_source(run: Path) -> Source:
    """Read what the report needs from a run folder.

    Raises
    ------
    RunFolderError
        Where the folder, or a file of it, is missing or damaged.
    """
    names = (
        "assignments", "policy", "parts_plan", "hedges", "shadow_prices", "alternatives",
        "capacity", "outcomes", "frontier",
    )  # fmt: skip
    return Source(
        **{name: read_table(run, f"{name}.parquet") for name in names},
        risk=read_record(run, "risk.json"),
        manifest=read_record(run, "manifest.json"),
        rejected={path.stem: _read_lines(path) for path in sorted(run.glob("rejected/*.csv"))},
        calibration=_kept(run, "calibration.parquet", "part_error"),
        market=_kept(run, "market.parquet", "date"),
        card=_card(run),
        inspections=_kept(run, "inspections.parquet", "worth"),
        stress=_kept(run, "stress.parquet", "change"),
    )


def _card(run: Path) -> Card | None:
    curves = _kept(run, "card_curves.parquet", "curve")
    kinds = _kept(run, "card_kinds.parquet", "effect")
    effects = _kept(run, "card_effects.parquet", "effect")
    drift = _kept(run, "card_drift.parquet", "state")
    if curves is None or kinds is None or effects is None or drift is None:
        return None
    return Card(curves, kinds, effects, drift)


def _kept(run: Path, name: str, column: str) -> pl.DataFrame | None:
    """Return a table that runs of an earlier version do not have, or have without a column."""
    table = read_table(run, name) if (run / name).exists() else None
    return table if table is None or column in table.columns else None


def _read_lines(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from error
