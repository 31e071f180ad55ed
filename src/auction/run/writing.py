"""Writing a whole run: every table, record and report of a planning, in one move."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time

from auction.explain.effects import effects
from auction.explain.fee_tiers import with_fee_tiers
from auction.planned import Planning
from auction.progress import Progress, Stages, silent
from auction.report import write_report
from auction.run import outputs
from auction.run.folder import RunFolder
from auction.run.hedges import hedges
from auction.run.manifest import MANIFEST, manifest
from auction.run.stamp import RunStamp
from auction.run_lists.book import run_list_book
from auction.run_lists.lists import run_lists
from auction.workspace import write_rejected


def fill_run(
    run: RunFolder,
    planning: Planning,
    threads: int,
    *,
    stamp: RunStamp | None = None,
    progress: Progress = silent,
) -> None:
    """Write every file of a run.

    Parameters
    ----------
    run : RunFolder
        Where; still aside.
    planning : Planning
        What was worked out.
    threads : int
        For the manifest; with more than one, the workbook of the fleet is made beside the other
        files.
    stamp : RunStamp, optional
        The run's id and beginning, for the manifest; a new one by default.
    progress : callable, optional
        Told the stage, the share done and a message.

    Raises
    ------
    RunFolderError
        Where a file cannot be written.
    """
    stages = Stages.of(progress)
    told = manifest(planning, threads, stamp or RunStamp())
    with (
        stages.stage("writing", f"{run.target}"),
        run.writing(),
        _assignments(run, planning, threads),
    ):
        _tables(run, planning)
        stages("tables", 0.5, "the report")
        run.record(MANIFEST, told)
        write_report(run.aside)
    # Last, because it vouches for all the others.
    outputs_made = {name: made for name, made in run.digests().items() if name != MANIFEST}
    timings = {**told["timings"], **stages.timings}
    run.record(MANIFEST, {**told, "timings": timings, "outputs": outputs_made})


@contextmanager
def _assignments(run: RunFolder, planning: Planning, threads: int) -> Iterator[None]:
    """Write where every vehicle goes; with several threads the workbook beside the block."""
    table = outputs.assignments(planning)
    made = datetime.combine(planning.workspace.config.as_of, time())
    run.table("assignments.parquet", table)
    if threads == 1:
        run.workbook("assignments.xlsx", table, made)
        yield
        return
    with ThreadPoolExecutor(1, thread_name_prefix="workbook") as beside:
        book = beside.submit(run.workbook, "assignments.xlsx", table, made)
        yield
        book.result()


def _tables(run: RunFolder, planning: Planning) -> None:
    """Write every table and record but the manifest."""
    policy, parts = outputs.policy(planning), outputs.parts_plan(planning)
    config = planning.workspace.config
    mailed = run_list_book(
        run_lists(planning, policy, parts),
        title=config.title,
        as_of=config.as_of,
        currency=config.currency,
    )
    (run.aside / "run_lists.xlsx").write_bytes(mailed)
    run.table("policy.parquet", policy)
    run.table("parts_plan.parquet", parts)
    run.table("hedges.parquet", hedges(planning))
    run.table("shadow_prices.parquet", planning.allocation.shadow_prices)
    considered = planning.plan.considered()
    alternatives = with_fee_tiers(considered.alternatives(), planning.situation.market)
    run.table("alternatives.parquet", alternatives)
    run.table("offered.parquet", considered.offered())
    run.table("effects.parquet", effects(planning))
    run.table("capacity.parquet", outputs.capacity(planning))
    run.table("outcomes.parquet", outputs.outcomes(planning))
    run.table("frontier.parquet", planning.frontier)
    if planning.risk_told is not None:
        run.table("stress.parquet", planning.risk_told.stresses)
    if planning.inspections is not None:
        run.table("inspections.parquet", planning.inspections)
    card = planning.model.card()
    run.table("calibration.parquet", card.calibration)
    run.table("market.parquet", card.market)
    run.table("card_curves.parquet", card.curves)
    run.table("card_kinds.parquet", card.kinds)
    run.table("card_effects.parquet", card.effects)
    run.table("card_drift.parquet", card.drift)
    run.record("risk.json", outputs.risk(planning))
    write_rejected(planning.workspace, run.aside)
