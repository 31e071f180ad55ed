"""Whether a run keeps every rule of its workspace, worked out from the files alone.

The checker reads the workspace's input files and the run folder's tables. It imports nothing of
the engine. Each check returns the breaches it found, in words; an empty list is a pass.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from real.inputs import Inputs, Row

CENT: Final = 0.0051
#: Events in a row that re-runs may share, where the settings say nothing.
RERUN_SPREAD: Final = 3
STATUSES: Final = ("planned", "held", "barred", "unsaleable")
BRIDGE: Final = {
    "gross": 1,
    "fees": -1,
    "tax": -1,
    "transport": -1,
    "holding": -1,
    "finance": -1,
    "rerun": -1,
    "returns": -1,
    "reconditioning": -1,
    "own_volume": -1,
    "redemption": 1,
    "hedge_premium": -1,
    "hedge_payoff": 1,
}


@dataclass(frozen=True)
class Run:
    """A run folder beside its workspace.

    Parameters
    ----------
    inputs : Inputs
        The workspace.
    folder : Path
        The run folder.
    """

    inputs: Inputs
    folder: Path

    def table(self, name: str) -> pl.DataFrame:
        """One of the run's tables."""
        return pl.read_parquet(self.folder / f"{name}.parquet")

    def object(self, name: str) -> Row:
        """One of the run's JSON files."""
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    @cached_property
    def rows(self) -> list[Row]:
        """Assignments."""
        return self.table("assignments").to_dicts()

    @cached_property
    def planned(self) -> list[Row]:
        """Assignments of the vehicles that are sold within the horizon."""
        return [row for row in self.rows if row["status"] == "planned"]

    @cached_property
    def policy(self) -> dict[str, list[Row]]:
        """Steps of each auctioned vehicle, in their order."""
        steps: dict[str, list[Row]] = defaultdict(list)
        for row in self.table("policy").sort("vehicle_id", "step").to_dicts():
            steps[row["vehicle_id"]].append(row)
        return dict(steps)

    @property
    def plannable(self) -> int:
        """Vehicles that are neither barred nor unsaleable."""
        return sum(row["status"] in ("planned", "held") for row in self.rows)


def everyone_has_a_status(run: Run) -> Iterator[str]:
    """Every vehicle stands in exactly one row, with a status that has a reason."""
    count = Counter(row["vehicle_id"] for row in run.rows)
    for vehicle in sorted(set(run.inputs.fleet) - set(count)):
        yield f"{vehicle} has no row"
    for vehicle, rows in sorted(count.items()):
        if vehicle not in run.inputs.fleet:
            yield f"{vehicle} is not of the fleet"
        if rows > 1:
            yield f"{vehicle} has {rows} rows"
    for row in run.rows:
        if row["status"] not in STATUSES:
            yield f"{row['vehicle_id']}: status {row['status']}"
        elif not row["reason"]:
            yield f"{row['vehicle_id']}: {row['status']} without a reason"


def places_exist(run: Run) -> Iterator[str]:
    """Venue, channel, event, offer and date of a planned vehicle belong together."""
    for row in run.planned:
        who, venue = row["vehicle_id"], run.inputs.venues.get(row["venue_id"])
        if venue is None or venue["channel"] != row["channel"]:
            yield f"{who}: no venue {row['venue_id']} of channel {row['channel']}"
        elif row["channel"] == "auction":
            event = run.inputs.events.get(row["event_id"])
            if event is None or event["venue_id"] != row["venue_id"]:
                yield f"{who}: event {row['event_id']} is not at {row['venue_id']}"
            elif event["sale_day"] != row["event_date"]:
                yield f"{who}: event {row['event_id']} is not on {row['event_date']}"
        elif row["channel"] == "dealer":
            offer = run.inputs.offers.get(row["offer_id"])
            if offer is None or offer["venue_id"] != row["venue_id"]:
                yield f"{who}: offer {row['offer_id']} is not of {row['venue_id']}"
        if row["channel"] != "auction" and row["event_id"] is not None:
            yield f"{who}: an event outside the auctions"
        if not run.inputs.as_of < row["event_date"] <= run.inputs.end:
            yield f"{who}: {row['event_date']} lies outside the horizon"
    for row in run.rows:
        if row["status"] != "planned" and (row["event_id"] or row["offer_id"]):
            yield f"{row['vehicle_id']}: {row['status']}, yet it has a slot"


