"""Which options a vehicle may take at all: commitments, pins, bans, the largest sacrifice."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.allocation.constraints import Constraints
from auction.errors import InfeasibleError
from auction.options import Options

logger = logging.getLogger(__name__)

MATCHED = ("venue_id", "channel", "event_id", "offer_id")
#: What can bar an option, by the number that `Admission.bar` holds; 0 bars nothing.
BARS = (None, "floor", "pin", "ban", "sacrifice", "commitment")
#: What each word of the desk does to the options it does not, or does, speak of.
_SAID = {
    "pin": ("pin", "pinned to"),
    "ban": ("ban", "banned from"),
    "commit": ("commitment", "committed to"),
}


@dataclass(frozen=True, slots=True)
class Admission:
    """Which options stand after the desk's word.

    Parameters
    ----------
    bar : uint8[m]
        What bars each option, a place in :data:`BARS`; of several the first.
    plannable : bool[V]
        Vehicles that pins and bans leave something besides holding back.
    pins, bans : dict of int to str
        Vehicles by position that are pinned or committed, and that are banned, in words.
    """

    bar: NDArray[np.uint8]
    plannable: NDArray[np.bool_]
    pins: dict[int, str]
    bans: dict[int, str]

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Options that may be taken, bool[m]."""
        return np.asarray(self.bar == 0)


def admit(
    options: Options,
    constraints: Constraints,
    overrides: pl.DataFrame | None,
    floors: Collection[str] = (),
) -> Admission:
    """Apply pins, bans and the sacrifice rule.

    Parameters
    ----------
    options : Options
        The fleet's options.
    constraints : Constraints
        Its sacrifice rule is applied here.
    overrides : polars.DataFrame or None
        vehicle_id, action (pin, ban, commit) and any of venue_id, channel, event_id, offer_id;
        all that are given must match. What was committed binds as a pin does. Several pins of a
        vehicle must all match. Vehicles outside the fleet are passed over with a log line.
    floors : collection of str
        Unit floors on offer; options that name another floor may not be taken.

    Returns
    -------
    Admission

    Raises
    ------
    InfeasibleError
        When a pin matches no option, or the overrides leave a vehicle nothing.
    """
    named = options.table.column("hedge_id")
    known = (named.is_null() | named.is_in(sorted(floors))).to_numpy()
    bar = np.where(known, 0, BARS.index("floor")).astype(np.uint8)
    pins, bans = _override(options, overrides, bar)
    hold = options.table.held
    count = np.bincount(options.vehicle[(bar == 0) & ~hold], minlength=len(options.vehicle_ids))
    if constraints.bounds_sacrifice:
        short = _sacrificed(options, constraints, bar == 0, hold, pins)
        _close(bar, short, "sacrifice")
    return Admission(bar, count > 0, pins, bans)


def _close(bar: NDArray[np.uint8], shut: NDArray[np.bool_], why: str) -> None:
    bar[shut & (bar == 0)] = BARS.index(why)


def _override(
    options: Options, overrides: pl.DataFrame | None, bar: NDArray[np.uint8]
) -> tuple[dict[int, str], dict[int, str]]:
    told: dict[str, dict[int, str]] = {"pin": {}, "ban": {}}
    if overrides is None or overrides.is_empty():
        return told["pin"], told["ban"]
    position = {vehicle: place for place, vehicle in enumerate(options.vehicle_ids)}
    start = np.searchsorted(options.vehicle, np.arange(len(options.vehicle_ids) + 1))
    said: dict[int, list[str]] = {}
    for row in overrides.to_dicts():
        place = position.get(row["vehicle_id"])
        if place is None:
            logger.info("an override names a vehicle that is not among those to plan")
            continue
        rows = slice(int(start[place]), int(start[place + 1]))
        wanted = {name: row[name] for name in MATCHED if row.get(name) is not None}
        match = _matches(options.table.rows(np.arange(rows.start, rows.stop), MATCHED), wanted)
        words = _words(row["vehicle_id"], row["action"], wanted)
        said.setdefault(place, []).append(words)
        banned = row["action"] == "ban"
        _close(bar[rows], match if banned else ~match, _SAID[row["action"]][0])
        own = told["ban" if banned else "pin"]
        own[place] = f"{own[place]}; {words}" if place in own else words
    conflicts = [
        f"{'; '.join(words)}: no option is left"
        for place, words in sorted(said.items())
        if bar[start[place] : start[place + 1]].all()
    ]
    if conflicts:
        raise InfeasibleError(conflicts)
    return told["pin"], told["ban"]


def _matches(frame: pl.DataFrame, wanted: dict[str, str]) -> NDArray[np.bool_]:
    match = np.ones(frame.height, dtype=np.bool_)
    for name, value in wanted.items():
        match &= (frame[name] == value).fill_null(value=False).to_numpy()
    return match


def _words(vehicle: str, action: str, wanted: dict[str, str]) -> str:
    target = ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in wanted.items())
    return f"vehicle {vehicle} is {_SAID[action][1]} {target or 'every option'}"


def _sacrificed(
    options: Options,
    constraints: Constraints,
    allowed: NDArray[np.bool_],
    hold: NDArray[np.bool_],
    pins: dict[int, str],
) -> NDArray[np.bool_]:
    expected = options.table.column("expected_net").to_numpy()
    # what a workshop with few places would make of a vehicle is no measure of its sale as it stands
    measured = allowed & options.table.column("reconditioning_id").is_null().to_numpy()
    best = np.full(len(options.vehicle_ids), -np.inf)
    np.maximum.at(best, options.vehicle[measured], expected[measured])
    give = np.maximum(
        (constraints.sacrifice_rate or 0.0) * best, constraints.sacrifice_amount or 0.0
    )
    short = expected < (best - give)[options.vehicle]
    if constraints.hold_exempt:
        short &= ~hold
    if pins:
        short &= ~np.isin(options.vehicle, np.array(sorted(pins), dtype=np.int64))
    result: NDArray[np.bool_] = short
    return result
