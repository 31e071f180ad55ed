"""The columns of tables that tell of the plan as a whole."""

from __future__ import annotations

from typing import Final

from auction.run.output_column import OutputColumn, count, flag, money, number, text

_HEDGES: Final = {
    "hedge_id": text("instrument on offer"),
    "kind": text("unit_floor, insurance, index_put, stop_loss or quota_share"),
    "counterparty": text("who has to pay"),
    "quantity": number("units or lots", "what the plan takes of it; 1 for a layer taken"),
    "limit": number(
        "units or lots, or money", "most that is on offer; of a layer, most that is made good"
    ),
    "premium": money("premium in total"),
    "expected_payoff": money("expected pay-off in total, as of the planning date"),
    "entry": text("entry of the menu with which a layer is taken; null for any other"),
    "worth": money(
        "objective of the plan with it less that of the best plan without, premium paid; of a "
        "layer not taken, what taking it would change; null for another hedge not taken"
    ),
    "worth_low": money("worth that the bounds of both plans prove at least"),
    "worth_high": money("worth that they allow at most"),
    "marginal_worth": number(
        "money per unit or lot",
        "what one more unit or lot would bring beyond its premium; below nought, what the premium "
        "is too dear by; of a layer, what one more unit of money of its limit would bring",
    ),
    "verdict": text(
        "pays (proven to be worth more than its premium), within_gap (so near that the gap "
        "of the plans decides), not_worth_premium (not taken), needed (without it a rule cannot be "
        "kept), over_limit (its counterparty's limit leaves no room for it), in_force "
        "(bought before), not_judged (the run was broken off)"
    ),
    "fresh_payoff": money("mean pay-off on fresh scenarios"),
    "tail_payoff": money("mean pay-off in the worst fresh scenarios of the plan"),
    "basis_risk": number(
        "share",
        "of the variance of the rest of the plan that does not move with the pay-off; null where "
        "nothing is paid",
    ),
    "exposure": money("most that the counterparty can come to owe; null where it has no end"),
    "conditions": text("what has to be kept and proven for it to pay"),
}
_SHADOW_PRICES: Final = {
    "kind": text(
        "what is scarce: event, reruns, lane, venue_week, reconditioning, limit, exposure, "
        "hold, hedge, offer, offer_maximum or offer_minimum; volume for many alike on one market; "
        "cash by a date; floor of the CVaR"
    ),
    "label": text("which one, as the desk calls it"),
    "limit": number(
        "units or money",
        "most that may be used; of volume, before prices fall; of exposure, money that a "
        "counterparty may come to owe; of cash and floor, what is asked for at least",
    ),
    "used": number(
        "units or money", "what the plan uses, re-runs in expectation; of cash and floor, reaches"
    ),
    "price": number(
        "money per unit",
        "what one unit more would bring; for a minimum, cash and floor, one unit less; of volume, "
        "what one unit more sold takes off the others",
    ),
}
_CAPACITY: Final = {
    "venue_id": text("auction site"),
    "week": count("weeks", "week after the planning date"),
    "slots": count("units", "slots of its events in the week"),
    "first_runs": count("units", "vehicles that the plan offers there for the first time"),
    "offered_mean": number("units", "mean number offered on fresh scenarios, re-runs included"),
    "offered_q95": number("units", "number that 95 % of the fresh scenarios stay within"),
    "beyond_mean": number(
        "units", "mean number that find no slot, those put off from earlier weeks included"
    ),
    "beyond_q95": number("units", "number of those that 95 % of the fresh scenarios stay within"),
}
_STRESS: Final = {
    "stress": text("name of the stress"),
    "source": text("where its figures come from"),
    "part": text("all, a channel of the plan, or hedges"),
    "units": count("units", "vehicles of the part"),
    "plan": money("expected proceeds without the stress, on the same scenarios"),
    "stressed": money("expected proceeds in the stress"),
    "change": money("the difference"),
    "cvar": money("part of the mean of the worst share of the proceeds in the stress"),
}
_OUTCOMES: Final = {
    "scenario": count("", "number of the fresh scenario, from 0"),
    "plan": money("proceeds of the plan, hedges included"),
    "nearest_auction": money("proceeds of sending each vehicle to the nearest auction with room"),
    "greedy": money("proceeds of making the best move first"),
}
_FRONTIER: Final = {
    "weight": number("share", "weight of the tail in the measure that was maximised"),
    "taken": flag("whether it is the weight of the settings"),
    "expected": money("expected proceeds at that weight"),
    "cvar": money("mean of the worst share of the proceeds at that weight"),
    "objective": money("the measure at that weight"),
    "bound": money("no plan is worth more at that weight"),
    "gap": number("share", "relative distance of objective and bound"),
    "status": text("why the search ended"),
    "fresh_expected": money("expected proceeds on fresh scenarios"),
    "fresh_cvar": money("mean of the worst share on fresh scenarios"),
}

#: Columns of these tables, by the file name of the table without its ending.
OF_PLAN: Final[dict[str, dict[str, OutputColumn]]] = {
    "hedges": _HEDGES,
    "shadow_prices": _SHADOW_PRICES,
    "capacity": _CAPACITY,
    "stress": _STRESS,
    "outcomes": _OUTCOMES,
    "frontier": _FRONTIER,
}