def dates_can_be_kept(run: Run) -> Iterator[str]:
    """A unit is there in time: hold ended, transit, entry cut-off and display."""
    for row in run.planned:
        who, venue = row["vehicle_id"], run.inputs.venues[row["venue_id"]]
        before = 0.0
        if row["channel"] == "auction":
            before = venue["entry_days"] + venue["display_days"]
        _, days = run.inputs.move(who, row["venue_id"])
        there = run.inputs.ready(who) + timedelta(days=math.ceil(round(days + before, 6)))
        if there > row["event_date"]:
            yield f"{who}: there on {there} at the earliest, planned for {row['event_date']}"


def holds_bind(run: Run) -> Iterator[str]:
    """What is legally held beyond the horizon is barred, and nothing else is."""
    for row in run.rows:
        until = run.inputs.holds.get(row["vehicle_id"])
        bars = until is not None and until >= run.inputs.end
        if bars != (row["status"] == "barred"):
            yield f"{row['vehicle_id']}: held until {until}, status {row['status']}"


def events_have_room(run: Run) -> Iterator[str]:
    """First runs fit each event; with expected re-runs they fit several events in a row."""
    first = Counter(row["event_id"] for row in run.planned if row["channel"] == "auction")
    again: dict[str, float] = defaultdict(float)
    for row in run.planned:
        for step in run.policy.get(row["vehicle_id"], [])[1:]:
            if step["event_id"] is not None:
                again[step["event_id"]] += step["reach_chance"]
    calendar: dict[str, list[str]] = defaultdict(list)
    for event, row in sorted(run.inputs.events.items(), key=lambda item: item[1]["sale_day"]):
        calendar[row["venue_id"]].append(event)
        if first[event] > row["slots"]:
            yield f"{event}: {first[event]} first runs in {row['slots']} slots"
    spread = run.inputs.settings.get("auction", {}).get("rerun_spread", RERUN_SPREAD)
    for events in calendar.values():
        for start in range(max(len(events) - spread + 1, 1)):
            window = events[start : start + spread]
            units = sum(first[event] + again[event] for event in window)
            slots = sum(run.inputs.events[event]["slots"] for event in window)
            if any(again[event] for event in window) and units > slots + 1e-5:
                yield f"{' and '.join(window)}: {units:.4f} runs expected in {slots} slots"


def policies_follow(run: Run) -> Iterator[str]:
    """The policy starts with the assignment, and its chances add up."""
    auctioned = {row["vehicle_id"] for row in run.planned if row["channel"] == "auction"}
    for vehicle in sorted(auctioned ^ set(run.policy)):
        yield f"{vehicle}: a policy without an auction, or an auction without a policy"
    for row in run.planned:
        steps = run.policy.get(row["vehicle_id"])
        if row["channel"] != "auction" or not steps:
            continue
        who, start = row["vehicle_id"], steps[0]
        if [step["step"] for step in steps] != list(range(1, len(steps) + 1)):
            yield f"{who}: steps are not numbered from 1"
        if start["event_id"] != row["event_id"] or abs(start["reserve"] - row["reserve"]) > CENT:
            yield f"{who}: the first step is not the assignment"
        left = 1.0
        for step in steps:
            if abs(step["reach_chance"] - left) > 1e-6:
                yield f"{who}: step {step['step']} is reached by {step['reach_chance']}, not {left}"
            left -= step["sale_chance"]
        if not -1e-9 <= left <= 1.0 or abs(1.0 - left - row["sale_probability"]) > 1e-6:
            yield f"{who}: sold with {row['sale_probability']}, by the policy with {1 - left}"
        if min(step["reserve"] for step in steps) <= 0.0:
            yield f"{who}: a reserve of nothing"


