"""Writing a whole run: every table, record and report of a planning, in one move."""

from __future__ import annotations

from datetime import datetime, time

from auction import outputs
from auction.manifest import manifest
from auction.planning import Planning
from auction.report import write_report
from auction.run_folder import RunFolder
from auction.workspace import write_rejected


def fill_run(run: RunFolder, planning: Planning, threads: int) -> None:
    """Write every file of a run.

    Parameters
    ----------
    run : RunFolder
        Where; still aside.
    planning : Planning
        What was worked out.
    threads : int
        For the manifest.
    """
    table = outputs.assignments(planning)
    run.table("assignments.parquet", table)
    made = datetime.combine(planning.workspace.config.as_of, time())
    run.workbook("assignments.xlsx", table, made)
    run.table("policy.parquet", outputs.policy(planning))
    run.table("parts_plan.parquet", outputs.parts_plan(planning))
    run.table("hedges.parquet", outputs.hedges(planning))
    run.table("shadow_prices.parquet", planning.allocation.shadow_prices)
    run.table("alternatives.parquet", planning.plan.alternatives)
    run.table("capacity.parquet", outputs.capacity(planning))
    run.table("outcomes.parquet", outputs.outcomes(planning))
    run.table("frontier.parquet", planning.frontier)
    run.table("calibration.parquet", planning.model.calibration())
    run.table("market.parquet", planning.model.market_path())
    run.record("risk.json", outputs.risk(planning))
    run.record("manifest.json", manifest(planning, threads))
    write_rejected(planning.workspace, run.aside)
    write_report(run.aside)
