"""What each column of a run's tables is: its type, its unit and its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MONEY: Final = "money"


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of a table of a run.

    Parameters
    ----------
    type : str
        text, date, number, count, list of counts, yes or no.
    unit : str
        What it is measured in, empty for words, dates and answers. Money stands in the
        currency of the run.
    meaning : str
        What a value says, in words.
    """

    type: str
    unit: str
    meaning: str


def _text(meaning: str) -> OutputColumn:
    return OutputColumn("text", "", meaning)


def _date(meaning: str) -> OutputColumn:
    return OutputColumn("date", "", meaning)


def _flag(meaning: str) -> OutputColumn:
    return OutputColumn("yes or no", "", meaning)


def _count(unit: str, meaning: str) -> OutputColumn:
    return OutputColumn("count", unit, meaning)


def _number(unit: str, meaning: str) -> OutputColumn:
    return OutputColumn("number", unit, meaning)


def _money(meaning: str) -> OutputColumn:
    return _number(MONEY, meaning)


_VEHICLE: Final = {"vehicle_id": _text("the lender's own number of the unit")}
_PLACE: Final = {
    "channel": _text("auction, dealer, dismantling, or hold for a later planning"),
    "venue_id": _text("auction site, dealer or dismantler; null for hold"),
    "event_id": _text("event of the first run; auctions only"),
    "event_date": _date("day of the first run, or of the hand-over; null for hold"),
    "week": _count("weeks", "week of that day, days 1 to 7 after the planning date being week 1"),
    "offer_id": _text("offer of a dealer: standing, forward or of consignment"),
    "hedge_id": _text("unit floor that covers the vehicle"),
    "reconditioning_id": _text("work done on the vehicle before it is sold; null for none"),
    "terms": _text(
        "how it is sold: the share of the best reserve that is asked, the floor, a standing offer, "
        "a forward and its share of the market's price, a consignment and its days on the list"
    ),
    "reserve": _money(
        "reserve of the first run, price first asked on consignment, or floor of a forward"
    ),
    "sale_probability": _number(
        "share", "chance that it sells there in any of its runs, if not redeemed first"
    ),
}
_BRIDGE: Final = {
    "gross": _money(
        "expected price, of whichever run sells it or of the trade after the last; not discounted"
    ),
    "fees": _money("fees on a sale and on offerings that do not sell"),
    "tax": _money("tax on the sale borne by the seller"),
    "reconditioning": _money("work done on it before it is sold"),
    "transport": _money("moving it there"),
    "holding": _money("keeping it until the first sale date"),
    "finance": _money("what waiting for the money costs at the discount rate"),
    "rerun": _money("keeping it between runs"),
    "returns": _money(
        "what sales that are undone after arbitration are expected to cost: the return, and the "
        "lower price of the second sale"
    ),
    "own_volume": _money(
        "its part of what prices fall by, as the plan sells more of a kind on one market; null or "
        "nought where an option is not taken"
    ),
    "hedge_premium": _money("premium of the floor"),
    "hedge_payoff": _money("expected pay-off of the floor, a unit floor's or a forward's"),
    "redemption": _money(
        "what the chance that the borrower redeems it before the sale adds to the net of the sale, "
        "or takes off; all the items above are those of the sale"
    ),
    "expected_net": _money(
        "gross less fees, tax, reconditioning, transport, holding, finance, rerun, returns, "
        "own_volume and hedge_premium, plus hedge_payoff and redemption; as of the planning date"
    ),
}

_STANDING: Final = {
    "risk": _money("what counting the worst scenarios more adds to its expected net, or takes off"),
    "slot_price": _money(
        "what the scarce things that it uses are worth to other vehicles; null where it is barred"
    ),
    "scarcest": _text("which of them is dearest, as the shadow prices call it"),
    "barred_by": _text(
        "pin, ban, sacrifice (it is worth too much less than the vehicle's best), floor (not on "
        "offer); null where it is open"
    ),
}