def weekly_intakes_hold(run: Run) -> Iterator[str]:
    """Lanes and venues with a weekly limit take no more."""
    moved: Counter[tuple[Any, ...]] = Counter()
    taken: Counter[tuple[str, int]] = Counter()
    for row in run.planned:
        venue = run.inputs.venues[row["venue_id"]]
        day = (row["event_date"] - run.inputs.as_of).days
        if venue["weekly_units"] is not None:
            taken[row["venue_id"], _week(day)] += 1
        lane = (run.inputs.fleet[row["vehicle_id"]]["state"], venue["region"])
        if lane in run.inputs.lanes:
            before = 0.0
            if row["channel"] == "auction":
                before = venue["entry_days"] + venue["display_days"]
            leaves = math.floor(day - before - run.inputs.lanes[lane]["days"])
            moved[(*lane, _week(leaves))] += 1
    for (venue_id, week), units in sorted(taken.items()):
        limit = run.inputs.venues[venue_id]["weekly_units"]
        if units > limit:
            yield f"{venue_id}: {units} units in week {week}, {limit:g} at most"
    for (start, end, week), units in sorted(moved.items()):
        limit = run.inputs.lanes[start, end]["weekly_units"]
        if units > limit:
            yield f"lane {start} to {end}: {units} units in week {week}, {limit:g} at most"


def limits_hold(run: Run) -> Iterator[str]:
    """Concentration limits of the settings hold."""
    parties = {name: hedge["counterparty"] for name, hedge in run.inputs.hedges.items()}
    key: dict[str, Callable[[Row], Any]] = {
        "channel": lambda row: row["channel"],
        "venue": lambda row: row["venue_id"],
        "week": lambda row: _week((row["event_date"] - run.inputs.as_of).days),
        "counterparty": lambda row: parties.get(
            row["hedge_id"], row["venue_id"] if row["channel"] == "dealer" else None
        ),
    }
    for limit in run.inputs.settings["limits"]:
        count = Counter(key[limit["by"]](row) for row in run.planned)
        caps = [limit["max_units"]] if "max_units" in limit else []
        if "max_share" in limit:
            caps.append(int(Decimal(str(limit["max_share"])) * run.plannable))
        groups = [limit["group"]] if "group" in limit else [g for g in count if g is not None]
        for group in groups:
            if count[group] > min(caps):
                yield f"{limit['by']} {group}: {count[group]} units, {min(caps)} at most"
    share = run.inputs.settings["constraints"].get("max_hold_share")
    held = run.plannable - len(run.planned)
    if share is not None and held > int(Decimal(str(share)) * run.plannable):
        yield f"{held} held of {run.plannable}"


def offers_are_met(run: Run) -> Iterator[str]:
    """Dealers get what they asked for: as many as stated, and only what they bid on."""
    count = Counter(row["offer_id"] for row in run.planned if row["channel"] == "dealer")
    for name, offer in run.inputs.offers.items():
        if count[name] and not offer["min_units"] <= count[name] <= offer["max_units"]:
            bounds = f"{offer['min_units']} to {offer['max_units']}"
            yield f"offer {name}: {count[name]} units, {bounds} or none"
    for row in run.planned:
        if row["channel"] != "dealer":
            continue
        if row["offer_id"] not in run.inputs.offers:
            yield f"{row['vehicle_id']}: a dealer, but no offer of any"
            continue
        unit, offer = run.inputs.fleet[row["vehicle_id"]], run.inputs.offers[row["offer_id"]]
        for rule, kept in _predicates(unit, offer, run.inputs.as_of).items():
            if not kept:
                yield f"{row['vehicle_id']}: does not meet {rule} of offer {row['offer_id']}"
        if not offer["valid_from"] <= row["event_date"] <= offer["valid_until"]:
            yield f"{row['vehicle_id']}: offer {row['offer_id']} is not open on {row['event_date']}"
        price = offer["price"] or offer["guide_rate"] * unit["mmr"]
        if abs(row["gross"] - price) > CENT:
            yield f"{row['vehicle_id']}: the dealer pays {price:.2f}, not {row['gross']:.2f}"


