"""The auction channel: what a lot earns at an event under its best reserves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from _core import reserves
from auction.basis import interpolation, nodes
from auction.channels.covered import guaranteed, in_time, largest_payouts, sum_of, unit_covers
from auction.channels.lots import (
    AuctionMarket,
    Lots,
    at_reserve_levels,
    open_market,
    reachable,
    step_cost,
)
from auction.channels.quotes import Quotes, framed, named, payday, stack
from auction.channels.sale_terms import SaleTerms
from auction.channels.uses import auction_uses
from auction.situation import Situation, unit_nodes, week_of

#: Rows that one kernel call takes; only progress depends on it.
_BLOCK = 131_072
#: Nodes of the units' shock: so many that no reserve gains by where they happen to lie.
_STRATA = 512
#: Moves that stand for the scenarios of a market when reserves are chosen.
_MOVES = 32


def quote_auctions(situation: Situation) -> Quotes:
    """Quote every unit at every event it can reach, with reserves, re-runs and unit floors.

    A unit looks at the nearest ``max_venues`` sites that take it in its condition; it can
    reach an event when it arrives ``entry_days`` and ``display_days`` before. Each reserve
    level is an option of its own, and so is each floor or insurance at the unit's best events.
    """
    here = open_market(situation)
    lots = at_reserve_levels(reachable(situation, here), situation)
    plain = _quote_lots(situation, here, lots)
    floors, rows = _with_floors(situation, lots, plain)
    if not rows.size:
        return plain
    asked = _asked_without(situation, floors, plain, rows)
    return stack(plain, _quote_lots(situation, here, floors, asked))


def _asked_without(
    situation: Situation, floors: Lots, plain: Quotes, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the reserves of the same lots without a cover, NaN where sellers then haggle.

    A guarantee pays what a sale falls short of it. It does not move the reserve, which is chosen
    by what bidders pay.
    """
    asked = plain.frame["reserves"][rows].list.to_array(situation.market.auction.runs).to_numpy()
    terms = SaleTerms.of(situation)
    (level, _), (alone, _) = (
        terms.accepts(floors.venue, floor) for floor in (floors.floor, np.zeros(rows.size))
    )
    return np.where((level == alone)[:, None], asked, np.nan)


def _with_floors(situation: Situation, lots: Lots, plain: Quotes) -> tuple[Lots, NDArray[np.int64]]:
    """Return each unit's best events again, once with every cover on offer, and which they are."""
    none = np.zeros(0, dtype=np.int64)
    covers = list(unit_covers(situation))
    if not covers or not plain.vehicle.size:
        return lots.take(none), none
    best = (
        pl.DataFrame(
            {
                "vehicle": plain.vehicle,
                "event": lots.event,
                "net": situation.basis.expected(plain.coefficient, plain.group),
            }
        )
        .with_row_index("option")
        .sort("vehicle", "net", "option", descending=[False, True, False])
        .unique(["vehicle", "event"], keep="first", maintain_order=True)
        .group_by("vehicle", maintain_order=True)
        .head(situation.market.auction.hedged_events)["option"]
        .to_numpy()
    )
    parts, whence = [lots.take(none)], [none]
    for row, terms in covers:
        price, base = guaranteed(situation, terms), sum_of(situation, terms)
        rows = np.sort(best)
        rows = rows[in_time(situation, terms, lots.days[rows]) & (price[lots.vehicle[rows]] > 0.0)]
        chosen = lots.take(rows)
        whence.append(rows)
        parts.append(
            replace(
                chosen,
                floor=price[chosen.vehicle],
                premium=terms["premium"] * base[chosen.vehicle],
                largest_payout=largest_payouts(situation, terms)[chosen.vehicle],
                hedge=np.full(rows.size, row),
            )
        )
    both = Lots(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Lots.__slots__)
    )
    return both, np.concatenate(whence)


def _quote_lots(
    situation: Situation,
    here: AuctionMarket,
    lots: Lots,
    asked: NDArray[np.float64] | None = None,
) -> Quotes:
    """Run the reserve kernel over the lots and itemise what each earns."""
    date = situation.position(lots.days)
    group = situation.basis.market(situation.book.group[lots.vehicle], date)
    terms = SaleTerms.of(situation)
    policy = _policy(situation, terms, lots, date, group, asked)
    (
        gross_later,
        hammer,
        fallback_later,
        fallback,
        sold,
        unsold,
        kept,
        insured,
        tiers,
        by_reserve,
    ) = policy.component.T
    # Chances are interpolated over the market: those of a unit that is sure to sell may add up
    # to a little more than one.
    sold_in = np.maximum(policy.sold, 0.0)
    sold_in /= np.maximum(sold_in.sum(axis=1, keepdims=True), 1.0)
    at = lots.venue
    worth = situation.discount(lots.days + terms.settlement_days[at])
    transport = here.moves.cost[lots.vehicle, lots.venue]
    holding = situation.holding(lots.days.astype(np.float64))
    columns: dict[str, object] = {
        "channel": "auction",
        "venue_id": named(here.venues["venue_id"], lots.venue),
        "reserve": policy.reserve[:, 0],
        "sale_probability": sold_in.sum(axis=1),
        "reserves": policy.reserve,
        "sale_chances": sold_in,
        "paid_on": payday(situation.as_of, lots.days + terms.settlement_days[at]),
        "offering_days": situation.market.auction.rerun_gap_days,
        "distance_km": here.moves.distance[lots.vehicle, lots.venue],
        "gross": gross_later + fallback_later,
        # of the first tiers, and what the others are beyond them
        "fees": worth
        * (
            terms.sale.rate[at, 0] * hammer
            + terms.sale.fixed[at, 0] * sold
            + terms.no_sale.fixed[at, 0] * unsold
            + tiers
            + by_reserve
        ),
        "tax": worth * terms.tax_rate[at] * hammer,
        "transport": transport,
        "holding": holding,
        "finance": gross_later + fallback_later - worth * (hammer + fallback),
        "rerun": worth * step_cost(situation) * kept,
        "returns": worth * (terms.returns.share[at] * hammer + terms.returns.fixed[at] * sold),
        "hedge_premium": lots.premium,
        "hedge_payoff": worth * insured,
        **_places(situation, here, lots),
    }
    coefficient = policy.coefficient * worth[:, None]
    coefficient[:, 0] -= transport + holding + lots.premium
    uses = tuple(auction_uses(situation, here, lots, policy.reach))
    return Quotes(lots.vehicle, framed(columns, lots.vehicle.size), coefficient, group, uses)