_ASSIGNMENTS: Final = {
    **_VEHICLE,
    "make": _text("maker"),
    "model": _text("model"),
    "status": _text("planned, held, barred or unsaleable"),
    "reason": _text("why it goes there, or why it cannot be planned"),
    "reason_code": _text("the reason as one of a few words, see auction.reasons"),
    "reason_values": _text("the figures of the reason, as JSON"),
    **_PLACE,
    **_BRIDGE,
    "distance_km": _number("km", "great-circle distance to the venue"),
    "margin_to_runner_up": _money(
        "lead over the best option at another place or date, both less the prices of what they "
        "use, and less what moving there from the last plan costs"
    ),
    "runner_up_channel": _text("channel of that option; null where there is no other"),
    "runner_up_venue": _text("venue of that option"),
    "runner_up_date": _date("day of that option"),
    "given_up": _money("expected net of its best allowed option less that of the choice"),
    "net_mean": _money("mean of the net proceeds on fresh scenarios"),
    "net_p05": _money("net proceeds that 5 % of the fresh scenarios fall short of"),
    "net_p50": _money("net proceeds that half of the fresh scenarios fall short of"),
    "net_p95": _money("net proceeds that 95 % of the fresh scenarios fall short of"),
    "loan_balance": _money("what the borrower still owes"),
    "recovery": _money("expected part of the loan that the net proceeds pay back"),
    "deficiency": _money("expected part of the loan that stays unpaid"),
    "surplus": _money("expected proceeds beyond the loan"),
    "redeemed_first": _number(
        "share", "chance that the borrower redeems it before that day; null where nobody can"
    ),
    "redemption_amount": _money("what is paid if the borrower redeems it"),
    "value": _money("median hammer price that the forecast gives it today at the reference venue"),
}

_ALTERNATIVES: Final = {
    **_VEHICLE,
    "rank": _count("places", "1 for the option taken, then by expected net"),
    "taken": _flag("whether the plan takes it"),
    "allowed": _flag("whether pins, bans and the largest sacrifice leave it open"),
    **_PLACE,
    **_BRIDGE,
    "distance_km": _number("km", "great-circle distance to the venue"),
    **_STANDING,
    "scarcest_price": _money("price of a unit of the dearest of what it uses; null for none"),
    "scarcest_more": _number(
        "units", "how much more of that it uses than the option taken, in the unit of the limit"
    ),
    "fee_above": _money(
        "where its venue charges in tiers: the fee at the expected price, on consignment at the "
        "price first asked, is of the tier above this price; null where it has none"
    ),
    "fee_up_to": _money("the price at which that tier ends; null for no end"),
    "fee_fixed": _money("what that tier charges whatever the price"),
    "fee_share": _number("share of the price", "what that tier charges in proportion"),
}

_OFFERED: Final = {
    **_VEHICLE,
    "taken": _flag("whether the plan takes it"),
    **{
        name: told
        for name, told in {**_PLACE, **_BRIDGE}.items()
        if name
        in ("channel", "venue_id", "event_id", "offer_id", "event_date", "gross", "expected_net")
    },
    **_STANDING,
}

_EFFECTS: Final = {
    **_VEHICLE,
    "effect": _text(
        "what moves the value: base (money), then factors such as make, model, age, odometer, "
        "grade, market and guide, the middle of the spread, and the appraisal where there is one, "
        "which multiply to its value; for an auction or a hold then earlier runs, reconditioning, "
        "venue, ageing, market and middle until then, which lead to the median price there on "
        "that day"
    ),
    "level": _text("what the effect stands for, such as the make or the age"),
    "factor": _number("factor", "by which it multiplies the value; money for base"),
    "low": _number("factor", "lower end of its 90 % interval; null where none is known"),
    "high": _number("factor", "upper end of its 90 % interval"),
}

_POLICY: Final = {
    **_VEHICLE,
    "step": _count("runs", "1 for the first run"),
    "venue_id": _text("auction site"),
    "event_id": _text("event of the run; null past the horizon"),
    "date": _date("day of that event"),
    "reserve": _money("reserve in this run"),
    "sale_chance": _number("share", "chance that it sells in this very run"),
    "reach_chance": _number("share", "chance that it is offered in this run at all"),
    "if_unsold": _text("what follows a run without a sale"),
}

