"""The columns of tables that tell of vehicles, one by one or option by option."""

from __future__ import annotations

from typing import Final

from auction.run.output_column import OutputColumn, count, date, flag, money, number, text

_VEHICLE: Final = {"vehicle_id": text("the lender's own number of the unit")}
_PLACE: Final = {
    "channel": text("auction, dealer, dismantling, or hold for a later planning"),
    "venue_id": text("auction site, dealer or dismantler; null for hold"),
    "event_id": text("event of the first run; auctions only"),
    "event_date": date("day of the first run, or of the hand-over; null for hold"),
    "week": count("weeks", "week of that day, days 1 to 7 after the planning date being week 1"),
    "offer_id": text("offer of a dealer: standing, forward or of consignment"),
    "hedge_id": text("unit floor that covers the vehicle"),
    "reconditioning_id": text("work done on the vehicle before it is sold; null for none"),
    "terms": text(
        "how it is sold: the share of the best reserve that is asked, the floor, a standing offer, "
        "a forward and its share of the market's price, a consignment and its days on the list"
    ),
    "reserve": money(
        "reserve of the first run, price first asked on consignment, or floor of a forward"
    ),
    "sale_probability": number(
        "share", "chance that it sells there in any of its runs, if not redeemed first"
    ),
}
_BRIDGE: Final = {
    "gross": money(
        "expected price, of whichever run sells it or of the trade after the last; not discounted"
    ),
    "fees": money("fees on a sale and on offerings that do not sell"),
    "tax": money("tax on the sale borne by the seller"),
    "reconditioning": money("work done on it before it is sold"),
    "transport": money("moving it there"),
    "holding": money("keeping it until the first sale date"),
    "finance": money("what waiting for the money costs at the discount rate"),
    "rerun": money("keeping it between runs"),
    "returns": money(
        "what sales that are undone after arbitration are expected to cost: the return, and the "
        "lower price of the second sale"
    ),
    "own_volume": money(
        "its part of what prices fall by, as the plan sells more of a kind on one market; null or "
        "nought where an option is not taken"
    ),
    "hedge_premium": money("premium of the floor"),
    "hedge_payoff": money("expected pay-off of the floor, a unit floor's or a forward's"),
    "redemption": money(
        "what the chance that the borrower redeems it before the sale adds to the net of the sale, "
        "or takes off; all the items above are those of the sale"
    ),
    "expected_net": money(
        "gross less fees, tax, reconditioning, transport, holding, finance, rerun, returns, "
        "own_volume and hedge_premium, plus hedge_payoff and redemption; as of the planning date"
    ),
}
_STANDING: Final = {
    "risk": money("what counting the worst scenarios more adds to its expected net, or takes off"),
    "slot_price": money(
        "what the scarce things that it uses are worth to other vehicles; null where it is barred"
    ),
    "scarcest": text("which of them is dearest, as the shadow prices call it"),
    "barred_by": text(
        "pin, ban, sacrifice (it is worth too much less than the vehicle's best), floor (not on "
        "offer); null where it is open"
    ),
}
_ASSIGNMENTS: Final = {
    **_VEHICLE,
    "make": text("maker"),
    "model": text("model"),
    "status": text("planned, held, barred or unsaleable"),
    "reason": text("why it goes there, or why it cannot be planned"),
    "reason_code": text("the reason as one of a few words, see auction.reasons"),
    "reason_values": text("the figures of the reason, as JSON"),
    **_PLACE,
    **_BRIDGE,
    "distance_km": number("km", "great-circle distance to the venue"),
    "margin_to_runner_up": money(
        "lead over the best option at another place or date, both less the prices of what they "
        "use, and less what moving there from the last plan costs"
    ),
    "runner_up_channel": text("channel of that option; null where there is no other"),
    "runner_up_venue": text("venue of that option"),
    "runner_up_date": date("day of that option"),
    "given_up": money("expected net of its best allowed option less that of the choice"),
    "net_mean": money("mean of the net proceeds on fresh scenarios"),
    "net_p05": money("net proceeds that 5 % of the fresh scenarios fall short of"),
    "net_p50": money("net proceeds that half of the fresh scenarios fall short of"),
    "net_p95": money("net proceeds that 95 % of the fresh scenarios fall short of"),
    "loan_balance": money("what the borrower still owes"),
    "recovery": money("expected part of the loan that the net proceeds pay back"),
    "deficiency": money("expected part of the loan that stays unpaid"),
    "surplus": money("expected proceeds beyond the loan"),
    "redeemed_first": number(
        "share", "chance that the borrower redeems it before that day; null where nobody can"
    ),
    "redemption_amount": money("what is paid if the borrower redeems it"),
    "value": money("median hammer price that the forecast gives it today at the reference venue"),
}
_ALTERNATIVES: Final = {
    **_VEHICLE,
    "rank": count("places", "1 for the option taken, then by expected net"),
    "taken": flag("whether the plan takes it"),
    "allowed": flag("whether pins, bans and the largest sacrifice leave it open"),
    **_PLACE,
    **_BRIDGE,
    "distance_km": number("km", "great-circle distance to the venue"),
    **_STANDING,
    "scarcest_price": money("price of a unit of the dearest of what it uses; null for none"),
    "scarcest_more": number(
        "units", "how much more of that it uses than the option taken, in the unit of the limit"
    ),
    "fee_above": money(
        "where its venue charges in tiers: the fee at the expected price, on consignment at the "
        "price first asked, is of the tier above this price; null where it has none"
    ),
    "fee_up_to": money("the price at which that tier ends; null for no end"),
    "fee_fixed": money("what that tier charges whatever the price"),
    "fee_share": number("share of the price", "what that tier charges in proportion"),
}
_OFFERED: Final = {
    **_VEHICLE,
    "taken": flag("whether the plan takes it"),
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
    "effect": text(
        "what moves the value: base (money), then factors such as make, model, age, odometer, "
        "grade, market and guide, the middle of the spread, and the appraisal where there is one, "
        "which multiply to its value; for an auction or a hold then earlier runs, reconditioning, "
        "venue, ageing, market and middle until then, which lead to the median price there on "
        "that day"
    ),
    "level": text("what the effect stands for, such as the make or the age"),
    "factor": number("factor", "by which it multiplies the value; money for base"),
    "low": number("factor", "lower end of its 90 % interval; null where none is known"),
    "high": number("factor", "upper end of its 90 % interval"),
}
_POLICY: Final = {
    **_VEHICLE,
    "step": count("runs", "1 for the first run"),
    "venue_id": text("auction site"),
    "event_id": text("event of the run; null past the horizon"),
    "date": date("day of that event"),
    "reserve": money("reserve in this run"),
    "sale_chance": number("share", "chance that it sells in this very run"),
    "reach_chance": number("share", "chance that it is offered in this run at all"),
    "if_unsold": text("what follows a run without a sale"),
}
_PARTS_PLAN: Final = {
    **_VEHICLE,
    "venue_id": text("dismantler"),
    "week": count("weeks", "week of delivery, 1 for days 1 to 7 after the planning date"),
    "removal": count("parts", "place in the order of removal, 1 for the part that comes off first"),
    "part": text("part to take off"),
    "price": money("what the part sells for"),
    "chance": number("share", "chance that it is recovered and sold"),
    "labour_hours": number("hours", "labour to take it off"),
    "labour_cost": money("labour at the dismantler's rate"),
    "route": text("where the law lets it go"),
    "expected_price": money("price times chance, before labour"),
    "profit": money(
        "expected price less labour; below nought where the part comes off for those that need it"
    ),
    "days_to_cash": number("days", "from delivery to the mean sale of the part"),
}
_INSPECTIONS: Final = {
    **_VEHICLE,
    "rank": count("places", "1 for the vehicle that is most worth an inspection"),
    "send": flag("whether the inspector should go: worth it, and among the first that he can do"),
    "worth": money("gain less delay less cost"),
    "gain": money("expected proceeds that deciding after the inspection adds, at the prices of "
                   "scarce slots"),
    "delay": money("what waiting for the inspection costs"),
    "cost": money("cost of the inspection"),
    "change_chance": number("share", "chance that another place becomes the best"),
    "channel": text("channel that the plan chose"),
    "venue_id": text("venue that the plan chose"),
    "instead_channel": text("channel of the other place that most often becomes the best"),
    "instead_venue_id": text("its venue"),
    "instead_chance": number("share", "chance that it does"),
    "above": money("it does where the stated value lies above this; null for no bound"),
    "below": money("it does where the stated value lies below this; null for no bound"),
    "error": number("log", "sd of the inspector's statement around the value, earlier appraisals "
                     "of the vehicle known"),
    "finely": flag("whether its worth was reckoned finely, or only by a first look"),
}  # fmt: skip

#: Columns of these tables, by the file name of the table without its ending.
BY_VEHICLE: Final[dict[str, dict[str, OutputColumn]]] = {
    "assignments": _ASSIGNMENTS,
    "alternatives": _ALTERNATIVES,
    "offered": _OFFERED,
    "effects": _EFFECTS,
    "policy": _POLICY,
    "parts_plan": _PARTS_PLAN,
    "inspections": _INSPECTIONS,
}
