"""Which vehicles go elsewhere, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from auction.diff.money import OWN, with_parts
from auction.diff.pairs import SPOT, PlanTables
from auction.diff.scarcity import SMALL, spots

#: How a decision can change: to another place, to another day, to other terms.
KINDS: Final = ("moved", "put_off", "terms")
#: Forecasts that moved by a smaller share are not told as a reason.
LEAST_SHARE: Final = 0.005
_SHOWN: Final = (
    "channel", "venue_id", "event_date", "offer_id", "hedge_id", "terms", "reserve", "expected_net",
)  # fmt: skip

Record = dict[str, Any]
Row = Mapping[str, Any]
Spots = frozenset[tuple[object, ...]]


def changes(pairs: pl.DataFrame, before: PlanTables, after: PlanTables) -> list[Record]:
    """Return the vehicles of both plans whose decision changed.

    Returns
    -------
    list of dict
        vehicle_id, make, model, kind (moved: another place or auction date; put_off: the same
        place on another day; terms: another reserve, floor or terms), before and after (where,
        when, on which terms, expected_net), change of the expected net with its parts, ratio
        (new value over old) and why: a list of reasons with their figures. The largest changes
        come first.
    """
    old, new = _known(before), _known(after)
    rows = with_parts(pairs).with_columns(kind=_kind(), size=pl.col("change").abs())
    told = []
    for row in _dearest_first(rows.drop_nulls("kind"), "size").iter_rows(named=True):
        moved = row["kind"] == "moved"
        why = _why_moved(row, after.as_of, old, new) if moved else _why_changed(row, after.as_of)
        told.append(
            {
                **{name: row[name] for name in ("vehicle_id", "make", "model", "kind")},
                "before": _side(row, "a"),
                "after": _side(row, "b"),
                "change": row["change"],
                "parts": {name: row[name] for name in OWN},
                "ratio": row["ratio"],
                "why": why,
            }
        )
    return told


def _kind() -> pl.Expr:
    other_day = pl.col("event_date_a").ne_missing(pl.col("event_date_b"))
    reserve = (pl.col("reserve_a") - pl.col("reserve_b")).abs() > SMALL
    terms = pl.any_horizontal(
        pl.col(f"{name}_a").ne_missing(pl.col(f"{name}_b")) for name in ("terms", "hedge_id")
    )
    return (
        pl.when(~pl.col("same_spot"))
        .then(pl.lit("moved"))
        .when(other_day)
        .then(pl.lit("put_off"))
        .when(reserve.fill_null(value=False) | terms)
        .then(pl.lit("terms"))
    )


def _side(row: Row, side: str) -> Record:
    told = {name: row[f"{name}_{side}"] for name in _SHOWN}
    return {name: _written(value) for name, value in told.items()}


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _known(plan: PlanTables) -> Spots:
    return frozenset(spots(plan).rows())


def _spot(row: Row, side: str) -> tuple[object, ...]:
    return tuple(row[f"{name}_{side}"] for name in SPOT)


def _why_moved(row: Row, as_of: date, old: Spots, new: Spots) -> list[Record]:
    """Return the reasons for a move, the one that binds hardest first."""
    found = [
        *_desk(row), *_gone(row, as_of, new), *_gain(row, old), *_slots(row), *_value(row),
    ]  # fmt: skip
    return found or [{"code": "even", "ahead": _ahead(row)}]


def _why_changed(row: Row, as_of: date) -> list[Record]:
    """Return the reasons for another reserve or day at the same place."""
    found: list[Record] = []
    if row["event_date_a"] is not None and row["event_date_a"] <= as_of:
        found.append({"code": "date_passed", "date": row["event_date_a"].isoformat()})
    found += [*_desk(row), *_value(row)]
    if row["hedge_id_a"] != row["hedge_id_b"]:
        found.append({"code": "floor", "before": row["hedge_id_a"], "after": row["hedge_id_b"]})
    return found or [{"code": "even", "ahead": None}]


def _desk(row: Row) -> list[Record]:
    """Overrides that came, went or bar the old choice."""
    said = ("pinned", "banned", "dispatched", "promised")
    if row["barred_by_old_now"] in ("pin", "ban", "commitment") or (
        row["reason_code_b"] in said and row["reason_b"] != row["reason_a"]
    ):
        return [{"code": "override", "reason": row["reason_b"]}]
    if row["reason_code_a"] in said and row["reason_code_b"] not in said:
        return [{"code": "override_lifted", "reason": row["reason_a"]}]
    return []


def _gone(row: Row, as_of: date, new: Spots) -> list[Record]:
    """The old choice is no longer there, or no longer open to this vehicle."""
    if row["found_old_now"]:
        barred = row["barred_by_old_now"]
        return [{"code": barred}] if barred in ("sacrifice", "floor") else []
    day = row["spot_date_a"]
    if day is not None and day <= as_of:
        return [{"code": "date_passed", "date": day.isoformat()}]
    if _spot(row, "a") not in new:
        dealer = row["offer_id_a"] is not None
        return [{"code": "offer_ended" if dealer else "event_gone"}]
    return [{"code": "not_offered"}]


def _gain(row: Row, old: Spots) -> list[Record]:
    """The new choice was not there before, or gained on the old one."""
    if not row["found_new_then"]:
        known = _spot(row, "b") in old or row["channel_b"] == "hold"
        return [{"code": "newly_open" if known else "new_place"}]
    if not row["found_old_now"]:
        return []
    then = row["expected_net_new_then"] - row["full_a"]
    gained = row["full_b"] - row["expected_net_old_now"] - then
    return [{"code": "gained", "amount": gained}] if gained > SMALL else []


def _slots(row: Row) -> list[Record]:
    """What the old choice uses became dearer, or what the new one uses cheaper."""
    found = []
    now, then = row["slot_price_old_now"], row["slot_price_old_then"]
    if now is not None and then is not None and now - then > SMALL:
        scarce = row["scarcest_old_now"]
        found.append({"code": "slots_dearer", "amount": now - then, "scarcest": scarce})
    now, then = row["slot_price_new_now"], row["slot_price_new_then"]
    if now is not None and then is not None and then - now > SMALL:
        scarce = row["scarcest_new_then"]
        found.append({"code": "slots_cheaper", "amount": then - now, "scarcest": scarce})
    return found


def _value(row: Row) -> list[Record]:
    if row["ratio"] is None or abs(row["ratio"] - 1.0) < LEAST_SHARE:
        return []
    return [{"code": "value", "share": row["ratio"] - 1.0}]


def _ahead(row: Row) -> float | None:
    """Return by how much the new choice leads the old one in the new run, slots counted."""
    if row["slot_price_old_now"] is None or row["slot_price_new_now"] is None:
        return None
    new, old = (
        row[f"expected_net_{side}"] + row[f"risk_{side}"] - row[f"slot_price_{side}"]
        for side in ("new_now", "old_now")
    )
    return float(new - old)


def comings(pairs: pl.DataFrame, before: PlanTables, after: PlanTables) -> dict[str, list[Record]]:
    """Return the vehicles that one of the plans alone places.

    Returns
    -------
    dict
        entered (new in the fleet), freed (could not be planned before), left (no longer in the
        fleet; due tells whether its sale was planned for a day up to the new planning date) and
        barred (cannot be planned any more), each by expected net.
    """
    common = pairs["vehicle_id"].implode()
    here = after.placed.filter(~pl.col("vehicle_id").is_in(common))
    gone = before.placed.filter(~pl.col("vehicle_id").is_in(common))
    known = before.assignments.select("vehicle_id", was="status", was_reason="reason")
    still = after.assignments.select("vehicle_id", now="status", now_reason="reason")
    new = here.join(known, on="vehicle_id", how="left")
    old = gone.join(still, on="vehicle_id", how="left")
    due = (pl.col("event_date") <= after.as_of).fill_null(value=False)
    lists = {
        "entered": (new.filter(pl.col("was").is_null()), {}),
        "freed": (new.filter(pl.col("was").is_not_null()), {"was": "was_reason"}),
        "left": (old.filter(pl.col("now").is_null()).with_columns(due=due), {"due": "due"}),
        "barred": (old.filter(pl.col("now").is_not_null()), {"now": "now_reason"}),
    }
    return {
        name: [
            {**_vehicle(row), **{key: row[column] for key, column in more.items()}}
            for row in _dearest_first(table, "expected_net").iter_rows(named=True)
        ]
        for name, (table, more) in lists.items()
    }


def _dearest_first(table: pl.DataFrame, money: str) -> pl.DataFrame:
    return table.sort(money, "vehicle_id", descending=[True, False])


def _vehicle(row: Row) -> Record:
    names = (
        "vehicle_id", "make", "model", "channel", "venue_id", "event_date", "terms", "expected_net",
    )  # fmt: skip
    return {name: _written(row[name]) for name in names}
