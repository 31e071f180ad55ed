"""The way from gross to net in words: of one option, and of several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auction.channels.quotes import BRIDGE
from auction.explain.decision import IN_FULL, Record
from auction.explain.fee_tiers import fee_words

_BRIDGE_WORDS: Final = {
    "gross": "expected gross price",
    "fees": "fees",
    "tax": "tax",
    "reconditioning": "reconditioning before the sale",
    "transport": "transport",
    "holding": "holding until the first sale date",
    "finance": "waiting for the money (discount)",
    "rerun": "holding between runs",
    "returns": "returns after arbitration",
    "own_volume": "lower prices as the plan sells many alike",
    "hedge_premium": "premium of the floor",
    "hedge_payoff": "expected pay-off of the floor",
    "redemption": "chance that it is redeemed before",
}


def bridge_lines(choice: Mapping[str, Any]) -> list[str]:
    """Tell the way of one option from gross to net, a line an item, and the tier of its fee."""
    items = [
        f"  {_BRIDGE_WORDS[name]:<38} {sign * choice[name]:>12,.2f}"
        for name, sign in BRIDGE.items()
        if name == "gross" or choice.get(name)
    ]
    tier = fee_words(choice)
    told = [f"  At the expected price: {tier}."] if tier else []
    return [*items, f"  {'expected net':<38} {choice['expected_net']:>12,.2f}", *told]


def side_by_side(record: Record) -> list[str]:
    """Tell the ways of the best options in columns; nothing where there is but one."""
    shown = record["options"][:IN_FULL]
    if len(shown) < 2:
        return []
    heads = [
        [option["channel"] for option in shown],
        [option["venue_id"] or "" for option in shown],
        [option["event_date"] or "" for option in shown],
        [_short(option) for option in shown],
    ]
    lines = ["", "Side by side"]
    lines += [_columns("", [head[:15] for head in row]) for row in heads]
    for name, sign in BRIDGE.items():
        if any(option.get(name) for option in shown):
            lines.append(_columns(_BRIDGE_WORDS[name], [_whole(sign * o[name]) for o in shown]))
    lines.append(_columns("expected net", [_whole(o["expected_net"]) for o in shown]))
    if all(option["worth"] is None for option in shown):
        return lines
    lines.append(_columns("risk, as the plan weighs it", [_whole(o["risk"]) for o in shown]))
    lines.append(
        _columns(
            "price of the slots it uses",
            ["barred" if o["worth"] is None else _whole(-o["slot_price"]) for o in shown],
        )
    )
    worth = ["barred" if o["worth"] is None else _whole(o["worth"]) for o in shown]
    return [*lines, _columns("worth to the fleet", worth)]


def _short(option: Mapping[str, Any]) -> str:
    return str(option["offer_id"] or option["terms"] or "").removeprefix("standing ")


def _whole(amount: float) -> str:
    text = f"{amount:,.0f}"
    return "0" if text == "-0" else text


def _columns(label: str, cells: Sequence[str]) -> str:
    return (f"  {label:<34}" + "".join(f"{cell:>17}" for cell in cells)).rstrip()