_PARTS_PLAN: Final = {
    **_VEHICLE,
    "venue_id": _text("dismantler"),
    "week": _count("weeks", "week of delivery, 1 for days 1 to 7 after the planning date"),
    "removal": _count(
        "parts", "place in the order of removal, 1 for the part that comes off first"
    ),
    "part": _text("part to take off"),
    "price": _money("what the part sells for"),
    "chance": _number("share", "chance that it is recovered and sold"),
    "labour_hours": _number("hours", "labour to take it off"),
    "labour_cost": _money("labour at the dismantler's rate"),
    "route": _text("where the law lets it go"),
    "expected_price": _money("price times chance, before labour"),
    "profit": _money(
        "expected price less labour; below nought where the part comes off for those that need it"
    ),
    "days_to_cash": _number("days", "from delivery to the mean sale of the part"),
}

_HEDGES: Final = {
    "hedge_id": _text("instrument on offer"),
    "kind": _text("unit_floor, insurance, index_put, stop_loss or quota_share"),
    "counterparty": _text("who has to pay"),
    "quantity": _number("units or lots", "what the plan takes of it; 1 for a layer taken"),
    "limit": _number(
        "units or lots, or money", "most that is on offer; of a layer, most that is made good"
    ),
    "premium": _money("premium in total"),
    "expected_payoff": _money("expected pay-off in total, as of the planning date"),
    "entry": _text("entry of the menu with which a layer is taken; null for any other"),
    "worth": _money(
        "objective of the plan with it less that of the best plan without, premium paid; of a "
        "layer not taken, what taking it would change; null for another hedge not taken"
    ),
    "worth_low": _money("worth that the bounds of both plans prove at least"),
    "worth_high": _money("worth that they allow at most"),
    "marginal_worth": _number(
        "money per unit or lot",
        "what one more unit or lot would bring beyond its premium; below nought, what the premium "
        "is too dear by; of a layer, what one more unit of money of its limit would bring",
    ),
    "verdict": _text(
        "pays (proven to be worth more than its premium), within_gap (so near that the gap "
        "of the plans decides), not_worth_premium (not taken), needed (without it a rule cannot be "
        "kept), over_limit (its counterparty's limit leaves no room for it), in_force "
        "(bought before), not_judged (the run was broken off)"
    ),
    "fresh_payoff": _money("mean pay-off on fresh scenarios"),
    "tail_payoff": _money("mean pay-off in the worst fresh scenarios of the plan"),
    "basis_risk": _number(
        "share",
        "of the variance of the rest of the plan that does not move with the pay-off; null where "
        "nothing is paid",
    ),
    "exposure": _money("most that the counterparty can come to owe; null where it has no end"),
    "conditions": _text("what has to be kept and proven for it to pay"),
}

_SHADOW_PRICES: Final = {
    "kind": _text(
        "what is scarce: event, reruns, lane, venue_week, reconditioning, limit, exposure, "
        "hold, hedge, offer, offer_maximum or offer_minimum; volume for many alike on one market; "
        "cash by a date; floor of the CVaR"
    ),
    "label": _text("which one, as the desk calls it"),
    "limit": _number(
        "units or money",
        "most that may be used; of volume, before prices fall; of exposure, money that a "
        "counterparty may come to owe; of cash and floor, what is asked for at least",
    ),
    "used": _number(
        "units or money", "what the plan uses, re-runs in expectation; of cash and floor, reaches"
    ),
    "price": _number(
        "money per unit",
        "what one unit more would bring; for a minimum, cash and floor, one unit less; of volume, "
        "what one unit more sold takes off the others",
    ),
}

_CAPACITY: Final = {
    "venue_id": _text("auction site"),
    "week": _count("weeks", "week after the planning date"),
    "slots": _count("units", "slots of its events in the week"),
    "first_runs": _count("units", "vehicles that the plan offers there for the first time"),
    "offered_mean": _number("units", "mean number offered on fresh scenarios, re-runs included"),
    "offered_q95": _number("units", "number that 95 % of the fresh scenarios stay within"),
    "beyond_mean": _number(
        "units", "mean number that find no slot, those put off from earlier weeks included"
    ),
    "beyond_q95": _number("units", "number of those that 95 % of the fresh scenarios stay within"),
}

