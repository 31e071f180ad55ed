"""A teardown in words: which parts come off, in which order, and what each brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def teardown_lines(record: Mapping[str, Any]) -> list[str]:
    """Tell the parts that are taken off a vehicle, none for one that is sold whole.

    Parameters
    ----------
    record : mapping
        As :func:`auction.explain.decision.explain` returns it.
    """
    parts = record["parts"]
    if not parts:
        return []
    profit = sum(part["profit"] for part in parts)
    labour = sum(part["labour_cost"] for part in parts)
    rest = record["choice"]["gross"] - profit
    together = (
        f"  Together they bring {profit:,.0f} after {labour:,.0f} of labour; the hulk, and the "
        f"move of the scrap market, bring {rest:,.0f}."
    )
    money = sum(part["expected_price"] for part in parts)
    days = sum(part["expected_price"] * part["days_to_cash"] for part in parts)
    when = [f"  Their money comes {days / money:,.0f} days after delivery, on the mean."]
    listed = [_part(part) for part in parts]
    end = [together, *(when if money > 0.0 else [])]
    return ["", "Parts to take off, in this order", *listed, *end]


def _part(part: Mapping[str, Any]) -> str:
    where = "" if part["route"] == "open market" else f", {part['route']}"
    sold = f"{part['price']:,.0f} at a chance of {part['chance']:.0%}{where}"
    if part["profit"] < 0.0:
        end = f"loses {-part['profit']:,.0f}, but opens what lies behind it"
    else:
        end = f"brings {part['profit']:,.0f}"
    return (
        f"  {part['removal']:>2}. {part['part']}: {sold}; labour {part['labour_cost']:,.0f}; {end}"
    )
