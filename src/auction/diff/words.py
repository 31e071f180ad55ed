"""The comparison of two plans in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

#: Vehicles told in a table; the others are counted.
TOP: Final = 15
_LISTED: Final = 8
_PARTS: Final = {
    "value": "forecasts of values moved",
    "offers": "fees, dates and terms of the old ways moved",
    "choice": "vehicles were sent elsewhere by choice",
    "forced": "vehicles had to go elsewhere",
    "volume": "prices fell less or more as the plan sells many alike",
    "entered": "vehicles came in",
    "left": "vehicles went out",
    "hedges": "puts and layers",
}
_KINDS: Final = {
    "moved": "go elsewhere",
    "put_off": "go on another day",
    "terms": "get other terms",
}

Record = dict[str, Any]


def tell(record: Record) -> str:
    """Tell a comparison in words.

    Parameters
    ----------
    record : dict
        As :func:`auction.diff.compare.diff_runs` returns it.
    """
    before, after = record["before"], record["after"]
    lines = [f"From the plan of {before['as_of']} to that of {after['as_of']}"]
    inputs = _inputs(record["inputs"], before, after)
    if record["same"]:
        lines.append("Nothing changed: every vehicle has the same decision, worth the same.")
        return "\n".join([*lines, *(["", *inputs] if len(inputs) > 1 else [])])
    lines += ["", *inputs, "", *_money(record), "", *_risk(record), "", *_counts(record)]
    for part in (_table, _fleet, _places, _prices):
        told = part(record)
        lines += ["", *told] if told else []
    return "\n".join(lines)


def _inputs(inputs: Record, before: Record, after: Record) -> list[str]:
    lines = ["What went in"]
    told = [f"  planning date {before['as_of']} -> {after['as_of']}"]
    lines += told if before["as_of"] != after["as_of"] else []
    for change in ("changed", "new", "gone"):
        files = [row["file"] for row in inputs["files"] if row["change"] == change]
        lines += [f"  {change} files: {', '.join(files)}"] if files else []
    told_settings = {row["setting"] for row in inputs["settings"]}
    for name, key in (("settings", "setting"), ("defaults", "setting"), ("versions", "name")):
        rows = [row for row in inputs[name] if row[key] != "as_of"]
        if name == "defaults":  # one that was set since, or left open again, is told as a setting
            rows = [row for row in rows if row["setting"] not in told_settings]
        lines += [
            f"  {name[:-1]} {row[key]}: {_value(row['before'])} -> {_value(row['after'])}"
            for row in rows
        ]
    lines += [
        f"  rows of {row['table']}: {_value(row['before'])} -> {_value(row['after'])}"
        for row in inputs["rows"]
    ]
    return lines if len(lines) > 1 else ["What went in is the same."]


def _value(value: object) -> str:
    return "none" if value is None else str(value)


def _money(record: Record) -> list[str]:
    money = record["money"]
    lines = [f"What it is worth, {record['currency']}, each plan as of its own date"]
    lines.append(_amount("expected proceeds before", money["expected_before"], plain=True))
    lines += [
        _amount(f"  {_PARTS[name]}", amount)
        for name, amount in money["parts"].items()
        if abs(amount) >= 0.005  # what would be written as nothing says nothing
    ]
    return [
        *lines,
        _amount("expected proceeds after", money["expected_after"], plain=True),
        _amount("change", money["change"]),
    ]


def _amount(label: str, amount: float, *, plain: bool = False) -> str:
    return f"  {label:<48} {amount:>16,.2f}" if plain else f"  {label:<48} {amount:>+16,.2f}"


def _risk(record: Record) -> list[str]:
    before, after = record["before"], record["after"]
    share = f"{1.0 - after['alpha']:.0%}"
    told = (
        f"Risk: the mean of the worst {share} of outcomes goes from {before['cvar']:,.0f} to "
        f"{after['cvar']:,.0f} ({after['cvar'] - before['cvar']:+,.0f}); on fresh scenarios from "
        f"{before['fresh_cvar']:,.0f} to {after['fresh_cvar']:,.0f} "
        f"({after['fresh_cvar'] - before['fresh_cvar']:+,.0f})."
    )
    lines = [told]
    if before["alpha"] != after["alpha"]:
        lines.append(f"  The confidence level went from {before['alpha']:g} to {after['alpha']:g}.")
    return lines


def _counts(record: Record) -> list[str]:
    counts = record["counts"]
    still = counts["common"] - sum(counts[kind] for kind in _KINDS)
    told = (
        f"Vehicles: {counts['before']:,} planned before, {counts['after']:,} now, "
        f"{counts['common']:,} in both"
    )
    moved = [f"  {counts[kind]:,} {words}" for kind, words in _KINDS.items() if counts[kind]]
    return [told, *moved, f"  {still:,} stand as they stood"]


def _table(record: Record) -> list[str]:
    rows = record["changes"]
    if not rows:
        return []
    lines = ["The largest changes, by expected net"]
    for row in rows[:TOP]:
        lines.append(
            f"  {row['change']:>+12,.2f}  {row['vehicle_id']}: {row['make']} {row['model']}"
        )
        lines.append(f"{'':16}from {_place(row['before'])}")
        lines.append(f"{'':16}to   {_place(row['after'])}")
        lines.append(f"{'':16}{_sentence(row['why'])}")
    if len(rows) > TOP:
        rest = sum(row["change"] for row in rows[TOP:])
        lines.append(f"  {rest:>+12,.2f}  {len(rows) - TOP:,} more")
    return lines


def _place(side: Mapping[str, Any]) -> str:
    if side["channel"] == "hold":
        return f"kept for a later planning ({side['expected_net']:,.0f})"
    when = f" on {side['event_date']}" if side["event_date"] else ""
    reserve = f", reserve {side['reserve']:,.0f}" if side["reserve"] is not None else ""
    offer = f" {side['offer_id']}" if side["offer_id"] else ""
    return (
        f"{side['channel']} at {side['venue_id']}{when} ({side['terms']}{offer}{reserve}; "
        f"{side['expected_net']:,.0f})"
    )


_PLAIN: Final = {
    "sacrifice": "the old way now gives up more than the largest sacrifice allows",
    "event_gone": "no vehicle can reach the event any more: it is gone or its entry has closed",
    "offer_ended": "the offer has ended",
    "not_offered": "the old way is no longer open to this vehicle",
    "new_place": "the new way was not there before",
    "newly_open": "the new way was not open to this vehicle before",
}
_WITH_FIGURES: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "override": lambda why: f"the desk's word: {why['reason']}",
    "override_lifted": lambda why: f"no longer the desk's word: {why['reason']}",
    "floor": lambda why: (
        f"floor {why['before'] or 'none'} -> {why['after'] or 'none'}"
        if "before" in why
        else "its floor is no longer on offer"
    ),
    "date_passed": lambda why: f"{why['date']} has passed",
    "gained": lambda why: f"the new way gained {why['amount']:,.0f} on the old one",
    "slots_dearer": lambda why: (
        f"what the old way uses is worth {why['amount']:,.0f} more to other vehicles "
        f"({why['scarcest']})"
    ),
    "slots_cheaper": lambda why: (
        f"what the new way uses is worth {why['amount']:,.0f} less to other vehicles "
        f"({why['scarcest']})"
    ),
    "value": lambda why: f"its forecast moved by {why['share']:+.1%}",
    "even": lambda why: _even(why["ahead"]),
}


def _even(ahead: float | None) -> str:
    if ahead is None or abs(ahead) < 1.0:
        return "old and new way are worth nearly the same to the fleet"
    if ahead > 0.0:
        return f"with all that it uses the new way leads by {ahead:,.0f}"
    return "whole slots and limits decide between ways that are nearly even"


def _sentence(reasons: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(_PLAIN.get(why["code"]) or _WITH_FIGURES[why["code"]](why) for why in reasons)


def _fleet(record: Record) -> list[str]:
    lines: list[str] = []
    heads = {
        "entered": "New in the fleet", "freed": "Could not be planned before",
        "left": "No longer in the fleet", "barred": "Cannot be planned any more",
    }  # fmt: skip
    for name, head in heads.items():
        rows = record[name]
        if rows:
            total = sum(row["expected_net"] for row in rows)
            lines.append(f"{head}: {len(rows):,}, expected net {total:,.0f}")
            lines += [f"  {_coming(row)}" for row in rows[:_LISTED]]
            lines += [f"  and {len(rows) - _LISTED:,} more"] if len(rows) > _LISTED else []
    return lines


def _coming(row: Mapping[str, Any]) -> str:
    where = "kept back" if row["channel"] == "hold" else f"{row['channel']} at {row['venue_id']}"
    when = f" on {row['event_date']}" if row["event_date"] else ""
    more = ""
    if "due" in row:
        more = "; its day has come since" if row["due"] else "; before its day"
    elif "now" in row:
        more = f"; now {row['now']}"
    elif "was" in row:
        more = f"; before: {row['was']}"
    return (
        f"{row['vehicle_id']}: {row['make']} {row['model']}, {where}{when}, "
        f"{row['expected_net']:,.0f}{more}"
    )


def _places(record: Record) -> list[str]:
    lines = []
    heads = {
        "passed": "Auctions that have passed",
        "gone": "Gone, or closed to entry",
        "new": "New ways",
    }
    for name, head in heads.items():
        rows = [
            " ".join(str(row[key]) for key in ("venue_id", "offer_id", "date") if row[key])
            for row in record["places"][name]
        ]
        more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
        lines += [f"{head}: {', '.join(rows[:_LISTED])}{more}"] if rows else []
    return lines


def _prices(record: Record) -> list[str]:
    rows = [
        row
        for row in record["slot_prices"]
        if row["before"] is not None and row["after"] is not None
    ]
    if not rows:
        return []
    lines = ["What one more unit would bring moved most at"]
    return lines + [
        f"  {row['label']}: {row['before']:,.0f} -> {row['after']:,.0f}" for row in rows[:_LISTED]
    ]