_STRESS: Final = {
    "stress": _text("name of the stress"),
    "source": _text("where its figures come from"),
    "part": _text("all, a channel of the plan, or hedges"),
    "units": _count("units", "vehicles of the part"),
    "plan": _money("expected proceeds without the stress, on the same scenarios"),
    "stressed": _money("expected proceeds in the stress"),
    "change": _money("the difference"),
    "cvar": _money("part of the mean of the worst share of the proceeds in the stress"),
}

_OUTCOMES: Final = {
    "scenario": _count("", "number of the fresh scenario, from 0"),
    "plan": _money("proceeds of the plan, hedges included"),
    "nearest_auction": _money("proceeds of sending each vehicle to the nearest auction with room"),
    "greedy": _money("proceeds of making the best move first"),
}

_FRONTIER: Final = {
    "weight": _number("share", "weight of the tail in the measure that was maximised"),
    "taken": _flag("whether it is the weight of the settings"),
    "expected": _money("expected proceeds at that weight"),
    "cvar": _money("mean of the worst share of the proceeds at that weight"),
    "objective": _money("the measure at that weight"),
    "bound": _money("no plan is worth more at that weight"),
    "gap": _number("share", "relative distance of objective and bound"),
    "status": _text("why the search ended"),
    "fresh_expected": _money("expected proceeds on fresh scenarios"),
    "fresh_cvar": _money("mean of the worst share on fresh scenarios"),
}

_INSPECTIONS: Final = {
    **_VEHICLE,
    "rank": _count("places", "1 for the vehicle that is most worth an inspection"),
    "send": _flag("whether the inspector should go: worth it, and among the first that he can do"),
    "worth": _money("gain less delay less cost"),
    "gain": _money("expected proceeds that deciding after the inspection adds, at the prices of "
                   "scarce slots"),
    "delay": _money("what waiting for the inspection costs"),
    "cost": _money("cost of the inspection"),
    "change_chance": _number("share", "chance that another place becomes the best"),
    "channel": _text("channel that the plan chose"),
    "venue_id": _text("venue that the plan chose"),
    "instead_channel": _text("channel of the other place that most often becomes the best"),
    "instead_venue_id": _text("its venue"),
    "instead_chance": _number("share", "chance that it does"),
    "above": _money("it does where the stated value lies above this; null for no bound"),
    "below": _money("it does where the stated value lies below this; null for no bound"),
    "error": _number("log", "sd of the inspector's statement around the value, earlier appraisals "
                     "of the vehicle known"),
    "finely": _flag("whether its worth was reckoned finely, or only by a first look"),
}  # fmt: skip

_CALIBRATION: Final = {
    "dimension": _text(
        "what the sales are grouped by: all, group, grade, age, make, seller_kind, guide, price or "
        "ahead (weeks after the last sale that was learnt from)"
    ),
    "group": _text("which group"),
    "joined": _flag("whether it is what is left: groups too small, and sales without a word"),
    "sales": _count("sales", "later sales that were foretold from earlier ones"),
    "first": _date("first of these sales"),
    "last": _date("last of these sales"),
    "price_low": _money("least median foretold"),
    "price_high": _money("greatest median foretold"),
    "median_error": _number("share of price", "median error; above zero, forecasts were too high"),
    "median_absolute_error": _number("share of price", "median size of the error"),
    **{
        name: told
        for level in (50, 80, 90)
        for name, told in (
            (
                f"inside_{level}",
                _number("share", f"prices inside the central {level} % of the forecast"),
            ),
            (
                f"inside_{level}_error",
                _number("share", "standard error of that share, sales of a week erring together"),
            ),
        )
    },
    "parts": OutputColumn(
        "list of counts", "sales", "prices in each twentieth of the forecast, the lowest first"
    ),
    "part_error": _number(
        "share", "standard error of the share in a twentieth, sales of a week erring together"
    ),
    "later": _flag("whether the forecasts of values and market knew earlier days alone"),
    "apart": _flag(
        "whether the spread, and how much a guide counts, were told from other weeks than those "
        "they are judged on"
    ),
}

