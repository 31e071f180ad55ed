"""What a plan would bring in a stress: carried out as it stands while the market goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.evaluate import Evaluation
from auction.few import few, first_scenarios
from auction.market import Market
from auction.plan import Plan
from auction.situation import Situation
from auction.workspace.stressing import KNOWN, Stress
from residual import ValueBook
from residual.errors import Fault, InputError

_Array = NDArray[np.float64]

SCHEMA: Final = {
    "stress": pl.String,
    "source": pl.String,
    "part": pl.String,
    "units": pl.Int64,
    "plan": pl.Float64,
    "stressed": pl.Float64,
    "change": pl.Float64,
    "cvar": pl.Float64,
}
#: Vehicles times scenarios of a stress: differences on the same scenarios need few of them.
_CELLS: Final = 2**18
#: How the file of the settings is called where a fault is told.
_SETTINGS: Final = "disposal.toml"


def asked_for(own: Sequence[Stress], *, known: bool) -> tuple[Stress, ...]:
    """Return the stresses of a run: those that history knows, then the desk's own.

    Parameters
    ----------
    own : sequence of Stress
        The desk's; one of the name of a known one takes its place.
    known : bool
        Whether the known ones are asked for.
    """
    named = {stress.name for stress in own}
    history = tuple(stress for stress in KNOWN if stress.name not in named) if known else ()
    return (*history, *own)


def check_stresses(stresses: Sequence[Stress], market: Market, segments: Sequence[str]) -> None:
    """Refuse names that nothing has.

    Parameters
    ----------
    stresses : sequence of Stress
    market : Market
        Its venues may be closed.
    segments : sequence of str
        Segments of the value model.

    Raises
    ------
    InputError
        All faults at once.
    """
    venues = market.venues["venue_id"].to_list()
    faults = []
    for number, stress in enumerate(stresses, start=1):
        for column, names, there in (
            ("closed", stress.closed, venues),
            ("segments", tuple(stress.segments), list(segments)),
        ):
            faults += [
                Fault(
                    f"the stress {stress.name!r} names what is not there",
                    _SETTINGS,
                    None,
                    f"stress[{number}].{column}",
                    name,
                    f"one of {', '.join(sorted(there))}",
                )
                for name in names
                if name not in there
            ]
    if faults:
        raise InputError(faults)


def stressed(
    fresh: Situation,
    plan: Plan,
    evaluation: Evaluation,
    stresses: Sequence[Stress],
    alpha: float,
    carry_out: Callable[[Situation, Plan], Evaluation],
) -> pl.DataFrame:
    """Carry a plan out in every stress, on the first of the fresh scenarios.

    Parameters
    ----------
    fresh : Situation
        The fleet with fresh scenarios.
    plan : Plan
        The plan; reserves and hedges stay as they are.
    evaluation : Evaluation
        What it brings on the fresh scenarios.
    stresses : sequence of Stress
    alpha : float
        Level of the CVaR.
    carry_out : callable
        Carries a plan with its hedges out.

    Returns
    -------
    polars.DataFrame
        For each stress a row ``all``, one for each channel of the plan and one for its hedges:
        units, mean proceeds of the plan without and with the stress on the same scenarios, their
        difference, and the part of the CVaR under stress, money. Parts add up to ``all``.
    """
    count = few(len(plan.options.vehicle_ids), fresh.book.factor.shape[2], _CELLS)
    there = first_scenarios(fresh, count)
    usual = Evaluation(
        evaluation.net[:, :count],
        evaluation.hedges[:count],
        evaluation.sold_in_run,
        evaluation.used,
        pages=evaluation.pages,
    )
    rows: list[tuple[str | int | float, ...]] = []
    for stress in stresses:
        found = carry_out(shaken(there, stress), without(plan, stress.closed))
        rows += _rows(stress, plan, usual, found, alpha)
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def shaken(situation: Situation, stress: Stress) -> Situation:
    """Return a situation under stress; what is known on the planning date stays as it is.

    Parameters
    ----------
    situation : Situation
    stress : Stress
    """
    days = np.maximum(situation.days.astype(np.float64), 0.0)
    come = np.ones(days.size) if stress.days == 0.0 else np.minimum(days / stress.days, 1.0)
    other = replace(situation, book=_shaken_book(situation.book, stress, come))
    fewer = replace(situation.arrivals, rate=situation.arrivals.rate * stress.bidders)
    other.__dict__["arrivals"] = fewer
    # told by past hammers, behind which the usual number of bidders stood
    for name in ("haggling", "crowd", "venue_factor"):
        other.__dict__[name] = getattr(situation, name)
    return other


def _shaken_book(book: ValueBook, stress: Stress, come: _Array) -> ValueBook:
    """Return the book with markets moved by as much of the changes as has come by each date."""
    market = np.log1p(stress.market)
    own = {name: np.log1p(change) for name, change in stress.segments.items()}
    change = np.array([own.get(name, market) for name in book.segment], dtype=np.float64)
    pairs = np.stack([book.group.astype(np.float64), change], axis=1)
    markets, group = np.unique(pairs, axis=0, return_inverse=True)
    moved = markets[:, 1, None] * come
    return replace(
        book,
        factor=book.factor[markets[:, 0].astype(np.int64)] + moved[:, :, None],
        group=group.reshape(-1).astype(np.int64),
        scrap=book.scrap + np.log1p(stress.scrap) * come[:, None],
        index_ratio=book.index_ratio * np.exp(market * come)[:, None],
    )


def without(plan: Plan, closed: Sequence[str]) -> Plan:
    """Return a plan in which the vehicles bound for closed venues are kept back.

    Parameters
    ----------
    plan : Plan
    closed : sequence of str
        Venues.
    """
    options, allocation = plan.options, plan.allocation
    where = options.table.rows(allocation.chosen, ["venue_id"])["venue_id"]
    there = where.cast(pl.String).is_in(list(closed))
    turned = np.flatnonzero(there.fill_null(value=False).to_numpy())
    if not turned.size:
        return plan
    plain = options.table.column("reconditioning_id").is_null().to_numpy()
    holds = np.flatnonzero(options.table.held & plain)
    rows, lost = allocation.chosen.copy(), allocation.volume_loss.copy()
    rows[turned] = holds[np.searchsorted(options.vehicle[holds], turned)]
    lost[turned] = 0.0
    return replace(plan, allocation=replace(allocation, chosen=rows, volume_loss=lost))


def _rows(
    stress: Stress, plan: Plan, usual: Evaluation, found: Evaluation, alpha: float
) -> list[tuple[str | int | float, ...]]:
    """Return the rows of one stress; a turned away vehicle counts with its channel of the plan."""
    tail = found.tail_weights(alpha)
    channel = plan.chosen["channel"].cast(pl.String).to_numpy()
    parts = [("all", channel.size, usual.total, found.total)]
    after = found.by(channel)
    for name, before in usual.by(channel).items():
        parts.append((name, int((channel == name).sum()), before, after[name]))
    parts.append(("hedges", 0, usual.hedges, found.hedges))
    return [
        (
            stress.name,
            stress.source,
            name,
            units,
            float(before.mean()),
            float(after.mean()),
            float(after.mean() - before.mean()),
            float(after @ tail),
        )
        for name, units, before, after in parts
    ]
