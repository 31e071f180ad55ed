"""The worth of inspecting each unit before deciding: preposterior analysis at the plan's prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation import Constraints
from auction.hedges import Hedges
from auction.inspection.copies import quoted_copies
from auction.inspection.pricing import Pricing, Request
from auction.inspection.terms import Inspection
from auction.market import Market
from auction.option_table import OptionTable
from auction.options import Options
from auction.plan import Plan
from auction.progress import Progress, silent
from auction.quoting import located
from auction.situation import Situation, unit_nodes
from residual import Appraised, Appraisers, Prospects, ValueBook, error_beyond, prospects

_Array = NDArray[np.float64]
#: Units looked at at once, each in as many copies as there are parts; bounds the memory.
_FINELY: Final = 256
_COARSELY: Final = 1024

SCHEMA: Final = {
    "vehicle_id": pl.String,
    "rank": pl.Int64,
    "send": pl.Boolean,
    "worth": pl.Float64,
    "gain": pl.Float64,
    "delay": pl.Float64,
    "cost": pl.Float64,
    "change_chance": pl.Float64,
    "channel": pl.String,
    "venue_id": pl.String,
    "instead_channel": pl.String,
    "instead_venue_id": pl.String,
    "instead_chance": pl.Float64,
    "above": pl.Float64,
    "below": pl.Float64,
    "error": pl.Float64,
    "finely": pl.Boolean,
}


def worth_of_inspecting(
    plan: Plan,
    book: ValueBook,
    market: Market,
    appraisers: Appraisers,
    inspection: Inspection,
    *,
    constraints: Constraints | None = None,
    hedges: Hedges | None = None,
    overrides: pl.DataFrame | None = None,
    offers: pl.DataFrame | None = None,
    appraised: Appraised | None = None,
    threads: int = 1,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Rank vehicles by what it is worth to inspect them before deciding where they go.

    Parameters
    ----------
    plan : Plan
        What would be done without; its prices of scarce things are taken as given.
    book : ValueBook
        What the options of the plan were quoted from, earlier appraisals heard.
    market : Market
    appraisers : Appraisers
    inspection : Inspection
    constraints, hedges, overrides, offers
        As the plan was asked for with; see :func:`auction.allocate`.
    appraised : Appraised, optional
        What was said of these units before.
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Told the stage, the share done and a message.

    Returns
    -------
    polars.DataFrame
        A row for each vehicle that is not pinned, the most worthy first: worth (money) is gain
        (what knowing more brings before the cost) less delay (what the wait costs) less cost;
        change_chance, the chance that another place becomes the best; the place that most often
        does, and the bounds of the stated value (money, null where there is none) between which
        it does; ``send`` for the first of positive worth that the inspector can look at.

    Notes
    -----
    With prices of scarce things fixed, every vehicle decides alone, and an inspection is worth
    E[max over options | statement] - max over options E (Raiffa and Schlaifer, Applied
    Statistical Decision Theory, 1961, ch. 4). Each statement's posterior is quoted as a fleet is:
    reserves, list prices and parts to take off are chosen anew for it. Statements are told in
    parts, so that the gain is bounded from below; see `residual.prospects`.
    """
    asked = Request(constraints or Constraints(), hedges or Hedges(), overrides, offers)
    pricing = Pricing.of(plan, asked)
    error = error_beyond(appraisers, inspection.stage, len(book.vehicle_ids), appraised)
    # a vehicle without coordinates stands where the whole fleet says, not a part of it
    whole = located(Situation(book.vehicles, book, market, threads))
    book, market = replace(book, vehicles=whole.vehicles), whole.market
    stated = _stated(book, market, threads)
    look = _Look(plan, book, market, pricing, inspection, error, stated, threads)
    every = _undecided(book.vehicle_ids, overrides)
    if not every.size:
        return pl.DataFrame(schema=SCHEMA)
    found = look.at(every, fine=False, tell=progress)
    best = np.argsort(-found["gain"].to_numpy(), kind="stable")[: inspection.candidates]
    chosen = np.sort(best).astype(np.int64)
    fine = look.at(every[chosen], fine=True, tell=progress).with_columns(finely=pl.lit(value=True))
    rest = np.setdiff1d(np.arange(every.size), chosen)
    both = pl.concat([fine, found[rest].with_columns(finely=pl.lit(value=False))])
    ranked = both.sort("worth", "vehicle_id", descending=[True, False]).with_row_index("rank", 1)
    send = (pl.col("rank") <= inspection.units) & (pl.col("worth") > 0.0)
    return ranked.with_columns(send=send).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )


def _undecided(vehicle_ids: list[str], overrides: pl.DataFrame | None) -> NDArray[np.int64]:
    """Units that the desk has not pinned: what it has decided no inspection changes."""
    if overrides is None:
        return np.arange(len(vehicle_ids))
    pinned = overrides.filter(pl.col("action").is_in(["pin", "commit"]))["vehicle_id"]
    return np.flatnonzero(~pl.Series(vehicle_ids).is_in(pinned.to_list()).to_numpy())