_MARKET: Final = {
    "date": _date("day of the level"),
    "kind": _text("past or forecast"),
    "level": _number("index", "market level, 100 on the planning date; the median of a forecast"),
    "q05": _number("index", "level that the forecast falls short of with chance 5 %"),
    "q25": _number("index", "level that the forecast falls short of with chance 25 %"),
    "q75": _number("index", "level that the forecast falls short of with chance 75 %"),
    "q95": _number("index", "level that the forecast falls short of with chance 95 %"),
}

_CARD_CURVES: Final = {
    "curve": _text(
        "what changes: age (the odometer at the typical reading of each age), standing (age "
        "alone), odometer or grade"
    ),
    "dimension": _text("of which vehicles: all, make, or group (the kind of vehicle)"),
    "group": _text("which of them"),
    "sales": _count("sales", "past sales of such vehicles"),
    "at": _number("years, km or grade", "age, reading or grade"),
    "value": _money("median price foretold there, geometric mean over past vehicles"),
    "relative": _number("share", "that against the youngest age, or the usual reading or grade"),
    "low": _number("share", "price that 5 % of such vehicles fall short of, against the same"),
    "high": _number("share", "price that 95 % of such vehicles fall short of, against the same"),
}

_CARD_KINDS: Final = {
    "effect": _text("kind of effect, such as make, age or odometer"),
    "spread": _number("log", "standard deviation of its log factor over past vehicles"),
    "low": _number("factor", "factor that 5 % of them fall short of, its middle being 1"),
    "high": _number("factor", "factor that 95 % of them fall short of, its middle being 1"),
}

_CARD_EFFECTS: Final = {
    "effect": _text("kind of effect, such as make or region"),
    "level": _text("which level of it, behind the make and model that it belongs to"),
    "sales": _count("sales", "past sales of that level"),
    "factor": _number("factor", "by which it multiplies the value"),
    "low": _number("factor", "lower end of its 90 % interval"),
    "high": _number("factor", "upper end of its 90 % interval"),
}

_CARD_DRIFT: Final = {
    "dimension": _text("what the sales are grouped by: all, group, grade, age, make, seller_kind "
                       "or guide"),
    "group": _text("which group"),
    "week": _count("weeks", "week of the sales that were foretold, the first being 1"),
    "first": _date("first day of that week"),
    "sales": _count("sales", "sales of the week"),
    "price_error": _number("share", "median of price over forecast, less 1"),
    "standardised": _number("scores", "mean normal score of the prices in their forecasts"),
    "smoothed": _number("scores", "its mean, with weights that fall by a quarter a week"),
    "smoothed_price_error": _number("share", "the same as a share of the price"),
    "limit": _number("scores", "what luck leaves of its size in all but 3 of 1,000 weeks"),
    "fan_limit": _number("scores", "what luck and the stated error of the market level leave of "
                         "its size in 99 of 100 weeks"),
    "price_limit": _number("share", "limit as a share of the price"),
    "price_fan_limit": _number("share", "fan_limit as a share of the price"),
    "inside_90": _number("share", "prices so far inside the central 90 % of their forecasts"),
    "inside_90_error": _number("share", "standard error of that share"),
    "state": _text("steady, moved (beyond luck) or drifted (beyond what the model held possible)"),
    "spread": _text("kept, narrow or wide: whether inside_90 is within luck of 90 %"),
    "statement": _text("the same in words"),
}  # fmt: skip

#: Every column of every table of a run, by the table's file name without its ending, in the
#: order in which they stand there.
OUTPUT_COLUMNS: Final[dict[str, dict[str, OutputColumn]]] = {
    "assignments": _ASSIGNMENTS,
    "alternatives": _ALTERNATIVES,
    "offered": _OFFERED,
    "effects": _EFFECTS,
    "policy": _POLICY,
    "parts_plan": _PARTS_PLAN,
    "hedges": _HEDGES,
    "shadow_prices": _SHADOW_PRICES,
    "capacity": _CAPACITY,
    "stress": _STRESS,
    "outcomes": _OUTCOMES,
    "frontier": _FRONTIER,
    "inspections": _INSPECTIONS,
    "calibration": _CALIBRATION,
    "market": _MARKET,
    "card_curves": _CARD_CURVES,
    "card_kinds": _CARD_KINDS,
    "card_effects": _CARD_EFFECTS,
    "card_drift": _CARD_DRIFT,
}
