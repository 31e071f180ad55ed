"""Runs that break a rule on purpose: what the checker must find."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import polars as pl

from real import checker
from real.inputs import Inputs

Tamper = Callable[[Inputs, Path], None]


def _rewrite(run: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = run / f"{table}.parquet"
    changed = change(pl.read_parquet(path))
    path.unlink()
    changed.write_parquet(path)


def _set(run: Path, vehicle: str, **values: Any) -> None:
    chosen = pl.col("vehicle_id") == vehicle
    _rewrite(
        run,
        "assignments",
        lambda rows: rows.with_columns(
            pl.when(chosen).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
            for name, value in values.items()
        ),
    )


def _first(run: Path, *rules: pl.Expr) -> dict[str, Any]:
    rows = pl.read_parquet(run / "assignments.parquet").filter(*rules)
    return rows.sort("vehicle_id").row(0, named=True)


AUCTIONED: Final = (pl.col("status") == "planned") & (pl.col("channel") == "auction")


def drop_a_vehicle(inputs: Inputs, run: Path) -> None:
    """One vehicle has no row."""
    _rewrite(run, "assignments", lambda rows: rows[1:])


def repeat_a_vehicle(inputs: Inputs, run: Path) -> None:
    """One vehicle stands twice."""
    _rewrite(run, "assignments", lambda rows: pl.concat([rows, rows[:1]]))


def invent_a_status(inputs: Inputs, run: Path) -> None:
    """A status of our own."""
    _set(run, _first(run, AUCTIONED)["vehicle_id"], status="lost")


def fill_an_event(inputs: Inputs, run: Path) -> None:
    """Everybody of the busiest site goes to its first event."""
    busiest = max(inputs.events.values(), key=lambda event: event["slots"])["venue_id"]
    first = min(
        (event for event in inputs.events.values() if event["venue_id"] == busiest),
        key=lambda event: event["sale_day"],
    )
    there = AUCTIONED & (pl.col("venue_id") == busiest)
    values = {"event_id": first["event_id"], "event_date": first["sale_day"]}
    _rewrite(
        run,
        "assignments",
        lambda rows: rows.with_columns(
            pl.when(there).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
            for name, value in values.items()
        ),
    )


def fill_by_reruns(inputs: Inputs, run: Path) -> None:
    """All first runs stay, but every re-run is certain and at one event."""
    busiest = max(inputs.events.values(), key=lambda event: event["slots"])["event_id"]
    later = pl.col("step") > 1
    _rewrite(
        run,
        "policy",
        lambda rows: rows.with_columns(
            event_id=pl.when(later).then(pl.lit(busiest)).otherwise(pl.col("event_id")),
            reach_chance=pl.when(later).then(1.0).otherwise(pl.col("reach_chance")),
        ),
    )


def break_a_bridge(inputs: Inputs, run: Path) -> None:
    """Two cents more gross than the bridge explains."""
    row = _first(run, AUCTIONED)
    _set(run, row["vehicle_id"], gross=row["gross"] + 0.02)


def move_for_free(inputs: Inputs, run: Path) -> None:
    """Transport is forgotten, net and gross follow suit."""
    row = _first(run, AUCTIONED)
    _set(run, row["vehicle_id"], transport=0.0, expected_net=row["expected_net"] + row["transport"])


def go_elsewhere(inputs: Inputs, run: Path) -> None:
    """An event that is not at the venue."""
    row = _first(run, AUCTIONED)
    other = next(e for e in inputs.events.values() if e["venue_id"] != row["venue_id"])
    _set(run, row["vehicle_id"], event_id=other["event_id"])


def be_too_early(inputs: Inputs, run: Path) -> None:
    """A vehicle from one coast is sold on the other within three days."""
    coasts = [state for state in ("ca", "wa", "or", "az", "nv") if state in inputs.venues]
    east = [name for name, unit in inputs.fleet.items() if unit["state"] in ("fl", "pa", "nc")]
    event = min(
        (event for event in inputs.events.values() if event["venue_id"] in coasts),
        key=lambda event: event["sale_day"],
    )
    row = _first(run, AUCTIONED, pl.col("vehicle_id").is_in(east))
    _set(
        run,
        row["vehicle_id"],
        venue_id=event["venue_id"],
        event_id=event["event_id"],
        event_date=event["sale_day"],
    )


def sell_what_is_held(inputs: Inputs, run: Path) -> None:
    """A vehicle that is barred beyond the horizon gets another's place."""
    rows = pl.read_parquet(run / "assignments.parquet")
    barred = rows.filter(pl.col("status") == "barred")["vehicle_id"][0]
    _set(run, barred, status="planned", reason="why not")
    row = _first(run, AUCTIONED)
    _set(run, barred, **{k: row[k] for k in ("channel", "venue_id", "event_id", "event_date")})


