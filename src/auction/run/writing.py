"""Writing a whole run: every table, record and report of a planning, in one move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time
from functools import partial

import polars as pl

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

_Task = Callable[[], None]


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
        For the manifest; with more than one, some files are made beside the others.
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
    with stages.stage("writing", f"{run.target}"), run.writing():
        where, policy, parts = _vehicles(run, planning)
        with _beside(threads) as beside:
            tasks = [
                beside(partial(_workbook, run, planning, where)),
                beside(partial(_effects, run, planning)),
                beside(partial(_run_lists, run, planning, policy, parts)),
            ]
            _tables(run, planning)
            stages("tables", 0.5, "the report")
            run.record(MANIFEST, told)
            for end in tasks:
                end()
        write_report(run.aside)
    # Last, because it vouches for all the others.
    outputs_made = {name: made for name, made in run.digests().items() if name != MANIFEST}
    timings = {**told["timings"], **stages.timings}
    run.record(MANIFEST, {**told, "timings": timings, "outputs": outputs_made})


@contextmanager
def _beside(threads: int) -> Iterator[Callable[[_Task], _Task]]:
    """Give what takes a task and returns the wait for its end.

    With several threads tasks are done one after the other beside what the block does, else they
    are done when they are waited for.
    """
    if threads == 1:
        yield lambda task: task
        return
    pool = ThreadPoolExecutor(1, thread_name_prefix="writing")
    try:
        yield lambda task: pool.submit(task).result
    finally:
        pool.shutdown(cancel_futures=True)


def _vehicles(
    run: RunFolder, planning: Planning
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Write and return where every vehicle goes, its reserves and its parts."""
    where = outputs.assignments(planning)
    policy, parts = outputs.policy(planning), outputs.parts_plan(planning)
    run.table("assignments.parquet", where)
    run.table("policy.parquet", policy)
    run.table("parts_plan.parquet", parts)
    return where, policy, parts


def _workbook(run: RunFolder, planning: Planning, where: pl.DataFrame) -> None:
    """Write where every vehicle goes once more, for people."""
    made = datetime.combine(planning.workspace.config.as_of, time())
    run.workbook("assignments.xlsx", where, made)


def _run_lists(
    run: RunFolder, planning: Planning, policy: pl.DataFrame, parts: pl.DataFrame
) -> None:
    """Write the lists that the desk mails out."""
    config = planning.workspace.config
    mailed = run_list_book(
        run_lists(planning, policy, parts),
        title=config.title,
        as_of=config.as_of,
        currency=config.currency,
    )
    with run.writing():
        (run.aside / "run_lists.xlsx").write_bytes(mailed)


def _effects(run: RunFolder, planning: Planning) -> None:
    """Write what each property of a vehicle does to its value."""
    run.table("effects.parquet", effects(planning))


def _tables(run: RunFolder, planning: Planning) -> None:
    """Write the other tables and records but the manifest."""
    run.table("hedges.parquet", hedges(planning))
    run.table("shadow_prices.parquet", planning.allocation.shadow_prices)
    considered = planning.plan.considered()
    market = planning.situation.market
    run.parts(
        "alternatives.parquet",
        (with_fee_tiers(part, market) for part in considered.alternatives()),
    )
    run.parts("offered.parquet", considered.offered())
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
