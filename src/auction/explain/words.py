"""A decision in words, from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from auction.explain.bridge_words import bridge_lines, side_by_side
from auction.explain.decision import SMALL, Record
from auction.explain.teardown_words import teardown_lines

_BARS: Final = {
    "pin": "the desk pinned the vehicle elsewhere",
    "commitment": "the vehicle is committed elsewhere",
    "ban": "the desk banned it",
    "sacrifice": "it is further below the vehicle's best option than the largest sacrifice allows",
    "floor": "its floor is not on offer",
}
_MOVING: Final = "the cost of moving it, whole slots or limits"
_LIFTED: Final = {
    "commitment": "the commitment", "pin": "the pin", "ban": "the ban",
    "sacrifice": "the limit on sacrifices", "floor": "the lack of its floor",
}  # fmt: skip


def tell(record: Record) -> str:
    """Tell a decision in words.

    Parameters
    ----------
    record : dict
        As :func:`auction.explain.decision.explain` returns it.

    Returns
    -------
    str
        Several lines; what the record does not hold is left out.
    """
    lines = [f"{record['vehicle_id']}: {record['make']} {record['model']}"]
    reason = record["reason"]
    lines.append(f"  {record['status']}: {reason}" if reason else f"  {record['status']}")
    if "choice" not in record:
        freed = record["freed_by"]
        lines += ["", "What would free it", f"  {freed}"] if freed else []
        return "\n".join([*lines, *_value(record)])
    lines.append(f"  {_place(record['choice'], far=True)}")
    lines += [f"  {record['cover']}"] if record.get("cover") else []
    lines += _value(record)
    lines += ["", f"From gross to net, {record['currency']}", *bridge_lines(record["choice"])]
    parts = (
        _spread, teardown_lines, _policy, _options, side_by_side, _change, _inspection, _loan,
        _redemption,
    )  # fmt: skip
    for part in parts:
        lines += part(record)
    return "\n".join(lines)


def _place(option: Mapping[str, Any], *, far: bool = False) -> str:
    if option["channel"] == "hold":
        return "kept for a later planning"
    when = f" on {option['event_date']}" if option["event_date"] else ""
    offer = f", offer {option['offer_id']}" if option.get("offer_id") else ""
    distance = option.get("distance_km") if far else None
    away = f", {distance:,.0f} km away" if distance is not None else ""
    return f"{option['channel']} at {option['venue_id']}{when} ({option['terms']}{offer}){away}"


def _value(record: Record) -> list[str]:
    value = record["value"]
    if value is None:
        return []
    lines = ["", "The value as a product, each factor with its 90 % interval"]
    lines += [_factor(effect) for effect in value["effects"]]
    lines.append(f"  = {value['today']:,.2f} today: median hammer price at the reference venue")
    if value["at_sale"] is not None:
        lines += [_factor(effect) for effect in value["later"]]
        lines.append(f"  = {value['at_sale']:,.2f} there on that day, given a sale")
    return lines


def _factor(effect: Mapping[str, Any]) -> str:
    base = effect["effect"] == "base"
    name = effect["effect"] + (f" {effect['level']}" if effect["level"] else "")
    if base:
        return f"    {effect['factor']:,.2f} {name}: a unit of no known make, new, in perfect state"
    known = effect["low"] is not None and effect["low"] != effect["high"]
    interval = f" ({effect['low']:.3f} to {effect['high']:.3f})" if known else ""
    return f"  x {effect['factor']:.4f} {name}{interval}"


def _spread(record: Record) -> list[str]:
    spread = record["spread"]
    if spread is None or spread["net_p50"] is None:
        return []
    told = (
        f"On fresh scenarios the net is {spread['net_p50']:,.0f} in the middle, "
        f"below {spread['net_p05']:,.0f} one time in twenty and above {spread['net_p95']:,.0f} "
        "one time in twenty."
    )
    return ["", told]


def _policy(record: Record) -> list[str]:
    steps = record["policy"]
    if not steps:
        return []
    lines = ["", "Reserve policy"]
    for step in steps:
        where = f"on {step['date']}" if step["date"] else "after the horizon"
        chance = _share(step["reach_chance"])
        reached = "" if step["step"] == 1 else f" if it comes to that (chance {chance})"
        own = step["sale_chance"] / step["reach_chance"] if step["reach_chance"] else 0.0
        lines.append(
            f"  Run {step['step']} {where}{reached}: ask no less than {step['reserve']:,.0f}. "
            f"It then sells with chance {_share(own)}; if unsold, {step['if_unsold']}."
        )
    unsold = steps[-1]["reach_chance"] - steps[-1]["sale_chance"]
    lines.append(f"  In no run does it sell with chance {_share(max(unsold, 0.0))}.")
    return lines


def _share(chance: float) -> str:
    return f"{chance:.0%}" if 0.01 <= chance <= 0.99 or chance in (0.0, 1.0) else f"{chance:.1%}"


def _options(record: Record) -> list[str]:
    lines = ["", "Options considered, the taken one first, then by expected net"]
    for option in record["options"]:
        mark = "*" if option["rank"] == 1 else " "
        lines.append(f"  {mark} {option['expected_net']:>12,.2f}  {_place(option)}")
        if option["rank"] > 1:
            lines.append(f"{'':18}{_why_not(option, record['reason_code'])}")
    return lines


def _why_not(option: Mapping[str, Any], code: str | None) -> str:
    """Say why an option lost against the choice."""
    more = -option["less_net"]
    earns = (
        "earns as much" if abs(more) < SMALL
        else f"earns {more:,.0f} more" if more > 0 else f"earns {-more:,.0f} less"
    )  # fmt: skip
    if option["barred_by"] is not None:
        return f"{earns}; barred: {_BARS[option['barred_by']]}"
    if option["behind"] is None:
        return earns
    parts = [earns]
    if option["more_slot_price"] > SMALL:
        parts.append(
            f"but what it uses is worth {option['more_slot_price']:,.0f} more to other vehicles"
            f" (dearest: {option['scarcest']})"
        )
    elif option["more_slot_price"] < -SMALL:
        parts.append(
            f"though what it uses is worth {-option['more_slot_price']:,.0f} less to others"
        )
    if option["less_risk"] > SMALL:
        parts.append(f"adds {option['less_risk']:,.0f} of risk")
    elif option["less_risk"] < -SMALL:
        parts.append(f"takes {-option['less_risk']:,.0f} of risk off")
    if option["behind"] < -SMALL:
        against = _MOVING if code == "stays" else "whole slots, limits or the end of the search"
        more_in_all = f"worth {-option['behind']:,.0f} more in all"
        parts.append(f"{more_in_all}, but {against} stand against it")
    else:
        parts.append(f"{option['behind']:,.0f} behind in all")
    return "; ".join(parts)


def _change(record: Record) -> list[str]:
    moves, runner = record["would_change"], record["runner_up"]
    if runner is None and not moves:
        return []
    lines = ["", "What would change it, all else standing still"]
    if runner is not None:
        where = runner["venue_id"] or runner["channel"]
        when = f" on {runner['event_date']}" if runner["event_date"] else ""
        lead = (
            f"leads by {runner['margin']:,.2f}" if runner["margin"] >= 0.0
            else f"is worth {-runner['margin']:,.2f} less, but whole slots, limits or the end of "
            "the search stand against the other"
        )  # fmt: skip
        lines.append(
            f"  Counting what scarce slots are worth, the next best is {where}{when}; the choice "
            f"{lead}."
        )
    return lines + [f"  {_move(move, record)}" for move in moves]


def _move(move: Mapping[str, Any], record: Record) -> str:
    amount = f"{move['amount']:,.2f}"
    if move["what"] == "choice_falls":
        share = f" ({move['share']:.1%} of its expected price)" if move["share"] else ""
        transport = record["choice"].get("transport")
        cost = f", or its transport from {transport:,.0f} to {transport + move['amount']:,.0f}"
        return (
            f"It would go there if the choice earned {amount}{share} less or the next best as much "
            f"more{cost if transport else ''}."
        )
    if move["what"] == "slots_cheaper" and move["scarcest"].startswith("cash by "):
        return (
            f"It would go to {_place(move)} if {move['scarcest']}, a unit of which now costs "
            f"{move['scarcest_price']:.4f}, cost {move['amount']:.4f} less: asking for less of it "
            "would bring that about."
        )
    if move["what"] == "slots_cheaper":
        return (
            f"It would go to {_place(move)} if a unit of {move['scarcest']}, now worth "
            f"{move['scarcest_price']:,.2f}, fell by {amount}: more room there would bring that "
            "about."
        )
    return (
        f"Without {_LIFTED[move['barred_by']]}, {_place(move)} would be open, which earns "
        f"{amount} more before its slots are paid."
    )


def _inspection(record: Record) -> list[str]:
    told = record.get("inspection")
    if told is None:
        return []
    sums = (
        f"gains {told['gain']:,.2f} by a better decision, and costs {told['cost']:,.2f} and "
        f"{told['delay']:,.2f} by the wait"
    )
    verdict = f"worth {told['worth']:,.2f}" if told["worth"] > 0.0 else "not worth it"
    lines = ["", "Inspecting it first", f"  {verdict}, rank {told['rank']}: it {sums}."]
    if told["instead_channel"] is None:
        return [*lines, "  Whatever is found, it goes where the plan sends it."]
    instead = "kept for a later planning"
    if told["instead_channel"] != "hold":
        instead = f"{told['instead_channel']} at {told['instead_venue_id']}"
    change = (
        f"  With chance {_share(told['change_chance'])} another place becomes the best, most often "
        f"{instead}: where its value is stated {_between(told['above'], told['below'])}."
    )
    return [*lines, change]


def _between(above: float | None, below: float | None) -> str:
    if above is not None and below is not None:
        return f"between {above:,.0f} and {below:,.0f}"
    if above is None and below is None:
        return "at some amounts"
    return f"below {below:,.0f}" if above is None else f"above {above:,.0f}"


def _redemption(record: Record) -> list[str]:
    right = record.get("redemption")
    if right is None:
        return []
    chance, paid = _share(right["redeemed_first"]), f"{right['redemption_amount']:,.2f}"
    said = f"with chance {chance} the borrower redeems it before that sale and pays {paid}"
    return [f"Redemption: {said}."]


def _loan(record: Record) -> list[str]:
    loan = record["loan"]
    if loan is None:
        return []
    told = (
        f"Loan {loan['loan_balance']:,.2f}: expected recovery {loan['recovery']:,.2f}, "
        f"deficiency {loan['deficiency']:,.2f}, surplus {loan['surplus']:,.2f}."
    )
    return ["", told]
