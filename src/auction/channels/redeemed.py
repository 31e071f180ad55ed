"""What the borrower's right to redeem does to every option, whatever its channel.

Until the day on which a unit is first offered, or handed over, it may be redeemed. What is then
paid takes the place of the sale; slots, lanes and work that it no longer needs are free for others.
A unit that is offered counts as sold from then on: that it may be redeemed between two runs is left
aside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import uniforms, unit_keys
from auction.channels.channel import REDEMPTION_STREAM
from auction.channels.quotes import Quotes, Use
from auction.redemption import Redemption
from auction.situation import Situation, hold_date

_Floats = NDArray[np.float64]
_Days = NDArray[np.int64]


def with_redemption(situation: Situation, quote: Quotes) -> Quotes:
    """Count the chance that units are redeemed before they are sold.

    Parameters
    ----------
    situation : Situation
    quote : Quotes
        Options as if no unit could be redeemed.

    Returns
    -------
    Quotes
        The same where no unit can be. Else the net of an option is that of its sale, times the
        chance that it comes to that, and what redemptions before are expected to bring, less what
        was spent by then; ``redemption`` is the difference. Scarce things are used less.
    """
    right = situation.redemption
    if right is None or not quote.vehicle.size:
        return quote
    unit = quote.vehicle
    days, left = sale_days(situation, quote.frame), departures(situation, unit, quote.frame)
    gone = right.before(unit, days)
    unmoved, untouched = right.before(unit, left), right.before(unit, situation.ready[unit])
    spent = (
        (gone - np.minimum(unmoved, gone)) * quote.frame["transport"].to_numpy()
        + (gone - np.minimum(untouched, gone)) * quote.frame["reconditioning"].to_numpy()
        + gone * quote.frame["hedge_premium"].to_numpy()
    )
    every = np.arange(1, int(right.last.max()) + 1, dtype=np.float64)
    paid = right.paid_before(unit, days, situation.discount(every), situation.holding(every))
    sale = situation.basis.expected(quote.coefficient, quote.group)
    coefficient = quote.coefficient * (1.0 - gone)[:, None]
    coefficient[:, 0] += paid - spent
    frame = quote.frame.with_columns(
        redemption=pl.Series(paid - spent - gone * sale), redeemed=pl.Series(gone)
    )
    stays = {"lane": 1.0 - unmoved, "reconditioning": 1.0 - untouched}
    uses = tuple(_used(use, stays.get(use.resource.kind, 1.0 - gone)) for use in quote.uses)
    return replace(quote, coefficient=coefficient, frame=frame, uses=uses)


def _used(use: Use, stays: _Floats) -> Use:
    return replace(use, units=use.units * stays[use.option])


def sale_days(situation: Situation, frame: pl.DataFrame) -> _Days:
    """Return the day of the first run or of the hand-over of options, int64[m]; of a hold the last.

    Parameters
    ----------
    situation : Situation
    frame : polars.DataFrame, m rows
        Column date, null for a hold.
    """
    last = hold_date(situation.market, situation.as_of)
    days = (pl.col("date").fill_null(last) - pl.lit(situation.as_of)).dt.total_days()
    return frame.select(days).to_series().to_numpy().astype(np.int64)


def departures(situation: Situation, unit: _Days, frame: pl.DataFrame) -> _Days:
    """Return the day on which units leave for where they are sold, int64[m].

    Parameters
    ----------
    situation : Situation
    unit : int64[m]
        Positions in the fleet.
    frame : polars.DataFrame, m rows
        Columns channel, venue_id and date. What is kept back leaves on the day of its sale.
    """
    market, found = situation.market, sale_days(situation, frame)
    channel = frame["channel"].to_numpy()
    for name in ("auction", "dealer", "dismantling"):
        rows = np.flatnonzero(channel == name)
        if rows.size:
            venues = market.places(name)
            moves = situation.moves(venues)
            site = market.positions(name, frame["venue_id"].gather(rows))
            early = moves.days[unit[rows], site]
            if name == "auction":
                early = (
                    early
                    + venues.select(
                        pl.col("entry_days").fill_null(0.0) + pl.col("display_days").fill_null(0.0)
                    )
                    .to_series()
                    .to_numpy()[site]
                )
            found[rows] = np.floor(found[rows] - early).astype(np.int64)
    return found


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who redeems in each scenario.

    Parameters
    ----------
    gone : bool[V, n]
        Whether a vehicle is redeemed before it is sold.
    money : float64[V, n]
        What it then brings, worth today; nought where it is not.
    """

    gone: NDArray[np.bool_]
    money: _Floats