def _predicates(unit: Row, offer: Row, today: date) -> dict[str, bool]:
    age = (today - date(int(unit["year"]), 7, 1)).days / 365.25
    grade, odometer = unit["grade"], unit["odometer"]
    return {
        "make": offer["make"] is None or unit["make"].lower() == offer["make"].lower(),
        "model": offer["model"] is None or unit["model"].lower() == offer["model"].lower(),
        "max_age_years": offer["max_age_years"] is None or age <= offer["max_age_years"],
        "max_odometer": offer["max_odometer"] is None
        or (odometer is not None and odometer <= offer["max_odometer"] + 1e-6),
        "min_grade": offer["min_grade"] is None
        or (grade is not None and grade >= offer["min_grade"]),
    }


def the_desk_is_heard(run: Run) -> Iterator[str]:
    """Pinned vehicles go where they are pinned, banned ones nowhere they are banned from."""
    rows = {row["vehicle_id"]: row for row in run.rows}
    for said in run.inputs.overrides:
        row = rows.get(said["vehicle_id"])
        if row is None or row["status"] in ("barred", "unsaleable"):
            continue
        given = {name: said[name] for name in ("venue_id", "channel", "event_id") if said[name]}
        match = row["status"] == "planned" and all(row[k] == v for k, v in given.items())
        if match != (said["action"] == "pin") and (match or said["action"] == "pin"):
            yield f"{said['vehicle_id']}: {said['action']} {given}, yet {row['venue_id']}"


def conditions_suit(run: Run) -> Iterator[str]:
    """Venues take what they accept, and damaged units are not hauled too far to an auction."""
    farthest = run.inputs.settings.get("auction", {}).get("damaged_distance_km", 500.0)
    for row in run.planned:
        who, accepts = row["vehicle_id"], run.inputs.venues[row["venue_id"]]["accepts"]
        hurt = run.inputs.damaged(who)
        if accepts != "any" and hurt != (accepts == "damaged"):
            yield f"{who}: {row['venue_id']} takes {accepts} units"
        km = run.inputs.distance_km(who, row["venue_id"])
        if hurt and row["channel"] == "auction" and km > farthest + 1.0:
            yield f"{who}: damaged, moved {km:.0f} km to {row['venue_id']}, {farthest:g} at most"


def bridges_add_up(run: Run) -> Iterator[str]:
    """Gross less every deduction is the expected net, to a cent; the quantiles are in order."""
    for row in run.rows:
        if row["status"] in ("barred", "unsaleable"):
            continue
        who = row["vehicle_id"]
        if any(row[name] is None for name in (*BRIDGE, "expected_net")):
            yield f"{who}: the bridge has a gap"
            continue
        net = sum(sign * row[name] for name, sign in BRIDGE.items())
        if not abs(net - row["expected_net"]) <= CENT:
            yield f"{who}: the bridge ends at {net:.2f}, expected_net is {row['expected_net']:.2f}"
        if not row["net_p05"] <= row["net_p50"] <= row["net_p95"]:
            yield f"{who}: quantiles out of order"
        if min(row[name] for name in BRIDGE) < -CENT and row["gross"] >= 0.0:
            low = min(BRIDGE, key=lambda name: row[name])
            if low != "finance":
                yield f"{who}: negative {low} {row[low]:.2f}"