@dataclass(frozen=True, slots=True)
class _Look:
    """Everything that stays the same from unit to unit."""

    plan: Plan
    book: ValueBook
    market: Market
    pricing: Pricing
    inspection: Inspection
    error: _Array
    stated: _Array
    threads: int

    def at(self, rows: NDArray[np.int64], *, fine: bool, tell: Progress) -> pl.DataFrame:
        """Look at some units with statements in many parts, or in few."""
        size = _FINELY if fine else _COARSELY
        told = []
        for start in range(0, rows.size, size):
            some = rows[start : start + size]
            told.append(self._block(some, fine))
            tell("inspections", (start + some.size) / rows.size, "worth of inspecting")
        return pl.concat(told)

    def _block(self, rows: NDArray[np.int64], fine: bool) -> pl.DataFrame:
        scale, error = self.book.unit_scale[rows], self.error[rows]
        after = prospects(self.book.shocks, self.book.form[rows], scale, error, fine=fine)
        options = quoted_copies(
            self.book, self.market, rows, after, self.inspection.days, self.threads
        )
        worth = self.pricing.worth(options)
        best = _best(options, worth).reshape(rows.size, -1)
        most = worth[best]
        # floors are quoted for the best dates alone, which a delay may move: waiting adds no option
        now = np.maximum(self._now(rows), most[:, 0])
        gain = np.einsum("us,us->u", after.chance, most[:, 1:]) - most[:, 0]
        delay = now - most[:, 0]
        cost = self.inspection.cost
        here = self.plan.options.table.rows(self.plan.allocation.chosen[rows])
        return pl.DataFrame(
            {
                "vehicle_id": [self.book.vehicle_ids[row] for row in rows.tolist()],
                "worth": gain - delay - cost,
                "gain": gain,
                "delay": delay,
                "cost": np.full(rows.size, cost),
                "channel": here["channel"],
                "venue_id": here["venue_id"],
                **self._changes(rows, after, options.table, best[:, 1:], here),
                "error": np.where(np.isfinite(self.error[rows]), self.error[rows], np.nan),
            }
        ).with_columns(pl.col("error").fill_nan(None))

    def _now(self, rows: NDArray[np.int64]) -> _Array:
        """Return the worth of the best option that each unit has without an inspection."""
        worth = self.pricing.worth(self.plan.options)
        return worth[_best(self.plan.options, worth)][rows]

    def _changes(
        self,
        rows: NDArray[np.int64],
        after: Prospects,
        table: OptionTable,
        best: NDArray[np.int64],
        here: pl.DataFrame,
    ) -> dict[str, pl.Series]:
        """Tell which other place becomes the best, how often, and between which statements."""
        today = self.stated[rows]
        taken = table.rows(best.ravel(), ["channel", "venue_id"]).rows()
        units = zip(here.select("channel", "venue_id").rows(), today.tolist(), strict=True)
        told = [
            _change(
                place, value, taken[row * best.shape[1] : (row + 1) * best.shape[1]], after, row
            )
            for row, (place, value) in enumerate(units)
        ]
        return {
            name: pl.Series(name, [each[name] for each in told], dtype=SCHEMA[name])
            for name in (
                "change_chance", "instead_channel", "instead_venue_id", "instead_chance", "above",
                "below",
            )
        }  # fmt: skip


def _stated(book: ValueBook, market: Market, threads: int) -> _Array:
    """Return what an appraiser states of each unit today whose own shock is nought, money."""
    shock, weight = unit_nodes(book)
    raised = np.einsum("u,vu->v", weight, np.exp(book.unit_scale[:, None] * shock[book.form]))
    situation = Situation(book.vehicles, book, market, threads)
    return np.asarray(situation.forecast / raised)


def _best(options: Options, worth: _Array) -> NDArray[np.int64]:
    """Return the best option of each vehicle, the first of equals."""
    order = np.lexsort((np.arange(worth.size), -worth, options.vehicle))
    first = np.searchsorted(options.vehicle[order], np.arange(len(options.vehicle_ids)))
    return np.asarray(order[first])


def _change(
    here: tuple[str, str | None],
    value: float,
    taken: list[tuple[str, str | None]],
    after: Prospects,
    row: int,
) -> dict[str, object]:
    chances: dict[tuple[str, str | None], float] = {}
    for place, chance in zip(taken, after.chance[row].tolist(), strict=True):
        if place != here:
            chances[place] = chances.get(place, 0.0) + chance
    if not chances:
        nothing = dict.fromkeys(("instead_channel", "instead_venue_id", "above", "below"))
        return {**nothing, "change_chance": 0.0, "instead_chance": 0.0}
    instead = max(chances, key=lambda place: (chances[place], place[0], place[1] or ""))
    there = [part for part, place in enumerate(taken) if place == instead]
    low, high = after.low[row, there[0]], after.high[row, there[-1]]
    return {
        "change_chance": sum(chances.values()),
        "instead_channel": instead[0],
        "instead_venue_id": instead[1],
        "instead_chance": chances[instead],
        "above": value * float(np.exp(low)) if np.isfinite(low) else None,
        "below": value * float(np.exp(high)) if np.isfinite(high) else None,
    }