def redeemed(situation: Situation, chosen: pl.DataFrame, scenarios: int) -> Redeemed | None:
    """Draw which vehicles of a plan are redeemed before they are sold.

    Parameters
    ----------
    situation : Situation
        The fleet with a fresh book.
    chosen : polars.DataFrame, V rows
        The option of each vehicle, in the order of the fleet.
    scenarios : int
        n of them.

    Returns
    -------
    Redeemed or None
        None where no vehicle can be redeemed. Each has luck of its own, whatever is planned.
    """
    right = situation.redemption
    if right is None:
        return None
    gone = np.zeros((chosen.height, scenarios), dtype=np.bool_)
    money = np.zeros((chosen.height, scenarios))
    rows = np.flatnonzero(right.chance)
    day = _drawn(situation, right, rows, scenarios)
    taken = chosen[rows]
    here = day < sale_days(situation, taken)[:, None]
    left = departures(situation, rows, taken)[:, None]
    costs = {name: taken[name].to_numpy()[:, None] for name in _COSTS}
    then = np.where(here, day, 1).astype(np.float64)
    brings = (
        right.amount[rows, None] * situation.discount(then)
        - situation.holding(then)
        - np.where(day >= left, costs["transport"], 0.0)
        - np.where(day >= situation.ready[rows, None], costs["reconditioning"], 0.0)
        - costs["hedge_premium"]
    )
    gone[rows], money[rows] = here, np.where(here, brings, 0.0)
    return Redeemed(gone, money)


_COSTS = ("transport", "reconditioning", "hedge_premium")


def _drawn(situation: Situation, right: Redemption, rows: _Days, scenarios: int) -> _Days:
    keys = unit_keys([situation.book.vehicle_ids[row] for row in rows])
    seed, threads = situation.book.seed, situation.threads
    luck = uniforms(seed, REDEMPTION_STREAM, keys, 1, scenarios, threads=threads)[:, 0]
    return right.drawn(rows, luck)


def redemption_of(situation: Situation, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return how likely vehicles of a plan are redeemed before they are sold, and what is paid.

    Parameters
    ----------
    situation : Situation
    chosen : polars.DataFrame, V rows
        The option of each vehicle, in the order of the fleet.

    Returns
    -------
    polars.DataFrame, V rows
        redeemed_first (share) and redemption_amount (money), null where nobody can redeem it.
    """
    right = situation.redemption
    if right is None:
        nothing = pl.repeat(None, chosen.height, dtype=pl.Float64, eager=True)
        return pl.DataFrame({"redeemed_first": nothing, "redemption_amount": nothing})
    first = right.before(np.arange(chosen.height), sale_days(situation, chosen))
    told = pl.DataFrame({"redeemed_first": first, "redemption_amount": right.amount})
    return told.select(pl.when(pl.Series(right.chance > 0.0)).then(pl.all()))


def redemption_note(situation: Situation, chosen: pl.DataFrame) -> list[str]:
    """Say how many vehicles of a plan may be redeemed before; nothing where none can be."""
    first = redemption_of(situation, chosen)["redeemed_first"].drop_nulls()
    if not first.len():
        return []
    said = f"{first.len():,}; {first.sum():,.1f} of them are expected to be"
    return [f"vehicles that may be redeemed before their sale: {said}"]


def as_sold(chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the options of a plan as if no unit could be redeemed."""
    return chosen.with_columns(
        expected_net=pl.col("expected_net") - pl.col("redemption"), redemption=pl.lit(0.0)
    )