def costs_are_those_stated(run: Run) -> Iterator[str]:
    """Transport, holding, finance and fees are those of the tables and the settings."""
    for row in run.planned:
        who, venue = row["vehicle_id"], run.inputs.venues[row["venue_id"]]
        days = (row["event_date"] - run.inputs.as_of).days
        cost, _ = run.inputs.move(who, row["venue_id"])
        if abs(row["transport"] - cost) > max(CENT, 1e-4 * cost):
            yield f"{who}: transport {row['transport']:.2f}, by the tables {cost:.2f}"
        keep = run.inputs.holding(days)
        if abs(row["holding"] - keep) > CENT:
            yield f"{who}: holding {row['holding']:.2f}, by the settings {keep:.2f}"
        if row["channel"] == "dealer":
            late = run.inputs.discount(days + venue["settlement_days"])
            if abs(row["finance"] - row["gross"] * (1 - late)) > CENT:
                yield f"{who}: finance {row['finance']:.2f}"
            if abs(row["fees"]) > CENT:
                yield f"{who}: fees {row['fees']:.2f} of a dealer who takes none"
        if row["channel"] == "auction":
            runs = len(run.policy.get(who, []))
            least = 0.9 * row["sale_probability"] * venue["fee_sale"]
            most = venue["fee_sale"] + runs * venue["fee_no_sale"]
            if not least <= row["fees"] <= most:
                yield f"{who}: fees {row['fees']:.2f}, not within {least:.2f} to {most:.2f}"
        if row["tax"] != 0.0:
            yield f"{who}: tax {row['tax']:.2f} where none is due"


def loans_add_up(run: Run) -> Iterator[str]:
    """Recovery, deficiency and surplus share out the loan and the mean of the net."""
    for row in run.rows:
        who, balance = row["vehicle_id"], run.inputs.fleet[row["vehicle_id"]]["balance"]
        if row["loan_balance"] != balance:
            yield f"{who}: a loan of {row['loan_balance']}, in the file {balance}"
        parts = [row[name] for name in ("recovery", "deficiency", "surplus")]
        wanted = balance is not None and row["status"] in ("planned", "held")
        if any((part is not None) != wanted for part in parts):
            yield f"{who}: a loan without recovery, or recovery without a loan"
        elif wanted:
            recovery, short, over = parts
            if abs(recovery + short - balance) > CENT or min(short, over) < -CENT:
                yield f"{who}: {recovery:.2f} recovered and {short:.2f} short of {balance:.2f}"
            if abs(recovery + over - row["net_mean"]) > CENT:
                yield f"{who}: {recovery:.2f} and {over:.2f} over are not {row['net_mean']:.2f}"


def totals_add_up(run: Run) -> Iterator[str]:
    """The totals of risk.json are the sums of the rows and of the hedges."""
    told = run.object("risk")
    plan, fresh = told["plan"], told["plan"]["fresh"]
    moved = [row for row in run.rows if row["status"] in ("planned", "held")]
    puts = sum(
        row["expected_payoff"] - row["premium"]
        for row in run.table("hedges").to_dicts()
        if row["kind"] == "index_put"
    )
    whole = math.fsum(row["expected_net"] for row in moved) + puts
    if abs(whole - plan["expected"]) > CENT * 2:
        yield f"the rows add up to {whole:.2f}, expected is {plan['expected']:.2f}"
    blend = (1 - told["weight"]) * plan["expected"] + told["weight"] * plan["cvar"]
    if abs(blend - plan["objective"]) > CENT:
        yield f"mean and tail blend to {blend:.2f}, the objective is {plan['objective']:.2f}"
    parts = told["contributions"]
    for name in ("expected", "cvar"):
        total = math.fsum(part[name] for part in parts)
        if abs(total - fresh[name]) > CENT * 2:
            yield f"contributions to {name} add up to {total:.2f}, not {fresh[name]:.2f}"
    units = sum(part["units"] for part in parts)
    if units != len(moved):
        yield f"contributions of {units} units, the plan has {len(moved)}"
    luck = math.fsum(row["net_mean"] for row in moved)
    channels = math.fsum(part["expected"] for part in parts if part["channel"] != "hedges")
    if abs(luck - channels) > CENT * 2:
        yield f"means of the rows add up to {luck:.2f}, channels to {channels:.2f}"
    if not fresh["p05"] <= fresh["p50"] <= fresh["p95"] or fresh["cvar"] > fresh["p05"]:
        yield "the quantiles of the fresh total are out of order"
    for name, habit in told["baselines"].items():
        gain = plan["objective"] - habit["objective"]
        if abs(gain - habit["plan_gains_objective"]) > CENT:
            yield f"{name}: the plan gains {gain:.2f}, not {habit['plan_gains_objective']:.2f}"
        if gain < -CENT and not habit["unmet"]:
            yield f"{name} keeps every rule and beats the plan by {-gain:.2f}"
    if run.object("manifest")["solver"]["objective"] != plan["objective"]:
        yield "the manifest has another objective"


