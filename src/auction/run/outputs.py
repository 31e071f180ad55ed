"""The tables of a run: what the desk, the finance system and the report read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from auction.channels.part_lists import Teardowns
from auction.channels.redeemed import redemption_of
from auction.channels.teardown import Teardown
from auction.commitments import less_taken, where_to
from auction.evaluate import Evaluation, Totals, standard_error
from auction.explain.considered import PLACE
from auction.explain.effects import value_today
from auction.planned import Planning
from auction.policies import Baseline
from auction.reasons import COLUMNS, Reason, reason_columns
from auction.situation import week_of

#: Differences in money below this are not worth a word.
_SMALL = 1.0
#: Vehicles whose scenarios are looked at together, so that they stay in the cache.
_VEHICLES: Final = 256


def assignments(planning: Planning) -> pl.DataFrame:
    """Return one row for every vehicle of the fleet, sorted by vehicle_id.

    Columns: vehicle_id, status (planned, held, barred, unsaleable) and reason, in words, as a
    code and with its figures as JSON (see :mod:`auction.reasons`); channel, place,
    date, terms, reserve and chance of a sale; the bridge from gross to expected_net, and what
    that gives up against the vehicle's best allowed option; quantiles and mean of the net
    proceeds on fresh scenarios; recovery of the loan with its expected deficiency and surplus;
    the chance that it is redeemed before its sale, and what is then paid;
    the best option at another place or date and its margin; and the value today that the
    forecast gives the vehicle.
    """
    evaluation = planning.evaluation
    quantiles = evaluation.quantiles()
    table = planning.plan.assignments.with_columns(
        *reason_columns(_reasons(planning)),
        given_up=_best_open(planning) - _net(planning)[planning.allocation.chosen],
        net_mean=evaluation.means(),
        net_p05=quantiles[:, 0],
        net_p50=quantiles[:, 1],
        net_p95=quantiles[:, 2],
        loan_balance=planning.fleet.planned["loan_balance"],
        **_against_loans(planning),
        **redemption_of(planning.situation, planning.chosen).to_dict(),
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    left_out = planning.fleet.left_out.join(
        planning.workspace.tables["vehicles"].select("vehicle_id", "make", "model", "loan_balance"),
        on="vehicle_id",
        how="left",
    )
    front = ["vehicle_id", "make", "model", "status", *COLUMNS, *PLACE]
    both = (
        pl.concat([table, left_out], how="diagonal")
        .join(value_today(planning), on="vehicle_id", how="left")
        .sort("vehicle_id")
    )
    return both.select(*front, pl.exclude(front))


def _against_loans(planning: Planning) -> dict[str, NDArray[np.float64]]:
    """Return what is expected of each loan: recovered, missing, left over; NaN without one."""
    loan = planning.fleet.planned["loan_balance"].fill_null(np.nan).to_numpy()[:, None]
    recovery, deficiency, surplus = (np.empty(loan.size) for _ in range(3))
    for vehicles, every in planning.evaluation.parts():
        # few enough that what is worked on stays in the cache
        for start in range(0, every.shape[0], _VEHICLES):
            net = every[start : start + _VEHICLES]
            rows = slice(vehicles.start + start, vehicles.start + start + net.shape[0])
            recovery[rows] = np.minimum(net, loan[rows]).mean(axis=1)
            deficiency[rows] = np.maximum(loan[rows] - net, 0.0).mean(axis=1)
            surplus[rows] = np.maximum(net - loan[rows], 0.0).mean(axis=1)
    return {"recovery": recovery, "deficiency": deficiency, "surplus": surplus}


def _reasons(planning: Planning) -> list[Reason]:
    """Say for every planned vehicle why it goes where it goes."""
    words = planning.workspace.tables["overrides"].select("vehicle_id", "action", "reason", "who")
    said: dict[tuple[str, str], dict[str, str | int | float]] = {
        (vehicle, action): {"who": who, "why": why}
        for vehicle, action, why, who in words.iter_rows()
    }
    options = planning.options
    net = _net(planning)
    start = _first_options(planning)
    count = np.diff(np.append(start, options.vehicle.size))
    best = np.maximum.reduceat(net, start)
    best_open = _best_open(planning)
    own = net[planning.allocation.chosen]
    held = planning.chosen["channel"].to_numpy() == "hold"
    stays, committed = _stays(planning), where_to(planning.situation.market.commitments)
    reasons = []
    for row, vehicle in enumerate(options.vehicle_ids):
        given_up = float(best_open[row] - own[row])
        banned = (vehicle, "ban") in said and best[row] > best_open[row] + _SMALL
        if vehicle in committed:
            what, where = committed[vehicle]
            reasons.append(Reason(what, {"where": where}))
        elif (vehicle, "pin") in said:
            reasons.append(Reason("pinned", said[vehicle, "pin"]))
        elif count[row] == 1:
            reasons.append(Reason("only"))
        elif _SMALL < given_up <= stays[row]:
            reasons.append(Reason("stays", {"given_up": given_up}))
        elif given_up > _SMALL:
            code = "kept_back" if held[row] else "gives_up"
            reasons.append(Reason(code, {"given_up": given_up}))
        elif banned:
            reasons.append(Reason("banned", said[vehicle, "ban"]))
        else:
            reasons.append(Reason("best", {"count": int(count[row])}))
    return reasons


def _stays(planning: Planning) -> NDArray[np.float64]:
    """Return what a vehicle may give up rather than leave its last place, float64[V], money."""
    begun = planning.replanned
    if begun is None:
        return np.zeros(len(planning.options.vehicle_ids))
    return np.where(begun.kept, begun.churn, 0.0)


def _net(planning: Planning) -> NDArray[np.float64]:
    """Return the expected net of every option, before the volume of the plan."""
    return planning.options.table.column("expected_net").to_numpy()


def _first_options(planning: Planning) -> NDArray[np.int64]:
    """Return the first option of each planned vehicle, int64[V]."""
    vehicles = np.arange(len(planning.options.vehicle_ids))
    return np.searchsorted(planning.options.vehicle, vehicles).astype(np.int64)


def _best_open(planning: Planning) -> NDArray[np.float64]:
    """Return the largest expected net among each vehicle's options that are allowed."""
    net = _net(planning)
    allowed = np.where(planning.plan.allowed, net, -np.inf)
    return np.asarray(np.maximum.reduceat(allowed, _first_options(planning)))