def ignore_a_pin(inputs: Inputs, run: Path) -> None:
    """A pinned vehicle goes somewhere else."""
    pin = next(said for said in inputs.overrides if said["action"] == "pin")
    other = next(name for name in inputs.venues if name != pin["venue_id"])
    _set(run, pin["vehicle_id"], venue_id=other)


def ignore_a_ban(inputs: Inputs, run: Path) -> None:
    """A vehicle goes where it is banned from."""
    ban = next(s for s in inputs.overrides if s["action"] == "ban" and s["venue_id"] is not None)
    _set(run, ban["vehicle_id"], status="planned", venue_id=ban["venue_id"])


def overfill_an_offer(inputs: Inputs, run: Path) -> None:
    """A dealer gets far more units than it takes."""
    offer = inputs.offers["E-camry"]
    _rewrite(
        run,
        "assignments",
        lambda rows: rows.with_columns(
            channel=pl.when(AUCTIONED).then(pl.lit("dealer")).otherwise(pl.col("channel")),
            venue_id=pl.when(AUCTIONED)
            .then(pl.lit(offer["venue_id"]))
            .otherwise(pl.col("venue_id")),
            offer_id=pl.when(AUCTIONED)
            .then(pl.lit(offer["offer_id"]))
            .otherwise(pl.col("offer_id")),
        ),
    )


def underfill_an_offer(inputs: Inputs, run: Path) -> None:
    """A dealer gets one unit where it asked for forty."""
    offer = inputs.offers["E-any"]
    row = _first(run, AUCTIONED)
    _rewrite(
        run,
        "assignments",
        lambda rows: rows.with_columns(
            offer_id=pl.when(pl.col("offer_id") != "E-any").then(pl.col("offer_id"))
        ),
    )
    _set(
        run,
        row["vehicle_id"],
        channel="dealer",
        venue_id=offer["venue_id"],
        offer_id="E-any",
        event_id=None,
    )


def insure_everybody(inputs: Inputs, run: Path) -> None:
    """Every auctioned vehicle names the floor, past the insurer's limit and the settings'."""
    _rewrite(
        run,
        "assignments",
        lambda rows: rows.with_columns(
            hedge_id=pl.when(AUCTIONED).then(pl.lit("floor-90")).otherwise(pl.col("hedge_id"))
        ),
    )


def buy_half_a_lot(inputs: Inputs, run: Path) -> None:
    """Hedges come in whole lots."""
    _rewrite(run, "hedges", lambda rows: rows.with_columns(pl.col("quantity") + 0.5))


def sacrifice_one(inputs: Inputs, run: Path) -> None:
    """A vehicle had an alternative worth twice as much."""
    pinned = [said["vehicle_id"] for said in inputs.overrides]
    row = _first(run, AUCTIONED, ~pl.col("vehicle_id").is_in(pinned))
    better = (pl.col("vehicle_id") == row["vehicle_id"]) & (pl.col("rank") == 2)
    _rewrite(
        run,
        "alternatives",
        lambda rows: rows.with_columns(
            expected_net=pl.when(better)
            .then(2.0 * row["expected_net"] + 1.0)
            .otherwise(pl.col("expected_net"))
        ),
    )


