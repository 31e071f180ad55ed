"""Lots that find no slot: more come back unsold, in some scenarios, than there is room for.

The optimiser lets re-runs use slots in expectation. Here the lots of each fresh scenario queue:
what a week's sale cannot take waits for the next sale of that venue, and what still waits after
the last one within the horizon goes to the trade. The lots put off come on top of those that
return on their own days, so that a queue is told rather too long than too short.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.evaluate import Evaluation
from auction.situation import Situation, week_of

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overflow:
    """Lots beyond the slots of a plan's venues, over n fresh scenarios.

    Parameters
    ----------
    weeks : polars.DataFrame
        venue_id, week, slots, beyond_mean and beyond_q95: lots that the sales of the week cannot
        take, those put off from earlier weeks included.
    waits : float64[n]
        Times that a lot waits for the next sale, or for the trade.
    stranded : float64[n]
        Lots that go to the trade as no further sale takes them.
    cost : float64[n]
        What that costs, money.
    """

    weeks: pl.DataFrame
    waits: _Array
    stranded: _Array
    cost: _Array


@dataclass(frozen=True, slots=True)
class _Queue:
    """The sales of one venue: weeks with slots, and what a lot loses by waiting."""

    venue: str
    weeks: list[int]
    slots: list[int]
    gross: float
    slope: float


def overflow(situation: Situation, chosen: pl.DataFrame, evaluation: Evaluation) -> Overflow:
    """Let the lots of every scenario queue at their venues.

    A lot that waits costs its keep, the discount on its price and its loss of value over the days;
    one that is stranded costs ``fallback_discount`` of its price. Price and loss of value are
    means over the plan's lots at the venue.

    Parameters
    ----------
    situation : Situation
        Fleet and market.
    chosen : polars.DataFrame, V rows
        The option of each vehicle, in the order of the fleet.
    evaluation : Evaluation
        The plan on fresh scenarios.
    """
    n = evaluation.hedges.size
    waits, stranded, cost = np.zeros(n), np.zeros(n), np.zeros(n)
    rows: list[tuple[str, int, int, float, float]] = []
    for queue in _queues(situation, chosen):
        line, before = np.zeros(n), 0
        for place, (week, slots) in enumerate(zip(queue.weeks, queue.slots, strict=True)):
            for earlier in range(before + 1, week + 1):
                line = line + evaluation.offered.get((queue.venue, earlier), 0.0)
            before, line = week, np.maximum(line - slots, 0.0)
            rows.append(
                (queue.venue, week, slots, float(line.mean()), float(np.quantile(line, 0.95)))
            )
            waits += line
            if place + 1 < len(queue.weeks):
                cost += line * _waiting(situation, queue, 7.0 * (queue.weeks[place + 1] - week))
        stranded += line
        cost += line * situation.market.auction.fallback_discount * queue.gross
    schema = {
        "venue_id": pl.String, "week": pl.Int64, "slots": pl.Int64, "beyond_mean": pl.Float64,
        "beyond_q95": pl.Float64,
    }  # fmt: skip
    return Overflow(pl.DataFrame(rows, schema=schema, orient="row"), waits, stranded, cost)


def _queues(situation: Situation, chosen: pl.DataFrame) -> list[_Queue]:
    """Return the venues that the plan sends lots to, with their sales by week."""
    events = situation.market.events
    if events is None:
        return []
    days = np.array([(day - situation.as_of).days for day in events["date"]], dtype=np.int64)
    slots = (
        events.with_columns(week=pl.Series(week_of(days), dtype=pl.Int64), day=pl.Series(days))
        .filter(pl.col("day") > 0, pl.col("week") <= situation.market.weeks)
        .group_by("venue_id", "week")
        .agg(pl.col("capacity").sum())
        .sort("venue_id", "week")
    )
    lots = chosen.with_row_index("row").filter(pl.col("channel").cast(pl.String) == "auction")
    queues = []
    for (venue,), there in lots.group_by("venue_id", maintain_order=True):
        own = slots.filter(pl.col("venue_id") == str(venue))
        slope = situation.slope[there["row"].to_numpy()].mean()
        gross = there["gross"].mean()
        queues.append(
            _Queue(
                str(venue),
                own["week"].to_list(),
                own["capacity"].to_list(),
                float(gross) if isinstance(gross, float) else 0.0,
                float(slope),
            )
        )
    return sorted(queues, key=lambda queue: queue.venue)


def _waiting(situation: Situation, queue: _Queue, days: float) -> float:
    """Return what a lot loses by waiting some days, money."""
    span = np.array([days])
    kept = float(situation.discount(span)[0]) * float(np.exp(queue.slope * days))
    return float(situation.holding(span)[0]) + queue.gross * (1.0 - kept)