def policy(planning: Planning) -> pl.DataFrame:
    """Return the reserve policy: a row for every vehicle at auction and every run.

    Columns: vehicle_id, step (1 for the first run), venue_id, event_id and date (of the event
    for the first run, of the first event after the gap for a later one; null past the
    horizon), reserve, sale_chance and reach_chance (that the unit sells in, and is offered in,
    this run), if_unsold in words.
    """
    market = planning.situation.market
    gap, runs = market.auction.rerun_gap_days, market.auction.runs
    lots = (
        planning.chosen.filter(pl.col("channel") == "auction")
        .with_columns(pl.col("venue_id", "segment").cast(pl.String))
        .with_row_index("lot")
    )
    open_to = _open_events(planning, lots["segment"])
    now = lots.select("lot", "venue_id", "segment", "event_id", "date")
    reach, rows = np.ones(lots.height), []
    for step in range(runs):
        if step:
            now = _later_events(now, open_to, timedelta(days=int(np.ceil(gap))))
        sold = lots["sale_chances"].list.get(step)
        last = step + 1 == runs
        rows.append(
            now.select(
                "lot",
                vehicle_id=lots["vehicle_id"],
                step=pl.lit(step + 1, dtype=pl.Int64),
                venue_id=pl.col("venue_id"),
                event_id=pl.col("event_id"),
                date=pl.col("date"),
                reserve=lots["reserves"].list.get(step),
                sale_chance=sold,
                reach_chance=pl.Series(reach),
                if_unsold=pl.lit("sell to the trade" if last else f"run again after {gap:g} days"),
            )
        )
        reach = reach - sold.to_numpy()
    return pl.concat(rows).sort("lot", "step").drop("lot")