def _places(situation: Situation, here: AuctionMarket, lots: Lots) -> dict[str, object]:
    """Return the descriptive columns of the lots."""
    level, place = np.unique(lots.tilt, return_inverse=True)
    words = pl.Series([f"reserve {each:.0%}" for each in level], dtype=pl.String)
    columns: dict[str, object] = {
        "event_id": named(here.events["event_id"], lots.event),
        "date": here.events["date"].gather(lots.event),
        "week": week_of(lots.days),
        "terms": named(words, place),
    }
    hedges = situation.market.hedges
    if hedges is not None and (lots.hedge >= 0).any():
        # a row of nulls stands for lots without a hedge
        row = np.where(lots.hedge >= 0, lots.hedge, hedges.height)
        known = pl.concat([hedges, hedges.clear(1)])
        kind = pl.col("kind").replace_strict({"insurance": "insured"}, default="floor")
        covers = known.select(pl.format(", {} {}", kind, "hedge_id").fill_null(""))
        # every level with every cover, and which of these each lot has
        both = words.to_frame("level").join(covers.to_series().to_frame("cover"), how="cross")
        columns |= {
            "hedge_id": named(known["hedge_id"], row),
            "counterparty": named(known["counterparty"], row),
            "exposure": pl.Series(np.minimum(lots.floor, lots.largest_payout)).set(
                pl.Series(lots.hedge < 0), None
            ),
            "terms": named(
                both.select(pl.concat_str("level", "cover")).to_series(),
                place * known.height + row,
            ),
        }
    return columns


@dataclass(frozen=True, slots=True)
class _Policy:
    reserve: NDArray[np.float64]
    coefficient: NDArray[np.float64]
    component: NDArray[np.float64]
    sold: NDArray[np.float64]
    reach: NDArray[np.float64]

    def put(self, rows: slice, found: Sequence[NDArray[np.float64]]) -> None:
        """Fill in what was found for some rows."""
        columns = (self.reserve, self.coefficient, self.component, self.sold, self.reach)
        for column, own in zip(columns, found, strict=True):
            column[rows] = own


def _policy(
    situation: Situation,
    terms: SaleTerms,
    lots: Lots,
    date: NDArray[np.int64],
    group: NDArray[np.int64],
    asked: NDArray[np.float64] | None,
) -> _Policy:
    book, rules = situation.book, situation.market.auction
    level, slope_of_odds = terms.accepts(lots.venue, lots.floor)
    sale_above, sale_fixed, sale_rate = terms.charged_on_sales()
    shock, weight = unit_nodes(book, _STRATA)
    gap = rules.rerun_gap_days
    slope = situation.slope[lots.vehicle, date]
    discount = float(situation.discount(np.array([gap]))[0])
    weights, moves = situation.basis.node_weights(), situation.basis.moves(_MOVES)
    rows, runs = lots.vehicle.size, rules.runs
    widths = {
        "reserve": runs, "coefficient": nodes().size, "component": 10, "sold": runs, "reach": runs,
    }  # fmt: skip
    found = _Policy(**{name: np.zeros((rows, width)) for name, width in widths.items()})
    for part in _blocks(rows):
        size = part.stop - part.start
        unit, venue = lots.vehicle[part], lots.venue[part]
        bidders, log_factor = situation.bidding(unit, venue)
        found.put(
            part,
            reserves.auction_policy(
                situation.log_value[unit, date[part]] + log_factor,
                book.unit_scale[unit],
                book.sale_spread[unit],
                bidders,
                slope[part] * gap + np.log1p(-rules.reoffer_discount),
                np.full(size, discount),
                np.full(size, step_cost(situation)),
                np.full(size, 1.0 - rules.fallback_discount),
                lots.tilt[part],
                lots.floor[part],
                lots.largest_payout[part],
                level[part],
                slope_of_odds[part],
                venue,
                sale_above,
                sale_fixed,
                sale_rate,
                terms.no_sale.above,
                terms.no_sale.fixed,
                terms.no_sale.rate,
                group[part],
                situation.basis.half_width,
                weights,
                moves,
                nodes(),
                interpolation(),
                shock,
                weight,
                book.form[unit],
                runs,
                None if asked is None else asked[part],
                situation.threads,
            ),
        )
        situation.progress("quote", part.stop / rows, f"{part.stop:,} of {rows:,} auction lots")
    return found


def _blocks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))