def _record(run: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    path = run / name
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def claim_more(inputs: Inputs, run: Path) -> None:
    """The expected total is a dollar more than the rows."""
    _record(
        run, "risk.json", lambda told: told["plan"].update(expected=told["plan"]["expected"] + 1)
    )


def claim_a_proof(inputs: Inputs, run: Path) -> None:
    """The bound lies below the plan."""
    _record(
        run,
        "manifest.json",
        lambda told: told["solver"].update(bound=told["solver"]["objective"] * 0.999),
    )


def swap_an_input(inputs: Inputs, run: Path) -> None:
    """The fleet that was hashed is another one."""
    _record(run, "manifest.json", lambda told: told["inputs"]["fleet.csv"].update(sha256="0" * 64))


def fool_a_dealer(inputs: Inputs, run: Path) -> None:
    """A sound vehicle's dealer takes a damaged one."""
    hurt = [name for name in inputs.fleet if inputs.damaged(name)]
    row = _first(run, AUCTIONED, pl.col("vehicle_id").is_in(hurt))
    _set(run, row["vehicle_id"], channel="dealer", venue_id="dealer-west")


def haul_a_wreck(inputs: Inputs, run: Path) -> None:
    """A damaged vehicle from Florida goes to an auction in California."""
    hurt = [n for n, unit in inputs.fleet.items() if inputs.damaged(n) and unit["state"] == "fl"]
    row = _first(run, AUCTIONED, pl.col("vehicle_id").is_in(hurt))
    _set(run, row["vehicle_id"], venue_id="ca")


def forgive_a_loan(inputs: Inputs, run: Path) -> None:
    """A deficiency is halved."""
    row = _first(run, AUCTIONED, pl.col("deficiency") > 100.0)
    _set(run, row["vehicle_id"], deficiency=row["deficiency"] / 2.0)


def overstate_a_use(inputs: Inputs, run: Path) -> None:
    """A rule is used beyond its limit."""
    _rewrite(run, "shadow_prices", lambda rows: rows.with_columns(used=pl.col("limit") + 1.0))


def take_parts_of_nothing(inputs: Inputs, run: Path) -> None:
    """Parts are taken off a vehicle that is auctioned."""
    row = _first(run, AUCTIONED)
    parts = {"vehicle_id": [row["vehicle_id"]], "part": ["engine"]}
    _rewrite(run, "parts_plan", lambda rows: pl.concat([rows, pl.DataFrame(parts)], how="diagonal"))


def take_parts_off_backwards(inputs: Inputs, run: Path) -> None:
    """The part that comes off last comes off first."""
    last = pl.len().over("vehicle_id") + 1
    _rewrite(run, "parts_plan", lambda rows: rows.with_columns(removal=last - pl.col("removal")))


#: What is done to a run, and the check that has to find it.
TAMPERED: Final[tuple[tuple[Tamper, checker.Check], ...]] = (
    (drop_a_vehicle, checker.everyone_has_a_status),
    (repeat_a_vehicle, checker.everyone_has_a_status),
    (invent_a_status, checker.everyone_has_a_status),
    (fill_an_event, checker.events_have_room),
    (fill_by_reruns, checker.events_have_room),
    (fill_by_reruns, checker.policies_follow),
    (break_a_bridge, checker.bridges_add_up),
    (move_for_free, checker.costs_are_those_stated),
    (go_elsewhere, checker.places_exist),
    (be_too_early, checker.dates_can_be_kept),
    (sell_what_is_held, checker.holds_bind),
    (ignore_a_pin, checker.the_desk_is_heard),
    (ignore_a_ban, checker.the_desk_is_heard),
    (overfill_an_offer, checker.offers_are_met),
    (overfill_an_offer, checker.limits_hold),
    (overfill_an_offer, checker.weekly_intakes_hold),
    (underfill_an_offer, checker.offers_are_met),
    (insure_everybody, checker.hedges_hold),
    (insure_everybody, checker.limits_hold),
    (buy_half_a_lot, checker.hedges_hold),
    (sacrifice_one, checker.sacrifices_are_bounded),
    (fool_a_dealer, checker.conditions_suit),
    (haul_a_wreck, checker.conditions_suit),
    (forgive_a_loan, checker.loans_add_up),
    (overstate_a_use, checker.prices_match_uses),
    (take_parts_of_nothing, checker.parts_are_listed),
    (take_parts_off_backwards, checker.parts_are_listed),
    (claim_more, checker.totals_add_up),
    (claim_a_proof, checker.proof_is_consistent),
    (swap_an_input, checker.proof_is_consistent),
)