def _open_events(planning: Planning, segments: pl.Series) -> pl.DataFrame:
    """Return the first event of each day within the horizon, by venue and segment it is open to."""
    market = planning.situation.market
    end = planning.workspace.config.as_of + timedelta(weeks=market.weeks)
    events = planning.workspace.tables["events"].filter(pl.col("date") <= end)
    lot = pl.DataFrame({"of": segments.unique().sort()})
    return (
        events.sort("date", "event_id")
        .join(lot, how="cross", maintain_order="left")
        .filter(pl.col("segment").is_null() | (pl.col("segment") == pl.col("of")))
        .unique(["venue_id", "of", "date"], keep="first", maintain_order=True)
        .select("venue_id", segment="of", event_id="event_id", on="date", date="date")
    )


def _later_events(now: pl.DataFrame, open_to: pl.DataFrame, gap: timedelta) -> pl.DataFrame:
    """Return the event at which each lot is offered next, null past the horizon."""
    places = ["venue_id", "segment"]
    asked = now.select("lot", *places, on=pl.col("date") + gap).drop_nulls("on").sort("on")
    found = asked.join_asof(
        open_to.sort("on"), on="on", by=places, strategy="forward", check_sortedness=False
    )
    return now.select("lot", *places).join(
        found.select("lot", "event_id", "date"), on="lot", how="left", maintain_order="left"
    )