def hedges_hold(run: Run) -> Iterator[str]:
    """Hedges stay within what is on offer, and floors belong to the vehicles that name them."""
    named = Counter(row["hedge_id"] for row in run.planned if row["hedge_id"])
    bought = {row["hedge_id"]: row for row in run.table("hedges").to_dicts()}
    for name in sorted((set(named) | set(bought)) - set(run.inputs.hedges)):
        yield f"hedge {name} is not on offer"
    for name, hedge in run.inputs.hedges.items():
        units = bought[name]["quantity"] if name in bought else 0.0
        if units > hedge["limit"] + 1e-9 or units < 0.0 or abs(units - round(units)) > 1e-9:
            yield f"hedge {name}: {units} of {hedge['limit']}"
        if hedge["kind"] == "unit_floor" and units != named[name]:
            yield f"hedge {name}: {units} units bought, {named[name]} vehicles name it"
    for row in run.rows:
        if row["hedge_id"] is None:
            if (row["hedge_premium"] or 0.0) or (row["hedge_payoff"] or 0.0):
                yield f"{row['vehicle_id']}: hedge money without a hedge"
        elif not row["hedge_premium"] > 0.0:
            yield f"{row['vehicle_id']}: a hedge for nothing"
        elif row["event_date"] > run.inputs.hedges[row["hedge_id"]]["expiry"]:
            yield f"{row['vehicle_id']}: sold after its hedge expires"


def prices_match_uses(run: Run) -> Iterator[str]:
    """The table of shadow prices tells the same use of each rule, within its limit."""
    first = Counter(row["offer_id"] for row in run.planned if row["channel"] == "dealer")
    for row in run.table("shadow_prices").to_dicts():
        if row["kind"] == "offer_minimum":
            if 1e-6 < row["used"] < row["limit"] - 1e-6:
                yield f"{row['label']}: {row['used']} below its minimum {row['limit']}"
        elif row["used"] > row["limit"] + 1e-6:
            yield f"{row['kind']} {row['label']}: {row['used']} of {row['limit']}"
        if row["price"] < -1e-9:
            yield f"{row['kind']} {row['label']}: a price of {row['price']}"
        name = row["label"].removeprefix("offer ")
        if row["kind"] == "offer_maximum" and row["used"] != first[name]:
            yield f"{row['label']}: {row['used']} used, {first[name]} planned"


def sacrifices_are_bounded(run: Run) -> Iterator[str]:
    """No vehicle gives up more of its own best alternative than the settings allow."""
    rate = Decimal(str(run.inputs.settings["constraints"]["max_sacrifice_rate"]))
    pinned = {said["vehicle_id"] for said in run.inputs.overrides if said["action"] == "pin"}
    banned: dict[str, list[Row]] = defaultdict(list)
    for said in run.inputs.overrides:
        if said["action"] == "ban":
            banned[said["vehicle_id"]].append(said)
    best: dict[str, float] = {}
    for row in run.table("alternatives").to_dicts():
        off = any(
            all(row[k] == said[k] for k in ("venue_id", "channel") if said[k])
            for said in banned[row["vehicle_id"]]
        )
        if not off:
            known = best.get(row["vehicle_id"], -math.inf)
            best[row["vehicle_id"]] = max(known, row["expected_net"])
    for row in run.planned:
        who = row["vehicle_id"]
        if who in pinned or who not in best:
            continue
        give = max(float(rate) * best[who], 0.0)
        if row["expected_net"] < best[who] - give - CENT:
            yield f"{who}: {row['expected_net']:.2f} against {best[who]:.2f} at its best"