def parts_plan(planning: Planning) -> pl.DataFrame:
    """Return the parts to take off every vehicle that goes to a dismantler.

    Columns: vehicle_id, venue_id, week (of delivery), removal (1 for the part that comes off
    first), part, price, chance, labour_hours, labour_cost at the dismantler's rate, route under
    the law, expected_price = price * chance, profit = expected_price - labour_cost, and
    days_to_cash (from delivery to the mean sale). A part may lose money for the sake of those
    that it opens.
    """
    teardowns = Teardowns.of(planning.situation)
    places = planning.chosen.select("vehicle_id", "channel", "venue_id", "week")
    rows: list[dict[str, Any]] = []
    for unit, (vehicle, channel, venue, week) in enumerate(places.iter_rows()):
        if channel == "dismantling":
            place = {"vehicle_id": vehicle, "venue_id": venue, "week": week}
            rows += [place | part for part in _removals(teardowns.at(unit, venue))]
    schema = {
        "vehicle_id": pl.String, "venue_id": pl.String, "week": pl.Int64, "removal": pl.Int64,
        "part": pl.String, "price": pl.Float64, "chance": pl.Float64, "labour_hours": pl.Float64,
        "labour_cost": pl.Float64, "route": pl.String, "expected_price": pl.Float64,
        "profit": pl.Float64, "days_to_cash": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


def _removals(teardown: Teardown) -> list[dict[str, Any]]:
    """Return the parts of a teardown in the order in which they come off."""
    return [
        {
            "removal": removal,
            "part": part.name,
            "price": part.price,
            "chance": part.chance,
            "labour_hours": part.labour_hours,
            "labour_cost": part.labour_hours * teardown.labour_rate,
            "route": part.route,
            "expected_price": part.price * part.chance,
            "profit": part.profit(teardown.labour_rate),
            "days_to_cash": part.days,
        }
        for removal, part in enumerate(teardown.parts, start=1)
    ]


def capacity(planning: Planning) -> pl.DataFrame:
    """Return the weekly slots of every auction venue against what the plan offers there.

    Columns: venue_id, week, slots, first_runs, offered_mean and offered_q95 on fresh scenarios
    with re-runs, and beyond_mean and beyond_q95, lots that find no slot, by venue and week.
    """
    first = (
        planning.chosen.filter(pl.col("channel") == "auction")
        .group_by("venue_id", "week")
        .agg(pl.len().cast(pl.Int64).alias("first_runs"))
    )
    as_of = planning.workspace.config.as_of
    tables = planning.workspace.tables
    open_slots = less_taken(tables["events"], tables["commitments"])
    events = open_slots.filter(pl.col("date") > as_of)
    days = np.array([(day - as_of).days for day in events["date"]], dtype=np.int64)
    slots = (
        events.with_columns(week=pl.Series(week_of(days), dtype=pl.Int64))
        .group_by("venue_id", "week")
        .agg(pl.col("capacity").sum().alias("slots"))
        .filter(pl.col("week") <= planning.situation.market.weeks)
    )
    used = planning.evaluation.used.rename({"mean": "offered_mean", "q95": "offered_q95"})
    found = slots.join(first, on=["venue_id", "week"], how="left").join(
        used, on=["venue_id", "week"], how="left"
    )
    shown = ["first_runs", "offered_mean", "offered_q95"]
    if planning.risk_told is not None:
        beyond = planning.risk_told.overflow.weeks.drop("slots")
        found = found.join(beyond, on=["venue_id", "week"], how="left")
        shown += ["beyond_mean", "beyond_q95"]
    return found.with_columns(pl.col(shown).fill_null(0)).sort("venue_id", "week")


def risk(planning: Planning) -> dict[str, Any]:
    """Return the money and the risk of the plan and of the habits it is compared with.

    ``expected``, ``cvar`` and ``objective`` as the optimiser saw them; under ``fresh`` the same
    on scenarios that it did not see, with every unit's own luck. The objective of a plan that
    starts from a last one is less ``churn_cost``, what its moves cost; proceeds are not, nor what
    the plan gains.
    """
    appetite = planning.risk
    allocation, begun = planning.allocation, planning.replanned
    result: dict[str, Any] = {
        "alpha": appetite.alpha,
        "weight": appetite.weight,
        "currency": planning.workspace.config.currency,
        "plan": {
            "objective": allocation.objective,
            "expected": allocation.expected,
            "cvar": allocation.cvar,
            **({} if begun is None else {"churn_cost": begun.cost}),
            "fresh": _fresh(planning, planning.evaluation),
        },
        "baselines": {
            name: _baseline(planning, baseline) | {
                "fresh": _fresh(planning, planning.baseline_evaluations[name])
            }
            for name, baseline in planning.baselines.items()
        },
        "contributions": _contributions(planning),
    }  # fmt: skip
    if planning.risk_told is not None:
        result |= planning.risk_told.figures(planning.evaluation, appetite.alpha)
    return result


def _baseline(planning: Planning, baseline: Baseline) -> dict[str, Any]:
    allocation, begun = planning.allocation, planning.replanned
    # a habit knows no last plan: the cost of leaving it is no part of the comparison
    objective = allocation.objective + (0.0 if begun is None else begun.cost)
    return {
        "objective": baseline.objective,
        "expected": baseline.expected,
        "cvar": baseline.cvar,
        "plan_gains_objective": objective - baseline.objective,
        "plan_gains_expected": allocation.expected - baseline.expected,
        "unmet": list(baseline.unmet),
    }


def _fresh(planning: Planning, evaluation: Evaluation | Totals) -> dict[str, float]:
    total = evaluation.total
    tail, error = evaluation.tail(planning.risk.alpha)
    p05, p50, p95 = np.quantile(total, [0.05, 0.5, 0.95])
    return {
        "expected": float(total.mean()),
        "expected_standard_error": standard_error(total),
        "standard_deviation": float(total.std(ddof=1)),
        "cvar": tail,
        "cvar_standard_error": error,
        "p05": float(p05),
        "p50": float(p50),
        "p95": float(p95),
    }


def _contributions(planning: Planning) -> list[dict[str, Any]]:
    """Return each channel's part of the mean and of the tail; parts add up to the whole."""
    evaluation = planning.evaluation
    weights = evaluation.tail_weights(planning.risk.alpha)
    channel = planning.chosen["channel"].to_numpy()
    rows = [
        {
            "channel": name,
            "units": int((channel == name).sum()),
            "expected": float(proceeds.mean()),
            "cvar": float(proceeds @ weights),
        }
        for name, proceeds in evaluation.by(channel).items()
    ]
    hedged = evaluation.hedges
    return [
        *rows,
        {
            "channel": "hedges",
            "units": 0,
            "expected": float(hedged.mean()),
            "cvar": float(hedged @ weights),
        },
    ]


def outcomes(planning: Planning) -> pl.DataFrame:
    """Return the fleet's proceeds on fresh scenarios, money: a row a scenario.

    Columns: scenario, plan (hedges included), and one for each habit it is compared with.
    """
    total = planning.evaluation.total
    return pl.DataFrame(
        {
            "scenario": np.arange(total.size),
            "plan": total,
            **{name: other.total for name, other in planning.baseline_evaluations.items()},
        }
    )