def parts_are_listed(run: Run) -> Iterator[str]:
    """What is taken off a dismantled unit is on its list, after what it needs."""
    taken = run.table("parts_plan")
    sent = {row["vehicle_id"] for row in run.planned if row["channel"] == "dismantling"}
    for vehicle in sorted(set(taken["vehicle_id"].to_list()) ^ sent):
        yield f"{vehicle}: parts without dismantling, or dismantling without parts"
    for vehicle, rows in taken.partition_by("vehicle_id", as_dict=True).items():
        parts = rows.sort("removal").to_dicts()
        if not any(_comes_off(parts, group) for group in run.inputs.parts.values()):
            yield f"{vehicle[0]}: parts of no list, or in an order that it does not allow"


def _comes_off(parts: list[Row], group: dict[str, Row]) -> bool:
    """Whether parts stand on a list as they are told, each after those that it needs."""
    off: set[str] = set()
    for number, part in enumerate(parts, start=1):
        listed = group.get(part["part"])
        if listed is None or part["removal"] != number or not listed["needs"] <= off:
            return False
        if any(part[name] != listed[name] for name in ("price", "chance", "labour_hours")):
            return False
        off.add(part["part"])
    return True


def proof_is_consistent(run: Run) -> Iterator[str]:
    """Bound, objective and gap agree, and the inputs are those that were hashed."""
    manifest = run.object("manifest")
    solver = manifest["solver"]
    bound, objective = solver["bound"], solver["objective"]
    slack = 1e-9 * max(abs(bound), abs(objective))
    if bound < objective - slack:
        yield f"the bound {bound} lies below the objective {objective}"
    gap = max(bound - objective, 0.0) / max(abs(bound), abs(objective))
    if abs(gap - solver["gap"]) > 1e-9:
        yield f"the gap is {gap}, not {solver['gap']}"
    if solver["status"] in ("optimal", "gap") and gap > run.inputs.settings["solver"]["gap"]:
        yield f"{solver['status']}, yet the gap is {gap}"
    for name, told in manifest["inputs"].items():
        digest = hashlib.sha256((run.inputs.folder / name).read_bytes()).hexdigest()
        if told["sha256"] != digest:
            yield f"{name} has another hash"
    used = {source["file"] for source in run.inputs.settings["tables"].values()}
    for name in sorted((used | {"disposal.toml"}) - set(manifest["inputs"])):
        yield f"{name} is not among the hashed inputs"


Check = Callable[[Run], Iterator[str]]

CHECKS: Final[tuple[Check, ...]] = (
    everyone_has_a_status,
    places_exist,
    dates_can_be_kept,
    holds_bind,
    events_have_room,
    policies_follow,
    weekly_intakes_hold,
    limits_hold,
    offers_are_met,
    the_desk_is_heard,
    conditions_suit,
    bridges_add_up,
    costs_are_those_stated,
    loans_add_up,
    totals_add_up,
    hedges_hold,
    prices_match_uses,
    sacrifices_are_bounded,
    parts_are_listed,
    proof_is_consistent,
)


def breaches(workspace: Path, run: Path) -> dict[str, list[str]]:
    """Run every check; the breaches by check, without the checks that passed.

    Parameters
    ----------
    workspace, run : Path
        Folders of the workspace and of the run.

    Returns
    -------
    dict of list of str
    """
    looked_at = Run(Inputs(workspace), run)
    found = {check.__name__: list(check(looked_at)) for check in CHECKS}
    return {name: told for name, told in found.items() if told}


def _week(day: int) -> int:
    return max((day - 1) // 7 + 1, 1)
